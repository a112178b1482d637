package ptp

import "math"

// Estimator turns cross timestamps into Models and watches the clock. It belongs to one goroutine, does not allocate
// after New and keeps nothing it is given. Fed at 8 Hz or more, and ticked as often, it shows a step, a freeze, a rate
// out of range or silence within a second: with the next sample, and silence after Config.SilentNS.
type Estimator struct {
	config Config

	samples [maxWindow]Sample // accepted, oldest first
	n       int
	seen    Sample // the latest, accepted or not
	any     bool   // seen is valid

	line      line // of the samples
	reference Reference
	good      Model // the last Locked model, continued in Holdover
	goodRaw   uint64
	hasGood   bool
	nowRaw    uint64

	stepped   Cause // why the window was begun anew; CauseNone when it has a fit again
	small     bool  // that was less than what the reference vouches for: the time stays trusted
	gapNS     uint32
	breaks    int // begun anew in a row
	frozen    bool
	silent    bool
	outOfRate bool
	wide      int // discarded in a row

	pending    bool // a break that may be a change of rate: decided when the new line is there
	pendingOld Model
	pendingPHC [2]uint64 // the last reading on the old line and the first off it

	status Status
}

// Status is what an Estimator knows, for people. Counters only grow.
type Status struct {
	State     State
	Cause     Cause
	Reference Reference

	OffsetNS  int64  // PHC minus host UTC at the latest sample
	RatePPB   int64  // what the PHC gains on the host's clock
	FitNS     uint32 // bound of the fit against the host's clock; 0 without a fit
	BoundNS   uint32 // bound of the published model at its reference point; 0 where unknown
	WidthNS   uint64 // of the latest sample
	UpdatedNS uint64 // UTC by the host, of the latest sample

	Accepted    uint64
	Discarded   uint64 // wider than the others
	Backwards   uint64 // the host's clock ran backwards inside a sample
	Steps       uint32 // jumps of the PHC
	SystemSteps uint32 // jumps of the host's clock
	RateChanges uint32
	Freezes     uint32
	Silences    uint32
}

// NewEstimator returns an Estimator without samples and without a reference.
func NewEstimator(config Config) *Estimator {
	e := &Estimator{config: config.withDefaults()}
	e.resolve()
	return e
}

// Status returns what is known.
func (e *Estimator) Status() Status { return e.status }

// SetReference says what UTC is taken from now.
func (e *Estimator) SetReference(r Reference) {
	e.reference = r
	e.resolve()
}

// Tick says that time has passed, by CLOCK_MONOTONIC_RAW; it finds a clock that has gone silent.
func (e *Estimator) Tick(rawNS uint64) {
	e.nowRaw = max(e.nowRaw, rawNS)
	if e.any && e.nowRaw-e.seen.RawNS >= e.config.SilentNS && !e.silent {
		e.silent = true
		e.status.Silences++
	}
	e.resolve()
}

// Add takes one cross timestamp. Call it in the order they were read.
func (e *Estimator) Add(s Sample) {
	if s.AfterNS < s.BeforeNS || s.AfterNS-s.BeforeNS > math.MaxInt32 {
		e.status.Backwards++ // the host's clock was stepped while it was read; the next sample shows it whole
		return
	}
	e.nowRaw = max(e.nowRaw, s.RawNS)
	before, had := e.seen, e.any
	e.seen, e.any = s, true
	if had && e.stands(&before, &s) {
		e.resolve()
		return
	}
	e.silent = false
	if had {
		if cause, gap := e.broken(&s); cause != CauseNone {
			e.begin(cause, gap, &before, &s)
		}
	}
	if !e.accept(&s) {
		e.status.Discarded++
		e.resolve()
		return
	}
	e.status.Accepted++
	if e.n == e.config.Window {
		copy(e.samples[:], e.samples[1:e.n])
		e.n--
	}
	e.samples[e.n] = s
	e.n++
	e.refit()
	e.resolve()
}

// stands finds a clock that repeats itself while the raw clock goes on.
func (e *Estimator) stands(before, s *Sample) bool {
	if s.PHC != before.PHC || s.RawNS-before.RawNS < 1_000_000 {
		if s.PHC != before.PHC {
			e.frozen = false
		}
		return false
	}
	if !e.frozen {
		e.frozen = true
		e.status.Freezes++
		e.hasGood, e.pending = false, false
	}
	e.silent = false
	e.n, e.line = 0, line{} // nothing from before is true when it starts again
	e.stepped, e.small = CauseFrozen, false
	return true
}

// broken says whether s contradicts what was known, and by how many nanoseconds at least.
func (e *Estimator) broken(s *Sample) (cause Cause, gap uint64) {
	switch {
	case e.line.ok:
		utc, bound := e.line.model.UTC(s.PHC)
		// The bound grows with the PHC's own distance; a jump must not excuse itself by it.
		if e.n > 0 {
			_, sane := e.line.model.UTC(e.samples[e.n-1].PHC + (s.RawNS - e.samples[e.n-1].RawNS))
			bound = min(bound, sane)
		}
		gap = outside(utc, uint64(bound), s)
	case e.n > 0:
		last := &e.samples[e.n-1]
		slack := last.WidthNS()/2 + 1 + uint64(float64(s.RawNS-last.RawNS)*float64(e.config.MaxRatePPB)/1e9)
		gap = outside(last.MidNS()+(s.PHC-last.PHC), slack, s)
	}
	if gap == 0 {
		return CauseNone, 0
	}
	return e.blame(s), gap
}

// outside returns how far utc±bound is from the interval of s; 0 where they touch.
func outside(utc, bound uint64, s *Sample) uint64 {
	if d := int64(s.BeforeNS - utc); d > int64(bound) {
		return uint64(d) - bound
	}
	if d := int64(utc - s.AfterNS); d > int64(bound) {
		return uint64(d) - bound
	}
	return 0
}

// blame says which of the two clocks left the way it had been going, by the raw clock that neither is steered with.
func (e *Estimator) blame(s *Sample) Cause {
	if e.n == 0 || s.RawNS == 0 {
		return CausePHCStep
	}
	first, last := &e.samples[0], &e.samples[e.n-1]
	gone := float64(int64(s.RawNS - last.RawNS))
	var host, phc float64
	if span := float64(int64(last.RawNS - first.RawNS)); span > 0 {
		host = float64(int64(last.MidNS()-first.MidNS()))/span - 1
		phc = float64(int64(last.PHC-first.PHC))/span - 1
	}
	hostJump := math.Abs(float64(int64(s.MidNS()-last.MidNS())) - gone*(1+host))
	phcJump := math.Abs(float64(int64(s.PHC-last.PHC)) - gone*(1+phc))
	if hostJump > phcJump {
		return CauseSystemStep
	}
	return CausePHCStep
}

// begin starts a new window at s.
func (e *Estimator) begin(cause Cause, gap uint64, before, s *Sample) {
	e.breaks++
	gone := float64(int64(s.RawNS - before.RawNS))
	mayBeRate := float64(gap) <= gone*float64(e.config.MaxRatePPB)/1e9 && e.line.ok
	switch {
	case e.breaks > 1: // counted already
	case mayBeRate && cause == CausePHCStep:
		e.pending, e.pendingOld, e.pendingPHC = true, e.line.model, [2]uint64{before.PHC, s.PHC}
	default:
		e.count(cause)
	}
	if e.breaks >= 3 {
		e.outOfRate = true // every sample contradicts the one before: it is not a jump but the way it runs
	}
	e.small = e.breaks == 1 && gap <= e.tolerance() && e.status.State.Trusted()
	e.gapNS = 0
	if e.small {
		e.gapNS = uint32(gap)
	} else if cause == CausePHCStep || e.reference.Kind == ReferenceSystem {
		e.hasGood = false // a host clock that jumps spoils only what rests on it
	}
	e.stepped = cause
	e.n, e.line, e.wide = 0, line{}, 0
}

// tolerance is the largest break that does not make stamps worth less than the reference says they are: somebody slews
// the host's clock or the servo the PHC. What is in the air while it happens is off by no more.
func (e *Estimator) tolerance() uint64 {
	const most = 20_000
	if e.reference.Kind == ReferencePTP {
		return min(uint64(e.reference.BoundNS), most)
	}
	return min(uint64(e.reference.BoundNS)/4, most)
}

func (e *Estimator) count(cause Cause) {
	if cause == CauseSystemStep {
		e.status.SystemSteps++
	} else {
		e.status.Steps++
	}
}

// accept says whether s is narrow enough to be used beside the others. After eight wide ones in a row wide is what there is.
func (e *Estimator) accept(s *Sample) bool {
	if e.n < e.config.MinSamples {
		return true
	}
	best := uint64(math.MaxUint64)
	for i := range e.samples[:e.n] {
		best = min(best, e.samples[i].WidthNS())
	}
	if s.WidthNS() <= max(4*best, best+5000) {
		e.wide = 0
		return true
	}
	e.wide++
	return e.wide > 8
}

// refit fits the window; where no line passes through all of it, the oldest samples go until one does.
func (e *Estimator) refit() {
	c := &e.config
	for e.n >= c.MinSamples && e.samples[e.n-1].RawNS-e.samples[0].RawNS >= c.MinSpanNS {
		if l := fitLine(e.samples[:e.n], c.WanderPPB, c.HorizonNS); l.ok {
			e.line = l
			e.settle()
			return
		}
		drop := max(e.n/4, 1)
		copy(e.samples[:], e.samples[drop:e.n])
		e.n -= drop
		if !e.pending {
			e.pending = true
			e.status.RateChanges++
			e.pendingOld = Model{}
		}
	}
	if e.line.ok { // too few are left of a window that had a line
		e.line = line{}
		e.stepped, e.small, e.gapNS = CauseRateChange, e.status.State.Trusted(), 0
	}
}

// settle is called with a fresh fit: it ends what a break began.
func (e *Estimator) settle() {
	if e.pending && e.pendingOld != (Model{}) {
		if e.met() {
			e.status.RateChanges++
		} else {
			e.status.Steps++
		}
	}
	rate := e.line.model.RatePPB()
	e.outOfRate = rate > e.config.MaxRatePPB || rate < -e.config.MaxRatePPB
	e.pending, e.stepped, e.breaks = false, CauseNone, 0
}

// met says whether the old line and the new one meet where the old one ended: between its last reading and the next.
func (e *Estimator) met() bool {
	var apart [2]int64
	for i, phc := range e.pendingPHC {
		was, a := e.pendingOld.UTC(phc)
		is, b := e.line.model.UTC(phc)
		apart[i] = int64(was - is)
		if magnitude(apart[i]) <= uint64(a)+uint64(b) {
			return true
		}
	}
	return (apart[0] < 0) != (apart[1] < 0)
}
