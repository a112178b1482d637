package shm

import "structs"

// MagicReaders begins the readers file: "WBRKrdr1" in file order.
const MagicReaders uint64 = 0x317264724B524257

// Bounds of the readers file.
const (
	MaxDoorbells = 64   // workers that have a doorbell
	MaxReaders   = 1024 // entries
)

// ReadersHeader is the first page of the readers file: the only file of an instance that readers may write. Doorbells follow
// at HeaderBytes, a line each, then the entries.
//
//	0       8    12          16      20         24        28        32                  64
//	|magic  |abi |header_size|entries|entry_size|doorbells|reserved |epoch|reserved     |   written once
//	64    68                                                                            128
//	|state|reserved                                                                     |   by the writer, at its ends
//	128   132                                                                           192
//	|round|reserved                                                                     |   by the writer's cold thread
//	192                                                                                 4096
//	|reserved                                                                           |
//
// Whoever may read the rings may write here, anything and at any time. So nobody believes it: the writer loads one word and
// stores one, readers show it as what others say.
type ReadersHeader struct {
	_          structs.HostLayout
	Magic      uint64
	ABI        uint32
	HeaderSize uint32
	Entries    uint32
	EntrySize  uint32
	Doorbells  uint32 // one a worker, worker 0's first
	Reserved0  [4]uint8
	Epoch      uint64 // the writer's run that made the file
	Reserved1  [24]uint8

	State     uint32 // as RingHeader.State. Stopped and replaced: no doorbell rings any more
	Reserved2 [60]uint8

	Round     uint32 // raised whenever any doorbell was rung: what sleepers of several workers' rings wait on
	Reserved3 [60]uint8

	Reserved4 [3904]uint8
}

// DoorbellLine is one worker's doorbell, a cache line of its own.
//
//	0    4          64
//	|word|reserved  |
//
// The word is generation × 2, and 1 while somebody wants to be woken (armed). A sleeper arms it by compare-and-swap (or an
// atomic or), looks at the rings once more, and sleeps on the value (FUTEX_WAIT, shared) while the word still has it. The
// writer, behind the heads' stores of a flush, adds 1 to an armed word: a new generation, not armed.
type DoorbellLine struct {
	_        structs.HostLayout
	Word     uint32
	Reserved [60]uint8
}

// ReaderEntry announces that a process follows one ring: 256 bytes. Who follows the rings of several workers has an entry
// for each.
//
//	0     8             16       24     28     32     36         64
//	|claim|process_start|since_ns|schema|worker|policy|reserved  |   written once
//	64          80                          128
//	|language 16|name 48                    |
//	128      136    144          152    156                      192
//	|position|lapped|heartbeat_ns|asleep|reserved                |   written by its reader, as it goes
//	192                                                          256
//	|reserved                                                    |
//
// Claim is 0 in a free entry, else the process id and, shifted by 32, the lower half of its start: one word, so that who
// claims an entry by compare-and-swap and dies at once is known to be dead. An entry of a dead process may be claimed
// by anybody. Position and lapped count as the ring does.
type ReaderEntry struct {
	_            structs.HostLayout
	Claim        uint64
	ProcessStart uint64 // clock ticks since boot, field 22 of /proc/PID/stat
	SinceNS      uint64 // UTC
	Schema       uint32
	Worker       uint32
	Policy       uint32 // PolicyNone to PolicySkip
	Reserved0    [28]uint8
	Language     [16]uint8
	Name         [48]uint8
	Position     uint64 // of the next record it will read
	Lapped       uint64 // records that were overwritten before it read them
	HeartbeatNS  uint64 // UTC, stored at least every 100 ms by who waits
	Asleep       uint32 // 1: at the doorbell
	Reserved1    [36]uint8
	Reserved2    [64]uint8
}

// What a reader does when it cannot keep up: ReaderEntry.Policy.
const (
	PolicyNone     uint32 = 0 // it does not say
	PolicyWait     uint32 = 1 // loses nothing: takes the journal where the ring was lapped
	PolicyConflate uint32 = 2 // takes the newest of each instrument
	PolicySkip     uint32 = 3 // goes on where the ring still holds records, and says how many it missed
)
