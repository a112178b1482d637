package venuesim

import (
	"encoding/binary"
	"fmt"
)

// IEX-TP, little endian.
//
//	segment header                                  gap fill request
//	 0 version 1   1 reserved   2 protocol 2          0 version 1   1 type 1 (1 messages)   2 protocol 2
//	 4 channel 4   8 session 4                        4 channel 4   8 session 4   12 ranges 4
//	12 payload length 2   14 message count 2         16 ranges: first 8, last 8, both inclusive
//	16 stream offset 8   24 first number 8
//	32 send time 8   40 messages: length 2, type and body
const (
	tpHeaderBytes  = 40
	gapHeaderBytes = 16
	gapRangeBytes  = 16
	tpVersion      = 1
	gapMessages    = 1 // request type; 2 is the byte stream's, which other servers serve
)

// Protocols of IEX-TP.
const (
	protocolDEEP     = 0x8004
	protocolDEEPPlus = 0x8005
)

// readSegment takes a segment apart. The units are slices of p.
func readSegment(p []byte, ns uint64) (x packet, err error) {
	le := binary.LittleEndian
	if len(p) < tpHeaderBytes || p[0] != tpVersion {
		return x, fmt.Errorf("an IEX-TP segment of %d bytes", len(p))
	}
	x.protocol, x.channel, x.id, x.first = le.Uint16(p[2:]), le.Uint32(p[4:]), le.Uint32(p[8:]), le.Uint64(p[24:])
	length, count, offset := int(le.Uint16(p[12:])), int(le.Uint16(p[14:])), le.Uint64(p[16:])
	body := p[tpHeaderBytes:]
	if length > len(body) {
		return x, fmt.Errorf("IEX-TP segment %d is cut", x.first)
	}
	body = body[:length]
	for range count {
		if len(body) < 2 || len(body)-2 < int(le.Uint16(body)) {
			return x, fmt.Errorf("IEX-TP segment %d is cut", x.first)
		}
		n := 2 + int(le.Uint16(body))
		x.units = append(x.units, unit{bytes: body[2:n:n], sentNS: le.Uint64(p[32:]), offset: offset})
		body, offset = body[n:], offset+uint64(n)
	}
	return x, nil
}

// tp are the fields of a header that are the same all day.
type tp struct {
	protocol         uint16
	channel, session uint32
}

// appendSegment is a header and its messages. first and offset are told even where there are none.
func (h tp) appendSegment(dst []byte, first, offset, sentNS uint64, units []unit) []byte {
	le := binary.LittleEndian
	at := len(dst)
	dst = append(dst, tpVersion, 0)
	dst = le.AppendUint16(dst, h.protocol)
	dst = le.AppendUint32(dst, h.channel)
	dst = le.AppendUint32(dst, h.session)
	dst = le.AppendUint16(dst, 0)
	dst = le.AppendUint16(dst, uint16(len(units)))
	dst = le.AppendUint64(dst, offset)
	dst = le.AppendUint64(dst, first)
	dst = le.AppendUint64(dst, sentNS)
	for i := range units {
		dst = le.AppendUint16(dst, uint16(len(units[i].bytes)))
		dst = append(dst, units[i].bytes...)
	}
	le.PutUint16(dst[at+12:], uint16(len(dst)-at-tpHeaderBytes))
	return dst
}

// gapRange is what is wanted, both ends included.
type gapRange struct{ first, last int64 }

// readGapHeader reads a request's head; why says what is wrong.
func (h tp) readGapHeader(b []byte) (ranges int, why string) {
	le := binary.LittleEndian
	n := le.Uint32(b[12:])
	switch {
	case b[0] != tpVersion:
		return 0, "other_version"
	case b[1] != gapMessages:
		return 0, "other_request_type"
	case le.Uint16(b[2:]) != h.protocol:
		return 0, "other_protocol"
	case le.Uint32(b[4:]) != h.channel:
		return 0, "other_channel"
	case le.Uint32(b[8:]) != h.session:
		return 0, "other_session"
	case n > 4096:
		return 0, "too_many_ranges"
	}
	return int(n), ""
}

// readGapRanges reads ranges that must rise beyond after.
func readGapRanges(b []byte, after int64) (list []gapRange, why string) {
	for ; len(b) >= gapRangeBytes; b = b[gapRangeBytes:] {
		r := gapRange{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))}
		if r.first < 1 || r.last < r.first || r.first <= after {
			return nil, "bad_range"
		}
		after = r.last
		list = append(list, r)
	}
	return list, ""
}
