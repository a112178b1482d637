package shm

import "sync/atomic"

// packetArea is the chunks of a packets ring, and how they are walked: the reader's way and the recovering writer's.
type packetArea struct {
	chunkArea
	chunk uint64 // bytes of one
	mask  uint64 // bytes of all, less 1
}

// at returns the word at position p, a multiple of 8, for atomic use.
func (a *packetArea) at(p uint64) *uint64 { return a.word(p & a.mask) }

// inChunk returns how far p is in its chunk.
func (a *packetArea) inChunk(p uint64) uint64 { return p & (a.chunk - 1) }

// nextChunk returns where the chunk behind p's begins.
func (a *packetArea) nextChunk(p uint64) uint64 { return p&^(a.chunk-1) + a.chunk }

// step returns where the record at p ends, and whether a whole one is there at all: one that skips the rest of its chunk
// too. The word is loaded first, so that what it commits is seen.
func (a *packetArea) step(p uint64) (end uint64, ok bool) {
	switch atomic.LoadUint64(a.at(p)) {
	case p | PacketWhole:
		end = p + packetBytes(uint64(uint32(atomic.LoadUint64(a.at(p+8)))))
		return end, end <= a.nextChunk(p)
	case p | PacketSkip:
		return a.nextChunk(p), a.inChunk(p) != 0
	}
	return p, false
}

// newestChunk returns the position of the newest chunk that begins with a whole record: no bytes of a frame ever stand
// there, so it can be told without knowing anything else.
func (a *packetArea) newestChunk() uint64 {
	newest := uint64(0)
	for i := uint64(0); i <= a.mask; i += a.chunk {
		v := atomic.LoadUint64(a.at(i))
		if p := v &^ (packetAlign - 1); v == p|PacketWhole && p&a.mask == i && p < maxPosition {
			newest = max(newest, p)
		}
	}
	return newest
}

// walk returns the end of the records that follow one another from p on. It takes as many steps as the ring can have.
func (a *packetArea) walk(p uint64) uint64 {
	for far := p + a.mask; p < far; {
		end, ok := a.step(p)
		if !ok {
			break
		}
		p = end
	}
	return p
}
