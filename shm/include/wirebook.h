/* wirebook.h: read Wirebook's rings, latest table and control file. C99 or C++11, header only.
 *
 * Generated from shm/abi*.go and shm/records.go by "go generate ./shm". Do not edit.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	wb_ring r;
 *	char err[200];
 *	unsigned char rec[WB_MAX_PAYLOAD];
 *	if (wb_ring_open(&r, "/dev/shm/wirebook/demo/mbo-0.ring", err, sizeof err))
 *		return puts(err);
 *	wb_ring_seek_edge(&r);
 *	for (;;)
 *		switch (wb_ring_next(&r, rec, sizeof rec)) {
 *		case WB_RECORD:    use((const wb_mbo *)rec); break;
 *		case WB_LAPPED:    missed(r.lost); break;
 *		case WB_NEW_EPOCH: forget_all_books(); break;
 *		default:           break; (nothing new)
 *		}
 *
 * Everything is mapped read-only: a reader cannot disturb the writer. Little-endian machines only.
 * A record is the public DBN version 3 layout: prices int64 of 1e-9, times uint64 ns since the UNIX epoch, UTC.
 */
#ifndef WIREBOOK_H
#define WIREBOOK_H

#if !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <time.h>
#include <unistd.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "wirebook.h needs a little-endian machine"
#endif

#if defined(__cplusplus)
#define WB_ASSERT(cond, name) static_assert(cond, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define WB_ASSERT(cond, name) _Static_assert(cond, #name)
#else
#define WB_ASSERT(cond, name) typedef char wb_assert_##name[(cond) ? 1 : -1]
#endif

#define WB_ABI_VERSION 2u
#define WB_HEADER_BYTES 4096u
#define WB_MAGIC_CONTROL 0x316C74634B524257ULL
#define WB_MAGIC_RING 0x31676E724B524257ULL
#define WB_MAGIC_LATEST 0x3174616C4B524257ULL
#define WB_MAGIC_PACKETS 0x31746B704B524257ULL
#define WB_MAGIC_READERS 0x317264724B524257ULL
#define WB_MAX_DOORBELLS 64u
#define WB_MAX_READERS 1024u
#define WB_POLICY_NONE 0u
#define WB_POLICY_WAIT 1u
#define WB_POLICY_CONFLATE 2u
#define WB_POLICY_SKIP 3u
#define WB_MAX_SLOTS 268435456u
#define WB_MAX_LATEST 16777216u
#define WB_NO_LATEST 4294967295u
#define WB_MAX_RINGS 1024u
#define WB_MAX_CHANNELS 4096u
#define WB_MAX_LINES 16384u
#define WB_MAX_COUNTERS 65536u
#define WB_MAX_INSTRUMENTS 16777216u
#define WB_MAX_SESSIONS 65536u
#define WB_MIN_CHUNK_BYTES 256u
#define WB_MAX_CHUNK_BYTES 16777216u
#define WB_MIN_CHUNKS 4u
#define WB_MAX_CHUNKS 262144u
#define WB_STATE_STARTING 1u
#define WB_STATE_RUNNING 2u
#define WB_STATE_STOPPED 3u
#define WB_STATE_REPLACED 4u
#define WB_RTYPE_TRADE 0u
#define WB_RTYPE_MBP1 1u
#define WB_RTYPE_MBP10 10u
#define WB_RTYPE_STATUS 18u
#define WB_RTYPE_DEFINITION 19u
#define WB_RTYPE_IMBALANCE 20u
#define WB_RTYPE_STATISTICS 24u
#define WB_RTYPE_MBO 160u
#define WB_RTYPE_APPLIANCE 240u
#define WB_FLAG_LAST 128u
#define WB_FLAG_TOB 64u
#define WB_FLAG_SNAPSHOT 32u
#define WB_FLAG_MBP 16u
#define WB_FLAG_BAD_TS_RECV 8u
#define WB_FLAG_MAYBE_BAD_BOOK 4u
#define WB_ACTION_ADD 'A'
#define WB_ACTION_CANCEL 'C'
#define WB_ACTION_MODIFY 'M'
#define WB_ACTION_CLEAR 'R'
#define WB_ACTION_TRADE 'T'
#define WB_ACTION_FILL 'F'
#define WB_ACTION_NONE 'N'
#define WB_SIDE_ASK 'A'
#define WB_SIDE_BID 'B'
#define WB_SIDE_NONE 'N'
#define WB_UNDEF_PRICE INT64_MAX
#define WB_UNDEF_ORDER_SIZE 4294967295u
#define WB_UNDEF_TIMESTAMP UINT64_MAX
#define WB_UNDEF_STAT_QTY INT64_MAX
#define WB_PACKET_WHOLE 1u
#define WB_PACKET_SKIP 2u
#define WB_PACKET_BAD_STAMP 1u
#define WB_PACKET_SYNTHESISED 2u
#define WB_PACKET_CUT 4u
#define WB_PACKET_MORE 8u
#define WB_PACKET_UNSUMMED 16u
#define WB_PACKET_FLUSHED 32u
#define WB_PACKET_FRAME 1u
#define WB_PACKET_TICK 2u
#define WB_PACKET_LATE 3u
#define WB_PACKET_CONFIG 4u
#define WB_PACKET_ADDED 5u
#define WB_PACKET_REMOVED 6u
#define WB_PACKET_SILENCE 7u
#define WB_PACKET_ABANDON 8u
#define WB_PACKET_ANSWER 9u
#define WB_PACKET_CHECKPOINT 10u
#define WB_PACKET_EPOCH 11u
#define WB_PACKET_END 12u
#define WB_VERDICT_NONE 0u
#define WB_VERDICT_NEW 1u
#define WB_VERDICT_PART 2u
#define WB_VERDICT_DUPLICATE 3u
#define WB_VERDICT_LATE 4u
#define WB_VERDICT_HELD 5u
#define WB_VERDICT_SUSPECT 6u
#define WB_VERDICT_CONTROL 7u
#define WB_VERDICT_PANICKED 8u
#define WB_VERDICT_FRAMING 64u
#define WB_VERDICT_FAULT 128u
#define WB_MARK_UNTIMED 1u
#define WB_MARK_RUN 2u
#define WB_MARK_FILTERED 4u
#define WB_NO_MARK_CHANNEL 65535u
#define WB_APPLIANCE_GAP 1u
#define WB_APPLIANCE_EPOCH 2u
#define WB_APPLIANCE_SESSION 3u
#define WB_APPLIANCE_SUSPECT 4u
#define WB_APPLIANCE_WHOLE 5u
#define WB_APPLIANCE_HEARTBEAT 6u
#define WB_BOOK_ORDERS 1u
#define WB_BOOK_LEVELS 2u
#define WB_CHANNEL_WAITING 0u
#define WB_CHANNEL_LIVE 1u
#define WB_CHANNEL_GAPPED 2u
#define WB_CHANNEL_RECOVERING 3u
#define WB_CHANNEL_STALE 4u
#define WB_INSTRUMENT_UNKNOWN 0u
#define WB_INSTRUMENT_LIVE 1u
#define WB_INSTRUMENT_GAPPED 2u
#define WB_INSTRUMENT_RECOVERING 3u
#define WB_INSTRUMENT_STALE 4u
#define WB_REASON_NONE 0u
#define WB_REASON_JOINED 1u
#define WB_REASON_GAP 2u
#define WB_REASON_UNFIT 3u
#define WB_REASON_UNDECODED 4u
#define WB_REASON_DISPUTED 5u
#define WB_REASON_ABANDONED 6u
#define WB_REASON_SILENT 7u
#define WB_REASON_REFUSED 8u
#define WB_REASON_OVERLOADED 9u
#define WB_CLOCK_UNKNOWN 0u
#define WB_CLOCK_FREE 1u
#define WB_CLOCK_ACQUIRING 2u
#define WB_CLOCK_LOCKED 3u
#define WB_CLOCK_HOLDOVER 4u
#define WB_CLOCK_CAPTURE 5u
#define WB_CLOCK_STEPPED 6u
#define WB_CLOCK_FROZEN 7u
#define WB_CLOCK_MISSING 8u

static inline const char *wb_channel_state_name(uint32_t v) {
	static const char *const names[] = {"waiting", "live", "gapped", "recovering", "stale"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

static inline const char *wb_instrument_state_name(uint32_t v) {
	static const char *const names[] = {"unknown", "live", "gapped", "recovering", "stale"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

static inline const char *wb_reason_name(uint32_t v) {
	static const char *const names[] = {"", "joined", "gap", "unfit", "undecoded", "disputed", "abandoned", "silent", "refused", "overloaded"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

static inline const char *wb_clock_state_name(uint32_t v) {
	static const char *const names[] = {"unknown", "free", "acquiring", "locked", "holdover", "capture", "stepped", "frozen", "missing"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

static inline const char *wb_appliance_name(uint32_t v) {
	static const char *const names[] = {"", "gap", "epoch", "session", "suspect", "whole", "heartbeat"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

static inline const char *wb_books_name(uint32_t v) {
	static const char *const names[] = {"", "orders", "levels", "orders and levels"};
	return v < sizeof names / sizeof *names ? names[v] : "?";
}

enum wb_schema {
	WB_SCHEMA_MBO = 0,
	WB_SCHEMA_MBP1 = 1,
	WB_SCHEMA_MBP10 = 2,
	WB_SCHEMA_TRADES = 3,
	WB_SCHEMA_ADMIN = 4,
	WB_SCHEMA_COUNT = 5, /* of those with records */
	WB_SCHEMA_MARKS = 5,
	WB_SCHEMA_PACKETS = 6 /* no slots */
};

/* Bytes of a slot and of its (largest) body, by schema, marks included. */
static const uint32_t wb_slot_sizes[WB_SCHEMA_COUNT + 1] = {64, 128, 384, 64, 576, 64};
static const uint32_t wb_body_sizes[WB_SCHEMA_COUNT + 1] = {56, 80, 368, 48, 520, 56};

/* 16 bytes */
typedef struct wb_record_header {
	uint8_t length;
	uint8_t rtype;
	uint16_t publisher_id;
	uint32_t instrument_id;
	uint64_t ts_event;
} wb_record_header;
WB_ASSERT(sizeof(wb_record_header) == 16, size_of_record_header);
WB_ASSERT(offsetof(wb_record_header, length) == 0, record_header_length);
WB_ASSERT(offsetof(wb_record_header, rtype) == 1, record_header_rtype);
WB_ASSERT(offsetof(wb_record_header, publisher_id) == 2, record_header_publisher_id);
WB_ASSERT(offsetof(wb_record_header, instrument_id) == 4, record_header_instrument_id);
WB_ASSERT(offsetof(wb_record_header, ts_event) == 8, record_header_ts_event);

/* 56 bytes */
typedef struct wb_mbo {
	wb_record_header hd;
	uint64_t order_id;
	int64_t price;
	uint32_t size;
	uint8_t flags;
	uint8_t channel_id;
	uint8_t action;
	uint8_t side;
	uint64_t ts_recv;
	int32_t ts_in_delta;
	uint32_t sequence;
} wb_mbo;
WB_ASSERT(sizeof(wb_mbo) == 56, size_of_mbo);
WB_ASSERT(offsetof(wb_mbo, hd) == 0, mbo_hd);
WB_ASSERT(offsetof(wb_mbo, order_id) == 16, mbo_order_id);
WB_ASSERT(offsetof(wb_mbo, price) == 24, mbo_price);
WB_ASSERT(offsetof(wb_mbo, size) == 32, mbo_size);
WB_ASSERT(offsetof(wb_mbo, flags) == 36, mbo_flags);
WB_ASSERT(offsetof(wb_mbo, channel_id) == 37, mbo_channel_id);
WB_ASSERT(offsetof(wb_mbo, action) == 38, mbo_action);
WB_ASSERT(offsetof(wb_mbo, side) == 39, mbo_side);
WB_ASSERT(offsetof(wb_mbo, ts_recv) == 40, mbo_ts_recv);
WB_ASSERT(offsetof(wb_mbo, ts_in_delta) == 48, mbo_ts_in_delta);
WB_ASSERT(offsetof(wb_mbo, sequence) == 52, mbo_sequence);

/* 48 bytes */
typedef struct wb_trade {
	wb_record_header hd;
	int64_t price;
	uint32_t size;
	uint8_t action;
	uint8_t side;
	uint8_t flags;
	uint8_t depth;
	uint64_t ts_recv;
	int32_t ts_in_delta;
	uint32_t sequence;
} wb_trade;
WB_ASSERT(sizeof(wb_trade) == 48, size_of_trade);
WB_ASSERT(offsetof(wb_trade, hd) == 0, trade_hd);
WB_ASSERT(offsetof(wb_trade, price) == 16, trade_price);
WB_ASSERT(offsetof(wb_trade, size) == 24, trade_size);
WB_ASSERT(offsetof(wb_trade, action) == 28, trade_action);
WB_ASSERT(offsetof(wb_trade, side) == 29, trade_side);
WB_ASSERT(offsetof(wb_trade, flags) == 30, trade_flags);
WB_ASSERT(offsetof(wb_trade, depth) == 31, trade_depth);
WB_ASSERT(offsetof(wb_trade, ts_recv) == 32, trade_ts_recv);
WB_ASSERT(offsetof(wb_trade, ts_in_delta) == 40, trade_ts_in_delta);
WB_ASSERT(offsetof(wb_trade, sequence) == 44, trade_sequence);

/* 32 bytes */
typedef struct wb_level {
	int64_t bid_px;
	int64_t ask_px;
	uint32_t bid_sz;
	uint32_t ask_sz;
	uint32_t bid_ct;
	uint32_t ask_ct;
} wb_level;
WB_ASSERT(sizeof(wb_level) == 32, size_of_level);
WB_ASSERT(offsetof(wb_level, bid_px) == 0, level_bid_px);
WB_ASSERT(offsetof(wb_level, ask_px) == 8, level_ask_px);
WB_ASSERT(offsetof(wb_level, bid_sz) == 16, level_bid_sz);
WB_ASSERT(offsetof(wb_level, ask_sz) == 20, level_ask_sz);
WB_ASSERT(offsetof(wb_level, bid_ct) == 24, level_bid_ct);
WB_ASSERT(offsetof(wb_level, ask_ct) == 28, level_ask_ct);

/* 80 bytes */
typedef struct wb_mbp1 {
	wb_record_header hd;
	int64_t price;
	uint32_t size;
	uint8_t action;
	uint8_t side;
	uint8_t flags;
	uint8_t depth;
	uint64_t ts_recv;
	int32_t ts_in_delta;
	uint32_t sequence;
	wb_level levels[1];
} wb_mbp1;
WB_ASSERT(sizeof(wb_mbp1) == 80, size_of_mbp1);
WB_ASSERT(offsetof(wb_mbp1, hd) == 0, mbp1_hd);
WB_ASSERT(offsetof(wb_mbp1, price) == 16, mbp1_price);
WB_ASSERT(offsetof(wb_mbp1, size) == 24, mbp1_size);
WB_ASSERT(offsetof(wb_mbp1, action) == 28, mbp1_action);
WB_ASSERT(offsetof(wb_mbp1, side) == 29, mbp1_side);
WB_ASSERT(offsetof(wb_mbp1, flags) == 30, mbp1_flags);
WB_ASSERT(offsetof(wb_mbp1, depth) == 31, mbp1_depth);
WB_ASSERT(offsetof(wb_mbp1, ts_recv) == 32, mbp1_ts_recv);
WB_ASSERT(offsetof(wb_mbp1, ts_in_delta) == 40, mbp1_ts_in_delta);
WB_ASSERT(offsetof(wb_mbp1, sequence) == 44, mbp1_sequence);
WB_ASSERT(offsetof(wb_mbp1, levels) == 48, mbp1_levels);

/* 368 bytes */
typedef struct wb_mbp10 {
	wb_record_header hd;
	int64_t price;
	uint32_t size;
	uint8_t action;
	uint8_t side;
	uint8_t flags;
	uint8_t depth;
	uint64_t ts_recv;
	int32_t ts_in_delta;
	uint32_t sequence;
	wb_level levels[10];
} wb_mbp10;
WB_ASSERT(sizeof(wb_mbp10) == 368, size_of_mbp10);
WB_ASSERT(offsetof(wb_mbp10, hd) == 0, mbp10_hd);
WB_ASSERT(offsetof(wb_mbp10, price) == 16, mbp10_price);
WB_ASSERT(offsetof(wb_mbp10, size) == 24, mbp10_size);
WB_ASSERT(offsetof(wb_mbp10, action) == 28, mbp10_action);
WB_ASSERT(offsetof(wb_mbp10, side) == 29, mbp10_side);
WB_ASSERT(offsetof(wb_mbp10, flags) == 30, mbp10_flags);
WB_ASSERT(offsetof(wb_mbp10, depth) == 31, mbp10_depth);
WB_ASSERT(offsetof(wb_mbp10, ts_recv) == 32, mbp10_ts_recv);
WB_ASSERT(offsetof(wb_mbp10, ts_in_delta) == 40, mbp10_ts_in_delta);
WB_ASSERT(offsetof(wb_mbp10, sequence) == 44, mbp10_sequence);
WB_ASSERT(offsetof(wb_mbp10, levels) == 48, mbp10_levels);

/* 40 bytes */
typedef struct wb_status {
	wb_record_header hd;
	uint64_t ts_recv;
	uint16_t action;
	uint16_t reason;
	uint16_t trading_event;
	uint8_t is_trading;
	uint8_t is_quoting;
	uint8_t is_short_sell_restricted;
	uint8_t reserved[7];
} wb_status;
WB_ASSERT(sizeof(wb_status) == 40, size_of_status);
WB_ASSERT(offsetof(wb_status, hd) == 0, status_hd);
WB_ASSERT(offsetof(wb_status, ts_recv) == 16, status_ts_recv);
WB_ASSERT(offsetof(wb_status, action) == 24, status_action);
WB_ASSERT(offsetof(wb_status, reason) == 26, status_reason);
WB_ASSERT(offsetof(wb_status, trading_event) == 28, status_trading_event);
WB_ASSERT(offsetof(wb_status, is_trading) == 30, status_is_trading);
WB_ASSERT(offsetof(wb_status, is_quoting) == 31, status_is_quoting);
WB_ASSERT(offsetof(wb_status, is_short_sell_restricted) == 32, status_is_short_sell_restricted);
WB_ASSERT(offsetof(wb_status, reserved) == 33, status_reserved);

/* 112 bytes */
typedef struct wb_imbalance {
	wb_record_header hd;
	uint64_t ts_recv;
	int64_t ref_price;
	uint64_t auction_time;
	int64_t cont_book_clr_price;
	int64_t auct_interest_clr_price;
	int64_t ssr_filling_price;
	int64_t ind_match_price;
	int64_t upper_collar;
	int64_t lower_collar;
	uint32_t paired_qty;
	uint32_t total_imbalance_qty;
	uint32_t market_imbalance_qty;
	uint32_t unpaired_qty;
	uint8_t auction_type;
	uint8_t side;
	uint8_t auction_status;
	uint8_t freeze_status;
	uint8_t num_extensions;
	uint8_t unpaired_side;
	uint8_t significant_imbalance;
	uint8_t reserved[1];
} wb_imbalance;
WB_ASSERT(sizeof(wb_imbalance) == 112, size_of_imbalance);
WB_ASSERT(offsetof(wb_imbalance, hd) == 0, imbalance_hd);
WB_ASSERT(offsetof(wb_imbalance, ts_recv) == 16, imbalance_ts_recv);
WB_ASSERT(offsetof(wb_imbalance, ref_price) == 24, imbalance_ref_price);
WB_ASSERT(offsetof(wb_imbalance, auction_time) == 32, imbalance_auction_time);
WB_ASSERT(offsetof(wb_imbalance, cont_book_clr_price) == 40, imbalance_cont_book_clr_price);
WB_ASSERT(offsetof(wb_imbalance, auct_interest_clr_price) == 48, imbalance_auct_interest_clr_price);
WB_ASSERT(offsetof(wb_imbalance, ssr_filling_price) == 56, imbalance_ssr_filling_price);
WB_ASSERT(offsetof(wb_imbalance, ind_match_price) == 64, imbalance_ind_match_price);
WB_ASSERT(offsetof(wb_imbalance, upper_collar) == 72, imbalance_upper_collar);
WB_ASSERT(offsetof(wb_imbalance, lower_collar) == 80, imbalance_lower_collar);
WB_ASSERT(offsetof(wb_imbalance, paired_qty) == 88, imbalance_paired_qty);
WB_ASSERT(offsetof(wb_imbalance, total_imbalance_qty) == 92, imbalance_total_imbalance_qty);
WB_ASSERT(offsetof(wb_imbalance, market_imbalance_qty) == 96, imbalance_market_imbalance_qty);
WB_ASSERT(offsetof(wb_imbalance, unpaired_qty) == 100, imbalance_unpaired_qty);
WB_ASSERT(offsetof(wb_imbalance, auction_type) == 104, imbalance_auction_type);
WB_ASSERT(offsetof(wb_imbalance, side) == 105, imbalance_side);
WB_ASSERT(offsetof(wb_imbalance, auction_status) == 106, imbalance_auction_status);
WB_ASSERT(offsetof(wb_imbalance, freeze_status) == 107, imbalance_freeze_status);
WB_ASSERT(offsetof(wb_imbalance, num_extensions) == 108, imbalance_num_extensions);
WB_ASSERT(offsetof(wb_imbalance, unpaired_side) == 109, imbalance_unpaired_side);
WB_ASSERT(offsetof(wb_imbalance, significant_imbalance) == 110, imbalance_significant_imbalance);
WB_ASSERT(offsetof(wb_imbalance, reserved) == 111, imbalance_reserved);

/* 80 bytes */
typedef struct wb_statistics {
	wb_record_header hd;
	uint64_t ts_recv;
	uint64_t ts_ref;
	int64_t price;
	int64_t quantity;
	uint32_t sequence;
	int32_t ts_in_delta;
	uint16_t stat_type;
	uint16_t channel_id;
	uint8_t update_action;
	uint8_t stat_flags;
	uint8_t reserved[18];
} wb_statistics;
WB_ASSERT(sizeof(wb_statistics) == 80, size_of_statistics);
WB_ASSERT(offsetof(wb_statistics, hd) == 0, statistics_hd);
WB_ASSERT(offsetof(wb_statistics, ts_recv) == 16, statistics_ts_recv);
WB_ASSERT(offsetof(wb_statistics, ts_ref) == 24, statistics_ts_ref);
WB_ASSERT(offsetof(wb_statistics, price) == 32, statistics_price);
WB_ASSERT(offsetof(wb_statistics, quantity) == 40, statistics_quantity);
WB_ASSERT(offsetof(wb_statistics, sequence) == 48, statistics_sequence);
WB_ASSERT(offsetof(wb_statistics, ts_in_delta) == 52, statistics_ts_in_delta);
WB_ASSERT(offsetof(wb_statistics, stat_type) == 56, statistics_stat_type);
WB_ASSERT(offsetof(wb_statistics, channel_id) == 58, statistics_channel_id);
WB_ASSERT(offsetof(wb_statistics, update_action) == 60, statistics_update_action);
WB_ASSERT(offsetof(wb_statistics, stat_flags) == 61, statistics_stat_flags);
WB_ASSERT(offsetof(wb_statistics, reserved) == 62, statistics_reserved);

/* 520 bytes */
typedef struct wb_definition {
	wb_record_header hd;
	uint64_t ts_recv;
	int64_t min_price_increment;
	int64_t display_factor;
	uint64_t expiration;
	uint64_t activation;
	int64_t high_limit_price;
	int64_t low_limit_price;
	int64_t max_price_variation;
	int64_t unit_of_measure_qty;
	int64_t min_price_increment_amount;
	int64_t price_ratio;
	int64_t strike_price;
	uint64_t raw_instrument_id;
	int64_t leg_price;
	int64_t leg_delta;
	int32_t inst_attrib_value;
	uint32_t underlying_id;
	int32_t market_depth_implied;
	int32_t market_depth;
	uint32_t market_segment_id;
	uint32_t max_trade_vol;
	int32_t min_lot_size;
	int32_t min_lot_size_block;
	int32_t min_lot_size_round_lot;
	uint32_t min_trade_vol;
	int32_t contract_multiplier;
	int32_t decay_quantity;
	int32_t original_contract_size;
	uint32_t leg_instrument_id;
	int32_t leg_ratio_price_numerator;
	int32_t leg_ratio_price_denominator;
	int32_t leg_ratio_qty_numerator;
	int32_t leg_ratio_qty_denominator;
	uint32_t leg_underlying_id;
	int16_t appl_id;
	uint16_t maturity_year;
	uint16_t decay_start_date;
	uint16_t channel_id;
	uint16_t leg_count;
	uint16_t leg_index;
	uint8_t currency[4];
	uint8_t settl_currency[4];
	uint8_t secsubtype[6];
	uint8_t raw_symbol[71];
	uint8_t group[21];
	uint8_t exchange[5];
	uint8_t asset[11];
	uint8_t cfi[7];
	uint8_t security_type[7];
	uint8_t unit_of_measure[31];
	uint8_t underlying[21];
	uint8_t strike_price_currency[4];
	uint8_t leg_raw_symbol[71];
	uint8_t instrument_class;
	uint8_t match_algorithm;
	uint8_t main_fraction;
	uint8_t price_display_format;
	uint8_t sub_fraction;
	uint8_t underlying_product;
	uint8_t security_update_action;
	uint8_t maturity_month;
	uint8_t maturity_day;
	uint8_t maturity_week;
	uint8_t user_defined_instrument;
	int8_t contract_multiplier_unit;
	int8_t flow_schedule_type;
	uint8_t tick_rule;
	uint8_t leg_instrument_class;
	uint8_t leg_side;
	uint8_t reserved[17];
} wb_definition;
WB_ASSERT(sizeof(wb_definition) == 520, size_of_definition);
WB_ASSERT(offsetof(wb_definition, hd) == 0, definition_hd);
WB_ASSERT(offsetof(wb_definition, ts_recv) == 16, definition_ts_recv);
WB_ASSERT(offsetof(wb_definition, min_price_increment) == 24, definition_min_price_increment);
WB_ASSERT(offsetof(wb_definition, display_factor) == 32, definition_display_factor);
WB_ASSERT(offsetof(wb_definition, expiration) == 40, definition_expiration);
WB_ASSERT(offsetof(wb_definition, activation) == 48, definition_activation);
WB_ASSERT(offsetof(wb_definition, high_limit_price) == 56, definition_high_limit_price);
WB_ASSERT(offsetof(wb_definition, low_limit_price) == 64, definition_low_limit_price);
WB_ASSERT(offsetof(wb_definition, max_price_variation) == 72, definition_max_price_variation);
WB_ASSERT(offsetof(wb_definition, unit_of_measure_qty) == 80, definition_unit_of_measure_qty);
WB_ASSERT(offsetof(wb_definition, min_price_increment_amount) == 88, definition_min_price_increment_amount);
WB_ASSERT(offsetof(wb_definition, price_ratio) == 96, definition_price_ratio);
WB_ASSERT(offsetof(wb_definition, strike_price) == 104, definition_strike_price);
WB_ASSERT(offsetof(wb_definition, raw_instrument_id) == 112, definition_raw_instrument_id);
WB_ASSERT(offsetof(wb_definition, leg_price) == 120, definition_leg_price);
WB_ASSERT(offsetof(wb_definition, leg_delta) == 128, definition_leg_delta);
WB_ASSERT(offsetof(wb_definition, inst_attrib_value) == 136, definition_inst_attrib_value);
WB_ASSERT(offsetof(wb_definition, underlying_id) == 140, definition_underlying_id);
WB_ASSERT(offsetof(wb_definition, market_depth_implied) == 144, definition_market_depth_implied);
WB_ASSERT(offsetof(wb_definition, market_depth) == 148, definition_market_depth);
WB_ASSERT(offsetof(wb_definition, market_segment_id) == 152, definition_market_segment_id);
WB_ASSERT(offsetof(wb_definition, max_trade_vol) == 156, definition_max_trade_vol);
WB_ASSERT(offsetof(wb_definition, min_lot_size) == 160, definition_min_lot_size);
WB_ASSERT(offsetof(wb_definition, min_lot_size_block) == 164, definition_min_lot_size_block);
WB_ASSERT(offsetof(wb_definition, min_lot_size_round_lot) == 168, definition_min_lot_size_round_lot);
WB_ASSERT(offsetof(wb_definition, min_trade_vol) == 172, definition_min_trade_vol);
WB_ASSERT(offsetof(wb_definition, contract_multiplier) == 176, definition_contract_multiplier);
WB_ASSERT(offsetof(wb_definition, decay_quantity) == 180, definition_decay_quantity);
WB_ASSERT(offsetof(wb_definition, original_contract_size) == 184, definition_original_contract_size);
WB_ASSERT(offsetof(wb_definition, leg_instrument_id) == 188, definition_leg_instrument_id);
WB_ASSERT(offsetof(wb_definition, leg_ratio_price_numerator) == 192, definition_leg_ratio_price_numerator);
WB_ASSERT(offsetof(wb_definition, leg_ratio_price_denominator) == 196, definition_leg_ratio_price_denominator);
WB_ASSERT(offsetof(wb_definition, leg_ratio_qty_numerator) == 200, definition_leg_ratio_qty_numerator);
WB_ASSERT(offsetof(wb_definition, leg_ratio_qty_denominator) == 204, definition_leg_ratio_qty_denominator);
WB_ASSERT(offsetof(wb_definition, leg_underlying_id) == 208, definition_leg_underlying_id);
WB_ASSERT(offsetof(wb_definition, appl_id) == 212, definition_appl_id);
WB_ASSERT(offsetof(wb_definition, maturity_year) == 214, definition_maturity_year);
WB_ASSERT(offsetof(wb_definition, decay_start_date) == 216, definition_decay_start_date);
WB_ASSERT(offsetof(wb_definition, channel_id) == 218, definition_channel_id);
WB_ASSERT(offsetof(wb_definition, leg_count) == 220, definition_leg_count);
WB_ASSERT(offsetof(wb_definition, leg_index) == 222, definition_leg_index);
WB_ASSERT(offsetof(wb_definition, currency) == 224, definition_currency);
WB_ASSERT(offsetof(wb_definition, settl_currency) == 228, definition_settl_currency);
WB_ASSERT(offsetof(wb_definition, secsubtype) == 232, definition_secsubtype);
WB_ASSERT(offsetof(wb_definition, raw_symbol) == 238, definition_raw_symbol);
WB_ASSERT(offsetof(wb_definition, group) == 309, definition_group);
WB_ASSERT(offsetof(wb_definition, exchange) == 330, definition_exchange);
WB_ASSERT(offsetof(wb_definition, asset) == 335, definition_asset);
WB_ASSERT(offsetof(wb_definition, cfi) == 346, definition_cfi);
WB_ASSERT(offsetof(wb_definition, security_type) == 353, definition_security_type);
WB_ASSERT(offsetof(wb_definition, unit_of_measure) == 360, definition_unit_of_measure);
WB_ASSERT(offsetof(wb_definition, underlying) == 391, definition_underlying);
WB_ASSERT(offsetof(wb_definition, strike_price_currency) == 412, definition_strike_price_currency);
WB_ASSERT(offsetof(wb_definition, leg_raw_symbol) == 416, definition_leg_raw_symbol);
WB_ASSERT(offsetof(wb_definition, instrument_class) == 487, definition_instrument_class);
WB_ASSERT(offsetof(wb_definition, match_algorithm) == 488, definition_match_algorithm);
WB_ASSERT(offsetof(wb_definition, main_fraction) == 489, definition_main_fraction);
WB_ASSERT(offsetof(wb_definition, price_display_format) == 490, definition_price_display_format);
WB_ASSERT(offsetof(wb_definition, sub_fraction) == 491, definition_sub_fraction);
WB_ASSERT(offsetof(wb_definition, underlying_product) == 492, definition_underlying_product);
WB_ASSERT(offsetof(wb_definition, security_update_action) == 493, definition_security_update_action);
WB_ASSERT(offsetof(wb_definition, maturity_month) == 494, definition_maturity_month);
WB_ASSERT(offsetof(wb_definition, maturity_day) == 495, definition_maturity_day);
WB_ASSERT(offsetof(wb_definition, maturity_week) == 496, definition_maturity_week);
WB_ASSERT(offsetof(wb_definition, user_defined_instrument) == 497, definition_user_defined_instrument);
WB_ASSERT(offsetof(wb_definition, contract_multiplier_unit) == 498, definition_contract_multiplier_unit);
WB_ASSERT(offsetof(wb_definition, flow_schedule_type) == 499, definition_flow_schedule_type);
WB_ASSERT(offsetof(wb_definition, tick_rule) == 500, definition_tick_rule);
WB_ASSERT(offsetof(wb_definition, leg_instrument_class) == 501, definition_leg_instrument_class);
WB_ASSERT(offsetof(wb_definition, leg_side) == 502, definition_leg_side);
WB_ASSERT(offsetof(wb_definition, reserved) == 503, definition_reserved);

/* 4096 bytes */
typedef struct wb_ring_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size;
	uint32_t schema;
	uint32_t slot_size;
	uint32_t slot_count;
	uint32_t worker;
	uint32_t body_size;
	uint8_t reserved0[28];
	uint64_t epoch;
	uint64_t epoch_start;
	uint32_t state;
	uint8_t reserved1[44];
	uint64_t head;
	uint8_t reserved2[56];
	uint8_t reserved3[3904];
} wb_ring_header;
WB_ASSERT(sizeof(wb_ring_header) == 4096, size_of_ring_header);
WB_ASSERT(offsetof(wb_ring_header, magic) == 0, ring_header_magic);
WB_ASSERT(offsetof(wb_ring_header, abi) == 8, ring_header_abi);
WB_ASSERT(offsetof(wb_ring_header, header_size) == 12, ring_header_header_size);
WB_ASSERT(offsetof(wb_ring_header, schema) == 16, ring_header_schema);
WB_ASSERT(offsetof(wb_ring_header, slot_size) == 20, ring_header_slot_size);
WB_ASSERT(offsetof(wb_ring_header, slot_count) == 24, ring_header_slot_count);
WB_ASSERT(offsetof(wb_ring_header, worker) == 28, ring_header_worker);
WB_ASSERT(offsetof(wb_ring_header, body_size) == 32, ring_header_body_size);
WB_ASSERT(offsetof(wb_ring_header, reserved0) == 36, ring_header_reserved0);
WB_ASSERT(offsetof(wb_ring_header, epoch) == 64, ring_header_epoch);
WB_ASSERT(offsetof(wb_ring_header, epoch_start) == 72, ring_header_epoch_start);
WB_ASSERT(offsetof(wb_ring_header, state) == 80, ring_header_state);
WB_ASSERT(offsetof(wb_ring_header, reserved1) == 84, ring_header_reserved1);
WB_ASSERT(offsetof(wb_ring_header, head) == 128, ring_header_head);
WB_ASSERT(offsetof(wb_ring_header, reserved2) == 136, ring_header_reserved2);
WB_ASSERT(offsetof(wb_ring_header, reserved3) == 192, ring_header_reserved3);

/* 64 bytes */
typedef struct wb_slot_mbo {
	uint64_t sequence;
	wb_mbo body;
} wb_slot_mbo;
WB_ASSERT(sizeof(wb_slot_mbo) == 64, size_of_slot_mbo);
WB_ASSERT(offsetof(wb_slot_mbo, sequence) == 0, slot_mbo_sequence);
WB_ASSERT(offsetof(wb_slot_mbo, body) == 8, slot_mbo_body);

/* 64 bytes */
typedef struct wb_slot_trade {
	uint64_t sequence;
	wb_trade body;
	uint64_t trade_id;
} wb_slot_trade;
WB_ASSERT(sizeof(wb_slot_trade) == 64, size_of_slot_trade);
WB_ASSERT(offsetof(wb_slot_trade, sequence) == 0, slot_trade_sequence);
WB_ASSERT(offsetof(wb_slot_trade, body) == 8, slot_trade_body);
WB_ASSERT(offsetof(wb_slot_trade, trade_id) == 56, slot_trade_trade_id);

/* 128 bytes */
typedef struct wb_slot_mbp1 {
	uint64_t sequence;
	wb_mbp1 body;
	uint64_t trade_id;
	uint32_t channel;
	uint8_t reserved[28];
} wb_slot_mbp1;
WB_ASSERT(sizeof(wb_slot_mbp1) == 128, size_of_slot_mbp1);
WB_ASSERT(offsetof(wb_slot_mbp1, sequence) == 0, slot_mbp1_sequence);
WB_ASSERT(offsetof(wb_slot_mbp1, body) == 8, slot_mbp1_body);
WB_ASSERT(offsetof(wb_slot_mbp1, trade_id) == 88, slot_mbp1_trade_id);
WB_ASSERT(offsetof(wb_slot_mbp1, channel) == 96, slot_mbp1_channel);
WB_ASSERT(offsetof(wb_slot_mbp1, reserved) == 100, slot_mbp1_reserved);

/* 384 bytes */
typedef struct wb_slot_mbp10 {
	uint64_t sequence;
	wb_mbp10 body;
	uint64_t trade_id;
} wb_slot_mbp10;
WB_ASSERT(sizeof(wb_slot_mbp10) == 384, size_of_slot_mbp10);
WB_ASSERT(offsetof(wb_slot_mbp10, sequence) == 0, slot_mbp10_sequence);
WB_ASSERT(offsetof(wb_slot_mbp10, body) == 8, slot_mbp10_body);
WB_ASSERT(offsetof(wb_slot_mbp10, trade_id) == 376, slot_mbp10_trade_id);

/* 576 bytes */
typedef struct wb_slot_admin {
	uint64_t sequence;
	uint8_t body[520];
	uint64_t trade_id;
	uint32_t channel;
	uint8_t reserved0[4];
	uint64_t unit;
	uint8_t reserved1[24];
} wb_slot_admin;
WB_ASSERT(sizeof(wb_slot_admin) == 576, size_of_slot_admin);
WB_ASSERT(offsetof(wb_slot_admin, sequence) == 0, slot_admin_sequence);
WB_ASSERT(offsetof(wb_slot_admin, body) == 8, slot_admin_body);
WB_ASSERT(offsetof(wb_slot_admin, trade_id) == 528, slot_admin_trade_id);
WB_ASSERT(offsetof(wb_slot_admin, channel) == 536, slot_admin_channel);
WB_ASSERT(offsetof(wb_slot_admin, reserved0) == 540, slot_admin_reserved0);
WB_ASSERT(offsetof(wb_slot_admin, unit) == 544, slot_admin_unit);
WB_ASSERT(offsetof(wb_slot_admin, reserved1) == 552, slot_admin_reserved1);

/* 56 bytes */
typedef struct wb_mark {
	uint64_t ts_recv;
	uint64_t first;
	uint32_t units;
	uint32_t session;
	uint16_t channel;
	uint8_t flags;
	uint8_t reserved;
	int32_t taken_after_ns;
	uint32_t commit_after_ns;
	uint32_t heads[5];
} wb_mark;
WB_ASSERT(sizeof(wb_mark) == 56, size_of_mark);
WB_ASSERT(offsetof(wb_mark, ts_recv) == 0, mark_ts_recv);
WB_ASSERT(offsetof(wb_mark, first) == 8, mark_first);
WB_ASSERT(offsetof(wb_mark, units) == 16, mark_units);
WB_ASSERT(offsetof(wb_mark, session) == 20, mark_session);
WB_ASSERT(offsetof(wb_mark, channel) == 24, mark_channel);
WB_ASSERT(offsetof(wb_mark, flags) == 26, mark_flags);
WB_ASSERT(offsetof(wb_mark, reserved) == 27, mark_reserved);
WB_ASSERT(offsetof(wb_mark, taken_after_ns) == 28, mark_taken_after_ns);
WB_ASSERT(offsetof(wb_mark, commit_after_ns) == 32, mark_commit_after_ns);
WB_ASSERT(offsetof(wb_mark, heads) == 36, mark_heads);

/* 64 bytes */
typedef struct wb_slot_mark {
	uint64_t sequence;
	wb_mark body;
} wb_slot_mark;
WB_ASSERT(sizeof(wb_slot_mark) == 64, size_of_slot_mark);
WB_ASSERT(offsetof(wb_slot_mark, sequence) == 0, slot_mark_sequence);
WB_ASSERT(offsetof(wb_slot_mark, body) == 8, slot_mark_body);

/* 64 bytes */
typedef struct wb_appliance {
	wb_record_header hd;
	uint64_t ts_recv;
	uint8_t kind;
	uint8_t reason;
	uint16_t channel;
	uint32_t session;
	uint64_t counter;
	uint64_t unit;
	uint64_t first;
	uint64_t count;
} wb_appliance;
WB_ASSERT(sizeof(wb_appliance) == 64, size_of_appliance);
WB_ASSERT(offsetof(wb_appliance, hd) == 0, appliance_hd);
WB_ASSERT(offsetof(wb_appliance, ts_recv) == 16, appliance_ts_recv);
WB_ASSERT(offsetof(wb_appliance, kind) == 24, appliance_kind);
WB_ASSERT(offsetof(wb_appliance, reason) == 25, appliance_reason);
WB_ASSERT(offsetof(wb_appliance, channel) == 26, appliance_channel);
WB_ASSERT(offsetof(wb_appliance, session) == 28, appliance_session);
WB_ASSERT(offsetof(wb_appliance, counter) == 32, appliance_counter);
WB_ASSERT(offsetof(wb_appliance, unit) == 40, appliance_unit);
WB_ASSERT(offsetof(wb_appliance, first) == 48, appliance_first);
WB_ASSERT(offsetof(wb_appliance, count) == 56, appliance_count);

/* 4096 bytes */
typedef struct wb_packets_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size;
	uint32_t chunk_bytes;
	uint32_t chunk_count;
	uint32_t worker;
	uint8_t reserved0[36];
	uint64_t epoch;
	uint64_t epoch_start;
	uint32_t state;
	uint8_t reserved1[44];
	uint64_t head;
	uint8_t reserved2[56];
	uint64_t reach;
	uint8_t reserved3[3896];
} wb_packets_header;
WB_ASSERT(sizeof(wb_packets_header) == 4096, size_of_packets_header);
WB_ASSERT(offsetof(wb_packets_header, magic) == 0, packets_header_magic);
WB_ASSERT(offsetof(wb_packets_header, abi) == 8, packets_header_abi);
WB_ASSERT(offsetof(wb_packets_header, header_size) == 12, packets_header_header_size);
WB_ASSERT(offsetof(wb_packets_header, chunk_bytes) == 16, packets_header_chunk_bytes);
WB_ASSERT(offsetof(wb_packets_header, chunk_count) == 20, packets_header_chunk_count);
WB_ASSERT(offsetof(wb_packets_header, worker) == 24, packets_header_worker);
WB_ASSERT(offsetof(wb_packets_header, reserved0) == 28, packets_header_reserved0);
WB_ASSERT(offsetof(wb_packets_header, epoch) == 64, packets_header_epoch);
WB_ASSERT(offsetof(wb_packets_header, epoch_start) == 72, packets_header_epoch_start);
WB_ASSERT(offsetof(wb_packets_header, state) == 80, packets_header_state);
WB_ASSERT(offsetof(wb_packets_header, reserved1) == 84, packets_header_reserved1);
WB_ASSERT(offsetof(wb_packets_header, head) == 128, packets_header_head);
WB_ASSERT(offsetof(wb_packets_header, reserved2) == 136, packets_header_reserved2);
WB_ASSERT(offsetof(wb_packets_header, reach) == 192, packets_header_reach);
WB_ASSERT(offsetof(wb_packets_header, reserved3) == 200, packets_header_reserved3);

/* 48 bytes */
typedef struct wb_packet_header {
	uint64_t sequence;
	uint32_t bytes;
	uint32_t wire_bytes;
	uint64_t ts_recv;
	uint32_t bound_ns;
	uint8_t source;
	uint8_t flags;
	uint8_t kind;
	uint8_t line;
	uint16_t channel;
	uint16_t queue;
	uint8_t verdict;
	uint8_t reserved;
	uint16_t units;
	uint64_t value;
} wb_packet_header;
WB_ASSERT(sizeof(wb_packet_header) == 48, size_of_packet_header);
WB_ASSERT(offsetof(wb_packet_header, sequence) == 0, packet_header_sequence);
WB_ASSERT(offsetof(wb_packet_header, bytes) == 8, packet_header_bytes);
WB_ASSERT(offsetof(wb_packet_header, wire_bytes) == 12, packet_header_wire_bytes);
WB_ASSERT(offsetof(wb_packet_header, ts_recv) == 16, packet_header_ts_recv);
WB_ASSERT(offsetof(wb_packet_header, bound_ns) == 24, packet_header_bound_ns);
WB_ASSERT(offsetof(wb_packet_header, source) == 28, packet_header_source);
WB_ASSERT(offsetof(wb_packet_header, flags) == 29, packet_header_flags);
WB_ASSERT(offsetof(wb_packet_header, kind) == 30, packet_header_kind);
WB_ASSERT(offsetof(wb_packet_header, line) == 31, packet_header_line);
WB_ASSERT(offsetof(wb_packet_header, channel) == 32, packet_header_channel);
WB_ASSERT(offsetof(wb_packet_header, queue) == 34, packet_header_queue);
WB_ASSERT(offsetof(wb_packet_header, verdict) == 36, packet_header_verdict);
WB_ASSERT(offsetof(wb_packet_header, reserved) == 37, packet_header_reserved);
WB_ASSERT(offsetof(wb_packet_header, units) == 38, packet_header_units);
WB_ASSERT(offsetof(wb_packet_header, value) == 40, packet_header_value);

/* 4096 bytes */
typedef struct wb_latest_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size;
	uint32_t slot_size;
	uint32_t capacity;
	uint64_t epoch;
	uint32_t position_schema;
	uint8_t reserved[4060];
} wb_latest_header;
WB_ASSERT(sizeof(wb_latest_header) == 4096, size_of_latest_header);
WB_ASSERT(offsetof(wb_latest_header, magic) == 0, latest_header_magic);
WB_ASSERT(offsetof(wb_latest_header, abi) == 8, latest_header_abi);
WB_ASSERT(offsetof(wb_latest_header, header_size) == 12, latest_header_header_size);
WB_ASSERT(offsetof(wb_latest_header, slot_size) == 16, latest_header_slot_size);
WB_ASSERT(offsetof(wb_latest_header, capacity) == 20, latest_header_capacity);
WB_ASSERT(offsetof(wb_latest_header, epoch) == 24, latest_header_epoch);
WB_ASSERT(offsetof(wb_latest_header, position_schema) == 32, latest_header_position_schema);
WB_ASSERT(offsetof(wb_latest_header, reserved) == 36, latest_header_reserved);

/* 448 bytes */
typedef struct wb_latest_slot {
	uint64_t sequence;
	wb_mbp10 body;
	uint64_t position;
	uint64_t updates;
	uint8_t reserved[56];
} wb_latest_slot;
WB_ASSERT(sizeof(wb_latest_slot) == 448, size_of_latest_slot);
WB_ASSERT(offsetof(wb_latest_slot, sequence) == 0, latest_slot_sequence);
WB_ASSERT(offsetof(wb_latest_slot, body) == 8, latest_slot_body);
WB_ASSERT(offsetof(wb_latest_slot, position) == 376, latest_slot_position);
WB_ASSERT(offsetof(wb_latest_slot, updates) == 384, latest_slot_updates);
WB_ASSERT(offsetof(wb_latest_slot, reserved) == 392, latest_slot_reserved);

/* 32 bytes */
typedef struct wb_section {
	uint64_t offset;
	uint32_t stride;
	uint32_t capacity;
	uint32_t count;
	uint8_t reserved[12];
} wb_section;
WB_ASSERT(sizeof(wb_section) == 32, size_of_section);
WB_ASSERT(offsetof(wb_section, offset) == 0, section_offset);
WB_ASSERT(offsetof(wb_section, stride) == 8, section_stride);
WB_ASSERT(offsetof(wb_section, capacity) == 12, section_capacity);
WB_ASSERT(offsetof(wb_section, count) == 16, section_count);
WB_ASSERT(offsetof(wb_section, reserved) == 20, section_reserved);

/* 128 bytes */
typedef struct wb_clock_block {
	uint64_t sequence;
	uint32_t source;
	uint32_t state;
	int64_t offset_ns;
	uint64_t bound_ns;
	int64_t freq_ppb;
	uint64_t updated_ns;
	uint8_t grandmaster[8];
	int32_t tai_offset;
	uint32_t steps;
	uint8_t device[32];
	uint8_t reserved[32];
} wb_clock_block;
WB_ASSERT(sizeof(wb_clock_block) == 128, size_of_clock_block);
WB_ASSERT(offsetof(wb_clock_block, sequence) == 0, clock_block_sequence);
WB_ASSERT(offsetof(wb_clock_block, source) == 8, clock_block_source);
WB_ASSERT(offsetof(wb_clock_block, state) == 12, clock_block_state);
WB_ASSERT(offsetof(wb_clock_block, offset_ns) == 16, clock_block_offset_ns);
WB_ASSERT(offsetof(wb_clock_block, bound_ns) == 24, clock_block_bound_ns);
WB_ASSERT(offsetof(wb_clock_block, freq_ppb) == 32, clock_block_freq_ppb);
WB_ASSERT(offsetof(wb_clock_block, updated_ns) == 40, clock_block_updated_ns);
WB_ASSERT(offsetof(wb_clock_block, grandmaster) == 48, clock_block_grandmaster);
WB_ASSERT(offsetof(wb_clock_block, tai_offset) == 56, clock_block_tai_offset);
WB_ASSERT(offsetof(wb_clock_block, steps) == 60, clock_block_steps);
WB_ASSERT(offsetof(wb_clock_block, device) == 64, clock_block_device);
WB_ASSERT(offsetof(wb_clock_block, reserved) == 96, clock_block_reserved);

/* 4096 bytes */
typedef struct wb_control_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size;
	uint64_t file_size;
	uint64_t epoch;
	uint32_t state;
	uint32_t writer_pid;
	uint64_t process_start;
	uint64_t start_ns;
	uint8_t reserved0[8];
	uint64_t heartbeat_ns;
	uint8_t reserved1[56];
	uint8_t name[64];
	wb_section rings;
	wb_section channels;
	wb_section lines;
	wb_section counters;
	wb_section instruments;
	wb_section sessions;
	uint8_t reserved2[128];
	wb_clock_block clock;
	uint8_t reserved3[3456];
} wb_control_header;
WB_ASSERT(sizeof(wb_control_header) == 4096, size_of_control_header);
WB_ASSERT(offsetof(wb_control_header, magic) == 0, control_header_magic);
WB_ASSERT(offsetof(wb_control_header, abi) == 8, control_header_abi);
WB_ASSERT(offsetof(wb_control_header, header_size) == 12, control_header_header_size);
WB_ASSERT(offsetof(wb_control_header, file_size) == 16, control_header_file_size);
WB_ASSERT(offsetof(wb_control_header, epoch) == 24, control_header_epoch);
WB_ASSERT(offsetof(wb_control_header, state) == 32, control_header_state);
WB_ASSERT(offsetof(wb_control_header, writer_pid) == 36, control_header_writer_pid);
WB_ASSERT(offsetof(wb_control_header, process_start) == 40, control_header_process_start);
WB_ASSERT(offsetof(wb_control_header, start_ns) == 48, control_header_start_ns);
WB_ASSERT(offsetof(wb_control_header, reserved0) == 56, control_header_reserved0);
WB_ASSERT(offsetof(wb_control_header, heartbeat_ns) == 64, control_header_heartbeat_ns);
WB_ASSERT(offsetof(wb_control_header, reserved1) == 72, control_header_reserved1);
WB_ASSERT(offsetof(wb_control_header, name) == 128, control_header_name);
WB_ASSERT(offsetof(wb_control_header, rings) == 192, control_header_rings);
WB_ASSERT(offsetof(wb_control_header, channels) == 224, control_header_channels);
WB_ASSERT(offsetof(wb_control_header, lines) == 256, control_header_lines);
WB_ASSERT(offsetof(wb_control_header, counters) == 288, control_header_counters);
WB_ASSERT(offsetof(wb_control_header, instruments) == 320, control_header_instruments);
WB_ASSERT(offsetof(wb_control_header, sessions) == 352, control_header_sessions);
WB_ASSERT(offsetof(wb_control_header, reserved2) == 384, control_header_reserved2);
WB_ASSERT(offsetof(wb_control_header, clock) == 512, control_header_clock);
WB_ASSERT(offsetof(wb_control_header, reserved3) == 640, control_header_reserved3);

/* 64 bytes */
typedef struct wb_ring_entry {
	uint8_t file[48];
	uint32_t schema;
	uint32_t worker;
	uint32_t slot_size;
	uint32_t slot_count;
} wb_ring_entry;
WB_ASSERT(sizeof(wb_ring_entry) == 64, size_of_ring_entry);
WB_ASSERT(offsetof(wb_ring_entry, file) == 0, ring_entry_file);
WB_ASSERT(offsetof(wb_ring_entry, schema) == 48, ring_entry_schema);
WB_ASSERT(offsetof(wb_ring_entry, worker) == 52, ring_entry_worker);
WB_ASSERT(offsetof(wb_ring_entry, slot_size) == 56, ring_entry_slot_size);
WB_ASSERT(offsetof(wb_ring_entry, slot_count) == 60, ring_entry_slot_count);

/* 40 bytes */
typedef struct wb_digest {
	uint64_t content;
	uint64_t full;
	uint64_t records;
	uint64_t set_lo;
	uint64_t set_hi;
} wb_digest;
WB_ASSERT(sizeof(wb_digest) == 40, size_of_digest);
WB_ASSERT(offsetof(wb_digest, content) == 0, digest_content);
WB_ASSERT(offsetof(wb_digest, full) == 8, digest_full);
WB_ASSERT(offsetof(wb_digest, records) == 16, digest_records);
WB_ASSERT(offsetof(wb_digest, set_lo) == 24, digest_set_lo);
WB_ASSERT(offsetof(wb_digest, set_hi) == 32, digest_set_hi);

/* 448 bytes */
typedef struct wb_channel_entry {
	uint8_t name[48];
	uint32_t worker;
	uint16_t publisher_id;
	uint8_t reserved0[2];
	uint32_t depth;
	uint8_t reserved1[4];
	wb_digest digests[5];
	uint32_t state;
	uint32_t reason;
	uint64_t state_unit;
	uint64_t state_ns;
	uint32_t session;
	uint8_t reserved2[4];
	uint64_t packets;
	uint64_t messages;
	uint64_t bytes;
	uint64_t next_sequence;
	uint64_t gaps;
	uint64_t gaps_healed;
	uint64_t lost;
	uint64_t stale;
	uint64_t sessions;
	uint64_t instruments;
	uint8_t session_name[16];
	uint64_t appliance;
	uint8_t reserved3[48];
} wb_channel_entry;
WB_ASSERT(sizeof(wb_channel_entry) == 448, size_of_channel_entry);
WB_ASSERT(offsetof(wb_channel_entry, name) == 0, channel_entry_name);
WB_ASSERT(offsetof(wb_channel_entry, worker) == 48, channel_entry_worker);
WB_ASSERT(offsetof(wb_channel_entry, publisher_id) == 52, channel_entry_publisher_id);
WB_ASSERT(offsetof(wb_channel_entry, reserved0) == 54, channel_entry_reserved0);
WB_ASSERT(offsetof(wb_channel_entry, depth) == 56, channel_entry_depth);
WB_ASSERT(offsetof(wb_channel_entry, reserved1) == 60, channel_entry_reserved1);
WB_ASSERT(offsetof(wb_channel_entry, digests) == 64, channel_entry_digests);
WB_ASSERT(offsetof(wb_channel_entry, state) == 264, channel_entry_state);
WB_ASSERT(offsetof(wb_channel_entry, reason) == 268, channel_entry_reason);
WB_ASSERT(offsetof(wb_channel_entry, state_unit) == 272, channel_entry_state_unit);
WB_ASSERT(offsetof(wb_channel_entry, state_ns) == 280, channel_entry_state_ns);
WB_ASSERT(offsetof(wb_channel_entry, session) == 288, channel_entry_session);
WB_ASSERT(offsetof(wb_channel_entry, reserved2) == 292, channel_entry_reserved2);
WB_ASSERT(offsetof(wb_channel_entry, packets) == 296, channel_entry_packets);
WB_ASSERT(offsetof(wb_channel_entry, messages) == 304, channel_entry_messages);
WB_ASSERT(offsetof(wb_channel_entry, bytes) == 312, channel_entry_bytes);
WB_ASSERT(offsetof(wb_channel_entry, next_sequence) == 320, channel_entry_next_sequence);
WB_ASSERT(offsetof(wb_channel_entry, gaps) == 328, channel_entry_gaps);
WB_ASSERT(offsetof(wb_channel_entry, gaps_healed) == 336, channel_entry_gaps_healed);
WB_ASSERT(offsetof(wb_channel_entry, lost) == 344, channel_entry_lost);
WB_ASSERT(offsetof(wb_channel_entry, stale) == 352, channel_entry_stale);
WB_ASSERT(offsetof(wb_channel_entry, sessions) == 360, channel_entry_sessions);
WB_ASSERT(offsetof(wb_channel_entry, instruments) == 368, channel_entry_instruments);
WB_ASSERT(offsetof(wb_channel_entry, session_name) == 376, channel_entry_session_name);
WB_ASSERT(offsetof(wb_channel_entry, appliance) == 392, channel_entry_appliance);
WB_ASSERT(offsetof(wb_channel_entry, reserved3) == 400, channel_entry_reserved3);

/* 448 bytes */
typedef struct wb_line_entry {
	uint8_t name[32];
	uint32_t channel;
	uint32_t line;
	uint32_t state;
	uint8_t reserved0[4];
	uint64_t received;
	uint64_t first;
	uint64_t duplicate;
	uint64_t late;
	uint64_t lost;
	uint64_t recovered;
	uint64_t packets;
	uint64_t bytes;
	uint64_t last_sequence;
	uint64_t last_recv_ns;
	uint64_t lag_histogram[32];
	uint64_t lag_max_ns;
	uint64_t lag_sum_ns;
	uint64_t lag_count;
	uint8_t reserved1[40];
} wb_line_entry;
WB_ASSERT(sizeof(wb_line_entry) == 448, size_of_line_entry);
WB_ASSERT(offsetof(wb_line_entry, name) == 0, line_entry_name);
WB_ASSERT(offsetof(wb_line_entry, channel) == 32, line_entry_channel);
WB_ASSERT(offsetof(wb_line_entry, line) == 36, line_entry_line);
WB_ASSERT(offsetof(wb_line_entry, state) == 40, line_entry_state);
WB_ASSERT(offsetof(wb_line_entry, reserved0) == 44, line_entry_reserved0);
WB_ASSERT(offsetof(wb_line_entry, received) == 48, line_entry_received);
WB_ASSERT(offsetof(wb_line_entry, first) == 56, line_entry_first);
WB_ASSERT(offsetof(wb_line_entry, duplicate) == 64, line_entry_duplicate);
WB_ASSERT(offsetof(wb_line_entry, late) == 72, line_entry_late);
WB_ASSERT(offsetof(wb_line_entry, lost) == 80, line_entry_lost);
WB_ASSERT(offsetof(wb_line_entry, recovered) == 88, line_entry_recovered);
WB_ASSERT(offsetof(wb_line_entry, packets) == 96, line_entry_packets);
WB_ASSERT(offsetof(wb_line_entry, bytes) == 104, line_entry_bytes);
WB_ASSERT(offsetof(wb_line_entry, last_sequence) == 112, line_entry_last_sequence);
WB_ASSERT(offsetof(wb_line_entry, last_recv_ns) == 120, line_entry_last_recv_ns);
WB_ASSERT(offsetof(wb_line_entry, lag_histogram) == 128, line_entry_lag_histogram);
WB_ASSERT(offsetof(wb_line_entry, lag_max_ns) == 384, line_entry_lag_max_ns);
WB_ASSERT(offsetof(wb_line_entry, lag_sum_ns) == 392, line_entry_lag_sum_ns);
WB_ASSERT(offsetof(wb_line_entry, lag_count) == 400, line_entry_lag_count);
WB_ASSERT(offsetof(wb_line_entry, reserved1) == 408, line_entry_reserved1);

/* 128 bytes */
typedef struct wb_counter_entry {
	uint8_t name[48];
	uint8_t label[64];
	uint8_t reserved[8];
	uint64_t value;
} wb_counter_entry;
WB_ASSERT(sizeof(wb_counter_entry) == 128, size_of_counter_entry);
WB_ASSERT(offsetof(wb_counter_entry, name) == 0, counter_entry_name);
WB_ASSERT(offsetof(wb_counter_entry, label) == 48, counter_entry_label);
WB_ASSERT(offsetof(wb_counter_entry, reserved) == 112, counter_entry_reserved);
WB_ASSERT(offsetof(wb_counter_entry, value) == 120, counter_entry_value);

/* 192 bytes */
typedef struct wb_instrument_entry {
	uint64_t revision;
	uint64_t venue_key;
	int64_t tick_size;
	int64_t display_factor;
	uint32_t id;
	uint32_t latest_index;
	uint32_t lot_size;
	uint16_t publisher_id;
	uint16_t channel;
	uint8_t symbol[72];
	uint8_t venue[16];
	uint8_t currency[4];
	uint8_t status;
	uint8_t reserved0[3];
	uint64_t since[5];
	uint32_t next;
	uint32_t state;
} wb_instrument_entry;
WB_ASSERT(sizeof(wb_instrument_entry) == 192, size_of_instrument_entry);
WB_ASSERT(offsetof(wb_instrument_entry, revision) == 0, instrument_entry_revision);
WB_ASSERT(offsetof(wb_instrument_entry, venue_key) == 8, instrument_entry_venue_key);
WB_ASSERT(offsetof(wb_instrument_entry, tick_size) == 16, instrument_entry_tick_size);
WB_ASSERT(offsetof(wb_instrument_entry, display_factor) == 24, instrument_entry_display_factor);
WB_ASSERT(offsetof(wb_instrument_entry, id) == 32, instrument_entry_id);
WB_ASSERT(offsetof(wb_instrument_entry, latest_index) == 36, instrument_entry_latest_index);
WB_ASSERT(offsetof(wb_instrument_entry, lot_size) == 40, instrument_entry_lot_size);
WB_ASSERT(offsetof(wb_instrument_entry, publisher_id) == 44, instrument_entry_publisher_id);
WB_ASSERT(offsetof(wb_instrument_entry, channel) == 46, instrument_entry_channel);
WB_ASSERT(offsetof(wb_instrument_entry, symbol) == 48, instrument_entry_symbol);
WB_ASSERT(offsetof(wb_instrument_entry, venue) == 120, instrument_entry_venue);
WB_ASSERT(offsetof(wb_instrument_entry, currency) == 136, instrument_entry_currency);
WB_ASSERT(offsetof(wb_instrument_entry, status) == 140, instrument_entry_status);
WB_ASSERT(offsetof(wb_instrument_entry, reserved0) == 141, instrument_entry_reserved0);
WB_ASSERT(offsetof(wb_instrument_entry, since) == 144, instrument_entry_since);
WB_ASSERT(offsetof(wb_instrument_entry, next) == 184, instrument_entry_next);
WB_ASSERT(offsetof(wb_instrument_entry, state) == 188, instrument_entry_state);

/* 192 bytes */
typedef struct wb_session_entry {
	uint64_t revision;
	uint64_t epoch;
	uint32_t number;
	uint32_t channel;
	uint32_t worker;
	uint16_t publisher_id;
	uint8_t channel_id;
	uint8_t reserved0[1];
	uint32_t resets;
	uint32_t run_resets;
	uint64_t first;
	uint64_t first_sent_ns;
	uint64_t first_recv_ns;
	uint64_t mark;
	uint64_t since[5];
	uint8_t channel_name[48];
	uint8_t name[32];
} wb_session_entry;
WB_ASSERT(sizeof(wb_session_entry) == 192, size_of_session_entry);
WB_ASSERT(offsetof(wb_session_entry, revision) == 0, session_entry_revision);
WB_ASSERT(offsetof(wb_session_entry, epoch) == 8, session_entry_epoch);
WB_ASSERT(offsetof(wb_session_entry, number) == 16, session_entry_number);
WB_ASSERT(offsetof(wb_session_entry, channel) == 20, session_entry_channel);
WB_ASSERT(offsetof(wb_session_entry, worker) == 24, session_entry_worker);
WB_ASSERT(offsetof(wb_session_entry, publisher_id) == 28, session_entry_publisher_id);
WB_ASSERT(offsetof(wb_session_entry, channel_id) == 30, session_entry_channel_id);
WB_ASSERT(offsetof(wb_session_entry, reserved0) == 31, session_entry_reserved0);
WB_ASSERT(offsetof(wb_session_entry, resets) == 32, session_entry_resets);
WB_ASSERT(offsetof(wb_session_entry, run_resets) == 36, session_entry_run_resets);
WB_ASSERT(offsetof(wb_session_entry, first) == 40, session_entry_first);
WB_ASSERT(offsetof(wb_session_entry, first_sent_ns) == 48, session_entry_first_sent_ns);
WB_ASSERT(offsetof(wb_session_entry, first_recv_ns) == 56, session_entry_first_recv_ns);
WB_ASSERT(offsetof(wb_session_entry, mark) == 64, session_entry_mark);
WB_ASSERT(offsetof(wb_session_entry, since) == 72, session_entry_since);
WB_ASSERT(offsetof(wb_session_entry, channel_name) == 112, session_entry_channel_name);
WB_ASSERT(offsetof(wb_session_entry, name) == 160, session_entry_name);

/* 4096 bytes */
typedef struct wb_readers_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t header_size;
	uint32_t entries;
	uint32_t entry_size;
	uint32_t doorbells;
	uint8_t reserved0[4];
	uint64_t epoch;
	uint8_t reserved1[24];
	uint32_t state;
	uint8_t reserved2[60];
	uint32_t round;
	uint8_t reserved3[60];
	uint8_t reserved4[3904];
} wb_readers_header;
WB_ASSERT(sizeof(wb_readers_header) == 4096, size_of_readers_header);
WB_ASSERT(offsetof(wb_readers_header, magic) == 0, readers_header_magic);
WB_ASSERT(offsetof(wb_readers_header, abi) == 8, readers_header_abi);
WB_ASSERT(offsetof(wb_readers_header, header_size) == 12, readers_header_header_size);
WB_ASSERT(offsetof(wb_readers_header, entries) == 16, readers_header_entries);
WB_ASSERT(offsetof(wb_readers_header, entry_size) == 20, readers_header_entry_size);
WB_ASSERT(offsetof(wb_readers_header, doorbells) == 24, readers_header_doorbells);
WB_ASSERT(offsetof(wb_readers_header, reserved0) == 28, readers_header_reserved0);
WB_ASSERT(offsetof(wb_readers_header, epoch) == 32, readers_header_epoch);
WB_ASSERT(offsetof(wb_readers_header, reserved1) == 40, readers_header_reserved1);
WB_ASSERT(offsetof(wb_readers_header, state) == 64, readers_header_state);
WB_ASSERT(offsetof(wb_readers_header, reserved2) == 68, readers_header_reserved2);
WB_ASSERT(offsetof(wb_readers_header, round) == 128, readers_header_round);
WB_ASSERT(offsetof(wb_readers_header, reserved3) == 132, readers_header_reserved3);
WB_ASSERT(offsetof(wb_readers_header, reserved4) == 192, readers_header_reserved4);

/* 64 bytes */
typedef struct wb_doorbell_line {
	uint32_t word;
	uint8_t reserved[60];
} wb_doorbell_line;
WB_ASSERT(sizeof(wb_doorbell_line) == 64, size_of_doorbell_line);
WB_ASSERT(offsetof(wb_doorbell_line, word) == 0, doorbell_line_word);
WB_ASSERT(offsetof(wb_doorbell_line, reserved) == 4, doorbell_line_reserved);

/* 256 bytes */
typedef struct wb_reader_entry {
	uint64_t claim;
	uint64_t process_start;
	uint64_t since_ns;
	uint32_t schema;
	uint32_t worker;
	uint32_t policy;
	uint8_t reserved0[28];
	uint8_t language[16];
	uint8_t name[48];
	uint64_t position;
	uint64_t lapped;
	uint64_t heartbeat_ns;
	uint32_t asleep;
	uint8_t reserved1[36];
	uint8_t reserved2[64];
} wb_reader_entry;
WB_ASSERT(sizeof(wb_reader_entry) == 256, size_of_reader_entry);
WB_ASSERT(offsetof(wb_reader_entry, claim) == 0, reader_entry_claim);
WB_ASSERT(offsetof(wb_reader_entry, process_start) == 8, reader_entry_process_start);
WB_ASSERT(offsetof(wb_reader_entry, since_ns) == 16, reader_entry_since_ns);
WB_ASSERT(offsetof(wb_reader_entry, schema) == 24, reader_entry_schema);
WB_ASSERT(offsetof(wb_reader_entry, worker) == 28, reader_entry_worker);
WB_ASSERT(offsetof(wb_reader_entry, policy) == 32, reader_entry_policy);
WB_ASSERT(offsetof(wb_reader_entry, reserved0) == 36, reader_entry_reserved0);
WB_ASSERT(offsetof(wb_reader_entry, language) == 64, reader_entry_language);
WB_ASSERT(offsetof(wb_reader_entry, name) == 80, reader_entry_name);
WB_ASSERT(offsetof(wb_reader_entry, position) == 128, reader_entry_position);
WB_ASSERT(offsetof(wb_reader_entry, lapped) == 136, reader_entry_lapped);
WB_ASSERT(offsetof(wb_reader_entry, heartbeat_ns) == 144, reader_entry_heartbeat_ns);
WB_ASSERT(offsetof(wb_reader_entry, asleep) == 152, reader_entry_asleep);
WB_ASSERT(offsetof(wb_reader_entry, reserved1) == 156, reader_entry_reserved1);
WB_ASSERT(offsetof(wb_reader_entry, reserved2) == 192, reader_entry_reserved2);

/* The largest payload wb_ring_next copies: an admin slot without its sequence. */
#define WB_MAX_PAYLOAD 568

/* What a reader's call found. */
typedef enum wb_result {
	WB_EMPTY = 0,        /* nothing new */
	WB_RECORD = 1,       /* a whole record was copied */
	WB_LAPPED = 2,       /* ring.lost records were overwritten unread; ring.pos is where it goes on */
	WB_NEW_EPOCH = 3,    /* records from here on come from a newer run: forget every book */
	WB_STALE_WRITER = 4, /* nothing new, and the writer's heartbeat is old: said once for each silence */
	WB_STOPPED = 5,      /* nothing new ever in this file: the writer ended in good order, or made a new file */
	WB_CORRUPT = 6,      /* no writer of ours left this */
	WB_SHORT_BUFFER = 7
} wb_result;

typedef struct wb_map {
	const unsigned char *mem;
	size_t size;
} wb_map;

/* What tells whether the writer lives: the control file beside a ring. Without one nothing is said. */
typedef struct wb_heart {
	uint64_t stale_ns; /* how old a heartbeat may be; 0 to never say WB_STALE_WRITER */
	uint64_t check_at, stale_at;
	wb_map control;
	char beside[1024];
} wb_heart;

typedef struct wb_ring {
	wb_map map;
	const unsigned char *slots;
	uint64_t mask, slot_size, payload, body;
	uint64_t pos;   /* of the record the next call reads */
	uint64_t epoch; /* acknowledged */
	uint64_t lost;  /* by the last WB_LAPPED */
	uint64_t lost_total;
	uint64_t missed; /* records of the epoch that were overwritten before this reader began (wb_ring_seek_oldest) */
	uint32_t schema, worker;
	wb_heart heart;
} wb_ring;

static inline uint64_t wb_load(const void *p) { return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE); }
static inline uint32_t wb_load32(const void *p) { return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE); }

/* Copy word by word, so that no word is torn. */
static inline void wb_copy(void *dst, const void *src, size_t size) {
	size_t i;
	uint64_t w;
	for (i = 0; i < size / 8; i++) {
		w = __atomic_load_n((const uint64_t *)src + i, __ATOMIC_RELAXED);
		memcpy((unsigned char *)dst + 8 * i, &w, 8);
	}
}

static inline int wb_fail(char *err, size_t n, const char *path, const char *what) {
	if (err && n && snprintf(err, n, "%s: %s", path, what) >= (int)n)
		err[n - 1] = 0; /* cut: gcc warns of a cut that nobody looks at */
	return -1;
}

static inline void wb_unmap(wb_map *m) {
	if (m->mem)
		munmap((void *)m->mem, m->size);
	m->mem = NULL;
	m->size = 0;
}

/* An absolute path without empty steps, "." and "..". */
static inline void wb_clean(char *path) {
	char *out = path, *in = path;
	while (*in) {
		size_t len;
		while (*in == '/')
			in++;
		len = strcspn(in, "/");
		if (len == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len && !(len == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	*out = 0;
}

#define WB_PATH 4096

/* Walk from / to a file and see who may have put it there: a folder that others may write must be sticky, and what lies in it
 * must be root's, ours or the folder owner's. Links are followed where that holds. full gets the path without links, owner
 * that of its folder. 0, or -1 with the reason in err. */
static inline int wb_walk(const char *path, char full[WB_PATH], uid_t *owner, char *err, size_t n) {
	char target[WB_PATH], why[96];
	struct stat dir, st;
	char *at, *end;
	int hidden, links = 0;
	uid_t self = geteuid(), also = self;
	size_t have = 0;
	if (path[0] != '/') {
		if (!getcwd(full, WB_PATH))
			return wb_fail(err, n, path, strerror(errno));
		have = strlen(full);
		full[have++] = '/';
	}
	if (have + strlen(path) >= WB_PATH)
		return wb_fail(err, n, path, "path too long");
	memcpy(full + have, path, strlen(path) + 1);
again:
	wb_clean(full);
	if (lstat("/", &dir) != 0)
		return wb_fail(err, n, "/", strerror(errno));
	for (at = full, hidden = 0; *at; at = end) {
		char rest;
		end = at + 1 + strcspn(at + 1, "/");
		rest = *end;
		*end = 0;
		if (lstat(full, &st) != 0)
			return wb_fail(err, n, full, strerror(errno));
		if (!hidden && (dir.st_mode & 022) != 0) {
			if ((dir.st_mode & 01000) == 0) {
				*at = 0;
				return wb_fail(err, n, at == full ? "/" : full, "not to be relied on: others than its owner may write in it");
			}
			if (st.st_uid != 0 && st.st_uid != self && st.st_uid != also && st.st_uid != dir.st_uid) {
				snprintf(why, sizeof why, "not to be relied on: uid %lu made it where anybody could", (unsigned long)st.st_uid);
				return wb_fail(err, n, full, why);
			}
		}
		if (S_ISLNK(st.st_mode)) {
			ssize_t len = readlink(full, target, sizeof target);
			*end = rest;
			if (len <= 0 || ++links > 20)
				return wb_fail(err, n, path, "a link that leads nowhere");
			if (!rest)
				also = dir.st_uid; /* a ring on huge pages: its link is the folder owner's word */
			have = target[0] == '/' ? 0 : (size_t)(at - full) + 1;
			if (have + (size_t)len + strlen(end) >= WB_PATH)
				return wb_fail(err, n, path, "path too long");
			memmove(full + have + len, end, strlen(end) + 1);
			memcpy(full + have, target, (size_t)len);
			goto again;
		}
		*end = rest;
		if (!rest)
			break;
		hidden |= (st.st_mode & 011) == 0;
		dir = st;
	}
	*owner = dir.st_uid;
	return 0;
}

/* Map a file read-only and check that it is ours and of our version. 0, or -1 with a message in err. */
static inline int wb_map_file(wb_map *m, const char *path, uint64_t magic, char *err, size_t n) {
	struct stat st;
	char full[WB_PATH];
	void *p;
	uint64_t got;
	uint32_t abi;
	uid_t owner = 0;
	int fd;
	m->mem = NULL;
	m->size = 0;
	if (wb_walk(path, full, &owner, err, n) != 0)
		return -1;
	fd = open(full, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return wb_fail(err, n, path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)WB_HEADER_BYTES) {
		close(fd);
		return wb_fail(err, n, path, "shorter than its header, or not a regular file");
	}
	if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != owner) {
		close(fd);
		return wb_fail(err, n, path, "not to be relied on: it belongs to another user than its folder");
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return wb_fail(err, n, path, strerror(errno));
	m->mem = (const unsigned char *)p;
	m->size = (size_t)st.st_size;
	got = wb_load(m->mem);
	memcpy(&abi, m->mem + 8, 4);
	if (got != magic) {
		wb_unmap(m);
		return wb_fail(err, n, path, got ? "foreign file: wrong magic" : "not laid out yet");
	}
	if (abi != WB_ABI_VERSION) {
		char what[96];
		snprintf(what, sizeof what, "written with ABI version %u, this reader knows version %u", abi, WB_ABI_VERSION);
		wb_unmap(m);
		return wb_fail(err, n, path, what);
	}
	return 0;
}

static inline const uint64_t *wb_slot(const wb_ring *r, uint64_t pos) {
	return (const uint64_t *)(r->slots + (pos & r->mask) * r->slot_size);
}

static inline const wb_ring_header *wb_ring_head(const wb_ring *r) { return (const wb_ring_header *)r->map.mem; }

/* The sequence word of a whole record at a position. With bit 0 set: being written. */
static inline uint64_t wb_committed(uint64_t pos) { return (pos + 1) << 1; }

/* The position the next record will get, as far as can be seen. */
static inline uint64_t wb_ring_edge(const wb_ring *r) {
	uint64_t i, v, p, head = wb_load(&wb_ring_head(r)->head);
	if (head >= (uint64_t)1 << 62)
		head = 0;
	else if (head && wb_load(wb_slot(r, head - 1)) < wb_committed(head - 1))
		return 0;
	for (i = 0; i <= r->mask; i++) {
		v = wb_load(wb_slot(r, head));
		p = (v >> 1) - 1;
		if (v < wb_committed(head) || (p & r->mask) != (head & r->mask) || p >= (uint64_t)1 << 62)
			break;
		head = p;
		if (v & 1)
			break;
		head++;
	}
	return head;
}

static inline uint64_t wb_ring_seek_edge(wb_ring *r) {
	r->missed = 0;
	return r->pos = wb_ring_edge(r);
}

/* The oldest record of the running epoch: what an earlier run of the writer left in front of it is not told.
 * r->missed says how many records of this run were overwritten before. */
static inline uint64_t wb_ring_seek_oldest(wb_ring *r) {
	uint64_t head = wb_ring_edge(r), start = wb_load(&wb_ring_head(r)->epoch_start);
	r->pos = head > r->mask + 1 ? head - r->mask - 1 : 0;
	r->missed = 0;
	if (start <= head) {
		if (start > r->pos)
			r->pos = start;
		r->missed = r->pos - start;
	}
	return r->pos;
}

#define WB_STALE_NS 2000000000u /* how old a heartbeat may be, unless heart.stale_ns says otherwise */
#define WB_CHECK_NS 50000000u

static inline uint32_t wb_header_state(const wb_map *control) { return wb_load32(&((const wb_control_header *)control->mem)->state); }

static inline int wb_header_stale(const wb_map *control, uint64_t now_ns, uint64_t limit_ns) {
	uint64_t beat = wb_load(&((const wb_control_header *)control->mem)->heartbeat_ns);
	return wb_header_state(control) < WB_STATE_STOPPED && now_ns > beat && now_ns - beat > limit_ns;
}

/* Map the control file as it is now. Without one, or while a new writer is at work on it, the old one stays. */
static inline void wb_heart_find(wb_heart *h) {
	wb_map m;
	if (h->beside[0] && wb_map_file(&m, h->beside, WB_MAGIC_CONTROL, NULL, 0) == 0) {
		wb_unmap(&h->control);
		h->control = m;
	}
}

static inline void wb_heart_open(wb_heart *h, const char *ring) {
	const char *slash = strrchr(ring, '/');
	size_t len = slash ? (size_t)(slash - ring) + 1 : 0;
	h->stale_ns = WB_STALE_NS;
	if (len + sizeof "control" > sizeof h->beside)
		return;
	memcpy(h->beside, ring, len);
	memcpy(h->beside + len, "control", sizeof "control");
	wb_heart_find(h);
}

/* WB_EMPTY, or WB_STALE_WRITER once for each silence. Looks every 50 ms. */
static inline wb_result wb_heart_ask(wb_heart *h) {
	struct timespec ts;
	uint64_t now, beat;
	if (!h->control.mem || h->stale_ns == 0 || clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return WB_EMPTY;
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	if (now < h->check_at && h->check_at - now <= WB_CHECK_NS) /* or the clock was set back */
		return WB_EMPTY;
	h->check_at = now + WB_CHECK_NS;
	if (wb_header_state(&h->control) >= WB_STATE_STOPPED || wb_header_stale(&h->control, now, h->stale_ns))
		wb_heart_find(h); /* a newer run may have made another */
	beat = wb_load(&((const wb_control_header *)h->control.mem)->heartbeat_ns);
	if (!wb_header_stale(&h->control, now, h->stale_ns) || beat == h->stale_at)
		return WB_EMPTY;
	h->stale_at = beat;
	return WB_STALE_WRITER;
}

/* Open a ring, standing at its oldest record. 0, or -1 with a message in err. */
static inline int wb_ring_open(wb_ring *r, const char *path, char *err, size_t n) {
	wb_ring_header h;
	memset(r, 0, sizeof *r);
	if (wb_map_file(&r->map, path, WB_MAGIC_RING, err, n))
		return -1;
	memcpy(&h, r->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.schema > WB_SCHEMA_MARKS || h.slot_size != wb_slot_sizes[h.schema] ||
	    h.body_size != wb_body_sizes[h.schema] || h.slot_count < 2 || h.slot_count > WB_MAX_SLOTS ||
	    (h.slot_count & (h.slot_count - 1)) != 0 ||
	    r->map.size < WB_HEADER_BYTES + (uint64_t)h.slot_count * h.slot_size) {
		wb_unmap(&r->map);
		return wb_fail(err, n, path, "damaged or truncated ring header");
	}
	r->slots = r->map.mem + WB_HEADER_BYTES;
	r->mask = h.slot_count - 1;
	r->slot_size = h.slot_size;
	r->payload = h.slot_size - 8;
	r->body = h.body_size;
	r->schema = h.schema;
	r->worker = h.worker;
	r->epoch = wb_load(&wb_ring_head(r)->epoch);
	wb_ring_seek_oldest(r);
	wb_heart_open(&r->heart, path);
	return 0;
}

static inline void wb_ring_close(wb_ring *r) {
	wb_unmap(&r->map);
	wb_unmap(&r->heart.control);
}

static inline wb_result wb_ring_look(wb_ring *r) {
	uint64_t p = r->pos, want = wb_committed(p), seq = wb_load(wb_slot(r, p));
	uint64_t epoch = wb_load(&wb_ring_head(r)->epoch), next, head;
	if (epoch != r->epoch) {
		uint64_t start = wb_load(&wb_ring_head(r)->epoch_start);
		if (p >= start) {
			r->epoch = epoch;
			if (p > wb_ring_edge(r) && start < (uint64_t)1 << 62)
				r->pos = start;
			return WB_NEW_EPOCH;
		}
	}
	if (seq == want)
		return WB_RECORD;
	if (seq < want || seq == (want | 1)) {
		if (seq == 1 || (seq && (((seq >> 1) - 1) & r->mask) != (p & r->mask)))
			return WB_CORRUPT;
		if (seq < want && wb_load32(&wb_ring_head(r)->state) >= WB_STATE_STOPPED && wb_ring_edge(r) <= p)
			return WB_STOPPED;
		return WB_EMPTY;
	}
	next = seq >> 1;
	if (((next - 1) & r->mask) != (p & r->mask) || next > (uint64_t)1 << 62)
		return WB_CORRUPT;
	head = wb_ring_edge(r);
	if (head > next)
		next = head;
	next -= (r->mask + 1) / 2;
	if (next <= p)
		next = p + 1;
	r->lost = next - p;
	r->lost_total += r->lost;
	r->pos = next;
	return WB_LAPPED;
}

/* Copy the record at r->pos into dst (r->payload bytes: body, then extras) and move on.
 * Copy, then check again: the writer marks a slot before it touches the payload, so a torn copy never passes. */
static inline wb_result wb_ring_next(wb_ring *r, void *dst, size_t size) {
	const uint64_t *slot = wb_slot(r, r->pos);
	uint64_t want = wb_committed(r->pos);
	wb_result res;
	if (size < r->payload)
		return WB_SHORT_BUFFER;
	if (wb_load(slot) != want || wb_load(&wb_ring_head(r)->epoch) != r->epoch) {
		res = wb_ring_look(r);
		if (res == WB_EMPTY)
			return wb_heart_ask(&r->heart);
		if (res != WB_RECORD)
			return res;
	}
	wb_copy(dst, slot + 1, r->payload);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) != want) {
		res = wb_ring_look(r);
		return res == WB_RECORD ? WB_EMPTY : res;
	}
	r->pos++;
	return WB_RECORD;
}

/* The trade id in a payload, 0 where there is none. */
static inline uint64_t wb_ring_extra(const wb_ring *r, const void *payload) {
	uint64_t v = 0;
	if (r->body + 8 <= r->payload)
		memcpy(&v, (const unsigned char *)payload + r->body, 8);
	return v;
}

/* The packets ring: every input of the worker, in the order in which it was taken. Positions, lost and missed count bytes. */
typedef struct wb_packets {
	wb_map map;
	const unsigned char *chunks;
	uint64_t chunk; /* bytes of one: no record is larger */
	uint64_t mask;  /* bytes of all, less 1 */
	uint64_t pos;   /* of the record the next call reads */
	uint64_t at;    /* of the record the last call copied */
	uint64_t epoch, lost, lost_total, missed;
	uint32_t worker;
	wb_heart heart;
} wb_packets;

#define WB_MAX_POSITION ((uint64_t)1 << 62)

static inline const wb_packets_header *wb_packets_head(const wb_packets *r) { return (const wb_packets_header *)r->map.mem; }

static inline const uint64_t *wb_packets_word(const wb_packets *r, uint64_t p) {
	return (const uint64_t *)(r->chunks + (p & r->mask));
}

/* What a record with n bytes of payload takes. */
static inline uint64_t wb_packet_size(uint64_t n) { return (sizeof(wb_packet_header) + n + 15) & ~(uint64_t)15; }

static inline uint64_t wb_packets_reach(const wb_packets *r) { return wb_load(&wb_packets_head(r)->reach); }

/* Whether the writer may have touched the record at p, having announced reach. */
static inline int wb_packets_gone(const wb_packets *r, uint64_t p, uint64_t reach) { return reach > p + r->mask + 1; }

static inline uint64_t wb_packets_next_chunk(const wb_packets *r, uint64_t p) { return (p & ~(r->chunk - 1)) + r->chunk; }

/* The newest chunk that begins with a whole record. */
static inline uint64_t wb_packets_newest(const wb_packets *r) {
	uint64_t newest = 0, i, v, p;
	for (i = 0; i <= r->mask; i += r->chunk) {
		v = wb_load(wb_packets_word(r, i));
		p = v & ~(uint64_t)15;
		if (v == (p | WB_PACKET_WHOLE) && (p & r->mask) == i && p < WB_MAX_POSITION && p > newest)
			newest = p;
	}
	return newest;
}

/* The end of the records that follow one another from p on: at most as many as the ring can have. */
static inline uint64_t wb_packets_walk(const wb_packets *r, uint64_t p) {
	uint64_t far = p + r->mask, v, end;
	while (p < far) {
		v = wb_load(wb_packets_word(r, p));
		end = wb_packets_next_chunk(r, p);
		if (v == (p | WB_PACKET_WHOLE)) {
			uint64_t behind = p + wb_packet_size((uint32_t)wb_load(wb_packets_word(r, p + 8)));
			if (behind > end)
				break;
			end = behind;
		} else if (v != (p | WB_PACKET_SKIP) || (p & (r->chunk - 1)) == 0) {
			break;
		}
		p = end;
	}
	return p;
}

/* The position the next record will get, as far as can be seen. */
static inline uint64_t wb_packets_edge(const wb_packets *r) {
	uint64_t reach, head, edge;
	int tries;
	for (tries = 0; tries < 4; tries++) {
		head = wb_load(&wb_packets_head(r)->head);
		if (head >= WB_MAX_POSITION || head % 16 != 0 || wb_packets_gone(r, head, wb_packets_reach(r)))
			head = wb_packets_newest(r);
		edge = wb_packets_walk(r, head);
		if (!wb_packets_gone(r, head, wb_packets_reach(r)))
			return edge; /* nothing that was walked over has been touched since */
	}
	reach = wb_packets_reach(r);
	return reach >= WB_MAX_POSITION || reach < r->mask + 1 ? 0 : reach & ~(r->chunk - 1);
}

static inline uint64_t wb_packets_seek_edge(wb_packets *r) {
	r->missed = 0;
	return r->pos = wb_packets_edge(r);
}

static inline uint64_t wb_packets_seek_oldest(wb_packets *r) {
	uint64_t reach = wb_packets_reach(r) & ~(r->chunk - 1), start = wb_load(&wb_packets_head(r)->epoch_start) & ~(uint64_t)15;
	r->pos = reach > r->mask + 1 && reach < WB_MAX_POSITION ? reach - r->mask - 1 : 0;
	r->missed = 0;
	if (start < WB_MAX_POSITION && start <= reach) {
		uint64_t oldest = r->pos;
		if (start > r->pos)
			r->pos = start;
		r->missed = oldest > start ? oldest - start : 0;
	}
	return r->pos;
}

/* Open a packets ring, standing at its oldest record. 0, or -1 with a message in err. */
static inline int wb_packets_open(wb_packets *r, const char *path, char *err, size_t n) {
	wb_packets_header h;
	memset(r, 0, sizeof *r);
	if (wb_map_file(&r->map, path, WB_MAGIC_PACKETS, err, n))
		return -1;
	memcpy(&h, r->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.chunk_bytes < WB_MIN_CHUNK_BYTES || h.chunk_bytes > WB_MAX_CHUNK_BYTES ||
	    (h.chunk_bytes & (h.chunk_bytes - 1)) != 0 || h.chunk_count < WB_MIN_CHUNKS || h.chunk_count > WB_MAX_CHUNKS ||
	    (h.chunk_count & (h.chunk_count - 1)) != 0 ||
	    r->map.size < WB_HEADER_BYTES + (uint64_t)h.chunk_bytes * h.chunk_count) {
		wb_unmap(&r->map);
		return wb_fail(err, n, path, "damaged or truncated packets ring header");
	}
	r->chunks = r->map.mem + WB_HEADER_BYTES;
	r->chunk = h.chunk_bytes;
	r->mask = (uint64_t)h.chunk_bytes * h.chunk_count - 1;
	r->worker = h.worker;
	r->epoch = wb_load(&wb_packets_head(r)->epoch);
	wb_packets_seek_oldest(r);
	wb_heart_open(&r->heart, path);
	return 0;
}

static inline void wb_packets_close(wb_packets *r) {
	wb_unmap(&r->map);
	wb_unmap(&r->heart.control);
}

/* Move to a chunk's begin half a ring behind the writer: surely where a record begins. */
static inline wb_result wb_packets_lapped(wb_packets *r, uint64_t reach) {
	uint64_t resume;
	if (reach >= WB_MAX_POSITION)
		return WB_CORRUPT;
	resume = (reach - (r->mask + 1) / 2) & ~(r->chunk - 1);
	r->lost = resume - r->pos;
	r->lost_total += r->lost;
	r->pos = resume;
	return WB_LAPPED;
}

static inline wb_result wb_packets_look(wb_packets *r) {
	const wb_packets_header *h = wb_packets_head(r);
	int tries, stopped, behind;
	for (tries = 0; tries < 4; tries++) {
		uint64_t p = r->pos, seq = wb_load(wb_packets_word(r, p)), epoch = wb_load(&h->epoch), start, reach, head;
		if (epoch != r->epoch && p >= (start = wb_load(&h->epoch_start))) {
			r->epoch = epoch;
			if (p > wb_packets_edge(r) && start < WB_MAX_POSITION)
				r->pos = start & ~(uint64_t)15;
			return WB_NEW_EPOCH;
		}
		reach = wb_packets_reach(r);
		if (wb_packets_gone(r, p, reach))
			return wb_packets_lapped(r, reach);
		if (seq == (p | WB_PACKET_WHOLE))
			return WB_RECORD;
		if (seq == (p | WB_PACKET_SKIP) && (p & (r->chunk - 1)) != 0) {
			r->pos = wb_packets_next_chunk(r, p);
			continue;
		}
		stopped = wb_load32(&h->state) >= WB_STATE_STOPPED;
		head = wb_load(&h->head);
		behind = p < head && head < WB_MAX_POSITION;
		if ((stopped || behind) && wb_load(wb_packets_word(r, p)) != seq)
			continue; /* something has come since */
		if (behind) {
			reach = wb_packets_reach(r);
			return wb_packets_gone(r, p, reach) ? wb_packets_lapped(r, reach) : WB_CORRUPT;
		}
		return stopped ? WB_STOPPED : WB_EMPTY;
	}
	return WB_EMPTY;
}

/* Copy the record at r->pos into dst (a buffer of r->chunk bytes): its wb_packet_header, then the payload. Move on.
 * The sequence word says that a whole record was there; reach, loaded behind the copy, that it was there to the end. */
static inline wb_result wb_packets_next(wb_packets *r, void *dst, size_t size) {
	uint64_t p = r->pos, n, whole, reach;
	uint32_t bytes;
	wb_result res;
	int fits;
	if (size < r->chunk)
		return WB_SHORT_BUFFER;
	if (wb_load(wb_packets_word(r, p)) != (p | WB_PACKET_WHOLE) || wb_load(&wb_packets_head(r)->epoch) != r->epoch) {
		res = wb_packets_look(r);
		if (res == WB_EMPTY)
			return wb_heart_ask(&r->heart);
		if (res != WB_RECORD)
			return res;
		p = r->pos;
	}
	bytes = (uint32_t)wb_load(wb_packets_word(r, p + 8)); /* once: the memory may say something else by now */
	n = wb_packet_size(bytes);
	fits = (p & (r->chunk - 1)) + n <= r->chunk;
	if (fits)
		wb_copy(dst, wb_packets_word(r, p), n);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	reach = wb_packets_reach(r);
	if (wb_packets_gone(r, p, reach))
		return wb_packets_lapped(r, reach);
	if (!fits)
		return WB_CORRUPT;
	whole = p | WB_PACKET_WHOLE;
	memcpy(dst, &whole, 8);
	memcpy((unsigned char *)dst + 8, &bytes, 4);
	r->at = p;
	r->pos = p + n;
	return WB_RECORD;
}

/* The latest table: the last book of every instrument. */
typedef struct wb_latest {
	wb_map map;
	uint32_t capacity, schema;
} wb_latest;

static inline int wb_latest_open(wb_latest *l, const char *path, char *err, size_t n) {
	wb_latest_header h;
	memset(l, 0, sizeof *l);
	if (wb_map_file(&l->map, path, WB_MAGIC_LATEST, err, n))
		return -1;
	memcpy(&h, l->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.slot_size != sizeof(wb_latest_slot) || h.capacity == 0 ||
	    h.capacity > WB_MAX_LATEST || h.position_schema >= WB_SCHEMA_COUNT ||
	    l->map.size < WB_HEADER_BYTES + (uint64_t)h.capacity * sizeof(wb_latest_slot)) {
		wb_unmap(&l->map);
		return wb_fail(err, n, path, "damaged or truncated latest table");
	}
	l->capacity = h.capacity;
	l->schema = h.position_schema;
	return 0;
}

static inline void wb_latest_close(wb_latest *l) { wb_unmap(&l->map); }

/* Copy the last book of slot index. 1 with the ring position to go on from, or 0: no book. */
static inline int wb_latest_read(const wb_latest *l, uint32_t index, wb_mbp10 *book, uint64_t *pos) {
	const uint64_t *s;
	int tries;
	size_t i;
	if (index >= l->capacity)
		return 0;
	s = (const uint64_t *)(l->map.mem + WB_HEADER_BYTES + (size_t)index * sizeof(wb_latest_slot));
	for (tries = 0; tries < 1000; tries++) {
		uint64_t seq = wb_load(s), w, updates;
		if (seq == 0)
			return 0;
		if (seq & 1)
			continue;
		for (i = 0; i < sizeof *book / 8; i++) {
			w = __atomic_load_n(s + 1 + i, __ATOMIC_RELAXED);
			memcpy((unsigned char *)book + 8 * i, &w, 8);
		}
		*pos = __atomic_load_n(s + 1 + i, __ATOMIC_RELAXED);
		updates = __atomic_load_n(s + 2 + i, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(s, __ATOMIC_RELAXED) == seq)
			return updates != 0;
	}
	return 0;
}

/* The control file: who writes, and what the ids mean. */
typedef struct wb_control {
	wb_map map;
	wb_control_header h; /* the checked copy */
} wb_control;

static inline int wb_section_ok(const wb_control *c, const wb_section *s, uint64_t stride, uint32_t most) {
	return s->stride == stride && s->capacity <= most && s->offset % 8 == 0 && s->offset >= WB_HEADER_BYTES &&
	       s->offset <= c->h.file_size && (uint64_t)s->capacity * stride <= c->h.file_size - s->offset;
}

static inline int wb_control_open(wb_control *c, const char *path, char *err, size_t n) {
	memset(c, 0, sizeof *c);
	if (wb_map_file(&c->map, path, WB_MAGIC_CONTROL, err, n))
		return -1;
	memcpy(&c->h, c->map.mem, sizeof c->h);
	if (c->h.header_size != WB_HEADER_BYTES || c->h.file_size > c->map.size ||
	    !wb_section_ok(c, &c->h.rings, sizeof(wb_ring_entry), WB_MAX_RINGS) ||
	    !wb_section_ok(c, &c->h.channels, sizeof(wb_channel_entry), WB_MAX_CHANNELS) ||
	    !wb_section_ok(c, &c->h.lines, sizeof(wb_line_entry), WB_MAX_LINES) ||
	    !wb_section_ok(c, &c->h.counters, sizeof(wb_counter_entry), WB_MAX_COUNTERS) ||
	    !wb_section_ok(c, &c->h.instruments, sizeof(wb_instrument_entry), WB_MAX_INSTRUMENTS) ||
	    !wb_section_ok(c, &c->h.sessions, sizeof(wb_session_entry), WB_MAX_SESSIONS)) {
		wb_unmap(&c->map);
		return wb_fail(err, n, path, "damaged or truncated control file");
	}
	return 0;
}

static inline void wb_control_close(wb_control *c) { wb_unmap(&c->map); }

static inline const wb_control_header *wb_control_live(const wb_control *c) { return (const wb_control_header *)c->map.mem; }

static inline uint64_t wb_control_epoch(const wb_control *c) { return wb_load(&wb_control_live(c)->epoch); }

/* WB_STATE_REPLACED: a newer run made new files; open everything again. */
static inline uint32_t wb_control_state(const wb_control *c) { return wb_load32(&wb_control_live(c)->state); }

/* 1 when the writer's heartbeat is more than limit_ns old at now_ns (UTC), though it did not end in good order. */
static inline int wb_control_stale(const wb_control *c, uint64_t now_ns, uint64_t limit_ns) {
	return wb_header_stale(&c->map, now_ns, limit_ns);
}

/* Entries of a table: a section of the checked copy, such as &c->h.channels. */
static inline uint32_t wb_control_count(const wb_control *c, const wb_section *s) {
	size_t at = (size_t)((const unsigned char *)s - (const unsigned char *)&c->h) + offsetof(wb_section, count);
	uint32_t n = wb_load32(c->map.mem + at);
	return n < s->capacity ? n : s->capacity;
}

static inline int wb_control_entry(const wb_control *c, const wb_section *s, uint32_t i, void *dst) {
	if (i >= wb_control_count(c, s))
		return 0;
	wb_copy(dst, c->map.mem + s->offset + (size_t)i * s->stride, s->stride);
	return 1;
}

/* Copy an entry of size bytes that starts with its sequence lock. 1, or 0 while it does not stand still. */
static inline int wb_locked(const void *src, void *dst, size_t size) {
	int tries;
	for (tries = 0; tries < 1000; tries++) {
		uint64_t lock = wb_load(src);
		if (lock & 1)
			continue;
		wb_copy(dst, src, size);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n((const uint64_t *)src, __ATOMIC_RELAXED) == lock)
			return 1;
	}
	return 0;
}

/* Copy entry i of a table. 1, or 0 when there is none. */
static inline int wb_control_ring(const wb_control *c, uint32_t i, wb_ring_entry *e) {
	return wb_control_entry(c, &c->h.rings, i, e);
}

static inline int wb_control_channel(const wb_control *c, uint32_t i, wb_channel_entry *e) {
	return wb_control_entry(c, &c->h.channels, i, e);
}

static inline int wb_control_line(const wb_control *c, uint32_t i, wb_line_entry *e) {
	return wb_control_entry(c, &c->h.lines, i, e);
}

static inline int wb_control_counter(const wb_control *c, uint32_t i, wb_counter_entry *e) {
	return wb_control_entry(c, &c->h.counters, i, e);
}

/* What the writer knows of its clock. 1, or 0 while it cannot be read whole. */
static inline int wb_control_clock(const wb_control *c, wb_clock_block *b) {
	return wb_locked(&wb_control_live(c)->clock, b, sizeof *b);
}

static inline uint32_t wb_control_instruments(const wb_control *c) { return wb_control_count(c, &c->h.instruments); }

/* Copy entry i of the instrument table. 1, or 0 when there is none. An entry whose next is not 0 is what its id meant before,
 * and next - 1 is the entry that followed it; a record at a position of a ring means the entry of its publisher and id with
 * the largest since[schema] that is not beyond the position. The low byte of state is WB_INSTRUMENT_..., the next the reason. */
static inline int wb_control_instrument(const wb_control *c, uint32_t i, wb_instrument_entry *e) {
	if (i >= wb_control_instruments(c))
		return 0;
	return wb_locked(c->map.mem + c->h.instruments.offset + (size_t)i * sizeof *e, e, sizeof *e);
}

/* Copy what the session number of a mark means. 1, or 0 when it never was, is forgotten, or changes all the time. */
static inline int wb_control_session(const wb_control *c, uint32_t number, wb_session_entry *e) {
	const wb_section *s = &c->h.sessions;
	if (number == 0 || s->capacity == 0)
		return 0;
	return wb_locked(c->map.mem + s->offset + (size_t)(number % s->capacity) * sizeof *e, e, sizeof *e) && e->number == number;
}

/* What the appliance made itself, in the admin ring, or NULL for a record of the venue's. rec as wb_ring_next left it. */
static inline const wb_appliance *wb_as_appliance(const wb_ring *r, const void *rec) {
	const wb_appliance *a = (const wb_appliance *)rec;
	return r->schema == WB_SCHEMA_ADMIN && a->hd.rtype == WB_RTYPE_APPLIANCE && a->hd.length * 4u >= sizeof *a ? a : NULL;
}

/* Natural positions: a record's place in the venue's own numbering, by the marks of the ring's worker. */
typedef enum wb_place {
	WB_PLACED = 0,
	WB_UNMARKED = 1,       /* newer than the newest mark, which comes microseconds later: ask again */
	WB_INSIDE = 2,         /* inside a unit whose beginning this reader did not see: the next one's place is known */
	WB_MARK_GONE = 3,      /* its mark was overwritten, or never written */
	WB_RECORD_GONE = 4,    /* never said of a record in hand */
	WB_ORPHAN = 5,         /* the writer died after the record and before its mark */
	WB_APPLIANCE_MADE = 6, /* no venue's record: its own fields say after which unit it stands */
	WB_DAMAGED = 7         /* mark and record do not fit each other */
} wb_place;

typedef struct wb_natural {
	uint64_t unit;      /* the venue's number of the message or packet */
	uint64_t k;         /* the record's place among those of the unit in this channel and schema, from 0 */
	uint64_t recv_ns;   /* when the newest packet of its burst was received, UTC; the record's own is its ts_recv */
	uint64_t taken_ns;  /* the worker took the burst; 0 where no clock was there to say */
	uint64_t commit_ns; /* its records were committed; 0 likewise */
	uint32_t session;   /* wb_control_session */
	uint16_t channel;   /* wb_control_channel */
	uint8_t filtered;   /* only some instruments are published: k counts those alone */
} wb_natural;

/* One mark and the records that it covers. */
typedef struct wb_span {
	uint64_t at, from, to;
	wb_mark mark;
} wb_span;

/* Turns positions of one ring into natural ones. It is large: make it static, or allocate it. */
typedef struct wb_locator {
	const wb_ring *ring; /* only asked where its records are; must stay open */
	wb_ring marks;
	wb_span span;
	int valid;
	uint32_t round;
	uint64_t next;
	struct {
		uint64_t unit, k;
		uint32_t session, round;
		int inside;
	} seen[WB_MAX_CHANNELS];
} wb_locator;

/* Copy the payload at a position, wherever the reader stands. 1 when it was there. */
static inline int wb_ring_peek(const wb_ring *r, uint64_t pos, void *dst) {
	const uint64_t *slot = wb_slot(r, pos);
	if (wb_load(slot) != wb_committed(pos))
		return 0;
	wb_copy(dst, slot + 1, r->payload);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(slot, __ATOMIC_RELAXED) == wb_committed(pos);
}

/* Open the marks ring (marks-0.ring beside mbo-0.ring) for a ring of the same worker. 0, or -1 with a message in err. */
static inline int wb_locator_open(wb_locator *l, const wb_ring *ring, const char *marks, char *err, size_t n) {
	memset(l, 0, sizeof *l);
	if (wb_ring_open(&l->marks, marks, err, n))
		return -1;
	if (l->marks.schema != WB_SCHEMA_MARKS || ring->schema >= WB_SCHEMA_COUNT || l->marks.worker != ring->worker) {
		wb_ring_close(&l->marks);
		return wb_fail(err, n, marks, "not the marks of that ring's worker");
	}
	l->ring = ring;
	l->round = 1;
	return 0;
}

static inline void wb_locator_close(wb_locator *l) { wb_ring_close(&l->marks); }

static inline uint32_t wb_mark_head(const wb_locator *l, const wb_mark *m) { return m->heads[l->ring->schema]; }

/* The unit of a record by its mark. 1; 0 when they do not fit; -1 when the appliance made it. */
static inline int wb_mark_unit(const wb_locator *l, const wb_mark *m, const void *rec, uint64_t *unit) {
	static const uint8_t sequences[] = {offsetof(wb_mbo, sequence), offsetof(wb_mbp1, sequence), offsetof(wb_mbp10, sequence),
	                                    offsetof(wb_trade, sequence)};
	const unsigned char *b = (const unsigned char *)rec;
	uint64_t end = m->first + m->units, last = end - 1;
	uint32_t low;
	if (l->ring->schema == WB_SCHEMA_ADMIN) {
		memcpy(unit, b + offsetof(wb_slot_admin, unit) - 8, 8);
		return b[offsetof(wb_record_header, rtype)] == WB_RTYPE_APPLIANCE ? -1 : *unit < end;
	}
	memcpy(&low, b + sequences[l->ring->schema], 4);
	*unit = last - (uint32_t)((uint32_t)last - low);
	return end != 0 && *unit <= last;
}

/* Take the mark behind the one in hand. */
static inline int wb_locator_follow(const wb_locator *l, wb_span *s) {
	wb_mark m;
	if (!wb_ring_peek(&l->marks, s->at + 1, &m))
		return 0;
	s->at++;
	s->from = s->to;
	s->to += (uint32_t)(wb_mark_head(l, &m) - (uint32_t)s->to);
	s->mark = m;
	return 1;
}

/* Find the mark of position p from the newest one backwards: in steps that double, then by halves. Low halves of heads are
 * compared over at most 8192 marks, so that no more than 2^32 records lie between. */
static inline wb_place wb_locator_seek(wb_locator *l, uint64_t p) {
	int tries;
	for (tries = 0; tries < 8; tries++) {
		uint64_t end = wb_ring_edge(&l->marks), edge, step, oldest, gone;
		wb_span hi, lo, mid;
		uint32_t head;
		int overtaken = 0;
		if (end == 0)
			return WB_UNMARKED;
		hi.at = end - 1;
		if (!wb_ring_peek(&l->marks, hi.at, &hi.mark))
			continue;
		edge = wb_ring_edge(l->ring);
		head = wb_mark_head(l, &hi.mark);
		hi.to = (uint32_t)(head - (uint32_t)edge) < (uint32_t)1 << 31 ? edge + (uint32_t)(head - (uint32_t)edge)
		                                                              : edge - (uint32_t)((uint32_t)edge - head);
		if (hi.to >= (uint64_t)1 << 62)
			continue;
		if (p >= hi.to)
			return WB_UNMARKED;
		for (step = 1;; step = step < 4096 ? 2 * step : 8192) {
			end = wb_ring_edge(&l->marks);
			oldest = end > l->marks.mask + 1 ? end - l->marks.mask : 0;
			if (hi.at <= oldest)
				return WB_MARK_GONE;
			lo.at = hi.at - (step < hi.at ? step : hi.at);
			if (lo.at < oldest)
				lo.at = oldest;
			if (!wb_ring_peek(&l->marks, lo.at, &lo.mark)) {
				overtaken = 1;
				break;
			}
			gone = (uint32_t)((uint32_t)hi.to - wb_mark_head(l, &lo.mark));
			if (gone > hi.to)
				return WB_DAMAGED;
			lo.to = hi.to - gone;
			if (lo.to <= p)
				break;
			hi = lo;
		}
		if (overtaken)
			continue;
		while (hi.at - lo.at > 1) {
			mid.at = lo.at + (hi.at - lo.at) / 2;
			if (!wb_ring_peek(&l->marks, mid.at, &mid.mark))
				break;
			mid.to = hi.to - (uint32_t)((uint32_t)hi.to - wb_mark_head(l, &mid.mark));
			if (mid.to > p)
				hi = mid;
			else
				lo = mid;
		}
		if (hi.at - lo.at == 1 && lo.to <= p && p < hi.to) {
			hi.from = lo.to;
			l->span = hi;
			l->valid = 1;
			return WB_PLACED;
		}
	}
	return WB_MARK_GONE;
}

/* Make the mark of position p the one in hand. */
static inline wb_place wb_locator_move(wb_locator *l, uint64_t p) {
	uint64_t i;
	if (!l->valid || p < l->span.from) {
		l->valid = 0;
		return wb_locator_seek(l, p);
	}
	for (i = 0; i <= l->marks.mask; i++) {
		if (!wb_locator_follow(l, &l->span)) {
			if (wb_load(wb_slot(&l->marks, l->span.at + 1)) <= (wb_committed(l->span.at + 1) | 1))
				return WB_UNMARKED;
			l->valid = 0; /* lapped */
			l->round++;
			return wb_locator_seek(l, p);
		}
		if (p < l->span.to) {
			if (p < l->span.from)
				break; /* heads that go back */
			return WB_PLACED;
		}
	}
	l->valid = 0;
	return WB_DAMAGED;
}

/* Whether the record at p, the first of its channel since a jump, is the first of its unit. What the appliance made is of none. */
static inline int wb_locator_begins(const wb_locator *l, uint64_t pos, uint64_t unit) {
	uint64_t rec[(WB_MAX_PAYLOAD + 7) / 8], before;
	if (unit < l->span.mark.first)
		return 0;
	while (pos-- > l->span.from) {
		int fits;
		if (!wb_ring_peek(l->ring, pos, rec))
			return 0;
		fits = wb_mark_unit(l, &l->span.mark, rec, &before);
		if (fits >= 0) /* what the appliance made is of no unit */
			return fits && before < unit;
	}
	return 1;
}

/* The natural position of the record at pos of the ring (ring.pos - 1 behind WB_RECORD), rec as wb_ring_next left it. To be asked
 * for every record in order, and again for one that was WB_UNMARKED. Who joins or was lapped inside a unit is told from the next on.
 * A new run may have made the marks anew: open the locator again after WB_NEW_EPOCH, and where WB_MARK_GONE does not end. */
static inline wb_place wb_locate(wb_locator *l, uint64_t pos, const void *rec, wb_natural *n) {
	const wb_mark *m = &l->span.mark;
	wb_place place;
	int fits;
	memset(n, 0, sizeof *n);
	if (pos != l->next) {
		l->round++;
		l->next = pos;
	}
	if (!l->valid || pos < l->span.from || pos >= l->span.to) {
		place = wb_locator_move(l, pos);
		if (place == WB_UNMARKED && wb_load32(l->marks.map.mem + offsetof(wb_ring_header, state)) == WB_STATE_REPLACED)
			place = WB_MARK_GONE; /* no mark comes there any more: open the locator anew */
		if (place != WB_PLACED) {
			if (place != WB_UNMARKED) {
				l->next = pos + 1;
				l->round++;
			}
			return place;
		}
	}
	l->next = pos + 1;
	fits = wb_mark_unit(l, m, rec, &n->unit);
	if (fits >= 0 && (m->session == 0 || m->channel == WB_NO_MARK_CHANNEL)) {
		n->unit = 0;
		return WB_ORPHAN;
	}
	n->session = m->session;
	n->channel = m->channel;
	n->filtered = (m->flags & WB_MARK_FILTERED) != 0;
	n->recv_ns = m->ts_recv;
	if (!(m->flags & WB_MARK_UNTIMED)) {
		n->taken_ns = m->ts_recv + (uint64_t)(int64_t)m->taken_after_ns;
		n->commit_ns = n->taken_ns + m->commit_after_ns;
	}
	if (fits < 0)
		return WB_APPLIANCE_MADE;
	if (!fits || m->channel >= WB_MAX_CHANNELS)
		return WB_DAMAGED;
	{
		int running = l->seen[m->channel].round == l->round;
		int same = running && l->seen[m->channel].session == m->session && l->seen[m->channel].unit == n->unit;
		if (same) {
			l->seen[m->channel].k++;
		} else {
			l->seen[m->channel].unit = n->unit;
			l->seen[m->channel].k = 0;
			l->seen[m->channel].session = m->session;
			l->seen[m->channel].round = l->round;
			l->seen[m->channel].inside = !running && !wb_locator_begins(l, pos, n->unit);
		}
		if (l->seen[m->channel].inside)
			return WB_INSIDE;
		n->k = l->seen[m->channel].k;
	}
	return WB_PLACED;
}

/* Set digests: the sum modulo 2^128 of a hash of each record's natural position and content, so that any parts, in any order,
 * add up to the whole. wb_channel_entry.digests[schema] has what the writer counted (docs/adr/0006-digests.md). */
typedef struct wb_set {
	uint64_t lo, hi;
} wb_set;

/* What the positions of one stream and schema have in common. */
typedef struct wb_key {
	uint64_t a, b;
} wb_key;

#define WB_DIGEST_K0 0xA0761D6478BD642FULL
#define WB_DIGEST_K1 0xE7037ED1A0B428DBULL
#define WB_DIGEST_K2 0x8EBC6AF09C88C6E3ULL

static inline uint64_t wb_product(uint64_t a, uint64_t b, uint64_t *hi) {
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 p = (unsigned __int128)a * b;
	*hi = (uint64_t)(p >> 64);
	return (uint64_t)p;
#else
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32, low = al * bl, mid = ah * bl + (low >> 32);
	uint64_t cross = al * bh + (uint32_t)mid;
	*hi = ah * bh + (mid >> 32) + (cross >> 32);
	return cross << 32 | (uint32_t)low;
#endif
}

static inline uint64_t wb_fold(uint64_t a, uint64_t b) {
	uint64_t hi, lo = wb_product(a, b, &hi);
	return hi ^ lo;
}

/* The hash of a body of size bytes, a multiple of 8, whose receiver fields are zero. */
static inline uint64_t wb_record_hash(const void *body, size_t size) {
	uint64_t h = size, seed = WB_DIGEST_K1, w[2];
	const unsigned char *p = (const unsigned char *)body;
	for (; size >= 16; size -= 16, p += 16) {
		memcpy(w, p, 16);
		h ^= wb_fold(w[0] ^ seed, w[1] ^ WB_DIGEST_K0);
		seed += WB_DIGEST_K2;
	}
	if (size >= 8) {
		memcpy(w, p, 8);
		h ^= wb_fold(w[0] ^ seed, WB_DIGEST_K2);
	}
	return h;
}

/* Its hash as it stands in a ring: what tells of its receiving (ts_recv, ts_in_delta, BAD_TS_RECV) counts as zero. */
static inline uint64_t wb_content_hash(const void *body, size_t size) {
	unsigned char b[WB_MAX_PAYLOAD];
	size_t from = 0, to = 0, flags = 0;
	if (size > sizeof(wb_definition))
		size = sizeof(wb_definition);
	memcpy(b, body, size);
	if (size < sizeof(wb_record_header))
		return wb_record_hash(b, size);
	switch (b[offsetof(wb_record_header, rtype)]) {
	case WB_RTYPE_MBO:
		if (size >= sizeof(wb_mbo)) {
			flags = offsetof(wb_mbo, flags);
			from = offsetof(wb_mbo, ts_recv);
			to = from + 12;
		}
		break;
	case WB_RTYPE_TRADE:
	case WB_RTYPE_MBP1:
	case WB_RTYPE_MBP10:
		if (size >= sizeof(wb_trade)) {
			flags = offsetof(wb_trade, flags);
			from = offsetof(wb_trade, ts_recv);
			to = from + 12;
		}
		break;
	case WB_RTYPE_STATISTICS:
		if (size >= sizeof(wb_statistics)) {
			memset(b + offsetof(wb_statistics, ts_in_delta), 0, 4);
			from = offsetof(wb_statistics, ts_recv);
			to = from + 8;
		}
		break;
	case WB_RTYPE_STATUS:
	case WB_RTYPE_IMBALANCE:
	case WB_RTYPE_DEFINITION:
		if (size >= sizeof(wb_status)) {
			from = offsetof(wb_status, ts_recv);
			to = from + 8;
		}
		break;
	}
	if (flags)
		b[flags] &= (unsigned char)~WB_FLAG_BAD_TS_RECV;
	memset(b + from, 0, to - from);
	return wb_record_hash(b, size);
}

/* The key of a session's records in one schema, as the writer's set digests of that run have it. */
static inline wb_key wb_session_key(const wb_session_entry *e, uint32_t schema) {
	unsigned char b[40];
	size_t len = 0;
	wb_key k;
	memset(b, 0, sizeof b);
	memcpy(b, &e->publisher_id, 2);
	b[2] = e->channel_id;
	b[3] = (unsigned char)schema;
	memcpy(b + 4, &e->run_resets, 4);
	while (len < sizeof e->name && e->name[len])
		len++;
	memcpy(b + 8, e->name, len);
	k.a = wb_record_hash(b, sizeof b);
	k.b = wb_fold(k.a ^ WB_DIGEST_K1, WB_DIGEST_K2);
	return k;
}

static inline void wb_set_merge(wb_set *s, wb_set o) {
	s->lo += o.lo;
	s->hi += o.hi + (s->lo < o.lo);
}

/* Take in one record: where it stands (wb_locate) and its wb_content_hash. What the appliance made is in no digest. */
static inline void wb_set_add(wb_set *s, wb_key key, uint64_t unit, uint64_t k, uint64_t hash) {
	uint64_t x = wb_fold(unit ^ key.a, k ^ key.b);
	wb_set one;
	one.lo = wb_product(x, hash ^ WB_DIGEST_K2, &one.hi) ^ x;
	one.hi ^= hash;
	wb_set_merge(s, one);
}

/* Bytes of the body in rec, as wb_ring_next left it; 0 where it says nonsense. */
static inline size_t wb_body_size(const wb_ring *r, const void *rec) {
	size_t n = *(const unsigned char *)rec * (size_t)4;
	if (r->schema == WB_SCHEMA_MARKS)
		return sizeof(wb_mark);
	return n < sizeof(wb_record_header) || n > r->body ? 0 : n;
}

#if defined(__linux__) && defined(__LP64__)
/* The readers file, where the instance has one: a reader shows itself there, and sleeps at its worker's doorbell.
 *
 * Others may write the file and cut it short at any time. So it is mapped for its addresses only, which the kernel is given: nothing
 * here loads from the mapping or stores to it, and a door that fails is left. wb_ring_wait then polls. */
typedef struct wb_door {
	int fd; /* -1: not there */
	unsigned char *mem;
	size_t size;
	dev_t dev;
	ino_t ino;
	uint32_t doorbells, entries, worker, schema, policy, calls;
	uint64_t claim, start, since_ns;
	uint64_t at;              /* where its entry is in the file; 0: it is not listed */
	uint64_t slice_ns;        /* bounds a sleep, 50 ms: the heartbeat is looked at in between */
	uint64_t sleeps, overdue; /* how often it slept, and of these how often nobody woke it */
	char name[48];
	char path[1024];
} wb_door;

#ifndef __cplusplus
extern long syscall(long number, ...); /* strict C99 hides it */
#endif

static inline uint64_t wb_now_ns(clockid_t clock) {
	struct timespec ts = {0, 0};
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void wb_door_close(wb_door *d) {
	uint64_t claim = 0;
	if (d->fd < 0)
		return;
	if (d->at && pread(d->fd, &claim, 8, (off_t)d->at) == 8 && claim == d->claim) {
		claim = 0;
		if (pwrite(d->fd, &claim, 8, (off_t)d->at) != 8)
			d->at = 0;
	}
	if (d->mem)
		munmap(d->mem, d->size);
	close(d->fd);
	d->fd = -1;
	d->mem = NULL;
	d->at = 0;
}

/* When a process started, in clock ticks since boot; 0 where it cannot be told. */
static inline uint64_t wb_process_start(uint32_t pid) {
	char path[40], text[1024], *p;
	ssize_t n;
	int fd, field;
	uint64_t v = 0;
	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	p = strrchr(text, ')'); /* the command may hold anything: count from its end, which is field 2 */
	for (field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	for (; p && *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return v;
}

/* Copy entry i: what somebody says of himself. 1, or 0 when there is none. */
static inline int wb_door_entry(const wb_door *d, uint32_t i, wb_reader_entry *e) {
	off_t at = (off_t)(WB_HEADER_BYTES + d->doorbells * sizeof(wb_doorbell_line) + i * sizeof *e);
	return i < d->entries && pread(d->fd, e, sizeof *e, at) == (ssize_t)sizeof *e && e->claim != 0;
}

/* Whether an entry's process is no more. One of another PID namespace cannot be seen, and lives as long as it says so. */
static inline int wb_reader_dead(const wb_reader_entry *e, uint64_t now_ns) {
	uint64_t start = wb_process_start((uint32_t)e->claim), apart = now_ns > e->heartbeat_ns ? now_ns - e->heartbeat_ns : e->heartbeat_ns - now_ns;
	return !(start != 0 && (uint32_t)start == (uint32_t)(e->claim >> 32)) && apart > 1000000000u;
}

/* Show the reader in a free entry, or a dead one's. 1, or 0: there is none. Entries are written whole, so that of two who take
 * one at once the last has it, and the other finds that out. */
static inline int wb_door_announce(wb_door *d) {
	wb_reader_entry e, mine;
	uint64_t now = wb_now_ns(CLOCK_REALTIME), back;
	uint32_t i;
	memset(&mine, 0, sizeof mine);
	mine.claim = d->claim;
	mine.process_start = d->start;
	mine.since_ns = d->since_ns;
	mine.schema = d->schema;
	mine.worker = d->worker;
	mine.policy = d->policy;
	mine.heartbeat_ns = now;
	memcpy(mine.language, "c", 1);
	memcpy(mine.name, d->name, sizeof mine.name);
	d->at = 0;
	for (i = 0; i < d->entries; i++) {
		off_t at = (off_t)(WB_HEADER_BYTES + d->doorbells * sizeof(wb_doorbell_line) + i * sizeof e);
		if (wb_door_entry(d, i, &e) && !wb_reader_dead(&e, now))
			continue;
		if (pwrite(d->fd, &mine, sizeof mine, at) == (ssize_t)sizeof mine && pread(d->fd, &back, 8, at) == 8 && back == d->claim) {
			d->at = (uint64_t)at;
			return 1;
		}
	}
	return 0;
}

/* Say how far the reader is. wb_ring_wait does, too. */
static inline void wb_door_report(wb_door *d, const wb_ring *r, int asleep) {
	struct {
		uint64_t position, lapped, heartbeat_ns;
		uint32_t asleep, none;
	} now;
	uint64_t claim;
	if (d->fd < 0 || !d->name[0])
		return;
	if (!d->at || pread(d->fd, &claim, 8, (off_t)d->at) != 8 || claim != d->claim) {
		if (asleep || !wb_door_announce(d)) /* somebody else has the entry */
			return;
	}
	now.position = r->pos;
	now.lapped = r->lost_total;
	now.heartbeat_ns = wb_now_ns(CLOCK_REALTIME);
	now.asleep = (uint32_t)asleep;
	now.none = 0;
	if (pwrite(d->fd, &now, sizeof now, (off_t)(d->at + offsetof(wb_reader_entry, position))) != (ssize_t)sizeof now)
		d->at = 0;
}

static inline int wb_door_enter(wb_door *d, char *err, size_t n) {
	static const char cut[] = "the readers file is damaged or truncated";
	char full[WB_PATH];
	wb_readers_header h;
	struct stat st;
	uid_t owner = 0;
	void *p;
	if (wb_walk(d->path, full, &owner, err, n) != 0)
		return -1;
	d->fd = open(full, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return wb_fail(err, n, d->path, strerror(errno));
	if (fstat(d->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_mode & 02) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != owner)) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, "not to be relied on: others than its owner and group may have made or write it");
	}
	if (pread(d->fd, &h, sizeof h, 0) != (ssize_t)sizeof h) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, cut);
	}
	if (h.magic != WB_MAGIC_READERS) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, h.magic ? "foreign file: wrong magic" : "not laid out yet");
	}
	if (h.abi != WB_ABI_VERSION) {
		char what[96];
		snprintf(what, sizeof what, "written with ABI version %u, this reader knows version %u", h.abi, WB_ABI_VERSION);
		wb_door_close(d);
		return wb_fail(err, n, d->path, what);
	}
	if (h.header_size != WB_HEADER_BYTES || h.entry_size != sizeof(wb_reader_entry) || h.entries < 1 || h.entries > WB_MAX_READERS ||
	    h.doorbells < 1 || h.doorbells > WB_MAX_DOORBELLS ||
	    (uint64_t)st.st_size < WB_HEADER_BYTES + h.doorbells * sizeof(wb_doorbell_line) + h.entries * sizeof(wb_reader_entry)) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, cut);
	}
	if (d->worker >= h.doorbells) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, "that worker has no doorbell");
	}
	d->doorbells = h.doorbells;
	d->entries = h.entries;
	d->dev = st.st_dev;
	d->ino = st.st_ino;
	d->size = WB_HEADER_BYTES + (size_t)h.doorbells * sizeof(wb_doorbell_line);
	p = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	if (p == MAP_FAILED) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, strerror(errno));
	}
	d->mem = (unsigned char *)p;
	if (d->name[0])
		wb_door_announce(d);
	return 0;
}

/* Open the readers file beside a ring. name is what the reader is listed as, NULL for not at all; policy WB_POLICY_...: what it does
 * when it cannot keep up. 0, or -1 with the reason in err: then wb_ring_wait polls. */
static inline int wb_door_open(wb_door *d, const wb_ring *r, const char *name, uint32_t policy, char *err, size_t n) {
	size_t len = strlen(r->heart.beside);
	memset(d, 0, sizeof *d);
	d->fd = -1;
	if (len < sizeof "control" - 1)
		return wb_fail(err, n, "readers", "path too long");
	len -= sizeof "control" - 1;
	memcpy(d->path, r->heart.beside, len);
	memcpy(d->path + len, "readers", sizeof "readers");
	if (name) {
		len = strlen(name);
		memcpy(d->name, name, len < sizeof d->name ? len : sizeof d->name);
	}
	d->worker = r->worker;
	d->schema = r->schema;
	d->policy = policy;
	d->start = wb_process_start((uint32_t)getpid());
	d->claim = (uint64_t)(uint32_t)getpid() | d->start << 32;
	d->slice_ns = 50000000u;
	d->since_ns = wb_now_ns(CLOCK_REALTIME);
	return wb_door_enter(d, err, n);
}

/* Say at the doorbell that somebody wants to be woken, and get the value to sleep on. The kernel sets the bit, with a full fence:
 * a record that is not seen behind this comes with a stroke. 0: the door has failed. */
static inline int wb_door_arm(wb_door *d, uint32_t *value) {
	const size_t at = WB_HEADER_BYTES + d->worker * sizeof(wb_doorbell_line);
	uint32_t none = 0;
	int tries;
	for (tries = 0; tries < 64; tries++) {
		/* FUTEX_WAKE_OP: word |= 1, and wake who waits for -1 there, which nobody does */
		if (syscall(SYS_futex, &none, 5, 0, (void *)0, d->mem + at, (2 << 28) | (1 << 12) | 0xFFF) < 0 ||
		    pread(d->fd, value, 4, (off_t)at) != 4)
			return 0;
		if (*value & 1)
			break;
	}
	return 1;
}

/* Sleep while the doorbell has the value, at most so long. */
static inline void wb_door_sleep(wb_door *d, uint32_t value, uint64_t ns) {
	struct timespec ts;
	ts.tv_sec = (time_t)(ns / 1000000000u);
	ts.tv_nsec = (long)(ns % 1000000000u);
	d->sleeps++;
	if (syscall(SYS_futex, d->mem + WB_HEADER_BYTES + d->worker * sizeof(wb_doorbell_line), 0, value, &ts, (void *)0, 0) != 0 && errno == ETIMEDOUT)
		d->overdue++;
}

/* Go to the readers file that took this one's place. 0 where none did. */
static inline int wb_door_renew(wb_door *d) {
	uint32_t state = 0;
	struct stat st;
	if (pread(d->fd, &state, 4, (off_t)offsetof(wb_readers_header, state)) == 4 && state != WB_STATE_REPLACED)
		return 0;
	if (stat(d->path, &st) == 0 && st.st_dev == d->dev && st.st_ino == d->ino)
		return 0; /* whatever it says */
	wb_door_close(d);
	wb_door_enter(d, NULL, 0);
	return 1;
}

/* wb_ring_next that waits at most so long for something other than WB_EMPTY: at the doorbell, or where there is none (d is NULL, or
 * failed) by looking again every 50 microseconds to 1 ms. */
static inline wb_result wb_ring_wait(wb_ring *r, wb_door *d, void *dst, size_t size, uint64_t timeout_ns) {
	uint64_t begin, left, past, nap = 50000;
	uint32_t value = 0;
	struct timespec ts;
	wb_result res;
	int i;
	if (d && ++d->calls % 64 == 0)
		wb_door_report(d, r, 0);
	for (i = 0; i < 40; i++) { /* what comes within a few microseconds costs the writer nothing */
		res = wb_ring_next(r, dst, size);
		if (res == WB_NEW_EPOCH && d && d->fd < 0 && d->path[0])
			wb_door_enter(d, NULL, 0); /* the new run may have one */
		if (res != WB_EMPTY)
			return res;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	begin = wb_now_ns(CLOCK_MONOTONIC);
	for (;;) {
		int door = d && d->fd >= 0;
		if (door && !wb_door_arm(d, &value)) {
			wb_door_close(d);
			door = 0;
		}
		res = wb_ring_next(r, dst, size);
		past = wb_now_ns(CLOCK_MONOTONIC) - begin;
		if (res != WB_EMPTY || past >= timeout_ns)
			return res;
		left = timeout_ns - past;
		if (door) {
			if (wb_door_renew(d))
				continue;
			wb_door_report(d, r, 1);
			wb_door_sleep(d, value, left < d->slice_ns ? left : d->slice_ns);
			wb_door_report(d, r, 0);
		} else {
			ts.tv_sec = 0;
			ts.tv_nsec = (long)(left < nap ? left : nap);
			nanosleep(&ts, NULL);
			nap += nap < 1000000 ? nap / 2 : 0;
		}
	}
}
#endif /* Linux */

#endif /* WIREBOOK_H */
