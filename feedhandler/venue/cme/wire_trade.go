package cme

import "wirebook/feedhandler/venue/layout"

// tradeOrder is one order of templates 42, 48 and 65.
type tradeOrder struct {
	OrderID  layout.U64LE `wire:"order_id"`
	LastQty  layout.I32LE
	Padding4 [4]byte `wire:",bytes"`
}

// tradeEntry is one trade of template 48; template 42 has the same bytes.
type tradeEntry struct {
	MdEntryPxEx          layout.I64LE
	MdEntrySizeShort     layout.I32LE
	SecurityID           layout.I32LE `wire:"security_id"`
	RptSeq               layout.U32LE
	NumberOfOrders       layout.I32LE
	AggressorSide        layout.U8 `null:"max"`
	MdUpdateAction       layout.U8
	MdTradeEntryOptional layout.U32LE `null:"max"`
	Padding2             [2]byte      `wire:",bytes"`
}

// tradeLongEntry is one trade of template 65.
type tradeLongEntry struct {
	MdEntryPxEx    layout.I64LE
	MdEntrySize    layout.U64LE
	SecurityID     layout.I32LE `wire:"security_id"`
	RptSeq         layout.U32LE
	NumberOfOrders layout.I32LE
	MdTradeEntry   layout.U32LE
	AggressorSide  layout.U8 `null:"max"`
	MdUpdateAction layout.U8
	Padding6       [6]byte `wire:",bytes"`
}
