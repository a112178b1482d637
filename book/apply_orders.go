package book

import "math"

// The order book is where the time goes: each operation is one function for what is usual, tells its change in one go,
// and leaves what is rare to another.

// refuse ends an event that cannot be applied.
func (b *Books) refuse(c *Change, a Anomaly) {
	b.note(c, a)
	if !b.valid(c.Instrument) {
		c.Instrument = 0
	}
}

// unchanged starts the change of an order event of which nothing has come yet.
func unchanged(c *Change, ev *Event) {
	*c = Change{Price: ev.Price, OrderID: ev.OrderID, Instrument: ev.Instrument, Side: ev.Side, Action: 'N', Depth: NoDepth}
}

// add puts a new order at the back of its price.
func (b *Books) add(ev *Event, c *Change) {
	switch {
	case !b.valid(ev.Instrument):
		unchanged(c, ev)
		b.refuse(c, AnomalyBadInstrument)
	case ev.Side-Ask > Bid-Ask:
		unchanged(c, ev)
		b.refuse(c, AnomalyBadSide)
	default:
		b.enter(sideIndex(ev.Instrument, ev.Side), ev.OrderID, ev.Price, ev.Qty, c)
	}
}

// enter makes a new order at the back of its price and tells it in c; c says 'N' and why when it could not.
func (b *Books) enter(si uint32, id uint64, price int64, qty uint64, c *Change) {
	anomaly := AnomalyNone
	if noPrice(price) || qty-1 >= math.MaxUint32 {
		switch {
		case qty == 0:
			b.cannotEnter(si, id, price, AnomalyNone, AnomalyZeroQuantity, c)
			return
		case noPrice(price):
			b.cannotEnter(si, id, price, AnomalyNone, AnomalyBadPrice, c)
			return
		}
		anomaly, qty = AnomalyQuantityOverflow, math.MaxUint32
		b.anomalies[anomaly]++
	}
	if id > b.newest {
		b.newest = id // venues number upwards: nobody has it, and nobody is looked for
	} else if b.orders.at(b.orders.find(id)).level != 0 {
		b.cannotEnter(si, id, price, anomaly, AnomalyDuplicateOrder, c)
		return
	}
	if b.orders.live == b.maxOrders {
		b.cannotEnter(si, id, price, anomaly, AnomalyOrderTableFull, c)
		return
	}
	s := b.sideAt(si)
	li, depth := s.best, uint8(0)
	if s.rank != rankOf(si, price) {
		memo := b.memoAt(b.memo(si, price))
		if li = *memo; b.topOnly && b.isLevel(li, si, price) {
			depth = NoDepth
		} else if li, depth = b.openLevel(si, price); li == 0 {
			b.cannotEnter(si, id, price, anomaly, AnomalyLevelTableFull, c)
			return
		}
		*memo = li
	}
	i := b.orders.settle(id)
	if i == 0 {
		b.growOrders()
		i = b.orders.settle(id)
	}
	o := b.orders.at(i)
	o.qty, o.level = uint32(qty), li<<1|si&1
	l := b.levelAt(li)
	c.Count = b.join(o, i, l)
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = price, qty, qty, id, si>>1
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = sideOf(si), 'A', depth, s.touch(li, l), anomaly
}

// cannotEnter tells an order that did not come into the book for one anomaly, perhaps after a first.
func (b *Books) cannotEnter(si uint32, id uint64, price int64, first, a Anomaly, c *Change) {
	b.anomalies[a]++
	if first != AnomalyNone {
		a = first
	}
	*c = Change{Price: price, OrderID: id, Instrument: si >> 1, Side: sideOf(si), Action: 'N', Depth: NoDepth, Anomaly: a}
}

// join puts an order at the back of a level and returns how many are there now. The order's qty and level are set.
func (b *Books) join(o *order, i uint32, l *level) uint32 {
	tail := l.tail
	o.prev, o.next = tail, 0
	b.orders.at(tail).next = i // order 0 takes what has no neighbour: a store is cheaper than a branch
	head := l.head
	if tail == 0 {
		head = i
	}
	l.head, l.tail = head, i
	l.qty += uint64(o.qty)
	l.count++
	return l.count
}

// named returns the order an event names and its level and side. When it is none that the event may change, it tells in c
// why not and returns nil.
func (b *Books) named(ev *Event, id uint64, i uint32, c *Change) (o *order, l *level, si uint32) {
	o = b.orders.at(i)
	l = b.levelAt(o.level >> 1)
	si = ev.Instrument<<1 | o.level&1 // known before the level is here, which says the same
	if ev.Instrument == 0 {
		si = l.side
	}
	if o.level == 0 || ev.Instrument != l.side>>1 && ev.Instrument != 0 {
		unchanged(c, ev)
		c.OrderID = id
		if o.level == 0 {
			b.refuse(c, AnomalyUnknownOrder)
		} else {
			b.refuse(c, AnomalyInstrumentMismatch)
		}
		return nil, nil, 0
	}
	return o, l, si
}

// remove deletes an order.
func (b *Books) remove(ev *Event, c *Change) {
	i := b.orders.find(ev.OrderID)
	if o, l, si := b.named(ev, ev.OrderID, i, c); o != nil {
		b.leave(ev.OrderID, i, o, l, si, c)
	}
}

// leave takes an order out of the book and tells it in c.
func (b *Books) leave(id uint64, i uint32, o *order, l *level, si uint32, c *Change) {
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument = l.price, uint64(o.qty), 0, id, si>>1
	c.Side, c.Action, c.Anomaly = sideOf(si), 'C', AnomalyNone
	c.Top, c.Depth, c.Count = b.part(o, l, si)
	b.orders.vacate(i)
}

// part takes an order out of its queue, closes the level when it was the last, and returns Top, Depth and Count.
func (b *Books) part(o *order, l *level, si uint32) (top bool, depth uint8, count uint32) {
	li := o.level >> 1
	alone := o.prev|o.next == 0 // known before the level is here, which says the same
	b.unlink(o, l)
	l.qty -= uint64(o.qty)
	count = l.count - 1
	l.count = count
	top, depth = b.touched(si, li, l)
	if alone {
		b.closeLevel(si, li)
	}
	return top, depth, count
}

// touched returns Top and Depth after the quantity of a level changed.
func (b *Books) touched(si, li uint32, l *level) (top bool, depth uint8) {
	s := b.sideAt(si)
	top = s.touch(li, l)
	depth = NoDepth
	if top {
		depth = 0
	}
	if !b.topOnly && !top {
		depth = b.depthOf(s, rankOf(si, l.price))
	}
	return top, depth
}

// unlink takes an order out of its queue. Order 0 takes the stores where there is no neighbour.
func (b *Books) unlink(o *order, l *level) {
	prev, next := o.prev, o.next
	b.orders.at(prev).next = next
	b.orders.at(next).prev = prev
	head, tail := l.head, l.tail
	if prev == 0 {
		head = next
	}
	if next == 0 {
		tail = prev
	}
	l.head, l.tail = head, tail
}

// reduce executes or reduces an order.
func (b *Books) reduce(ev *Event, c *Change) {
	i := b.orders.find(ev.OrderID)
	o, l, si := b.named(ev, ev.OrderID, i, c)
	if o == nil {
		return
	}
	qty := ev.Qty
	if qty-1 >= uint64(o.qty) {
		if qty == 0 {
			unchanged(c, ev)
			c.Instrument, c.Side, c.Price, c.Left, c.Count = si>>1, sideOf(si), l.price, uint64(o.qty), l.count
			b.note(c, AnomalyZeroQuantity)
			return
		}
		b.leave(ev.OrderID, i, o, l, si, c)
		b.note(c, AnomalyNegativeSize)
		return
	}
	if qty == uint64(o.qty) {
		b.leave(ev.OrderID, i, o, l, si, c)
		return
	}
	left := o.qty - uint32(qty)
	o.qty = left
	l.qty -= qty
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument, c.Count = l.price, qty, uint64(left), ev.OrderID, si>>1, l.count
	c.Side, c.Action, c.Anomaly = sideOf(si), 'C', AnomalyNone
	c.Top, c.Depth = b.touched(si, o.level>>1, l)
}

// replace puts a new order in place of an old one: its instrument and side, at the back of its price.
func (b *Books) replace(ev *Event, out *[2]Change) int {
	c := &out[0]
	i := b.orders.find(ev.Ref)
	o, l, si := b.named(ev, ev.Ref, i, c)
	if o == nil {
		if c.Anomaly == AnomalyUnknownOrder && b.valid(ev.Instrument) && (ev.Side == Bid || ev.Side == Ask) {
			// The old order was lost but the new one is told in full: it is at the venue, so it belongs in the book.
			b.enter(sideIndex(ev.Instrument, ev.Side), ev.OrderID, ev.Price, ev.Qty, c)
			c.Anomaly = AnomalyUnknownOrder
		}
		return 1
	}
	b.leave(ev.Ref, i, o, l, si, c)
	b.enter(si, ev.OrderID, ev.Price, ev.Qty, &out[1])
	return 2
}

// sideIndex returns where a side is kept and sideOf the side that is kept there. Bid is an even letter and Ask an odd one;
// which of the two an event means is anybody's guess, so there is no branch.
func sideIndex(instrument uint32, s Side) uint32 { return instrument<<1 | uint32(s)&1 }

func sideOf(si uint32) Side { return Bid - Side(si&1) }

// modify gives an order a new price and quantity; whether it keeps its place is in ev.Attr.
func (b *Books) modify(ev *Event, c *Change) {
	i := b.orders.find(ev.OrderID)
	o, l, si := b.named(ev, ev.OrderID, i, c)
	if o == nil {
		return
	}
	s, li := b.sideAt(si), o.level>>1
	unchanged(c, ev)
	c.Instrument, c.Side = si>>1, sideOf(si)
	switch {
	case (ev.Side == Bid || ev.Side == Ask) && ev.Side != c.Side:
		b.note(c, AnomalySideMismatch)
		return
	case ev.Qty == 0:
		b.leave(ev.OrderID, i, o, l, si, c)
		return
	case noPrice(ev.Price):
		b.note(c, AnomalyBadPrice)
		return
	}
	qty := ev.Qty
	if qty > math.MaxUint32 {
		b.note(c, AnomalyQuantityOverflow)
		qty = math.MaxUint32
	}
	was, wasPrice := uint64(o.qty), l.price
	same := wasPrice == ev.Price
	c.Action, c.Qty, c.Left, c.Count = 'M', max(was, qty)-min(was, qty), qty, l.count
	if same && (l.tail == i || ev.Attr&AttrKeepPriority != 0 || ev.Attr&AttrPriorityByRule != 0 && qty <= was) {
		if qty == was {
			c.Action = 'N'
			return
		}
		l.qty = l.qty - was + qty
		o.qty = uint32(qty)
		c.Top, c.Depth = b.touched(si, li, l)
		return
	}
	if same {
		b.requeue(o, i, l, uint32(qty))
		if qty != was { // else only the queue changed: the level looks as before
			c.Top, c.Depth = b.touched(si, li, l)
		}
		return
	}
	c.Top, c.Depth, c.Count = b.part(o, l, si)
	o.qty = uint32(qty)
	li, depth := s.best, uint8(0)
	if s.rank != rankOf(si, ev.Price) {
		if li, depth = b.openLevel(si, ev.Price); li == 0 {
			// There is no room for the new price, and the order is not at the old one any more.
			b.orders.vacate(i)
			b.note(c, AnomalyLevelTableFull)
			c.Action, c.Price, c.Qty, c.Left = 'C', wasPrice, was, 0
			return
		}
	}
	o.level = li<<1 | si&1
	l = b.levelAt(li)
	c.Count = b.join(o, i, l)
	c.Top = s.touch(li, l) || c.Top
	c.Depth = min(c.Depth, depth)
}

// requeue moves an order that is not the last to the back of its queue, with a new quantity.
func (b *Books) requeue(o *order, i uint32, l *level, qty uint32) {
	b.unlink(o, l)
	l.qty -= uint64(o.qty)
	l.count--
	o.qty = qty
	b.join(o, i, l)
}
