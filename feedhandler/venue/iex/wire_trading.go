package iex

import "wirebook/feedhandler/venue/layout"

// QuoteUpdate is message Q (TOPS): the whole top of book.
type QuoteUpdate struct {
	QuoteUpdateFlags layout.U8 // bit 7 not available, 6 outside regular hours
	Timestamp        layout.I64LE
	Symbol           Symbol
	BidSize          layout.U32LE
	BidPrice         layout.I64LE
	AskPrice         layout.I64LE
	AskSize          layout.U32LE
}

// PriceLevelUpdate is messages 8 (buy) and 5 (sell) of DEEP.
type PriceLevelUpdate struct {
	EventFlags layout.U8 // bit 0: the event is complete
	Timestamp  layout.I64LE
	Symbol     Symbol
	Size       layout.U32LE
	Price      layout.I64LE
}

// TradeReport is message T of every feed, and message B, which repeats the broken trade.
type TradeReport struct {
	SaleConditionFlags layout.U8 // bit 7 sweep, 6 extended hours, 5 odd lot, 4 trade-through exempt, 3 single-price cross
	Timestamp          layout.I64LE
	Symbol             Symbol
	Size               layout.U32LE
	Price              layout.I64LE
	TradeID            layout.U64LE `wire:"trade_id"`
}

// AddOrder is message a of DEEP+.
type AddOrder struct {
	Side      layout.Char // 8 buy, 5 sell
	Timestamp layout.I64LE
	Symbol    Symbol
	OrderID   layout.U64LE `wire:"order_id"`
	Size      layout.U32LE
	Price     layout.I64LE
}

// OrderModify is message M of DEEP+: new total size and price.
type OrderModify struct {
	ModifyFlags      layout.U8 // bit 0: keeps its priority
	Timestamp        layout.I64LE
	Symbol           Symbol
	OrderIDReference layout.U64LE `wire:"order_id_reference"`
	Size             layout.U32LE
	Price            layout.I64LE
}

// OrderDelete is message R of DEEP+.
type OrderDelete struct {
	Reserved1        layout.Char
	Timestamp        layout.I64LE
	Symbol           Symbol
	OrderIDReference layout.U64LE `wire:"order_id_reference"`
}

// OrderExecuted is message L of DEEP+.
type OrderExecuted struct {
	SaleConditionFlags layout.U8
	Timestamp          layout.I64LE
	Symbol             Symbol
	OrderIDReference   layout.U64LE `wire:"order_id_reference"`
	Size               layout.U32LE
	Price              layout.I64LE
	TradeID            layout.U64LE `wire:"trade_id"`
}

// ClearBook is message C of DEEP+.
type ClearBook struct {
	Reserved1 layout.Char
	Timestamp layout.I64LE
	Symbol    Symbol
}
