package clock

import (
	"encoding/binary"
	"fmt"

	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
)

// Status is everything known at one moment.
type Status struct {
	Info      phc.Info
	NoClock   string // why there is no PHC; empty where there is one
	Method    phc.Method
	MethodWhy string
	ReadError string // of the last reading of the PHC; empty where it went well

	Block      Block
	HostStamps bool       // Block is of the host's clock: receive stamps come from it
	Estimator  ptp.Status // of the PHC
	OffsetNS   int64      // PHC minus host UTC, less the TAI offset where the PHC counts TAI
	Reference  ptp.Reference
	Why        string // the reference, in words

	Asked bool // there is a ptp4l to ask, and Daemon is what it said
	Heard bool // it was asked at least once

	Daemon    ptp4l.Report
	Host      phc.Host
	HostSteps uint32
	Kernel    ptp.Model
	LeapsFrom string
	Repairs   int    // receive stamping switched on again
	StampsBad string // why receive stamping is off; empty where it is on or not watched
}

// Point is one entry of the offset history.
type Point struct {
	NS       uint64
	OffsetNS int64
	BoundNS  uint64
	State    ptp.State
}

// historyPoints bounds the history: a minute and more at 16 Hz.
const historyPoints = 1024

// Status returns what is known. Any goroutine may call it.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Block returns what the control file should say. Any goroutine may call it.
func (s *Service) Block() Block {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status.Block
}

// History returns the offsets of the last minute, oldest first. Any goroutine may call it.
func (s *Service) History() []Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Point(nil), s.past...)
}

// hostCauses say why the host's clock is not simply locked.
var hostCauses = [ptp.StateCount]ptp.Cause{ptp.Unsynchronised: ptp.CauseNoReference, ptp.Acquiring: ptp.CauseBoundTooLarge,
	ptp.Holdover: ptp.CauseReferenceLost, ptp.Stepped: ptp.CauseSystemStep}

// record makes the status of this round and tells what has changed.
func (s *Service) record(t phc.HostTimes, r ptp.Reference, why string) {
	kernel, _ := s.kernel.Load()
	st := Status{Info: s.info, NoClock: s.noClock, Reference: r, Why: why, Host: s.host.state, HostSteps: s.host.steps,
		Asked: s.daemon != nil, LeapsFrom: s.leapsAt, Kernel: kernel}
	if h := s.heard.Load(); h != nil {
		st.Daemon, st.Heard = h.report, true
	}
	if s.readError != nil {
		st.ReadError = s.readError.Error()
	}
	b := &st.Block
	b.TAIOffset, b.UpdatedNS = int32(r.TAIOffset), t.UTC
	if st.Daemon.Health >= ptp4l.Uncalibrated {
		binary.BigEndian.PutUint64(b.Grandmaster[:], uint64(st.Daemon.State.Grandmaster))
	}
	if s.clock != nil {
		st.Method, st.MethodWhy = s.clock.Method()
		st.Estimator = s.estimator.Status()
		st.OffsetNS = st.Estimator.OffsetNS
		if tai := int64(r.TAIOffset) * 1_000_000_000; magnitude(st.OffsetNS-tai) < magnitude(st.OffsetNS) {
			st.OffsetNS -= tai
		}
	}
	if st.HostStamps = s.HostStamps(); st.HostStamps {
		b.Source, b.State, b.BoundNS, b.Steps, b.Device = ptp.SourceKernel, kernel.State, uint64(kernel.BoundNS), kernel.Steps, "host clock"
		b.Cause = hostCauses[kernel.State]
	} else {
		e := &st.Estimator
		b.Source, b.State, b.Cause, b.Steps = ptp.SourceNIC, e.State, e.Cause, e.Steps
		b.BoundNS, b.OffsetNS, b.FreqPPB, b.Device = uint64(e.BoundNS), st.OffsetNS, e.RatePPB, s.clock.Path()
	}
	if !b.State.Trusted() {
		b.BoundNS = 0 // against the host's clock it may be small; against UTC it is not known
	}
	s.mu.Lock()
	was := s.status
	st.Repairs, st.StampsBad = was.Repairs, was.StampsBad
	s.status = st
	if len(s.past) == historyPoints {
		copy(s.past, s.past[1:])
		s.past = s.past[:historyPoints-1]
	}
	s.past = append(s.past, Point{NS: t.UTC, OffsetNS: st.OffsetNS, BoundNS: b.BoundNS, State: b.State})
	s.mu.Unlock()
	s.announce(&was, &st)
}

func (s *Service) announce(was, is *Status) {
	tell := s.options.Event
	if tell == nil || s.ticks == 0 {
		return
	}
	if was.Block.State != is.Block.State || was.Block.Cause != is.Block.Cause && !is.Block.State.Trusted() {
		why := is.Block.Cause.String()
		if is.ReadError != "" {
			why = is.ReadError
		}
		tell(Event{What: "clock", From: was.Block.State.String(), To: is.Block.State.String(), Why: why, Bad: !is.Block.State.Trusted()})
	}
	if is.Heard && (!was.Heard || was.Daemon.Health != is.Daemon.Health) {
		from := "not asked"
		if was.Heard {
			from = was.Daemon.Health.String()
		}
		tell(Event{What: "ptp4l", From: from, To: is.Daemon.Health.String(), Why: is.Daemon.Why})
	}
	if was.Reference.Kind != is.Reference.Kind {
		tell(Event{What: "reference", From: was.Reference.Kind.String(), To: is.Reference.Kind.String(), Why: is.Why})
	}
	if gm := is.Daemon.State.Grandmaster; was.Daemon.Answered() && is.Daemon.Answered() && gm != was.Daemon.State.Grandmaster {
		tell(Event{What: "grandmaster", From: fmt.Sprint(was.Daemon.State.Grandmaster), To: fmt.Sprint(gm), Why: "ptp4l follows another clock"})
	}
}

// checkStamps looks whether receive stamping is still on.
func (s *Service) checkStamps() {
	repaired, err := s.options.Stamps.Check()
	s.mu.Lock()
	was := s.status.StampsBad
	s.status.StampsBad = ""
	if err != nil {
		s.status.StampsBad = err.Error()
	}
	if repaired {
		s.status.Repairs++
	}
	now := s.status.StampsBad
	s.mu.Unlock()
	if s.options.Event == nil {
		return
	}
	if repaired {
		s.options.Event(Event{What: "stamps", From: "off", To: "on", Why: "another program had switched them off; set hwts_filter full in ptp4l.conf"})
	}
	if now != "" && was == "" {
		s.options.Event(Event{What: "stamps", From: "on", To: "off", Why: now, Bad: true})
	}
}
