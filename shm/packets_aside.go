package shm

import "sync/atomic"

// The portable way to put packets, for processors without assembly here and for the race detector: they want every store that
// readers may see to be atomic. A record is built beside the ring, and commitAside copies it. It is also what the other way is
// tested against.

func (w *PacketWriter) claimAside(n int) (*PacketHeader, []byte) {
	w.end = w.pos + packetBytes(uint64(n))
	if uint64(n) > w.most || w.end >= w.limit {
		if !w.fit(n) {
			return nil, nil
		}
	}
	if w.aside == nil {
		w.aside = make([]uint64, w.area.chunk/8)
	}
	h := wordsHeader(w.aside)
	h.clear(uint32(n))
	return h, wordsPayload(w.aside, uint64(n))
}

func (w *PacketWriter) commitAside() {
	if w.end == w.pos {
		return
	}
	atomic.StoreUint64(w.area.at(w.end), 0)
	w.area.storeAside(w.pos&w.area.mask, w.aside, w.end-w.pos)
	release(w.area.at(w.pos), w.pos|PacketWhole)
	w.pos = w.end
}

// storeAside copies the record of size bytes in src to offset off, without its sequence word, each word by one atomic store.
func (a chunkArea) storeAside(off uint64, src []uint64, size uint64) {
	for i := uint64(1); i < size/8; i++ {
		atomic.StoreUint64(a.word(off+8*i), src[i])
	}
}
