package shm

import "structs"

// ABIVersion names the layout of every struct in this file and of the records. It moves when any
// of them does; a reader that meets another version refuses and names both.
const ABIVersion uint32 = 2

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

// SlotAdmin is nine cache lines. The body is a status, definition, imbalance or statistics record, or one that the appliance
// made (Appliance): its header's rtype says which and its length how long; the bytes after it are what older records left.
//
//	0        8                                           528      536     540      544  552      576
//	|sequence|body, at most 520                          |trade_id|channel|reserved|unit|reserved|
type SlotAdmin struct {
	_         structs.HostLayout
	Sequence  uint64
	Body      [SizeDefinition]uint8
	TradeID   uint64 // a voided or corrected trade's id where the record is about one, else 0
	Channel   uint32
	Reserved0 [4]uint8
	Unit      uint64 // the venue's number of the message or packet it came from; the other bodies tell its low half themselves
	Reserved1 [24]uint8
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
