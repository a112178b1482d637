package book

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMergedLevelsAreTheSumOfBothLadders: after any event the view is what both ladders give when they are sorted and added
// up, and a change says whether, and how near the touch, the view changed.
func TestMergedLevelsAreTheSumOfBothLadders(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	merged, err := New(Config{MaxInstruments: 1, MaxLevels: 64, MergeImplied: true})
	apart, err2 := New(Config{MaxInstruments: 1, MaxLevels: 64})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	merged.SetView(ViewLevels)
	apart.SetView(ViewLevels)
	kinds := []Kind{KindLevelNew, KindLevelNew, KindLevelNew, KindLevelChange, KindLevelOverlay, KindLevelDelete, KindLevelDeleteFrom, KindLevelDeleteThru}
	var before [2][10]Level
	shown := 0
	for n := range 50_000 {
		ev := Event{Kind: kinds[r.IntN(len(kinds))], Instrument: 1, Side: Bid, Flags: FlagMBP, Qty: uint64(1 + r.IntN(9)), Count: uint32(r.IntN(3))}
		side, of, most := r.IntN(2), &apart.ladders[1].runs, 10
		ladder := side
		if side == 1 {
			ev.Side = Ask
		}
		if r.IntN(3) == 0 {
			ev.Attr, ladder, most = AttrImplied, ladder+2, 2
		}
		ev.Level = uint8(1 + r.IntN(min(of[ladder].len()+1, most)))
		if !between(r, apart, ladder, &ev) {
			continue // no price is left between its neighbours
		}
		var out, unused [2]Change
		merged.Apply(&ev, &out)
		apart.Apply(&ev, &unused)
		var have, own, implied [2][10]Level
		nb, na := merged.Depth(1, &have[0], &have[1])
		ob, oa := apart.Depth(1, &own[0], &own[1])
		ib, ia := apart.Implied(1, &implied[0], &implied[1])
		want := [2][]Level{naive(0, own[0][:ob], implied[0][:ib]), naive(1, own[1][:oa], implied[1][:ia])}
		if !slices.Equal(have[0][:nb], want[0]) || !slices.Equal(have[1][:na], want[1]) {
			t.Fatalf("event %d %+v:\n%+v %+v\nwant %+v", n, ev, have[0][:nb], have[1][:na], want)
		}
		top, any := have[0][0] != before[0][0] || have[1][0] != before[1][0], have != before
		if c := out[0]; c.Top != top || (c.Depth != NoDepth) != any {
			t.Fatalf("event %d %+v: change %+v, the top changed: %v, any level: %v", n, ev, c, top, any)
		}
		if any {
			shown++
		}
		before = have
	}
	if shown < 5_000 || merged.ImpliedEvents() != 0 {
		t.Errorf("%d changes shown, %d counted as not shown", shown, merged.ImpliedEvents())
	}
}

// between gives a level told by position a price that fits there.
func between(r *rand.Rand, b *Books, ladder int, ev *Event) bool {
	l, at := &b.ladders[1], int(ev.Level)-1
	best, worst := int64(40), int64(0)
	if ladder&1 == 1 {
		best, worst = worst, best
	}
	if at > 0 {
		best = b.at(l, ladder, at-1).Price / 1e9
	}
	below := at // a new level pushes this one down
	if ev.Kind != KindLevelNew {
		below++
	}
	if v := b.at(l, ladder, below); v.Price != UndefPrice {
		worst = v.Price / 1e9
	}
	if v := b.at(l, ladder, at); ev.Kind == KindLevelChange && v.Price != UndefPrice {
		ev.Price = v.Price
		return true
	}
	if lo, hi := min(best, worst), max(best, worst); hi-lo > 1 {
		ev.Price = (lo + 1 + r.Int64N(hi-lo-1)) * 1e9
		return true
	}
	return false
}

func naive(side int, ladders ...[]Level) []Level {
	sum := map[int64]Level{}
	for _, levels := range ladders {
		for _, l := range levels {
			if l.Price != UndefPrice {
				s := sum[l.Price]
				sum[l.Price] = Level{Price: l.Price, Qty: s.Qty + l.Qty, Count: s.Count + l.Count}
			}
		}
	}
	var list []Level
	for _, l := range sum {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b Level) int {
		if side == 0 {
			a, b = b, a
		}
		return cmp.Compare(a.Price, b.Price)
	})
	return list[:min(len(list), 10)]
}
