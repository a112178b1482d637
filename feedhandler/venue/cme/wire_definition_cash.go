package cme

import "wirebook/feedhandler/venue/layout"

// definitionFixedIncome is the root of template 57.
type definitionFixedIncome struct {
	MatchEventIndicator         layout.U8
	TotNumReportsOptional       layout.U32LE `null:"max"`
	SecurityUpdateAction        layout.Char
	LastUpdateTime              layout.U64LE
	MdSecurityTradingStatus     layout.U8    `null:"max"`
	ApplID                      layout.I16LE `wire:"appl_id"`
	MarketSegmentID             layout.U8    `wire:"market_segment_id"`
	UnderlyingProduct           layout.U8
	SecurityExchange            [4]byte
	SecurityGroup               [6]byte
	Asset                       [6]byte
	Symbol                      [20]byte
	SecurityID                  layout.I32LE `wire:"security_id"`
	SecurityType                [6]byte
	CFICode                     [6]byte `wire:"cfi_code"`
	Currency                    [3]byte
	SettlCurrency               [3]byte
	MatchAlgorithm              layout.Char
	MinTradeVol                 layout.U32LE
	MaxTradeVol                 layout.U32LE
	MinPriceIncrementOptional   layout.I64LE `null:"max"`
	DisplayFactor               layout.I64LE
	MainFraction                layout.U8 `null:"max"`
	SubFraction                 layout.U8 `null:"max"`
	PriceDisplayFormat          layout.U8 `null:"max"`
	UnitOfMeasure               [30]byte
	UnitOfMeasureQty            layout.I64LE `null:"max"`
	TradingReferencePrice       layout.I64LE `null:"max"`
	TradingReferenceDate        layout.U16LE `null:"max"`
	HighLimitPrice              layout.I64LE `null:"max"`
	LowLimitPrice               layout.I64LE `null:"max"`
	MaxPriceVariation           layout.I64LE `null:"max"`
	MinPriceIncrementAmount     layout.I64LE `null:"max"`
	IssueDate                   layout.U16LE `null:"max"`
	DatedDate                   layout.U16LE `null:"max"`
	MaturityDate                layout.U16LE `null:"max"`
	CouponRate                  layout.I64LE `null:"max"`
	ParValue                    layout.I64LE `null:"max"`
	CouponFrequencyUnit         [3]byte
	CouponFrequencyPeriod       layout.U16LE `null:"max"`
	CouponDayCount              [20]byte
	CountryOfIssue              [2]byte
	Issuer                      [25]byte
	FinancialInstrumentFullName [35]byte
	SecurityAltID               [12]byte  `wire:"security_alt_id"`
	SecurityAltIDSource         layout.U8 `wire:"security_alt_id_source" null:"max"`
	PriceQuoteMethod            [5]byte
	PartyRoleClearingOrg        [5]byte
	UserDefinedInstrument       layout.Char
	RiskSet                     [6]byte
	MarketSet                   [6]byte
	InstrumentGUID              layout.U64LE `wire:"instrument_guid" null:"max"`
}

// definitionRepo is the root of template 58.
type definitionRepo struct {
	MatchEventIndicator         layout.U8
	TotNumReportsOptional       layout.U32LE `null:"max"`
	SecurityUpdateAction        layout.Char
	LastUpdateTime              layout.U64LE
	MdSecurityTradingStatus     layout.U8    `null:"max"`
	ApplID                      layout.I16LE `wire:"appl_id"`
	MarketSegmentID             layout.U8    `wire:"market_segment_id"`
	UnderlyingProduct           layout.U8
	SecurityExchange            [4]byte
	SecurityGroup               [6]byte
	Asset                       [6]byte
	Symbol                      [20]byte
	SecurityID                  layout.I32LE `wire:"security_id"`
	SecurityType                [6]byte
	CFICode                     [6]byte `wire:"cfi_code"`
	Currency                    [3]byte
	SettlCurrency               [3]byte
	MatchAlgorithm              layout.Char
	MinTradeVol                 layout.U32LE
	MaxTradeVol                 layout.U32LE
	MinPriceIncrement           layout.I64LE
	DisplayFactor               layout.I64LE
	UnitOfMeasure               [30]byte
	UnitOfMeasureQty            layout.I64LE `null:"max"`
	TradingReferencePrice       layout.I64LE `null:"max"`
	TradingReferenceDate        layout.U16LE `null:"max"`
	HighLimitPrice              layout.I64LE `null:"max"`
	LowLimitPrice               layout.I64LE `null:"max"`
	MaxPriceVariation           layout.I64LE `null:"max"`
	FinancialInstrumentFullName [35]byte
	PartyRoleClearingOrg        [5]byte
	StartDate                   layout.U16LE `null:"max"`
	EndDate                     layout.U16LE `null:"max"`
	TerminationType             [8]byte
	RepoSubType                 layout.U8
	MoneyOrPar                  layout.U8 `null:"max"`
	MaxNoOfSubstitutions        layout.U8
	PriceQuoteMethod            [5]byte
	UserDefinedInstrument       layout.Char
	RiskSet                     [6]byte
	MarketSet                   [6]byte
	InstrumentGUID              layout.U64LE `wire:"instrument_guid" null:"max"`
	TermCode                    [20]byte
	BrokenDateTermType          layout.U8 `null:"max"`
}

// definitionFX is the root of template 63.
type definitionFX struct {
	MatchEventIndicator         layout.U8
	TotNumReportsOptional       layout.U32LE `null:"max"`
	SecurityUpdateAction        layout.Char
	LastUpdateTime              layout.U64LE
	MdSecurityTradingStatus     layout.U8    `null:"max"`
	ApplID                      layout.I16LE `wire:"appl_id"`
	MarketSegmentID             layout.U8    `wire:"market_segment_id"`
	UnderlyingProduct           layout.U8
	SecurityExchange            [4]byte
	SecurityGroup               [6]byte
	Asset                       [6]byte
	Symbol                      [20]byte
	SecurityID                  layout.I32LE `wire:"security_id"`
	SecurityType                [6]byte
	CFICode                     [6]byte `wire:"cfi_code"`
	Currency                    [3]byte
	SettlCurrency               [3]byte
	PriceQuoteCurrency          [3]byte
	MatchAlgorithm              layout.Char
	MinTradeVol                 layout.U32LE
	MaxTradeVol                 layout.U32LE
	MinPriceIncrement           layout.I64LE
	DisplayFactor               layout.I64LE
	PricePrecision              layout.U8
	UnitOfMeasure               [30]byte
	UnitOfMeasureQty            layout.I64LE `null:"max"`
	HighLimitPrice              layout.I64LE `null:"max"`
	LowLimitPrice               layout.I64LE `null:"max"`
	MaxPriceVariation           layout.I64LE `null:"max"`
	UserDefinedInstrument       layout.Char
	FinancialInstrumentFullName [35]byte
	FXCurrencySymbol            [7]byte `wire:"fx_currency_symbol"`
	SettlType                   [3]byte
	InterveningDays             layout.U16LE
	FXBenchmarkRateFix          [20]byte `wire:"fx_benchmark_rate_fix"`
	RateSource                  [12]byte
	FixRateLocalTime            [8]byte
	FixRateLocalTimeZone        [20]byte
	MinQuoteLife                layout.U32LE
	MaxPriceDiscretionOffset    layout.I64LE
	InstrumentGUID              layout.U64LE `wire:"instrument_guid" null:"max"`
	MaturityMonthYear           maturityMonthYear
	SettlementLocale            [8]byte
	AltMinPriceIncrement        layout.I64LE `null:"max"`
	AltMinQuoteLife             layout.U32LE `null:"max"`
	AltPriceIncrementConstraint layout.I64LE `null:"max"`
	MaxBidAskConstraint         layout.I64LE `null:"max"`
}
