package shm

import "structs"

// ABIVersion names the layout of every struct in this file and of the records. It moves when any
// of them does; a reader that meets another version refuses and names both.
const ABIVersion uint32 = 1

// Magic numbers: the first eight bytes of each file, "WBRKctl1", "WBRKrng1", "WBRKlat1" in file order.
const (
	MagicControl uint64 = 0x316C74634B524257
	MagicRing    uint64 = 0x31676E724B524257
	MagicLatest  uint64 = 0x3174616C4B524257
)

// HeaderBytes is the size of the header page of a ring, a latest table and the control file.
const HeaderBytes = 4096

// Writer states: ControlHeader.State and RingHeader.State.
const (
	StateNone     uint32 = 0
	StateStarting uint32 = 1
	StateRunning  uint32 = 2
	StateStopped  uint32 = 3 // ended in good order
	StateReplaced uint32 = 4 // a newer writer made new files under the same name: open them again
)

// RingHeader is the first page of a ring file. Slots follow at HeaderBytes.
//
//	0       8    12          16     20        24         28     32        36       64
//	|magic  |abi |header_size|schema|slot_size|slot_count|worker|body_size|reserved|   written once
//	64      72          80    84                                                  128
//	|epoch  |epoch_start|state|reserved                                           |   once per writer run
//	128     136                                                                   192
//	|head   |reserved                                                             |   once per packet or batch
//	192                                                                           4096
//	|reserved                                                                     |
//
// Only the writer stores. Position p lives in slot p mod slot_count. Head is a hint: every position
// below it is committed, but some at and above it may be too.
type RingHeader struct {
	_          structs.HostLayout
	Magic      uint64
	ABI        uint32
	HeaderSize uint32
	Schema     uint32
	SlotSize   uint32
	SlotCount  uint32 // power of two
	Worker     uint32
	BodySize   uint32 // bytes between the sequence and the extras
	Reserved0  [28]uint8

	Epoch      uint64 // which run of the writer; 0 never
	EpochStart uint64 // first position of that run
	State      uint32
	Reserved1  [44]uint8

	Head      uint64
	Reserved2 [56]uint8

	Reserved3 [3904]uint8
}

// A slot's sequence word tells position and state at once: position p being written is 2(p+1)+1,
// position p committed is 2(p+1), never written is 0.

// SlotMBO is one cache line: exactly the sequence and the body.
//
//	0        8                                                    64
//	|sequence|body 56                                             |
type SlotMBO struct {
	_        structs.HostLayout
	Sequence uint64
	Body     MBO
}

// SlotTrade is one cache line.
//
//	0        8                                           56       64
//	|sequence|body 48                                    |trade_id|
type SlotTrade struct {
	_        structs.HostLayout
	Sequence uint64
	Body     Trade
	TradeID  uint64 // the venue's trade (match) id, 0 where it has none
}

// SlotMBP1 is two cache lines.
//
//	0        8                          88       96      100      128
//	|sequence|body 80                   |trade_id|channel|reserved|
type SlotMBP1 struct {
	_        structs.HostLayout
	Sequence uint64
	Body     MBP1
	TradeID  uint64 // the venue's trade id where the record is a trade, else 0
	Channel  uint32 // index into the control file's channel table
	Reserved [28]uint8
}

// SlotMBP10 is six cache lines.
//
//	0        8                                           376      384
//	|sequence|body 368                                   |trade_id|
type SlotMBP10 struct {
	_        structs.HostLayout
	Sequence uint64
	Body     MBP10
	TradeID  uint64
}

// SlotAdmin is nine cache lines. The body is a status, definition, imbalance or statistics record:
// its header's rtype says which and its length how long; the bytes after it are what older records left.
//
//	0        8                                           528      536     540      576
//	|sequence|body, at most 520                          |trade_id|channel|reserved|
type SlotAdmin struct {
	_        structs.HostLayout
	Sequence uint64
	Body     [SizeDefinition]uint8
	TradeID  uint64 // a voided or corrected trade's id where the record is about one, else 0
	Channel  uint32
	Reserved [36]uint8
}

// LatestHeader is the first page of the latest table. Slots follow at HeaderBytes.
//
//	0      8   12          16        20       24    32              36       4096
//	|magic |abi|header_size|slot_size|capacity|epoch|position_schema|reserved|
type LatestHeader struct {
	_              structs.HostLayout
	Magic          uint64
	ABI            uint32
	HeaderSize     uint32
	SlotSize       uint32
	Capacity       uint32
	Epoch          uint64
	PositionSchema uint32 // the schema whose ring LatestSlot.Position counts in
	Reserved       [4060]uint8
}

// LatestSlot holds the last book of one instrument under a sequence lock, in seven cache lines.
//
//	0        8                           376      384     392      448
//	|sequence|body 368                   |position|updates|reserved|
//
// Sequence is odd while the writer changes the slot, 0 when it never held a book. Updates 0: it holds none now.
type LatestSlot struct {
	_        structs.HostLayout
	Sequence uint64
	Body     MBP10
	Position uint64 // the first ring position that is not yet in this book
	Updates  uint64 // in this epoch
	Reserved [56]uint8
}

// Section places one table of the control file.
//
//	0      8      12       16    20       32
//	|offset|stride|capacity|count|reserved|
type Section struct {
	_        structs.HostLayout
	Offset   uint64 // from the start of the file
	Stride   uint32
	Capacity uint32
	Count    uint32 // entries in use; stored after the entry is whole
	Reserved [12]uint8
}

// ControlHeader is the first page of the control file.
//
//	0      8   12          16        24      32    36  40            48       56      64
//	|magic |abi|header_size|file_size|epoch  |state|pid|process_start|start_ns|reserved|
//	64        72                                                              128
//	|heartbeat|reserved                                                       |
//	128                                                                       192
//	|name                                                                     |
//	192           352                                                         512
//	|sections 5×32|reserved                                                   |
//	512                                                                       640
//	|clock block                                                              |
//	640                                                                       4096
//	|reserved                                                                 |
type ControlHeader struct {
	_            structs.HostLayout
	Magic        uint64
	ABI          uint32
	HeaderSize   uint32
	FileSize     uint64
	Epoch        uint64
	State        uint32
	WriterPID    uint32
	ProcessStart uint64 // clock ticks since boot, field 22 of /proc/PID/stat
	StartNS      uint64 // UTC
	Reserved0    [8]uint8

	HeartbeatNS uint64 // UTC, stored by the writer's tick
	Reserved1   [56]uint8

	Name [64]uint8 // of the instance

	Rings       Section
	Channels    Section
	Lines       Section
	Counters    Section
	Instruments Section
	Reserved2   [160]uint8

	Clock ClockBlock

	Reserved3 [3456]uint8
}

// ClockBlock is what the writer knows of its clock, under a sequence lock.
//
//	0        8      12    16        24       32        40         48          56         60
//	|sequence|source|state|offset_ns|bound_ns|freq_ppb|updated_ns|grandmaster|tai_offset|steps|
//	64     96      128
//	|device|reserved|
type ClockBlock struct {
	_           structs.HostLayout
	Sequence    uint64
	Source      uint32 // ptp.Source
	State       uint32 // ClockUnknown to ClockMissing; only ClockLocked and ClockHoldover are to be trusted
	OffsetNS    int64  // PHC against UTC, without the TAI offset
	BoundNS     uint64 // error bound
	FreqPPB     int64
	UpdatedNS   uint64
	Grandmaster [8]uint8 // clock identity
	TAIOffset   int32    // seconds
	Steps       uint32
	Device      [32]uint8
	Reserved    [32]uint8
}

// RingEntry names one ring file of the instance.
//
//	0      48     52     56        60         64
//	|file  |schema|worker|slot_size|slot_count|
type RingEntry struct {
	_         structs.HostLayout
	File      [48]uint8
	Schema    uint32
	Worker    uint32
	SlotSize  uint32
	SlotCount uint32
}

// Digest is the running proof of one channel and schema.
//
//	0       8    16      24
//	|content|full|records|
type Digest struct {
	_       structs.HostLayout
	Content uint64 // without ts_recv, ts_in_delta and BAD_TS_RECV
	Full    uint64 // all record bytes
	Records uint64
}

// ChannelEntry is one channel and what it did so far: 320 bytes. The words from Digests on are
// stored one by one by the worker, each atomically.
//
//	0      48     52           54       56    60       64
//	|name  |worker|publisher_id|reserved|depth|reserved|
//	64                   184      192
//	|digests 5×24        |reserved|
//	192                                                                        320
//	|packets|messages|bytes|next_sequence|gaps|gaps_healed|lost|stale|sessions|instruments|session 16|reserved|
type ChannelEntry struct {
	_           structs.HostLayout
	Name        [48]uint8
	Worker      uint32
	PublisherID uint16
	Reserved0   [2]uint8
	Depth       uint32 // 0 by order, 1 by level, 2 top only
	Reserved1   [4]uint8

	Digests   [5]Digest // by schema
	Reserved2 [8]uint8

	Packets      uint64
	Messages     uint64
	Bytes        uint64
	NextSequence uint64
	Gaps         uint64
	GapsHealed   uint64
	Lost         uint64 // messages that no line brought
	Stale        uint64 // instruments whose book cannot be trusted now
	Sessions     uint64
	Instruments  uint64
	Session      [16]uint8
	Reserved3    [32]uint8
}

// LineEntry is one line of a channel and what it did so far: 448 bytes.
//
//	0      32      36   40    44       48
//	|name  |channel|line|state|reserved|
//	48                                                                                          128
//	|received|first|duplicate|late|lost|recovered|packets|bytes|last_sequence|last_recv_ns|
//	128                      384          392       400      408         448
//	|lag histogram 32×8      |lag_max_ns  |lag_sum_ns|lag_count|reserved|
type LineEntry struct {
	_            structs.HostLayout
	Name         [32]uint8
	Channel      uint32
	Line         uint32 // 0 A, 1 B, 2 recovery
	State        uint32 // 0 never heard, 1 alive, 2 silent, 3 disputed: another line that is heard contradicts it
	Reserved0    [4]uint8
	Received     uint64 // messages
	First        uint64
	Duplicate    uint64
	Late         uint64
	Lost         uint64
	Recovered    uint64
	Packets      uint64
	Bytes        uint64
	LastSequence uint64
	LastRecvNS   uint64
	LagHistogram [32]uint64 // bucket i: lags of 2^i to 2^(i+1)-1 ns behind the other line; bucket 0 from 0
	LagMaxNS     uint64
	LagSumNS     uint64
	LagCount     uint64
	Reserved1    [40]uint8
}

// CounterEntry is one named number: 128 bytes.
//
//	0      48      112      120     128
//	|name  |label  |reserved|value  |
type CounterEntry struct {
	_        structs.HostLayout
	Name     [48]uint8
	Label    [64]uint8 // key="value" pairs, or empty
	Reserved [8]uint8
	Value    uint64
}

// InstrumentEntry says what an instrument id means: 192 bytes. Revision is a sequence lock: odd
// while the entry changes.
//
// An id may mean one instrument in one session and another in the next: each has an entry, and Since says from which record
// of each ring on an entry holds. A record means the entry of its publisher and id with the largest Since that is not beyond
// it; one before all of them is of an instrument that no message had named. Next leads from an entry to the one that
// follows it; where it is 0, the entry holds now.
//
//	0        8        16        24             32 36           40       44           46      48
//	|revision|venue_key|tick_size|display_factor|id|latest_index|lot_size|publisher_id|channel|
//	48     120    136      140    141      144      184  188      192
//	|symbol|venue |currency|status|reserved|since 5×8|next|reserved|
type InstrumentEntry struct {
	_             structs.HostLayout
	Revision      uint64
	VenueKey      uint64
	TickSize      int64 // 1e-9, 0 where not told
	DisplayFactor int64 // 1e-9, 0 where not told
	ID            uint32
	LatestIndex   uint32 // slot in the latest table; NoLatest where it has none
	LotSize       uint32
	PublisherID   uint16
	Channel       uint16
	Symbol        [72]uint8
	Venue         [16]uint8
	Currency      [4]uint8
	Status        uint8 // last DBN status action, 0 unknown
	Reserved0     [3]uint8
	Since         [5]uint64 // by schema: a position in the ring of the channel's worker
	Next          uint32    // 1 + the index of the entry that the id means after this one; 0: none
	Reserved1     [4]uint8
}

// NoLatest marks an instrument without a slot in the latest table.
const NoLatest uint32 = 0xFFFFFFFF

// Clock states: ClockBlock.State.
const (
	ClockUnknown   uint32 = 0
	ClockFree      uint32 = 1 // running without a reference
	ClockAcquiring uint32 = 2
	ClockLocked    uint32 = 3
	ClockHoldover  uint32 = 4 // the reference is gone; the bound grows
	ClockCapture   uint32 = 5 // time comes from the capture
	ClockStepped   uint32 = 6 // it jumped; being measured anew
	ClockFrozen    uint32 = 7 // it answers and does not advance
	ClockMissing   uint32 = 8 // it does not answer
)
