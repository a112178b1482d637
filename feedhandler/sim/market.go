package sim

// market is the exchange's matching engine and its crowd: it decides what happens, applies it to the true book, and
// tells the encoder. Everything is sized in newMarket except ladders, which grow while the market warms up.
type market struct {
	cfg     Config
	enc     encoder
	rng     random
	pulse   pulse
	symbols []symbol
	zipf    []uint16

	orders []order // slot 0 is nobody
	free   []uint32
	live   []uint32 // slots of all resting orders, in no order

	// The feed's ways: ITCH gives a replaced order a new reference and the back of the queue; IEX and CME
	// keep the id, and the place when neither price nor a larger size is asked.
	replaceNewID bool

	now       uint64
	nextID    [maxEngines]uint64 // of each matching engine
	nextMatch uint64
	priority  uint64
	trades    [64]print // recent trades that may still be broken
	tradeNext int
	opened    int // progress of the opening, see opening.go
	act       action
}

// symbol is one instrument and the state of its crowd.
type symbol struct {
	name    [20]byte
	sides   [2]ladder
	fair    int32 // ticks: buyers bid up to it, sellers ask from one above
	spread  int32 // ticks quotes keep away from fair
	live    int
	target  int
	phase   phase
	steps   int // left in this phase
	recent  [16]handle
	recentN uint32
	last    print
	counts  Counts
}

// phase of trading.
type phase uint8

const (
	trading phase = iota
	halted
	quoting
)

// handle names an order that may be gone: the slot must still hold the id.
type handle struct {
	id   uint64
	slot uint32
}

// print is a trade as reported.
type print struct {
	match  uint64
	timeNS uint64
	price  int32
	qty    uint32
	symbol uint16
}

func newMarket(cfg Config) *market {
	capacity := cfg.LiveOrders + cfg.LiveOrders/4 + 16
	m := &market{
		cfg: cfg, rng: newRandom(cfg.Seed, 0), now: cfg.StartNS, nextMatch: 1,
		symbols: make([]symbol, cfg.Symbols), zipf: zipfTable(cfg.Symbols),
		orders: make([]order, capacity+1), free: make([]uint32, 0, capacity), live: make([]uint32, 0, capacity),
		replaceNewID: cfg.Encoding == ITCH50,
	}
	for slot := capacity; slot > 0; slot-- {
		m.free = append(m.free, uint32(slot))
	}
	for i := range m.nextID {
		m.nextID[i] = 1 + uint64(i)*engineIDs
	}
	m.pulse = newPulse(cfg.Rate)
	for i := range m.symbols {
		m.symbols[i].begin(m, i)
	}
	for _, sym := range m.zipf {
		m.symbols[sym].target++
	}
	for i := range m.symbols {
		s := &m.symbols[i]
		s.target = max(s.target*cfg.LiveOrders/len(m.zipf), 6)
	}
	return m
}

func (s *symbol) begin(m *market, i int) {
	if m.cfg.Encoding == MDP3 {
		s.name = futureName(i)
		s.fair = 16_000 + int32(m.rng.below(8000))
	} else {
		s.name = stockName(i)
		s.fair = 500 + int32(min(m.rng.exponential(7000), 80_000))
		s.spread = s.fair / 15_000
	}
}

// emit hands the action to the encoder.
func (m *market) emit() { m.enc.act(&m.act) }

// fresh clears the scratch action for a new one.
func (m *market) fresh(k kind, sym uint16) *action {
	m.act = action{kind: k, symbol: sym}
	return &m.act
}

func (s *symbol) remember(id uint64, slot uint32) {
	s.recent[s.recentN%uint32(len(s.recent))] = handle{id: id, slot: slot}
	s.recentN++
}

// top returns the best price of a side.
func (s *symbol) top(side uint8) (int32, bool) {
	l := s.sides[side]
	if len(l) == 0 {
		return 0, false
	}
	return priceOf(side, l.best()), true
}
