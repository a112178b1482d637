package bench

import "math/bits"

// clock reads a time that every process of this machine agrees on, in ns since an arbitrary moment. On amd64 with an
// invariant time stamp counter that is the counter itself (10 ns a reading instead of 50), else the monotonic clock.
type clock struct {
	base, mult uint64 // ns = (counter-base) × mult >> 32; mult 0: the monotonic clock
	zero       uint64 // ns at base
}

// newClock calibrates the counter for a fiftieth of a second.
func newClock() clock {
	if !counterInvariant() {
		return clock{}
	}
	const calibration = 20_000_000
	m0, c0 := monotonic(), counter()
	m1, c1 := m0, c0
	for m1-m0 < calibration {
		m1, c1 = monotonic(), counter()
	}
	hi, lo := bits.Mul64(m1-m0, 1<<32)
	mult, _ := bits.Div64(hi, lo, c1-c0)
	return clock{base: c0, mult: mult, zero: m0}
}

func (c *clock) now() uint64 {
	if c.mult == 0 {
		return monotonic()
	}
	hi, lo := bits.Mul64(counter()-c.base, c.mult)
	return c.zero + (hi<<32 | lo>>32)
}

func (c *clock) name() string {
	if c.mult == 0 {
		return "monotonic clock"
	}
	return "time stamp counter"
}
