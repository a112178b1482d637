package iex

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// DEEPPlus decodes the feed of displayed orders and trades.
type DEEPPlus struct {
	instruments
}

// modifyKeeps is the bit of the modify flags that says the order keeps its priority.
const modifyKeeps = 0x01

// Side bytes of an added order: the message types of DEEP's price levels.
const (
	sideBuy  = '8'
	sideSell = '5'
)

// NewDEEPPlus returns a decoder of one channel for at most maxInstruments symbols.
func NewDEEPPlus(maxInstruments int) *DEEPPlus {
	return &DEEPPlus{instruments: newInstruments(maxInstruments)}
}

// Decode appends the events of one message, which starts with its type byte. Msg is borrowed. On a fault nothing is appended.
func (d *DEEPPlus) Decode(b *book.Batch, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	body := msg[1:]
	switch msg[0] {
	case 'a':
		return d.add(b, layout.View[AddOrder](body))
	case 'M':
		return d.modify(b, layout.View[OrderModify](body))
	case 'R':
		return d.delete(b, layout.View[OrderDelete](body))
	case 'L':
		return d.execute(b, layout.View[OrderExecuted](body))
	case 'T':
		return d.trade(b, layout.View[TradeReport](body), book.KindTrade, book.AttrHidden, saleCross)
	case 'B':
		return d.trade(b, layout.View[TradeReport](body), book.KindTradeBreak, 0, saleCross)
	case 'C':
		return d.clear(b, layout.View[ClearBook](body))
	}
	return d.admin(b, deepPlusMessages, msg)
}

func (d *DEEPPlus) add(b *book.Batch, m *AddOrder) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	price, ok := scale(m.Price.Get())
	side := book.Bid
	switch m.Side.Get() {
	case sideBuy:
	case sideSell:
		side = book.Ask
	default:
		ok = false
	}
	if !ok {
		return book.FaultBadValue
	}
	e, fault := d.order(b, book.KindAdd, &m.Symbol, &m.Timestamp, &m.OrderID)
	if fault != book.FaultNone {
		return fault
	}
	e.Price, e.Qty, e.Side = price, uint64(m.Size.Get()), side
	return book.FaultNone
}

func (d *DEEPPlus) modify(b *book.Batch, m *OrderModify) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	price, ok := scale(m.Price.Get())
	if !ok {
		return book.FaultBadValue
	}
	e, fault := d.order(b, book.KindModify, &m.Symbol, &m.Timestamp, &m.OrderIDReference)
	if fault != book.FaultNone {
		return fault
	}
	e.Price, e.Qty, e.Side = price, uint64(m.Size.Get()), book.NoSide
	if m.ModifyFlags.Get()&modifyKeeps != 0 {
		e.Attr = book.AttrKeepPriority
	}
	return book.FaultNone
}

func (d *DEEPPlus) delete(b *book.Batch, m *OrderDelete) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	_, fault := d.order(b, book.KindDelete, &m.Symbol, &m.Timestamp, &m.OrderIDReference)
	return fault
}

func (d *DEEPPlus) execute(b *book.Batch, m *OrderExecuted) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	price, ok := scale(m.Price.Get())
	if !ok {
		return book.FaultBadValue
	}
	e, fault := d.order(b, book.KindExecuteAt, &m.Symbol, &m.Timestamp, &m.OrderIDReference)
	if fault != book.FaultNone {
		return fault
	}
	e.Price, e.Qty, e.Ref = price, uint64(m.Size.Get()), m.TradeID.Get()
	if m.SaleConditionFlags.Get()&saleCross != 0 {
		e.Attr = book.AttrCross
	}
	return book.FaultNone
}

func (d *DEEPPlus) clear(b *book.Batch, m *ClearBook) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.named(&m.Symbol, &m.Timestamp)
	if fault == book.FaultNone {
		d.stamp(b.Add(book.KindClear), idx, m.Timestamp.Get())
	}
	return fault
}

// order appends an event of kind for one order once time and symbol are good. DEEP+ has no event flags: each
// message is an event of its own.
func (d *DEEPPlus) order(b *book.Batch, kind book.Kind, s *Symbol, ts *layout.I64LE, id *layout.U64LE) (*book.Event, book.Fault) {
	idx, fault := d.named(s, ts)
	if fault != book.FaultNone {
		return nil, fault
	}
	e := b.Add(kind)
	e.Instrument, e.TsEvent, e.OrderID, e.Flags = idx, uint64(ts.Get()), id.Get(), book.FlagLast
	return e, book.FaultNone
}

// Concerns says whose book a refused message would have changed: that of an order or of a cleared book.
func (d *DEEPPlus) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	return d.concerns("aMRLC", msg, fault)
}

// Reset forgets what a new session starts without; symbols and ids stay.
func (d *DEEPPlus) Reset() { d.reset() }

// Inspect shows one message as the specification spells it.
func (d *DEEPPlus) Inspect(msg []byte) layout.Inspected { return deepPlusMessages.inspect(msg) }
