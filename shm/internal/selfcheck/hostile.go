package selfcheck

import "encoding/binary"

// Hostile fills payload, which begins at position pos of a packets ring of capacity bytes, as a sender would who knows the ring:
// wherever a record could begin it says that a whole one does, or that the rest of the chunk is empty, in this lap or one of the
// next two. It proves itself as Fill's records do: no byte of it depends on anything but its position.
func Hostile(payload []byte, pos, capacity uint64) {
	var w [16]byte
	for i := 0; i < len(payload); i += 16 {
		hostile(&w, pos+uint64(i), capacity)
		copy(payload[i:], w[:])
	}
}

// IsHostile says whether payload is what Hostile makes of it at pos.
func IsHostile(payload []byte, pos, capacity uint64) bool {
	var w [16]byte
	for i := 0; i < len(payload); i += 16 {
		hostile(&w, pos+uint64(i), capacity)
		if n := min(16, len(payload)-i); string(payload[i:i+n]) != string(w[:n]) {
			return false
		}
	}
	return true
}

// hostile is a sequence word and the lengths behind it.
func hostile(w *[16]byte, pos, capacity uint64) {
	dice := word(pos, capacity)
	lap := [8]uint64{1, 1, 1, 1, 1, 1, 0, 2}[dice>>61]
	state := [8]uint64{1, 1, 1, 1, 1, 1, 1, 2}[dice>>58&7]
	binary.LittleEndian.PutUint64(w[:8], (pos+lap*capacity)|state)
	binary.LittleEndian.PutUint32(w[8:], uint32(dice>>16)&63)
	binary.LittleEndian.PutUint32(w[12:], uint32(dice))
}
