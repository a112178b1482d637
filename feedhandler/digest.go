package feedhandler

import (
	"encoding/binary"
	"math/bits"

	"wirebook/shm"
)

// Digest is the running digest of one channel's records in one schema.
//
// Content leaves out what depends on the receiver (ts_recv, ts_in_delta, BAD_TS_RECV): it is the same whichever
// line brought a packet and however late. Full covers every byte. Definition: fold(a, b) is the high half of the
// 128-bit product a*b xor its low half; a record's hash h folds its 8-byte words in pairs, receiver fields zeroed
// (recordHash); content' = fold(content xor h, k0) and full' = fold(full xor h, (k1 xor ts_recv) + ts_in_delta<<8 + bad),
// both starting at 0.
type Digest struct {
	Content, Full, Records uint64
}

const (
	digestK0 = 0xA0761D6478BD642F // odd constants with balanced bits, as in wyhash
	digestK1 = 0xE7037ED1A0B428DB
	digestK2 = 0x8EBC6AF09C88C6E3
)

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// recordHash hashes a body whose length is a multiple of 8. The folds of the pairs do not depend on each other,
// so the multiplier works on several at once.
func recordHash(b []byte) uint64 {
	h := uint64(len(b))
	seed := uint64(digestK1)
	for len(b) >= 16 {
		h ^= fold(binary.LittleEndian.Uint64(b)^seed, binary.LittleEndian.Uint64(b[8:16])^digestK0)
		seed += digestK2
		b = b[16:]
	}
	if len(b) >= 8 {
		h ^= fold(binary.LittleEndian.Uint64(b)^seed, digestK2)
	}
	return h
}

func (d *Digest) add(h uint64, r *receipt) {
	var bad uint64
	if r.flags&shm.FlagBadTsRecv != 0 {
		bad = 1
	}
	d.Content = fold(d.Content^h, digestK0)
	d.Full = fold(d.Full^h, (digestK1^r.tsRecv)+uint64(uint32(r.delta))<<8+bad)
	d.Records++
}
