package iex

import "wirebook/feedhandler/venue/layout"

// Symbol is a security's name: left justified, padded by blanks.
type Symbol [8]byte

// SystemEvent is message S.
type SystemEvent struct {
	SystemEvent layout.Char // O S R M E C
	Timestamp   layout.I64LE
}

// SecurityDirectory is message D.
type SecurityDirectory struct {
	SecurityDirectoryFlags layout.U8 // bit 7 test security, 6 when issued, 5 ETP
	Timestamp              layout.I64LE
	Symbol                 Symbol
	RoundLotSize           layout.U32LE
	AdjustedPocPrice       layout.I64LE
	LuldTier               layout.U8
}

// TradingStatus is message H.
type TradingStatus struct {
	TradingStatus layout.Char // H O P T
	Timestamp     layout.I64LE
	Symbol        Symbol
	Reason        [4]byte
}

// RetailLiquidityIndicator is message I (TOPS from document 1.66, DEEP from 1.08, DEEP+).
type RetailLiquidityIndicator struct {
	RetailLiquidityIndicator layout.Char // blank, A buy, B sell, C both
	Timestamp                layout.I64LE
	Symbol                   Symbol
}

// OperationalHaltStatus is message O.
type OperationalHaltStatus struct {
	OperationalHaltStatus layout.Char // O halted on IEX, N not
	Timestamp             layout.I64LE
	Symbol                Symbol
}

// ShortSalePriceTestStatus is message P.
type ShortSalePriceTestStatus struct {
	ShortSalePriceTestStatus layout.U8 // 1 in effect
	Timestamp                layout.I64LE
	Symbol                   Symbol
	Detail                   layout.Char
}

// SecurityEvent is message E.
type SecurityEvent struct {
	SecurityEvent layout.Char // O opening, C closing process complete
	Timestamp     layout.I64LE
	Symbol        Symbol
}

// OfficialPrice is message X (TOPS, DEEP).
type OfficialPrice struct {
	PriceType     layout.Char // Q opening, M closing
	Timestamp     layout.I64LE
	Symbol        Symbol
	OfficialPrice layout.I64LE
}

// AuctionInformation is message A (TOPS, DEEP).
type AuctionInformation struct {
	AuctionType              layout.Char // O C I H V
	Timestamp                layout.I64LE
	Symbol                   Symbol
	PairedShares             layout.U32LE
	ReferencePrice           layout.I64LE
	IndicativeClearingPrice  layout.I64LE
	ImbalanceShares          layout.U32LE
	ImbalanceSide            layout.Char // B S N
	ExtensionNumber          layout.Char // a number, in spite of its type in the tables
	ScheduledAuctionTime     layout.U32LE
	AuctionBookClearingPrice layout.I64LE
	CollarReferencePrice     layout.I64LE
	LowerAuctionCollar       layout.I64LE
	UpperAuctionCollar       layout.I64LE
}
