package book

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomFlow returns events of every kind. hostile is the share of events, of 1000, that are twisted in some way.
func randomFlow(rng *rand.Rand, n, instruments, hostile int) []Event {
	kinds := []Kind{
		KindAdd, KindAdd, KindAdd, KindAdd, KindAdd, KindAdd, KindExecute, KindExecuteAt, KindReduce, KindDelete, KindDelete,
		KindReplace, KindModify, KindModify, KindLevelSet, KindLevelSet, KindLevelNew, KindLevelNew, KindLevelChange,
		KindLevelOverlay, KindLevelDelete, KindLevelDeleteFrom, KindLevelDeleteThru, KindQuote, KindTrade, KindNone,
	}
	nextID := uint64(1)
	type seen struct {
		id         uint64
		instrument uint32
		side       Side
	}
	var known []seen
	pick := func() seen {
		if len(known) == 0 {
			return seen{1, 1, Bid}
		}
		// Recent ones mostly, so that many are still there.
		i := len(known) - 1 - int(math.Abs(rng.NormFloat64())*60)
		return known[max(i, 0)]
	}
	sides := []Side{Bid, Ask}
	events := make([]Event, n)
	for i := range events {
		ev := &events[i]
		ev.Kind = kinds[rng.IntN(len(kinds))]
		ev.Instrument = 1 + uint32(rng.IntN(instruments))
		ev.Side = sides[rng.IntN(2)]
		// Prices around 1000 with a spread of ticks either way, so that books cross and lock now and then.
		ev.Price = 1000 + int64(rng.NormFloat64()*15)
		if ev.Side == Bid {
			ev.Price -= 18
		}
		ev.Qty = uint64(1 + rng.IntN(5))
		ev.Count = uint32(rng.IntN(3))
		ev.Level = uint8(1 + rng.IntN(11))
		ev.Attr = [...]uint8{0, 0, AttrKeepPriority, AttrPriorityByRule}[rng.IntN(4)]
		if rng.IntN(2) == 0 {
			ev.Flags = FlagLast
		}
		switch ev.Kind {
		case KindAdd:
			ev.OrderID = nextID
			nextID += uint64(1 + rng.IntN(3))
			known = append(known, seen{ev.OrderID, ev.Instrument, ev.Side})
		case KindExecute, KindExecuteAt, KindReduce, KindDelete, KindModify:
			k := pick()
			ev.OrderID, ev.Instrument = k.id, k.instrument
			if ev.Kind != KindModify || rng.IntN(2) == 0 {
				ev.Side = NoSide
			} else {
				ev.Side = k.side
			}
			if rng.IntN(3) == 0 {
				ev.Instrument = 0
			}
		case KindReplace:
			k := pick()
			ev.Ref, ev.Instrument, ev.Side = k.id, k.instrument, NoSide
			ev.OrderID = nextID
			nextID++
			known = append(known, seen{ev.OrderID, k.instrument, k.side})
		case KindLevelSet, KindLevelNew, KindLevelChange, KindLevelOverlay, KindLevelDelete, KindLevelDeleteFrom, KindLevelDeleteThru:
			// One way of telling an instrument's levels, mostly.
			if byPrice := ev.Instrument%2 == 0; byPrice != (ev.Kind == KindLevelSet) && rng.IntN(20) != 0 {
				ev.Kind = KindLevelSet
				if !byPrice {
					ev.Kind = KindLevelNew
				}
			}
			if rng.IntN(3) == 0 {
				ev.Attr = AttrImplied
			}
			if ev.Kind == KindLevelSet && rng.IntN(3) == 0 {
				ev.Qty = 0
			}
		}
		if rng.IntN(2000) == 0 {
			ev.Kind = KindClear
			ev.Flags = []uint8{0, FlagSnapshot, FlagSnapshot | FlagMBP}[rng.IntN(3)] | ev.Flags&FlagLast
		}
		if rng.IntN(20000) == 0 {
			ev.Kind = KindClearAll
		}
		if rng.IntN(1000) < hostile {
			twist(rng, ev, instruments, pick().id)
		}
	}
	return events
}

// twist makes one field of an event absurd.
func twist(rng *rand.Rand, ev *Event, instruments int, id uint64) {
	switch rng.IntN(10) {
	case 0:
		ev.OrderID = rng.Uint64()
	case 1:
		ev.OrderID = id
	case 2:
		ev.Ref = rng.Uint64()
	case 3:
		ev.Qty = [...]uint64{0, math.MaxUint32, math.MaxUint32 + 1, math.MaxUint64}[rng.IntN(4)]
	case 4:
		ev.Instrument = [...]uint32{0, uint32(instruments + 1), math.MaxUint32, 1 << 31, 1}[rng.IntN(5)]
	case 5:
		ev.Side = [...]Side{0, NoSide, 'X', 255, Bid, Ask}[rng.IntN(6)]
	case 6:
		ev.Price = [...]int64{UndefPrice, math.MinInt64, 0, -1, math.MaxInt64 - 1}[rng.IntN(5)]
	case 7:
		ev.Level = [...]uint8{0, 10, 11, 255}[rng.IntN(4)]
	case 8:
		ev.Kind = Kind(rng.IntN(256))
	case 9:
		ev.Attr = uint8(rng.IntN(256))
	}
}

// compare applies events to books and model side by side and stops at the first difference.
func compare(t *testing.T, b *Books, m *model, events []Event, every int) {
	t.Helper()
	var out [2]Change
	for i := range events {
		ev := &events[i]
		want := m.apply(ev)
		n := b.Apply(ev, &out)
		if n != len(want) {
			t.Fatalf("event %d %+v: %d changes, want %d", i, *ev, n, len(want))
		}
		for j := range want {
			if out[j] != want[j] {
				t.Fatalf("event %d %+v: change %d\n got %+v\nwant %+v", i, *ev, j, out[j], want[j])
			}
		}
		if i%every == 0 || i == len(events)-1 {
			compareState(t, b, m, i)
		}
	}
	if b.Anomalies() != m.anomalies {
		t.Fatalf("anomalies\n got %v\nwant %v", b.Anomalies(), m.anomalies)
	}
}

func compareState(t *testing.T, b *Books, m *model, at int) {
	t.Helper()
	if b.LiveOrders() != len(m.orders) {
		t.Fatalf("event %d: %d live orders, want %d", at, b.LiveOrders(), len(m.orders))
	}
	for i := range m.instruments {
		instrument := i + 1
		var bids, asks [10]Level
		nb, na := b.Depth(instrument, &bids, &asks)
		sameLevels(t, at, instrument, "bids", bids[:nb], m.shown(instrument, Bid))
		sameLevels(t, at, instrument, "asks", asks[:na], m.shown(instrument, Ask))
		bid, ask := b.Top(instrument)
		if bid != first(m.shown(instrument, Bid)) || ask != first(m.shown(instrument, Ask)) {
			t.Fatalf("event %d instrument %d: top %v %v", at, instrument, bid, ask)
		}
		nb, na = b.Implied(instrument, &bids, &asks)
		sameLevels(t, at, instrument, "implied bids", bids[:nb], m.ladder(instrument, Bid, true).levels)
		sameLevels(t, at, instrument, "implied asks", asks[:na], m.ladder(instrument, Ask, true).levels)
		for _, s := range []Side{Bid, Ask} {
			q := m.queue(instrument, s)
			b.Orders(instrument, s, func(price int64, id, qty uint64) bool {
				if len(q) == 0 || q[0].price != price || q[0].id != id || q[0].qty != qty {
					t.Fatalf("event %d instrument %d %c: order %d price %d qty %d, want %+v", at, instrument, s, id, price, qty, q)
				}
				q = q[1:]
				return true
			})
			if len(q) != 0 {
				t.Fatalf("event %d instrument %d %c: %d orders missing", at, instrument, s, len(q))
			}
		}
	}
}

func sameLevels(t *testing.T, at int, instrument uint32, what string, got, want []Level) {
	t.Helper()
	want = want[:min(len(want), 10)]
	if len(got) != len(want) {
		t.Fatalf("event %d instrument %d: %d %s, want %d\n got %v\nwant %v", at, instrument, len(got), what, len(want), got, want)
	}
	for d := range got {
		if got[d] != want[d] {
			t.Fatalf("event %d instrument %d: %s\n got %v\nwant %v", at, instrument, what, got, want)
		}
	}
}

func TestAgainstModel(t *testing.T) {
	seeds, n := 6, 5000
	if testing.Short() {
		seeds, n = 3, 2000
	}
	for _, hostile := range []int{0, 100} {
		for view := ViewOrders; view <= ViewTop; view++ {
			for seed := range seeds {
				rng := rand.New(rand.NewPCG(uint64(seed), uint64(view)<<16|uint64(hostile)))
				instruments := 1 + rng.IntN(5)
				b, err := New(Config{MaxInstruments: instruments, InitialOrders: 16})
				if err != nil {
					t.Fatal(err)
				}
				m := newModel(instruments, view)
				b.SetView(view)
				for i := range instruments {
					d := [2]uint8{uint8(rng.IntN(14)), uint8(rng.IntN(4))}
					m.depth[uint32(i+1)] = d
					b.SetDepth(uint32(i+1), d[0], d[1])
				}
				compare(t, b, m, randomFlow(rng, n, instruments, hostile), 97)
				checkTables(t, b)
			}
		}
	}
}

// checkTables looks for orders, levels and blocks that are neither in use nor free.
func checkTables(t *testing.T, b *Books) {
	t.Helper()
	live, annexed, free := 0, 0, 0
	b.orders.each(func(i uint32, o *order) {
		live++
		if id := b.orders.idOf(i); b.orders.find(id) != i {
			t.Fatalf("order %d is at %d and found at %d", id, i, b.orders.find(id))
		}
		if i >= b.orders.annex {
			annexed++
		}
	})
	for i := b.orders.free; i != 0; i = b.orders.annexedAt(i).chain {
		free++
	}
	if places := int((b.orders.next - b.orders.annex) / annexedWords); live != b.orders.live || annexed+free != places {
		t.Fatalf("%d live orders, %d counted; %d in the annex and %d free of %d", live, b.orders.live, annexed, free, places)
	}
	levels, freeLevels := 0, 0
	for i := b.freeLevel; i != 0; i = b.levels[i].head {
		freeLevels++
	}
	used := uint32(1)
	for i := range b.sides {
		s := &b.sides[i]
		levels += s.prices.len()
		used += blocks(s.prices)
	}
	if levels+freeLevels != int(b.nextLevel)-1 {
		t.Fatalf("%d live and %d free levels of %d", levels, freeLevels, b.nextLevel-1)
	}
	if used += freeBlocks(&b.entries); used != b.entries.next {
		t.Fatalf("%d blocks of prices accounted for, of %d", used, b.entries.next)
	}
	used, rungs := 1, 0
	for i := range b.ladders {
		for _, r := range b.ladders[i].runs {
			used += blocks(r)
			rungs += r.len()
		}
	}
	if used += freeBlocks(&b.rungs); used != b.rungs.next || rungs != b.rungsOn {
		t.Fatalf("%d blocks of levels accounted for, of %d; %d levels, %d counted", used, b.rungs.next, rungs, b.rungsOn)
	}
}

func blocks(r run) uint32 {
	if r.block == 0 {
		return 0
	}
	return 1 << (r.size & 31)
}

func freeBlocks[T any](p *pool[T]) (n uint32) {
	for class, b := range p.free {
		for ; b != 0; b = p.links[b] {
			n += 1 << class
		}
	}
	return n
}
