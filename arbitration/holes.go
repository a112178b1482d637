package arbitration

// holeLog is how many holes of a line are remembered until somebody looks.
const holeLog = 64

// Hole is a range of units that a line's own numbering passed without them, or with Filled the range of a packet that
// brought some of such units after all.
type Hole struct {
	First, Count uint64
	NS           uint64 // receive time of the line's newest believed packet then
	Filled       bool
}

// HoleLog holds the newest holes of a line.
type HoleLog struct {
	N    uint64 // ever noted
	list [holeLog]Hole
}

func (h *HoleLog) add(first, count, ns uint64, filled bool) {
	h.list[h.N%holeLog] = Hole{first, count, ns, filled}
	h.N++
}

// Since appends what was noted after the first n to dst, in its order; lost is how many of them are forgotten already.
func (h *HoleLog) Since(n uint64, dst []Hole) (_ []Hole, lost uint64) {
	if h.N > holeLog && n < h.N-holeLog {
		lost = h.N - holeLog - n
		n += lost
	}
	for ; n < h.N; n++ {
		dst = append(dst, h.list[n%holeLog])
	}
	return dst, lost
}
