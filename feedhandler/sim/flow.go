package sim

// What the crowd does, in shares of ten thousand steps, after the mix of a Nasdaq day: adds and deletes share what the
// others leave and hold each symbol near its usual number of orders.
const (
	shareTotal     = 10_000
	shareAggress   = 350 // makes one or more executions
	shareHidden    = 100
	shareReduce    = 310
	shareReplace   = 620
	shareImbalance = 12
	shareRetail    = 8
	shareBreak     = 3
	shareHalt      = 1
	shareShort     = 1
	shareOther     = shareAggress + shareHidden + shareReduce + shareReplace + shareImbalance + shareRetail +
		shareBreak + shareHalt + shareShort
	shareAdd = 4560
)

// step makes one event of the market at the present time.
func (m *market) step(sym uint16) {
	s := &m.symbols[sym]
	if s.phase != trading {
		m.stepHalted(sym)
		return
	}
	if s.live < 4 {
		m.addPassive(sym)
		return
	}
	if m.rng.one(24) {
		m.drift(s)
	}
	roll := int(m.rng.below(shareTotal))
	switch {
	case roll < shareOther:
		m.stepOther(sym, roll)
	case roll < shareOther+shareAdd+s.lean():
		m.addPassive(sym)
	default:
		if slot := m.choose(sym); slot != 0 {
			m.cancel(slot)
		}
	}
}

// lean is how many shares move from deletes to adds while a symbol has fewer orders than usual, or back.
func (s *symbol) lean() int {
	return max(min((s.target-s.live)*3000/s.target, 500), -500)
}

func (m *market) stepOther(sym uint16, roll int) {
	s := &m.symbols[sym]
	under := func(share int) bool {
		if roll < share {
			return true
		}
		roll -= share
		return false
	}
	switch {
	case under(shareAggress):
		m.aggress(sym)
	case under(shareHidden):
		m.hidden(sym)
	case under(shareReduce):
		m.reduceSome(sym)
	case under(shareReplace):
		m.replaceSome(sym)
	case under(shareImbalance):
		m.imbalance(sym)
	case under(shareRetail):
		m.fresh(actRetail, sym).code = "NBSA"[m.rng.below(4)]
		m.emit()
	case under(shareBreak):
		m.breakTrade()
	case under(shareHalt):
		s.phase, s.steps = halted, 4+int(m.rng.below(12))
		m.status(sym, 'H')
		m.collar(sym)
	default:
		m.fresh(actShortSale, sym).code = '1'
		m.emit()
	}
}

// stepHalted lets the crowd of a halted symbol cancel and enter; then the symbol is quoted, crossed and resumed.
func (m *market) stepHalted(sym uint16) {
	s := &m.symbols[sym]
	s.steps--
	switch {
	case s.steps > 0 && m.rng.one(3) && s.live > 4:
		m.cancel(m.choose(sym))
	case s.steps > 0 && s.phase == quoting && m.rng.one(2):
		m.imbalance(sym)
	case s.steps > 0:
		m.addPassive(sym)
	case s.phase == halted:
		s.phase, s.steps = quoting, 3+int(m.rng.below(8))
		m.status(sym, 'Q')
	default:
		s.phase = trading
		m.cross(sym, 'H')
		m.status(sym, 'T')
	}
}
