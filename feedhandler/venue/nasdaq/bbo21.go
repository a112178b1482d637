package nasdaq

import (
	"encoding/binary"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// BBO21 decodes the Nasdaq, BX and PSX BBO 2.1 feeds: the exchange's own best bid and offer, one message a change.
// It belongs to one channel.
type BBO21 struct {
	tradingDay
	stocks
}

// NewBBO21 returns a decoder with room for maxInstruments stocks. sessionDate is any moment (UTC ns) of the
// trading date; 0 takes the date in New York of the first packet after a Reset.
func NewBBO21(maxInstruments int, sessionDate uint64) *BBO21 {
	d := &BBO21{tradingDay: tradingDay{date: sessionDate}}
	d.dir = book.NewDirectory(maxInstruments)
	d.Reset()
	return d
}

// Directory is the channel's instruments: the key is the eight stock bytes, the id a hash of them.
func (d *BBO21) Directory() *book.Directory { return d.dir }

// Reset begins a new directory and makes the next packet decide the date again, unless it is configured.
func (d *BBO21) Reset() {
	d.dir.Reset()
	d.tradingDay.restart()
}

// Concerns says whose quotation a refused one would have changed.
func (d *BBO21) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	const stockAt, stockEnd = 9, 17 // behind type, tracking number and timestamp
	switch {
	case len(msg) == 0:
		return 0, true
	case msg[0] != 'Q', fault == book.FaultDirectoryFull:
		return 0, false
	case len(msg) < stockEnd:
		return 0, true
	}
	return d.dir.Lookup(binary.BigEndian.Uint64(msg[stockAt:])), true
}

// Decode appends the events of one message. A message longer than its layout is refused, as in ITCH50.
func (d *BBO21) Decode(b *book.Batch, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	if m := bboTables[msg[0]]; m != nil && len(msg) > m.Size {
		return book.FaultTooLong
	}
	d.place(b, msg, bboTimeAt)
	if msg[0] == 'Q' {
		return d.quote(b, layout.View[bboQuotation](msg))
	}
	return d.decodeRest(b, msg)
}

// quote gives both sides, bid first; the second closes the event. No price or no size: nobody there.
func (d *BBO21) quote(b *book.Batch, m *bboQuotation) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx := d.find(&m.Stock)
	if idx == 0 {
		return book.FaultDirectoryFull
	}
	ts := d.midnight + m.Timestamp.Get()
	e := b.Add(book.KindQuote)
	e.TsEvent, e.Instrument, e.Side, e.Flags = ts, idx, book.Bid, book.FlagTOB
	e.Price, e.Qty = quoted(&m.PsxBestBidPrice, &m.PsxBestBidSize)
	e = b.Add(book.KindQuote)
	e.TsEvent, e.Instrument, e.Side, e.Flags = ts, idx, book.Ask, book.FlagTOB|book.FlagLast
	e.Price, e.Qty = quoted(&m.PsxBestOfferPrice, &m.PsxBestOfferSize)
	return book.FaultNone
}

func quoted(p, size *layout.U32BE) (int64, uint64) {
	if p.Get() == 0 || size.Get() == 0 {
		return book.UndefPrice, 0
	}
	return price(p), uint64(size.Get())
}
