# SPDX-License-Identifier: Apache-2.0
"""Read Wirebook's shared memory from Python: rings, the latest table, the control file.

    import wirebook
    ring = wirebook.Ring("/dev/shm/wirebook/default/mbo-0.ring")
    ring.seek_edge()
    while True:
        result, record = ring.next()
        if result == wirebook.RECORD:
            print(record.instrument_id, record.price / 1e9, record.size)
        elif result == wirebook.LAPPED:
            print("lost", ring.lost)
        elif result == wirebook.NEW_EPOCH:
            pass  # the writer began anew: forget what was made of its records

Records are ctypes structures of the public DBN version 3 layout; ring.next_bytes() gives the payload as bytes, which
numpy.frombuffer(payload, dtype=wirebook.MBO) takes as it is. Layouts follow shm/include/wirebook.h. Standard library only.

The interpreter loads a slot in pieces, so a record is accepted when its sequence word is the same before and after
the copy, as in C. That holds on processors that keep loads in order (x86-64); elsewhere use the C header.
"""
import ctypes
import mmap
import os
import stat
import struct

ABI_VERSION = 1
HEADER_BYTES = 4096
MAGIC_CONTROL = 0x316C74634B524257
MAGIC_RING = 0x31676E724B524257
MAGIC_LATEST = 0x3174616C4B524257
MAX_SLOTS = 1 << 28
MAX_POSITION = 1 << 62
STATE_STOPPED = 3

EMPTY, RECORD, LAPPED, NEW_EPOCH, STALE_WRITER, STOPPED, CORRUPT = range(7)
SCHEMAS = ("mbo", "mbp-1", "mbp-10", "trades", "admin")
SLOT_SIZES = (64, 128, 384, 64, 576)
BODY_SIZES = (56, 80, 368, 48, 520)


def _struct(name, fields, base=ctypes.LittleEndianStructure):
    return type(name, (base,), {"_pack_": 1, "_fields_": fields})


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
    ("since", _u64 * 5), ("next", _u32), ("reserved1", _u8 * 4)])

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
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as f:
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
    """One ring, read from its oldest record on unless told to seek."""

    def __init__(self, path):
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
        self.position = 0
        self.seek_oldest()

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
            return result, None
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

    @property
    def epoch(self):
        return struct.unpack_from("<Q", self._mem, 24)[0]

    @property
    def state(self):
        return struct.unpack_from("<I", self._mem, 32)[0]

    @property
    def heartbeat_ns(self):
        return struct.unpack_from("<Q", self._mem, 64)[0]

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
