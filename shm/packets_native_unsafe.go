//go:build (amd64 || arm64) && !purego && !race

package shm

// release stores v behind every store before it.
//
//go:noescape
func release(word *uint64, v uint64)

// announce stores v before every store behind it.
//
//go:noescape
func announce(word *uint64, v uint64)

// open returns the claimed record where readers will find it. The end's word needs no more than a plain store: release, which
// commits, comes behind it.
func (w *PacketWriter) open(n uint64) (*PacketHeader, []byte) {
	*w.area.at(w.end) = 0
	off := w.pos & w.area.mask
	h := w.area.header(off)
	h.clear(uint32(n))
	return h, w.area.payload(off, n)
}

func (w *PacketWriter) commit() { release(w.area.at(w.pos), w.pos|PacketWhole) }
