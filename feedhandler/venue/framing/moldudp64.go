package framing

import (
	"encoding/binary"
	"slices"
)

// Sizes and counts of MoldUDP64 (Nasdaq "MoldUDP64 Protocol Specification" 1.00).
const (
	MoldUDP64HeaderBytes  = 20     // session 10, sequence number u64, message count u16, big endian
	MoldUDP64EndOfSession = 0xFFFF // message count that ends a session

	moldSessionBytes = 10
	moldLengthBytes  = 2
)

// MoldUDP64 reads MoldUDP64 downstream packets: header, then Count times a length u16, not counting itself, and a
// message. Nasdaq, ISE, ASX and JNX use it. The zero value is ready.
type MoldUDP64 struct{}

// Header reads the 20-byte header. Count 0 is a heartbeat and 0xFFFF the end of the session; both name the
// sequence number that would come next and report a Count of 0, and nothing follows the header. A header cut short is
// FaultShort.
func (*MoldUDP64) Header(payload []byte, h *Header) Fault {
	if len(payload) < MoldUDP64HeaderBytes {
		*h = Header{}
		return FaultShort
	}
	count := uint32(binary.BigEndian.Uint16(payload[18:20]))
	kind := Data
	switch count {
	case 0:
		kind = Heartbeat
	case MoldUDP64EndOfSession:
		kind, count = EndOfSession, 0
	}
	if count == 0 && len(payload) != MoldUDP64HeaderBytes {
		*h = Header{}
		return FaultLeftover
	}
	h.Session = moldSession(payload)
	h.Seq = binary.BigEndian.Uint64(payload[10:18])
	h.Count, h.Messages = count, count
	h.TsSend, h.Channel = 0, 0
	h.Kind, h.Body = kind, MoldUDP64HeaderBytes
	return FaultNone
}

// Split appends the spans of the h.Count messages; Unit is the message's index. A message of length 0 takes its
// sequence number and gives an empty span: no decoder can use it, and says so. A message that runs past the payload
// ends the split with FaultCutShort; bytes after the last message are FaultLeftover. A payload no UDP datagram can have is
// FaultBadLength.
func (*MoldUDP64) Split(dst []Span, payload []byte, h *Header) ([]Span, Fault) {
	fault := FaultNone
	off := int(h.Body)
	if off > len(payload) {
		return dst, FaultShort
	}
	if len(payload) > 0xFFFF { // a span's offsets would wrap
		return dst, FaultBadLength
	}
	dst = room(dst, min(int(h.Count), (len(payload)-off)/moldLengthBytes))
	n := len(dst)
	dst = dst[:cap(dst)]
	for unit := range h.Count {
		from := off + moldLengthBytes
		if from > len(payload) {
			fault = FaultCutShort
			break
		}
		length := lengthAt(payload, off)
		off = from + length
		if off > len(payload) {
			fault = FaultCutShort
			break
		}
		dst[n] = Span{Off: uint16(from), Len: uint16(length), Unit: unit}
		n++
	}
	if off != len(payload) && fault == FaultNone {
		fault = FaultLeftover
	}
	return dst[:n], fault
}

// room gives dst capacity for n more spans, once for all that a packet can have.
func room(dst []Span, n int) []Span {
	if cap(dst)-len(dst) < n {
		return slices.Grow(dst, n)
	}
	return dst
}

// Session spells the ten session bytes without padding, in hex where they are not text, "" where there are none.
func (*MoldUDP64) Session(payload []byte) string {
	if len(payload) < moldSessionBytes {
		return ""
	}
	text := payload[:moldSessionBytes]
	for len(text) > 0 && (text[len(text)-1] == ' ' || text[len(text)-1] == 0) {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	for _, c := range text {
		if c < ' ' || c > '~' {
			return hexOf(payload[:moldSessionBytes])
		}
	}
	return string(text)
}

// hexOf spells bytes. The hex package would bring fmt, and with it os and time, into the core.
func hexOf(raw []byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(raw))
	for _, c := range raw {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}

// moldSession mixes ten bytes into eight. For equal last two bytes it is one to one in the first eight and the
// other way round, so two sessions that follow each other never share an identity; any other two do with 2^-64.
func moldSession(payload []byte) uint64 {
	name := binary.BigEndian.Uint64(payload[0:8])
	tail := uint64(binary.BigEndian.Uint16(payload[8:10]))
	name ^= tail * 0x9E3779B97F4A7C15
	name ^= name >> 32
	name *= 0xD6E8FEB86659FD93
	return name ^ name>>32
}
