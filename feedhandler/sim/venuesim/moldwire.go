package venuesim

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// MoldUDP64, big endian.
//
//	downstream packet                    request packet
//	 0 session           10 text          0 session           10 text, padded with blanks
//	10 sequence number    8               10 first wanted      8
//	18 message count      2               18 count             2
//	20 messages: length 2, then so many bytes
const (
	moldHeaderBytes  = 20
	moldRequestBytes = 20
	moldCountAt      = 18
	moldEnd          = 0xFFFF // count of an end of session
)

// moldSession is a session id in its ten characters.
func moldSession(id string) (s [10]byte) {
	copy(s[:], "          ")
	copy(s[:], id)
	return s
}

func appendMoldHeader(dst []byte, session [10]byte, seq uint64, count uint16) []byte {
	dst = append(dst, session[:]...)
	dst = binary.BigEndian.AppendUint64(dst, seq)
	return binary.BigEndian.AppendUint16(dst, count)
}

func appendMoldMessage(dst, msg []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(msg)))
	return append(dst, msg...)
}

// readMoldPacket takes a downstream packet apart. The units are slices of p.
func readMoldPacket(p []byte, ns uint64) (x packet, err error) {
	if len(p) < moldHeaderBytes {
		return x, fmt.Errorf("a MoldUDP64 packet of %d bytes", len(p))
	}
	x.session = strings.TrimRight(string(p[:10]), " ")
	x.first = binary.BigEndian.Uint64(p[10:])
	count := binary.BigEndian.Uint16(p[moldCountAt:])
	if count == moldEnd {
		x.ended = true
		return x, nil
	}
	body := p[moldHeaderBytes:]
	x.units = make([]unit, 0, count)
	for range count {
		if len(body) < 2 || len(body)-2 < int(binary.BigEndian.Uint16(body)) {
			return x, fmt.Errorf("MoldUDP64 packet %d is cut", x.first)
		}
		n := 2 + int(binary.BigEndian.Uint16(body))
		x.units = append(x.units, unit{bytes: body[2:n:n], sentNS: ns})
		body = body[n:]
	}
	return x, nil
}
