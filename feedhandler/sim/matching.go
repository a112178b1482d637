package sim

// enter puts a new order into the book and reports it. It is refused (false) when the house is full.
func (m *market) enter(sym uint16, side uint8, price int32, qty uint32, id uint64) bool {
	if len(m.free) == 0 {
		return false
	}
	slot := m.free[len(m.free)-1]
	m.free = m.free[:len(m.free)-1]
	m.priority++
	m.orders[slot] = order{
		id: id, priority: m.priority, key: keyOf(side, price), qty: qty,
		live: uint32(len(m.live)), symbol: sym, side: side,
	}
	m.live = append(m.live, slot)
	s := &m.symbols[sym]
	s.live++
	s.counts.Adds++
	o := &m.orders[slot]
	s.remember(o.id, slot)

	a := m.fresh(actAdd, sym)
	a.side, a.price, a.qty, a.id, a.priority = side, price, qty, o.id, o.priority
	if m.rng.one(60) {
		a.mpid = 1 + m.rng.below(uint32(len(mpids)))
	}
	m.join(slot, &a.move[0])
	a.moves = 1
	m.emit()
	return true
}

// forget gives an order's slot back; it has left its queue.
func (m *market) forget(slot uint32) {
	o := &m.orders[slot]
	m.symbols[o.symbol].live--
	last := m.live[len(m.live)-1]
	m.live[o.live] = last
	m.orders[last].live = o.live
	m.live = m.live[:len(m.live)-1]
	o.id, o.qty = 0, 0
	m.free = append(m.free, slot)
}

// cancel removes an order.
func (m *market) cancel(slot uint32) {
	o := &m.orders[slot]
	m.symbols[o.symbol].counts.Deletes++
	a := m.fresh(actDelete, o.symbol)
	a.side, a.price, a.qty, a.id, a.priority = o.side, priceOf(o.side, o.key), o.qty, o.id, o.priority
	m.leave(slot, &a.move[0])
	a.moves = 1
	m.forget(slot)
	m.emit()
}

// reduce takes qty off an order of more than qty.
func (m *market) reduce(slot, qty uint32) {
	o := &m.orders[slot]
	m.symbols[o.symbol].counts.Reduces++
	a := m.fresh(actReduce, o.symbol)
	m.shrink(slot, qty, &a.move[0])
	a.moves = 1
	a.side, a.price, a.qty, a.id, a.priority, a.remain = o.side, priceOf(o.side, o.key), qty, o.id, o.priority, o.qty
	m.emit()
}

// replace gives an order another price and size. The price must not cross the book.
func (m *market) replace(slot uint32, price int32, qty uint32) {
	o := &m.orders[slot]
	s := &m.symbols[o.symbol]
	s.counts.Replaces++
	a := m.fresh(actReplace, o.symbol)
	a.side, a.oldID, a.oldPrice = o.side, o.id, priceOf(o.side, o.key)
	a.keepPriority = !m.replaceNewID && price == a.oldPrice && qty <= o.qty
	if a.keepPriority {
		m.shrink(slot, o.qty-qty, &a.move[0])
		a.moves = 1
	} else {
		m.leave(slot, &a.move[0])
		m.priority++
		o.key, o.qty, o.priority = keyOf(o.side, price), qty, m.priority
		m.join(slot, &a.move[1])
		a.moves = 2
	}
	if m.replaceNewID {
		o.id = m.takeID()
		s.remember(o.id, slot)
	}
	a.price, a.qty, a.remain, a.id, a.priority = price, qty, qty, o.id, o.priority
	m.emit()
}

// fill trades qty of a resting order at tradePrice with an aggressor; 0 is an auction, where the fill is not
// printable: the auction's own print counts it.
func (m *market) fill(slot, qty uint32, tradePrice int32, match, aggressor uint64) {
	o := &m.orders[slot]
	s := &m.symbols[o.symbol]
	price := priceOf(o.side, o.key)
	printable := aggressor != 0
	k := actExecute
	if tradePrice != price || !printable {
		k = actExecuteAt
	}
	a := m.fresh(k, o.symbol)
	a.side, a.price, a.tradePrice, a.qty, a.id, a.priority = o.side, price, tradePrice, qty, o.id, o.priority
	a.printable, a.match, a.aggressor = printable, match, aggressor
	a.moves = 1
	s.counts.Executions++
	if printable {
		m.report(o.symbol, tradePrice, qty, match)
	}
	if qty < o.qty {
		m.shrink(slot, qty, &a.move[0])
		a.remain = o.qty
	} else {
		m.leave(slot, &a.move[0])
		m.forget(slot)
	}
	m.emit()
}

// report makes a trade the symbol's last one; fills of one match add up.
func (m *market) report(sym uint16, price int32, qty uint32, match uint64) {
	s := &m.symbols[sym]
	s.counts.Volume += uint64(qty)
	if s.last.match == match {
		s.last.qty += qty
		m.trades[(m.tradeNext-1)%len(m.trades)] = s.last
		return
	}
	s.last = print{match: match, timeNS: m.now, price: price, qty: qty, symbol: sym}
	s.counts.Trades++
	m.trades[m.tradeNext%len(m.trades)] = s.last
	m.tradeNext++
}

const (
	maxEngines = 16      // bounds Config.Engines
	engineIDs  = 1 << 20 // how far apart their numbers begin
)

// takeID gives the next order id; the venue's numbers have holes.
func (m *market) takeID() uint64 {
	engine := uint32(0)
	if m.cfg.Engines > 1 {
		engine = m.rng.below(uint32(m.cfg.Engines))
	}
	id := m.nextID[engine]*uint64(m.cfg.Engines) + uint64(engine)
	m.nextID[engine] += 1 + uint64(m.rng.below(uint32(m.cfg.IDStep)))
	return id
}

// takeMatch gives the next match number.
func (m *market) takeMatch() uint64 {
	match := m.nextMatch
	m.nextMatch++
	return match
}
