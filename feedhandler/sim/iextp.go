package sim

import (
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/iex"
	"wirebook/feedhandler/venue/layout"
)

// iexTP speaks IEX DEEP+ or DEEP in IEX-TP: the two share everything but orders.
type iexTP struct {
	packer
	sender  *iex.Sender
	now     uint64
	unit    int64 // 1e-4 in a tick
	symbols []iex.Symbol
	levels  bool // DEEP: price levels instead of orders

	// The newest level update of this event, whose flag end sets: its datagram and the place in it.
	lastPacket, lastFlag int
}

func newIEX(cfg *Config, m *market) *iexTP {
	protocol := iex.ProtocolDEEPPlus
	if cfg.Encoding == Deep {
		protocol = iex.ProtocolDEEP
	}
	s := &iex.Sender{ProtocolID: protocol, ChannelID: cfg.Channel, SessionID: cfg.SessionID, NextSeq: 1}
	e := &iexTP{
		packer: newPacker(cfg, (*segments)(s)), sender: s, unit: cfg.TickSize / 100_000, levels: cfg.Encoding == Deep,
	}
	for _, name := range stocks(m) {
		e.symbols = append(e.symbols, iex.Symbol(name))
	}
	return e
}

// iexLongest bounds a message with its length and type.
const iexLongest = 84

func (e *iexTP) begin(now uint64) {
	e.now, e.lastFlag = now, 0
	e.expire(now)
}

// end marks the event's last level update as the one after which the book is whole.
func (e *iexTP) end() {
	if e.lastFlag != 0 {
		e.pkts[e.lastPacket].buf[e.lastFlag] = 1
	}
}

func (e *iexTP) heartbeat(now uint64) { e.special(framing.Heartbeat, now) }

// close ends the day with heartbeats: IEX-TP has no end of session.
func (e *iexTP) close(now uint64, n int) bool {
	if n >= 3 {
		return false
	}
	e.heartbeat(now)
	return true
}

func (e *iexTP) price(ticks int32) int64 { return int64(ticks) * e.unit }

// send appends one message; body is the bytes of its wire struct.
func (e *iexTP) send(messageType byte, body []byte) {
	k := e.room(iexLongest, e.now)
	k.buf = e.sender.Message(k.buf, messageType, body)
	e.added(k)
}

func (e *iexTP) act(a *action) {
	switch a.kind {
	case actAdd, actReduce, actDelete, actReplace, actExecute, actExecuteAt:
		if e.levels {
			e.level(a)
		} else {
			e.order(a)
		}
	case actHidden:
		e.trade('T', a, a.price, 0)
	case actCross:
		e.trade('T', a, a.price, 0x08)
		e.securityEvent(a)
	case actBreak:
		e.trade('B', a, a.price, 0)
	default:
		e.rare(a)
	}
}

// order tells an order's change (DEEP+). A partial cancel is a modify that keeps its priority.
func (e *iexTP) order(a *action) {
	symbol, now := e.symbols[a.symbol], int64(e.now)
	switch a.kind {
	case actAdd:
		var m iex.AddOrder
		m.Side.Put("85"[a.side&1])
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.OrderID.Put(a.id)
		m.Size.Put(a.qty)
		m.Price.Put(e.price(a.price))
		e.send('a', layout.Bytes(&m))
	case actReduce, actReplace:
		var m iex.OrderModify
		m.ModifyFlags.Put(uint8(b2i(a.keepPriority || a.kind == actReduce)))
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.OrderIDReference.Put(a.id)
		m.Size.Put(a.remain)
		m.Price.Put(e.price(a.price))
		e.send('M', layout.Bytes(&m))
	case actDelete:
		var m iex.OrderDelete
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.OrderIDReference.Put(a.id)
		e.send('R', layout.Bytes(&m))
	default:
		var m iex.OrderExecuted
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.OrderIDReference.Put(a.id)
		m.Size.Put(a.qty)
		m.Price.Put(e.price(tradedAt(a)))
		m.TradeID.Put(a.match)
		m.SaleConditionFlags.Put(oddLot(a.qty))
		e.send('L', layout.Bytes(&m))
	}
}

// level tells what an action did to price levels (DEEP): a trade first, then each level's new total.
func (e *iexTP) level(a *action) {
	if a.kind == actExecute || a.kind == actExecuteAt {
		e.trade('T', a, tradedAt(a), 0)
	}
	for i := range a.move[:a.moves] {
		v := &a.move[i]
		var m iex.PriceLevelUpdate
		m.Timestamp.Put(int64(e.now))
		m.Symbol = e.symbols[a.symbol]
		m.Size.Put(uint32(v.qty))
		m.Price.Put(e.price(v.price))
		e.send("85"[v.side&1], layout.Bytes(&m))
		e.lastPacket = e.closed
		e.lastFlag = len(e.pkts[e.closed].buf) - len(layout.Bytes(&m))
	}
}

func (e *iexTP) trade(messageType byte, a *action, ticks int32, flags uint8) {
	var m iex.TradeReport
	m.SaleConditionFlags.Put(flags | oddLot(a.qty))
	m.Timestamp.Put(int64(e.now))
	m.Symbol = e.symbols[a.symbol]
	m.Size.Put(a.qty)
	m.Price.Put(e.price(ticks))
	m.TradeID.Put(a.match)
	e.send(messageType, layout.Bytes(&m))
}

func tradedAt(a *action) int32 {
	if a.kind == actExecuteAt {
		return a.tradePrice
	}
	return a.price
}

func oddLot(qty uint32) uint8 { return uint8(b2i(qty < 100)) << 5 }

// segments is IEX-TP's numbering.
type segments iex.Sender

func (f *segments) open(p *packet) {
	s := (*iex.Sender)(f)
	p.seq = s.NextSeq
	p.buf = s.Begin(p.buf, p.firstNS)
}

func (f *segments) finish(p *packet) {
	(*iex.Sender)(f).End(p.buf)
	layout.View[iex.SegmentHeader](p.buf).SendTime.Put(p.lastNS)
	p.count = p.messages
}
