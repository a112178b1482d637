package ptp

import (
	"math"
	"math/bits"
)

// RateShift is the fixed point of rates: a rate of 1 is 2^-40, about a thousandth of a ppb.
const RateShift = 40

// MaxRatePPB is the fastest rate a Model can hold; far above what an oscillator does.
const MaxRatePPB = 1_000_000_000

// Model is a line from a clock's reading to UTC, with an error bound. It is a value; copies are free.
//
//	UTC = RefUTC + (clock - RefClock) * (1 + Rate / 2^40)
//	bound = BoundNS + |clock - RefClock| * Growth / 2^40
//
// The zero Model is Unsynchronised and returns its input.
type Model struct {
	RefClock  uint64 // ns of the clock at the reference point
	RefUTC    uint64 // ns since the UNIX epoch, UTC, at the same moment
	Rate      int64  // what UTC gains on the clock, 2^-40
	Growth    uint64 // of the bound, 2^-40
	BoundNS   uint32 // at the reference point; 0 where unknown
	HorizonNS uint32 // distance from RefClock beyond which a stamp is Bad: a stalled cold side or a stepped clock
	State     State
	Source    Source
	TAIOffset int16  // TAI-UTC in seconds; 0 where unknown
	Steps     uint32 // jumps seen so far
}

// FixedPPB returns ppb in the fixed point of Model.Rate, held to ±MaxRatePPB.
func FixedPPB(ppb int64) int64 {
	ppb = max(min(ppb, MaxRatePPB), -MaxRatePPB)
	// 2^40/1e9 = 1099.511627776; 2^40 * 1e9 overflows, so the whole and the fraction are taken apart.
	return ppb*1099 + ppb*511_627_776/1_000_000_000
}

// RatePPB returns what UTC gains on the clock, in parts per billion.
func (m *Model) RatePPB() int64 { return ppbOf(m.Rate) }

// GrowthPPB returns the growth of the bound in parts per billion.
func (m *Model) GrowthPPB() int64 { return ppbOf(int64(min(m.Growth, math.MaxInt64))) }

func ppbOf(fixed int64) int64 { return int64(math.Round(float64(fixed) / (1 << RateShift) * 1e9)) }

// UTC returns the UTC nanoseconds of a clock reading and the error bound there: 0 where unknown, 2^32-1 where it is
// that or more. Readings before the reference point are as good as those after it.
func (m *Model) UTC(clock uint64) (ns uint64, bound uint32) {
	gone := int64(clock - m.RefClock)
	span := magnitude(gone)
	gain := scale(span, magnitude(m.Rate))
	if (gone < 0) != (m.Rate < 0) {
		gain = -gain
	}
	ns = m.RefUTC + uint64(gone) + gain
	if m.BoundNS == 0 {
		return ns, 0
	}
	if grown := scale(span, m.Growth); grown < math.MaxUint32-uint64(m.BoundNS) {
		return ns, m.BoundNS + uint32(grown)
	}
	return ns, math.MaxUint32
}

// Stamp returns the receive stamp of a clock reading. A reading of 0 is no stamp. The stamp is Bad unless the model is
// trusted and the reading is within its horizon: a clock that stepped far is caught here, before the cold side sees it.
func (m *Model) Stamp(clock uint64) Stamp {
	if clock == 0 {
		return Stamp{Source: SourceNone, Bad: true}
	}
	ns, bound := m.UTC(clock)
	far := magnitude(int64(clock-m.RefClock)) > uint64(m.HorizonNS)
	return Stamp{NS: ns, BoundNS: bound, Source: m.Source, Bad: far || !m.State.Trusted()}
}

func magnitude(v int64) uint64 {
	sign := v >> 63
	return uint64((v ^ sign) - sign)
}

// scale returns v * fixed / 2^40, at most 2^64-1.
func scale(v, fixed uint64) uint64 {
	hi, lo := bits.Mul64(v, fixed)
	if hi >= 1<<RateShift {
		return math.MaxUint64
	}
	return hi<<(64-RateShift) | lo>>RateShift
}
