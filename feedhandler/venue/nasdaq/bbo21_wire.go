package nasdaq

import "wirebook/feedhandler/venue/layout"

// Messages of BBO 2.1 in the specification's order. There is no locate code: the stock is the key.

type bboSystemEvent struct { // S
	MessageType    layout.Char
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	EventCode      layout.Char
}

type bboStockDirectory struct { // R
	MessageType                 layout.Char
	TrackingNumber              layout.U16BE
	Timestamp                   layout.U48BE
	Stock                       [8]byte
	MarketCategory              layout.Char
	FinancialStatusIndicator    layout.Char
	RoundLotSize                layout.U32BE
	RoundLotsOnly               layout.Char
	IssueClassification         layout.Char
	IssueSubType                [2]byte
	Authenticity                layout.Char
	ShortSaleThresholdIndicator layout.Char
	IpoFlag                     layout.Char
	LuldReferencePriceTier      layout.Char
	EtpFlag                     layout.Char
	EtpLeverageFactor           layout.U32BE
	InverseIndicator            layout.Char
}

type bboTradingAction struct { // H
	MessageType         layout.Char
	TrackingNumber      layout.U16BE
	Timestamp           layout.U48BE
	Stock               [8]byte
	SecurityClass       layout.Char
	CurrentTradingState layout.Char
	Reason              [4]byte
}

type bboRegSHO struct { // Y
	MessageType    layout.Char
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Stock          [8]byte
	RegShoAction   layout.Char
}

type bboDeclineLevel struct { // V; levels have eight decimals
	MessageType    layout.Char
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Level1         layout.U64BE
	Level2         layout.U64BE
	Level3         layout.U64BE
}

type bboBreakerStatus struct { // W
	MessageType    layout.Char
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	BreachedLevel  layout.Char
}

type bboOperationalHalt struct { // h
	MessageType           layout.Char
	TrackingNumber        layout.U16BE
	Timestamp             layout.U48BE
	Stock                 [8]byte
	MarketCode            layout.Char
	OperationalHaltAction layout.Char
}

type bboQuotation struct { // Q; the table is the PSX one, Nasdaq and BX send the same bytes
	MessageType       layout.Char
	TrackingNumber    layout.U16BE
	Timestamp         layout.U48BE
	Stock             [8]byte
	SecurityClass     layout.Char
	PsxBestBidPrice   layout.U32BE
	PsxBestBidSize    layout.U32BE
	PsxBestOfferPrice layout.U32BE
	PsxBestOfferSize  layout.U32BE
}

type bboNextShares struct { // A
	MessageType      layout.Char
	TrackingNumber   layout.U16BE
	Timestamp        layout.U48BE
	NextSharesSymbol [8]byte
	SecurityClass    layout.Char
	NasdaqBestBid    layout.U32BE
}
