package cme

import "wirebook/feedhandler/venue/layout"

// limitsEntry is one instrument of templates 34 and 50.
type limitsEntry struct {
	HighLimitPrice    layout.I64LE `null:"max"`
	LowLimitPrice     layout.I64LE `null:"max"`
	MaxPriceVariation layout.I64LE `null:"max"`
	SecurityID        layout.I32LE `wire:"security_id"`
	RptSeq            layout.U32LE
}

// volumeEntry is one instrument of template 37.
type volumeEntry struct {
	MdEntrySizeShort layout.I32LE
	SecurityID       layout.I32LE `wire:"security_id"`
	RptSeq           layout.U32LE
	MdUpdateAction   layout.U8
	Padding3         [3]byte `wire:",bytes"`
}

// dailyEntry is one value of template 49; template 33 has the same bytes.
type dailyEntry struct {
	MdEntryPxOptionalEx        layout.I64LE `null:"max"`
	MdEntrySizeShortOptional   layout.I32LE `null:"max"`
	SecurityID                 layout.I32LE `wire:"security_id"`
	RptSeq                     layout.U32LE
	TradingReferenceDate       layout.U16LE `null:"max"`
	SettlPriceType             layout.U8
	MdUpdateAction             layout.U8
	MdEntryTypeDailyStatistics layout.Char
	Padding7                   [7]byte `wire:",bytes"`
}

// sessionEntry is one value of template 51; template 35 has the same bytes.
type sessionEntry struct {
	MdEntryPxEx              layout.I64LE
	SecurityID               layout.I32LE `wire:"security_id"`
	RptSeq                   layout.U32LE
	OpenCloseSettlFlag       layout.U8 `null:"max"`
	MdUpdateAction           layout.U8
	MdEntryTypeStatistics    layout.Char
	MdEntrySizeShortOptional layout.I32LE `null:"max"`
	Padding1                 [1]byte      `wire:",bytes"`
}

// volumeLongEntry is one instrument of template 66.
type volumeLongEntry struct {
	MdEntrySize    layout.U64LE
	SecurityID     layout.I32LE `wire:"security_id"`
	RptSeq         layout.U32LE
	MdUpdateAction layout.U8
	Padding7       [7]byte `wire:",bytes"`
}

// sessionLongEntry is one value of template 67.
type sessionLongEntry struct {
	MdEntryPxEx           layout.I64LE
	MdEntrySizeOptional   layout.U64LE `null:"max"`
	SecurityID            layout.I32LE `wire:"security_id"`
	RptSeq                layout.U32LE
	OpenCloseSettlFlag    layout.U8 `null:"max"`
	MdUpdateAction        layout.U8
	MdEntryTypeStatistics layout.Char
	Padding5              [5]byte `wire:",bytes"`
}
