package book

import (
	"math/rand/v2"
	"testing"
)

// TestTinyTables applies a hostile flow to books with room for next to nothing, staged, and counts what is in use; every
// table is shown to Advise, clean, before it is used.
func TestTinyTables(t *testing.T) {
	for seed, cfg := range []Config{
		{MaxInstruments: 1, MaxOrders: 1, MaxLevels: 1},
		{MaxInstruments: 1, MaxOrders: 2, MaxLevels: 1, InitialOrders: 1},
		{MaxInstruments: 3, MaxOrders: 1, MaxLevels: 3},
		{MaxInstruments: 3, MaxOrders: 3, MaxLevels: 2, InitialOrders: 100},
		{MaxInstruments: 3, MaxOrders: 1 << 10, MaxLevels: 1, InitialOrders: 1},
		{MaxInstruments: 3, MaxOrders: 1 << 10, MaxLevels: 1 << 10, InitialOrders: 1},
	} {
		for _, topOnly := range []bool{false, true} {
			shown := 0
			cfg.TopOnly = topOnly
			cfg.Advise = func(memory []byte) {
				shown++
				for _, v := range memory {
					if v != 0 {
						t.Fatal("a table is shown after its first use")
					}
				}
			}
			b := newBooks(t, cfg)
			start := shown
			var out [2]Change
			events := randomFlow(rand.New(rand.NewPCG(uint64(seed), 17)), 4000, cfg.MaxInstruments, 60)
			for at := 0; at < len(events); at += 40 {
				b.Stage(events[at : at+40])
				for i := range events[at : at+40] {
					b.Apply(&events[at+i], &out)
					if b.LiveOrders() > cfg.MaxOrders || int(b.nextLevel)-1 > cfg.MaxLevels {
						t.Fatalf("%+v: %d orders, %d levels", cfg, b.LiveOrders(), b.nextLevel-1)
					}
				}
				checkTables(t, b)
			}
			if start == 0 || b.Growths() != 0 && shown == start {
				t.Errorf("%d tables shown at the start, %d in all, %d growths", start, shown, b.Growths())
			}
			size := b.Bytes()
			b.ClearAll(nil)
			if now := b.Bytes(); now != size {
				t.Errorf("%d bytes in use, %d after all was cleared: nothing was given back", size, now)
			}
		}
	}
}
