package capture

import (
	"encoding/binary"
	"regexp"
)

// olderName matches names of Nasdaq's days before 5.0: S060212-v41.txt, 06022012.NASDAQ_ITCH41.
var olderName = regexp.MustCompile(`(?i)(?:itch_?|^S\d{6}-v)([1-4])\.?(\d)(?:\.txt)?$`)

// itchVersion names the version of ITCH before 5.0 of which a file without packets is, by its first messages or its name; ""
// where it is none.
func itchVersion(head []byte, base string) string {
	named := olderName.FindStringSubmatch(base)
	switch {
	case looksITCH4(head) && named == nil:
		return "4 (4.1 by its first messages)"
	case named != nil && looksBinaryFILE(head, len(head) < peekBytes):
		return named[1] + "." + named[2]
	}
	return ""
}

// itch4Bytes are the lengths of ITCH 4.1's messages as far as they are no other version's. Time is told by seconds, in
// messages T of their own, and nanoseconds.
var itch4Bytes = map[byte]int{'T': 5, 'S': 6, 'A': 30, 'F': 34, 'E': 25, 'X': 17, 'D': 13}

// looksITCH4 walks the first messages: a second first, and every message as long as in 4.1.
func looksITCH4(head []byte) bool {
	const enough = 64
	told := 0
	for len(head) >= 3 && told < enough {
		n := int(binary.BigEndian.Uint16(head))
		if n == 0 || 2+n > len(head) {
			break
		}
		switch want, known := itch4Bytes[head[2]]; {
		case known && n != want, told == 0 && head[2] != 'T':
			return false
		}
		told++
		head = head[2+n:]
	}
	return told > 1
}
