package sim

import (
	"math/bits"
	"math/rand/v2"
)

// random is the only source of chance: a seeded PCG and integer arithmetic, so that a seed means the same bytes on
// every machine.
type random struct{ pcg rand.PCG }

// newRandom gives one of the many independent streams of a seed; each line and the market have their own.
func newRandom(seed, stream uint64) random {
	var r random
	r.pcg.Seed(seed, stream*0x9E3779B97F4A7C15+0xD1B54A32D192ED03)
	return r
}

// below returns a number in [0, n); n must not be 0.
func (r *random) below(n uint32) uint32 {
	return uint32((r.pcg.Uint64() >> 32) * uint64(n) >> 32)
}

// chance is true in ppm of a million cases.
func (r *random) chance(ppm uint32) bool { return ppm != 0 && r.below(1_000_000) < ppm }

// one is true once in n cases.
func (r *random) one(n uint32) bool { return r.below(n) == 0 }

// exponential returns an exponentially distributed number with the given mean (at most 2^40), by the
// inverse method on a table of logarithms in 1/65536.
func (r *random) exponential(mean uint64) uint64 {
	u := r.pcg.Uint64() | 1
	zeros := uint64(bits.LeadingZeros64(u))
	mantissa := u << zeros >> 55 & 0xff
	const ln2 = 45426 // of 65536
	negativeLog := ((zeros+1)<<16 - uint64(log2Table[mantissa])) * ln2 >> 16
	return mean * negativeLog >> 16
}

// log2Table[i] is log2(1 + i/256) in 1/65536.
var log2Table = makeLog2Table()

func makeLog2Table() (table [256]uint32) {
	for i := range table {
		x := uint64(256+i) << 23 // in [1, 2) with 31 fraction bits
		for bit := uint32(1 << 15); bit != 0; bit >>= 1 {
			x = x * x >> 31
			if x >= 1<<32 {
				x >>= 1
				table[i] |= bit
			}
		}
	}
	return table
}
