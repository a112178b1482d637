//go:build arm64 && !purego && !race

package shm

// Commit makes what Claim returned a record. Without a claim it does nothing.
func (w *PacketWriter) Commit() {
	if w.end == w.pos {
		return
	}
	release(w.area.at(w.pos), w.pos|PacketWhole)
	w.pos = w.end
}
