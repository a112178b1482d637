package capture

import "wirebook/ptp"

// LinkType is the kind of frames a capture holds, as numbered by the pcap registry.
type LinkType uint16

// Ethernet is the one link type the wire decoder reads. Open unwraps what else package decap knows into it; the rest is
// delivered as a frame that says of itself that it is none, and named.
const Ethernet LinkType = 1

// Packet is one captured frame.
type Packet struct {
	// Data is the frame as captured, trailer and FCS included where the capture has them. It is borrowed, not to be
	// written, and valid until the next call to Next.
	Data []byte
	// TS is the capture's time, UTC ns since the UNIX epoch. 0 where the file has none.
	TS uint64
	// WireLen is the frame's length on the wire; larger than len(Data) where the capture cut it.
	WireLen int
	// Offset is where the record starts in its file (after unpacking), Index its number in the file from 0.
	Offset int64
	Index  int64
	// Stamp is the time a switch wrote into the frame, UTC ns, where StampOK.
	Stamp uint64
	// File is the index of the file in Open's list.
	File int
	// Iface is the interface: of a pcapng counted over all sections of the file, of an ERF record its port, else 0.
	Iface    uint32
	LinkType LinkType
	// Unread names the frame's encapsulation, or its link type, where that is not read; "" where it is or there is none.
	Unread string
	// StampSource is SourceSwitch where StampOK, else SourceCapture, or SourceNone where there is no time at all.
	StampSource ptp.Source
	StampOK     bool
	StampBad    bool // the switch says that its clock is not to be trusted, or it cannot be yet
}

// Recv is the best receive stamp of the packet: the switch's where there is one, else the capture's.
func (p *Packet) Recv() ptp.Stamp {
	if p.StampOK {
		return ptp.Stamp{NS: p.Stamp, Source: ptp.SourceSwitch, Bad: p.StampBad}
	}
	return ptp.Stamp{NS: p.TS, Source: p.StampSource}
}

// captureSource is the source of a time that came out of the file.
func captureSource(ts uint64) ptp.Source {
	if ts == 0 {
		return ptp.SourceNone
	}
	return ptp.SourceCapture
}
