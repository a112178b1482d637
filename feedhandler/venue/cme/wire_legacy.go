package cme

import "wirebook/feedhandler/venue/layout"

// legacyBookEntry is one price level of template 32.
type legacyBookEntry struct {
	MdEntryPxOptional   layout.I64LE `null:"max"`
	MdEntrySizeOptional layout.I32LE `null:"max"`
	SecurityID          layout.I32LE `wire:"security_id"`
	RptSeq              layout.U32LE
	NumberOfOrders      layout.I32LE `null:"max"`
	MdPriceLevel        layout.U8
	MdUpdateAction      layout.U8
	MdEntryTypeBook     layout.Char
	Padding5            [5]byte `wire:",bytes"`
}

// legacyBookOrder is one order of template 32, from version 8.
type legacyBookOrder struct {
	OrderID              layout.U64LE `wire:"order_id"`
	MdOrderPriority      layout.U64LE `null:"max"`
	MdDisplayQtyOptional layout.I32LE `null:"max"`
	ReferenceID          layout.U8    `wire:"reference_id" null:"max"`
	OrderUpdateAction    layout.U8
	Padding2             [2]byte `wire:",bytes"`
}

// legacyDailyEntry is one value of template 33.
type legacyDailyEntry struct {
	MdEntryPxOptional          layout.I64LE `null:"max"`
	MdEntrySizeOptional        layout.I32LE `null:"max"`
	SecurityID                 layout.I32LE `wire:"security_id"`
	RptSeq                     layout.U32LE
	TradingReferenceDate       layout.U16LE `null:"max"`
	SettlPriceType             layout.U8
	MdUpdateAction             layout.U8
	MdEntryTypeDailyStatistics layout.Char
	Padding7                   [7]byte `wire:",bytes"`
}

// legacySessionEntry is one value of template 35.
type legacySessionEntry struct {
	MdEntryPx             layout.I64LE
	SecurityID            layout.I32LE `wire:"security_id"`
	RptSeq                layout.U32LE
	OpenCloseSettlFlag    layout.U8 `null:"max"`
	MdUpdateAction        layout.U8
	MdEntryTypeStatistics layout.Char
	MdEntrySizeOptional   layout.I32LE `null:"max"`
	Padding1              [1]byte      `wire:",bytes"`
}

// legacySingleTrade is one trade of template 36, versions 5 to 8.
type legacySingleTrade struct {
	MdEntryPx      layout.I64LE
	MdEntrySize    layout.I32LE
	SecurityID     layout.I32LE `wire:"security_id"`
	RptSeq         layout.U32LE
	NumberOfOrders layout.I32LE `null:"max"`
	TradeID        layout.I32LE `wire:"trade_id"`
	AggressorSide  layout.U8    `null:"max"`
	MdUpdateAction layout.U8
	Padding2       [2]byte `wire:",bytes"`
}

// legacySnapshotEntry is one entry of template 38.
type legacySnapshotEntry struct {
	MdEntryPxOptional    layout.I64LE `null:"max"`
	MdEntrySizeOptional  layout.I32LE `null:"max"`
	NumberOfOrders       layout.I32LE `null:"max"`
	MdPriceLevelOptional layout.I8    `null:"max"`
	TradingReferenceDate layout.U16LE `null:"max"`
	OpenCloseSettlFlag   layout.U8    `null:"max"`
	SettlPriceType       layout.U8
	MdEntryType          layout.Char
}

// legacyTradeEntry is one trade of template 42.
type legacyTradeEntry struct {
	MdEntryPx      layout.I64LE
	MdEntrySize    layout.I32LE
	SecurityID     layout.I32LE `wire:"security_id"`
	RptSeq         layout.U32LE
	NumberOfOrders layout.I32LE `null:"max"`
	AggressorSide  layout.U8    `null:"max"`
	MdUpdateAction layout.U8
	MdTradeEntryID layout.U32LE `wire:"md_trade_entry_id" null:"max"`
	Padding2       [2]byte      `wire:",bytes"`
}

// legacyOrderEntry is one order of template 43.
type legacyOrderEntry struct {
	OrderIDOptional      layout.U64LE `wire:"order_id_optional" null:"max"`
	MdOrderPriority      layout.U64LE `null:"max"`
	MdEntryPxOptional    layout.I64LE `null:"max"`
	MdDisplayQtyOptional layout.I32LE `null:"max"`
	SecurityID           layout.I32LE `wire:"security_id"`
	MdUpdateAction       layout.U8
	MdEntryTypeBook      layout.Char
	Padding6             [6]byte `wire:",bytes"`
}

// legacySnapshotOrder is one order of template 44.
type legacySnapshotOrder struct {
	OrderID         layout.U64LE `wire:"order_id"`
	MdOrderPriority layout.U64LE `null:"max"`
	MdEntryPx       layout.I64LE
	MdDisplayQty    layout.I32LE
	MdEntryTypeBook layout.Char
}

// legacySessionEntryV7 is legacySessionEntry before version 8.
type legacySessionEntryV7 struct {
	MdEntryPx             layout.I64LE
	SecurityID            layout.I32LE `wire:"security_id"`
	RptSeq                layout.U32LE
	OpenCloseSettlFlag    layout.U8 `null:"max"`
	MdUpdateAction        layout.U8
	MdEntryTypeStatistics layout.Char
	Padding5              [5]byte `wire:",bytes"`
}

// legacyTradeEntryV7 is legacyTradeEntry before version 8.
type legacyTradeEntryV7 struct {
	MdEntryPx      layout.I64LE
	MdEntrySize    layout.I32LE
	SecurityID     layout.I32LE `wire:"security_id"`
	RptSeq         layout.U32LE
	NumberOfOrders layout.I32LE `null:"max"`
	AggressorSide  layout.U8    `null:"max"`
	MdUpdateAction layout.U8
	Padding6       [6]byte `wire:",bytes"`
}
