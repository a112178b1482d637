package cme

import "wirebook/feedhandler/venue/layout"

// definitionFuture is the root of template 54.
type definitionFuture struct {
	MatchEventIndicator     layout.U8
	TotNumReportsOptional   layout.U32LE `null:"max"`
	SecurityUpdateAction    layout.Char
	LastUpdateTime          layout.U64LE
	MdSecurityTradingStatus layout.U8    `null:"max"`
	ApplID                  layout.I16LE `wire:"appl_id"`
	MarketSegmentID         layout.U8    `wire:"market_segment_id"`
	UnderlyingProduct       layout.U8
	SecurityExchange        [4]byte
	SecurityGroup           [6]byte
	Asset                   [6]byte
	Symbol                  [20]byte
	SecurityID              layout.I32LE `wire:"security_id"`
	SecurityType            [6]byte
	CFICode                 [6]byte `wire:"cfi_code"`
	MaturityMonthYear       maturityMonthYear
	Currency                [3]byte
	SettlCurrency           [3]byte
	MatchAlgorithm          layout.Char
	MinTradeVol             layout.U32LE
	MaxTradeVol             layout.U32LE
	MinPriceIncrement       layout.I64LE
	DisplayFactor           layout.I64LE
	MainFraction            layout.U8 `null:"max"`
	SubFraction             layout.U8 `null:"max"`
	PriceDisplayFormat      layout.U8 `null:"max"`
	UnitOfMeasure           [30]byte
	UnitOfMeasureQty        layout.I64LE `null:"max"`
	TradingReferencePrice   layout.I64LE `null:"max"`
	SettlPriceType          layout.U8
	OpenInterestQty         layout.I32LE `null:"max"`
	ClearedVolume           layout.I32LE `null:"max"`
	HighLimitPrice          layout.I64LE `null:"max"`
	LowLimitPrice           layout.I64LE `null:"max"`
	MaxPriceVariation       layout.I64LE `null:"max"`
	DecayQuantity           layout.I32LE `null:"max"`
	DecayStartDate          layout.U16LE `null:"max"`
	OriginalContractSize    layout.I32LE `null:"max"`
	ContractMultiplier      layout.I32LE `null:"max"`
	ContractMultiplierUnit  layout.I8    `null:"max"`
	FlowScheduleType        layout.I8    `null:"max"`
	MinPriceIncrementAmount layout.I64LE `null:"max"`
	UserDefinedInstrument   layout.Char
	TradingReferenceDate    layout.U16LE `null:"max"`
	InstrumentGUID          layout.U64LE `wire:"instrument_guid" null:"max"`
}

// definitionOption is the root of template 55.
type definitionOption struct {
	MatchEventIndicator       layout.U8
	TotNumReportsOptional     layout.U32LE `null:"max"`
	SecurityUpdateAction      layout.Char
	LastUpdateTime            layout.U64LE
	MdSecurityTradingStatus   layout.U8    `null:"max"`
	ApplID                    layout.I16LE `wire:"appl_id"`
	MarketSegmentID           layout.U8    `wire:"market_segment_id"`
	UnderlyingProduct         layout.U8
	SecurityExchange          [4]byte
	SecurityGroup             [6]byte
	Asset                     [6]byte
	Symbol                    [20]byte
	SecurityID                layout.I32LE `wire:"security_id"`
	SecurityType              [6]byte
	CFICode                   [6]byte `wire:"cfi_code"`
	PutOrCall                 layout.U8
	MaturityMonthYear         maturityMonthYear
	Currency                  [3]byte
	StrikePrice               layout.I64LE `null:"max"`
	StrikeCurrency            [3]byte
	SettlCurrency             [3]byte
	MinCabPrice               layout.I64LE `null:"max"`
	MatchAlgorithm            layout.Char
	MinTradeVol               layout.U32LE
	MaxTradeVol               layout.U32LE
	MinPriceIncrementOptional layout.I64LE `null:"max"`
	MinPriceIncrementAmount   layout.I64LE `null:"max"`
	DisplayFactor             layout.I64LE
	TickRule                  layout.I8 `null:"max"`
	MainFraction              layout.U8 `null:"max"`
	SubFraction               layout.U8 `null:"max"`
	PriceDisplayFormat        layout.U8 `null:"max"`
	UnitOfMeasure             [30]byte
	UnitOfMeasureQty          layout.I64LE `null:"max"`
	TradingReferencePrice     layout.I64LE `null:"max"`
	SettlPriceType            layout.U8
	ClearedVolume             layout.I32LE `null:"max"`
	OpenInterestQty           layout.I32LE `null:"max"`
	LowLimitPrice             layout.I64LE `null:"max"`
	HighLimitPrice            layout.I64LE `null:"max"`
	UserDefinedInstrument     layout.Char
	TradingReferenceDate      layout.U16LE `null:"max"`
	InstrumentGUID            layout.U64LE `wire:"instrument_guid" null:"max"`
}

// definitionSpread is the root of template 56.
type definitionSpread struct {
	MatchEventIndicator         layout.U8
	TotNumReportsOptional       layout.U32LE `null:"max"`
	SecurityUpdateAction        layout.Char
	LastUpdateTime              layout.U64LE
	MdSecurityTradingStatus     layout.U8    `null:"max"`
	ApplID                      layout.I16LE `wire:"appl_id"`
	MarketSegmentID             layout.U8    `wire:"market_segment_id"`
	UnderlyingProductOptional   layout.U8    `null:"max"`
	SecurityExchange            [4]byte
	SecurityGroup               [6]byte
	Asset                       [6]byte
	Symbol                      [20]byte
	SecurityID                  layout.I32LE `wire:"security_id"`
	SecurityType                [6]byte
	CFICode                     [6]byte `wire:"cfi_code"`
	MaturityMonthYear           maturityMonthYear
	Currency                    [3]byte
	SecuritySubType             [5]byte
	UserDefinedInstrument       layout.Char
	MatchAlgorithm              layout.Char
	MinTradeVol                 layout.U32LE
	MaxTradeVol                 layout.U32LE
	MinPriceIncrementOptional   layout.I64LE `null:"max"`
	DisplayFactor               layout.I64LE
	PriceDisplayFormat          layout.U8    `null:"max"`
	PriceRatio                  layout.I64LE `null:"max"`
	TickRule                    layout.I8    `null:"max"`
	UnitOfMeasure               [30]byte
	TradingReferencePrice       layout.I64LE `null:"max"`
	SettlPriceType              layout.U8
	OpenInterestQty             layout.I32LE `null:"max"`
	ClearedVolume               layout.I32LE `null:"max"`
	HighLimitPrice              layout.I64LE `null:"max"`
	LowLimitPrice               layout.I64LE `null:"max"`
	MaxPriceVariation           layout.I64LE `null:"max"`
	MainFraction                layout.U8    `null:"max"`
	SubFraction                 layout.U8    `null:"max"`
	TradingReferenceDate        layout.U16LE `null:"max"`
	PriceQuoteMethod            [5]byte
	RiskSet                     [6]byte
	MarketSet                   [6]byte
	InstrumentGUID              layout.U64LE `wire:"instrument_guid" null:"max"`
	FinancialInstrumentFullName [35]byte
}
