package cme

import "wirebook/feedhandler/venue/layout"

// maturityMonthYear is part of a definition; day and week are told where month alone is not enough.
type maturityMonthYear struct {
	Year  layout.U16LE `null:"max"`
	Month layout.U8    `null:"max"`
	Day   layout.U8    `null:"max"`
	Week  layout.U8    `null:"max"`
}

// definitionEvent is activation or last trade date of an instrument.
type definitionEvent struct {
	EventType layout.U8
	EventTime layout.U64LE
}

// definitionFeedType is a feed type (GBX outright, GBI implied) and its depth in levels.
type definitionFeedType struct {
	MdFeedType  [3]byte
	MarketDepth layout.I8
}

// definitionAttribute is a word of eligibility bits.
type definitionAttribute struct {
	InstAttribValue layout.U32LE
}

// definitionLeg is one leg of templates 29 and 56.
type definitionLeg struct {
	LegSecurityID  layout.I32LE `wire:"leg_security_id"`
	LegSide        layout.U8
	LegRatioQty    layout.I8
	LegPrice       layout.I64LE `null:"max"`
	LegOptionDelta layout.I32LE `null:"max"`
}

// definitionUnderlying is one underlying of templates 41 and 55.
type definitionUnderlying struct {
	UnderlyingSecurityID layout.I32LE `wire:"underlying_security_id"`
	UnderlyingSymbol     [20]byte
}

// definitionRelated is one related instrument of templates 41 and 55.
type definitionRelated struct {
	RelatedSecurityID layout.I32LE `wire:"related_security_id"`
	RelatedSymbol     [20]byte
}

// definitionLotRule is a lot type and its smallest size, exponent -4.
type definitionLotRule struct {
	LotType              layout.I8
	MinLotSizeDecimalQty layout.I32LE `null:"max"`
}

// definitionRepoUnderlying is one underlying of template 58.
type definitionRepoUnderlying struct {
	UnderlyingSymbol                      [20]byte
	UnderlyingSecurityIDOptional          layout.I32LE `wire:"underlying_security_id_optional" null:"max"`
	UnderlyingSecurityAltID               [12]byte     `wire:"underlying_security_alt_id"`
	UnderlyingSecurityAltIDSource         layout.U8    `wire:"underlying_security_alt_id_source" null:"max"`
	UnderlyingFinancialInstrumentFullName [35]byte
	UnderlyingSecurityType                [6]byte
	UnderlyingCountryOfIssue              [2]byte
	UnderlyingIssuer                      [25]byte
	UnderlyingMaxLifeTime                 layout.U8    `null:"max"`
	UnderlyingMinDaysToMaturity           layout.U16LE `null:"max"`
	UnderlyingInstrumentGUIDOptional      layout.U64LE `wire:"underlying_instrument_guid_optional" null:"max"`
	UnderlyingMaturityDate                layout.U16LE `null:"max"`
}

// definitionRepoRelated is one related instrument of template 58.
type definitionRepoRelated struct {
	RelatedSecurityID     layout.I32LE `wire:"related_security_id"`
	RelatedSymbol         [20]byte
	RelatedInstrumentGUID layout.U64LE `wire:"related_instrument_guid" null:"max"`
}

// definitionBrokenDate is one broken date of template 58.
type definitionBrokenDate struct {
	BrokenDateGUID       layout.U64LE `wire:"broken_date_guid"`
	BrokenDateSecurityID layout.I32LE `wire:"broken_date_security_id"`
	BrokenDateStart      layout.U16LE `null:"max"`
	BrokenDateEnd        layout.U16LE `null:"max"`
}

// definitionSession is one trading session of template 63.
type definitionSession struct {
	TradeDate     layout.U16LE `null:"max"`
	SettlDate     layout.U16LE `null:"max"`
	MaturityDate  layout.U16LE `null:"max"`
	SecurityAltID [12]byte     `wire:"security_alt_id"`
}
