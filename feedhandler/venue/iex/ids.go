package iex

const (
	idBits    = 31
	idMax     = 1<<idBits - 1
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// InstrumentID is the published id of a symbol (without padding): FNV-1a 32 bits, the top bit xor-folded into the lowest
// so that 31 bits remain, and 1 where that is 0.
func InstrumentID(symbol []byte) uint32 {
	h := uint32(fnvOffset)
	for _, c := range symbol {
		h = (h ^ uint32(c)) * fnvPrime
	}
	h = h>>idBits ^ h&idMax
	if h == 0 {
		return 1
	}
	return h
}

// nextID is the id to try when id is taken.
func nextID(id uint32) uint32 {
	if id == idMax {
		return 1
	}
	return id + 1
}

// idSet is the published ids in use: open addressing, never more than half full.
type idSet struct {
	slots []uint32 // 0 empty
	mask  uint32
}

func newIDSet(max int) idSet {
	n := 1
	for n < 2*(max+1) {
		n <<= 1
	}
	return idSet{slots: make([]uint32, n), mask: uint32(n - 1)}
}

// slot is where id is, or the empty slot where it belongs. The hash is good already: its low bits serve.
func (s *idSet) slot(id uint32) uint32 {
	i := id & s.mask
	for s.slots[i] != 0 && s.slots[i] != id {
		i = (i + 1) & s.mask
	}
	return i
}

func (s *idSet) has(id uint32) bool { return s.slots[s.slot(id)] == id }

func (s *idSet) reset() { clear(s.slots) }

func (s *idSet) add(id uint32) { s.slots[s.slot(id)] = id }
