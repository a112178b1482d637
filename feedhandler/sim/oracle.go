package sim

// Books is the true state of every book after the unit LastSeq of the feed. Prices are in 1e-9, best level first,
// orders in priority order.
type Books struct {
	Encoding    Encoding     `json:"encoding"`
	Session     string       `json:"session,omitempty"`
	TimeNS      uint64       `json:"time"`
	LastSeq     uint64       `json:"last_seq"` // last unit (message; packet for mdp3) made so far
	Messages    uint64       `json:"messages"`
	Instruments []Instrument `json:"instruments"`
}

// Instrument is one book and what happened in it.
type Instrument struct {
	Symbol    string  `json:"symbol"`
	Key       uint64  `json:"key,omitempty"` // locate code or security id; none for IEX
	State     string  `json:"state"`         // trading, halted or quoting
	Bids      []Level `json:"bids"`
	Asks      []Level `json:"asks"`
	LastTrade *Trade  `json:"last_trade,omitempty"`
	Counts    Counts  `json:"counts"`
}

// Level is one price.
type Level struct {
	Price  int64   `json:"price"`
	Qty    uint64  `json:"qty"`
	Orders []Order `json:"orders"`
}

// Order is one resting order.
type Order struct {
	ID       uint64 `json:"id"`
	Qty      uint32 `json:"qty"`
	Priority uint64 `json:"-"`
}

// Trade is the last printed trade: executions, hidden trades and crosses; a break does not take it back. Fills of one match add up.
type Trade struct {
	Price  int64  `json:"price"`
	Qty    uint32 `json:"qty"`
	Match  uint64 `json:"match"`
	TimeNS uint64 `json:"time"`
}

// Counts is what happened to an instrument, in actions of the market. DEEP tells an execution as a trade and
// level updates, MDP3 gathers an event's actions into few messages.
type Counts struct {
	Adds       uint64 `json:"adds"`
	Deletes    uint64 `json:"deletes"`
	Reduces    uint64 `json:"reduces"`
	Replaces   uint64 `json:"replaces"`
	Executions uint64 `json:"executions"` // of displayed orders, in crosses too
	Hidden     uint64 `json:"hidden"`
	Crosses    uint64 `json:"crosses"`
	Breaks     uint64 `json:"breaks"`
	Statuses   uint64 `json:"statuses"`
	Trades     uint64 `json:"trades"` // printed
	Volume     uint64 `json:"volume"` // of printed trades, broken ones included
}

// Books copies the true books as they are now: after everything made so far, datagrams not yet taken included.
func (x *Exchange) Books() Books {
	m := x.market
	b := Books{
		Encoding: m.cfg.Encoding, TimeNS: m.now, LastSeq: x.packer.seq(), Messages: x.packer.total,
		Instruments: make([]Instrument, len(m.symbols)),
	}
	if m.cfg.Encoding == ITCH50 {
		b.Session = m.cfg.Session
	}
	for i := range m.symbols {
		s := &m.symbols[i]
		in := &b.Instruments[i]
		*in = Instrument{
			Symbol: text(s.name[:]), Key: m.key(i), State: phaseNames[s.phase], Counts: s.counts,
			Bids: m.levels(s.sides[bid], bid), Asks: m.levels(s.sides[ask], ask),
		}
		if s.counts.Trades > 0 {
			in.LastTrade = &Trade{
				Price: m.scaled(s.last.price), Qty: s.last.qty, Match: s.last.match, TimeNS: s.last.timeNS,
			}
		}
	}
	return b
}

var phaseNames = [...]string{trading: "trading", halted: "halted", quoting: "quoting"}

func (m *market) key(i int) uint64 {
	switch m.cfg.Encoding {
	case ITCH50:
		return uint64(i + 1)
	case MDP3:
		return uint64(security(uint16(i)))
	}
	return 0
}

func (m *market) scaled(ticks int32) int64 { return int64(ticks) * m.cfg.TickSize }

func (m *market) levels(l ladder, side uint8) []Level {
	list := make([]Level, 0, len(l))
	for i := len(l) - 1; i >= 0; i-- {
		level := Level{Price: m.scaled(priceOf(side, l[i].key)), Qty: l[i].qty, Orders: make([]Order, 0, l[i].count)}
		for slot := l[i].head; slot != 0; slot = m.orders[slot].next {
			o := &m.orders[slot]
			level.Orders = append(level.Orders, Order{ID: o.id, Qty: o.qty, Priority: o.priority})
		}
		list = append(list, level)
	}
	return list
}

func text(padded []byte) string {
	n := 0
	for n < len(padded) && padded[n] != 0 {
		n++
	}
	return string(padded[:n])
}
