//go:build (!amd64 && !arm64) || purego || race

package shm

import "sync/atomic"

func release(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

func announce(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

// Claim returns a record with n bytes of payload for the caller to fill: Bytes is set, every other field 0, and the payload holds
// what was there before. It is no record before Commit; a writer that dies in between leaves none. Claiming again drops it. nil where
// n is larger than MaxPayload.
//
// The processor, or the race detector, wants every store that readers may see to be atomic, so here the record is built
// beside the ring and Commit copies it.
func (w *PacketWriter) Claim(n int) (*PacketHeader, []byte) {
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

// Commit makes what Claim returned a record. Without a claim it does nothing.
func (w *PacketWriter) Commit() {
	if w.end == w.pos {
		return
	}
	atomic.StoreUint64(w.area.at(w.end), 0)
	w.area.storeAside(w.pos&w.area.mask, w.aside, w.end-w.pos)
	release(w.area.at(w.pos), w.pos|PacketWhole)
	w.pos = w.end
}
