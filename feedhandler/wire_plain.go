package feedhandler

import "encoding/binary"

// plainHead is the headers' length in the frame that feeds send: no tag, no IP options.
const plainHead = 14 + 20 + 8

// What is always the same in its headers lies in two words.
const (
	// EtherType IPv4, version 4, 5 words; service is anything.
	plainType, plainTypeMask = etherTypeIPv4<<16 | 0x45<<8, 0xFFFF_FF00
	// No fragment, UDP; "do not fragment" and time to live are anything.
	plainProtocol, plainProtocolMask = protocolUDP, 0x3FFF_00FF
)

// plainLength is the UDP length of such a frame, header included, and 0 of any other, the faulty ones among them.
func plainLength(frame []byte) int {
	if len(frame) < plainHead {
		return 0
	}
	h := (*[plainHead]byte)(frame)
	if binary.BigEndian.Uint32(h[12:])&plainTypeMask != plainType || binary.BigEndian.Uint32(h[20:])&plainProtocolMask != plainProtocol {
		return 0
	}
	total, length := int(binary.BigEndian.Uint16(h[16:])), int(binary.BigEndian.Uint16(h[38:]))
	if length < 8 || length > total-20 || total > len(frame)-14 {
		return 0
	}
	return length
}

// parsePlain reads that frame and says no to any other.
func parsePlain(frame []byte, d *Datagram) bool {
	length := plainLength(frame)
	if length == 0 {
		return false
	}
	h := (*[plainHead]byte)(frame)
	d.Src, d.Dst = binary.BigEndian.Uint32(h[26:]), binary.BigEndian.Uint32(h[30:])
	d.SrcPort, d.DstPort = binary.BigEndian.Uint16(h[34:]), binary.BigEndian.Uint16(h[36:])
	d.VLAN = 0
	d.Payload = frame[plainHead : plainHead-8+length]
	return true
}
