package trailer

import "math/bits"

const (
	tickBytes = 4
	tickMask  = 1<<31 - 1
	// The nominal rate is 350 MHz, 20/7 ns a tick.
	nominalNum, nominalDen = 20, 7
	// A rate further than 1000 ppm from nominal is no oscillator: the clock was stepped between the key frames.
	maxRatePPM = 1000
	// Two key frames further apart than this do not make a rate.
	maxKeySpanNS = 60 * nsPerSecond
	// Beyond this age of the key frame ticks are no longer turned into time; degraded from a third of it.
	maxKeyAgeNS = 30 * nsPerSecond
)

// ticks7150 turns ticks into time. Ticks wrap every 6.1 s; the capture's own time, good to a second, tells which wrap.
type ticks7150 struct {
	key       keyFrame
	num, den  uint64 // ns per tick
	have      bool
	fitted    bool      // the rate is known: told by the key frame, or from two of them
	place     tickPlace // where ticks stand, if that is not where the key frames say
	elsewhere int       // frames in a row whose tick stood there
}

// tickPlace is where the tick stands in the tail.
type tickPlace uint8

const (
	asTold    tickPlace = iota // as the key frames say
	atTheEnd                   // in the last four bytes
	beforeFCS                  // with an FCS behind it
)

func (c *ticks7150) read(t *tail, captureNS uint64, s *Stamp) {
	if !t.ipv4 {
		return // LLDP and ARP come from the switch itself and carry no tick
	}
	if t.proto == keyFrameProto {
		var k keyFrame
		if k.parse(t.body, captureNS) {
			c.learn(k)
			s.KeyFrame, s.Device, s.Port = true, k.device, k.port
			// The key frame's own time is not a tick, but it is the switch's.
			s.NS, s.OK, s.Degraded = k.utcNS, true, !c.fitted
		}
		return
	}
	if !c.have || c.key.fcsType == fcsOff {
		return
	}
	ns, ageNS, ok := c.find(t, captureNS)
	if !ok {
		return
	}
	s.NS, s.OK = ns, true
	s.Device, s.Port = c.key.device, c.key.port
	s.Degraded = !c.fitted || ageNS > maxKeyAgeNS/3
}

// inStepNS is how near a tick's time must be to the capture's, after the distance that the key frame had, to be believed
// without the key frame's word. What is no tick misses it thirty times of 31.
const inStepNS = 100_000_000

// find looks for the tick where the key frames say it stands, and where that gives no time in step with the capture, at
// the other place: switches are seen whose key frames say "replace" while the FCS is still there. What was found stays
// the rule for frames that do not speak for themselves.
func (c *ticks7150) find(t *tail, captureNS uint64) (ns, ageNS uint64, ok bool) {
	first := c.place
	if first == asTold {
		first = t.told(c.key.fcsType)
	}
	ns, ageNS, ok = c.at(t, first, captureNS)
	if ok && c.inStep(ns, captureNS) {
		c.count(first)
		return ns, ageNS, true
	}
	other := atTheEnd + beforeFCS - first
	ns2, ageNS2, ok2 := c.at(t, other, captureNS)
	if !ok2 || !c.inStep(ns2, captureNS) {
		return ns, ageNS, ok
	}
	c.count(other)
	return ns2, ageNS2, true
}

// count keeps where a tick was found that is sure. Only "replace" names one place; an appended tick has an FCS behind it
// or not, as the capture kept it.
func (c *ticks7150) count(at tickPlace) {
	switch {
	case c.key.fcsType != fcsOverride || at == atTheEnd:
		c.place, c.elsewhere = asTold, 0
	default:
		c.place = at
		c.elsewhere++
	}
}

// misplaced says that ticks stand where the key frames deny it: twice in a row is no chance.
func (c *ticks7150) misplaced() bool { return c.elsewhere >= 2 }

// told is where the key frames' type puts the tick. An appended tick is followed by the FCS where the capture kept it.
func (t *tail) told(fcsType uint8) tickPlace {
	if fcsType == fcsAppend && t.fits(tickBytes+fcsBytes) && (!t.fits(tickBytes) || t.paddedTo(minEthernet, tickBytes+fcsBytes)) {
		return beforeFCS
	}
	return atTheEnd
}

// at reads the tick at a place.
func (c *ticks7150) at(t *tail, place tickPlace, captureNS uint64) (ns, ageNS uint64, ok bool) {
	n := tickBytes
	if place == beforeFCS {
		n += fcsBytes
	}
	if !t.fits(n) {
		return 0, 0, false
	}
	w := be32(t.b[len(t.b)-n:])
	if w == 0 { // the switch never sends 0
		return 0, 0, false
	}
	return c.time((w&0xffffff00)>>1|w&0x7f, captureNS)
}

// inStep says whether a time is as far from the capture's as the key frame was. Without a capture time nothing is.
func (c *ticks7150) inStep(ns, captureNS uint64) bool {
	if captureNS == 0 || c.key.captured == 0 {
		return false
	}
	off := int64(ns-captureNS) - int64(c.key.utcNS-c.key.captured)
	return off < inStepNS && off > -inStepNS
}

// paddedTo says whether a trailer of n bytes starts exactly where a frame padded to size ends.
func (t *tail) paddedTo(size, n int) bool {
	pad := len(t.b) - n
	return t.slack > 0 && pad == t.slack-(maxPadTo-size)
}

// learn takes a key frame and fits the rate to the one before.
func (c *ticks7150) learn(k keyFrame) {
	last, had := c.key, c.have
	c.key, c.have = k, true
	if had && k.ticks == last.ticks && k.num == 0 {
		return // the same key frame seen again
	}
	if k.num != 0 { // what the switch measured is better than what two of its frames say
		c.num, c.den, c.fitted = k.num, k.den, true
		return
	}
	dt, du := k.ticks-last.ticks, k.utcNS-last.utcNS
	if had && k.ticks > last.ticks && k.utcNS > last.utcNS && du <= maxKeySpanNS && dt <= maxKeySpanNS && plausible(dt, du) {
		c.num, c.den, c.fitted = du, dt, true
		return
	}
	c.num, c.den, c.fitted = nominalNum, nominalDen, false
}

// plausible says whether du ns over dt ticks is near 20/7.
func plausible(dt, du uint64) bool {
	want := dt * nominalNum
	off := int64(du*nominalDen - want)
	if off < 0 {
		off = -off
	}
	return uint64(off) <= want/1_000_000*maxRatePPM
}

// time places a 31-bit tick beside the last key frame and returns its UTC and the key frame's age at the capture.
func (c *ticks7150) time(tick uint32, captureNS uint64) (ns, ageNS uint64, ok bool) {
	elapsed := int64(captureNS - c.key.captured)
	if captureNS == 0 || c.key.captured == 0 {
		elapsed = 0
	}
	if elapsed > maxKeyAgeNS || elapsed < -maxKeyAgeNS {
		return 0, 0, false
	}
	// Expected ticks since the key frame, then the nearest value whose low 31 bits are the tick's.
	expect := int64(muldiv(uint64(max(elapsed, -elapsed)), c.den, c.num))
	if elapsed < 0 {
		expect = -expect
	}
	low := uint32(c.key.ticks+uint64(expect)) & tickMask
	off := int32((tick-low)<<1) >> 1 // signed difference modulo 2^31
	delta := expect + int64(off)
	if delta >= 0 {
		ns = c.key.utcNS + c.scale(uint64(delta))
	} else {
		ns = c.key.utcNS - c.scale(uint64(-delta))
	}
	return ns, uint64(max(elapsed, -elapsed)), true
}

// scale is ticks times ns per tick, cut down as the switch's own arithmetic does.
func (c *ticks7150) scale(ticks uint64) uint64 { return muldiv(ticks, c.num, c.den) }

// muldiv is a*b / c. Rates are within a factor of two of nominal and times under a minute, so it fits.
func muldiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}
