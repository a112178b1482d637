package arbitration

import (
	"math"
	"math/bits"
	"unsafe"
)

// MaxSkewUnits is the largest product of Config.SkewNS and Config.PeakUnits.
const MaxSkewUnits = windowUnits

// SkewUnits is how many units a line is ahead that is ahead by skewNS at peak units a second.
func SkewUnits(skewNS, peak uint64) uint64 {
	hi, lo := bits.Mul64(skewNS, peak)
	if hi >= 1_000_000_000 {
		return math.MaxUint64
	}
	n, _ := bits.Div64(hi, lo, 1_000_000_000)
	return n
}

// Bytes is the memory an Arbiter of this configuration takes. It fails as New does.
func (c Config) Bytes() (uint64, error) {
	c, err := c.withDefaults()
	if err != nil {
		return 0, err
	}
	store := uint64(ceilPow2(c.WindowPackets))*uint64(unsafe.Sizeof(entry{})) + uint64(ceilPow2(c.WindowBytes))
	n := uint64(unsafe.Sizeof(Arbiter{})) + 2*store + 4*windowUnits + lagUnits*uint64(unsafe.Sizeof(lagEntry{})) + maxCount
	for _, l := range c.Lines {
		if !l.Recovery {
			packets := ceilPow2(candidateFactor * c.PersistPackets)
			n += windowUnits/8 + uint64(packets)*uint64(unsafe.Sizeof(entry{})) + uint64(max(packets*candidateBytes, 1<<16))
		}
	}
	return n, nil
}
