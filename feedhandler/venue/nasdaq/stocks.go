package nasdaq

import (
	"encoding/binary"

	"wirebook/book"
)

// stocks maps eight-byte stocks to directory indexes, for feeds without locate codes.
type stocks struct {
	dir *book.Directory
}

// find returns the index of a stock and makes one when it is new; 0 when the directory is full.
func (s *stocks) find(stock *[8]byte) uint32 {
	key := binary.BigEndian.Uint64(stock[:])
	if idx := s.dir.Lookup(key); idx != 0 {
		return idx
	}
	return s.dir.Add(key, s.identify(key), book.MakeSymbol(stock[:]))
}

// identify gives a stock its published id: a hash of its text, so that a process that joins later gives the same
// one. It is never 0. Two stocks of one hash get neighbouring ids in order of appearance: of 10,000 stocks that
// happens to one pair in about a hundred days, and only that pair depends on when the process joined.
func (s *stocks) identify(key uint64) uint32 {
	key ^= key >> 33
	key *= 0xFF51AFD7ED558CCD
	key ^= key >> 33
	key *= 0xC4CEB9FE1A85EC53
	id := uint32(key >> 32)
	for id == 0 || s.taken(id) {
		id++
	}
	return id
}

func (s *stocks) taken(id uint32) bool {
	for idx := 1; idx < s.dir.Len(); idx++ {
		if s.dir.At(uint32(idx)).ID == id {
			return true
		}
	}
	return false
}
