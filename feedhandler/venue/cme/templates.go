package cme

import "wirebook/feedhandler/venue/layout"

// templates is every message of schema 1, versions 5 to 13, by template id.
// Templates below 46 with a price are the legacy set: versions 5 to 8, and version 9 beside the new set.
var templates = [...]*template{
	4: {name: "channel_reset", root: wire[channelReset](), groups: []group{
		groupOf[channelResetEntry]("channel_reset_groups"),
	}},
	12: {name: "admin_heartbeat", root: &layout.Message{}},
	15: {name: "admin_login", root: wire[adminLogin]()},
	16: {name: "admin_logout", root: wire[adminLogout]()},
	27: {name: "md_instrument_definition_future", root: wire[legacyFuture](), legacy: true, class: 'F', groups: definitionGroups(groupOf[legacyLotRule]("lot_type_rules_groups"))},
	29: {name: "md_instrument_definition_spread", root: wire[legacySpread](), legacy: true, class: 'S', groups: definitionGroups(groupOf[legacyLotRule]("lot_type_rules_groups"),
		groupOf[definitionLeg]("legs_groups"))},
	30: {name: "security_status", root: wire[securityStatus]()},
	32: {name: "md_incremental_refresh_book", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacyBookEntry]("incremental_refresh_book_groups"),
		groupOf[legacyBookOrder]("incremental_refresh_book_order_id_groups").wide().from(8),
	}},
	33: {name: "md_incremental_refresh_daily_statistics", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacyDailyEntry]("incremental_refresh_daily_statistics_groups"),
	}},
	34: {name: "md_incremental_refresh_limits_banding", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[limitsEntry]("incremental_refresh_limits_banding_groups"),
	}},
	35: {name: "md_incremental_refresh_session_statistics", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacySessionEntry]("incremental_refresh_session_statistics_groups").before(8, wire[legacySessionEntryV7]()),
	}},
	36: {name: "md_incremental_refresh_trade", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacySingleTrade]("incremental_refresh_trade_groups"),
	}},
	37: {name: "md_incremental_refresh_volume", root: wire[incremental](), groups: []group{
		groupOf[volumeEntry]("incremental_refresh_volume_groups"),
	}},
	38: {name: "snapshot_full_refresh", root: wire[snapshot](), legacy: true, groups: []group{
		groupOf[legacySnapshotEntry]("snapshot_full_refresh_groups"),
	}},
	39: {name: "quote_request", root: wire[quoteRequest](), groups: []group{
		groupOf[quoteRequestSymbol]("related_sym_groups"),
	}},
	41: {name: "md_instrument_definition_option", root: wire[legacyOption](), legacy: true, class: 'C', groups: definitionGroups(groupOf[legacyLotRule]("lot_type_rules_groups"),
		groupOf[definitionUnderlying]("option_underlyings_groups"),
		groupOf[definitionRelated]("option_related_instruments_groups").from(8))},
	42: {name: "md_incremental_refresh_trade_summary", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacyTradeEntry]("incremental_refresh_trade_summary_groups").before(8, wire[legacyTradeEntryV7]()),
		groupOf[tradeOrder]("incremental_refresh_trade_summary_order_id_groups").wide(),
	}},
	43: {name: "md_incremental_refresh_order_book", root: wire[incremental](), legacy: true, groups: []group{
		groupOf[legacyOrderEntry]("incremental_refresh_order_book_groups"),
	}},
	44: {name: "snapshot_full_refresh_order_book", root: wire[snapshotOrders](), legacy: true, groups: []group{
		groupOf[legacySnapshotOrder]("snapshot_full_refresh_order_book_groups"),
	}},
	46: {name: "md_incremental_refresh_book", root: wire[incremental](), groups: []group{
		groupOf[bookEntry]("incremental_refresh_book_groups").before(10, wire[bookEntryV9]()),
		groupOf[bookOrder]("incremental_refresh_book_order_id_groups").wide(),
	}},
	47: {name: "md_incremental_refresh_order_book", root: wire[incremental](), groups: []group{
		groupOf[orderEntry]("incremental_refresh_order_book_groups"),
	}},
	48: {name: "md_incremental_refresh_trade_summary", root: wire[incremental](), groups: []group{
		groupOf[tradeEntry]("incremental_refresh_trade_summary_groups"),
		groupOf[tradeOrder]("incremental_refresh_trade_summary_order_id_groups").wide(),
	}},
	49: {name: "md_incremental_refresh_daily_statistics", root: wire[incremental](), groups: []group{
		groupOf[dailyEntry]("incremental_refresh_daily_statistics_groups"),
	}},
	50: {name: "md_incremental_refresh_limits_banding", root: wire[incremental](), groups: []group{
		groupOf[limitsEntry]("incremental_refresh_limits_banding_groups"),
	}},
	51: {name: "md_incremental_refresh_session_statistics", root: wire[incremental](), groups: []group{
		groupOf[sessionEntry]("incremental_refresh_session_statistics_groups"),
	}},
	52: {name: "snapshot_full_refresh", root: wire[snapshot](), groups: []group{
		groupOf[snapshotEntry]("snapshot_full_refresh_groups"),
	}},
	53: {name: "snapshot_full_refresh_order_book", root: wire[snapshotOrders](), groups: []group{
		groupOf[snapshotOrder]("snapshot_full_refresh_order_book_groups"),
	}},
	54: {name: "md_instrument_definition_future", root: wire[definitionFuture](), class: 'F', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"))},
	55: {name: "md_instrument_definition_option", root: wire[definitionOption](), class: 'C', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"),
		groupOf[definitionUnderlying]("option_underlyings_groups"),
		groupOf[definitionRelated]("option_related_instruments_groups"))},
	56: {name: "md_instrument_definition_spread", root: wire[definitionSpread](), class: 'S', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"),
		groupOf[definitionLeg]("legs_groups"))},
	57: {name: "md_instrument_definition_fixed_income", root: wire[definitionFixedIncome](), class: 'B', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"))},
	58: {name: "md_instrument_definition_repo", root: wire[definitionRepo](), class: 'B', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"),
		groupOf[definitionRepoUnderlying]("repo_underlyings_groups"),
		groupOf[definitionRepoRelated]("repo_related_instruments_groups"),
		groupOf[definitionBrokenDate]("broken_dates_groups").from(13))},
	59: {name: "snapshot_refresh_top_orders", root: wire[topOrders](), groups: []group{
		groupOf[topOrder]("snapshot_refresh_top_orders_groups"),
	}},
	60: {name: "security_status_workup", root: wire[workupStatus](), groups: []group{
		groupOf[workupOrder]("security_status_workup_groups"),
	}},
	61: {name: "snapshot_full_refresh_tcp", root: wire[snapshotTCP](), groups: []group{
		groupOf[snapshotTCPEntry]("snapshot_full_refresh_tcp_groups"),
	}},
	62: {name: "collateral_market_value", root: wire[incremental](), groups: []group{
		groupOf[collateralValue]("collateral_market_value_groups"),
	}},
	63: {name: "md_instrument_definition_fx", root: wire[definitionFX](), class: 'X', groups: definitionGroups(groupOf[definitionLotRule]("lot_type_rules_groups"),
		groupOf[definitionSession]("trading_sessions_groups"))},
	64: {name: "md_incremental_refresh_book_long_qty", root: wire[incremental](), groups: []group{
		groupOf[bookLongEntry]("incremental_refresh_book_long_groups"),
		groupOf[bookOrder]("incremental_refresh_book_long_order_id_groups").wide(),
	}},
	65: {name: "md_incremental_refresh_trade_summary_long_qty", root: wire[incremental](), groups: []group{
		groupOf[tradeLongEntry]("incremental_refresh_trade_summary_long_groups"),
		groupOf[tradeOrder]("incremental_refresh_trade_summary_long_order_id_groups").wide(),
	}},
	66: {name: "md_incremental_refresh_volume_long_qty", root: wire[incremental](), groups: []group{
		groupOf[volumeLongEntry]("incremental_refresh_volume_long_groups"),
	}},
	67: {name: "md_incremental_refresh_session_statistics_long_qty", root: wire[incremental](), groups: []group{
		groupOf[sessionLongEntry]("incremental_refresh_session_statistics_long_groups"),
	}},
	68: {name: "snapshot_full_refresh_tcp_long_qty", root: wire[snapshotTCP](), groups: []group{
		groupOf[snapshotLongEntry]("snapshotfull_refresh_tcp_long_groups"),
	}},
	69: {name: "snapshot_full_refresh_long_qty", root: wire[snapshot](), groups: []group{
		groupOf[snapshotLongEntry]("snapshot_full_refresh_long_groups"),
	}},
}

// definitionGroups is the groups that every definition begins with, and those of its own.
func definitionGroups(own ...group) []group {
	return append([]group{
		groupOf[definitionEvent]("events_groups"),
		groupOf[definitionFeedType]("feed_types_groups"),
		groupOf[definitionAttribute]("inst_attrib_groups"),
	}, own...)
}
