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
	key      keyFrame
	num, den uint64 // ns per tick
	have     bool
	fitted   bool // the rate comes from two key frames
}

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
	w, ok := t.tick(c.key.fcsType)
	if !c.have || !ok || c.key.fcsType == fcsOff {
		return
	}
	ns, ageNS, ok := c.time((w&0xffffff00)>>1|w&0x7f, captureNS)
	if !ok {
		return
	}
	s.NS, s.OK = ns, true
	s.Device, s.Port = c.key.device, c.key.port
	s.Degraded = !c.fitted || ageNS > maxKeyAgeNS/3
}

// tick finds the tick's word. An appended tick is followed by the FCS where the capture kept it.
func (t *tail) tick(fcsType uint8) (uint32, bool) {
	n := tickBytes
	if fcsType == fcsAppend && t.fits(tickBytes+fcsBytes) && (!t.fits(tickBytes) || t.paddedTo(minEthernet, tickBytes+fcsBytes)) {
		n += fcsBytes
	}
	if !t.fits(n) {
		return 0, false
	}
	w := be32(t.b[len(t.b)-n:])
	return w, w != 0 // the switch never sends 0
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
	if had && k.ticks == last.ticks {
		return // the same key frame seen again
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
	expect := elapsed * nominalDen / nominalNum
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

// scale is ticks times ns per tick, rounded. Ticks are under 2^36 and num under 2^36, so the quotient fits.
func (c *ticks7150) scale(ticks uint64) uint64 {
	hi, lo := bits.Mul64(ticks, c.num)
	lo, carry := bits.Add64(lo, c.den/2, 0)
	q, _ := bits.Div64(hi+carry, lo, c.den)
	return q
}
