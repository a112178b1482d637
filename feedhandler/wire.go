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
	WireUDPChecksum              // only with checksum validation; 0 means none was sent
	WireUnrouted                 // no channel subscribed to this group and port
	WireFaultCount
)

var wireFaultNames = [WireFaultCount]string{
	"ok", "short_frame", "vlan_depth", "not_ipv4", "ip_version", "ip_header_length", "ip_total_length", "ip_checksum",
	"fragment", "not_udp", "udp_length", "udp_checksum", "unrouted",
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
	Payload          []byte // borrowed from the frame
}

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
	return parseAny(frame, checksums, d)
}

// parseAny reads header by header, and knows what is wrong.
func parseAny(frame []byte, checksums bool, d *Datagram) WireFault {
	if len(frame) < 14 {
		return WireShortFrame
	}
	off := 14
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
	if total < header || total > len(ip) {
		return WireIPTotalLength
	}
	if checksums && onesComplement(ip[:header], 0) != 0xFFFF {
		return WireIPChecksum
	}
	// More-fragments or a fragment offset: bits 13 and 0-12 of the third word's low half.
	if binary.BigEndian.Uint16(ip[6:8])&0x3FFF != 0 {
		return WireFragment
	}
	if ip[9] != protocolUDP {
		return WireNotUDP
	}
	udp := ip[header:total]
	if len(udp) < 8 {
		return WireShortFrame
	}
	length := int(binary.BigEndian.Uint16(udp[4:6]))
	if length < 8 || length > len(udp) {
		return WireUDPLength
	}
	d.Src = binary.BigEndian.Uint32(ip[12:16])
	d.Dst = binary.BigEndian.Uint32(ip[16:20])
	d.SrcPort = binary.BigEndian.Uint16(udp[0:2])
	d.DstPort = binary.BigEndian.Uint16(udp[2:4])
	d.Payload = udp[8:length]
	if checksums && binary.BigEndian.Uint16(udp[6:8]) != 0 {
		pseudo := d.Src>>16 + d.Src&0xFFFF + d.Dst>>16 + d.Dst&0xFFFF + protocolUDP + uint32(length)
		if onesComplement(udp[:length], pseudo) != 0xFFFF {
			return WireUDPChecksum
		}
	}
	return WireOK
}

// onesComplement is the Internet checksum's sum (RFC 1071): 0xFFFF over data that carries a right checksum.
func onesComplement(b []byte, sum uint32) uint16 {
	s := uint64(sum)
	for len(b) >= 4 {
		s += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	for s > 0xFFFF {
		s = s>>16 + s&0xFFFF
	}
	return uint16(s)
}
