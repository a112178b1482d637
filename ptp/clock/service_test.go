package clock

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/facebook/time/ptp/protocol"

	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
	"wirebook/ptp/ptp4l/ptp4ltest"
)

// machine fakes a host and a NIC; time passes by advance.
type machine struct {
	utc, raw  uint64
	phcOff    int64
	phcStands uint64 // frozen at this; 0 runs
	phcErr    error
	host      phc.Host
	report    ptp4l.Report
}

const machineStart = 1_700_000_000_000_000_000

func (m *machine) Times() (phc.HostTimes, error) { return phc.HostTimes{UTC: m.utc, Raw: m.raw}, nil }
func (m *machine) Host() (phc.Host, error)       { return m.host, nil }
func (m *machine) Method() (phc.Method, string)  { return phc.MethodExtended, "a fake" }
func (m *machine) Path() string                  { return "/dev/ptp9" }
func (m *machine) Close() error                  { return nil }
func (m *machine) phc() uint64                   { return m.utc + uint64(m.phcOff) }

func (m *machine) Sample() (ptp.Sample, error) {
	if m.phcErr != nil {
		return ptp.Sample{}, m.phcErr
	}
	s := ptp.Sample{BeforeNS: m.utc - 600, PHC: m.phc(), AfterNS: m.utc + 500, RawNS: m.raw}
	if m.phcStands != 0 {
		s.PHC = m.phcStands
	}
	return s, nil
}

func (m *machine) Read() ptp4l.Report { return m.report }

// slaveReport is what a healthy ptp4l says.
func slaveReport(t *testing.T) ptp4l.Report {
	t.Helper()
	fake := ptp4ltest.Start(t, ptp4ltest.Slave())
	c := ptp4l.New(ptp4l.Options{Socket: fake.Path, LocalDir: t.TempDir()})
	defer c.Close()
	r := c.Read()
	if r.Health != ptp4l.Slave {
		t.Fatal(r.Why)
	}
	return r
}

func start(t *testing.T, o Options) (*machine, *Service) {
	t.Helper()
	m := &machine{utc: machineStart, raw: 5e12, phcOff: 37e9, report: slaveReport(t), host: phc.Host{Synchronised: true, MaxErrorNS: 200_000}}
	o.Clock, o.Daemon, o.Host, o.Times = m, m, m.Host, m.Times
	o.SamePHC = func(iface string) bool { return iface == "eth0" }
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

// run lets time pass and does what Run's two goroutines do.
func (m *machine) run(s *Service, seconds float64) {
	for i := 0; i < int(seconds*16); i++ {
		m.utc += 62_500_000
		m.raw += 62_500_000
		if i%4 == 0 {
			s.heard.Store(&heard{report: m.Read(), raw: m.raw})
		}
		s.tick()
	}
}

func TestServiceFollowsTheGrandmaster(t *testing.T) {
	m, s := start(t, Options{})
	if b := s.Block(); b.State.Trusted() {
		t.Errorf("trusted before anything was heard: %+v", b)
	}
	m.run(s, 1.5)
	b := s.Block()
	if b.State != ptp.Locked || b.Source != ptp.SourceNIC || b.TAIOffset != 37 || b.Device != "/dev/ptp9" || b.Grandmaster != [8]uint8{0, 0, 0xaa, 0xff, 0xfe, 0, 0, 0xaa} {
		t.Fatalf("%+v\n%+v", b, s.Status())
	}
	// 12 ns off, 480 ns of path, 100 ns of accuracy
	if b.BoundNS != 592 || magnitude(b.OffsetNS) > 100 {
		t.Errorf("bound %d, offset %d", b.BoundNS, b.OffsetNS)
	}
	r := ptp.NewReader(s.NIC())
	stamp := r.Model().Stamp(m.phc())
	if stamp.Bad || stamp.NS != m.utc || stamp.Source != ptp.SourceNIC {
		t.Errorf("%+v, not %d", stamp, m.utc)
	}
	m.host.Synchronised = false // nobody keeps the host's clock: a grandmaster needs no second opinion
	m.run(s, 1)
	if b := s.Block(); b.State != ptp.Locked {
		t.Errorf("%+v", b)
	}
	if h := s.History(); len(h) < 30 || h[len(h)-1].NS != m.utc {
		t.Errorf("history of %d", len(h))
	}
}

// TestFaultsShowWithinASecond makes each fault and looks at what the workers would read a second later.
func TestFaultsShowWithinASecond(t *testing.T) {
	lost := func(health ptp4l.Health) func(*machine) {
		return func(m *machine) {
			m.report = ptp4l.Report{Health: health, Why: "as the test wants it"}
			m.host.Synchronised = false
		}
	}
	tests := map[string]struct {
		fault func(m *machine)
		state ptp.State
	}{
		"PHC frozen":        {func(m *machine) { m.phcStands = m.phc() }, ptp.Frozen},
		"PHC gone":          {func(m *machine) { m.phcErr = phc.ErrNoDevice }, ptp.Missing},
		"daemon gone":       {lost(ptp4l.Missing), ptp.Holdover},
		"daemon lies":       {lost(ptp4l.Lying), ptp.Holdover},
		"port faulty":       {lost(ptp4l.Faulty), ptp.Holdover},
		"port uncalibrated": {lost(ptp4l.Uncalibrated), ptp.Holdover},
		"PHC a second off":  {func(m *machine) { m.phcOff += 1e9 }, ptp.Unsynchronised},
		"grandmaster unsound": {func(m *machine) {
			m.report.State.TimeTraceable, m.report.State.ClockClass, m.host.Synchronised = false, 248, false
		}, ptp.Holdover},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, s := start(t, Options{})
			m.run(s, 2)
			if b := s.Block(); b.State != ptp.Locked {
				t.Fatalf("%+v", b)
			}
			test.fault(m)
			m.run(s, 1)
			if model, _ := s.NIC().Load(); model.State != test.state || s.Block().State != test.state {
				t.Errorf("%v: %+v", model.State, s.Status().Estimator)
			}
		})
	}
}

func TestAStepIsAnnouncedAndFollowed(t *testing.T) {
	var events []Event
	m, s := start(t, Options{Event: func(e Event) { events = append(events, e) }})
	m.report = ptp4l.Report{Health: ptp4l.Missing, Why: "no daemon"} // never had one: the host's clock is somebody else's
	m.run(s, 2)
	if b := s.Block(); b.State != ptp.Locked || b.BoundNS < 200_000 {
		t.Fatalf("with the host's clock: %+v", b)
	}
	m.phcOff += 5e8
	events = nil
	m.run(s, 0.125)
	model, _ := s.NIC().Load()
	if len(events) == 0 || events[0].To != "stepped" || !events[0].Bad || model.State != ptp.Stepped {
		t.Errorf("%+v, %v", events, model.State)
	}
	m.run(s, 1)
	model, _ = s.NIC().Load()
	if stamp := model.Stamp(m.phc()); stamp.Bad || magnitude(int64(stamp.NS-m.utc)) > int64(stamp.BoundNS) || s.Block().Steps != 1 {
		t.Errorf("%+v: %+v", stamp, s.Block())
	}
}

func TestDriverAndKernelStamps(t *testing.T) {
	m, s := start(t, Options{})
	m.host.TAIOffset = 37
	m.run(s, 0.5)
	driver, _ := s.Driver().Load()
	kernel, _ := s.Kernel().Load()
	if d := driver.Stamp(m.utc + 37e9); d.Bad || d.NS != m.utc || d.Source != ptp.SourceDriver || d.BoundNS != 200_000 {
		t.Errorf("%+v", d)
	}
	if k := kernel.Stamp(m.utc); k.Bad || k.NS != m.utc || k.Source != ptp.SourceKernel {
		t.Errorf("%+v", k)
	}
	m.host.Synchronised = false
	m.run(s, 0.5)
	if kernel, _ = s.Kernel().Load(); !kernel.Stamp(m.utc).Bad {
		t.Error("nobody keeps the host's clock, and its stamps are trusted")
	}
	m.host.Synchronised = true
	m.run(s, 0.5)
	m.utc += 3_000_000
	m.run(s, 0.2)
	if kernel, _ = s.Kernel().Load(); kernel.State != ptp.Stepped || kernel.Steps != 1 {
		t.Errorf("the host's clock was stepped: %+v", kernel)
	}
	m.host.MaxErrorNS = 50_000_000
	m.run(s, 1)
	if kernel, _ = s.Kernel().Load(); kernel.State != ptp.Acquiring {
		t.Errorf("a bound of 50 ms: %+v", kernel)
	}
}

// TestHostStamps: a NIC whose clock is there and does not stamp. What is published is the clock that stamps are made with.
func TestHostStamps(t *testing.T) {
	m, s := start(t, Options{HostStamps: true})
	m.run(s, 2)
	if b := s.Block(); b.Source != ptp.SourceKernel || b.State != ptp.Locked || b.Device != "host clock" || b.BoundNS != 200_000 {
		t.Errorf("%+v", b)
	}
	m.phcOff += 5e8
	m.run(s, 0.125)
	if b := s.Block(); b.State != ptp.Locked || s.Status().Estimator.State != ptp.Stepped {
		t.Errorf("the NIC's clock was set, which touches no stamp: %+v, %v", b, s.Status().Estimator.State)
	}
	m.host.Synchronised = false
	m.run(s, 0.5)
	if b := s.Block(); b.State != ptp.Unsynchronised || b.Cause != ptp.CauseNoReference || b.BoundNS != 0 {
		t.Errorf("nobody keeps the host's clock: %+v", b)
	}
}

// TestADaemonOfTheHostsClock: ptp4l with software stamps tells the kernel that the clock has no error, and us that it is
// 200 µs off. Its word holds after it has gone.
func TestADaemonOfTheHostsClock(t *testing.T) {
	m, s := start(t, Options{HostStamps: true})
	m.report.State.Port.Timestamping, m.report.State.OffsetNS = protocol.TimestampingSoftware, -200_000
	m.host.MaxErrorNS = 0
	want := uint32(200_000 + 480 + 100)
	for _, health := range []ptp4l.Health{ptp4l.Slave, ptp4l.Missing} {
		m.report.Health = health
		m.run(s, 2)
		for _, p := range []*ptp.Published{s.Kernel(), s.Driver()} {
			if model, _ := p.Load(); model.State != ptp.Locked || model.BoundNS != want {
				t.Errorf("%v: %+v, want a bound of %d", health, model, want)
			}
		}
		if b := s.Block(); b.BoundNS != uint64(want) {
			t.Errorf("%v: %+v", health, b)
		}
	}
	m.report.Health, m.report.State.OffsetNS = ptp4l.Lying, 11_000_000 // SLAVE, as it says
	m.run(s, 2)
	if b := s.Block(); b.State != ptp.Acquiring || b.Cause != ptp.CauseBoundTooLarge || b.BoundNS != 0 {
		t.Errorf("11 ms off: %+v", b)
	}
}

// TestPhc2sysIsNoReference: the grandmaster is lost, and phc2sys still keeps the host's clock on the PHC.
func TestPhc2sysIsNoReference(t *testing.T) {
	m, s := start(t, Options{Estimator: ptp.Config{HoldoverNS: 3e9}})
	m.host.MaxErrorNS = 0
	m.run(s, 2)
	m.report.Health, m.report.Why = ptp4l.Faulty, "link down"
	m.run(s, 1)
	kernel, _ := s.Kernel().Load()
	if b := s.Block(); b.State != ptp.Holdover || kernel.State != ptp.Holdover {
		t.Errorf("%+v, kernel %v", b, kernel.State)
	}
	m.run(s, 3)
	kernel, _ = s.Kernel().Load()
	if b := s.Block(); b.State != ptp.Unsynchronised || kernel.State != ptp.Unsynchronised {
		t.Errorf("%+v, kernel %v", b, kernel.State)
	}
}

type switchedOff struct{ err error }

func (s *switchedOff) Check() (bool, error) { return s.err == nil, s.err }

func TestStampingIsWatched(t *testing.T) {
	off := &switchedOff{}
	var bad, repaired int
	m, s := start(t, Options{Stamps: off, Event: func(e Event) {
		if e.What == "stamps" && e.Bad {
			bad++
		} else if e.What == "stamps" {
			repaired++
		}
	}})
	m.run(s, 3)
	if st := s.Status(); st.Repairs < 2 || repaired < 2 || st.StampsBad != "" {
		t.Errorf("%d repairs, %d told", st.Repairs, repaired)
	}
	off.err = errors.New("no rights any more")
	m.run(s, 3)
	if st := s.Status(); st.StampsBad == "" || bad != 1 {
		t.Errorf("%q, told %d times", st.StampsBad, bad)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, hz := range []int{-1, 7, 101} {
		if _, err := New(Options{Hz: hz}); err == nil {
			t.Errorf("%d Hz was taken", hz)
		}
	}
	if _, err := New(Options{Device: "/dev/ptp4095"}); !errors.Is(err, phc.ErrNoDevice) {
		t.Errorf("%v", err)
	}
}

// TestRunOnThisHost runs the real thing for a moment: the host's clock, no PHC, a fake daemon that hangs.
func TestRunOnThisHost(t *testing.T) {
	if _, err := phc.ReadHost(); err != nil {
		t.Skip(err)
	}
	script := ptp4ltest.Slave()
	script.Domain = 9 // never answers
	fake := ptp4ltest.Start(t, script)
	var told atomic.Bool
	s, err := New(Options{Interface: "lo", PTP4L: ptp4l.Options{Socket: fake.Path, LocalDir: t.TempDir()}, TrustHost: true, Estimator: ptp.Config{MaxBoundNS: 1 << 31},
		Event: func(e Event) { told.Store(told.Load() || e.What == "ptp4l" && e.To == "silent") }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	time.Sleep(900 * time.Millisecond)
	st := s.Status()
	kernel, _ := s.Kernel().Load()
	stamp := kernel.Stamp(uint64(time.Now().UnixNano()))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s.HasClock() || st.NoClock == "" || st.Daemon.Health != ptp4l.Silent || !told.Load() {
		t.Errorf("%+v", st)
	}
	if d := magnitude(int64(stamp.NS) - time.Now().UnixNano()); d > int64(5*time.Second) || stamp.Bad {
		t.Errorf("%+v", stamp)
	}
}
