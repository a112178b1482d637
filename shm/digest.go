package shm

import (
	"encoding/binary"
	"math/bits"
)

// The arithmetic of the digests: ADR 6 has it in words. All of it is pure, so that whoever reads records, from a ring or from
// anywhere else, proves them with the code that the writer has.

const (
	digestK0 = 0xA0761D6478BD642F // odd constants with balanced bits, as in wyhash
	digestK1 = 0xE7037ED1A0B428DB
	digestK2 = 0x8EBC6AF09C88C6E3
)

// fold is the high half of the 128-bit product xor its low half.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// RecordHash hashes a body whose length is a multiple of 8: its words folded in pairs, which do not depend on each other, so
// that the multiplier works on several at once. The receiver's fields are to be zero: see ContentHash.
func RecordHash(body []byte) uint64 {
	h := uint64(len(body))
	seed := uint64(digestK1)
	for len(body) >= 16 {
		h ^= fold(binary.LittleEndian.Uint64(body)^seed, binary.LittleEndian.Uint64(body[8:16])^digestK0)
		seed += digestK2
		body = body[16:]
	}
	if len(body) >= 8 {
		h ^= fold(binary.LittleEndian.Uint64(body)^seed, digestK2)
	}
	return h
}

// ContentHash is RecordHash of a record as it stands in a ring: what tells of its receiving (ts_recv, ts_in_delta,
// BAD_TS_RECV) counts as zero. A body that is shorter than its type, or of none that venues make, is hashed as it is.
func ContentHash(body []byte) uint64 {
	var plain [SizeDefinition]uint8
	b := plain[:copy(plain[:], body)]
	if len(b) < SizeHeader {
		return RecordHash(b)
	}
	switch b[1] {
	case RTypeMBO:
		if len(b) >= SizeMBO {
			b[36] &^= FlagBadTsRecv
			clear(b[40:52])
		}
	case RTypeTrade, RTypeMBP1, RTypeMBP10:
		if len(b) >= SizeTrade {
			b[30] &^= FlagBadTsRecv
			clear(b[32:44])
		}
	case RTypeStatistics:
		if len(b) >= SizeStatistics {
			clear(b[16:24])
			clear(b[52:56])
		}
	case RTypeStatus, RTypeImbalance, RTypeDefinition:
		if len(b) >= SizeStatus {
			clear(b[16:24])
		}
	}
	return RecordHash(b)
}

// Tally is the running digests of one channel's records in one schema, and their set digest.
//
// Content leaves out what depends on the receiver (ts_recv, ts_in_delta, BAD_TS_RECV): it is the same whichever
// line brought a packet and however late. Full covers every byte. Definition: a record's hash h is its RecordHash, receiver
// fields zeroed; content' = fold(content xor h, k0) and full' = fold(full xor h, (k1 xor ts_recv) + ts_in_delta<<8 + bad),
// both starting at 0.
type Tally struct {
	Content, Full, Records uint64
	Set                    Set
}

// Add takes in the next record by its hash and what it says of its receiving: bad is 1 where that carries BAD_TS_RECV, else 0.
// The set digest is not touched: it has an Add of its own.
func (t *Tally) Add(h, tsRecv uint64, delta int32, bad uint64) {
	t.Content = fold(t.Content^h, digestK0)
	t.Full = fold(t.Full^h, (digestK1^tsRecv)+uint64(uint32(delta))<<8+bad)
	t.Records++
}
