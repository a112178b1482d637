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

// pushAll pushes the frames of descs; mask takes their addresses back to what the ring wants. Two straight runs, split
// where the ring wraps: this is half of what receiving a packet costs us.
func (r *fillRing) pushAll(descs []Desc, mask uint64) {
	slots := r.addrs[r.next&r.mask:]
	r.next += uint32(len(descs))
	if len(descs) > len(slots) {
		for i := range slots {
			slots[i] = descs[i].Addr & mask
		}
		descs = descs[len(slots):]
		slots = r.addrs
	}
	slots = slots[:len(descs)]
	for i := range descs {
		slots[i] = descs[i].Addr & mask
	}
}
