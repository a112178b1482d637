package venuesim

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// SoupBinTCP 3.00. A frame is its length (2, big endian, without itself), its type, and so much less one.
//
//	L login     49  user 3/6, password 9/10, session 19/10 (blank = the current), first wanted 29/20 as digits
//	A accepted  33  session 3/10 padded left, next number 13/20 as digits padded left
//	J rejected   4  reason 3: A not authorised, S session not available
//	S data          message from 3, numbered by counting from A's number
//	H Z server heartbeat, end of session;  R O client heartbeat, logout;  + debug text from 3, either side
const (
	soupHeaderBytes = 3
	soupLoginBytes  = 49
)

func appendSoup(dst []byte, kind byte, payload []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)+1))
	return append(append(dst, kind), payload...)
}

func appendAccepted(dst []byte, session string, next uint64) []byte {
	return appendSoup(dst, 'A', fmt.Appendf(nil, "%10s%20d", session, next))
}

// soupLogin is a login request, read.
type soupLogin struct {
	user, password, session string
	first                   uint64
}

// readLogin reads the payload of an L frame; ok is false where the number is none.
func readLogin(p []byte) (l soupLogin, ok bool) {
	field := func(from, to int) string { return strings.Trim(string(p[from:to]), " ") }
	l = soupLogin{user: field(0, 6), password: field(6, 16), session: field(16, 26)}
	l.first, ok = digits(field(26, 46))
	return l, ok
}

// digits reads an unsigned decimal number of nothing but digits.
func digits(s string) (n uint64, ok bool) {
	if s == "" || len(s) > 20 {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > (1<<64-10)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
