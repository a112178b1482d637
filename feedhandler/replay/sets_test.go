package replay_test

import (
	"context"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/replay"
)

// Definitions come on a feed of their own: they name the instruments of the incremental feed and say how deep their books
// are, told by a configuration or found in the capture, with the same records.
func TestDefinitionsOnTheirOwnFeed(t *testing.T) {
	const folder = "04-definitions-on-their-own-feed"
	told, err := config.Load(feedtest.Case(t, folder, "cme2.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var digests []replay.Digests
	for name, o := range map[string]replay.Options{"told": {Config: told}, "found": {Profile: "cme.mdp3"}} {
		o.Files = []string{feedtest.Case(t, folder, "cme-defs-own-feed.pcap")}
		var run *replay.Replay
		o.Ready = func(r *replay.Replay) { run = r }
		s, err := replay.Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if s.Instruments != 2 || s.Messages != 12 || len(s.Dropped) != 0 {
			t.Errorf("%s: %d instruments, %d messages, dropped %v", name, s.Instruments, s.Messages, s.Dropped)
		}
		for _, ch := range run.Pipe.Channels() {
			if ch.Packets < 10 {
				continue // the definitions
			}
			names := map[string]uint32{}
			for i := 1; i < ch.Directory().Len(); i++ {
				names[ch.Directory().At(uint32(i)).Symbol.String()] = uint32(i)
			}
			if names["ESU5"] == 0 || names["GEZ9"] == 0 {
				t.Fatalf("%s: %v", name, names)
			}
			var bids, asks [10]book.Level
			n, _ := ch.Books().Depth(names["GEZ9"], &bids, &asks)
			var prices []int64
			for _, l := range bids[:n] {
				prices = append(prices, l.Price/book.PriceScale)
			}
			if !slices.Equal(prices, []int64{99, 98, 97, 96, 94}) {
				t.Errorf("%s: bids of GEZ9 %v", name, prices)
			}
			digests = append(digests, s.Digests[ch.Name()]["mbp-10"])
		}
	}
	if len(digests) != 2 || digests[0] != digests[1] {
		t.Errorf("digests %+v", digests)
	}
}
