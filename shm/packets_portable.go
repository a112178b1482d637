//go:build (!amd64 && !arm64) || purego || race

package shm

import "sync/atomic"

func release(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

func announce(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

// open returns memory of the writer's own. The processor, or the race detector, wants every store that readers may see to be
// atomic, so the record is built aside and commit copies it.
func (w *PacketWriter) open(n uint64) (*PacketHeader, []byte) {
	if w.aside == nil {
		w.aside = make([]uint64, w.area.chunk/8)
	}
	h := asideHeader(w.aside)
	h.clear(uint32(n))
	return h, asidePayload(w.aside, n)
}

func (w *PacketWriter) commit() {
	atomic.StoreUint64(w.area.at(w.end), 0)
	w.area.storeAside(w.pos&w.area.mask, w.aside, w.end-w.pos)
	release(w.area.at(w.pos), w.pos|PacketWhole)
}
