package doctor

import (
	"context"
	"sync"
	"time"

	"wirebook/ptp/clock"
	"wirebook/ptp/phc"
)

// lookFor is how long clocks are read: a first fit needs half a second.
const lookFor = 900 * time.Millisecond

// clocks says of every interface with a PTP clock whether stamps made with it could be trusted. It reads them side by side.
func (e *examination) clocks() {
	if e.o.Root != "/" {
		return // a host of files has no clock that runs
	}
	found := make([]Finding, len(e.o.Interfaces))
	var wg sync.WaitGroup
	for i, name := range e.o.Interfaces {
		if info, err := phc.Find(name); err != nil || !info.HasClock() {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			found[i] = clockLock(name)
		}()
	}
	wg.Wait()
	for _, f := range found {
		if f.ID != "" {
			e.add(f)
		}
	}
}

// clockLock watches one clock for a moment.
func clockLock(name string) Finding {
	f := Finding{ID: "nic.phc_lock:" + name, Level: Warn, Want: "locked",
		Cost: "records are flagged BAD_TS_RECV: nobody knows how far their times are off",
		Fix:  "ptp4l -i " + name + " -s --hwts_filter full, with a grandmaster on its network; 'wirebook ptp --interface " + name + "' says more"}
	s, err := clock.New(clock.Options{Interface: name})
	if err != nil {
		f.Found = err.Error()
		return f
	}
	ctx, stop := context.WithTimeout(context.Background(), lookFor)
	defer stop()
	_ = s.Run(ctx) // it ends with ctx, without an error
	st := s.Status()
	_ = s.Close()
	b := &st.Block
	if b.State.Trusted() {
		f = Finding{ID: f.ID, Level: OK, Want: f.Want}
	}
	f.Found = b.State.String()
	if st.HostStamps {
		f.Found += " (the host's clock, which stamps here: this NIC cannot stamp every packet)"
	}
	if b.State.Trusted() {
		f.Found += " within " + time.Duration(b.BoundNS).String()
	}
	f.Found += "; reference: " + st.Why
	return f
}
