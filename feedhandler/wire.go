package feedhandler

import "encoding/binary"

// WireFault names why a frame never reached a channel.
type WireFault uint8

// Wire faults, in the order the headers are read.
const (
	WireOK             WireFault = iota
	WireShortFrame               // ends inside a header
	WireVLANDepth                // more than two VLAN tags
	WireNotIPv4                  // another EtherType: ARP, PTP, IPv6, LLDP
	WireIPVersion                // EtherType says IPv4, the header does not
	WireIPHeaderLength           // IHL below 5 words or past the frame
	WireIPTotalLength            // total length below the header or past the frame
	WireIPChecksum               // only with checksum validation
	WireFragment                 // any fragment: a feed never fragments
	WireNotUDP                   // another IP protocol: IGMP, TCP
	WireUDPLength                // UDP length below 8 or past the IP payload
	WireUDPChecksum              // only with checksum validation; see Unchecked
	WireUnrouted                 // no channel subscribed to this group and port
	WireOtherVLAN                // the group and port of a line, under another VLAN than it is configured with
	WireFaultCount
)

var wireFaultNames = [WireFaultCount]string{
	"ok", "short_frame", "vlan_depth", "not_ipv4", "ip_version", "ip_header_length", "ip_total_length", "ip_checksum",
	"fragment", "not_udp", "udp_length", "udp_checksum", "unrouted", "other_vlan",
}

// String returns the counter's name.
func (f WireFault) String() string {
	if f < WireFaultCount {
		return wireFaultNames[f]
	}
	return "wire"
}

// Datagram is the UDP datagram inside a frame. Addresses are big-endian integers: 233.54.12.111 is 0xE9360C6F.
type Datagram struct {
	Src, Dst         uint32
	SrcPort, DstPort uint16
	VLAN             uint16 // the frame's: 0 untagged, 1 to 4094, or manyVLANs
	Payload          []byte // borrowed from the frame
}

// AnyVLAN as a line's VLAN takes its datagrams under every tag, and untagged.
const AnyVLAN = 0xFFFF

// manyVLANs is what is tagged as no line can say but with AnyVLAN: twice, or by another tag than 802.1Q's.
const manyVLANs = 0xFFFE

const (
	etherTypeIPv4  = 0x0800
	etherTypeVLAN  = 0x8100
	etherTypeQinQ  = 0x88A8
	etherTypeQinQ0 = 0x9100
	protocolUDP    = 17
)

// ParseFrame finds the UDP datagram in an Ethernet II frame: at most two VLAN tags, IPv4 with options.
// Bytes after the IP total length (padding, FCS, switch trailers) are left out.
func ParseFrame(frame []byte, checksums bool, d *Datagram) WireFault {
	if !checksums && parsePlain(frame, d) {
		return WireOK
	}
	var sums *Unchecked
	if checksums {
		sums = new(Unchecked)
	}
	return parseAny(frame, sums, d)
}

func parseAny(frame []byte, sums *Unchecked, d *Datagram) WireFault {
	return parse(frame, len(frame), sums, d)
}

// parse reads header by header, and knows what is wrong. Checksums are validated where sums is not nil. A frame that was
// longer on the wire than what is there of it gives as much of the payload as there is.
func parse(frame []byte, wireBytes int, sums *Unchecked, d *Datagram) WireFault {
	if len(frame) < 14 {
		return WireShortFrame
	}
	off, vlan := 14, uint16(0)
	etherType := binary.BigEndian.Uint16(frame[12:14])
	for tags := 0; etherType != etherTypeIPv4; tags++ {
		if etherType != etherTypeVLAN && etherType != etherTypeQinQ && etherType != etherTypeQinQ0 {
			return WireNotIPv4
		}
		if tags == 2 {
			return WireVLANDepth
		}
		if len(frame) < off+4 {
			return WireShortFrame
		}
		vlan = tagged(vlan, etherType, binary.BigEndian.Uint16(frame[off:off+2])&0xFFF)
		etherType = binary.BigEndian.Uint16(frame[off+2 : off+4])
		off += 4
	}
	ip := frame[off:]
	if len(ip) < 20 {
		return WireShortFrame
	}
	if ip[0]>>4 != 4 {
		return WireIPVersion
	}
	header := int(ip[0]&0x0F) * 4
	if header < 20 || header > len(ip) {
		return WireIPHeaderLength
	}
	total := int(binary.BigEndian.Uint16(ip[2:4]))
	if total < header || total > wireBytes-off {
		return WireIPTotalLength
	}
	// More-fragments or a fragment offset: bits 13 and 0-12 of the third word's low half.
	if binary.BigEndian.Uint16(ip[6:8])&0x3FFF != 0 {
		return WireFragment
	}
	if ip[9] != protocolUDP {
		return WireNotUDP
	}
	udp := ip[header:min(total, len(ip))]
	if len(udp) < 8 {
		return WireShortFrame
	}
	length := int(binary.BigEndian.Uint16(udp[4:6]))
	if length < 8 || length > total-header {
		return WireUDPLength
	}
	length = min(length, len(udp))
	d.Src = binary.BigEndian.Uint32(ip[12:16])
	d.Dst = binary.BigEndian.Uint32(ip[16:20])
	d.SrcPort = binary.BigEndian.Uint16(udp[0:2])
	d.DstPort = binary.BigEndian.Uint16(udp[2:4])
	d.VLAN = vlan
	d.Payload = udp[8:length]
	if sums != nil {
		return sums.checkSums(ip[:header], udp[:length])
	}
	return WireOK
}

// tagged is the VLAN of a frame with one tag more than was read. The number 0 says a priority, and no VLAN; the kernel passes
// it over as well.
func tagged(vlan, etherType, number uint16) uint16 {
	switch {
	case number == 0 && etherType != etherTypeQinQ0:
		return vlan
	case vlan == 0 && etherType == etherTypeVLAN:
		return number
	}
	return manyVLANs
}
