package capture

import (
	"math"
	"math/bits"
)

// ngIface is an interface of a pcapng section: its frames' link type, and how its times become nanoseconds.
type ngIface struct {
	link LinkType
	snap uint32
	// Times are powers of ten (mul or div) or of two (shift), whichever is set.
	mul, div uint64
	shift    uint8
	max      uint64 // largest time that mul does not overflow
	offsetNS int64
	lost     uint64 // packets, as its statistics say so far
}

// iface reads an interface description: link type u16, reserved u16, snap length u32, options.
func (r *ngReader) iface(body []byte) ngIface {
	i := ngIface{link: LinkType(r.u16(body)), snap: r.u32(body[4:])}
	i.resolution(6)
	for opt := body[8:]; len(opt) >= 4; {
		code, n := r.u16(opt), int(r.u16(opt[2:]))
		if opt = opt[4:]; code == ngOptEnd || n > len(opt) {
			break
		}
		switch {
		case code == ngOptResol && n == 1:
			i.resolution(opt[0])
		case code == ngOptOffset && n == 8:
			i.offset(int64(r.u64(opt)))
		}
		opt = opt[min(len(opt), (n+3)&^3):]
	}
	return i
}

// resolution sets the unit of time: 10^-v of a second, or with the top bit 2^-v.
func (i *ngIface) resolution(v uint8) {
	i.mul, i.div, i.shift, i.max = 0, 0, 0, math.MaxUint64
	switch {
	case v&0x80 != 0:
		i.shift = v & 0x7f
		if i.shift == 0 {
			i.mul = 1_000_000_000
		}
	case v <= 9:
		i.mul = power10(9 - v)
	default:
		i.div = power10(v - 9)
	}
	if i.mul != 0 {
		i.max = math.MaxUint64 / i.mul
	}
}

// power10 is 10^n, or 0 where that does not fit.
func power10(n uint8) uint64 {
	if n > 19 {
		return 0
	}
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// offset sets if_tsoffset, seconds to add. An absurd one is held at the ends of the scale.
func (i *ngIface) offset(sec int64) {
	const most = math.MaxInt64 / 1_000_000_000
	i.offsetNS = min(max(sec, -most), most) * 1_000_000_000
}

// ns turns a time of this interface into UTC nanoseconds. ok is false where it does not fit; then ns is the nearest.
func (i *ngIface) ns(t uint64) (ns uint64, ok bool) {
	switch {
	case t > i.max:
		return math.MaxUint64, false
	case i.mul != 0:
		ns = t * i.mul
	case i.shift != 0:
		// t * 1e9 >> shift in 128 bits.
		hi, lo := bits.Mul64(t, 1_000_000_000)
		switch {
		case i.shift >= 64:
			ns = hi >> (i.shift - 64)
		case hi>>i.shift != 0:
			return math.MaxUint64, false
		default:
			ns = hi<<(64-i.shift) | lo>>i.shift
		}
	case i.div != 0:
		ns = t / i.div
	}
	if i.offsetNS == 0 {
		return ns, true
	}
	if i.offsetNS < 0 {
		if back := uint64(-i.offsetNS); back <= ns {
			return ns - back, true
		}
		return 0, false
	}
	if sum, carry := bits.Add64(ns, uint64(i.offsetNS), 0); carry == 0 {
		return sum, true
	}
	return math.MaxUint64, false
}
