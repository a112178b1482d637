package nasdaq

import "wirebook/feedhandler/venue/layout"

// bboTables holds the layouts by message type under the names of the BBO 2.1 table.
var bboTables = [256]*layout.Message{
	'S': table[bboSystemEvent]("S", "system_event_message"),
	'R': table[bboStockDirectory]("R", "stock_directory_message"),
	'H': table[bboTradingAction]("H", "stock_trading_action_message"),
	'Y': table[bboRegSHO]("Y", "reg_sho_short_sale_price_test_restricted_indicator_message"),
	'V': table[bboDeclineLevel]("V", "mwcb_decline_level_message"),
	'W': table[bboBreakerStatus]("W", "mwcb_status_message"),
	'h': table[bboOperationalHalt]("h", "operational_halt_message"),
	'Q': table[bboQuotation]("Q", "quotation_message"),
	'A': table[bboNextShares]("A", "next_shares_quotation_message"),
}

// Inspect shows every field of one message; unknown types and bytes beyond the layout are shown as leftover.
func (d *BBO21) Inspect(msg []byte) layout.Inspected { return inspect(&bboTables, msg) }
