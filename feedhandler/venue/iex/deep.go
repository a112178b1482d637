package iex

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// DEEP decodes the feed of price levels and last sales.
type DEEP struct {
	instruments
}

// eventComplete is the bit of a price level's event flags that says the book is consistent.
const eventComplete = 0x01

// NewDEEP returns a decoder of one channel for at most maxInstruments symbols.
func NewDEEP(maxInstruments int) *DEEP {
	return &DEEP{instruments: newInstruments(maxInstruments)}
}

// Decode appends the events of one message, which starts with its type byte. Msg is borrowed. On a fault nothing is appended.
func (d *DEEP) Decode(b *book.Batch, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	switch msg[0] {
	case '8':
		return d.level(b, layout.View[PriceLevelUpdate](msg[1:]), book.Bid)
	case '5':
		return d.level(b, layout.View[PriceLevelUpdate](msg[1:]), book.Ask)
	case 'T':
		return d.trade(b, layout.View[TradeReport](msg[1:]), book.KindTrade, 0, saleCross)
	case 'B':
		return d.trade(b, layout.View[TradeReport](msg[1:]), book.KindTradeBreak, 0, saleCross)
	}
	return d.admin(b, deepMessages, msg)
}

func (d *DEEP) level(b *book.Batch, m *PriceLevelUpdate, side book.Side) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	price, ok := scale(m.Price.Get())
	ts := m.Timestamp.Get()
	if !ok || ts < 0 {
		return book.FaultBadValue
	}
	idx, fault := d.index(&m.Symbol)
	if fault != book.FaultNone {
		return fault
	}
	last := m.EventFlags.Get() & eventComplete * book.FlagLast
	d.states[idx].last = last
	e := b.Add(book.KindLevelSet)
	e.Instrument, e.TsEvent = idx, uint64(ts)
	e.Price, e.Qty = price, uint64(m.Size.Get())
	e.Side, e.Flags = side, book.FlagMBP|last
	return book.FaultNone
}

// Concerns says whose book a refused message would have changed: that of a price level.
func (d *DEEP) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	return d.concerns("85", msg, fault)
}

// Reset forgets what a new session starts without; symbols and ids stay.
func (d *DEEP) Reset() { d.reset() }

// Inspect shows one message as the specification spells it.
func (d *DEEP) Inspect(msg []byte) layout.Inspected { return deepMessages.inspect(msg) }
