package shm

import "structs"

// MagicPackets is "WBRKpkt1" in file order.
const MagicPackets uint64 = 0x31746B704B524257

// PacketsHeader is the first page of a packets ring: every input of the core in the order in which it was taken. Chunks of
// bytes follow at HeaderBytes.
//
//	0       8    12          16          20          24     28                      64
//	|magic  |abi |header_size|chunk_bytes|chunk_count|worker|reserved               |   written once
//	64      72          80    84                                                  128
//	|epoch  |epoch_start|state|reserved                                           |   once per writer run
//	128     136                                                                   192
//	|head   |reserved                                                             |   once per burst
//	192     200                                                                   4096
//	|reach  |reserved                                                             |   once per chunk
//
// Only the writer stores. A position counts bytes since the ring was made; it is a multiple of 16, and position p lives at
// byte p mod (chunk_bytes × chunk_count) behind the header. Records have any length, but none crosses a chunk: each
// chunk begins with one.
//
// Head is a hint: every record below it is committed, but some at and above it may be too. Reach goes ahead: the writer has
// touched nothing at or above it. So a record at p is still there as long as reach is at most p + the bytes of all chunks.
type PacketsHeader struct {
	_          structs.HostLayout
	Magic      uint64
	ABI        uint32
	HeaderSize uint32
	ChunkBytes uint32 // power of two
	ChunkCount uint32 // power of two
	Worker     uint32
	Reserved0  [36]uint8

	Epoch      uint64 // which run of the writer; 0 never
	EpochStart uint64 // first position of that run
	State      uint32
	Reserved1  [44]uint8

	Head      uint64
	Reserved2 [56]uint8

	Reach     uint64
	Reserved3 [3896]uint8
}

// PacketHeader stands in front of each payload in the packets ring. The next record begins behind the payload, at the next
// multiple of 16.
//
//	0        8     12         16      24       28     29    30   31   32      34    36      37       38    40    48
//	|sequence|bytes|wire_bytes|ts_recv|bound_ns|source|flags|kind|line|channel|queue|verdict|reserved|units|value|
//
// The sequence word of position p tells its state: p|PacketWhole is a record, p|PacketSkip says that the rest of the chunk
// is empty, everything else that nothing is there yet. The writer empties the word where the next record will begin
// before it commits one, so that no bytes of a frame can be taken for a record.
type PacketHeader struct {
	_         structs.HostLayout
	Sequence  uint64
	Bytes     uint32 // of the payload
	WireBytes uint32 // of a frame: how many were on the wire
	TsRecv    uint64 // UTC ns: the receive stamp of a frame, else the time that came with the input
	BoundNS   uint32 // error bound of TsRecv
	Source    uint8  // ptp.Source of TsRecv
	Flags     uint8  // PacketBadStamp to PacketMore
	Kind      uint8  // PacketFrame to PacketEpoch
	Line      uint8  // 0 A, 1 B, 2 recovery
	Channel   uint16 // index into the control file's channel table
	Queue     uint16 // of the NIC, or of the socket
	Verdict   uint8  // of a frame: VerdictNone to VerdictPanicked, or VerdictFraming or VerdictFault | why
	Reserved  uint8
	Units     uint16 // of a frame: how many of its units were new
	Value     uint64 // of a frame: when it was taken from its queue, UTC ns; else what Kind says
}

// What a sequence word says besides its position.
const (
	PacketWhole uint64 = 1
	PacketSkip  uint64 = 2
)

// Flags of a packet.
const (
	PacketBadStamp    uint8 = 0x01 // TsRecv is not to be trusted
	PacketSynthesised uint8 = 0x02 // the headers before the UDP payload were made here: a kernel socket does not give them
	PacketCut         uint8 = 0x04 // the payload is shorter than what was on the wire
	PacketMore        uint8 = 0x08 // the next record goes on with the payload of this one
	PacketUnsummed    uint8 = 0x10 // its checksums were not looked at: the NIC had done so, or nobody asked
	PacketFlushed     uint8 = 0x20 // before it a burst of its channel had ended
)

// Kinds of a packet.
const (
	PacketFrame      uint8 = 1  // one frame, Ethernet header first
	PacketTick       uint8 = 2  // the core was told the time (TsRecv)
	PacketLate       uint8 = 3  // the core was told that its worker is late by Value ns
	PacketConfig     uint8 = 4  // the configuration that holds from here on
	PacketAdded      uint8 = 5  // a channel
	PacketRemoved    uint8 = 6  // a channel
	PacketSilence    uint8 = 7  // a channel publishes nothing from here on (Value 1), or does again (0)
	PacketAbandon    uint8 = 8  // a channel's books were given up, as after a panic
	PacketAnswer     uint8 = 9  // what recovery got
	PacketCheckpoint uint8 = 10 // books that were loaded
	PacketEpoch      uint8 = 11 // a run of the writer begins
	PacketEnd        uint8 = 12 // of a channel's input: what is open is declared, what is held comes out
)

// Verdicts: what became of a frame.
const (
	VerdictNone      uint8 = 0    // nobody had to decide
	VerdictNew       uint8 = 1    // all its units were new and came in order
	VerdictPart      uint8 = 2    // its last units were new and came in order: Units
	VerdictDuplicate uint8 = 3    // another line had brought all its units
	VerdictLate      uint8 = 4    // its units had been declared lost
	VerdictHeld      uint8 = 5    // kept until what is missing before it has come
	VerdictSuspect   uint8 = 6    // kept apart, not believed yet
	VerdictControl   uint8 = 7    // no units: a heartbeat, the end of a session
	VerdictPanicked  uint8 = 8    // its channel panicked over it
	VerdictFraming   uint8 = 0x40 // it came to a line and is not what the feed frames; the low bits are the fault
	VerdictFault     uint8 = 0x80 // it never reached a channel; the low bits are the wire fault
)
