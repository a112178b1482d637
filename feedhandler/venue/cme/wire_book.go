package cme

import "wirebook/feedhandler/venue/layout"

// incremental is the root of templates 32 to 37, 42, 43, 46 to 51, 62 and 64 to 67.
type incremental struct {
	TransactTime        layout.U64LE
	MatchEventIndicator layout.U8
	Padding2            [2]byte `wire:",bytes"`
}

// bookEntry is one price level of template 46; template 32 has the same bytes.
type bookEntry struct {
	MdEntryPxOptionalEx      layout.I64LE `null:"max"`
	MdEntrySizeShortOptional layout.I32LE `null:"max"`
	SecurityID               layout.I32LE `wire:"security_id"`
	RptSeq                   layout.U32LE
	NumberOfOrdersOptional   layout.I32LE `null:"max"`
	MdPriceLevel             layout.U8
	MdUpdateAction           layout.U8
	MdEntryTypeBook          layout.Char
	TradeableSize            layout.I32LE `null:"max"`
	Padding1                 [1]byte      `wire:",bytes"`
}

// bookOrder is one order of templates 46 and 64; template 32 has the same bytes.
type bookOrder struct {
	OrderID                 layout.U64LE `wire:"order_id"`
	MdOrderPriorityOptional layout.U64LE `null:"max"`
	MdDisplayQtyOptional    layout.I32LE `null:"max"`
	ReferenceID             layout.U8    `wire:"reference_id" null:"max"`
	OrderUpdateAction       layout.U8
	Padding2                [2]byte `wire:",bytes"`
}

// orderEntry is one order of template 47; template 43 has the same bytes.
type orderEntry struct {
	OrderIDOptional         layout.U64LE `wire:"order_id_optional" null:"max"`
	MdOrderPriorityOptional layout.U64LE `null:"max"`
	MdEntryPxOptionalEx     layout.I64LE `null:"max"`
	MdDisplayQtyOptional    layout.I32LE `null:"max"`
	SecurityID              layout.I32LE `wire:"security_id"`
	MdUpdateAction          layout.U8
	MdEntryTypeBook         layout.Char
	Padding6                [6]byte `wire:",bytes"`
}

// bookLongEntry is one price level of template 64.
type bookLongEntry struct {
	MdEntryPxOptionalEx    layout.I64LE `null:"max"`
	MdEntrySizeOptional    layout.U64LE `null:"max"`
	SecurityID             layout.I32LE `wire:"security_id"`
	RptSeq                 layout.U32LE
	NumberOfOrdersOptional layout.I32LE `null:"max"`
	MdPriceLevel           layout.U8
	MdUpdateAction         layout.U8
	MdEntryTypeBook        layout.Char
	Padding1               [1]byte `wire:",bytes"`
}

// bookEntryV9 is bookEntry before version 10.
type bookEntryV9 struct {
	MdEntryPxOptionalEx      layout.I64LE `null:"max"`
	MdEntrySizeShortOptional layout.I32LE `null:"max"`
	SecurityID               layout.I32LE `wire:"security_id"`
	RptSeq                   layout.U32LE
	NumberOfOrdersOptional   layout.I32LE `null:"max"`
	MdPriceLevel             layout.U8
	MdUpdateAction           layout.U8
	MdEntryTypeBook          layout.Char
	Padding5                 [5]byte `wire:",bytes"`
}
