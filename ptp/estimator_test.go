package ptp

import (
	"math"
	"testing"
)

const (
	ms     = int64(1_000_000)
	eightH = 125 * ms // 8 Hz, the slowest rate promised
)

var system = Reference{Kind: ReferenceSystem, BoundNS: 500}

func locked(t *testing.T, w *world, e *Estimator) {
	t.Helper()
	w.run(e, 1000*ms, eightH, nil)
	if s := e.Status(); s.State != Locked {
		t.Fatalf("not locked after a second: %v, %v", s.State, s.Cause)
	}
}

// truth checks that UTC of the PHC's reading now is within the bound of the truth.
func truth(t *testing.T, w *world, m Model) (bound uint32) {
	t.Helper()
	ns, bound := m.UTC(w.phc())
	if d := magnitude(int64(ns - uint64(w.now))); d > uint64(bound) || bound == 0 {
		t.Fatalf("state %v: off by %d ns, bound %d", m.State, d, bound)
	}
	return bound
}

func TestTruthIsWithinTheBoundWhileLocked(t *testing.T) {
	for seed := int64(1); seed <= 60; seed++ {
		w := newWorld(seed)
		w.phcRate = (w.rng.Float64() - 0.5) * 400e-6
		w.wander = 900e-9
		w.hostOff = w.rng.Int63n(1001) - 500
		w.phcOff = (w.rng.Float64() - 0.5) * 1e14
		switch seed % 4 {
		case 1: // every reading is late in its interval: the middle is wrong by half a width, always
			w.at = func() float64 { return 1 }
		case 2:
			w.at = func() float64 { return 0 }
		case 3: // now and then a reading is interrupted for a long time
			w.width = func() int64 {
				if w.rng.Intn(4) == 0 {
					return 20_000 + w.rng.Int63n(3_000_000)
				}
				return 800 + w.rng.Int63n(3000)
			}
		}
		e := NewEstimator(Config{})
		e.SetReference(system)
		checked, worst := 0, uint32(0)
		every := []int64{eightH, 62 * ms, 100 * ms}[w.rng.Intn(3)]
		w.run(e, 8000*ms, every, func() {
			m := e.Model()
			if m.State != Locked {
				return
			}
			// Stamps come until the next sample, and from just before this one.
			probe := *w
			for i := 0; i < 4; i++ {
				b := truth(t, &probe, m)
				if checked > 40 {
					worst = max(worst, b)
				}
				probe.advance(every / 4)
			}
			checked++
		})
		if checked < 50 {
			t.Fatalf("seed %d: locked only %d times: %+v", seed, checked, e.Status())
		}
		if worst > 12_000 {
			t.Errorf("seed %d: a bound of %d ns for readings some µs wide", seed, worst)
		}
		if s := e.Status(); s.Steps+s.SystemSteps+s.RateChanges+s.Freezes+s.Silences > 0 {
			t.Errorf("seed %d: false alarms: %+v", seed, s)
		}
	}
}

func TestRateIsFitted(t *testing.T) {
	for _, ppm := range []float64{-200, -1, 0, 0.3, 100} {
		w := newWorld(7)
		w.phcRate = ppm * 1e-6
		e := NewEstimator(Config{})
		e.SetReference(system)
		w.run(e, 4000*ms, eightH, nil)
		if got := float64(e.Status().RatePPB) / 1000; math.Abs(got-ppm) > 0.5 {
			t.Errorf("rate %g ppm fitted as %g", ppm, got)
		}
	}
}

// TestFaultsAreNoticedWithinASecond makes each fault at 8 Hz and waits for its state.
func TestFaultsAreNoticedWithinASecond(t *testing.T) {
	tests := []struct {
		name  string
		fault func(w *world)
		state State
		cause Cause
	}{
		{"step forward", func(w *world) { w.phcOff += 50_000 }, Stepped, CausePHCStep},
		{"step back", func(w *world) { w.phcOff -= 50_000 }, Stepped, CausePHCStep},
		{"step of 37 s", func(w *world) { w.phcOff += 37e9 }, Stepped, CausePHCStep},
		{"step to 1970", func(w *world) { w.phcOff = -worldStart + 5e9 }, Stepped, CausePHCStep},
		{"host clock stepped", func(w *world) { w.hostOff += 3_000_000 }, Stepped, CauseSystemStep},
		{"host clock stepped back", func(w *world) { w.hostOff -= 2_000_000_000 }, Stepped, CauseSystemStep},
		{"frozen", func(w *world) { w.stopped = true }, Frozen, CauseFrozen},
		{"runs at half speed", func(w *world) { w.phcRate = -0.5 }, Unsynchronised, CauseRateRange},
		{"runs 2000 ppm fast", func(w *world) { w.phcRate = 2000e-6 }, Unsynchronised, CauseRateRange},
		{"skewed by 100 ppm", func(w *world) { w.phcRate = 100e-6 }, Stepped, CausePHCStep},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for seed := int64(1); seed <= 10; seed++ {
				w := newWorld(seed)
				e := NewEstimator(Config{})
				e.SetReference(system)
				locked(t, w, e)
				w.run(e, 2000*ms, eightH, nil)
				test.fault(w)
				noticed := false
				w.run(e, 1000*ms, eightH, func() {
					s := e.Status()
					noticed = noticed || s.State == test.state && s.Cause == test.cause
				})
				if !noticed {
					t.Fatalf("seed %d: not noticed: %+v", seed, e.Status())
				}
			}
		})
	}
}

func TestSilenceIsNoticedWithinASecond(t *testing.T) {
	w := newWorld(1)
	e := NewEstimator(Config{})
	e.SetReference(system)
	locked(t, w, e)
	for end := w.now + 1000*ms; w.now < end; w.advance(eightH) {
		e.Tick(w.raw())
	}
	if s := e.Status(); s.State != Missing || s.Cause != CauseSilent || s.Silences != 1 {
		t.Fatalf("%+v", s)
	}
	if m := e.Model(); !m.Stamp(w.phc()).Bad {
		t.Error("a stamp of a missing clock is not Bad")
	}
	w.run(e, 1000*ms, eightH, nil)
	if s := e.Status(); s.State != Locked {
		t.Errorf("it came back as it was, and is %v", s.State)
	}
}

func TestEveryFaultHealsAndTellsTheTruthAgain(t *testing.T) {
	faults := map[string]struct {
		make, end func(w *world)
		count     func(s Status) uint32
	}{
		"step":   {func(w *world) { w.phcOff += 5e8 }, func(*world) {}, func(s Status) uint32 { return s.Steps }},
		"skew":   {func(w *world) { w.phcRate += 100e-6 }, func(*world) {}, func(s Status) uint32 { return s.RateChanges }},
		"freeze": {func(w *world) { w.stopped = true }, func(w *world) { w.stopped = false }, func(s Status) uint32 { return s.Freezes }},
		"host":   {func(w *world) { w.hostOff += 400 * ms }, func(w *world) { w.hostOff -= 400 * ms }, func(s Status) uint32 { return s.SystemSteps }},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			for seed := int64(1); seed <= 20; seed++ {
				w := newWorld(seed)
				w.phcRate = 20e-6
				e := NewEstimator(Config{})
				e.SetReference(system)
				locked(t, w, e)
				fault.make(w)
				w.run(e, 900*ms, eightH, nil)
				fault.end(w)
				w.run(e, 3000*ms, eightH, nil)
				s := e.Status()
				if s.State != Locked || fault.count(s) == 0 {
					t.Fatalf("seed %d: %+v", seed, s)
				}
				w.run(e, 2000*ms, eightH, func() { truth(t, w, e.Model()) })
			}
		})
	}
}

// TestAWideReadingAfterASmallBreak: a thread taken off its core in the middle of a reading does not widen what a better
// reading has said already.
func TestAWideReadingAfterASmallBreak(t *testing.T) {
	w := newWorld(1)
	w.width = func() int64 { return 500 }
	e := NewEstimator(Config{})
	e.SetReference(Reference{Kind: ReferenceSystem, BoundNS: 200_000})
	locked(t, w, e)
	w.run(e, 2000*ms, eightH, nil)
	w.phcOff += 10_000
	for i := range 4 {
		w.width = func() int64 { return 500 + int64(i%2)*9*ms }
		e.Add(w.read())
		m := e.Model()
		if bound := truth(t, w, m); m.State != Locked || bound > 500_000 {
			t.Errorf("reading %d: %v, bound %d", i, m.State, bound)
		}
		w.advance(eightH)
	}
}

// TestAChangeOfRateIsNoStep has the rate change between two readings, which are narrow, so that the gap shows.
func TestAChangeOfRateIsNoStep(t *testing.T) {
	for seed := int64(1); seed <= 50; seed++ {
		w := newWorld(seed)
		w.width = func() int64 { return 400 + w.rng.Int63n(200) }
		e := NewEstimator(Config{})
		e.SetReference(system)
		locked(t, w, e)
		w.run(e, 3000*ms, eightH, nil)
		w.advance(w.rng.Int63n(eightH))
		w.phcRate += 100e-6
		w.advance(eightH)
		w.run(e, 3000*ms, eightH, nil)
		if s := e.Status(); s.Steps != 0 || s.RateChanges == 0 || s.State != Locked {
			t.Fatalf("seed %d: %+v", seed, s)
		}
	}
}

// TestSmallChangesAreNotFlagged: what moves the time by less than the reference vouches for leaves it trusted, and true; what
// moves it by more does not.
func TestSmallChangesAreNotFlagged(t *testing.T) {
	host := Reference{Kind: ReferenceSystem, BoundNS: 200_000}
	master := Reference{Kind: ReferencePTP, TAIOffset: 37, BoundNS: 2000}
	for name, c := range map[string]struct {
		reference Reference
		change    func(w *world)
		flagged   bool
	}{
		"the PHC is slewed":                    {host, func(w *world) { w.phcRate += 100e-6 }, false},
		"the PHC jumps by 10 µs":               {host, func(w *world) { w.phcOff += 10_000 }, false},
		"the PHC jumps by 100 µs":              {host, func(w *world) { w.phcOff += 100_000 }, true},
		"the host's clock is slewed":           {master, func(w *world) { w.hostRate += 50e-6 }, false},
		"the host's clock jumps under a servo": {master, func(w *world) { w.hostOff += 5_000_000 }, false},
		"the servo jumps by 1 µs":              {master, func(w *world) { w.phcOff += 1000 }, false},
		"the servo jumps by 100 µs":            {master, func(w *world) { w.phcOff += 100_000 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := int64(1); seed <= 20; seed++ {
				w := newWorld(seed)
				w.width = func() int64 { return 400 + w.rng.Int63n(200) }
				e := NewEstimator(Config{})
				e.SetReference(c.reference)
				locked(t, w, e)
				w.run(e, 2000*ms, eightH, nil)
				w.advance(w.rng.Int63n(eightH))
				c.change(w)
				w.advance(eightH)
				flagged := false
				w.run(e, 3000*ms, eightH, func() {
					m := e.Model()
					flagged = flagged || !m.State.Trusted()
					if m.State.Trusted() && c.reference.Kind == ReferenceSystem {
						truth(t, w, m)
					}
				})
				if flagged != c.flagged || e.Status().State != Locked {
					t.Fatalf("seed %d: flagged %v, want %v: %+v", seed, flagged, c.flagged, e.Status())
				}
			}
		})
	}
}

func TestNoReferenceIsNeverTrusted(t *testing.T) {
	w := newWorld(3)
	e := NewEstimator(Config{})
	w.run(e, 5000*ms, eightH, func() {
		if m := e.Model(); m.State.Trusted() || !m.Stamp(w.phc()).Bad {
			t.Fatalf("trusted without a reference: %+v", e.Status())
		}
	})
	if s := e.Status(); s.State != Unsynchronised || s.Cause != CauseNoReference {
		t.Errorf("%+v", s)
	}
	truth(t, w, e.Model()) // against the host's clock, which is right here, it is still a good fit
}

func TestHoldoverGrowsAndEnds(t *testing.T) {
	w := newWorld(4)
	w.phcRate = 30e-6
	e := NewEstimator(Config{HoldoverNS: uint64(5000 * ms)})
	e.SetReference(system)
	locked(t, w, e)
	w.run(e, 3000*ms, eightH, nil)
	e.SetReference(Reference{})
	before := e.Model()
	if before.State != Holdover {
		t.Fatalf("%+v", e.Status())
	}
	w.hostRate = 50e-6 // the host's clock, left alone, drifts away and must not be followed
	w.run(e, 4000*ms, eightH, func() {
		m := e.Model()
		if m.State != Holdover {
			t.Fatalf("%+v", e.Status())
		}
		truth(t, w, m)
	})
	if after := e.Model(); after.BoundNS <= before.BoundNS {
		t.Errorf("the bound went from %d to %d", before.BoundNS, after.BoundNS)
	}
	w.run(e, 2000*ms, eightH, nil)
	if s := e.Status(); s.State != Unsynchronised || s.Cause != CauseReferenceLost {
		t.Errorf("after its time: %+v", s)
	}
	w.hostRate, w.hostOff = 0, 0
	e.SetReference(system)
	w.run(e, 3000*ms, eightH, nil)
	if s := e.Status(); s.State != Locked {
		t.Errorf("the reference is back: %+v", s)
	}
}

func TestGrandmasterTimeIsThePHCLessTAI(t *testing.T) {
	w := newWorld(5)
	w.phcOff = 37e9 + 80 // the servo holds it within its bound
	w.hostOff = 4 * ms   // a poor host clock
	e := NewEstimator(Config{})
	e.SetReference(Reference{Kind: ReferencePTP, TAIOffset: 37, BoundNS: 200, SystemBoundNS: uint32(8 * ms)})
	locked(t, w, e)
	check := func() {
		m := e.Model()
		if m.State != Locked || m.TAIOffset != 37 {
			t.Fatalf("%+v", e.Status())
		}
		if b := truth(t, w, m); b > 400 {
			t.Fatalf("bound %d: the host's clock has a say", b)
		}
	}
	w.run(e, 2000*ms, eightH, check)
	// The host's clock is stepped (to the right time, even): stamps do not care.
	w.hostOff = 0
	w.run(e, 3000*ms, eightH, check)
	if s := e.Status(); s.SystemSteps != 1 || s.Steps != 0 {
		t.Errorf("%+v", s)
	}
	// The PHC steps under the daemon: it is not TAI any more, whatever the daemon still says.
	w.phcOff += 1e6
	e.Add(w.read())
	if s := e.Status(); s.State != Stepped {
		t.Errorf("%+v", s)
	}
}

func TestWrongTAIOffsetBreaksTheTrust(t *testing.T) {
	for _, tai := range []int16{0, 36, 38} {
		w := newWorld(6)
		e := NewEstimator(Config{})
		e.SetReference(Reference{Kind: ReferencePTP, TAIOffset: tai, BoundNS: 200, SystemBoundNS: uint32(ms)})
		w.run(e, 2000*ms, eightH, nil)
		if s := e.Status(); s.State != Unsynchronised || s.Cause != CauseDisagreement {
			t.Errorf("TAI offset %d: %+v", tai, s)
		}
	}
}

func TestWideReferenceIsNotLocked(t *testing.T) {
	w := newWorld(8)
	e := NewEstimator(Config{MaxBoundNS: 1_000_000})
	e.SetReference(Reference{Kind: ReferenceSystem, BoundNS: 2_000_000})
	w.run(e, 2000*ms, eightH, nil)
	if s := e.Status(); s.State != Acquiring || s.Cause != CauseBoundTooLarge {
		t.Errorf("%+v", s)
	}
}

func TestSamplesThatCannotBe(t *testing.T) {
	e := NewEstimator(Config{})
	e.SetReference(system)
	e.Add(Sample{BeforeNS: 10, PHC: 5, AfterNS: 9, RawNS: 1})
	if s := e.Status(); s.Backwards != 1 || s.Accepted != 0 {
		t.Errorf("%+v", s)
	}
}

// FuzzEstimator feeds it anything: it must not panic, and must never be trusted without a reference.
func FuzzEstimator(f *testing.F) {
	f.Add([]byte("seed seed seed seed seed seed seed"), uint64(worldStart))
	f.Fuzz(func(t *testing.T, data []byte, base uint64) {
		e := NewEstimator(Config{})
		s := Sample{BeforeNS: base, AfterNS: base + 1000, PHC: base, RawNS: base}
		for i := 0; i+4 <= len(data); i += 4 {
			kind, v := data[i], uint64(data[i+1])<<(data[i+2]%64)+uint64(data[i+3])
			switch kind % 6 {
			case 0:
				s.PHC += v
			case 1:
				s.PHC -= v
			case 2:
				s.BeforeNS += v
			case 3:
				s.AfterNS = s.BeforeNS + v
			case 4:
				s.RawNS += v
			}
			e.Add(s)
			e.Tick(s.RawNS)
			m := e.Model()
			if m.State.Trusted() {
				t.Fatal("trusted without a reference")
			}
			m.UTC(v)
			step := uint64(data[i+3]) * 1_000_000
			s.BeforeNS, s.AfterNS, s.PHC, s.RawNS = s.BeforeNS+step, s.AfterNS+step, s.PHC+step, s.RawNS+step
		}
	})
}
