package iex

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// TOPS decodes the top-of-book and last-sale feed.
type TOPS struct {
	instruments
	table *messages
	cross uint8
}

// Versions of TOPS that NewTOPS knows.
const (
	TOPS15 = 15
	TOPS16 = 16
)

// NewTOPS returns a decoder of one channel for at most maxInstruments symbols. Version 15 reads TOPS 1.5; any other
// reads 1.6, which adds the retail liquidity message and the single-price cross bit of trades.
func NewTOPS(version, maxInstruments int) *TOPS {
	d := &TOPS{instruments: newInstruments(maxInstruments), table: tops16Messages, cross: saleCross}
	if version == TOPS15 {
		d.table, d.cross = tops15Messages, 0
	}
	return d
}

// Decode appends the events of one message, which starts with its type byte. Msg is borrowed. On a fault nothing is appended.
func (d *TOPS) Decode(b *book.Batch, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	switch msg[0] {
	case 'Q':
		return d.quote(b, layout.View[QuoteUpdate](msg[1:]))
	case 'T':
		return d.trade(b, layout.View[TradeReport](msg[1:]), book.KindTrade, 0, d.cross)
	case 'B':
		return d.trade(b, layout.View[TradeReport](msg[1:]), book.KindTradeBreak, 0, d.cross)
	}
	return d.admin(b, d.table, msg)
}

func (d *TOPS) quote(b *book.Batch, m *QuoteUpdate) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	bid, okBid := scale(m.BidPrice.Get())
	ask, okAsk := scale(m.AskPrice.Get())
	ts := m.Timestamp.Get()
	if !okBid || !okAsk || ts < 0 {
		return book.FaultBadValue
	}
	idx, fault := d.index(&m.Symbol)
	if fault != book.FaultNone {
		return fault
	}
	d.side(b, idx, ts, book.Bid, bid, m.BidSize.Get())
	d.side(b, idx, ts, book.Ask, ask, m.AskSize.Get()).Flags |= book.FlagLast
	return book.FaultNone
}

func (d *TOPS) side(b *book.Batch, idx uint32, ts int64, side book.Side, price int64, size uint32) *book.Event {
	e := b.Add(book.KindQuote)
	e.Instrument, e.TsEvent = idx, uint64(ts)
	e.Side, e.Flags = side, book.FlagTOB
	e.Price, e.Qty = price, uint64(size)
	if size == 0 || price == 0 {
		e.Price, e.Qty = book.UndefPrice, 0
	}
	return e
}

// Concerns says whose book a refused message would have changed: that of a quotation.
func (d *TOPS) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	return d.concerns("Q", msg, fault)
}

// Reset forgets what a new session starts without; symbols and ids stay.
func (d *TOPS) Reset() { d.reset() }

// Inspect shows one message as the specification spells it.
func (d *TOPS) Inspect(msg []byte) layout.Inspected { return d.table.inspect(msg) }
