package book

import "math"

// orderChange starts the change of an order event: nothing changed so far.
func orderChange(c *Change, ev *Event) {
	*c = Change{Price: ev.Price, OrderID: ev.OrderID, Instrument: ev.Instrument, Side: ev.Side, Action: 'N', Depth: NoDepth}
}

// refuse ends an event that cannot be applied.
func (b *Books) refuse(c *Change, a Anomaly) int {
	b.note(c, a)
	if !b.valid(c.Instrument) {
		c.Instrument = 0
	}
	return 1
}

// resolve finds the order an event names and fills in what the book knows of it. It returns 0 after an anomaly.
func (b *Books) resolve(ev *Event, id uint64, c *Change) uint32 {
	orderChange(c, ev)
	c.OrderID = id
	i := b.find(id)
	if i == 0 {
		b.refuse(c, AnomalyUnknownOrder)
		return 0
	}
	o := &b.orders[i]
	if ev.Instrument != 0 && ev.Instrument != o.side>>1 {
		b.refuse(c, AnomalyInstrumentMismatch)
		return 0
	}
	c.Instrument = o.side >> 1
	c.Side = sideOf(o.side)
	return i
}

// add puts a new order at the back of its price.
func (b *Books) add(ev *Event, out *[2]Change) int {
	c := &out[0]
	orderChange(c, ev)
	switch {
	case !b.valid(ev.Instrument):
		return b.refuse(c, AnomalyBadInstrument)
	case ev.Side-Ask > Bid-Ask:
		return b.refuse(c, AnomalyBadSide)
	}
	b.enter(sideIndex(ev.Instrument, ev.Side), ev.OrderID, ev.Price, ev.Qty, c)
	return 1
}

// enter makes a new order and tells it in c; c says 'N' and why when it could not.
func (b *Books) enter(si uint32, id uint64, price int64, qty uint64, c *Change) {
	if qty == 0 {
		b.note(c, AnomalyZeroQuantity)
		return
	}
	if price == UndefPrice {
		b.note(c, AnomalyBadPrice)
		return
	}
	if qty > math.MaxUint32 {
		b.note(c, AnomalyQuantityOverflow)
		qty = math.MaxUint32
	}
	if b.find(id) != 0 {
		b.note(c, AnomalyDuplicateOrder)
		return
	}
	i := b.take()
	if i == 0 {
		b.note(c, AnomalyOrderTableFull)
		return
	}
	o := &b.orders[i]
	h := &b.heads[b.head(id)]
	o.id, o.qty, o.side, o.hash = id, uint32(qty), si, *h
	*h = i
	if a := b.join(si, i, price, c); a != AnomalyNone {
		b.release(i)
		b.note(c, a)
		return
	}
	c.Action, c.Qty, c.Left = 'A', qty, qty
}

// join puts an order at the back of a price's queue and sets Top, Depth and Count of c. The order's id, qty and side
// are set; the order is in no queue. On an anomaly it still is not.
func (b *Books) join(si, i uint32, price int64, c *Change) Anomaly {
	li, depth, a := b.openLevel(si, price)
	if li == 0 {
		return a
	}
	o, l := &b.orders[i], &b.levels[li]
	o.level, o.prev, o.next = li, l.tail, 0
	b.orders[l.tail].next = i // order 0 takes what has no neighbour: a store is cheaper than a branch
	if l.count == 0 {
		l.head = i
	}
	l.tail = i
	l.qty += uint64(o.qty)
	l.count++
	s := &b.sides[si]
	c.Top = s.touch(li, l) || c.Top
	c.Count, c.Depth = l.count, min(c.Depth, depth)
	return AnomalyNone
}

// part takes an order out of its queue, closes the level when it was the last, and sets Top, Depth and Count of c.
// The order stays in its chain.
func (b *Books) part(i uint32, c *Change) {
	o := &b.orders[i]
	si, li := o.side, o.level
	s, l := &b.sides[si], &b.levels[li]
	b.unlink(o, l)
	l.qty -= uint64(o.qty)
	l.count--
	c.Count = l.count
	if s.touch(li, l) {
		c.Top, c.Depth = true, 0
	} else {
		c.Depth = min(c.Depth, b.depthOf(s, keyOf(si, l.price)))
	}
	if l.count == 0 {
		b.closeLevel(si, li)
	}
}

// reduce executes or reduces an order.
func (b *Books) reduce(ev *Event, out *[2]Change) int {
	c := &out[0]
	i := b.resolve(ev, ev.OrderID, c)
	if i == 0 {
		return 1
	}
	o := &b.orders[i]
	l := &b.levels[o.level]
	c.Price = l.price
	c.Left, c.Count = uint64(o.qty), l.count
	qty := ev.Qty
	if qty == 0 {
		return b.refuse(c, AnomalyZeroQuantity)
	}
	if qty > uint64(o.qty) {
		b.note(c, AnomalyNegativeSize)
		qty = uint64(o.qty)
	}
	c.Action, c.Qty = 'C', qty
	if qty == uint64(o.qty) {
		c.Left = 0
		b.part(i, c)
		b.release(i)
		return 1
	}
	o.qty -= uint32(qty)
	l.qty -= qty
	c.Left = uint64(o.qty)
	b.touched(o.side, o.level, c)
	return 1
}

// touched sets Top and Depth of c after the quantity of a level changed.
func (b *Books) touched(si, li uint32, c *Change) {
	s, l := &b.sides[si], &b.levels[li]
	if s.touch(li, l) {
		c.Top, c.Depth = true, 0
		return
	}
	c.Depth = b.depthOf(s, keyOf(si, l.price))
}

// remove deletes an order.
func (b *Books) remove(ev *Event, out *[2]Change) int {
	if i := b.resolve(ev, ev.OrderID, &out[0]); i != 0 {
		b.leave(i, &out[0])
	}
	return 1
}

// leave takes an order out of the book and tells it in c.
func (b *Books) leave(i uint32, c *Change) {
	o := &b.orders[i]
	c.Action, c.Price, c.Qty = 'C', b.levels[o.level].price, uint64(o.qty)
	b.part(i, c)
	b.release(i)
}

// replace puts a new order in place of an old one: its instrument and side, at the back of its price.
func (b *Books) replace(ev *Event, out *[2]Change) int {
	c := &out[0]
	i := b.resolve(ev, ev.Ref, c)
	if i == 0 {
		if c.Anomaly == AnomalyUnknownOrder && b.valid(ev.Instrument) && (ev.Side == Bid || ev.Side == Ask) {
			// The old order was lost but the new one is told in full: it is at the venue, so it belongs in the book.
			c.OrderID = ev.OrderID
			b.enter(sideIndex(ev.Instrument, ev.Side), ev.OrderID, ev.Price, ev.Qty, c)
		}
		return 1
	}
	si := b.orders[i].side
	b.leave(i, c)
	d := &out[1]
	*d = Change{Price: ev.Price, OrderID: ev.OrderID, Instrument: c.Instrument, Side: c.Side, Action: 'N', Depth: NoDepth}
	b.enter(si, ev.OrderID, ev.Price, ev.Qty, d)
	return 2
}

// sideIndex returns where a side is kept and sideOf the side that is kept there. Bid and Ask are neighbouring letters;
// which of the two an event means is anybody's guess, so there is no branch.
func sideIndex(instrument uint32, s Side) uint32 { return instrument<<1 | uint32(Bid-s)&1 }

func sideOf(si uint32) Side { return Bid - Side(si&1) }

// modify gives an order a new price and quantity; whether it keeps its place is in ev.Attr.
func (b *Books) modify(ev *Event, out *[2]Change) int {
	c := &out[0]
	i := b.resolve(ev, ev.OrderID, c)
	if i == 0 {
		return 1
	}
	if (ev.Side == Bid || ev.Side == Ask) && ev.Side != c.Side {
		return b.refuse(c, AnomalySideMismatch)
	}
	if ev.Qty == 0 {
		b.leave(i, c)
		return 1
	}
	if ev.Price == UndefPrice {
		return b.refuse(c, AnomalyBadPrice)
	}
	qty := ev.Qty
	if qty > math.MaxUint32 {
		b.note(c, AnomalyQuantityOverflow)
		qty = math.MaxUint32
	}
	o := &b.orders[i]
	si, li := o.side, o.level
	l := &b.levels[li]
	was, wasPrice := uint64(o.qty), l.price
	same := wasPrice == ev.Price
	c.Action, c.Qty, c.Left, c.Count = 'M', max(was, qty)-min(was, qty), qty, l.count
	if same && (l.tail == i || ev.Attr&AttrKeepPriority != 0 || ev.Attr&AttrPriorityByRule != 0 && qty <= was) {
		if qty == was {
			c.Action = 'N'
			return 1
		}
		l.qty = l.qty - was + qty
		o.qty = uint32(qty)
		b.touched(si, li, c)
		return 1
	}
	if same {
		b.requeue(i, uint32(qty))
		if qty == was {
			// Only the queue changed: the level looks as before.
			c.Depth = NoDepth
			return 1
		}
		b.touched(si, li, c)
		return 1
	}
	b.part(i, c)
	o.qty = uint32(qty)
	if a := b.join(si, i, ev.Price, c); a != AnomalyNone {
		// There is no room for the new price, and the order is not at the old one any more.
		b.release(i)
		b.note(c, a)
		c.Action, c.Price, c.Qty, c.Left = 'C', wasPrice, was, 0
	}
	return 1
}

// requeue moves an order that is not the last to the back of its queue, with a new quantity.
func (b *Books) requeue(i, qty uint32) {
	o := &b.orders[i]
	l := &b.levels[o.level]
	b.unlink(o, l)
	o.prev, o.next = l.tail, 0
	b.orders[l.tail].next = i
	l.tail = i
	l.qty = l.qty - uint64(o.qty) + uint64(qty)
	o.qty = qty
}

// unlink takes an order out of its queue. Order 0 takes the stores where there is no neighbour.
func (b *Books) unlink(o *order, l *level) {
	prev, next := o.prev, o.next
	b.orders[prev].next = next
	b.orders[next].prev = prev
	head, tail := l.head, l.tail
	if prev == 0 {
		head = next
	}
	if next == 0 {
		tail = prev
	}
	l.head, l.tail = head, tail
}
