package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/socket"
	"wirebook/ptp"
	"wirebook/ptp/clock"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
	"wirebook/shm"
)

// clocks keep time for every interface that lines arrive on: package clock measures, workers read what it publishes.
type clocks struct {
	mu   sync.Mutex // of list, for block; the others are the handler's
	list []*interfaceClock
	stop context.CancelFunc
	wg   sync.WaitGroup
}

// interfaceClock is the time of one interface.
type interfaceClock struct {
	iface    string
	service  *clock.Service
	stamping *phc.Stamping // nil where the NIC does not stamp what it receives
}

// openClocks opens the clock of each interface and has its NIC stamp what it receives. A NIC without clock or stamps is
// told, not refused, unless the configuration demands them.
func openClocks(c *config.Config, log *slog.Logger) (*clocks, error) {
	k := &clocks{}
	for _, name := range interfaces(c) {
		ic, err := openClock(name, &c.Live, log)
		if err != nil {
			return nil, errors.Join(err, k.close())
		}
		k.list = append(k.list, ic)
	}
	return k, nil
}

func openClock(name string, l *config.Live, log *slog.Logger) (*interfaceClock, error) {
	ic := &interfaceClock{iface: name}
	o := clock.Options{Interface: name, TrustHost: l.TrustHost, PTP4L: ptp4l.Options{Socket: l.PTP4L}, Event: func(e clock.Event) {
		level := slog.LevelInfo
		if e.Bad {
			level = slog.LevelWarn
		}
		log.Log(context.Background(), level, e.What+" of "+name, "from", e.From, "to", e.To, "why", e.Why)
	}}
	if l.Clock == "host" {
		o.Interface, o.NoPTP4L = "", true
	} else {
		s, err := phc.EnableReceiveStamps(name)
		switch {
		case err == nil:
			ic.stamping, o.Stamps = s, s
		case l.Clock == "nic":
			return nil, fmt.Errorf("live.clock: nic: %w", err)
		default:
			o.HostStamps = true
			log.Info("no hardware receive stamps", "interface", name, "why", err)
		}
	}
	service, err := clock.New(o)
	switch {
	case err != nil && l.Clock == "nic":
		return nil, errors.Join(fmt.Errorf("live.clock: nic: %w", err), ic.close())
	case err != nil:
		log.Warn("the NIC's clock cannot be read: the host's is used", "interface", name, "error", err)
		o.Interface, o.Stamps = "", nil
		if service, err = clock.New(o); err != nil {
			return nil, errors.Join(err, ic.close())
		}
	case l.Clock == "nic" && !service.HasClock():
		return nil, errors.Join(fmt.Errorf("live.clock: nic: interface %s: %s", name, service.Status().NoClock), service.Close(), ic.close())
	}
	ic.service = service
	return ic, nil
}

// run keeps time until close.
func (k *clocks) run() {
	var ctx context.Context
	ctx, k.stop = context.WithCancel(context.Background())
	for _, ic := range k.list {
		k.wg.Add(1)
		go func() {
			defer k.wg.Done()
			_ = ic.service.Run(ctx)
		}()
	}
}

// of returns what an interface's sockets make stamps with.
func (k *clocks) of(iface string) socket.Clocks {
	ic := k.find(iface)
	if ic == nil {
		return socket.Clocks{}
	}
	c := socket.Clocks{System: ic.service.Kernel()}
	if !ic.service.HostStamps() {
		c.Hardware = ic.service.NIC()
	}
	return c
}

func (k *clocks) find(iface string) *interfaceClock {
	for _, ic := range k.list {
		if ic.iface == iface {
			return ic
		}
	}
	return nil
}

// ensure opens the clock of an interface that a reload brought.
func (k *clocks) ensure(iface string, l *config.Live, log *slog.Logger) error {
	if k.find(iface) != nil {
		return nil
	}
	ic, err := openClock(iface, l, log)
	if err != nil {
		return err
	}
	k.set(append(slices.Clone(k.list), ic))
	return nil
}

// keep closes the clocks of interfaces that are used no more: what they say is nobody's stamps.
func (k *clocks) keep(used []string) error {
	var kept []*interfaceClock
	var errs []error
	for _, ic := range k.list {
		if slices.Contains(used, ic.iface) {
			kept = append(kept, ic)
		}
	}
	if len(kept) == len(k.list) {
		return nil
	}
	was := k.list
	k.set(kept)
	for _, ic := range was {
		if !slices.Contains(kept, ic) {
			errs = append(errs, ic.close())
		}
	}
	return errors.Join(errs...)
}

// stamping says whether a NIC stamps what it receives at our request.
func (k *clocks) stamping() bool {
	return slices.ContainsFunc(k.list, func(ic *interfaceClock) bool { return ic.stamping != nil })
}

// set changes the list, and what runs.
func (k *clocks) set(list []*interfaceClock) {
	running := k.stop != nil
	if running {
		k.stop()
		k.wg.Wait()
	}
	k.mu.Lock()
	k.list = list
	k.mu.Unlock()
	if running {
		k.run()
	}
}

func (k *clocks) close() error {
	if k.stop != nil {
		k.stop()
		k.wg.Wait()
	}
	var errs []error
	for _, ic := range k.list {
		errs = append(errs, ic.close())
	}
	k.mu.Lock()
	k.list = nil
	k.mu.Unlock()
	return errors.Join(errs...)
}

// close puts the NIC's stamping back as it was.
func (ic *interfaceClock) close() error {
	var errs []error
	if ic.service != nil {
		errs = append(errs, ic.service.Close())
	}
	if ic.stamping != nil {
		errs = append(errs, ic.stamping.Close())
	}
	return errors.Join(errs...)
}

// states are the control file's words for the clock's.
var states = [ptp.StateCount]uint32{
	ptp.Unsynchronised: shm.ClockFree, ptp.Acquiring: shm.ClockAcquiring, ptp.Locked: shm.ClockLocked, ptp.Holdover: shm.ClockHoldover,
	ptp.Stepped: shm.ClockStepped, ptp.Frozen: shm.ClockFrozen, ptp.Missing: shm.ClockMissing,
}

// block is what the control file says: of the clock that can be trusted least, where lines arrive on several interfaces.
// host is where stamps come from that are not the NIC's.
func (k *clocks) block(host ptp.Source) (b shm.ClockBlock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.list) == 0 {
		return b
	}
	s := k.list[0].service.Block()
	for _, ic := range k.list[1:] {
		if other := ic.service.Block(); worse(&other, &s) {
			s = other
		}
	}
	if s.Source != ptp.SourceNIC {
		s.Source = host
	}
	b = shm.ClockBlock{
		Source: uint32(s.Source), State: states[s.State], OffsetNS: s.OffsetNS, BoundNS: s.BoundNS, FreqPPB: s.FreqPPB,
		UpdatedNS: s.UpdatedNS, Grandmaster: s.Grandmaster, TAIOffset: s.TAIOffset, Steps: s.Steps,
	}
	copy(b.Device[:], s.Device)
	return b
}

// hostSource is who stamps with the host's clock where the NIC does not.
func (h *Handler) hostSource() ptp.Source {
	if h.edge.Name == "xdp" {
		return ptp.SourceDriver
	}
	return ptp.SourceKernel
}

func worse(a, b *clock.Block) bool {
	if a.State.Trusted() != b.State.Trusted() {
		return b.State.Trusted()
	}
	return a.BoundNS > b.BoundNS
}
