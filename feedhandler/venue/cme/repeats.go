package cme

import "encoding/binary"

// Repeats tells whether a message, from its size word, belongs to a service that says the same again and again:
// snapshots and the definition loop, which have channels and sequences of their own beside the incremental feed. told is
// false where the message tells neither, as heartbeats.
func Repeats(msg []byte) (repeated, told bool) {
	if len(msg) < 10 {
		return false, false
	}
	switch binary.LittleEndian.Uint16(msg[4:]) {
	case 12, 15, 16:
		return false, false
	case 38, 44, 52, 53, 59, 61, 68, 69: // snapshots
		return true, true
	}
	return Defines(msg), true
}

// Defines tells whether a message, from its size word, is a definition.
func Defines(msg []byte) bool {
	if len(msg) < 10 {
		return false
	}
	switch binary.LittleEndian.Uint16(msg[4:]) {
	case 27, 29, 41, 54, 55, 56, 57, 58, 63:
		return true
	}
	return false
}
