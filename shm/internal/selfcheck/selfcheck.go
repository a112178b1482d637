// Package selfcheck makes records that prove themselves: every word depends on the record's position and on the
// word's place, so that a mix of two records, or a record at a wrong position, cannot pass. For tests; the C and
// Python test readers know the same formula.
package selfcheck

import "encoding/binary"

func word(pos, i uint64) uint64 { return (pos + 1 + i<<40) * 0x9E3779B97F4A7C15 }

// Fill fills body, a multiple of 8 bytes long, for position pos. Byte 0 holds the length as in every DBN record.
func Fill(body []byte, pos uint64) {
	for i := 0; i+8 <= len(body); i += 8 {
		binary.LittleEndian.PutUint64(body[i:], word(pos, uint64(i)))
	}
	body[0] = byte(len(body) / 4)
}

// Check says whether body is whole and belongs to position pos.
func Check(body []byte, pos uint64) bool {
	if len(body) < 8 || binary.LittleEndian.Uint64(body)>>8 != word(pos, 0)>>8 || int(body[0])*4 != len(body) {
		return false
	}
	for i := 8; i+8 <= len(body); i += 8 {
		if binary.LittleEndian.Uint64(body[i:]) != word(pos, uint64(i)) {
			return false
		}
	}
	return true
}
