package ptp

// resolve decides the state from everything known, and keeps the status and the last good model.
func (e *Estimator) resolve() {
	s := &e.status
	s.Reference = e.reference
	s.State, s.Cause = e.verdict()
	if s.State == Locked {
		e.good, e.goodRaw, e.hasGood = e.locked(), e.seen.RawNS, true
	}
	s.FitNS, s.RatePPB = 0, 0
	if e.line.ok {
		s.FitNS, s.RatePPB = e.line.model.BoundNS, -e.line.model.RatePPB()
	}
	if e.any {
		s.OffsetNS = int64(e.seen.PHC - e.seen.MidNS())
		s.WidthNS, s.UpdatedNS = e.seen.WidthNS(), e.seen.MidNS()
	}
	m := e.Model()
	s.BoundNS = m.BoundNS
}

func (e *Estimator) verdict() (State, Cause) {
	switch {
	case e.silent:
		return Missing, CauseSilent
	case e.frozen:
		return Frozen, CauseFrozen
	case e.outOfRate:
		return Unsynchronised, CauseRateRange
	case !e.line.ok && e.small && e.reference.Kind != ReferenceNone && e.locked().BoundNS <= e.config.MaxBoundNS:
		return Locked, e.stepped
	case !e.line.ok && e.stepped == CauseSystemStep && e.hasGood && e.reference.Kind == ReferencePTP:
		return Locked, CauseSystemStep // the host's clock is only the second opinion here
	case !e.line.ok && e.stepped == CauseSystemStep && e.hasGood:
		return e.holdover()
	case !e.line.ok && e.stepped != CauseNone:
		return Stepped, e.stepped
	case !e.line.ok && e.reference.Kind == ReferenceNone:
		return Unsynchronised, CauseNoReference
	case !e.line.ok:
		return Acquiring, CauseFewSamples
	case e.disagrees():
		return Unsynchronised, CauseDisagreement
	case e.reference.Kind == ReferenceNone && !e.hasGood:
		return Unsynchronised, CauseNoReference
	case e.reference.Kind == ReferenceNone:
		return e.holdover()
	}
	if m := e.locked(); m.BoundNS > e.config.MaxBoundNS {
		return Acquiring, CauseBoundTooLarge
	}
	return Locked, CauseNone
}

// holdover says whether the last good line may still be continued.
func (e *Estimator) holdover() (State, Cause) {
	if m := e.held(); e.nowRaw-e.goodRaw > e.config.HoldoverNS || m.BoundNS > e.config.MaxBoundNS {
		return Unsynchronised, CauseReferenceLost
	}
	return Holdover, CauseReferenceLost
}

// disagrees compares the grandmaster with a synchronised host clock. It finds a wrong TAI offset, a grandmaster on
// another time scale, and a host clock that somebody set by hand.
func (e *Estimator) disagrees() bool {
	r := &e.reference
	if r.Kind != ReferencePTP || r.SystemBoundNS == 0 {
		return false
	}
	host, fit := e.line.model.UTC(e.seen.PHC)
	grandmaster := e.seen.PHC - taiNS(r.TAIOffset)
	limit := uint64(fit) + uint64(r.BoundNS) + uint64(r.SystemBoundNS) + e.config.DisagreeNS
	return magnitude(int64(host-grandmaster)) > limit
}

func taiNS(seconds int16) uint64 { return uint64(int64(seconds) * 1_000_000_000) }

// Model returns what to publish now. In an untrusted state it follows the host's clock as well as it can, and the bound
// is against that clock; it is 0, unknown, while the PHC is frozen or nothing was read yet.
func (e *Estimator) Model() Model {
	var m Model
	switch {
	case e.status.State == Locked:
		m = e.locked()
	case e.status.State == Holdover:
		m = e.held()
	case e.line.ok:
		m = e.line.model
	case e.any:
		m = e.unfitted()
		if e.frozen {
			m.BoundNS, m.Growth = 0, 0
		}
	}
	m.State, m.Source, m.Steps = e.status.State, SourceNIC, e.status.Steps
	m.TAIOffset = e.reference.TAIOffset
	return m
}

// unfitted is what the best sample since the break says alone: narrow, and not long ago.
func (e *Estimator) unfitted() Model {
	best := e.seen
	bound := float64(best.WidthNS()/2 + 2)
	for i := range e.samples[:e.n] {
		s := &e.samples[i]
		age := float64(e.seen.RawNS-s.RawNS) * float64(e.config.MaxRatePPB) / 1e9
		if b := float64(s.WidthNS()/2+2) + age; b < bound {
			best, bound = *s, b
		}
	}
	return Model{RefClock: best.PHC, RefUTC: best.MidNS(), BoundNS: bounded(float64(best.WidthNS()/2 + 2)),
		Growth: uint64(FixedPPB(e.config.MaxRatePPB)), HorizonNS: e.config.HorizonNS}
}

// locked returns the model of the present reference.
func (e *Estimator) locked() Model {
	r := &e.reference
	if r.Kind != ReferencePTP {
		m := e.line.model
		if !e.line.ok {
			m = e.unfitted()
			m.BoundNS = add32(m.BoundNS, e.gap())
		}
		m.BoundNS = max(add32(m.BoundNS, r.BoundNS), 1)
		return m
	}
	// The servo keeps the PHC on TAI: there is nothing to fit, and the host's clock has no say.
	return Model{RefClock: e.seen.PHC, RefUTC: e.seen.PHC - taiNS(r.TAIOffset), BoundNS: max(add32(r.BoundNS, e.gap()), 1),
		Growth: uint64(FixedPPB(e.config.WanderPPB)), HorizonNS: e.config.HorizonNS}
}

// gap is how far the latest break is from the line before it, until there is a new one.
func (e *Estimator) gap() uint32 {
	if e.line.ok {
		return 0
	}
	return e.gapNS
}

// held returns the last good model, continued to the latest sample without its reference.
func (e *Estimator) held() Model {
	m := e.good
	m.Growth = e.good.Growth + uint64(FixedPPB(e.config.HoldoverPPB))
	utc, bound := m.UTC(e.seen.PHC)
	// Rate stays; only the reference point moves, so that the horizon does.
	m.RefClock, m.RefUTC, m.BoundNS = e.seen.PHC, utc, max(bound, 1)
	return m
}
