# SPDX-License-Identifier: Apache-2.0
"""Read Wirebook's shared memory from Python: rings, the latest table, the control file.

    import wirebook
    ring = wirebook.open("default").ring("mbo")  # or wirebook.Ring("/dev/shm/wirebook/default/mbo-0.ring")
    ring.seek_edge()
    while True:
        result, record = ring.next()
        if result == wirebook.RECORD:
            if record.flags & wirebook.FLAG_LAST:
                print(record)  # MBO(rtype=MBO, publisher_id=2, instrument_id=7, ... price=101.25, ... flags=LAST, ...)
        elif result == wirebook.LAPPED:
            print("lost", ring.lost)
        elif result == wirebook.NEW_EPOCH:
            pass  # the writer began anew: forget what was made of its records
        elif result == wirebook.STALE_WRITER:
            print("nobody beats the heart: the books stand still")  # said once for each silence
        elif result == wirebook.STOPPED:
            break  # the writer ended, or made new files: open again

Records are ctypes structures of the public DBN version 3 layout; ring.next_bytes() gives the payload as bytes, which
numpy.frombuffer(payload, dtype=wirebook.MBO) takes as it is. Layouts follow shm/include/wirebook.h. Standard library only.

The interpreter loads a slot in pieces, so a record is accepted when its sequence word is the same before and after
the copy, as in C. That holds on processors that keep loads in order (x86-64); elsewhere use the C header.
"""
import ctypes
import mmap
import os
import re
import stat
import struct
import time

ABI_VERSION = 2
HEADER_BYTES = 4096
MAGIC_CONTROL = 0x316C74634B524257
MAGIC_RING = 0x31676E724B524257
MAGIC_LATEST = 0x3174616C4B524257
MAX_SLOTS = 1 << 28
MAX_POSITION = 1 << 62
STATE_STARTING, STATE_RUNNING, STATE_STOPPED, STATE_REPLACED = 1, 2, 3, 4
DEFAULT_ROOT = "/dev/shm/wirebook"  # where WIREBOOK_SHM names no other folder
DEFAULT_STALE_NS = 2_000_000_000  # how old a heartbeat may be before a ring says STALE_WRITER
CHECK_EVERY_NS = 50_000_000  # how often a ring without news looks at the heartbeat

# What Ring.next says.
EMPTY, RECORD, LAPPED, NEW_EPOCH, STALE_WRITER, STOPPED, CORRUPT = range(7)
RESULT_NAMES = ("empty", "record", "lapped", "new_epoch", "stale_writer", "stopped", "corrupt")

# Record types: rtype.
RTYPE_TRADE, RTYPE_MBP1, RTYPE_MBP10, RTYPE_STATUS, RTYPE_DEFINITION = 0x00, 0x01, 0x0A, 0x12, 0x13
RTYPE_IMBALANCE, RTYPE_STATISTICS, RTYPE_MBO = 0x14, 0x18, 0xA0
RTYPE_APPLIANCE = 0xF0  # ours: what the appliance made itself, in the admin ring

# Flags: LAST ends the event for the instrument, MAYBE_BAD_BOOK says that an unrecovered gap touches the instrument.
FLAG_LAST, FLAG_TOB, FLAG_SNAPSHOT, FLAG_MBP, FLAG_BAD_TS_RECV, FLAG_MAYBE_BAD_BOOK = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04

# Actions and sides, as the numbers that the fields hold. A trade is the aggressor's, a fill the resting order's side of it;
# neither changes the book.
ACTION_ADD, ACTION_CANCEL, ACTION_MODIFY, ACTION_CLEAR, ACTION_TRADE, ACTION_FILL, ACTION_NONE = b"ACMRTFN"
SIDE_ASK, SIDE_BID, SIDE_NONE = b"ABN"

# What a field holds when the venue did not say.
UNDEF_PRICE, UNDEF_ORDER_SIZE = (1 << 63) - 1, (1 << 32) - 1
UNDEF_TIMESTAMP, UNDEF_STAT_QTY = (1 << 64) - 1, (1 << 63) - 1

SCHEMAS = ("mbo", "mbp-1", "mbp-10", "trades", "admin", "marks")
SLOT_SIZES = (64, 128, 384, 64, 576, 64)
BODY_SIZES = (56, 80, 368, 48, 520, 56)


_FLAG_NAMES = sorted(((value, name[5:]) for name, value in list(globals().items()) if name.startswith("FLAG_")), reverse=True)
_RTYPE_NAMES = {value: name[6:] for name, value in list(globals().items()) if name.startswith("RTYPE_")}
_PRICES = {"price", "bid_px", "ask_px", "tick_size"}
_LETTERS = {"action", "side", "is_trading", "is_quoting", "is_short_sell_restricted"}


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
    if isinstance(value, ctypes.Array):
        return repr(list(value))
    return repr(value)


class _Record(ctypes.LittleEndianStructure):
    def __repr__(self):
        return type(self).__name__ + "(" + ", ".join(
            f"{name}={_spell(name, kind, getattr(self, name))}" for name, kind in self._fields_
            if name != "length" and not name.startswith("reserved")) + ")"


def _struct(name, fields):
    return type(name, (_Record,), {"_pack_": 1, "_fields_": fields})


_u8, _u16, _u32, _u64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64
_i32, _i64 = ctypes.c_int32, ctypes.c_int64

_HEADER = [("length", _u8), ("rtype", _u8), ("publisher_id", _u16), ("instrument_id", _u32), ("ts_event", _u64)]
_TRADE = _HEADER + [("price", _i64), ("size", _u32), ("action", _u8), ("side", _u8), ("flags", _u8), ("depth", _u8),
                    ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32)]
Header = _struct("Header", _HEADER)
MBO = _struct("MBO", _HEADER + [
    ("order_id", _u64), ("price", _i64), ("size", _u32), ("flags", _u8), ("channel_id", _u8), ("action", _u8),
    ("side", _u8), ("ts_recv", _u64), ("ts_in_delta", _i32), ("sequence", _u32)])
Trade = _struct("Trade", _TRADE)
Level = _struct("Level", [("bid_px", _i64), ("ask_px", _i64), ("bid_sz", _u32), ("ask_sz", _u32),
                          ("bid_ct", _u32), ("ask_ct", _u32)])
MBP1 = _struct("MBP1", _TRADE + [("levels", Level * 1)])
MBP10 = _struct("MBP10", _TRADE + [("levels", Level * 10)])
Status = _struct("Status", _HEADER + [
    ("ts_recv", _u64), ("action", _u16), ("reason", _u16), ("trading_event", _u16), ("is_trading", _u8),
    ("is_quoting", _u8), ("is_short_sell_restricted", _u8), ("reserved", _u8 * 7)])
Statistics = _struct("Statistics", _HEADER + [
    ("ts_recv", _u64), ("ts_ref", _u64), ("price", _i64), ("quantity", _i64), ("sequence", _u32), ("ts_in_delta", _i32),
    ("stat_type", _u16), ("channel_id", _u16), ("update_action", _u8), ("stat_flags", _u8), ("reserved", _u8 * 18)])
Instrument = _struct("Instrument", [
    ("revision", _u64), ("venue_key", _u64), ("tick_size", _i64), ("display_factor", _i64), ("id", _u32),
    ("latest_index", _u32), ("lot_size", _u32), ("publisher_id", _u16), ("channel", _u16), ("symbol", ctypes.c_char * 72),
    ("venue", ctypes.c_char * 16), ("currency", ctypes.c_char * 4), ("status", _u8), ("reserved0", _u8 * 3),
    ("since", _u64 * 5), ("next", _u32), ("state", _u32)])

RECORD_TYPES = {0x00: Trade, 0x01: MBP1, 0x0A: MBP10, 0x12: Status, 0x18: Statistics, 0xA0: MBO}

for _type, _size in ((Header, 16), (MBO, 56), (Trade, 48), (MBP1, 80), (MBP10, 368), (Status, 40), (Statistics, 80),
                     (Instrument, 192)):
    assert ctypes.sizeof(_type) == _size, _type


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
    if got != magic:
        raise SegmentError(f"{path}: " + ("foreign file" if got else "not laid out yet"))
    if abi != ABI_VERSION:
        raise SegmentError(f"{path}: written with ABI version {abi}, this reader knows version {ABI_VERSION}")
    return mem


def _committed(position):
    return (position + 1) << 1


class Ring:
    """One ring, read from its oldest record on unless told to seek.

    position is of the record that comes next; lost is what the last LAPPED skipped, lost_total what all of them did, missed how
    many records of the run were overwritten before this reader began. The control file beside the ring tells whether the
    writer lives: without one there is no STALE_WRITER, and control is None.
    """

    def __init__(self, path, stale_ns=DEFAULT_STALE_NS):
        self.path, self.stale_ns = os.path.abspath(path), stale_ns
        self._mem = _map(path, MAGIC_RING)
        header, schema, slot, count, _, body = struct.unpack_from("<6I", self._mem, 12)
        if (header != HEADER_BYTES or schema >= len(SCHEMAS) or slot != SLOT_SIZES[schema] or body != BODY_SIZES[schema]
                or not 2 <= count <= MAX_SLOTS or count & (count - 1) or len(self._mem) < HEADER_BYTES + slot * count):
            raise SegmentError(f"{path}: damaged or truncated ring header")
        self.schema, self.slots, self.body_size = SCHEMAS[schema], count, body
        self._slot, self._mask = slot, count - 1
        # One 8-byte view makes each look at a sequence word a single load.
        self._words = memoryview(self._mem).cast("Q")
        self.epoch = self._words[8]
        self.lost = self.lost_total = self.missed = 0
        self.position = self._check_at = self._stale_at = 0
        self.control = None
        self._find_control()
        self.seek_oldest()

    def __repr__(self):
        return (f"<Ring {self.path}: {self.schema}, {self.slots} slots, epoch {self.epoch}, at {self.position} of {self.edge()}, "
                f"{self.lost_total} lost, {self.missed} missed>")

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

    def _sequence(self, position):
        return self._words[(HEADER_BYTES + (position & self._mask) * self._slot) >> 3]

    def edge(self):
        """The position the next record will get, as far as can be seen."""
        head = self._words[16]
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
        head, start = self.edge(), self._words[9]
        self.position = max(0, head - self._mask - 1)
        self.missed = 0
        if start <= head:
            self.position = max(self.position, start)
            self.missed = self.position - start

    def next_bytes(self):
        """(result, payload): the payload is the body and the extras, or None."""
        p, want = self.position, _committed(self.position)
        if self._sequence(p) == want and self._words[8] == self.epoch:
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
        self.position = p + 1
        return RECORD, payload

    def next(self):
        """(result, record): a ctypes record, bytes for a type without a class here, or None."""
        result, payload = self.next_bytes()
        if result != RECORD:
            return result, None
        size = min(payload[0] * 4, self.body_size)
        kind = RECORD_TYPES.get(payload[1])
        if kind is None or ctypes.sizeof(kind) > size:
            return result, payload[:size]
        return result, kind.from_buffer_copy(payload)

    def trade_id(self, payload):
        """The first word of the extras."""
        if len(payload) < self.body_size + 8:
            return 0
        return struct.unpack_from("<Q", payload, self.body_size)[0]

    def _look(self):
        p, want, value, epoch = self.position, _committed(self.position), self._sequence(self.position), self._words[8]
        if epoch != self.epoch:
            start = self._words[9]
            if p >= start:
                self.epoch = epoch
                if p > self.edge():
                    self.position = start
                return NEW_EPOCH
        if value == want:
            return RECORD
        if value < want or value == want | 1:
            if value == 1 or (value and ((value >> 1) - 1 - p) & self._mask):
                return CORRUPT
            state = struct.unpack_from("<I", self._mem, 80)[0]
            return STOPPED if value < want and state >= STATE_STOPPED and self.edge() <= p else EMPTY
        following = value >> 1
        if (following - 1 - p) & self._mask or following > MAX_POSITION:
            return CORRUPT
        resume = max(max(following, self.edge()) - (self._mask + 1) // 2, p + 1)
        self.lost = resume - p
        self.lost_total += self.lost
        self.position = resume
        return LAPPED


class Latest:
    """The last book of every instrument."""

    STRIDE = 448

    def __init__(self, path):
        self._mem = _map(path, MAGIC_LATEST)
        header, slot, self.capacity = struct.unpack_from("<3I", self._mem, 12)
        if header != HEADER_BYTES or slot != self.STRIDE or len(self._mem) < HEADER_BYTES + slot * self.capacity:
            raise SegmentError(f"{path}: damaged or truncated latest table")
        self._words = memoryview(self._mem).cast("Q")
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
    """Who writes, and what the instrument ids mean."""

    def __init__(self, path):
        self._mem = _map(path, MAGIC_CONTROL)
        self.name = self._mem[128:192].split(b"\0")[0].decode("ascii", "replace")
        offset, stride, capacity = struct.unpack_from("<Q2I", self._mem, 192 + 4 * 32)
        if stride != ctypes.sizeof(Instrument) or offset % 8 or offset + stride * capacity > len(self._mem):
            raise SegmentError(f"{path}: damaged or truncated control file")
        self._offset, self._capacity = offset, capacity
        self.path = os.path.abspath(path)

    def __repr__(self):
        state = {STATE_STARTING: "starting", STATE_RUNNING: "running", STATE_STOPPED: "stopped", STATE_REPLACED: "replaced"}
        return (f"<Control {self.path}: epoch {self.epoch}, {state.get(self.state, self.state)}" + ", stale" * self.stale() + ">")

    def stale(self, limit_ns=DEFAULT_STALE_NS, now_ns=None):
        """Whether the heartbeat is older than the limit though the writer did not end in good order."""
        now = time.time_ns() if now_ns is None else now_ns
        return self.state < STATE_STOPPED and now - self.heartbeat_ns > limit_ns

    @property
    def epoch(self):
        return struct.unpack_from("<Q", self._mem, 24)[0]

    @property
    def state(self):
        return struct.unpack_from("<I", self._mem, 32)[0]

    @property
    def heartbeat_ns(self):
        return struct.unpack_from("<Q", self._mem, 64)[0]

    def rings(self):
        """(schema, worker) of every ring of the instance."""
        offset, stride, capacity, count = struct.unpack_from("<Q3I", self._mem, 192)
        if stride != 64 or offset + stride * capacity > len(self._mem):
            raise SegmentError(f"{self.path}: damaged or truncated control file")
        found = [struct.unpack_from("<2I", self._mem, offset + i * stride + 48) for i in range(min(count, capacity))]
        return [(SCHEMAS[schema], worker) for schema, worker in found if schema < len(SCHEMAS)]

    def instruments(self, former=False):
        """The instruments that ids mean now; with former also what they meant before, and since which positions."""
        count = min(struct.unpack_from("<I", self._mem, 192 + 4 * 32 + 16)[0], self._capacity)
        for i in range(count):
            at = self._offset + i * ctypes.sizeof(Instrument)
            for _ in range(1000):
                entry = Instrument.from_buffer_copy(self._mem[at:at + ctypes.sizeof(Instrument)])
                if entry.revision % 2 == 0 and struct.unpack_from("<Q", self._mem, at)[0] == entry.revision:
                    if former or entry.next == 0:
                        yield entry
                    break


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
        if (schema, worker) not in self.rings():
            there = ", ".join(f"{s}-{w}" for s, w in self.rings()) or "none"
            raise SegmentError(f"{self.path}: no ring {schema}-{worker}; there are: {there}")
        return Ring(os.path.join(self.path, f"{schema}-{worker}.ring"), stale_ns)

    def latest(self):
        return Latest(os.path.join(self.path, "latest"))


def open(name="default", root=None):
    """An instance by its name, in root, or where WIREBOOK_SHM says, or in /dev/shm/wirebook."""
    return Instance(name, root)
