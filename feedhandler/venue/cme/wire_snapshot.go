package cme

import "wirebook/feedhandler/venue/layout"

// snapshot is the root of templates 38, 52 and 69.
type snapshot struct {
	LastMsgSeqNumProcessed  layout.U32LE
	TotNumReports           layout.U32LE
	SecurityID              layout.I32LE `wire:"security_id"`
	RptSeq                  layout.U32LE
	TransactTime            layout.U64LE
	LastUpdateTime          layout.U64LE
	TradeDate               layout.U16LE `null:"max"`
	MdSecurityTradingStatus layout.U8    `null:"max"`
	HighLimitPrice          layout.I64LE `null:"max"`
	LowLimitPrice           layout.I64LE `null:"max"`
	MaxPriceVariation       layout.I64LE `null:"max"`
}

// snapshotOrders is the root of templates 44 and 53.
type snapshotOrders struct {
	LastMsgSeqNumProcessed layout.U32LE
	TotNumReports          layout.U32LE
	SecurityID             layout.I32LE `wire:"security_id"`
	NoChunks               layout.U32LE
	CurrentChunk           layout.U32LE
	TransactTime           layout.U64LE
}

// snapshotEntry is one entry of template 52; template 38 has the same bytes.
type snapshotEntry struct {
	MdEntryPxOptionalEx      layout.I64LE `null:"max"`
	MdEntrySizeShortOptional layout.I32LE `null:"max"`
	NumberOfOrdersOptional   layout.I32LE `null:"max"`
	MdPriceLevelOptional     layout.I8    `null:"max"`
	TradingReferenceDate     layout.U16LE `null:"max"`
	OpenCloseSettlFlag       layout.U8    `null:"max"`
	SettlPriceType           layout.U8
	MdEntryType              layout.Char
}

// snapshotOrder is one order of template 53; template 44 has the same bytes.
type snapshotOrder struct {
	OrderID                 layout.U64LE `wire:"order_id"`
	MdOrderPriorityOptional layout.U64LE `null:"max"`
	MdEntryPxEx             layout.I64LE
	MdDisplayQty            layout.I32LE
	MdEntryTypeBook         layout.Char
}

// topOrders is the root of template 59.
type topOrders struct {
	TransactTime        layout.U64LE
	MatchEventIndicator layout.U8
	SecurityID          layout.I32LE `wire:"security_id"`
}

// topOrder is one order of template 59.
type topOrder struct {
	OrderID         layout.U64LE `wire:"order_id"`
	MdOrderPriority layout.U64LE
	MdEntryPxEx     layout.I64LE
	MdDisplayQty    layout.I32LE
	MdEntryTypeBook layout.Char
}

// snapshotTCP is the root of templates 61 and 68.
type snapshotTCP struct {
	TransactTime        layout.U64LE
	MatchEventIndicator layout.U8
	SecurityID          layout.I32LE `wire:"security_id"`
	HighLimitPrice      layout.I64LE `null:"max"`
	LowLimitPrice       layout.I64LE `null:"max"`
	MaxPriceVariation   layout.I64LE `null:"max"`
}

// snapshotTCPEntry is one entry of template 61.
type snapshotTCPEntry struct {
	MdEntryPxOptionalEx      layout.I64LE `null:"max"`
	MdEntrySizeShortOptional layout.I32LE `null:"max"`
	TradeableSize            layout.I32LE `null:"max"`
	NumberOfOrdersOptional   layout.I32LE `null:"max"`
	MdPriceLevelOptional     layout.I8    `null:"max"`
	OpenCloseSettlFlag       layout.U8    `null:"max"`
	MdEntryType              layout.Char
	TradingReferenceDate     layout.U16LE `null:"max"`
	SettlPriceType           layout.U8
}

// snapshotLongEntry is one entry of templates 68 and 69.
type snapshotLongEntry struct {
	MdEntryPxOptionalEx          layout.I64LE `null:"max"`
	MdEntrySizeOptional          layout.U64LE `null:"max"`
	NumberOfOrdersOptional       layout.I32LE `null:"max"`
	MdPriceLevelUnsignedOptional layout.U8    `null:"max"`
	OpenCloseSettlFlag           layout.U8    `null:"max"`
	MdEntryType                  layout.Char
}
