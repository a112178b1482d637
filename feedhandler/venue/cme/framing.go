package cme

import (
	"encoding/binary"

	"wirebook/feedhandler/venue/framing"
)

const (
	packetHeaderSize    = 12 // packet sequence u32, sending time u64
	technicalHeaderSize = 14 // encoding type u16, message sequence u32, sending time u64
	messageHeaderSize   = 10 // message size u16, block length, template, schema, version

	// schemaID is MDP 3.0's; the versions inside it only count up.
	schemaID = 1
	// tcpEncoding opens the technical header: SBE 1.0, little endian.
	tcpEncoding = 0xCAFE
)

// MDP3Framing is the framing of the multicast feeds. The sequence unit is the packet: every datagram is one unit,
// whatever number of messages it has. Spans begin at the message size.
type MDP3Framing struct{}

// Header reads the packet header. A first message of another schema is another protocol.
func (MDP3Framing) Header(payload []byte, h *framing.Header) framing.Fault {
	*h = framing.Header{Body: packetHeaderSize}
	if len(payload) < packetHeaderSize {
		return framing.FaultShort
	}
	h.Seq = uint64(binary.LittleEndian.Uint32(payload))
	h.TsSend = binary.LittleEndian.Uint64(payload[4:])
	h.Count = 1
	return foreign(payload[packetHeaderSize:])
}

// Split finds the messages. They all belong to unit 0.
func (MDP3Framing) Split(dst []framing.Span, payload []byte, h *framing.Header) ([]framing.Span, framing.Fault) {
	return split(dst, payload, int(h.Body))
}

// Session is empty: MDP 3.0 numbers packets per channel and week and names no session.
func (MDP3Framing) Session([]byte) string { return "" }

// MDP3TCPFraming is the framing of the TCP services (conflated feed, replay): a technical header, then messages as in
// a multicast packet. It reads segments that begin with the header, as the venue sends them; it joins no stream.
type MDP3TCPFraming struct{}

// Header reads the technical header. The sequence counts the server's packets of one connection.
func (MDP3TCPFraming) Header(payload []byte, h *framing.Header) framing.Fault {
	*h = framing.Header{Body: technicalHeaderSize}
	if len(payload) < technicalHeaderSize {
		return framing.FaultShort
	}
	if binary.LittleEndian.Uint16(payload) != tcpEncoding {
		return framing.FaultForeign
	}
	h.Seq = uint64(binary.LittleEndian.Uint32(payload[2:]))
	h.TsSend = binary.LittleEndian.Uint64(payload[6:])
	h.Count = 1
	return foreign(payload[technicalHeaderSize:])
}

// Split finds the messages. They all belong to unit 0.
func (MDP3TCPFraming) Split(dst []framing.Span, payload []byte, h *framing.Header) ([]framing.Span, framing.Fault) {
	return split(dst, payload, int(h.Body))
}

// Session is empty, as on multicast.
func (MDP3TCPFraming) Session([]byte) string { return "" }

func foreign(body []byte) framing.Fault {
	if len(body) >= messageHeaderSize && binary.LittleEndian.Uint16(body[6:]) != schemaID {
		return framing.FaultForeign
	}
	return framing.FaultNone
}

func split(dst []framing.Span, payload []byte, off int) ([]framing.Span, framing.Fault) {
	if len(payload) > 0xFFFF {
		return dst, framing.FaultBadLength // no datagram is that long, and a span could not say where
	}
	if off >= len(payload) {
		return dst, framing.FaultEmpty // the venue fills a quiet time with heartbeat messages, never with bare headers
	}
	for off < len(payload) {
		if len(payload)-off < 2 {
			return dst, framing.FaultLeftover
		}
		size := int(binary.LittleEndian.Uint16(payload[off:]))
		if size < messageHeaderSize {
			return dst, framing.FaultBadLength
		}
		if size > len(payload)-off {
			return dst, framing.FaultCutShort
		}
		dst = append(dst, framing.Span{Off: uint16(off), Len: uint16(size)})
		off += size
	}
	return dst, framing.FaultNone
}
