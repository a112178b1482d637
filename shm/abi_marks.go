package shm

import "structs"

// Mark says what a burst of one channel put into its worker's rings: it turns ring positions into the venue's numbers, and back.
// 56 bytes, in a slot of one cache line.
//
// A mark covers the records between the heads of the mark before it in the ring and its own. All of them are its channel's. A
// record's unit is the largest number up to First+Units-1 whose low half is the sequence in the record (SlotAdmin.Unit in the
// admin ring); its k is how many records of its ring with the same session, channel and unit stand before it. Who starts or is lapped
// inside a unit begins at the next one. Units that no record is of are in a mark too; those that no mark has were not taken.
//
// The first mark of a run, at the ring's epoch_start, has MarkRun and is no channel's: what it covers was published by a run that
// died before it marked it, and has no position. The same holds for Session 0.
//
//	0       8     16    20      24      26    27       28             32              36        56
//	|ts_recv|first|units|session|channel|flags|reserved|taken_after_ns|commit_after_ns|heads 5×4|
type Mark struct {
	_             structs.HostLayout
	TsRecv        uint64 // when the newest packet was received, UTC ns: nothing of the channel up to First+Units-1 is younger
	First         uint64 // the first unit; without units the one that comes next
	Units         uint32 // so many in a row, those without records included
	Session       uint32 // SessionEntry.Number
	Channel       uint16 // index into the control file's channel table; NoMarkChannel where it is no channel's
	Flags         uint8  // MarkUntimed to MarkFiltered
	Reserved      uint8
	TakenAfterNS  int32     // from TsRecv until the worker took the burst: at least so much, where it is the largest there is
	CommitAfterNS uint32    // from there until its records were committed, in the same manner
	Heads         [5]uint32 // by schema: the low half of the ring's head afterwards
}

// Flags of a mark.
const (
	MarkUntimed  uint8 = 0x01 // when the burst was taken and committed is not told: no clock was there, as in a replay, or no packet to tell it from
	MarkRun      uint8 = 0x02 // a run of the writer begins behind it
	MarkFiltered uint8 = 0x04 // only some instruments are published: k cannot be counted
)

// NoMarkChannel stands in a mark that is no channel's.
const NoMarkChannel uint16 = 0xFFFF

// SlotMark is one cache line.
//
//	0        8                                                    64
//	|sequence|body 56                                             |
type SlotMark struct {
	_        structs.HostLayout
	Sequence uint64
	Body     Mark
}

// Appliance is a record in the admin ring that the appliance made and no venue: its rtype is RTypeAppliance. It is named by the
// channel and Counter, stands after Unit, competes for no venue's position, and is in no digest. 64 bytes.
//
//	0            16      24   25     26      28      32      40   48    56    64
//	|header 16   |ts_recv|kind|reason|channel|session|counter|unit|first|count|
type Appliance struct {
	_ structs.HostLayout
	RecordHeader
	TsRecv  uint64 // when it was decided, on the clock of the packets
	Kind    uint8  // ApplianceGap to ApplianceHeartbeat
	Reason  uint8  // ReasonNone to ReasonOverloaded
	Channel uint16 // index into the control file's channel table
	Session uint32 // SessionEntry.Number
	Counter uint64 // the channel's own, from 1
	Unit    uint64 // the unit after which it stands
	First   uint64 // of a gap: the first unit missing; of an epoch: the epoch; of suspect and whole: BookOrders, BookLevels
	Count   uint64 // of a gap: how many units; of suspect and whole for all of a channel: how many instruments
}

// Kinds of a record that the appliance made. InstrumentID 0 means every instrument of the channel.
const (
	ApplianceGap       uint8 = 1 // units that no line brought
	ApplianceEpoch     uint8 = 2 // a run of the writer begins
	ApplianceSession   uint8 = 3 // a session begins: records from here on are its
	ApplianceSuspect   uint8 = 4 // the book cannot be trusted from here on
	ApplianceWhole     uint8 = 5 // it can be again
	ApplianceHeartbeat uint8 = 6 // nothing to tell up to Unit, once a second
)

// Books of an instrument that are suspect or whole: Appliance.First, the third byte of InstrumentEntry.State.
const (
	BookOrders uint32 = 1 // what mbo records say
	BookLevels uint32 = 2 // what mbp-1, mbp-10, trades and the latest table say; where levels are made of orders both turn at once
)
