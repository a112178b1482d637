package nasdaq

import "wirebook/feedhandler/venue/layout"

// itchTables holds the layouts by message type under the names of the TotalView-ITCH 5.0 tables; types h and O
// are those of the 2026 version.
var itchTables = itchLayouts("non_cross_trade_message")

// psxTables differs in one name.
var psxTables = itchLayouts("trade_message_non_cross")

func itchLayouts(tradeName string) [256]*layout.Message {
	return [256]*layout.Message{
		'S': table[systemEvent]("S", "system_event_message"),
		'R': table[stockDirectory]("R", "stock_directory_message"),
		'H': table[stockTradingAction]("H", "stock_trading_action_message"),
		'Y': table[regSHO]("Y", "reg_sho_short_sale_price_test_restricted_indicator_message"),
		'L': table[marketParticipantPosition]("L", "market_participant_position_message"),
		'V': table[mwcbDeclineLevel]("V", "mwcb_decline_level_message"),
		'W': table[mwcbStatus]("W", "mwcb_status_level_message"),
		'K': table[ipoQuotingPeriod]("K", "ipo_quoting_period_update"),
		'J': table[luldAuctionCollar]("J", "luld_auction_collar_message"),
		'h': table[operationalHalt]("h", "operational_halt_message"),
		'A': table[addOrder]("A", "add_order_no_mpid_attribution_message"),
		'F': table[addOrderMPID]("F", "add_order_with_mpid_attribution_message"),
		'E': table[orderExecuted]("E", "order_executed_message"),
		'C': table[orderExecutedWithPrice]("C", "order_executed_with_price_message"),
		'X': table[orderCancel]("X", "order_cancel_message"),
		'D': table[orderDelete]("D", "order_delete_message"),
		'U': table[orderReplace]("U", "order_replace_message"),
		'P': table[tradeNonCross]("P", tradeName),
		'Q': table[crossTrade]("Q", "cross_trade_message"),
		'B': table[brokenTrade]("B", "broken_trade_message"),
		'I': table[netOrderImbalance]("I", "net_order_imbalance_indicator_message"),
		'N': table[retailInterest]("N", "retail_interest_message"),
		'O': table[directListing]("O", "direct_listing_with_capital_raise_price_discovery_message"),
	}
}

// table derives a layout and takes the message type off its fields: inspect shows it as the message's code.
func table[T any](code, name string) *layout.Message {
	m := layout.Of[T](code, name)
	m.Fields = m.Fields[1:]
	return m
}

// Inspect shows every field of one message; unknown types and bytes beyond the layout are shown as leftover.
func (d *ITCH50) Inspect(msg []byte) layout.Inspected { return inspect(d.tables, msg) }

func inspect(tables *[256]*layout.Message, msg []byte) layout.Inspected {
	if len(msg) == 0 {
		return layout.Inspected{Name: "unknown", Unknown: true, Truncated: true}
	}
	m := tables[msg[0]]
	if m == nil {
		return layout.InspectUnknown(layout.CodeOf(msg[0]), msg)
	}
	return m.Inspect(msg)
}
