package replay

import (
	"context"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
)

// TestImpliedLevelsAreCounted: implied bids and offers are in no schema, and the summary says how many there were.
func TestImpliedLevelsAreCounted(t *testing.T) {
	_, s := run(t, "cme.mdp3", nil, "", feedtest.Case(t, "20-cme-implied", "cme-implied.pcap"))
	if s.Implied != 2 || s.Records["mbp-10"] != 3 || len(s.Dropped) != 0 {
		t.Errorf("%d implied levels counted, want 2; records %v, not used %v", s.Implied, s.Records, s.Dropped)
	}
}

// TestImpliedLevelsAreMergedWhereAskedFor: the book then shows the implied bid above the outright ones, and nothing is left to
// be counted.
func TestImpliedLevelsAreMergedWhereAskedFor(t *testing.T) {
	cfg, err := config.Parse("cme.yaml", []byte("channels: [{name: cme, profile: cme.mdp3, implied: merge, lines: [{name: A, group: 224.0.31.1, port: 14310}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	var r *Replay
	s, err := Run(context.Background(), Options{Files: []string{feedtest.Case(t, "20-cme-implied", "cme-implied.pcap")}, Config: cfg, Ready: func(x *Replay) { r = x }})
	if err != nil {
		t.Fatal(err)
	}
	var bids, asks [10]book.Level
	nb, na := r.Pipe.Channels()[0].Books().Depth(1, &bids, &asks)
	want := []book.Level{{Price: 6000_500_000_000, Qty: 85}, {Price: 6000_000_000_000, Qty: 75, Count: 1}, {Price: 5999_000_000_000, Qty: 85, Count: 1}}
	if nb != 3 || [3]book.Level(bids[:3]) != [3]book.Level(want) {
		t.Errorf("bids %+v, want %+v", bids[:nb], want)
	}
	if na != 2 || asks[0] != (book.Level{Price: 6000_750_000_000, Qty: 49}) || asks[1] != (book.Level{Price: 6001_000_000_000, Qty: 180, Count: 1}) {
		t.Errorf("asks %+v", asks[:na])
	}
	if s.Implied != 0 || len(s.Anomalies) != 0 || s.Records["mbp-1"] != 4 || s.Records["mbp-10"] != 5 {
		t.Errorf("%d not shown, anomalies %v, records %v", s.Implied, s.Anomalies, s.Records)
	}
}
