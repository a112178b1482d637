package sim

// hidden prints a trade between orders that the book does not show.
func (m *market) hidden(sym uint16) {
	s := &m.symbols[sym]
	a := m.fresh(actHidden, sym)
	a.side = bid // always told as a buy since 2014
	a.price, a.qty, a.match = s.fair, m.size(), m.takeMatch()
	s.counts.Hidden++
	m.report(sym, a.price, a.qty, a.match)
	m.emit()
}

// cross reopens a symbol: a print of what was matched, and the best order of each side executed in it where it can be.
func (m *market) cross(sym uint16, code byte) {
	s := &m.symbols[sym]
	price, ok := s.top(ask)
	if !ok {
		price = s.fair
	}
	a := m.fresh(actCross, sym)
	a.code, a.price, a.qty, a.match = code, price, 100*(1+m.rng.below(50)), m.takeMatch()
	s.counts.Crosses++
	m.report(sym, a.price, a.qty, a.match)
	m.emit()
	if ok && m.cfg.Encoding == ITCH50 {
		// The order's share of the cross is told without being counted twice in the volume.
		slot := s.sides[ask][len(s.sides[ask])-1].head
		m.fill(slot, m.orders[slot].qty, price, m.takeMatch(), 0)
	}
}

// breakTrade voids a recent trade.
func (m *market) breakTrade() {
	t := &m.trades[m.rng.below(uint32(len(m.trades)))]
	if t.match == 0 {
		return
	}
	a := m.fresh(actBreak, t.symbol)
	a.price, a.qty, a.match = t.price, t.qty, t.match
	m.symbols[t.symbol].counts.Breaks++
	t.match = 0
	m.emit()
}

func (m *market) status(sym uint16, code byte) {
	m.symbols[sym].counts.Statuses++
	m.fresh(actStatus, sym).code = code
	m.emit()
}

func (m *market) collar(sym uint16) {
	m.fresh(actCollar, sym).price = m.symbols[sym].fair
	m.emit()
}

func (m *market) imbalance(sym uint16) {
	a := m.fresh(actImbalance, sym)
	a.side = uint8(m.rng.below(3)) // 2: none
	a.price = m.symbols[sym].fair
	a.paired = 100 * uint64(m.rng.below(5000))
	a.code = 'O'
	if m.symbols[sym].phase != trading {
		a.code = 'H'
	}
	if a.side < 2 {
		a.qty = 100 * (1 + m.rng.below(500))
	}
	m.emit()
}
