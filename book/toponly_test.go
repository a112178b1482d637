package book

import (
	"math/rand/v2"
	"testing"
)

// compareTopOnly applies the same events to books that tell every depth and to books that tell the top's alone, in bursts
// of up to burst, and returns how many orders found their level remembered.
func compareTopOnly(t *testing.T, cfg Config, view View, events []Event, rng *rand.Rand, burst int) (remembered int) {
	t.Helper()
	full := newBooks(t, cfg)
	cfg.TopOnly = true
	top := newBooks(t, cfg)
	full.SetView(view)
	top.SetView(view)
	var want, got [2]Change
	for at := 0; at < len(events); {
		n := min(1+rng.IntN(burst), len(events)-at)
		top.Stage(events[at : at+n])
		for end := at + n; at < end; at++ {
			ev := &events[at]
			if ev.Kind == KindAdd && top.valid(ev.Instrument) {
				si := sideIndex(ev.Instrument, ev.Side)
				if s := &top.sides[si]; s.rank != rankOf(si, ev.Price) && top.isLevel(top.memos[top.memo(si, ev.Price)], si, ev.Price) {
					remembered++
				}
			}
			k := full.Apply(ev, &want)
			for i := range want[:k] {
				if want[i].Depth != 0 {
					want[i].Depth = NoDepth
				}
			}
			if n := top.Apply(ev, &got); n != k || got != want {
				t.Fatalf("event %d %+v:\n %+v, the top alone\n %+v", at, *ev, want, got)
			}
			bid, ask := full.Top(ev.Instrument)
			if b, a := top.Top(ev.Instrument); b != bid || a != ask {
				t.Fatalf("event %d: top %v %v, want %v %v", at, b, a, bid, ask)
			}
		}
	}
	if full.Anomalies() != top.Anomalies() {
		t.Fatalf("anomalies %v, the top alone %v", full.Anomalies(), top.Anomalies())
	}
	checkTables(t, top)
	return remembered
}

// TestTopOnlyTellsTheSame: where only the top is told, the way past the search changes nothing, through tables that grow,
// run full and are cleared.
func TestTopOnlyTellsTheSame(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 13))
		instruments := 1 + rng.IntN(6)
		events := randomFlow(rng, 8000, instruments, int(seed%3)*40)
		cfg := Config{MaxInstruments: instruments, InitialOrders: 1 + int(seed)}
		if seed%4 == 3 {
			cfg.MaxOrders, cfg.MaxLevels = 60, 30
		}
		if compareTopOnly(t, cfg, View(seed%5%3), events, rng, 100) == 0 {
			t.Errorf("seed %d: no level was ever remembered", seed)
		}
	}
}
