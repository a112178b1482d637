# SPDX-License-Identifier: Apache-2.0
"""Read Wirebook's shared memory from Python: rings, the latest table, the control file.

    import wirebook
    instance = wirebook.open("default")
    ring = instance.ring("mbo")  # or wirebook.Ring("/dev/shm/wirebook/default/mbo-0.ring")
    ring.seek_edge()
    ring.listen("my strategy")  # sleep at the writer's doorbell where it has one; without it wait() polls
    locator = instance.locator(ring)  # where a record stands in the venue's own numbering
    while True:
        result, record = ring.wait(1.0)  # or next(), which never waits
        if result == wirebook.RECORD:
            place, where = locator.locate()  # asked for every record; UNMARKED: its burst's mark comes in a moment, ask again
            if place == wirebook.PLACED:
                print(where.session, where.unit, where.k, record)  # MBO(rtype=MBO, ... price=101.25, ... flags=LAST, ...)
            if record.flags & wirebook.FLAG_MAYBE_BAD_BOOK:  # no book to trade on; why it is none:
                print([wirebook.state_of(e) for e in instance.control.instruments() if e.id == record.instrument_id])
        elif result == wirebook.LAPPED:
            print("lost", ring.lost)
        elif result == wirebook.NEW_EPOCH:
            instance = wirebook.open("default")  # the writer began anew: forget what was made of its records
        elif result == wirebook.STALE_WRITER:
            print("nobody beats the heart: the books stand still")  # said once for each silence
        elif result == wirebook.STOPPED:
            break  # the writer ended, or made new files: open again

The admin ring also has what the appliance made itself: gaps, epochs, suspect and whole again. next() gives those as Appliance,
which is no record of the venue's. instance.packets() has every frame that came, and SetDigest proves any part of a day.

Records are ctypes structures of the public DBN version 3 layout; ring.next_bytes() gives the payload as bytes, which
numpy.frombuffer(payload, dtype=wirebook.MBO) takes as it is. Layouts follow shm/include/wirebook.h. Standard library only.

The interpreter loads a slot in pieces, so a record is accepted when its sequence word is the same before and after
the copy, as in C. That holds on processors that keep loads in order (x86-64); elsewhere use the C header.
"""
import collections
import ctypes
import errno
import io
import mmap
import os
import re
import stat
import struct
import time

MAX_POSITION = 1 << 62
DEFAULT_ROOT = "/dev/shm/wirebook"  # where WIREBOOK_SHM names no other folder
DEFAULT_STALE_NS = 2_000_000_000  # how old a heartbeat may be before a ring says STALE_WRITER
CHECK_EVERY_NS = 50_000_000  # how often a ring without news looks at the heartbeat

# What Ring.next says.
EMPTY, RECORD, LAPPED, NEW_EPOCH, STALE_WRITER, STOPPED, CORRUPT = range(7)
RESULT_NAMES = ("empty", "record", "lapped", "new_epoch", "stale_writer", "stopped", "corrupt")


def flag_names(flags):
    """LAST|MAYBE_BAD_BOOK for 0x84; bits without a name as a number, 0 for none."""
    names = [name for value, name in _FLAG_NAMES if flags & value]
    rest = flags & ~sum(value for value, _ in _FLAG_NAMES)
    return "|".join(names + [hex(rest)] * (rest != 0)) or "0"


def _decimal(price):
    """A price of 1e-9 in full, without the error of a float."""
    whole, part = divmod(abs(price), 10**9)
    return f"{'-' * (price < 0)}{whole}" + (f".{part:09}".rstrip("0") if part else "")


def _spell(name, kind, value):
    if name in _PRICES:
        return "undefined" if value == UNDEF_PRICE else _decimal(value)
    if name == "flags":
        return flag_names(value)
    if name in _LETTERS and kind is _u8 and 0x20 < value < 0x7F:
        return repr(chr(value))
    if name == "rtype":
        return _RTYPE_NAMES.get(value, hex(value))
    if isinstance(value, bytes):
        return repr(value.decode("ascii", "replace"))
    if isinstance(value, ctypes.Array):
        return repr(list(value))
    return repr(value)


class _Record(ctypes.LittleEndianStructure):
    def __repr__(self):
        return type(self).__name__ + "(" + ", ".join(
            f"{name}={_spell(name, kind, getattr(self, name))}" for name, kind in self._fields_
            if name != "length" and not name.startswith("reserved")) + ")"


_text = ctypes.c_char
_u8, _u16, _u32, _u64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64
_i8, _i16, _i32, _i64 = ctypes.c_int8, ctypes.c_int16, ctypes.c_int32, ctypes.c_int64


# Generated from the Go structs by "go generate ./shm": do not edit.
ABI_VERSION = 2
HEADER_BYTES = 4096
MAGIC_CONTROL = 0x316C74634B524257
MAGIC_RING = 0x31676E724B524257
MAGIC_LATEST = 0x3174616C4B524257
MAGIC_PACKETS = 0x31746B704B524257
MAGIC_READERS = 0x317264724B524257
MAX_DOORBELLS = 64
MAX_READERS = 1024
POLICY_NONE = 0
POLICY_WAIT = 1
POLICY_CONFLATE = 2
POLICY_SKIP = 3
MAX_SLOTS = 268435456
MAX_LATEST = 16777216
NO_LATEST = 0xFFFFFFFF
MAX_RINGS = 1024
MAX_CHANNELS = 4096
MAX_LINES = 16384
MAX_COUNTERS = 65536
MAX_INSTRUMENTS = 16777216
MAX_SESSIONS = 65536
MIN_CHUNK_BYTES = 256
MAX_CHUNK_BYTES = 16777216
MIN_CHUNKS = 4
MAX_CHUNKS = 262144
STATE_STARTING = 1
STATE_RUNNING = 2
STATE_STOPPED = 3
STATE_REPLACED = 4
RTYPE_TRADE = 0x00
RTYPE_MBP1 = 0x01
RTYPE_MBP10 = 0x0A
RTYPE_STATUS = 0x12
RTYPE_DEFINITION = 0x13
RTYPE_IMBALANCE = 0x14
RTYPE_STATISTICS = 0x18
RTYPE_MBO = 0xA0
RTYPE_APPLIANCE = 0xF0
FLAG_LAST = 0x80
FLAG_TOB = 0x40
FLAG_SNAPSHOT = 0x20
FLAG_MBP = 0x10
FLAG_BAD_TS_RECV = 0x08
FLAG_MAYBE_BAD_BOOK = 0x04
ACTION_ADD = 65  # 'A'
ACTION_CANCEL = 67  # 'C'
ACTION_MODIFY = 77  # 'M'
ACTION_CLEAR = 82  # 'R'
ACTION_TRADE = 84  # 'T'
ACTION_FILL = 70  # 'F'
ACTION_NONE = 78  # 'N'
SIDE_ASK = 65  # 'A'
SIDE_BID = 66  # 'B'
SIDE_NONE = 78  # 'N'
UNDEF_PRICE = 0x7FFFFFFFFFFFFFFF
UNDEF_ORDER_SIZE = 0xFFFFFFFF
UNDEF_TIMESTAMP = 0xFFFFFFFFFFFFFFFF
UNDEF_STAT_QTY = 0x7FFFFFFFFFFFFFFF
PACKET_WHOLE = 0x1
PACKET_SKIP = 0x2
PACKET_BAD_STAMP = 0x01
PACKET_SYNTHESISED = 0x02
PACKET_CUT = 0x04
PACKET_MORE = 0x08
PACKET_UNSUMMED = 0x10
PACKET_FLUSHED = 0x20
PACKET_FRAME = 0x01
PACKET_TICK = 0x02
PACKET_LATE = 0x03
PACKET_CONFIG = 0x04
PACKET_ADDED = 0x05
PACKET_REMOVED = 0x06
PACKET_SILENCE = 0x07
PACKET_ABANDON = 0x08
PACKET_ANSWER = 0x09
PACKET_CHECKPOINT = 0x0A
PACKET_EPOCH = 0x0B
PACKET_END = 0x0C
VERDICT_NONE = 0x00
VERDICT_NEW = 0x01
VERDICT_PART = 0x02
VERDICT_DUPLICATE = 0x03
VERDICT_LATE = 0x04
VERDICT_HELD = 0x05
VERDICT_SUSPECT = 0x06
VERDICT_CONTROL = 0x07
VERDICT_PANICKED = 0x08
VERDICT_FRAMING = 0x40
VERDICT_FAULT = 0x80
MARK_UNTIMED = 0x01
MARK_RUN = 0x02
MARK_FILTERED = 0x04
NO_MARK_CHANNEL = 65535
APPLIANCE_GAP = 0x01
APPLIANCE_EPOCH = 0x02
APPLIANCE_SESSION = 0x03
APPLIANCE_SUSPECT = 0x04
APPLIANCE_WHOLE = 0x05
APPLIANCE_HEARTBEAT = 0x06
BOOK_ORDERS = 1
BOOK_LEVELS = 2
CHANNEL_WAITING = 0
CHANNEL_LIVE = 1
CHANNEL_GAPPED = 2
CHANNEL_RECOVERING = 3
CHANNEL_STALE = 4
INSTRUMENT_UNKNOWN = 0
INSTRUMENT_LIVE = 1
INSTRUMENT_GAPPED = 2
INSTRUMENT_RECOVERING = 3
INSTRUMENT_STALE = 4
REASON_NONE = 0
REASON_JOINED = 1
REASON_GAP = 2
REASON_UNFIT = 3
REASON_UNDECODED = 4
REASON_DISPUTED = 5
REASON_ABANDONED = 6
REASON_SILENT = 7
REASON_REFUSED = 8
REASON_OVERLOADED = 9
CLOCK_UNKNOWN = 0
CLOCK_FREE = 1
CLOCK_ACQUIRING = 2
CLOCK_LOCKED = 3
CLOCK_HOLDOVER = 4
CLOCK_CAPTURE = 5
CLOCK_STEPPED = 6
CLOCK_FROZEN = 7
CLOCK_MISSING = 8
CHANNEL_STATE_NAMES = ("waiting", "live", "gapped", "recovering", "stale")
INSTRUMENT_STATE_NAMES = ("unknown", "live", "gapped", "recovering", "stale")
REASON_NAMES = ("", "joined", "gap", "unfit", "undecoded", "disputed", "abandoned", "silent", "refused", "overloaded")
CLOCK_STATE_NAMES = ("unknown", "free", "acquiring", "locked", "holdover", "capture", "stepped", "frozen", "missing")
APPLIANCE_NAMES = ("", "gap", "epoch", "session", "suspect", "whole", "heartbeat")
BOOKS_NAMES = ("", "orders", "levels", "orders and levels")
SCHEMAS = ("mbo", "mbp-1", "mbp-10", "trades", "admin", "marks", "packets")
SLOT_SIZES = (64, 128, 384, 64, 576, 64, 0)
BODY_SIZES = (56, 80, 368, 48, 520, 56, 0)


class RecordHeader(_Record):
    _fields_ = [("length", _u8), ("rtype", _u8), ("publisher_id", _u16), ("instrument_id", _u32), ("ts_event", _u64)]


class MBO(_Record):
    _fields_ = RecordHeader._fields_ + [("order_id", _u64), ("price", _i64), ("size", _u32), ("flags", _u8), ("channel_id", _u8),
        ("action", _u8), ("side", _u8), ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32)]


class Trade(_Record):
    _fields_ = RecordHeader._fields_ + [("price", _i64), ("size", _u32), ("action", _u8), ("side", _u8), ("flags", _u8), ("depth", _u8),
        ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32)]


class Level(_Record):
    _fields_ = [("bid_px", _i64), ("ask_px", _i64), ("bid_sz", _u32), ("ask_sz", _u32), ("bid_ct", _u32),
        ("ask_ct", _u32)]


class MBP1(_Record):
    _fields_ = RecordHeader._fields_ + [("price", _i64), ("size", _u32), ("action", _u8), ("side", _u8), ("flags", _u8), ("depth", _u8),
        ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32), ("levels", Level * 1)]


class MBP10(_Record):
    _fields_ = RecordHeader._fields_ + [("price", _i64), ("size", _u32), ("action", _u8), ("side", _u8), ("flags", _u8), ("depth", _u8),
        ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32), ("levels", Level * 10)]


class Status(_Record):
    _fields_ = RecordHeader._fields_ + [("ts_recv", _u64), ("action", _u16), ("reason", _u16), ("trading_event", _u16), ("is_trading", _u8),
        ("is_quoting", _u8), ("is_short_sell_restricted", _u8), ("reserved", _u8 * 7)]


class Imbalance(_Record):
    _fields_ = RecordHeader._fields_ + [("ts_recv", _u64), ("ref_price", _i64), ("auction_time", _u64), ("cont_book_clr_price", _i64),
        ("auct_interest_clr_price", _i64), ("ssr_filling_price", _i64), ("ind_match_price", _i64), ("upper_collar", _i64),
        ("lower_collar", _i64), ("paired_qty", _u32), ("total_imbalance_qty", _u32), ("market_imbalance_qty", _u32),
        ("unpaired_qty", _u32), ("auction_type", _u8), ("side", _u8), ("auction_status", _u8), ("freeze_status", _u8),
        ("num_extensions", _u8), ("unpaired_side", _u8), ("significant_imbalance", _u8), ("reserved", _u8 * 1)]


class Statistics(_Record):
    _fields_ = RecordHeader._fields_ + [("ts_recv", _u64), ("ts_ref", _u64), ("price", _i64), ("quantity", _i64), ("sequence", _u32),
        ("ts_in_delta", _i32), ("stat_type", _u16), ("channel_id", _u16), ("update_action", _u8), ("stat_flags", _u8),
        ("reserved", _u8 * 18)]


class Definition(_Record):
    _fields_ = RecordHeader._fields_ + [("ts_recv", _u64), ("min_price_increment", _i64), ("display_factor", _i64), ("expiration", _u64),
        ("activation", _u64), ("high_limit_price", _i64), ("low_limit_price", _i64), ("max_price_variation", _i64),
        ("unit_of_measure_qty", _i64), ("min_price_increment_amount", _i64), ("price_ratio", _i64), ("strike_price", _i64),
        ("raw_instrument_id", _u64), ("leg_price", _i64), ("leg_delta", _i64), ("inst_attrib_value", _i32),
        ("underlying_id", _u32), ("market_depth_implied", _i32), ("market_depth", _i32), ("market_segment_id", _u32),
        ("max_trade_vol", _u32), ("min_lot_size", _i32), ("min_lot_size_block", _i32), ("min_lot_size_round_lot", _i32),
        ("min_trade_vol", _u32), ("contract_multiplier", _i32), ("decay_quantity", _i32), ("original_contract_size", _i32),
        ("leg_instrument_id", _u32), ("leg_ratio_price_numerator", _i32), ("leg_ratio_price_denominator", _i32),
        ("leg_ratio_qty_numerator", _i32), ("leg_ratio_qty_denominator", _i32), ("leg_underlying_id", _u32), ("appl_id", _i16),
        ("maturity_year", _u16), ("decay_start_date", _u16), ("channel_id", _u16), ("leg_count", _u16), ("leg_index", _u16),
        ("currency", _text * 4), ("settl_currency", _text * 4), ("secsubtype", _text * 6), ("raw_symbol", _text * 71),
        ("group", _text * 21), ("exchange", _text * 5), ("asset", _text * 11), ("cfi", _text * 7), ("security_type", _text * 7),
        ("unit_of_measure", _text * 31), ("underlying", _text * 21), ("strike_price_currency", _text * 4),
        ("leg_raw_symbol", _text * 71), ("instrument_class", _u8), ("match_algorithm", _u8), ("main_fraction", _u8),
        ("price_display_format", _u8), ("sub_fraction", _u8), ("underlying_product", _u8), ("security_update_action", _u8),
        ("maturity_month", _u8), ("maturity_day", _u8), ("maturity_week", _u8), ("user_defined_instrument", _u8),
        ("contract_multiplier_unit", _i8), ("flow_schedule_type", _i8), ("tick_rule", _u8), ("leg_instrument_class", _u8),
        ("leg_side", _u8), ("reserved", _u8 * 17)]


class RingHeader(_Record):
    _fields_ = [("magic", _u64), ("abi", _u32), ("header_size", _u32), ("schema", _u32), ("slot_size", _u32),
        ("slot_count", _u32), ("worker", _u32), ("body_size", _u32), ("reserved0", _u8 * 28), ("epoch", _u64),
        ("epoch_start", _u64), ("state", _u32), ("reserved1", _u8 * 44), ("head", _u64), ("reserved2", _u8 * 56),
        ("reserved3", _u8 * 3904)]


class SlotMBO(_Record):
    _fields_ = [("sequence", _u64), ("body", MBO)]


class SlotTrade(_Record):
    _fields_ = [("sequence", _u64), ("body", Trade), ("trade_id", _u64)]


class SlotMBP1(_Record):
    _fields_ = [("sequence", _u64), ("body", MBP1), ("trade_id", _u64), ("channel", _u32), ("reserved", _u8 * 28)]


class SlotMBP10(_Record):
    _fields_ = [("sequence", _u64), ("body", MBP10), ("trade_id", _u64)]


class SlotAdmin(_Record):
    _fields_ = [("sequence", _u64), ("body", _u8 * 520), ("trade_id", _u64), ("channel", _u32),
        ("reserved0", _u8 * 4), ("unit", _u64), ("reserved1", _u8 * 24)]


class Mark(_Record):
    _fields_ = [("ts_recv", _u64), ("first", _u64), ("units", _u32), ("session", _u32), ("channel", _u16),
        ("flags", _u8), ("reserved", _u8), ("taken_after_ns", _i32), ("commit_after_ns", _u32), ("heads", _u32 * 5)]


class SlotMark(_Record):
    _fields_ = [("sequence", _u64), ("body", Mark)]


class Appliance(_Record):
    _fields_ = RecordHeader._fields_ + [("ts_recv", _u64), ("kind", _u8), ("reason", _u8), ("channel", _u16), ("session", _u32),
        ("counter", _u64), ("unit", _u64), ("first", _u64), ("count", _u64)]


class PacketsHeader(_Record):
    _fields_ = [("magic", _u64), ("abi", _u32), ("header_size", _u32), ("chunk_bytes", _u32), ("chunk_count", _u32),
        ("worker", _u32), ("reserved0", _u8 * 36), ("epoch", _u64), ("epoch_start", _u64), ("state", _u32),
        ("reserved1", _u8 * 44), ("head", _u64), ("reserved2", _u8 * 56), ("reach", _u64), ("reserved3", _u8 * 3896)]


class PacketHeader(_Record):
    _fields_ = [("sequence", _u64), ("bytes", _u32), ("wire_bytes", _u32), ("ts_recv", _u64), ("bound_ns", _u32),
        ("source", _u8), ("flags", _u8), ("kind", _u8), ("line", _u8), ("channel", _u16), ("queue", _u16), ("verdict", _u8),
        ("reserved", _u8), ("units", _u16), ("value", _u64)]


class LatestHeader(_Record):
    _fields_ = [("magic", _u64), ("abi", _u32), ("header_size", _u32), ("slot_size", _u32), ("capacity", _u32),
        ("epoch", _u64), ("position_schema", _u32), ("reserved", _u8 * 4060)]


class LatestSlot(_Record):
    _fields_ = [("sequence", _u64), ("body", MBP10), ("position", _u64), ("updates", _u64), ("reserved", _u8 * 56)]


class Section(_Record):
    _fields_ = [("offset", _u64), ("stride", _u32), ("capacity", _u32), ("count", _u32), ("reserved", _u8 * 12)]


class ClockBlock(_Record):
    _fields_ = [("sequence", _u64), ("source", _u32), ("state", _u32), ("offset_ns", _i64), ("bound_ns", _u64),
        ("freq_ppb", _i64), ("updated_ns", _u64), ("grandmaster", _u8 * 8), ("tai_offset", _i32), ("steps", _u32),
        ("device", _text * 32), ("reserved", _u8 * 32)]


class ControlHeader(_Record):
    _fields_ = [("magic", _u64), ("abi", _u32), ("header_size", _u32), ("file_size", _u64), ("epoch", _u64),
        ("state", _u32), ("writer_pid", _u32), ("process_start", _u64), ("start_ns", _u64), ("reserved0", _u8 * 8),
        ("heartbeat_ns", _u64), ("reserved1", _u8 * 56), ("name", _text * 64), ("rings", Section), ("channels", Section),
        ("lines", Section), ("counters", Section), ("instruments", Section), ("sessions", Section), ("reserved2", _u8 * 128),
        ("clock", ClockBlock), ("reserved3", _u8 * 3456)]


class RingEntry(_Record):
    _fields_ = [("file", _text * 48), ("schema", _u32), ("worker", _u32), ("slot_size", _u32), ("slot_count", _u32)]


class Digest(_Record):
    _fields_ = [("content", _u64), ("full", _u64), ("records", _u64), ("set_lo", _u64), ("set_hi", _u64)]


class ChannelEntry(_Record):
    _fields_ = [("name", _text * 48), ("worker", _u32), ("publisher_id", _u16), ("reserved0", _u8 * 2),
        ("depth", _u32), ("reserved1", _u8 * 4), ("digests", Digest * 5), ("state", _u32), ("reason", _u32), ("state_unit", _u64),
        ("state_ns", _u64), ("session", _u32), ("reserved2", _u8 * 4), ("packets", _u64), ("messages", _u64), ("bytes", _u64),
        ("next_sequence", _u64), ("gaps", _u64), ("gaps_healed", _u64), ("lost", _u64), ("stale", _u64), ("sessions", _u64),
        ("instruments", _u64), ("session_name", _text * 16), ("appliance", _u64), ("reserved3", _u8 * 48)]


class LineEntry(_Record):
    _fields_ = [("name", _text * 32), ("channel", _u32), ("line", _u32), ("state", _u32), ("reserved0", _u8 * 4),
        ("received", _u64), ("first", _u64), ("duplicate", _u64), ("late", _u64), ("lost", _u64), ("recovered", _u64),
        ("packets", _u64), ("bytes", _u64), ("last_sequence", _u64), ("last_recv_ns", _u64), ("lag_histogram", _u64 * 32),
        ("lag_max_ns", _u64), ("lag_sum_ns", _u64), ("lag_count", _u64), ("reserved1", _u8 * 40)]


class CounterEntry(_Record):
    _fields_ = [("name", _text * 48), ("label", _text * 64), ("reserved", _u8 * 8), ("value", _u64)]


class InstrumentEntry(_Record):
    _fields_ = [("revision", _u64), ("venue_key", _u64), ("tick_size", _i64), ("display_factor", _i64), ("id", _u32),
        ("latest_index", _u32), ("lot_size", _u32), ("publisher_id", _u16), ("channel", _u16), ("symbol", _text * 72),
        ("venue", _text * 16), ("currency", _text * 4), ("status", _u8), ("reserved0", _u8 * 3), ("since", _u64 * 5),
        ("next", _u32), ("state", _u32)]


class SessionEntry(_Record):
    _fields_ = [("revision", _u64), ("epoch", _u64), ("number", _u32), ("channel", _u32), ("worker", _u32),
        ("publisher_id", _u16), ("channel_id", _u8), ("reserved0", _u8 * 1), ("resets", _u32), ("run_resets", _u32),
        ("first", _u64), ("first_sent_ns", _u64), ("first_recv_ns", _u64), ("mark", _u64), ("since", _u64 * 5),
        ("channel_name", _text * 48), ("name", _text * 32)]


class ReadersHeader(_Record):
    _fields_ = [("magic", _u64), ("abi", _u32), ("header_size", _u32), ("entries", _u32), ("entry_size", _u32),
        ("doorbells", _u32), ("reserved0", _u8 * 4), ("epoch", _u64), ("reserved1", _u8 * 24), ("state", _u32),
        ("reserved2", _u8 * 60), ("round", _u32), ("reserved3", _u8 * 60), ("reserved4", _u8 * 3904)]


class DoorbellLine(_Record):
    _fields_ = [("word", _u32), ("reserved", _u8 * 60)]


class ReaderEntry(_Record):
    _fields_ = [("claim", _u64), ("process_start", _u64), ("since_ns", _u64), ("schema", _u32), ("worker", _u32),
        ("policy", _u32), ("reserved0", _u8 * 28), ("language", _text * 16), ("name", _text * 48), ("position", _u64),
        ("lapped", _u64), ("heartbeat_ns", _u64), ("asleep", _u32), ("reserved1", _u8 * 36), ("reserved2", _u8 * 64)]


for _type, _size in ((RecordHeader, 16), (MBO, 56), (Trade, 48), (Level, 32), (MBP1, 80), (MBP10, 368), (Status, 40),
        (Imbalance, 112), (Statistics, 80), (Definition, 520), (RingHeader, 4096), (SlotMBO, 64), (SlotTrade, 64), (SlotMBP1, 128),
        (SlotMBP10, 384), (SlotAdmin, 576), (Mark, 56), (SlotMark, 64), (Appliance, 64), (PacketsHeader, 4096), (PacketHeader, 48),
        (LatestHeader, 4096), (LatestSlot, 448), (Section, 32), (ClockBlock, 128), (ControlHeader, 4096), (RingEntry, 64),
        (Digest, 40), (ChannelEntry, 448), (LineEntry, 448), (CounterEntry, 128), (InstrumentEntry, 192), (SessionEntry, 192),
        (ReadersHeader, 4096), (DoorbellLine, 64), (ReaderEntry, 256)):
    assert ctypes.sizeof(_type) == _size, _type
# End of what is generated.

Header, Instrument = RecordHeader, InstrumentEntry
RECORD_TYPES = {RTYPE_TRADE: Trade, RTYPE_MBP1: MBP1, RTYPE_MBP10: MBP10, RTYPE_STATUS: Status, RTYPE_DEFINITION: Definition,
                RTYPE_IMBALANCE: Imbalance, RTYPE_STATISTICS: Statistics, RTYPE_MBO: MBO, RTYPE_APPLIANCE: Appliance}

_FLAG_NAMES = sorted(((value, name[5:]) for name, value in list(globals().items()) if name.startswith("FLAG_")), reverse=True)
_RTYPE_NAMES = {value: name[6:] for name, value in list(globals().items()) if name.startswith("RTYPE_")}
_PRICES = {"price", "bid_px", "ask_px", "tick_size", "ref_price", "cont_book_clr_price", "auct_interest_clr_price", "ssr_filling_price",
           "ind_match_price", "upper_collar", "lower_collar", "min_price_increment", "display_factor", "high_limit_price",
           "low_limit_price", "max_price_variation", "min_price_increment_amount", "strike_price", "leg_price", "leg_delta"}
_LETTERS = {"action", "side", "is_trading", "is_quoting", "is_short_sell_restricted", "auction_type", "unpaired_side", "instrument_class",
            "match_algorithm", "security_update_action", "user_defined_instrument", "leg_instrument_class", "leg_side"}


class SegmentError(Exception):
    """A file that cannot be used, and why."""


def _walk(path):
    """Walk from / to a file and see who may have put it there; return the path without links and its folder's owner.

    A folder that others may write must be sticky, and what lies in it must be root's, ours or the folder owner's. Links are
    followed where that holds.
    """
    known = {0, os.geteuid()}
    path, links = os.path.abspath(path), 0
    while True:
        at, parent, hidden = "/", os.lstat("/"), False
        steps = [s for s in path.split("/") if s]
        for i, step in enumerate(steps):
            here, at = at, os.path.join(at, step)
            found = os.lstat(at)
            if parent.st_mode & 0o022 and not hidden:
                if not parent.st_mode & stat.S_ISVTX:
                    raise SegmentError(f"{here}: not to be relied on: others than its owner may write in it")
                if found.st_uid not in known and found.st_uid != parent.st_uid:
                    raise SegmentError(f"{at}: not to be relied on: uid {found.st_uid} made it where anybody could")
            if stat.S_ISLNK(found.st_mode):
                links += 1
                if links > 20:
                    raise SegmentError(f"{path}: a link that leads nowhere")
                if i == len(steps) - 1:
                    known.add(parent.st_uid)  # a ring on huge pages: its link is the folder owner's word
                path = os.path.normpath(os.path.join(here, os.readlink(at), *steps[i + 1:]))
                break
            if i == len(steps) - 1:
                return at, parent.st_uid
            hidden = hidden or not found.st_mode & 0o011
            parent = found
        else:
            raise SegmentError(f"{path}: not a file")


def _map(path, magic):
    """Map a file of ours read-only."""
    path, owner = _walk(path)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as f:
        found = os.fstat(f.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise SegmentError(f"{path}: not a regular file")
        if found.st_uid not in (0, os.geteuid(), owner):
            raise SegmentError(f"{path}: not to be relied on: it belongs to another user than its folder")
        size = found.st_size
        if size < HEADER_BYTES:
            raise SegmentError(f"{path}: shorter than its header")
        mem = mmap.mmap(f.fileno(), size, prot=mmap.PROT_READ)
    got, abi = struct.unpack_from("<QI", mem, 0)
    _check_magic(path, got, abi, magic)
    return mem


def _check_magic(path, got, abi, magic):
    if got != magic:
        raise SegmentError(f"{path}: " + ("foreign file" if got else "not laid out yet"))
    if abi != ABI_VERSION:
        raise SegmentError(f"{path}: written with ABI version {abi}, this reader knows version {ABI_VERSION}")


# Words of a ring's header.
_EPOCH, _START, _HEAD = RingHeader.epoch.offset >> 3, RingHeader.epoch_start.offset >> 3, RingHeader.head.offset >> 3


def _words(mem):
    """The memory by words, so that each look at one is a single load."""
    return memoryview(mem)[:len(mem) & ~7].cast("Q")


def _committed(position):
    return (position + 1) << 1


class _Heart:
    """What tells whether the writer lives: the control file beside a ring."""

    def _listen(self, path, stale_ns):
        self.path, self.stale_ns = os.path.abspath(path), stale_ns
        self.control, self._check_at, self._stale_at = None, 0, 0
        self._find_control()

    def _find_control(self):
        """Map the control file as it is now: a newer run may have made another."""
        try:
            self.control = Control(os.path.join(os.path.dirname(self.path), "control"))
        except FileNotFoundError:
            pass

    def _idle(self):
        """EMPTY, or STALE_WRITER once for each silence."""
        now = time.time_ns()
        if self.control is None or now < self._check_at:
            return EMPTY
        self._check_at = now + CHECK_EVERY_NS
        if self.control.state >= STATE_STOPPED or self.control.stale(self.stale_ns, now):
            try:
                self._find_control()
            except (SegmentError, OSError):
                pass  # a new writer is at work on it: the next look tries again
        beat = self.control.heartbeat_ns
        if not self.control.stale(self.stale_ns, now) or beat == self._stale_at:
            return EMPTY
        self._stale_at = beat
        return STALE_WRITER


class Ring(_Heart):
    """One ring, read from its oldest record on unless told to seek.

    position is of the record that comes next; lost is what the last LAPPED skipped, lost_total what all of them did, missed how
    many records of the run were overwritten before this reader began. The control file beside the ring tells whether the
    writer lives: without one there is no STALE_WRITER, and control is None.
    """

    def __init__(self, path, stale_ns=DEFAULT_STALE_NS):
        self._mem = _map(path, MAGIC_RING)
        h = RingHeader.from_buffer_copy(self._mem)  # judged and used from one copy: the file may change under us
        slot, count = h.slot_size, h.slot_count
        if (h.header_size != HEADER_BYTES or h.schema >= len(SCHEMAS) or slot == 0 or slot != SLOT_SIZES[h.schema]
                or h.body_size != BODY_SIZES[h.schema] or not 2 <= count <= MAX_SLOTS or count & (count - 1)
                or len(self._mem) < HEADER_BYTES + slot * count):
            raise SegmentError(f"{path}: damaged or truncated ring header")
        self.schema, self.slots, self.body_size, self.worker = SCHEMAS[h.schema], count, h.body_size, h.worker
        self._slot, self._mask = slot, count - 1
        self._words = _words(self._mem)
        self.epoch = self._words[_EPOCH]
        self.lost = self.lost_total = self.missed = 0
        self.position, self.payload = 0, None  # payload: of the record that the last call gave
        self.door = None
        self._listen(path, stale_ns)
        self.seek_oldest()

    def __repr__(self):
        return (f"<Ring {self.path}: {self.schema}, {self.slots} slots, epoch {self.epoch}, at {self.position} of {self.edge()}, "
                f"{self.lost_total} lost, {self.missed} missed>")

    def _sequence(self, position):
        return self._words[(HEADER_BYTES + (position & self._mask) * self._slot) >> 3]

    @property
    def state(self):
        """STATE_RUNNING, or what became of the writer of this file."""
        return struct.unpack_from("<I", self._mem, RingHeader.state.offset)[0]

    def edge(self):
        """The position the next record will get, as far as can be seen."""
        head = self._words[_HEAD]
        if head >= MAX_POSITION:
            head = 0
        elif head and self._sequence(head - 1) < _committed(head - 1):
            return 0
        for _ in range(self._mask + 1):
            value = self._sequence(head)
            position = (value >> 1) - 1
            if value < _committed(head) or (position - head) & self._mask or position >= MAX_POSITION:
                break
            head = position
            if value & 1:
                break
            head += 1
        return head

    def seek_edge(self):
        self.position, self.missed = self.edge(), 0

    def seek_oldest(self):
        """To the oldest record of the running epoch; an earlier run's are not told. missed: how many of this run are gone."""
        head, start = self.edge(), self._words[_START]
        self.position = max(0, head - self._mask - 1)
        self.missed = 0
        if start <= head:
            self.position = max(self.position, start)
            self.missed = self.position - start

    def next_bytes(self):
        """(result, payload): the payload is the body and the extras, or None."""
        p, want = self.position, _committed(self.position)
        if self._sequence(p) == want and self._words[_EPOCH] == self.epoch:
            result = RECORD
        else:
            result = self._look()
        if result != RECORD:
            return (self._idle() if result == EMPTY else result), None
        at = HEADER_BYTES + (p & self._mask) * self._slot
        payload = self._mem[at + 8:at + self._slot]
        if self._sequence(p) != want:
            result = self._look()
            return (EMPTY if result == RECORD else result), None
        self.position, self.payload = p + 1, payload
        return RECORD, payload

    def peek(self, position):
        """The payload at a position, wherever the reader stands; None where it is not there."""
        want = _committed(position)
        if self._sequence(position) != want:
            return None
        at = HEADER_BYTES + (position & self._mask) * self._slot
        payload = self._mem[at + 8:at + self._slot]
        return payload if self._sequence(position) == want else None

    def next(self):
        """(result, record): a ctypes record, bytes for a type without a class here, or None."""
        result, payload = self.next_bytes()
        if result != RECORD:
            return result, None
        if self.schema == "marks":
            return result, Mark.from_buffer_copy(payload)
        size = min(payload[0] * 4, self.body_size)
        kind = RECORD_TYPES.get(payload[1])
        if kind is None or ctypes.sizeof(kind) > size:
            return result, payload[:size]
        return result, kind.from_buffer_copy(payload)

    def listen(self, name=None, policy=POLICY_NONE):
        """Have wait sleep at the writer's doorbell, and show the reader under a name where one is given. None, or why it cannot."""
        try:
            self.door = Door(self, name, policy)
        except FileNotFoundError:
            return "no doorbells: set readers in the writer's configuration"
        except (OSError, SegmentError) as e:
            return str(e)

    def wait(self, timeout=1.0):
        """next() that waits at most so many seconds for something other than EMPTY: at the doorbell (listen), or by looking again and
        again."""
        door, nap, end = self.door, 50e-6, time.monotonic() + timeout
        if door:
            door._calls += 1
            if door._calls % 64 == 0:
                door.report(self)
        while True:
            value = door._arm() if door and door.open else None
            if value is None and door:
                door.close()
            result, record = self.next()
            left = end - time.monotonic()
            if result == NEW_EPOCH and door and not door.open:
                self.listen(door.name, door.policy)  # the new run may have one
            if result != EMPTY or left <= 0:
                return result, record
            if value is None:
                time.sleep(min(nap, left))
                nap = min(nap * 1.5, 1e-3)
            elif not door._renew():
                door.report(self, True)
                door._sleep(value, min(int(left * 1e9), door.SLICE_NS))
                door.report(self)

    def body(self):
        """The bytes of the record that the last call gave."""
        size = self.body_size if self.schema == "marks" else self.payload[0] * 4
        return self.payload[:size] if 16 <= size <= self.body_size else b""

    def trade_id(self, payload):
        """The first word of the extras."""
        if len(payload) < self.body_size + 8:
            return 0
        return struct.unpack_from("<Q", payload, self.body_size)[0]

    def _look(self):
        p, want, value, epoch = self.position, _committed(self.position), self._sequence(self.position), self._words[_EPOCH]
        if epoch != self.epoch:
            start = self._words[_START]
            if p >= start:
                self.epoch = epoch
                if p > self.edge() and start < MAX_POSITION:
                    self.position = start
                return NEW_EPOCH
        if value == want:
            return RECORD
        if value < want or value == want | 1:
            if value == 1 or (value and ((value >> 1) - 1 - p) & self._mask):
                return CORRUPT
            return STOPPED if value < want and self.state >= STATE_STOPPED and self.edge() <= p else EMPTY
        following = value >> 1
        if (following - 1 - p) & self._mask or following > MAX_POSITION:
            return CORRUPT
        resume = max(max(following, self.edge()) - (self._mask + 1) // 2, p + 1)
        self.lost = resume - p
        self.lost_total += self.lost
        self.position = resume
        return LAPPED


# Whether a record's natural position is known, and if not, why.
PLACED = 0
UNMARKED = 1  # newer than the newest mark, which comes microseconds later: ask again
INSIDE = 2  # inside a unit whose beginning this reader did not see: the next one's place is known
MARK_GONE = 3  # its mark was overwritten, or never written
RECORD_GONE = 4  # never said of a record in hand
ORPHAN = 5  # the writer died after the record and before its mark
APPLIANCE_MADE = 6  # no venue's record: its own fields say after which unit it stands
DAMAGED = 7  # mark and record do not fit each other
PLACE_NAMES = ("placed", "unmarked", "inside_unit", "mark_gone", "record_gone", "orphan", "appliance", "damaged")

# unit, session and channel are the venue's number of the message or packet, and whose it is (Control.session, Control.channel); k is the
# record's place among those of the unit in this channel and schema. recv_ns: when the newest packet of its burst was received
# (the record's own is its ts_recv), taken_ns and commit_ns: when the worker took it and had published it; 0 where no clock
# was there to say. filtered: only some instruments are published, k counts those alone.
Natural = collections.namedtuple("Natural", "unit k session channel recv_ns taken_ns commit_ns filtered")

_SEQUENCES = {"mbo": MBO.sequence.offset, "mbp-1": MBP1.sequence.offset, "mbp-10": MBP10.sequence.offset, "trades": Trade.sequence.offset}
_U32 = 0xFFFFFFFF


class Locator:
    """Turns positions of one ring into the venue's numbers, by the marks of the ring's worker (Instance.locator makes one).

        place, where = locator.locate()  # of the record that ring.next() gave
        if place == wirebook.PLACED:
            print(where.session, where.unit, where.k)

    To be asked for every record in order, and again for one that is UNMARKED. Who joins or was lapped inside a unit is told from
    the next one on. A new run may have made the marks anew: after NEW_EPOCH make another Locator, and where MARK_GONE does
    not end.
    """

    _SPARE = 8192  # marks at most between which low halves of heads are compared: no more than 2**32 records lie there

    def __init__(self, ring, marks):
        if marks.schema != "marks" or ring.schema not in SCHEMAS[:5] or marks.worker != ring.worker:
            raise SegmentError(f"{marks.path}: not the marks of the worker of {ring.path}")
        self.ring, self.marks = ring, marks
        self._schema = SCHEMAS.index(ring.schema)
        self._span = None  # at, from, to, Mark
        self._next = self._round = 0
        self._seen = {}  # by channel: session, unit, k, round, inside

    def locate(self, position=None, payload=None):
        """(place, Natural or None) of a record: of the one that the ring gave last where nothing else is said."""
        if position is None:
            position, payload = self.ring.position - 1, self.ring.payload
        if position != self._next:
            self._round += 1
            self._next = position
        if self._span is None or not self._span[1] <= position < self._span[2]:
            place = self._move(position)
            if place == UNMARKED and struct.unpack_from("<I", self.marks._mem, RingHeader.state.offset)[0] == STATE_REPLACED:
                place = MARK_GONE  # no mark comes there any more: make the locator anew
            if place != PLACED:
                if place != UNMARKED:
                    self._next = position + 1
                    self._round += 1
                return place, None
        self._next = position + 1
        m = self._span[3]
        unit, fits = self._unit(m, payload)
        if fits is not None and (m.session == 0 or m.channel == NO_MARK_CHANNEL):
            return ORPHAN, None
        taken = commit = 0
        if not m.flags & MARK_UNTIMED:
            taken = m.ts_recv + m.taken_after_ns
            commit = taken + m.commit_after_ns
        where = Natural(unit, 0, m.session, m.channel, m.ts_recv, taken, commit, bool(m.flags & MARK_FILTERED))
        if fits is None:
            return APPLIANCE_MADE, where
        if not fits or m.channel >= MAX_CHANNELS:
            return DAMAGED, where
        session, known, k, seen_at, inside = self._seen.get(m.channel, (0, 0, 0, -1, False))
        running = seen_at == self._round
        if running and (session, known) == (m.session, unit):
            k += 1
        else:
            k, inside = 0, not running and not self._begins(position, unit)
        self._seen[m.channel] = m.session, unit, k, self._round, inside
        return (INSIDE, where) if inside else (PLACED, where._replace(k=k))

    def _unit(self, mark, payload):
        """The unit of a record by its mark, and whether they fit; None where the appliance made the record."""
        end = mark.first + mark.units & 0xFFFFFFFFFFFFFFFF
        if self.ring.schema == "admin":
            unit = struct.unpack_from("<Q", payload, SlotAdmin.unit.offset - 8)[0]
            return unit, None if payload[RecordHeader.rtype.offset] == RTYPE_APPLIANCE else unit < end
        low = struct.unpack_from("<I", payload, _SEQUENCES[self.ring.schema])[0]
        unit = end - 1 - ((end - 1 - low) & _U32)
        return max(unit, 0), end != 0 and unit >= 0

    def _begins(self, position, unit):
        """Whether a record, the first of its channel since a jump, is the first of its unit."""
        _, start, _, mark = self._span
        if unit < mark.first:
            return False
        while position != start:
            before = self.ring.peek(position - 1)
            if before is None:
                return False
            other, fits = self._unit(mark, before)
            if fits is not None:  # what the appliance made is of no unit
                return fits and other < unit
            position -= 1
        return True

    def _mark(self, at):
        payload = self.marks.peek(at)
        return None if payload is None else Mark.from_buffer_copy(payload)

    def _move(self, position):
        """Make the mark of a position the one in hand."""
        if self._span is None or position < self._span[1]:
            self._span = None
            return self._seek(position)
        for _ in range(self.marks.slots):
            at, _, end, _ = self._span
            mark = self._mark(at + 1)
            if mark is None:
                if self.marks._sequence(at + 1) <= _committed(at + 1) | 1:
                    return UNMARKED
                self._span = None  # lapped
                self._round += 1
                return self._seek(position)
            self._span = at + 1, end, end + ((mark.heads[self._schema] - end) & _U32), mark
            if position < self._span[2]:
                if position < end:
                    break  # heads that go back
                return PLACED
        self._span = None
        return DAMAGED

    def _seek(self, position):
        """Find the mark of a position from the newest one backwards: in steps that double, then by halves."""
        for _ in range(8):
            end = self.marks.edge()
            if end == 0:
                return UNMARKED
            high = end - 1
            mark = self._mark(high)
            if mark is None:
                continue
            edge, head = self.ring.edge(), mark.heads[self._schema]
            ahead = (head - edge) & _U32
            to = edge + ahead if ahead < 1 << 31 else edge - ((edge - head) & _U32)
            if not 0 <= to < MAX_POSITION:
                continue
            if position >= to:
                return UNMARKED
            step = 1
            while True:
                end = self.marks.edge()
                oldest = max(0, end - self.marks.slots + 1)
                if high <= oldest:
                    return MARK_GONE
                low = max(high - step, oldest)
                before = self._mark(low)
                if before is None:
                    break
                start = to - ((to - before.heads[self._schema]) & _U32)
                if start < 0:
                    return DAMAGED
                if start <= position:
                    break
                high, to, mark = low, start, before
                step = min(2 * step, self._SPARE)
            if before is None:
                continue  # overtaken
            while high - low > 1:
                middle = low + (high - low) // 2
                other = self._mark(middle)
                if other is None:
                    break
                there = to - ((to - other.heads[self._schema]) & _U32)
                if there > position:
                    high, to, mark = middle, there, other
                else:
                    low, start = middle, there
            if high - low == 1 and start <= position < to:
                self._span = high, start, to, mark
                return PLACED
        return MARK_GONE


_K0, _K1, _K2, _U64 = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, (1 << 64) - 1
_RECEIVER = {  # of what tells of a record's receiving: size of the type, bytes from and to, where the flags are
    RTYPE_MBO: (ctypes.sizeof(MBO), [(MBO.ts_recv.offset, MBO.sequence.offset)], MBO.flags.offset),
    RTYPE_STATISTICS: (ctypes.sizeof(Statistics), [(16, 24), (Statistics.ts_in_delta.offset, Statistics.ts_in_delta.offset + 4)], None),
    **{kind: (ctypes.sizeof(Trade), [(Trade.ts_recv.offset, Trade.sequence.offset)], Trade.flags.offset)
       for kind in (RTYPE_TRADE, RTYPE_MBP1, RTYPE_MBP10)},
    **{kind: (ctypes.sizeof(Status), [(16, 24)], None) for kind in (RTYPE_STATUS, RTYPE_IMBALANCE, RTYPE_DEFINITION)}}


def _fold(a, b):
    product = a * b
    return (product >> 64) ^ (product & _U64)


def record_hash(body):
    """The hash of a body, a multiple of 8 bytes, whose receiver fields are zero."""
    words = struct.unpack(f"<{len(body) // 8}Q", body[:len(body) // 8 * 8])
    h, seed = len(body), _K1
    for i in range(0, len(words) - 1, 2):
        h ^= _fold(words[i] ^ seed, words[i + 1] ^ _K0)
        seed = (seed + _K2) & _U64
    if len(words) % 2:
        h ^= _fold(words[-1] ^ seed, _K2)
    return h


def content_hash(body):
    """The hash of a body as it stands in a ring: ts_recv, ts_in_delta and BAD_TS_RECV count as zero."""
    body = bytearray(body)
    size, spans, flags = _RECEIVER.get(body[1] if len(body) >= 16 else None, (0, [], None))
    if len(body) >= size:
        for start, end in spans:
            body[start:end] = bytes(end - start)
        if flags is not None:
            body[flags] &= ~FLAG_BAD_TS_RECV
    return record_hash(body)


def session_key(session, schema):
    """What the positions of a session's records (Control.session) in one schema ("mbo") have in common."""
    a = record_hash(struct.pack("<HBBI32s", session.publisher_id, session.channel_id, SCHEMAS.index(schema), session.run_resets, session.name))
    return a, _fold(a ^ _K1, _K2)


class SetDigest:
    """The sum modulo 2**128 of a hash of each record's natural position and content: any parts, in any order, add up to the whole.

    ChannelEntry.digests[schema] has what the writer counted, from all channel's records but those that the appliance made.
    """

    def __init__(self, value=0):
        self.value = value

    @classmethod
    def of(cls, digest):
        """What a Digest of the control file says."""
        return cls(digest.set_hi << 64 | digest.set_lo)

    def add(self, key, unit, k, content):
        """Take in one record: its session_key, where it stands (Locator.locate), its content_hash."""
        x = _fold(unit ^ key[0], k ^ key[1])
        product = x * (content ^ _K2)
        self.value = (self.value + (((product >> 64) ^ content) << 64 | (product & _U64) ^ x)) & ((1 << 128) - 1)

    def merge(self, other):
        self.value = (self.value + other.value) & ((1 << 128) - 1)

    def __eq__(self, other):
        return isinstance(other, SetDigest) and self.value == other.value

    def __repr__(self):
        return f"SetDigest({self.value:032x})"


def _packet_size(payload):
    """What a record with so many bytes of payload takes."""
    return (ctypes.sizeof(PacketHeader) + payload + 15) & ~15


class Packets(_Heart):
    """A packets ring: every input of a worker, in the order in which it was taken. As Ring, but positions, lost and missed count bytes.

    next() gives (result, (header, payload)): a PacketHeader, and of a frame all its bytes, Ethernet header first. at is the position
    of the record that the last call gave. A payload whose header has PACKET_MORE goes on in the next record.
    """

    _EPOCH, _START = PacketsHeader.epoch.offset >> 3, PacketsHeader.epoch_start.offset >> 3
    _HEAD, _REACH = PacketsHeader.head.offset >> 3, PacketsHeader.reach.offset >> 3

    def __init__(self, path, stale_ns=DEFAULT_STALE_NS):
        self._mem = _map(path, MAGIC_PACKETS)
        h = PacketsHeader.from_buffer_copy(self._mem)
        chunk, count = h.chunk_bytes, h.chunk_count
        if (h.header_size != HEADER_BYTES or not MIN_CHUNK_BYTES <= chunk <= MAX_CHUNK_BYTES or chunk & (chunk - 1)
                or not MIN_CHUNKS <= count <= MAX_CHUNKS or count & (count - 1) or len(self._mem) < HEADER_BYTES + chunk * count):
            raise SegmentError(f"{path}: damaged or truncated packets ring header")
        self.worker, self.chunk, self.size = h.worker, chunk, chunk * count
        self._mask = self.size - 1
        self._words = _words(self._mem)
        self.epoch = self._words[self._EPOCH]
        self.at = self.position = self.lost = self.lost_total = self.missed = 0
        self._listen(path, stale_ns)
        self.seek_oldest()

    def __repr__(self):
        return (f"<Packets {self.path}: {self.size} bytes, epoch {self.epoch}, at {self.position} of {self.edge()}, "
                f"{self.lost_total} lost, {self.missed} missed>")

    def _word(self, p):
        return self._words[(HEADER_BYTES + (p & self._mask)) >> 3]

    def _gone(self, p, reach):
        """Whether the writer may have touched the record at p, having announced reach."""
        return reach > p + self.size

    def _next_chunk(self, p):
        return (p & ~(self.chunk - 1)) + self.chunk

    def _newest(self):
        """The newest chunk that begins with a whole record."""
        newest = 0
        for at in range(0, self.size, self.chunk):
            value = self._word(at)
            p = value & ~15
            if value == p | PACKET_WHOLE and p & self._mask == at and newest < p < MAX_POSITION:
                newest = p
        return newest

    def _walk(self, p):
        """The end of the records that follow one another from p on: at most as many as the ring can have."""
        far = p + self._mask
        while p < far:
            value, end = self._word(p), self._next_chunk(p)
            if value == p | PACKET_WHOLE:
                behind = p + _packet_size(self._word(p + 8) & 0xFFFFFFFF)
                if behind > end:
                    break
                end = behind
            elif value != p | PACKET_SKIP or p & (self.chunk - 1) == 0:
                break
            p = end
        return p

    def edge(self):
        """The position the next record will get, as far as can be seen."""
        for _ in range(4):
            head = self._words[self._HEAD]
            if head >= MAX_POSITION or head % 16 or self._gone(head, self._words[self._REACH]):
                head = self._newest()
            edge = self._walk(head)
            if not self._gone(head, self._words[self._REACH]):
                return edge  # nothing that was walked over has been touched since
        reach = self._words[self._REACH]
        return 0 if reach >= MAX_POSITION or reach < self.size else reach & ~(self.chunk - 1)

    def seek_edge(self):
        self.position, self.missed = self.edge(), 0

    def seek_oldest(self):
        """To the oldest record of the running epoch. missed: how many bytes of this run are gone."""
        reach, start = self._words[self._REACH] & ~(self.chunk - 1), self._words[self._START] & ~15
        oldest = reach - self.size if self.size < reach < MAX_POSITION else 0
        self.position, self.missed = oldest, 0
        if start < MAX_POSITION and start <= reach:
            self.position, self.missed = max(oldest, start), max(oldest - start, 0)

    def _lapped(self, reach):
        if reach >= MAX_POSITION:
            return CORRUPT
        resume = (reach - self.size // 2) & ~(self.chunk - 1)
        self.lost = resume - self.position
        self.lost_total += self.lost
        self.position = resume
        return LAPPED

    def _look(self):
        for _ in range(4):
            p = self.position
            value, epoch = self._word(p), self._words[self._EPOCH]
            if epoch != self.epoch:
                start = self._words[self._START]
                if p >= start:
                    self.epoch = epoch
                    if p > self.edge() and start < MAX_POSITION:
                        self.position = start & ~15
                    return NEW_EPOCH
            reach = self._words[self._REACH]
            if self._gone(p, reach):
                return self._lapped(reach)
            if value == p | PACKET_WHOLE:
                return RECORD
            if value == p | PACKET_SKIP and p & (self.chunk - 1):
                self.position = self._next_chunk(p)
                continue
            stopped = struct.unpack_from("<I", self._mem, PacketsHeader.state.offset)[0] >= STATE_STOPPED
            behind = p < self._words[self._HEAD] < MAX_POSITION
            if (stopped or behind) and self._word(p) != value:
                continue  # something has come since
            if behind:
                reach = self._words[self._REACH]
                return self._lapped(reach) if self._gone(p, reach) else CORRUPT
            return STOPPED if stopped else EMPTY
        return EMPTY

    def next(self):
        """(result, (PacketHeader, payload)), or (result, None)."""
        p = self.position
        if self._word(p) != p | PACKET_WHOLE or self._words[self._EPOCH] != self.epoch:
            result = self._look()
            if result != RECORD:
                return (self._idle() if result == EMPTY else result), None
            p = self.position
        size = self._word(p + 8) & 0xFFFFFFFF  # once: the memory may say something else by now
        taken, at = _packet_size(size), HEADER_BYTES + (p & self._mask)
        fits = (p & (self.chunk - 1)) + taken <= self.chunk
        record = bytearray(self._mem[at:at + taken]) if fits else None
        reach = self._words[self._REACH]  # behind the copy: what it says was there to the end
        if self._gone(p, reach):
            return self._lapped(reach), None
        if not fits:
            return CORRUPT, None
        header = PacketHeader.from_buffer_copy(record)
        header.sequence, header.bytes = p | PACKET_WHOLE, size
        self.at, self.position = p, p + taken
        head = ctypes.sizeof(PacketHeader)
        return RECORD, (header, bytes(record[head:head + size]))


_SYS_FUTEX = {"x86_64": 202, "aarch64": 98}.get(os.uname().machine)


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def _process_start(pid):
    """When a process started, in clock ticks since boot; 0 where it cannot be told."""
    try:
        with io.open(f"/proc/{pid}/stat", "rb") as f:
            return int(f.read().rsplit(b")", 1)[1].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


class Door:
    """The readers file beside a ring: a reader shows itself there, and sleeps at its worker's doorbell (Ring.wait).

    Others may write the file and cut it short at any time. So it is mapped for its addresses only, which the kernel is given: nothing
    here loads from the mapping or stores to it, and a door that fails is left. Ring.wait then polls.
    """

    SLICE_NS = 50_000_000  # bounds a sleep: the heartbeat is looked at in between
    _LINES, _LINE = HEADER_BYTES, ctypes.sizeof(DoorbellLine)
    _ENTRY = ctypes.sizeof(ReaderEntry)

    def __init__(self, ring, name=None, policy=POLICY_NONE):
        self.path = os.path.join(os.path.dirname(ring.path), "readers")
        self.name, self.policy, self.worker, self.schema = name, policy, ring.worker, SCHEMAS.index(ring.schema)
        self.sleeps = self.overdue = 0  # how often it slept, and of these how often nobody woke it
        self._since, self._calls, self._fd, self._at = time.time_ns(), 0, -1, 0
        self._start = _process_start(os.getpid())
        self._claim = os.getpid() | (self._start & 0xFFFFFFFF) << 32
        if _SYS_FUTEX is None:
            raise SegmentError("doorbells need Linux on x86-64 or arm64")
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall
        self._enter()

    def __repr__(self):
        return f"<Door {self.path}: worker {self.worker}, {'open' if self.open else 'closed'}, {self.sleeps} sleeps, {self.overdue} overdue>"

    @property
    def open(self):
        return self._fd >= 0

    @property
    def listed(self):
        return self.open and self._at != 0

    def _enter(self):
        path, owner = _walk(self.path)
        self._fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(self._fd)
            if (not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_mode & 0o002
                    or found.st_uid not in (0, os.geteuid(), owner)):
                raise SegmentError(f"{path}: not to be relied on: others than its owner and group may have made or write it")
            h = _readers_header(path, self._fd)
            if self.worker >= h.doorbells:
                raise SegmentError(f"{path}: worker {self.worker} has no doorbell, only {h.doorbells} have")
            self._file = found.st_dev, found.st_ino
            self._entries, self._first = h.entries, self._LINES + h.doorbells * self._LINE
            self._mem = mmap.mmap(self._fd, self._first, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        except BaseException:
            self.close()
            raise
        self._bell = self._LINES + self.worker * self._LINE
        self._word = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(self._mem)) + self._bell)
        if self.name is not None:
            self._announce()

    def close(self):
        if self._fd < 0:
            return
        if self._at and self._mine():
            os.pwrite(self._fd, bytes(8), self._at)
        os.close(self._fd)
        self._fd, self._at, self._mem = -1, 0, None

    def _mine(self):
        return os.pread(self._fd, 8, self._at) == struct.pack("<Q", self._claim)

    def _announce(self):
        """Show the reader in a free entry, or a dead one's. Entries are written whole, so that of two who take one at once the last
        has it, and the other finds that out."""
        now, self._at = time.time_ns(), 0
        mine = ReaderEntry(claim=self._claim, process_start=self._start, since_ns=self._since, schema=self.schema, worker=self.worker,
                           policy=self.policy, heartbeat_ns=now, language=b"python", name=self.name.encode()[:48])
        for i in range(self._entries):
            at = self._first + i * self._ENTRY
            entry = _reader_entry(self._fd, at)
            if entry is None:
                return  # cut short
            if entry.claim and not _reader_dead(entry, now):
                continue
            os.pwrite(self._fd, bytes(mine), at)
            if os.pread(self._fd, 8, at) == struct.pack("<Q", self._claim):
                self._at = at
                return

    def report(self, ring, asleep=False):
        """Say how far the reader is. Ring.wait does, too."""
        if not self.open or self.name is None:
            return
        if not self._at or not self._mine():
            if asleep:
                return
            self._announce()  # somebody else has the entry
            if not self._at:
                return
        os.pwrite(self._fd, struct.pack("<3QI", ring.position, ring.lost_total, time.time_ns(), asleep), self._at + ReaderEntry.position.offset)

    def _arm(self):
        """Say that somebody wants to be woken, and return the value to sleep on; None where the door has failed.

        The kernel sets the bit, with a full fence: a record that is not seen behind this comes with a stroke.
        """
        none = ctypes.c_uint32()
        for _ in range(64):
            # FUTEX_WAKE_OP: word |= 1, and wake who waits for -1 there, which nobody does
            if self._syscall(ctypes.c_long(_SYS_FUTEX), ctypes.byref(none), 5, 0, ctypes.c_void_p(0), self._word, (2 << 28) | (1 << 12) | 0xFFF) < 0:
                return None
            word = os.pread(self._fd, 4, self._bell)
            if len(word) < 4:
                return None
            value = struct.unpack("<I", word)[0]
            if value & 1:
                return value
        return value

    def _sleep(self, value, ns):
        """Sleep while the doorbell has the value, at most so long."""
        limit = _Timespec(ns // 10**9, ns % 10**9)
        self.sleeps += 1
        if self._syscall(ctypes.c_long(_SYS_FUTEX), self._word, 0, ctypes.c_uint32(value), ctypes.byref(limit), ctypes.c_void_p(0), 0) < 0:
            self.overdue += ctypes.get_errno() == errno.ETIMEDOUT

    def _renew(self):
        """Go to the readers file that took this one's place. False where none did, whatever this one says."""
        if os.pread(self._fd, 4, ReadersHeader.state.offset) == struct.pack("<I", STATE_RUNNING):
            return False
        try:
            found = os.stat(self.path)
            if (found.st_dev, found.st_ino) == self._file:
                return False
            self.close()
            self._enter()
        except (OSError, SegmentError):
            self.close()
        return True


def _readers_header(path, fd):
    h = os.pread(fd, HEADER_BYTES, 0)
    if len(h) < HEADER_BYTES:
        raise SegmentError(f"{path}: shorter than its header")
    h = ReadersHeader.from_buffer_copy(h)
    _check_magic(path, h.magic, h.abi, MAGIC_READERS)
    if (h.header_size != HEADER_BYTES or h.entry_size != ctypes.sizeof(ReaderEntry) or not 1 <= h.entries <= MAX_READERS
            or not 1 <= h.doorbells <= MAX_DOORBELLS
            or os.fstat(fd).st_size < HEADER_BYTES + h.doorbells * ctypes.sizeof(DoorbellLine) + h.entries * ctypes.sizeof(ReaderEntry)):
        raise SegmentError(f"{path}: damaged or truncated readers file")
    return h


def _reader_entry(fd, at):
    entry = os.pread(fd, ctypes.sizeof(ReaderEntry), at)
    return ReaderEntry.from_buffer_copy(entry) if len(entry) == ctypes.sizeof(ReaderEntry) else None


def _reader_dead(entry, now_ns):
    """Whether an entry's process is no more. One of another PID namespace cannot be seen, and lives as long as it says so."""
    start = _process_start(entry.claim & 0xFFFFFFFF)
    return not (start and start & 0xFFFFFFFF == entry.claim >> 32) and abs(now_ns - entry.heartbeat_ns) > 10**9


class Latest:
    """The last book of every instrument."""

    STRIDE = ctypes.sizeof(LatestSlot)

    def __init__(self, path):
        self._mem = _map(path, MAGIC_LATEST)
        h = LatestHeader.from_buffer_copy(self._mem)
        if (h.header_size != HEADER_BYTES or h.slot_size != self.STRIDE or not 0 < h.capacity <= MAX_LATEST
                or h.position_schema > SCHEMAS.index("admin") or len(self._mem) < HEADER_BYTES + self.STRIDE * h.capacity):
            raise SegmentError(f"{path}: damaged or truncated latest table")
        self.capacity, self.schema = h.capacity, SCHEMAS[h.position_schema]
        self._words = _words(self._mem)
        self.path = os.path.abspath(path)

    def __repr__(self):
        return f"<Latest {self.path}: room for {self.capacity} instruments>"

    def read(self, index):
        """(MBP10, position to go on from), or None where there is no book."""
        if not 0 <= index < self.capacity:
            return None
        at = HEADER_BYTES + index * self.STRIDE
        for _ in range(1000):
            sequence = self._words[at >> 3]
            if sequence == 0:
                return None
            slot = self._mem[at + 8:at + self.STRIDE]
            if sequence & 1 == 0 and self._words[at >> 3] == sequence:
                position, updates = struct.unpack_from("<2Q", slot, 368)
                return (MBP10.from_buffer_copy(slot), position) if updates else None
        return None


class Control:
    """Who writes, what the ids and numbers mean, and how each channel and instrument is.

    channels(), lines(), counters() and instruments() give copies: ask again for what changes. state_of(entry) says of a channel
    or an instrument whether it can be relied on, and why not.
    """

    _TABLES = {"rings": (RingEntry, MAX_RINGS), "channels": (ChannelEntry, MAX_CHANNELS), "lines": (LineEntry, MAX_LINES),
               "counters": (CounterEntry, MAX_COUNTERS), "instruments": (InstrumentEntry, MAX_INSTRUMENTS),
               "sessions": (SessionEntry, MAX_SESSIONS)}

    def __init__(self, path):
        self._mem = _map(path, MAGIC_CONTROL)
        h = ControlHeader.from_buffer_copy(self._mem)  # places and capacities come from this copy
        good = h.header_size == HEADER_BYTES and h.file_size <= len(self._mem)
        for name, (kind, most) in self._TABLES.items():
            s = getattr(h, name)
            good = (good and s.stride == ctypes.sizeof(kind) and s.capacity <= most and s.offset % 8 == 0
                    and HEADER_BYTES <= s.offset and s.offset + s.stride * s.capacity <= h.file_size)
        if not good:
            raise SegmentError(f"{path}: damaged or truncated control file")
        self._header = h
        self.name = h.name.decode("ascii", "replace")
        self.path = os.path.abspath(path)
        self._words = _words(self._mem)

    def __repr__(self):
        state = {STATE_STARTING: "starting", STATE_RUNNING: "running", STATE_STOPPED: "stopped", STATE_REPLACED: "replaced"}
        return (f"<Control {self.path}: epoch {self.epoch}, {state.get(self.state, self.state)}" + ", stale" * self.stale() + ">")

    def stale(self, limit_ns=DEFAULT_STALE_NS, now_ns=None):
        """Whether the heartbeat is older than the limit though the writer did not end in good order."""
        now = time.time_ns() if now_ns is None else now_ns
        return self.state < STATE_STOPPED and now - self.heartbeat_ns > limit_ns

    @property
    def epoch(self):
        return self._words[ControlHeader.epoch.offset >> 3]

    @property
    def state(self):
        return struct.unpack_from("<I", self._mem, ControlHeader.state.offset)[0]

    @property
    def heartbeat_ns(self):
        return self._words[ControlHeader.heartbeat_ns.offset >> 3]

    def _count(self, name):
        at = getattr(ControlHeader, name).offset + Section.count.offset
        return min(struct.unpack_from("<I", self._mem, at)[0], getattr(self._header, name).capacity)

    def _entry(self, name, index):
        section, kind = getattr(self._header, name), self._TABLES[name][0]
        return kind.from_buffer_copy(self._mem, section.offset + index * section.stride)

    def _locked(self, at, kind):
        """A copy of an entry that starts with its sequence lock, or None while it does not stand still."""
        for _ in range(1000):
            lock = self._words[at >> 3]
            entry = kind.from_buffer_copy(self._mem, at)
            if lock & 1 == 0 and self._words[at >> 3] == lock:
                return entry
        return None

    def _all(self, name):
        return [self._entry(name, i) for i in range(self._count(name))]

    def rings(self):
        """(schema, worker) of every ring of the instance."""
        return [(SCHEMAS[e.schema], e.worker) for e in self._all("rings") if e.schema < len(SCHEMAS)]

    def channels(self):
        return self._all("channels")

    def channel(self, index):
        """The channel that marks, sessions, instruments and appliance records call by this number, or None."""
        return self._entry("channels", index) if 0 <= index < self._count("channels") else None

    def lines(self):
        return self._all("lines")

    def counters(self):
        """{(name, label): value}."""
        return {(e.name.decode("ascii", "replace"), e.label.decode("ascii", "replace")): e.value for e in self._all("counters")}

    def clock(self):
        """What the writer knows of its clock, or None while it cannot be read whole."""
        return self._locked(ControlHeader.clock.offset, ClockBlock)

    def instrument(self, index):
        """Entry index of the instrument table, or None."""
        section = self._header.instruments
        if not 0 <= index < self._count("instruments"):
            return None
        return self._locked(section.offset + index * section.stride, InstrumentEntry)

    def instruments(self, former=False):
        """The instruments that ids mean now; with former also what they meant before, and since which positions."""
        for i in range(self._count("instruments")):
            entry = self.instrument(i)
            if entry is not None and (former or entry.next == 0):
                yield entry

    def sessions(self):
        """(oldest, newest) number of the sessions that the table may have; (1, 0) without any. One that runs may be older."""
        newest = struct.unpack_from("<I", self._mem, ControlHeader.sessions.offset + Section.count.offset)[0]
        if newest == 0xFFFFFFFF:
            return 1, 0  # damage
        return max(1, newest + 1 - min(newest + 1, self._header.sessions.capacity)), newest

    def session(self, number):
        """What the session number of a mark means; None where it never was, or is forgotten."""
        section = self._header.sessions
        if number <= 0 or section.capacity == 0:
            return None
        entry = self._locked(section.offset + number % section.capacity * section.stride, SessionEntry)
        return entry if entry is not None and entry.number == number else None


# How a channel or an instrument stands, why, and which of an instrument's books cannot be trusted: ("gapped", "gap", "orders"). What
# must not be traded on has another name than "live", or suspect books.
State = collections.namedtuple("State", "name reason suspect")


def state_of(entry):
    """The State of a ChannelEntry or an InstrumentEntry."""
    if isinstance(entry, InstrumentEntry):
        return State(_name(INSTRUMENT_STATE_NAMES, entry.state & 0xFF), _name(REASON_NAMES, entry.state >> 8 & 0xFF),
                     _name(BOOKS_NAMES, entry.state >> 16 & 0xFF))
    return State(_name(CHANNEL_STATE_NAMES, entry.state), _name(REASON_NAMES, entry.reason), "")


def _name(names, value):
    return names[value] if value < len(names) else str(value)


class Instance:
    """One instance by its name: its control file, its rings, its latest table."""

    def __init__(self, name="default", root=None):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
            raise SegmentError(f"instance name {name!r}: must be 1 to 63 letters, digits, '-', '_' and '.', the first a letter or digit")
        self.name = name
        self.path = os.path.join(root or os.environ.get("WIREBOOK_SHM") or DEFAULT_ROOT, name)
        try:
            self.control = Control(os.path.join(self.path, "control"))
        except FileNotFoundError:
            raise SegmentError(
                f"no such instance: {self.path}; start one with wirebook replay or run, or set WIREBOOK_SHM") from None

    def __repr__(self):
        return f"<Instance {self.name} in {self.path}: {', '.join(f'{s}-{w}' for s, w in self.rings()) or 'no rings'}>"

    def rings(self):
        """(schema, worker) of every ring that the control file names."""
        return self.control.rings()

    def ring(self, schema="mbo", worker=0, stale_ns=DEFAULT_STALE_NS):
        if schema == "packets":
            return self.packets(worker, stale_ns)
        if (schema, worker) not in self.rings():
            there = ", ".join(f"{s}-{w}" for s, w in self.rings()) or "none"
            raise SegmentError(f"{self.path}: no ring {schema}-{worker}; there are: {there}")
        return Ring(os.path.join(self.path, f"{schema}-{worker}.ring"), stale_ns)

    def locator(self, ring):
        """What tells the natural positions of a ring's records."""
        return Locator(ring, self.ring("marks", ring.worker))

    def readers(self):
        """ReaderEntry of everybody who announced himself: his own word. None without a readers file."""
        path = os.path.join(self.path, "readers")
        try:
            fd = os.open(_walk(path)[0], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            h = _readers_header(path, fd)
            first = HEADER_BYTES + h.doorbells * ctypes.sizeof(DoorbellLine)
            found = [_reader_entry(fd, first + i * ctypes.sizeof(ReaderEntry)) for i in range(h.entries)]
            return [e for e in found if e is not None and e.claim]
        finally:
            os.close(fd)

    def packets(self, worker=0, stale_ns=DEFAULT_STALE_NS):
        if ("packets", worker) not in self.rings():
            raise SegmentError(f"{self.path}: no ring packets-{worker}: rings.packets in the configuration gives it its bytes")
        return Packets(os.path.join(self.path, f"packets-{worker}.ring"), stale_ns)

    def latest(self):
        return Latest(os.path.join(self.path, "latest"))


def open(name="default", root=None):
    """An instance by its name, in root, or where WIREBOOK_SHM says, or in /dev/shm/wirebook."""
    return Instance(name, root)
