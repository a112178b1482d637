package trailer

import (
	"math/rand/v2"
	"testing"
)

// switch7150 is a switch whose oscillator is off by ppm and whose counter starts anywhere.
type switch7150 struct {
	startNS, ticks0 uint64
	ppm             int64
	v2, appended    bool
	keepFCS         bool
}

func (s *switch7150) ticks(ns uint64) uint64 {
	d := (ns - s.startNS) * 7 / 20
	return s.ticks0 + d + uint64(int64(d)*s.ppm/1_000_000)
}

func (s *switch7150) keyFrame(ns uint64) []byte {
	b := be.AppendUint64(be.AppendUint64(be.AppendUint64(nil, s.ticks(ns)), ns), ns-50_000_000)
	if s.v2 {
		b = be.AppendUint64(be.AppendUint64(b, 1_000_000), uint64(1_000_000+s.ppm))
	}
	b = be.AppendUint64(be.AppendUint64(b, ns+1000), 0)
	kind := byte(fcsOverride)
	if s.appended {
		kind = fcsAppend
	}
	f := ipFrame(keyFrameProto, append(b, 0, 5, 0, 6, kind, 0), 0)
	if s.keepFCS {
		f = fcs(f)
	}
	return f
}

func (s *switch7150) frame(ns uint64, payload int) []byte {
	t := uint32(s.ticks(ns))
	f := be.AppendUint32(udpFrame(payload, 1), t&0x7fffff80<<1|t&0x7f)
	if s.appended && s.keepFCS {
		f = fcs(f)
	}
	return f
}

func TestArista7150TicksBecomeTime(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := switch7150{
			startNS: stampNS, ticks0: rng.Uint64() >> (8 + rng.UintN(30)), ppm: int64(rng.IntN(200)) - 100,
			v2: rng.IntN(2) == 0, appended: rng.IntN(2) == 0, keepFCS: rng.IntN(2) == 0,
		}
		r := NewReader(Config{Kind: Arista7150})
		host := func(ns uint64) uint64 { return ns + 20_000 + rng.Uint64N(3_000_000) } // a poor host clock
		if got := r.Read(s.frame(stampNS+1, 300), host(stampNS)); got.OK {
			t.Fatalf("seed %d: a time before the first key frame: %+v", seed, got)
		}
		now, key, last, keys := s.startNS, s.startNS, s.startNS, 0
		for range 3000 {
			now += rng.Uint64N(20_000_000)
			if now >= key {
				got := r.Read(s.keyFrame(now), host(now))
				if !got.KeyFrame || got.NS != now || got.Device != 5 || got.Port != 6 {
					t.Fatalf("seed %d: key frame: %+v", seed, got)
				}
				keys++
				last, key = now, now+nsPerSecond
				if rng.IntN(8) == 0 {
					key += 7 * nsPerSecond // lost key frames, longer than the counter's wrap
				}
			}
			got := r.Read(s.frame(now, []int{8, 30, 300}[rng.IntN(3)]), host(now))
			if !got.OK {
				t.Fatalf("seed %d: no time", seed)
			}
			// Fitted over a second or more: two ticks of rounding, and two more per second since the key frame.
			// Before: the oscillator's error.
			// A key frame of version 2 tells it.
			bound, guessed := int64(8+(now-last)*6/nsPerSecond), keys < 2 && !s.v2
			if guessed {
				bound = 2_000_000
			}
			if off := int64(got.NS - now); off > bound || off < -bound || got.Degraded != guessed {
				t.Fatalf("seed %d: %d ns off after %d key frames, degraded %v (%+v)", seed, off, keys, got.Degraded, s)
			}
		}
	}
}

func TestArista7150ForgetsAfterSilenceAndSteps(t *testing.T) {
	s := switch7150{startNS: stampNS, ticks0: 1 << 40}
	r := NewReader(Config{Kind: Arista7150})
	at := func(sec uint64) uint64 { return stampNS + sec*nsPerSecond }
	r.Read(s.keyFrame(at(0)), at(0))
	r.Read(s.keyFrame(at(1)), at(1))
	if got := r.Read(s.frame(at(2), 100), at(2)); !got.OK || got.Degraded {
		t.Errorf("two key frames: %+v", got)
	}
	if got := r.Read(s.frame(at(15), 100), at(15)); !got.OK || !got.Degraded {
		t.Errorf("14 s after the key frame: %+v", got)
	}
	if got := r.Read(s.frame(at(40), 100), at(40)); got.OK {
		t.Errorf("39 s after the key frame: %+v", got)
	}
	// The switch's clock is stepped by 10 ms: the rate between the two key frames is none.
	r.Read(s.keyFrame(at(41)), at(41))
	s.startNS += 10_000_000
	r.Read(s.keyFrame(at(42)), at(42))
	if got := r.Read(s.frame(at(43), 100), at(43)); !got.OK || !got.Degraded {
		t.Errorf("after a step: %+v", got)
	}
}

func TestArista7150KeyFrameParsing(t *testing.T) {
	s := switch7150{startNS: stampNS}
	r := NewReader(Config{Kind: Arista7150})
	bad := [][]byte{
		ipFrame(keyFrameProto, make([]byte, 45), 0),
		ipFrame(keyFrameProto, make([]byte, 46), 0), // all zero: no time
		ipFrame(keyFrameProto, make([]byte, 500), 0),
	}
	for _, b := range bad {
		if got := r.Read(b, captureNS); got != (Stamp{}) {
			t.Errorf("%+v", got)
		}
	}
	if got := r.Read(s.keyFrame(stampNS), stampNS-60*86400*nsPerSecond); got.KeyFrame {
		t.Errorf("a key frame two months off: %+v", got)
	}
	off := s.keyFrame(stampNS)
	off[len(off)-2] = fcsOff
	if got := r.Read(off, stampNS); !got.KeyFrame {
		t.Errorf("%+v", got)
	}
	if got := r.Read(s.frame(stampNS, 50), stampNS); got.OK {
		t.Errorf("stamping is off, yet %+v", got)
	}
}
