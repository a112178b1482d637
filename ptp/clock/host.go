package clock

import (
	"wirebook/ptp"
	"wirebook/ptp/phc"
)

// hostClock watches the host's own clock for the stamps that come from it.
type hostClock struct {
	state     phc.Host
	err       error
	last      phc.HostTimes
	any       bool
	steps     uint32
	steppedAt uint64 // raw; 0 for never
}

// stepNS is a jump of the host's clock against the raw one that no slewing explains at 8 Hz.
const stepNS = 1_000_000

// steppedForNS is how long a jump is shown.
const steppedForNS = 500_000_000

func (h *hostClock) read(host func() (phc.Host, error), t phc.HostTimes, ask bool) {
	if ask {
		h.state, h.err = host()
	}
	if h.any {
		raw := int64(t.Raw - h.last.Raw)
		// 0.1 %: slewing takes up to 500 ppm, the raw clock is as far off as its crystal.
		if magnitude(int64(t.UTC-h.last.UTC)-raw) > stepNS+raw/1000 {
			h.steps++
			h.steppedAt = max(t.Raw, 1)
		}
	}
	h.last, h.any = t, true
}

// model is the line of a clock that runs with the host's: its offset is whole seconds.
func (h *hostClock) model(o *Options, t phc.HostTimes, aheadSeconds int16, source ptp.Source) ptp.Model {
	m := ptp.Model{RefClock: t.UTC + uint64(int64(aheadSeconds)*1_000_000_000), RefUTC: t.UTC, HorizonNS: 2_000_000_000,
		Growth: uint64(ptp.FixedPPB(1000)), Source: source, TAIOffset: h.state.TAIOffset, Steps: h.steps}
	switch {
	case h.state.Synchronised:
		m.BoundNS, m.State = max(bound32(h.state.MaxErrorNS), o.HostFloorNS, 1), ptp.Locked
	case o.TrustHost:
		m.BoundNS, m.State = o.HostBoundNS, ptp.Locked
	}
	if h.steppedAt != 0 && t.Raw-h.steppedAt < steppedForNS {
		m.State = ptp.Stepped
	}
	return m
}

// boundLimit is the largest bound that is trusted.
func (o *Options) boundLimit() uint32 {
	if o.Estimator.MaxBoundNS != 0 {
		return o.Estimator.MaxBoundNS
	}
	return 10_000_000
}
