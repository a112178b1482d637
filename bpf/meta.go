package bpf

import "encoding/binary"

// MetaBytes is the size of the metadata the program writes just below each frame.
const MetaBytes = 16

// StampSource says where the stamp of a frame comes from. The numbers are those of the records.
type StampSource uint8

// Stamp sources.
const (
	SourceNone     = StampSource(filterStampSourceSTAMP_NONE)
	SourceHardware = StampSource(filterStampSourceSTAMP_HARDWARE) // time of the NIC's PTP clock, whatever that is set to
	SourceDriver   = StampSource(filterStampSourceSTAMP_DRIVER)   // CLOCK_TAI; equals UTC where the kernel was never told the TAI offset
)

// Meta is what the program knows of a frame.
type Meta struct {
	StampNS uint64 // ns since the UNIX epoch on the source's time scale; 0 with SourceNone
	ID      uint16 // of the subscription that matched
	Source  StampSource
}

// TakeMeta reads the MetaBytes in front of a frame and marks them as read. It returns false when the program wrote none
// (see the MetaFailed counter). Marking matters: a frame's memory is used again, and a driver that has no room for
// metadata would otherwise show the stamp of an earlier packet.
func TakeMeta(b []byte) (Meta, bool) {
	if len(b) < MetaBytes || binary.LittleEndian.Uint16(b[14:16]) != metaMagic {
		return Meta{}, false
	}
	m := Meta{
		StampNS: binary.LittleEndian.Uint64(b),
		ID:      binary.LittleEndian.Uint16(b[12:14]),
		Source:  StampSource(b[8]),
	}
	b[14], b[15] = 0, 0
	return m, true
}

// metaMagic is RX_META_MAGIC of shared.h: bpf2go carries types over, not macros. A test compares the two.
const metaMagic = 0x5742
