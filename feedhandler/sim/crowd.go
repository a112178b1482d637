package sim

// drift moves the fair price by a tick or two.
func (m *market) drift(s *symbol) {
	d := int32(1)
	if m.rng.one(16) {
		d += int32(m.rng.below(4))
	}
	if m.rng.one(2) {
		d = -d
	}
	s.fair = max(s.fair+d, 100)
}

// addPassive enters an order that does not trade: mostly at the touch, some deep in the book.
func (m *market) addPassive(sym uint16) {
	s := &m.symbols[sym]
	side := uint8(m.rng.below(2))
	m.enter(sym, side, m.passivePrice(s, side), m.size(), m.takeID())
}

func (m *market) passivePrice(s *symbol, side uint8) int32 {
	var away uint64
	switch where := m.rng.below(100); {
	case where < 38:
	case where < 60:
		away = 1
	case where < 95:
		away = m.rng.exponential(5)
	default:
		away = m.rng.exponential(60)
	}
	distance := s.spread + int32(min(away, 2000))
	if side == bid {
		return s.behind(bid, s.fair-distance)
	}
	return s.behind(ask, s.fair+1+distance)
}

// behind moves a price back until it does not cross, and up to the lowest price there is.
func (s *symbol) behind(side uint8, price int32) int32 {
	if other, ok := s.top(1 - side); ok {
		if side == bid {
			price = min(price, other-1)
		} else {
			price = max(price, other+1)
		}
	}
	return max(price, 1)
}

// size draws an order's size: round lots, some odd ones; contracts for futures.
func (m *market) size() uint32 {
	if m.cfg.Encoding == MDP3 {
		return 1 + uint32(m.rng.exponential(4))
	}
	switch where := m.rng.below(100); {
	case where < 65:
		return 100
	case where < 85:
		return 100 * (1 + m.rng.below(10))
	default:
		return 1 + m.rng.below(99)
	}
}

// choose picks an order to change: mostly a young one, else one near the touch, else any of the house.
// 0 when there is none.
func (m *market) choose(sym uint16) uint32 {
	s := &m.symbols[sym]
	roll := m.rng.below(100)
	if roll < 60 && s.recentN > 0 {
		h := s.recent[m.rng.below(min(s.recentN, uint32(len(s.recent))))]
		if h.slot != 0 && m.orders[h.slot].id == h.id {
			return h.slot
		}
	}
	if l := s.sides[m.rng.below(2)]; len(l) > 0 && roll < 92 {
		lv := &l[len(l)-1-int(min(m.rng.exponential(3), uint64(len(l)-1)))]
		if m.rng.one(3) {
			return lv.head
		}
		return lv.tail
	}
	if len(m.live) == 0 {
		return 0
	}
	return m.live[m.rng.below(uint32(len(m.live)))]
}

func (m *market) reduceSome(sym uint16) {
	slot := m.choose(sym)
	if slot == 0 {
		return
	}
	if q := m.orders[slot].qty; q > 1 {
		m.reduce(slot, 1+m.rng.below(q-1))
	} else {
		m.cancel(slot)
	}
}

func (m *market) replaceSome(sym uint16) {
	slot := m.choose(sym)
	if slot == 0 {
		return
	}
	o := &m.orders[slot]
	price, qty := priceOf(o.side, o.key), o.qty
	if m.rng.one(4) {
		qty = m.size() // a new size where it stands
		if qty == o.qty {
			qty++
		}
	} else {
		price += int32(m.rng.below(7)) - 3
		price = m.symbols[o.symbol].behind(o.side, price)
	}
	m.replace(slot, price, qty)
}
