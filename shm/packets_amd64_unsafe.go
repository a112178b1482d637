//go:build amd64 && !purego && !race

package shm

// Commit makes what Claim returned a record. Without a claim it does nothing.
//
// The commit is a plain store: the processor keeps stores in order, and the compiler moves none over a call, which this must stay
// (TestPacketIsCommittedLast looks). A call of assembly would cost 3 ns more.
//
//go:noinline
func (w *PacketWriter) Commit() {
	if w.end == w.pos {
		return
	}
	*w.area.at(w.pos) = w.pos | PacketWhole
	w.pos = w.end
}
