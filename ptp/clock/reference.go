package clock

import (
	"fmt"
	"math"

	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
)

// sight is everything that was seen at one moment and from which the reference is chosen.
type sight struct {
	report  ptp4l.Report
	asked   bool   // there is a daemon to ask
	worstNS int64  // largest offset from the grandmaster of late
	samePHC bool   // the daemon steers our PHC
	tied    bool   // it does, or did before: the host's clock may follow our PHC
	keptNS  uint64 // how far off the host's clock may be by the word of a daemon that steers it, or did before
	host    phc.Host
	utcNS   uint64
	leaps   ptp.LeapTable
}

// reference chooses what UTC is taken from, and says why in words.
func (o *Options) reference(s *sight) (r ptp.Reference, why string) {
	if s.host.Synchronised {
		// ptp4l tells the kernel of no error at all, however far off it is itself.
		r.SystemBoundNS = max(bound32(s.host.MaxErrorNS), bound32(s.keptNS), o.HostFloorNS, 1)
	}
	s.tai(&r)
	refused := ""
	if s.asked {
		if refused = o.grandmaster(s, &r); refused == "" {
			return r, fmt.Sprintf("grandmaster %v through ptp4l on %s", s.report.State.Grandmaster, s.report.State.Port.Interface)
		}
		refused = ", since " + refused
	}
	switch {
	case o.circular(s):
		return r, "nothing: the host's clock may only follow this PHC (phc2sys)" + refused
	case s.host.Synchronised:
		r.Kind, r.BoundNS = ptp.ReferenceSystem, r.SystemBoundNS
		return r, "the host's clock, which is kept synchronised" + refused
	case o.TrustHost:
		r.Kind, r.BoundNS = ptp.ReferenceSystem, o.HostBoundNS
		return r, "the host's clock, which is trusted by configuration" + refused
	}
	return r, "nothing: the host's clock is not synchronised by anybody" + refused
}

// circular says whether the host's claim to be synchronised may rest on the PHC that is in question.
func (o *Options) circular(s *sight) bool {
	return s.tied && s.host.Synchronised && !o.HostIndependent && !o.TrustHost
}

// tai finds the TAI offset: the daemon's where he vouches for it, else the table's, else the kernel's.
func (s *sight) tai(r *ptp.Reference) {
	if st := &s.report.State; s.report.Health == ptp4l.Slave && st.TAIOffsetValid && st.PTPTimescale {
		r.TAIOffset = st.TAIOffset
		return
	}
	if offset, ok := s.leaps.AtUTC(s.utcNS); ok {
		r.TAIOffset = offset
		return
	}
	r.TAIOffset = s.host.TAIOffset
}

// grandmaster fills r where the daemon's grandmaster can be taken; otherwise it says what is against it.
func (o *Options) grandmaster(s *sight, r *ptp.Reference) (refused string) {
	st := &s.report.State
	switch {
	case s.report.Health != ptp4l.Slave && s.report.Why != "":
		return s.report.Why
	case s.report.Health != ptp4l.Slave:
		return "ptp4l is " + s.report.Health.String()
	case !st.Port.HasStamping:
		return "the daemon does not say which clock it steers"
	case !st.Port.Hardware():
		return fmt.Sprintf("ptp4l steers the host's clock (software stamps on %s)", st.Port.Interface)
	case !s.samePHC:
		return fmt.Sprintf("ptp4l steers the clock of %s, which is another one", st.Port.Interface)
	case !st.Traceable() && !o.AcceptUntraceable:
		return fmt.Sprintf("grandmaster %v (class %d) does not say that its time is traceable", st.Grandmaster, st.ClockClass)
	case !st.PTPTimescale && !o.AcceptUntraceable:
		return fmt.Sprintf("grandmaster %v does not count TAI but a time scale of its own", st.Grandmaster)
	case st.PTPTimescale && r.TAIOffset == 0:
		return "neither the grandmaster nor this host's leap second table knows the TAI offset (install tzdata)"
	}
	if !st.PTPTimescale {
		r.TAIOffset = 0
	}
	r.Kind, r.BoundNS = ptp.ReferencePTP, max(bound32(o.pathBound(s)), 1)
	return ""
}

// pathBound is how far a SLAVE's clock can be from UTC.
func (o *Options) pathBound(s *sight) uint64 {
	st := &s.report.State
	accuracy, ok := st.AccuracyNS()
	if !ok {
		accuracy = o.UnknownAccuracyNS
	}
	return uint64(max(s.worstNS, 0)) + uint64(max(st.PathDelayNS, 0)) + accuracy
}

func bound32(v uint64) uint32 { return uint32(min(v, math.MaxUint32)) }
