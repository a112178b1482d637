package book

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// stagedLines runs the look-ahead over events, as Stage begins it, and returns every line it asked for: the lists hold what
// each pass last asked for, and what is left of the move before.
func stagedLines(b *Books, events []Event) map[uintptr]bool {
	asked := map[uintptr]bool{}
	note := func(lines []uintptr) {
		for _, a := range lines {
			asked[a>>6] = true
		}
	}
	b.stageFrom, b.stage = 0, stage{}
	b.Stage(events)
	for range len(events)/stageEvents + stagePasses + 2 {
		lines := &b.stage.lines
		for i := range stageEvents {
			note(lines.homes[i][:])
			note(lines.levels[i][:])
		}
		note(lines.queues[:])
		b.advance()
	}
	return asked
}

// TestLookAheadAsksForEveryLine: what an order's coming and going touches was asked for, order by order: its home, its
// level, its neighbours in the queue and in the annex, the level that comes to the touch after it.
func TestLookAheadAsksForEveryLine(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		b := newBooks(t, Config{MaxInstruments: 40, InitialOrders: 1 << 12})
		var out [2]Change
		instruments := map[uint64]uint32{}
		for id := uint64(1); id <= 3000; id++ { // some in the annex
			ev := Event{Kind: KindAdd, OrderID: id * 37, Instrument: 1 + uint32(rng.IntN(40)), Side: [2]Side{Bid, Ask}[id&1],
				Price: 1000 + int64(rng.IntN(30)), Qty: 1}
			b.Apply(&ev, &out)
			instruments[ev.OrderID] = ev.Instrument
		}
		events := make([]Event, 3+rng.IntN(6*stageEvents))
		for i := range events {
			id := uint64(1+rng.IntN(3000)) * 37
			events[i] = Event{Kind: KindDelete, OrderID: id, Instrument: instruments[id]}
			switch rng.IntN(3) {
			case 0:
				events[i] = Event{Kind: KindAdd, OrderID: uint64(5000+i) * 37, Instrument: 1 + uint32(rng.IntN(40)), Side: Bid,
					Price: 1000 + int64(rng.IntN(30)), Qty: 1}
			case 1:
				events[i] = Event{Kind: KindReplace, Ref: id, OrderID: uint64(6000+i) * 37, Instrument: instruments[id], Price: 1000, Qty: 1}
			}
		}
		asked := stagedLines(b, events)
		want := func(i int, what string, at unsafe.Pointer) {
			if !asked[uintptr(at)>>6] {
				t.Fatalf("seed %d, event %d of %d %+v: %s was not asked for", seed, i, len(events), events[i], what)
			}
		}
		for i := range events {
			ev := &events[i]
			side, price, id := sideIndex(ev.Instrument, ev.Side), ev.Price, ev.OrderID
			if ev.Kind == KindReplace {
				id = ev.Ref
			}
			home := b.orders.home(id)
			want(i, "the home", unsafe.Pointer(b.orders.at(home)))
			at := b.orders.find(id)
			if ev.Kind != KindAdd {
				o := b.orders.at(at)
				if at >= b.orders.annex && at != b.orders.lineAt(home).annex {
					continue // second in its chain: not looked ahead to
				}
				l := &b.levels[o.level>>1]
				side = l.side
				s := &b.sides[side]
				want(i, "the order", unsafe.Pointer(o))
				want(i, "the level", unsafe.Pointer(l))
				want(i, "the order before", unsafe.Pointer(b.orders.at(o.prev)))
				want(i, "the order behind", unsafe.Pointer(b.orders.at(o.next)))
				if es := b.entries.entries(s.prices); o.level>>1 == s.best && len(es) > 1 && ev.Kind == KindDelete && at < b.orders.annex {
					want(i, "the next best level", unsafe.Pointer(&b.levels[es[len(es)-2].level]))
				}
				es := b.entries.entries(s.prices)
				want(i, "the price at the touch", unsafe.Pointer(&es[len(es)-1]))
			}
			if s := &b.sides[side]; ev.Kind == KindAdd || ev.Kind == KindReplace && at < b.orders.annex {
				es := b.entries.entries(s.prices)
				li := b.memos[b.memo(side, price)]
				if ev.Kind == KindAdd && s.rank == rankOf(side, price) {
					li = s.best
				}
				want(i, "the level to join", unsafe.Pointer(&b.levels[li]))
				want(i, "the last order there", unsafe.Pointer(b.orders.at(b.levels[li].tail)))
				want(i, "the price at the touch", unsafe.Pointer(&es[len(es)-1]))
			}
		}
	}
}
