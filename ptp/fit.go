package ptp

import "math"

// line is a fit of host UTC over PHC readings, with what the samples prove about it.
type line struct {
	model Model // bound and growth are against the host's clock
	ok    bool
}

// fitLine fits samples, oldest first. wander is how much two rates of the PHC within the window may differ.
//
// The line is a least squares fit, weighted by how narrow each sample is. The bound does not come from its residuals,
// which say nothing of a reading that always happens late in its interval, but from the intervals: the true line
// passes through all of them, so every pair of samples limits its slope, and every sample, carried to the reference
// point at that slope, limits how far from the fitted line it can be there. ok is false where no line passes
// through all of them: the rate changed by more than wander.
func fitLine(samples []Sample, wanderPPB int64, horizonNS uint32) (l line) {
	last := &samples[len(samples)-1]
	var sw, sx, sy, sxx, sxy float64
	for i := range samples {
		s := &samples[i]
		x := float64(int64(s.PHC - last.PHC))
		y := float64(int64(s.MidNS()-last.MidNS()) - int64(s.PHC-last.PHC))
		width := float64(s.WidthNS()) + 100 // a width of 0 is not infinitely good
		w := 1 / (width * width)
		sw, sx, sy, sxx, sxy = sw+w, sx+w*x, sy+w*y, sxx+w*x*x, sxy+w*x*y
	}
	det := sw*sxx - sx*sx
	if !(det > 0) {
		return l
	}
	slope := (sw*sxy - sx*sy) / det
	at := (sy - slope*sx) / sw
	if math.Abs(slope) > MaxRatePPB/1e9 || math.Abs(at) > 1e15 {
		return l
	}
	m := Model{RefClock: last.PHC, RefUTC: last.MidNS() + uint64(int64(math.Round(at))),
		Rate: int64(math.Round(slope * (1 << RateShift))), HorizonNS: horizonNS}

	// What the intervals leave of the distance from the fitted line, sample by sample, and of its slope.
	var low, high, age [maxWindow]float64
	for i := range samples {
		s := &samples[i]
		fitted, _ := m.UTC(s.PHC)
		low[i], high[i] = float64(int64(s.BeforeNS-fitted)), float64(int64(s.AfterNS-fitted))
		age[i] = float64(int64(last.PHC - s.PHC))
	}
	least, most := math.Inf(-1), math.Inf(1)
	for j := 1; j < len(samples); j++ {
		for i := 0; i < j; i++ {
			if gap := age[i] - age[j]; gap > 0 {
				least = max(least, (low[j]-high[i])/gap)
				most = min(most, (high[j]-low[i])/gap)
			}
		}
	}
	wander := float64(wanderPPB) / 1e9
	if least-most > wander {
		return l
	}
	drift := max(math.Abs(least), math.Abs(most)) + wander
	below, above := math.Inf(-1), math.Inf(1)
	for i := range samples {
		below = max(below, low[i]-drift*age[i])
		above = min(above, high[i]+drift*age[i])
	}
	if below > above || drift > 1 {
		return l
	}
	m.Growth = uint64(drift*(1<<RateShift)) + 1
	m.BoundNS = bounded(max(math.Abs(below), math.Abs(above)) + 2) // 2: integer nanoseconds here and in UTC
	return line{model: m, ok: true}
}

func bounded(v float64) uint32 {
	if v >= math.MaxUint32 {
		return math.MaxUint32
	}
	return uint32(v) + 1
}

// add32 adds bounds without wrapping.
func add32(a, b uint32) uint32 {
	if s := a + b; s >= a {
		return s
	}
	return math.MaxUint32
}
