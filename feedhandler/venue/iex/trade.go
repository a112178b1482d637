package iex

import "wirebook/book"

// Bits of the sale condition flags the records can carry.
const saleCross = 0x08

// trade decodes T and B. Attr is what every trade of the feed is; cross the sale condition bit that means a cross.
func (in *instruments) trade(b *book.Batch, m *TradeReport, kind book.Kind, attr, cross uint8) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	price, ok := scale(m.Price.Get())
	ts := m.Timestamp.Get()
	if !ok || ts < 0 {
		return book.FaultBadValue
	}
	idx, fault := in.index(&m.Symbol)
	if fault != book.FaultNone {
		return fault
	}
	if m.SaleConditionFlags.Get()&cross != 0 {
		attr |= book.AttrCross
	}
	e := b.Add(kind)
	in.stamp(e, idx, ts)
	e.Price = price
	e.Qty = uint64(m.Size.Get())
	e.Ref = m.TradeID.Get()
	e.Side = book.NoSide
	e.Attr = attr
	return book.FaultNone
}
