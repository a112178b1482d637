package cme

import "wirebook/feedhandler/venue/layout"

// messageHeader stands before every message. MessageSize counts itself; the block length counts the root block only.
type messageHeader struct {
	MessageSize layout.U16LE
	BlockLength layout.U16LE
	TemplateID  layout.U16LE `wire:"template_id"`
	SchemaID    layout.U16LE `wire:"schema_id"`
	Version     layout.U16LE
}

// groupSize stands before a repeating group.
type groupSize struct {
	BlockLength layout.U16LE
	NumInGroup  layout.U8
}

// groupSize8Byte stands before the order groups of book and trade messages.
type groupSize8Byte struct {
	BlockLength layout.U16LE
	Padding5    [5]byte `wire:",bytes"`
	NumInGroup  layout.U8
}

// channelReset is template 4.
type channelReset struct {
	TransactTime        layout.U64LE
	MatchEventIndicator layout.U8
}

// channelResetEntry is one channel of template 4.
type channelResetEntry struct {
	ApplID layout.I16LE `wire:"appl_id"`
}

// adminLogin is template 15.
type adminLogin struct {
	HeartBtInt layout.I8
}

// adminLogout is template 16.
type adminLogout struct {
	Text [180]byte
}

// securityStatus is template 30; without a security id it speaks of a group or asset.
type securityStatus struct {
	TransactTime          layout.U64LE
	SecurityGroup         [6]byte
	Asset                 [6]byte
	SecurityIDOptional    layout.I32LE `wire:"security_id_optional" null:"max"`
	TradeDate             layout.U16LE `null:"max"`
	MatchEventIndicator   layout.U8
	SecurityTradingStatus layout.U8 `null:"max"`
	HaltReason            layout.U8
	SecurityTradingEvent  layout.U8
}

// quoteRequest is template 39.
type quoteRequest struct {
	TransactTime        layout.U64LE
	QuoteReqID          [23]byte `wire:"quote_req_id"`
	MatchEventIndicator layout.U8
	Padding3            [3]byte `wire:",bytes"`
}

// quoteRequestSymbol is one instrument of template 39.
type quoteRequestSymbol struct {
	Symbol       [20]byte
	SecurityID   layout.I32LE `wire:"security_id"`
	OrderQty     layout.I32LE `null:"max"`
	QuoteType    layout.I8
	SideOptional layout.I8 `null:"max"`
	Padding2     [2]byte   `wire:",bytes"`
}

// workupStatus is template 60.
type workupStatus struct {
	TransactTime         layout.U64LE
	MdEntryPxOptionalEx  layout.I64LE `null:"max"`
	SecurityID           layout.I32LE `wire:"security_id"`
	MatchEventIndicator  layout.U8
	TradeDate            layout.U16LE `null:"max"`
	TradeLinkID          layout.U32LE `wire:"trade_link_id"`
	WorkupTradingStatus  layout.U8
	HaltReason           layout.U8
	SecurityTradingEvent layout.U8
}

// workupOrder is one order of template 60.
type workupOrder struct {
	OrderID            layout.U64LE `wire:"order_id"`
	Side               layout.U8
	AggressorIndicator layout.U8 `null:"max"`
}

// collateralValue is one underlying of template 62.
type collateralValue struct {
	UnderlyingSecurityAltID       [12]byte  `wire:"underlying_security_alt_id"`
	UnderlyingSecurityAltIDSource layout.U8 `wire:"underlying_security_alt_id_source" null:"max"`
	CollateralMarketPrice         layout.I64LE
	DirtyPrice                    layout.I64LE
	UnderlyingInstrumentGUID      layout.U64LE `wire:"underlying_instrument_guid"`
	MdStreamID                    layout.U8    `wire:"md_stream_id" null:"max"`
	Padding2                      [2]byte      `wire:",bytes"`
}
