package book

import "math"

// foretelling is what is known of the events that Foretell told and Apply has not come to yet.
type foretelling struct {
	ids    [4]uint64 // a bit for every id they name; ids share bits
	behind uint64    // and one for every side that changed behind its touch
	room   int       // so many more new orders certainly find room
	moved  [foretoldMoves]movedSide
	moves  int
}

// movedSide is a side as it was before its touch was foretold to move to another price.
type movedSide struct {
	index uint32
	was   side
}

// Foretell writes to out what Apply is going to tell of an event, and returns the number of changes; 0 when it cannot say for
// certain. An event's records can then leave before the books take it in, which is most of the work and of the misses.
//
// Call Foresee first, Foretell for the next events in order until it returns 0, and Foreseen; then Apply for each that was told,
// before any other event. Between Foresee and Foreseen, Top shows the touch as it is after the last event told, and nothing else
// of the books is ahead. A change is told as Apply tells it, but for Count, which is not, and Depth, which is NoDepth behind the
// touch.
//
// It tells new orders, executions, and what reduces, deletes and replaces orders, where the event is complete (FlagLast). It does
// not tell what names an order of an event before it in the run, what crosses the book, a touch that gives way after something
// changed behind it, or what is in any way out of the ordinary; nor more than foretoldEntries new orders and foretoldMoves of
// touches in a run. Apply must not come to an anomaly with an event that was told.
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
		moves := b.ahead.moves
		if b.foretellExit(ev.Ref, 0, true, ev, c) {
			si := sideIndex(c.Instrument, c.Side)
			if b.foretellEntry(si, ev, &out[1]) {
				return 2
			}
			// Apply will tell both: the exit is taken back.
			if s := b.sideAt(si); b.ahead.moves > moves {
				b.ahead.moves = moves
				*s = b.ahead.moved[moves].was
			} else if c.Top {
				s.qty, s.count = s.qty+c.Qty, s.count+1
			}
		}
	}
	return 0
}

// Foresee begins a run of Foretell at the event that Apply comes to next.
func (b *Books) Foresee() {
	f := &b.ahead
	f.ids, f.behind = [4]uint64{}, 0
	f.room = min(foretoldEntries, b.maxOrders-b.orders.live, b.maxLevels-int(b.nextLevel))
	// So few new prices find their places in half of the pool, whichever sides outgrow their blocks.
	if b.entries.next > b.entries.max/2 {
		f.room = 0
	}
}

// Foreseen ends a run: touches that were told to be at another price are again at the price where Apply expects them. What they
// hold is ahead until Apply comes to the events.
func (b *Books) Foreseen() {
	f := &b.ahead
	for ; f.moves > 0; f.moves-- {
		m := &f.moved[f.moves-1]
		b.sides[m.index] = m.was
	}
}

const (
	foretoldEntries = 8 // new orders in a run, at most
	foretoldMoves   = 8 // of touches
)

// move remembers a side whose touch moves.
func (f *foretelling) move(si uint32, s *side) bool {
	if f.moves == foretoldMoves {
		return false
	}
	f.moved[f.moves] = movedSide{si, *s}
	f.moves++
	return true
}

// unnamed says whether an id is certainly none that was named before in the run.
func (f *foretelling) unnamed(id uint64) bool {
	bit := id * golden >> 56
	word, one := &f.ids[bit>>6], uint64(1)<<(bit&63)
	was := *word
	*word |= one
	return was&one == 0
}

// foretellEntry tells a new order.
func (b *Books) foretellEntry(si uint32, ev *Event, c *Change) bool {
	f, id := &b.ahead, ev.OrderID
	if noPrice(ev.Price) || ev.Qty-1 >= math.MaxUint32-1 || !f.unnamed(id) || id <= b.newest && b.orders.at(b.orders.find(id)).level != 0 {
		return false
	}
	s, other, r := b.sideAt(si), b.sideAt(si^1), rankOf(si, ev.Price)
	if f.room--; f.room < 0 || crossed(s, other) {
		return false
	}
	top, depth := true, uint8(0)
	switch {
	case r == s.rank:
		s.qty, s.count = s.qty+ev.Qty, s.count+1
	case r < s.rank:
		f.behind |= 1 << (si & 63)
		top, depth = false, NoDepth
	case r >= ^other.rank || !f.move(si, s):
		return false
	default:
		s.rank, s.qty, s.count, s.best = r, ev.Qty, 1, 0 // its level is none yet
	}
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = ev.Price, ev.Qty, ev.Qty, id, si>>1
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = sideOf(si), 'A', depth, top, AnomalyNone
	return true
}

// foretellExit tells an order that loses a quantity, or the whole of it.
func (b *Books) foretellExit(id, qty uint64, whole bool, ev *Event, c *Change) bool {
	f, o := &b.ahead, b.orders.at(b.orders.find(id))
	li := o.level >> 1
	l := b.levelAt(li)
	si := ev.Instrument<<1 | o.level&1 // known before the level is here, which says the same
	if ev.Instrument == 0 {
		si = l.side
	}
	if !f.unnamed(id) || o.level == 0 || ev.Instrument != l.side>>1 && ev.Instrument != 0 {
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
	top, depth := true, uint8(0)
	switch {
	case li != s.best:
		f.behind |= 1 << (si & 63)
		top, depth = false, NoDepth
	case s.count != gone:
		s.qty, s.count = s.qty-qty, s.count-gone
	case f.behind>>(si&63)&1 != 0 || !f.move(si, s):
		return false // the next price is perhaps not as the books still have it
	default:
		b.foretellNext(s)
	}
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = l.price, qty, was-qty, id, si>>1
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = sideOf(si), 'C', depth, top, AnomalyNone
	return true
}

// foretellNext moves the touch of a side to its next price, or to none.
func (b *Books) foretellNext(s *side) {
	s.rank, s.prices = 0, s.prices.butLast()
	if s.prices.len() > 0 {
		next := b.entryAt(s.end() - 1)
		l := b.levelAt(next.level)
		s.rank, s.best, s.qty, s.count = next.rank, next.level, l.qty, l.count
	}
}
