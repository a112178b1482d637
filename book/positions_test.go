package book

import (
	"fmt"
	"strings"
	"testing"
)

// TestPositions reads like the venue's manual: what each update does to a side, written as "price:quantity" from level
// 1 on, "-" for a level that was never told.
func TestPositions(t *testing.T) {
	type step struct {
		event string // kind level price quantity
		want  string
		note  Anomaly
	}
	for _, c := range []struct {
		name  string
		depth uint8
		steps []step
	}{
		{"new pushes down, delete pulls up", 0, []step{
			{"new 1 100 5", "100:5", 0},
			{"new 1 101 6", "101:6 100:5", 0},
			{"new 2 100.5 7", "101:6 100.5:7 100:5", 0},
			{"delete 1 101 0", "100.5:7 100:5", 0},
			{"delete 2 100 0", "100.5:7", 0},
			{"delete 2 100 0", "100.5:7", AnomalyUnknownLevel},
		}},
		{"what falls off the depth is dropped", 3, []step{
			{"new 1 103 1", "103:1", 0},
			{"new 2 102 1", "103:1 102:1", 0},
			{"new 3 101 1", "103:1 102:1 101:1", 0},
			{"new 1 104 1", "104:1 103:1 102:1", 0},
			{"new 4 100 1", "104:1 103:1 102:1", AnomalyBadLevel},
			{"change 0 100 1", "104:1 103:1 102:1", AnomalyBadLevel},
			{"delete 1 104 0", "103:1 102:1", 0},
		}},
		{"the capture starts in mid-session", 0, []step{
			{"change 3 98 4", "- - 98:4", 0},
			{"new 1 101 2", "101:2 - - 98:4", 0},
			{"overlay 2 100 3", "101:2 100:3 - 98:4", 0},
			{"delete 3 99 0", "101:2 100:3 98:4", AnomalyUnknownLevel},
			{"new 6 95 1", "101:2 100:3 98:4 - - 95:1", 0},
			{"delete 6 95 0", "101:2 100:3 98:4", 0},
		}},
		{"change and overlay replace", 0, []step{
			{"new 1 100 5", "100:5", 0},
			{"change 1 100 9", "100:9", 0},
			{"overlay 1 101 2", "101:2", 0},
			{"change 1 102 3", "102:3", AnomalyLevelMoved},
		}},
		{"delete from and delete thru", 0, []step{
			{"new 1 103 1", "103:1", 0},
			{"new 2 102 1", "103:1 102:1", 0},
			{"new 3 101 1", "103:1 102:1 101:1", 0},
			{"from 2 0 0", "101:1", 0},
			{"new 1 102 1", "102:1 101:1", 0},
			{"thru 1 0 0", "", 0},
			{"thru 1 0 0", "", 0},
			{"new 1 99 1", "99:1", 0},
			{"from 9 0 0", "", 0},
		}},
		{"levels by price do not mix in", 0, []step{
			{"new 1 103 1", "103:1", 0},
			{"set 0 104 1", "103:1", AnomalyMixedLevels},
			{"thru 1 0 0", "", 0},
			{"set 0 104 1", "104:1", 0},
			{"new 1 105 1", "104:1", AnomalyMixedLevels},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, attr := range []uint8{0, AttrImplied} {
				b := newBooks(t, Config{MaxInstruments: 1})
				b.SetView(ViewLevels)
				b.SetDepth(1, c.depth, max(c.depth, 10*b2u(c.depth == 0)))
				for _, s := range c.steps {
					var kind string
					var price float64
					ev := Event{Instrument: 1, Side: Bid, Attr: attr}
					if _, err := fmt.Sscan(s.event, &kind, &ev.Level, &price, &ev.Qty); err != nil {
						t.Fatal(err)
					}
					ev.Price = int64(price * PriceScale)
					ev.Kind = map[string]Kind{
						"new": KindLevelNew, "change": KindLevelChange, "overlay": KindLevelOverlay, "delete": KindLevelDelete,
						"from": KindLevelDeleteFrom, "thru": KindLevelDeleteThru, "set": KindLevelSet,
					}[kind]
					var out [2]Change
					b.Apply(&ev, &out)
					var bids, asks [10]Level
					n, _ := b.Depth(1, &bids, &asks)
					if attr != 0 {
						n, _ = b.Implied(1, &bids, &asks)
					}
					if got := spell(bids[:n]); got != s.want || out[0].Anomaly != s.note {
						t.Fatalf("%s: %q %v, want %q %v", s.event, got, out[0].Anomaly, s.want, s.note)
					}
				}
			}
		})
	}
}

func b2u(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}

func spell(levels []Level) string {
	var s []string
	for _, l := range levels {
		if l.Price == UndefPrice {
			s = append(s, "-")
			continue
		}
		s = append(s, fmt.Sprintf("%g:%d", float64(l.Price)/PriceScale, l.Qty))
	}
	return strings.Join(s, " ")
}
