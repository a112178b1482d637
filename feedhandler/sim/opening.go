package sim

// The parts of a day before and after trading. Each step of the opening is one event, so that it packs and paces
// like the rest.

// openStep makes the next event of the opening; false when trading has begun.
func (m *market) openStep() bool {
	n, i := len(m.symbols), m.opened
	m.opened++
	part := func(size int) bool {
		if i < size {
			return true
		}
		i -= size
		return false
	}
	switch {
	case part(1):
		m.system('O')
	case part(n):
		m.fresh(actDirectory, uint16(i))
		m.emit()
	case part(n):
		m.openSymbol(uint16(i))
	case part(1):
		m.fresh(actBreakerLevels, 0)
		m.emit()
		m.system('S')
	case part(m.cfg.Prefill):
		m.addPassive(m.pick())
	case part(1):
		m.system('Q')
	case part(min(n, 64)):
		m.cross(uint16(i), 'O')
	default:
		return false
	}
	m.now += 1 + m.rng.exponential(m.pulse.inside)
	return true
}

// openSymbol tells the states a symbol starts the day with.
func (m *market) openSymbol(sym uint16) {
	m.status(sym, 'T')
	m.fresh(actOperational, sym)
	m.emit()
	a := m.fresh(actShortSale, sym)
	a.code = '0'
	if sym%16 == 5 {
		a.code = '2'
	}
	m.emit()
	if sym%8 == 3 {
		m.fresh(actParticipant, sym).mpid = 1 + uint32(sym)/8%uint32(len(mpids))
		m.emit()
	}
	if sym%64 == 7 {
		m.fresh(actOpening, sym).price = m.symbols[sym].fair
		m.emit()
	}
}

// closing tells the end of the day, one code a step.
const closing = "MEC"

func (m *market) system(code byte) {
	m.fresh(actSystem, 0).code = code
	m.emit()
}

// stockName spells symbol i as four letters, spread over the alphabet.
func stockName(i int) (name [20]byte) {
	const letters = 26 * 26 * 26 * 26
	x := (i*104_729 + 200_003) % letters // a prime: each i below letters has its own name
	for at := 3; at >= 0; at-- {
		name[at] = byte('A' + x%26)
		x /= 26
	}
	return name
}

// futureName spells symbol i as product, month code and year digit: four months of each product.
func futureName(i int) (name [20]byte) {
	product := i / 4
	name[0] = byte('A' + product/676%26)
	name[1] = byte('A' + product/26%26)
	name[2] = byte('A' + product%26)
	name[3] = "HMUZ"[i%4]
	name[4] = '6'
	return name
}
