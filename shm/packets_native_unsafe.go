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

// prefetch asks for the two cache lines from word's on, to be written.
//
//go:noescape
func prefetch(word *uint64)

// Records up to smallPacket bytes are written faster than the processor fetches lines ahead by itself, and so are asked for
// prefetchAhead bytes early: a third of their cost. With larger ones that does harm.
const (
	smallPacket   = 320
	prefetchAhead = 1024
)

// Claim returns a record with n bytes of payload for the caller to fill: Bytes is set, every other field 0, and the payload holds
// what was there before. It is no record before Commit; a writer that dies in between leaves none. Claiming again drops it. nil where
// n is larger than MaxPayload.
func (w *PacketWriter) Claim(n int) (*PacketHeader, []byte) {
	w.end = w.pos + packetBytes(uint64(n))
	if uint64(n) > w.most || w.end >= w.limit {
		if !w.fit(n) {
			return nil, nil
		}
	}
	*w.area.at(w.end) = 0 // a plain store: the one that commits comes behind it
	if w.end-w.pos <= smallPacket {
		prefetch(w.area.at(w.end + prefetchAhead))
	}
	off := w.pos & w.area.mask
	h := w.area.header(off)
	h.clear(uint32(n))
	return h, w.area.payload(off, uint64(n))
}
