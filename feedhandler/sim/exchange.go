package sim

// Exchange is one venue's channel for one day. It belongs to one goroutine. Once its books have reached their usual
// size Next does not allocate.
type Exchange struct {
	market      *market
	enc         encoder
	packer      *packer
	stage       stage
	step        int    // of the closing stages
	activeNS    uint64 // time of the newest message or heartbeat
	nextCheck   uint64
	checkpoints []Books
}

type stage uint8

const (
	opening stage = iota
	open
	closingBell
	goodbye
	over
)

// New checks cfg, reporting every broken rule at once, and builds the exchange.
func New(cfg Config) (*Exchange, error) {
	cfg, err := cfg.normal()
	if err != nil {
		return nil, err
	}
	m := newMarket(cfg)
	x := &Exchange{market: m, activeNS: cfg.StartNS, nextCheck: cfg.CheckpointEvery}
	switch cfg.Encoding {
	case ITCH50:
		e := newITCH50(&x.market.cfg, m)
		x.enc, x.packer = e, &e.packer
	case MDP3:
		e := newMDP3(&x.market.cfg, m)
		x.enc, x.packer = e, &e.packer
	default:
		e := newIEX(&x.market.cfg, m)
		x.enc, x.packer = e, &e.packer
	}
	m.enc = x.enc
	return x, nil
}

// Config returns the configuration with every default filled in.
func (x *Exchange) Config() Config { return x.market.cfg }

// Messages is how many venue messages have been made so far, those of datagrams not yet taken included.
func (x *Exchange) Messages() uint64 { return x.packer.total }

// LiveOrders is how many orders rest in all books.
func (x *Exchange) LiveOrders() int { return len(x.market.live) }

// Next puts the next datagram into d; false when the day is over. The payload is borrowed until the next call.
func (x *Exchange) Next(d *Datagram) bool {
	for !x.packer.next(d) {
		if x.stage == over {
			return false
		}
		x.advance()
	}
	return true
}

// advance makes one event of the market.
func (x *Exchange) advance() {
	m := x.market
	switch x.stage {
	case opening:
		x.enc.begin(m.now)
		more := m.openStep()
		x.enc.end()
		if !more {
			x.stage = open
		}
	case open:
		sym := m.beat()
		x.idle()
		x.enc.begin(m.now)
		m.step(sym)
		x.enc.end()
		if m.cfg.Messages != 0 && x.packer.total >= m.cfg.Messages ||
			m.cfg.DurationNS != 0 && m.now-m.cfg.StartNS >= m.cfg.DurationNS {
			x.stage = closingBell
		}
	case closingBell:
		m.now += 1_000_000
		x.enc.begin(m.now)
		m.system(closing[x.step])
		x.enc.end()
		x.step++
		if x.step == len(closing) {
			x.packer.flush()
			x.stage, x.step = goodbye, 0
		}
	case goodbye:
		m.now += 1_000_000_000
		if !x.enc.close(m.now, x.step) {
			x.stage = over
		}
		x.step++
	}
	x.activeNS = m.now
	if m.cfg.CheckpointEvery != 0 && x.packer.total >= x.nextCheck && x.stage < goodbye {
		x.checkpoint()
	}
}

// idle sends the heartbeats of a silence that ends now.
func (x *Exchange) idle() {
	for x.market.now-x.activeNS > x.market.cfg.HeartbeatNS {
		x.activeNS += x.market.cfg.HeartbeatNS
		x.enc.heartbeat(x.activeNS)
	}
}

// checkpoint ends the datagram, so that the books belong to its last sequence number, and keeps them.
func (x *Exchange) checkpoint() {
	x.packer.flush()
	x.checkpoints = append(x.checkpoints, x.Books())
	for x.nextCheck <= x.packer.total {
		x.nextCheck += x.market.cfg.CheckpointEvery
	}
}

// Checkpoints returns the true books kept so far by Config.CheckpointEvery, in order.
func (x *Exchange) Checkpoints() []Books { return x.checkpoints }
