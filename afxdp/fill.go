package afxdp

// fillRing carries frames to receive into. It is as large as the socket's receive frames are many, so there is always
// room for one that comes back.
type fillRing struct {
	producing
	addrs []uint64 // the ring's slots
}

func (r *fillRing) push(addr uint64) {
	r.addrs[r.next&r.mask] = addr
	r.next++
}
