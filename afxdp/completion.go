package afxdp

// completionRing brings back the frames whose packets are sent.
type completionRing struct {
	consuming
	addrs []uint64 // the ring's slots
}

// reap appends the frames that came back to free, whose capacity holds all frames of the socket.
func (r *completionRing) reap(free []uint64) []uint64 {
	n := r.ready()
	if n == 0 {
		return free
	}
	for range n {
		free = append(free, r.addrs[r.next&r.mask])
		r.next++
	}
	r.publish()
	return free
}
