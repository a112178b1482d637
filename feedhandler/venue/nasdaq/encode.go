package nasdaq

import "wirebook/feedhandler/venue/layout"

// Head is what every ITCH message starts with after its type.
type Head struct {
	Locate   uint16
	Tracking uint16
	TimeNS   uint64 // since midnight in New York, below 2^48
}

func (h *Head) put(locate, tracking *layout.U16BE, ts *layout.U48BE) {
	locate.Put(h.Locate)
	tracking.Put(h.Tracking)
	ts.Put(h.TimeNS)
}

// The Append functions append one message, from its type byte, without the framing's length. Prices have four
// decimals, sides are 'B' and 'S', stocks are padded with blanks. The simulator and tests use them.

// AppendAddOrder appends message A.
func AppendAddOrder(dst []byte, h Head, ref uint64, side byte, shares uint32, stock *[8]byte, price uint32) []byte {
	var m addOrder
	m.MessageType.Put('A')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	m.BuySellIndicator.Put(side)
	m.Shares.Put(shares)
	m.Stock = *stock
	m.Price.Put(price)
	return append(dst, layout.Bytes(&m)...)
}

// AppendAddOrderMPID appends message F.
func AppendAddOrderMPID(dst []byte, h Head, ref uint64, side byte, shares uint32, stock *[8]byte, price uint32, mpid [4]byte) []byte {
	dst = AppendAddOrder(dst, h, ref, side, shares, stock, price)
	var m addOrderMPID
	n := len(layout.Bytes(&m)) - len(m.Attribution)
	dst[len(dst)-n] = 'F'
	return append(dst, mpid[:]...)
}

// AppendOrderExecuted appends message E.
func AppendOrderExecuted(dst []byte, h Head, ref uint64, shares uint32, match uint64) []byte {
	var m orderExecuted
	m.MessageType.Put('E')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	m.ExecutedShares.Put(shares)
	m.MatchNumber.Put(match)
	return append(dst, layout.Bytes(&m)...)
}

// AppendOrderExecutedWithPrice appends message C; printable is 'Y' or 'N'.
func AppendOrderExecutedWithPrice(dst []byte, h Head, ref uint64, shares uint32, match uint64, printable byte, price uint32) []byte {
	var m orderExecutedWithPrice
	m.MessageType.Put('C')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	m.ExecutedShares.Put(shares)
	m.MatchNumber.Put(match)
	m.Printable.Put(printable)
	m.ExecutionPrice.Put(price)
	return append(dst, layout.Bytes(&m)...)
}

// AppendOrderCancel appends message X.
func AppendOrderCancel(dst []byte, h Head, ref uint64, shares uint32) []byte {
	var m orderCancel
	m.MessageType.Put('X')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	m.CanceledShares.Put(shares)
	return append(dst, layout.Bytes(&m)...)
}

// AppendOrderDelete appends message D.
func AppendOrderDelete(dst []byte, h Head, ref uint64) []byte {
	var m orderDelete
	m.MessageType.Put('D')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	return append(dst, layout.Bytes(&m)...)
}

// AppendOrderReplace appends message U: old's place is taken by ref.
func AppendOrderReplace(dst []byte, h Head, old, ref uint64, shares, price uint32) []byte {
	var m orderReplace
	m.MessageType.Put('U')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OriginalOrderReferenceNumber.Put(old)
	m.NewOrderReferenceNumber.Put(ref)
	m.Shares.Put(shares)
	m.Price.Put(price)
	return append(dst, layout.Bytes(&m)...)
}

// AppendTrade appends message P, an execution of a hidden order.
func AppendTrade(dst []byte, h Head, ref uint64, side byte, shares uint32, stock *[8]byte, price uint32, match uint64) []byte {
	var m tradeNonCross
	m.MessageType.Put('P')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.OrderReferenceNumber.Put(ref)
	m.BuySellIndicator.Put(side)
	m.Shares.Put(shares)
	m.Stock = *stock
	m.Price.Put(price)
	m.MatchNumber.Put(match)
	return append(dst, layout.Bytes(&m)...)
}

// AppendCrossTrade appends message Q.
func AppendCrossTrade(dst []byte, h Head, shares uint64, stock *[8]byte, price uint32, match uint64, crossType byte) []byte {
	var m crossTrade
	m.MessageType.Put('Q')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.CrossShares.Put(shares)
	m.Stock = *stock
	m.CrossPrice.Put(price)
	m.MatchNumber.Put(match)
	m.CrossType.Put(crossType)
	return append(dst, layout.Bytes(&m)...)
}

// AppendBrokenTrade appends message B.
func AppendBrokenTrade(dst []byte, h Head, match uint64) []byte {
	var m brokenTrade
	m.MessageType.Put('B')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.MatchNumber.Put(match)
	return append(dst, layout.Bytes(&m)...)
}
