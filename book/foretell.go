package book

import "math"

// foretelling is what is known of the events that Foretell told and Apply has not come to yet.
type foretelling struct {
	ids  uint64 // a bit for every id they name; ids share bits
	room int    // so many more new orders certainly find room
}

// Foretell writes to out what Apply is going to tell of an event, and returns the number of changes; 0 when it cannot say for
// certain. An event's records can then leave before the books take it in, which is most of the work and of the misses.
//
// Call Foresee first, then Foretell for the next events in order until it returns 0, then Apply for each that was told, before
// any other event. Meanwhile Top shows the touch as it is after the last event told, and nothing else of the books is ahead.
// A change is told as Apply tells it, but for Count, which is not, and Depth, which is NoDepth behind the touch.
//
// It tells new orders, executions, and what reduces, deletes and replaces orders, where the event is complete (FlagLast). It does
// not tell what would move a touch to another price, what names an order of an event before it in the run, or what is in any
// way out of the ordinary. Apply must not come to an anomaly with an event that was told.
func (b *Books) Foretell(ev *Event, out *[2]Change) int {
	c := &out[0]
	if ev.Flags&FlagLast == 0 || b.view != ViewOrders {
		return 0
	}
	switch ev.Kind {
	case KindAdd:
		if b.valid(ev.Instrument) && ev.Side-Ask <= Bid-Ask && b.foretellEntry(sideIndex(ev.Instrument, ev.Side), ev, c) {
			return 1
		}
	case KindDelete:
		if b.foretellExit(ev.OrderID, 0, true, ev, c) {
			return 1
		}
	case KindReduce, KindExecute, KindExecuteAt:
		if b.foretellExit(ev.OrderID, ev.Qty, false, ev, c) {
			return 1
		}
	case KindReplace:
		if b.foretellExit(ev.Ref, 0, true, ev, c) {
			si := sideIndex(c.Instrument, c.Side)
			if b.foretellEntry(si, ev, &out[1]) {
				return 2
			}
			if s := b.sideAt(si); c.Top { // taken back: Apply will tell both
				s.qty, s.count = s.qty+c.Qty, s.count+1
			}
		}
	}
	return 0
}

// Foresee begins a run of Foretell at the event that Apply comes to next.
func (b *Books) Foresee() {
	f := &b.ahead
	f.ids = 0
	f.room = min(foretoldEntries, b.maxOrders-b.orders.live, b.maxLevels-int(b.nextLevel))
	// So few new prices find their places in half of the pool, whichever sides outgrow their blocks.
	if b.entries.next > b.entries.max/2 {
		f.room = 0
	}
}

// foretoldEntries is how many new orders a run may have.
const foretoldEntries = 8

// unnamed says whether an id is certainly none that was named before in the run.
func (f *foretelling) unnamed(id uint64) bool {
	bit := uint64(1) << (id * golden >> 58)
	was := f.ids
	f.ids |= bit
	return was&bit == 0
}

// foretellEntry tells a new order at the touch or behind it.
func (b *Books) foretellEntry(si uint32, ev *Event, c *Change) bool {
	f, id := &b.ahead, ev.OrderID
	if noPrice(ev.Price) || ev.Qty-1 >= math.MaxUint32-1 || !f.unnamed(id) || id <= b.newest && b.orders.at(b.orders.find(id)).level != 0 {
		return false
	}
	s, r := b.sideAt(si), rankOf(si, ev.Price)
	if f.room--; f.room < 0 || r > s.rank || crossed(s, b.sideAt(si^1)) {
		return false
	}
	top, depth := false, NoDepth
	if r == s.rank {
		top, depth = true, 0
		s.qty, s.count = s.qty+ev.Qty, s.count+1
	}
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = ev.Price, ev.Qty, ev.Qty, id, si>>1
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = sideOf(si), 'A', depth, top, AnomalyNone
	return true
}

// foretellExit tells an order that loses a quantity, or the whole of it.
func (b *Books) foretellExit(id, qty uint64, whole bool, ev *Event, c *Change) bool {
	o := b.orders.at(b.orders.find(id))
	li := o.level >> 1
	l := b.levelAt(li)
	si := ev.Instrument<<1 | o.level&1 // known before the level is here, which says the same
	if ev.Instrument == 0 {
		si = l.side
	}
	if !b.ahead.unnamed(id) || o.level == 0 || ev.Instrument != l.side>>1 && ev.Instrument != 0 {
		return false
	}
	s, was := b.sideAt(si), uint64(o.qty)
	if whole {
		qty = was
	}
	if qty-1 >= was || crossed(s, b.sideAt(si^1)) {
		return false
	}
	gone := uint32(0)
	if qty == was {
		gone = 1
	}
	top, depth := false, NoDepth
	if li == s.best {
		if s.count == gone {
			return false
		}
		top, depth = true, 0
		s.qty, s.count = s.qty-qty, s.count-gone
	}
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = l.price, qty, was-qty, id, si>>1
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = sideOf(si), 'C', depth, top, AnomalyNone
	return true
}
