package sim

// maxFills bounds the executions of one aggressor, so that one event fits a datagram or two.
const maxFills = 12

// aggress sends an order through the touch: it fills resting orders in priority up to its limit, and what is left of
// it may rest.
func (m *market) aggress(sym uint16) {
	s := &m.symbols[sym]
	side := m.aggressorSide(s)
	resting := 1 - side
	limit, ok := s.top(resting)
	if !ok {
		m.addPassive(sym)
		return
	}
	through := int32(min(m.rng.exponential(1), 3))
	if side == ask {
		through = -through
	}
	limit += through
	want := m.size()
	if m.rng.one(8) {
		want *= 1 + m.rng.below(12)
	}
	id, match, lastAt := m.takeID(), m.nextMatch, int32(0)
	for fills := 0; want > 0 && fills < maxFills; fills++ {
		best, ok := s.top(resting)
		if !ok || keyOf(side, best) > keyOf(side, limit) {
			break
		}
		slot := s.sides[resting][len(s.sides[resting])-1].head
		qty := min(want, m.orders[slot].qty)
		at := best
		if m.cfg.Encoding != MDP3 && m.rng.one(40) && best > 2 {
			at += 1 - 2*int32(resting) // improved for the aggressor's hidden counterpart
		}
		if m.cfg.Encoding != MDP3 || at != lastAt {
			match, lastAt = m.takeMatch(), at // CME prints one trade for each price
		}
		m.fill(slot, qty, at, match, id)
		want -= qty
	}
	if best, ok := s.top(resting); want > 0 && (!ok || keyOf(side, best) > keyOf(side, limit)) && m.rng.one(4) {
		m.enter(sym, side, max(limit, 1), want, id)
	}
	if m.rng.one(3) {
		s.fair = max(s.fair+1-2*int32(side), 100)
	}
}

// aggressorSide leans towards the side whose price is good: buyers when the best ask is not above fair.
func (m *market) aggressorSide(s *symbol) uint8 {
	if best, ok := s.top(ask); ok && best <= s.fair && !m.rng.one(10) {
		return bid
	}
	if best, ok := s.top(bid); ok && best > s.fair && !m.rng.one(10) {
		return ask
	}
	return uint8(m.rng.below(2))
}
