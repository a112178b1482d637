package iex

import "wirebook/feedhandler/venue/layout"

// messages is a feed's table of message types, indexed by the type byte.
type messages [256]*layout.Message

// Layouts of the message types, under the names of the specification tables.
var (
	systemEvent        = layout.Of[SystemEvent]("S", "system_event_message")
	securityDirectory  = layout.Of[SecurityDirectory]("D", "security_directory_message")
	tradingStatus      = layout.Of[TradingStatus]("H", "trading_status_message")
	retailLiquidity    = layout.Of[RetailLiquidityIndicator]("I", "retail_liquidity_indicator_message")
	operationalHalt    = layout.Of[OperationalHaltStatus]("O", "operational_halt_status_message")
	shortSale          = layout.Of[ShortSalePriceTestStatus]("P", "short_sale_price_test_status_message")
	securityEvent      = layout.Of[SecurityEvent]("E", "security_event_message")
	officialPrice      = layout.Of[OfficialPrice]("X", "official_price_message")
	auctionInformation = layout.Of[AuctionInformation]("A", "auction_information_message")
	quoteUpdate        = layout.Of[QuoteUpdate]("Q", "quote_update_message")
	priceLevelBuy      = layout.Of[PriceLevelUpdate]("8", "price_level_buy_update_message")
	priceLevelSell     = layout.Of[PriceLevelUpdate]("5", "price_level_sell_update_message")
	tradeReport        = layout.Of[TradeReport]("T", "trade_report_message")
	trade              = layout.Of[TradeReport]("T", "trade_message")
	tradeBreak         = layout.Of[TradeReport]("B", "trade_break_message")
	addOrder           = layout.Of[AddOrder]("a", "add_order_message")
	orderModify        = layout.Of[OrderModify]("M", "order_modify_message")
	orderDelete        = layout.Of[OrderDelete]("R", "order_delete_message")
	orderExecuted      = layout.Of[OrderExecuted]("L", "order_executed_message")
	clearBook          = layout.Of[ClearBook]("C", "clear_book_message")
)

// Message types of the feeds. TOPS 1.6 is the union of its documents: 1.64 has E, 1.66 has I instead.
var (
	admin = []*layout.Message{systemEvent, securityDirectory, tradingStatus, operationalHalt, shortSale, securityEvent}

	tops15Messages = tableOf(admin, quoteUpdate, tradeReport, officialPrice, tradeBreak, auctionInformation)
	tops16Messages = tableOf(admin, retailLiquidity, quoteUpdate, tradeReport, officialPrice, tradeBreak, auctionInformation)
	deepMessages   = tableOf(admin, retailLiquidity, priceLevelBuy, priceLevelSell, tradeReport, officialPrice, tradeBreak,
		auctionInformation)
	deepPlusMessages = tableOf(admin, retailLiquidity, addOrder, orderModify, orderDelete, orderExecuted, trade, tradeBreak, clearBook)
)

func tableOf(shared []*layout.Message, own ...*layout.Message) *messages {
	t := new(messages)
	for _, m := range shared {
		t[m.Code[0]] = m
	}
	for _, m := range own {
		t[m.Code[0]] = m
	}
	return t
}

// inspect shows one message. Field lists start after the type byte, as the tables do.
func (t *messages) inspect(msg []byte) layout.Inspected {
	if len(msg) == 0 {
		in := layout.InspectUnknown("", msg)
		in.Truncated = true
		return in
	}
	m := t[msg[0]]
	if m == nil {
		return layout.InspectUnknown(layout.CodeOf(msg[0]), msg[1:])
	}
	return m.Inspect(msg[1:])
}
