package feedhandler

import "encoding/binary"

// plainHead is the headers' length in the frame that feeds send: no tag, no IP options.
const plainHead = 14 + 20 + 8

// parsePlain reads that frame, and says no to any other, the faulty ones among them. What is always the same in it is
// compared in two words instead of field by field.
func parsePlain(frame []byte, d *Datagram) bool {
	if len(frame) < plainHead {
		return false
	}
	const (
		// EtherType IPv4, version 4, 5 words; service is anything.
		typeMask, typeWant = 0xFFFF_FF00, etherTypeIPv4<<16 | 0x45<<8
		// No fragment, UDP; "do not fragment" and time to live are anything.
		protoMask, protoWant = 0x3FFF_00FF, protocolUDP
	)
	h := (*[plainHead]byte)(frame)
	if binary.BigEndian.Uint32(h[12:])&typeMask != typeWant || binary.BigEndian.Uint32(h[20:])&protoMask != protoWant {
		return false
	}
	total, length := int(binary.BigEndian.Uint16(h[16:])), int(binary.BigEndian.Uint16(h[38:]))
	if length < 8 || length > total-20 || total > len(frame)-14 {
		return false
	}
	d.Src, d.Dst = binary.BigEndian.Uint32(h[26:]), binary.BigEndian.Uint32(h[30:])
	d.SrcPort, d.DstPort = binary.BigEndian.Uint16(h[34:]), binary.BigEndian.Uint16(h[36:])
	d.Payload = frame[plainHead : plainHead-8+length]
	return true
}
