package shm

import "structs"

// Section places one table of the control file.
//
//	0      8      12       16    20       32
//	|offset|stride|capacity|count|reserved|
type Section struct {
	_        structs.HostLayout
	Offset   uint64 // from the start of the file
	Stride   uint32
	Capacity uint32
	Count    uint32 // entries in use, of sessions the newest number; stored after the entry is whole
	Reserved [12]uint8
}

// ControlHeader is the first page of the control file.
//
//	0      8   12          16        24      32    36         40            48       56       64
//	|magic |abi|header_size|file_size|epoch  |state|writer_pid|process_start|start_ns|reserved|
//	64           72                                                           128
//	|heartbeat_ns|reserved                                                    |
//	128                                                                       192
//	|name                                                                     |
//	192           384                                                         512
//	|sections 6×32|reserved                                                   |
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
	Sessions    Section
	Reserved2   [128]uint8

	Clock ClockBlock

	Reserved3 [3456]uint8
}

// ClockBlock is what the writer knows of its clock, under a sequence lock.
//
//	0        8      12    16        24       32       40         48          56         60    64
//	|sequence|source|state|offset_ns|bound_ns|freq_ppb|updated_ns|grandmaster|tai_offset|steps|
//	64     96       128
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
	SlotSize  uint32 // of packets: bytes of a chunk
	SlotCount uint32 // and how many chunks
}

// Digest is the running proof of one channel and schema. What the appliance made itself is not in it.
//
//	0       8    16      24     32      40
//	|content|full|records|set_lo|set_hi |
type Digest struct {
	_       structs.HostLayout
	Content uint64 // without ts_recv, ts_in_delta and BAD_TS_RECV, in order
	Full    uint64 // all record bytes, in order
	Records uint64
	SetLo   uint64 // the sum modulo 2^128 of a hash of each record's position and content: of any cut, in any order
	SetHi   uint64
}

// ChannelEntry is one channel and what it did so far: 448 bytes. The words from Digests on are
// stored one by one by the worker, each atomically.
//
//	0      48     52           54       56    60       64
//	|name  |worker|publisher_id|reserved|depth|reserved|
//	64                          264   268    272        280      288     292      296
//	|digests 5×40               |state|reason|state_unit|state_ns|session|reserved|
//	296                                                                                   376             392       400      448
//	|packets|messages|bytes|next_sequence|gaps|gaps_healed|lost|stale|sessions|instruments|session_name 16|appliance|reserved|
type ChannelEntry struct {
	_           structs.HostLayout
	Name        [48]uint8
	Worker      uint32
	PublisherID uint16
	Reserved0   [2]uint8
	Depth       uint32 // 0 by order, 1 by level, 2 top only
	Reserved1   [4]uint8

	Digests [5]Digest // by schema

	State     uint32 // ChannelWaiting to ChannelStale
	Reason    uint32 // ReasonNone to ReasonOverloaded: why it is not live
	StateUnit uint64 // the unit after which it came into this state
	StateNS   uint64 // and when, UTC
	Session   uint32 // SessionEntry.Number of the running session; 0 before the first
	Reserved2 [4]uint8

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
	SessionName  [16]uint8
	Appliance    uint64 // records that the appliance made: Appliance.Counter of the newest
	Reserved3    [48]uint8
}

// SessionEntry says what the session number of a mark means: 192 bytes. Revision is a sequence lock: odd while the entry
// changes. Session n stands in entry n mod capacity; the one that stood there before is forgotten. No session takes the
// entry of another channel's that runs: such a number is passed over. Entries are carried over from one run of the writer to the
// next, as the rings are.
//
//	0        8     16     20      24     28           30         31       32     36         40
//	|revision|epoch|number|channel|worker|publisher_id|channel_id|reserved|resets|run_resets|
//	40    48            56            64   72         112          160  192
//	|first|first_sent_ns|first_recv_ns|mark|since 5×8 |channel_name|name|
type SessionEntry struct {
	_           structs.HostLayout
	Revision    uint64
	Epoch       uint64
	Number      uint32 // from 1
	Channel     uint32 // index into the channel table of that epoch's control file
	Worker      uint32
	PublisherID uint16
	ChannelID   uint8 // channel_id of the records
	Reserved0   [1]uint8
	Resets      uint32    // how many times the numbering had begun again under this name, as far as this appliance saw
	RunResets   uint32    // how many of those since the channel was put to work: its set digests know no others
	First       uint64    // unit of the first packet taken
	FirstSentNS uint64    // when the venue sent that packet, UTC; 0 where it does not say
	FirstRecvNS uint64    // when it was received
	Mark        uint64    // position of the session's first mark
	Since       [5]uint64 // by schema: position of its first record
	ChannelName [48]uint8
	Name        [32]uint8 // as the venue spells it; empty where it has no name
}

// LineEntry is one line of a channel and what it did so far: 448 bytes.
//
//	0      32      36   40    44       48
//	|name  |channel|line|state|reserved|
//	48                                                                                    128
//	|received|first|duplicate|late|lost|recovered|packets|bytes|last_sequence|last_recv_ns|
//	128                      384          392        400       408      448
//	|lag_histogram 32×8      |lag_max_ns  |lag_sum_ns|lag_count|reserved|
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
//	0        8         16        24             32 36           40       44           46      48
//	|revision|venue_key|tick_size|display_factor|id|latest_index|lot_size|publisher_id|channel|
//	48     120    136      140    141      144       184  188   192
//	|symbol|venue |currency|status|reserved|since 5×8|next|state|
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
	State         uint32    // InstrumentLive to InstrumentStale, the reason times 256, the suspect books times 65536; stored by itself
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

// Channel states: ChannelEntry.State. A channel is live when nothing of it is missing and every book is whole.
const (
	ChannelWaiting    uint32 = 0 // never heard
	ChannelLive       uint32 = 1
	ChannelGapped     uint32 = 2 // units are missing, or books are suspect since they were
	ChannelRecovering uint32 = 3 // gapped, and what is missing was asked for
	ChannelStale      uint32 = 4 // every line is silent, or the input cannot be told from the past
)

// Instrument states: the low byte of InstrumentEntry.State. They say of the levels; the suspect books name the orders too.
const (
	InstrumentUnknown    uint32 = 0
	InstrumentLive       uint32 = 1
	InstrumentGapped     uint32 = 2
	InstrumentRecovering uint32 = 3
	InstrumentStale      uint32 = 4
)

// Reasons of a state: ChannelEntry.Reason, the second byte of InstrumentEntry.State, Appliance.Reason.
const (
	ReasonNone       uint32 = 0
	ReasonJoined     uint32 = 1 // the session was joined after its first unit
	ReasonGap        uint32 = 2 // no line brought some units
	ReasonUnfit      uint32 = 3 // a message did not fit the book: an unknown order, a full table
	ReasonUndecoded  uint32 = 4 // a message could not be decoded
	ReasonDisputed   uint32 = 5 // lines contradict each other
	ReasonAbandoned  uint32 = 6 // the channel was put back to work after a fault of its own
	ReasonSilent     uint32 = 7 // no line is heard
	ReasonRefused    uint32 = 8 // the venue refused what was asked for
	ReasonOverloaded uint32 = 9 // frames were dropped on this host
)
