package nasdaq

import "wirebook/feedhandler/venue/layout"

// Order and trade messages of TotalView-ITCH 5.0 in the specification's order (sections 1.3 to 1.5). Prices have
// four decimals, times are ns since midnight in New York, stocks are padded with blanks.

type addOrder struct { // A
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	BuySellIndicator     layout.Char
	Shares               layout.U32BE
	Stock                [8]byte
	Price                layout.U32BE
}

type addOrderMPID struct { // F
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	BuySellIndicator     layout.Char
	Shares               layout.U32BE
	Stock                [8]byte
	Price                layout.U32BE
	Attribution          [4]byte
}

type orderExecuted struct { // E
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	ExecutedShares       layout.U32BE
	MatchNumber          layout.U64BE
}

type orderExecutedWithPrice struct { // C
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	ExecutedShares       layout.U32BE
	MatchNumber          layout.U64BE
	Printable            layout.Char
	ExecutionPrice       layout.U32BE
}

type orderCancel struct { // X
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	CanceledShares       layout.U32BE
}

type orderDelete struct { // D
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
}

type orderReplace struct { // U
	MessageType                  layout.Char
	StockLocate                  layout.U16BE
	TrackingNumber               layout.U16BE
	Timestamp                    layout.U48BE
	OriginalOrderReferenceNumber layout.U64BE
	NewOrderReferenceNumber      layout.U64BE
	Shares                       layout.U32BE
	Price                        layout.U32BE
}

type tradeNonCross struct { // P
	MessageType          layout.Char
	StockLocate          layout.U16BE
	TrackingNumber       layout.U16BE
	Timestamp            layout.U48BE
	OrderReferenceNumber layout.U64BE
	BuySellIndicator     layout.Char
	Shares               layout.U32BE
	Stock                [8]byte
	Price                layout.U32BE
	MatchNumber          layout.U64BE
}

type crossTrade struct { // Q
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	CrossShares    layout.U64BE
	Stock          [8]byte
	CrossPrice     layout.U32BE
	MatchNumber    layout.U64BE
	CrossType      layout.Char
}

type brokenTrade struct { // B
	MessageType    layout.Char
	StockLocate    layout.U16BE
	TrackingNumber layout.U16BE
	Timestamp      layout.U48BE
	MatchNumber    layout.U64BE
}
