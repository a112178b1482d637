package clock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
)

// daemonEvery is the pause between two questions to ptp4l: a change is noticed within that and a Read.
const daemonEvery = 250 * time.Millisecond

// Service reads clocks and publishes models. New makes it, one goroutine runs Run, any may ask.
type Service struct {
	options Options
	info    phc.Info
	noClock string // why there is no PHC
	clock   PHC
	daemon  Daemon
	leaps   ptp.LeapTable
	leapsAt string

	nic, driver, kernel ptp.Published

	estimator *ptp.Estimator
	host      hostClock
	heard     atomic.Pointer[heard]
	offsets   [8]int64 // from the grandmaster, of the last readings
	offsetAt  int
	lastHeard *heard
	same      map[string]bool
	tied      bool   // ptp4l has, or had, our PHC
	keptNS    uint64 // see sight
	readError error
	retryAt   uint64
	ticks     int

	mu     sync.Mutex
	status Status
	past   []Point
}

// heard is one report of the daemon.
type heard struct {
	report ptp4l.Report
	raw    uint64
}

// New finds and opens the clock. An interface without a PHC is no error: Status says so, and only the host's clock is used.
// A PHC that is there and cannot be read is one.
func New(o Options) (*Service, error) {
	if o.Hz == 0 {
		o.Hz = 16
	}
	if o.Hz < 8 || o.Hz > 100 {
		return nil, fmt.Errorf("clock readings a second: %d is not within 8 to 100; faults must show within a second", o.Hz)
	}
	if o.HostBoundNS == 0 {
		o.HostBoundNS = 1_000_000
	}
	if o.HostFloorNS == 0 {
		o.HostFloorNS = 10_000
	}
	if o.UnknownAccuracyNS == 0 {
		o.UnknownAccuracyNS = 1_000_000
	}
	if o.Host == nil {
		o.Host = phc.ReadHost
	}
	if o.Times == nil {
		o.Times = phc.ReadHostTimes
	}
	s := &Service{options: o, estimator: ptp.NewEstimator(o.Estimator), same: map[string]bool{}, info: phc.Info{Interface: o.Interface, Index: -1}}
	s.leaps, s.leapsAt = o.Leaps, "configuration"
	if s.leaps == nil {
		s.leaps, s.leapsAt, _ = Leaps() // without a table ptp4l's offset and the kernel's remain
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	switch {
	case o.Daemon != nil:
		s.daemon = o.Daemon
	case !o.NoPTP4L:
		d := o.PTP4L
		d.Interface = o.Interface
		s.daemon = ptp4l.New(d)
	}
	s.tick() // so that a first model and a status are there before Run
	return s, nil
}

func (s *Service) open() error {
	o := &s.options
	if o.Clock != nil {
		s.clock = o.Clock
		s.info.Path = o.Clock.Path()
		return nil
	}
	path := o.Device
	if o.Interface != "" {
		info, err := phc.Find(o.Interface)
		if err != nil {
			return err
		}
		s.info = info
		o.HostStamps = o.HostStamps || !info.RxAll
		if path == "" {
			path = info.Path
		}
	}
	if path == "" {
		s.noClock = "no interface was named"
		if o.Interface != "" {
			s.noClock = phc.NoClock(s.info).Error()
		}
		return nil
	}
	c, err := phc.Open(path)
	if err != nil {
		return err
	}
	s.clock, s.info.Path = c, path
	return nil
}

// NIC publishes the model for hardware stamps.
func (s *Service) NIC() *ptp.Published { return &s.nic }

// Driver publishes the model for CLOCK_TAI, with ptp.SourceDriver.
func (s *Service) Driver() *ptp.Published { return &s.driver }

// Kernel publishes the model for CLOCK_REALTIME, with ptp.SourceKernel.
func (s *Service) Kernel() *ptp.Published { return &s.kernel }

// HostStamps says whether receive stamps are the host's clock's.
func (s *Service) HostStamps() bool { return s.clock == nil || s.options.HostStamps }

// HasClock says whether there is a PHC.
func (s *Service) HasClock() bool { return s.clock != nil }

// Close closes the clock. Call it after Run has returned.
func (s *Service) Close() error {
	var err error
	if s.clock != nil {
		err = s.clock.Close()
	}
	if s.daemon != nil {
		err = errors.Join(err, s.daemon.Close())
	}
	return err
}

// Run reads and publishes until ctx ends; then it returns nil. ptp4l is asked in a goroutine of its own, since it may
// take its time.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	if s.daemon != nil {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.listen(ctx)
		}()
	}
	ticker := time.NewTicker(time.Second / time.Duration(s.options.Hz))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.tick()
		}
	}
}

func (s *Service) listen(ctx context.Context) {
	for {
		r := s.daemon.Read()
		t, _ := s.options.Times()
		s.heard.Store(&heard{report: r, raw: t.Raw})
		select {
		case <-ctx.Done():
			return
		case <-time.After(daemonEvery):
		}
	}
}

// tick is one round: read, judge, publish.
func (s *Service) tick() {
	t, err := s.options.Times()
	if err != nil {
		s.readError = err
		return
	}
	s.host.read(s.options.Host, t, s.ticks%4 == 0)
	reference, why := s.refer(t)
	if s.clock != nil {
		s.sample(t)
		s.estimator.SetReference(reference)
		s.estimator.Tick(t.Raw)
		s.nic.Store(s.estimator.Model())
	}
	s.driver.Store(s.hostModel(t, reference, s.host.state.TAIOffset, ptp.SourceDriver))
	s.kernel.Store(s.hostModel(t, reference, 0, ptp.SourceKernel))
	if s.options.Stamps != nil && s.ticks%s.options.Hz == 0 {
		s.checkStamps()
	}
	s.record(t, reference, why)
	s.ticks++
}

// hostModel is the model for stamps of the host's clock. Where that clock may follow a PHC that has lost its grandmaster, it
// is worth no more than the PHC.
func (s *Service) hostModel(t phc.HostTimes, r ptp.Reference, aheadSeconds int16, source ptp.Source) ptp.Model {
	m := s.host.model(&s.options, t, aheadSeconds, source)
	if m.BoundNS = max(m.BoundNS, bound32(s.keptNS)); m.State == ptp.Locked && m.BoundNS > s.options.boundLimit() {
		m.State = ptp.Acquiring
	}
	if m.State == ptp.Locked && s.tied && r.Kind == ptp.ReferenceNone {
		m.State = ptp.Unsynchronised
		if e := s.estimator.Status(); e.State == ptp.Holdover {
			m.State, m.BoundNS = ptp.Holdover, max(m.BoundNS, e.BoundNS)
		}
	}
	return m
}

// sample reads the PHC; one that cannot be read is opened anew once a second, as a driver may have been reloaded.
func (s *Service) sample(t phc.HostTimes) {
	sample, err := s.clock.Sample()
	if err == nil {
		s.readError = nil
		s.estimator.Add(sample)
		return
	}
	s.readError = err
	if s.options.Clock != nil || t.Raw < s.retryAt || !errors.Is(err, phc.ErrNoDevice) {
		return
	}
	s.retryAt = t.Raw + 1_000_000_000
	// The number of a device that somebody holds open, we do, is not given again: ask the interface for its new one.
	info := s.info
	if s.options.Interface != "" && s.options.Device == "" {
		if info, err = phc.Find(s.options.Interface); err == nil && !info.HasClock() {
			err = phc.NoClock(info)
		}
		if err != nil {
			s.readError = err
			return
		}
	}
	c, err := phc.Open(info.Path)
	if err != nil {
		s.readError = err
		return
	}
	s.clock.Close()
	s.clock, s.info = c, info
	clear(s.same)
}

// refer chooses the reference from what was heard last.
func (s *Service) refer(t phc.HostTimes) (ptp.Reference, string) {
	v := sight{host: s.host.state, leaps: s.leaps, utcNS: t.UTC, asked: s.daemon != nil}
	if h := s.heard.Load(); h != nil {
		if h != s.lastHeard {
			s.lastHeard = h
			s.offsets[s.offsetAt%len(s.offsets)] = magnitude(h.report.State.OffsetNS)
			s.offsetAt++
		}
		v.report = h.report
		v.samePHC = s.samePHC(h.report.State.Port.Interface)
		s.tied = s.tied || v.samePHC && h.report.Answered() && h.report.State.Port.Hardware()
		for _, o := range s.offsets {
			v.worstNS = max(v.worstNS, o)
		}
		if st := &h.report.State; st.Port.HasStamping && !st.Port.Hardware() && (h.report.Health == ptp4l.Slave || h.report.Health == ptp4l.Lying) {
			s.keptNS = s.options.pathBound(&v)
		}
		if t.Raw > h.raw && t.Raw-h.raw > 2_000_000_000 {
			v.report.Health, v.report.Why = ptp4l.Silent, "ptp4l was not heard of for more than 2 s"
		}
	} else if v.asked {
		v.report.Why = "ptp4l was not asked yet"
	}
	v.tied, v.keptNS = s.tied, s.keptNS
	return s.options.reference(&v)
}

// samePHC says whether an interface has the PHC that is read here.
func (s *Service) samePHC(iface string) bool {
	if s.options.SamePHC != nil {
		return s.options.SamePHC(iface)
	}
	if s.clock == nil || iface == "" {
		return false
	}
	same, known := s.same[iface]
	if !known {
		info, err := phc.Find(iface)
		same = err == nil && info.HasClock() && info.Path == s.info.Path
		s.same[iface] = same
	}
	return same
}

func magnitude(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	return max(v, -v)
}
