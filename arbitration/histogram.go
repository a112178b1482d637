package arbitration

import "math/bits"

// A power of two is cut into sixteen steps, so that a step is at most a sixteenth of what it counts; below sixteen every
// nanosecond has its own.
const (
	lagStepBits = 4
	lagSteps    = 1 << lagStepBits
	// LagOctaves is how many powers of two a Histogram tells apart: the last holds 4.6 to 9 minutes and what is longer.
	LagOctaves = 39
	lagBuckets = (LagOctaves - lagStepBits + 1) * lagSteps
)

// Histogram counts nanoseconds in steps finer than a tenth, and keeps the longest and the sum as they were.
type Histogram struct {
	Max, Sum uint64
	counts   [lagBuckets]uint64
}

// add counts one value.
func (h *Histogram) add(ns uint64) {
	h.counts[lagBucket(ns)]++
	h.Sum += ns
	if ns > h.Max {
		h.Max = ns
	}
}

// lagBucket is where a value is counted. Steps of every power of two follow those of the one before without a hole.
func lagBucket(ns uint64) int {
	shift := max(bits.Len64(ns), lagStepBits+1) - (lagStepBits + 1)
	return min(shift<<lagStepBits+int(ns>>shift), lagBuckets-1)
}

// Count is how many values were counted.
func (h *Histogram) Count() uint64 {
	var all uint64
	for _, n := range h.counts {
		all += n
	}
	return all
}

// Percentile is the value that the given part (0 to 1) of all values does not exceed: the upper end of its step, which
// is less than a tenth above it, and never more than Max. 0 when nothing was counted.
func (h *Histogram) Percentile(p float64) uint64 {
	all := h.Count()
	want, seen := max(uint64(p*float64(all)), 1), uint64(0)
	for i, n := range h.counts[:lagBuckets-1] {
		if seen += n; seen >= want {
			shift := max(i>>lagStepBits, 1) - 1
			return min((uint64(i-shift<<lagStepBits)+1)<<shift-1, h.Max)
		}
	}
	return h.Max
}

// Octaves is the same in powers of two, for whoever has room for no more: place i counts 2^i to 2^(i+1)-1, place 0
// also 0, the last one everything longer.
func (h *Histogram) Octaves() (list [LagOctaves]uint64) {
	for i, n := range h.counts {
		// A step's lowest value tells its power of two: no step spans two.
		shift := max(i>>lagStepBits, 1) - 1
		low := uint64(i-shift<<lagStepBits) << shift
		list[max(bits.Len64(low), 1)-1] += n
	}
	return list
}
