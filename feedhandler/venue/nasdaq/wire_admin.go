package nasdaq

import "wirebook/feedhandler/venue/layout"

// Event, directory, status and auction messages of TotalView-ITCH 5.0 in the specification's order.

type systemEvent struct { // S
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	EventCode      layout.Char
}

type stockDirectory struct { // R
	MessageType                 layout.Char
	StockLocate                 layout.U16BE
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

type stockTradingAction struct { // H
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Stock          [8]byte
	TradingState   layout.Char
	Reserved       layout.Char
	Reason         [4]byte
}

type regSHO struct { // Y
	MessageType    layout.Char
	LocateCode     layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Stock          [8]byte
	RegShoAction   layout.Char
}

type marketParticipantPosition struct { // L
	MessageType            layout.Char
	StockLocate            layout.U16BE
	TrackingNumber         layout.U16BE
	Timestamp              layout.U48BE
	Mpid                   [4]byte
	Stock                  [8]byte
	PrimaryMarketMaker     layout.Char
	MarketMakerMode        layout.Char
	MarketParticipantState layout.Char
}

type mwcbDeclineLevel struct { // V; levels have eight decimals
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Level1         layout.U64BE
	Level2         layout.U64BE
	Level3         layout.U64BE
}

type mwcbStatus struct { // W
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	BreachedLevel  layout.Char
}

type ipoQuotingPeriod struct { // K; the release time is in seconds since midnight
	MessageType                  layout.Char
	StockLocate                  layout.U16BE
	TrackingNumber               layout.U16BE
	Timestamp                    layout.U48BE
	Stock                        [8]byte
	IpoQuotationReleaseTime      layout.U32BE
	IpoQuotationReleaseQualifier layout.Char
	IpoPrice                     layout.U32BE
}

type luldAuctionCollar struct { // J
	MessageType                 layout.Char
	StockLocate                 layout.U16BE
	TrackingNumber              layout.U16BE
	Timestamp                   layout.U48BE
	Stock                       [8]byte
	AuctionCollarReferencePrice layout.U32BE
	UpperAuctionCollarPrice     layout.U32BE
	LowerAuctionCollarPrice     layout.U32BE
	AuctionCollarExtension      layout.U32BE
}

type operationalHalt struct { // h
	MessageType           layout.Char
	StockLocate           layout.U16BE
	TrackingNumber        layout.U16BE
	Timestamp             layout.U48BE
	Stock                 [8]byte
	MarketCode            layout.Char
	OperationalHaltAction layout.Char
}

type netOrderImbalance struct { // I
	MessageType             layout.Char
	StockLocate             layout.U16BE
	TrackingNumber          layout.U16BE
	Timestamp               layout.U48BE
	PairedShares            layout.U64BE
	ImbalanceShares         layout.U64BE
	ImbalanceDirection      layout.Char
	Stock                   [8]byte
	FarPrice                layout.U32BE
	NearPrice               layout.U32BE
	CurrentReferencePrice   layout.U32BE
	CrossType               layout.Char
	PriceVariationIndicator layout.Char
}

type retailInterest struct { // N
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	Stock          [8]byte
	InterestFlag   layout.Char
}

type directListing struct { // O, since 2020; the execution time is ns since midnight
	MessageType           layout.Char
	StockLocate           layout.U16BE
	TrackingNumber        layout.U16BE
	Timestamp             layout.U48BE
	Stock                 [8]byte
	OpenEligibilityStatus layout.Char
	MinimumAllowablePrice layout.U32BE
	MaximumAllowablePrice layout.U32BE
	NearExecutionPrice    layout.U32BE
	NearExecutionTime     layout.U64BE
	LowerPriceRangeCollar layout.U32BE
	UpperPriceRangeCollar layout.U32BE
}
