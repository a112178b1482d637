package replay

import (
	"context"
	"slices"
	"testing"

	"wirebook/feedhandler"
	"wirebook/shm"
)

// TestFromAndUntil: a part of a day gives the records that the whole day gives in that time: what comes before it is in
// the books, and what comes after it is not read.
func TestFromAndUntil(t *testing.T) {
	path := laggingDay(t, 20_000, 0)
	var whole collector
	_, all := run(t, "nasdaq.itch50", &whole, "", path)
	third := len(whole.mbo) / 3
	from, until := whole.mbo[third].TsRecv, whole.mbo[2*third].TsRecv
	in := func(ts uint64) bool { return ts >= from && ts < until }
	var part collector
	s, err := Run(context.Background(), Options{Files: []string{path}, Profile: "nasdaq.itch50", From: from, Until: until,
		Output: func(ch *feedhandler.ChannelConfig) {
			ch.Output.Tap, ch.Output.TapSchemas = &part, feedhandler.AllSchemas
		}})
	if err != nil {
		t.Fatal(err)
	}
	mbo := slices.DeleteFunc(whole.mbo, func(r shm.MBO) bool { return !in(r.TsRecv) })
	mbp1 := slices.DeleteFunc(whole.mbp1, func(r shm.MBP1) bool { return !in(r.TsRecv) })
	trades := slices.DeleteFunc(whole.trades, func(r shm.Trade) bool { return !in(r.TsRecv) })
	if len(mbo) == 0 || len(trades) == 0 || !slices.Equal(part.mbo, mbo) || !slices.Equal(part.mbp1, mbp1) || !slices.Equal(part.trades, trades) {
		t.Errorf("%d mbo, %d mbp-1, %d trades; the whole day has %d, %d, %d in that time", len(part.mbo), len(part.mbp1), len(part.trades), len(mbo), len(mbp1), len(trades))
	}
	if s.Packets == 0 || s.Packets >= all.Packets || s.Stopped || len(s.Warnings) != 0 {
		t.Errorf("%d packets of %d read, stopped %v, warnings %v", s.Packets, all.Packets, s.Stopped, s.Warnings)
	}
	late, err := Run(context.Background(), Options{Files: []string{path}, Profile: "nasdaq.itch50", From: until * 2})
	if err != nil || len(late.Warnings) != 1 || len(late.Records) != 0 {
		t.Errorf("from after the end: %v, records %v, warnings %v", err, late.Records, late.Warnings)
	}
}
