package live

import (
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"strings"

	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler/config"
	"wirebook/ptp"
)

// xdpLink is AF_XDP receive on one interface: the filter, and a socket on each queue. The sockets of package socket go on
// holding the memberships and take what the filter passes up.
type xdpLink struct {
	name       string
	ifindex    int
	hadCarrier bool        // before the driver was given our queues
	filter     *bpf.Filter // nil while the interface is gone
	report     bpf.Report
	queues     []*queueReceiver
	words      linkWords
	steering   *steering // nil while the interface is gone, or where the rules of an earlier run cannot be known
}

const (
	maxSubscriptions = 4096
	frameBytes       = 4096 // of UMEM: what drivers like best
	leastFrames      = 1024
	mostFrames       = 1 << 16
	wholeFrame       = 3400 // an MTU beyond which a frame may take several buffers
	largestFrame     = 65536
)

// xdpModes are what live.xdp_mode demands.
var xdpModes = map[string]struct {
	hook bpf.Hook
	mode afxdp.Mode
}{
	"": {bpf.HookAuto, afxdp.ModeAuto}, "auto": {bpf.HookAuto, afxdp.ModeAuto}, "zerocopy": {bpf.HookNative, afxdp.ModeZeroCopy},
	"native": {bpf.HookNative, afxdp.ModeNativeCopy}, "generic": {bpf.HookGeneric, afxdp.ModeGeneric},
}

// openXDP opens every interface, or none.
func (h *Handler) openXDP() error {
	for _, name := range interfaces(h.config) {
		if err := h.addLink(name, h.config); err != nil {
			return errors.Join(err, h.closeXDP())
		}
	}
	return nil
}

// addLink opens an interface, unless it is open.
func (h *Handler) addLink(name string, c *config.Config) error {
	if h.link(name) != nil {
		return nil
	}
	l := &xdpLink{name: name}
	if err := h.openLink(l, c); err != nil {
		return err
	}
	h.links = append(h.links, l)
	return nil
}

func (h *Handler) link(name string) *xdpLink {
	for _, l := range h.links {
		if l.name == name {
			return l
		}
	}
	return nil
}

// openLink attaches the filter and opens a socket on each queue. Nothing is subscribed: everything passes up as before.
func (h *Handler) openLink(l *xdpLink, c *config.Config) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	ifi, err := net.InterfaceByName(l.name)
	if err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.name, err)
	}
	l.ifindex, l.hadCarrier = ifi.Index, ifi.Flags&net.FlagRunning != 0
	clocks := h.clocks.of(l.name)
	mode := xdpModes[h.config.Live.XDPMode]
	stamps := bpf.StampsDriver
	if clocks.Hardware != nil {
		stamps = bpf.StampsAuto
	}
	queues := rxQueues(l.name)
	if l.filter, err = bpf.Load(bpf.Options{Ifindex: ifi.Index, Queues: queues, MaxSubscriptions: maxSubscriptions, Hook: mode.hook, Stamps: stamps}); err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.name, err)
	}
	if l.report, err = l.filter.Attach(); err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.name, err)
	}
	for q := range queues {
		r, err := h.openQueue(l, ifi, q, mode.mode)
		if err != nil {
			return fmt.Errorf("AF_XDP on %s queue %d: %w", l.name, q, err)
		}
		l.queues = append(l.queues, r)
		if err := l.filter.SetSocket(q, r.sock.FD()); err != nil {
			return fmt.Errorf("AF_XDP on %s: %w", l.name, err)
		}
	}
	for q, n := range assignment(c, l.name, queues) {
		l.queues[q].worker = n
	}
	if err := h.openSteering(l); err != nil {
		if c.Live.Steer == "require" {
			return fmt.Errorf("%w: %w", errSteer, err)
		}
		h.log.Warn("flow rules are left alone, also those that an earlier run may have left: the NIC's hash and hand-over serve", "interface", l.name, "error", err)
	}
	return h.steer(l, c)
}

func (h *Handler) openQueue(l *xdpLink, ifi *net.Interface, queue int, mode afxdp.Mode) (*queueReceiver, error) {
	live := &h.config.Live
	r := &queueReceiver{link: l, number: queue, named: &h.named}
	size := live.ReceiveBuffer
	if size == 0 {
		size = config.DefaultReceiveBuffer
	}
	frames := min(max(1<<(bits.Len(uint(size/frameBytes)|1)-1), leastFrames), mostFrames)
	var err error
	if r.umem, err = afxdp.NewUMEM(afxdp.UMEMOptions{Frames: frames, FrameBytes: frameBytes, HugePages: true}); err != nil {
		return nil, err
	}
	r.sock, err = afxdp.Open(afxdp.Options{
		Ifindex: ifi.Index, Queue: queue, UMEM: r.umem, Mode: mode, RXFrames: frames, TXFrames: -1, MultiBuffer: ifi.MTU > wholeFrame, Metadata: true,
		BusyPoll: afxdp.BusyPoll{Prefer: live.BusyPoll > 0, TimeoutUS: int(live.BusyPoll / 1000)},
	})
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	batch := live.Batch
	if batch == 0 {
		batch = 64
	}
	if r.sock.Report().MultiBuffer {
		batch = max(batch, 64)
		r.scratch = make([]byte, largestFrame)
	}
	r.batch = afxdp.NewBatch(batch)
	if ic := h.clocks.find(l.name); ic != nil {
		r.driver, r.system, r.hasClock = ptp.NewReader(ic.service.Driver()), ptp.NewReader(ic.service.Kernel()), true
		if hw := h.clocks.of(l.name).Hardware; hw != nil {
			r.hardware, r.hasHardware = ptp.NewReader(hw), true
		}
	}
	return r, nil
}

// String tells what it came to, and why not better.
func (l *xdpLink) String() string {
	s := l.report.String()
	if len(l.queues) == 0 {
		return s
	}
	first := l.queues[0].sock.Report()
	for _, r := range l.queues[1:] {
		if other := r.sock.Report(); other.Mode != first.Mode {
			s += "; " + other.String()
		}
	}
	s += fmt.Sprintf("; %d queues%s, %s", len(l.queues), l.pollers(), first)
	if l.steering != nil && l.steering.why != "" {
		s += "; " + l.steering.why
	}
	return s
}

// pollers says which worker polls each queue, where they differ.
func (l *xdpLink) pollers() string {
	var workers []int
	for _, r := range l.queues {
		workers = append(workers, r.worker)
	}
	if slices.Max(workers) == slices.Min(workers) {
		return ""
	}
	return " of workers " + strings.Trim(fmt.Sprint(workers), "[]")
}

// subscribe sends a feed's lines to the queues' sockets. The feed is at work already.
func (h *Handler) subscribe(f *feed) error {
	if h.edge.Name != "xdp" {
		return nil
	}
	if err := h.named.name(f); err != nil {
		return fmt.Errorf("channel %s: %w", f.name, err)
	}
	for i := range f.config.Lines {
		l := h.link(f.interfaceOf(i, &h.config.Live))
		if l == nil || l.filter == nil {
			continue // its kernel socket serves it, until the interface is back
		}
		if err := l.filter.Subscribe(subscription(f, i)); err != nil {
			return fmt.Errorf("channel %s line %s: %w", f.name, f.config.Lines[i].Name, err)
		}
	}
	return nil
}

func subscription(f *feed, i int) bpf.Subscription {
	line := &f.config.Lines[i]
	s := bpf.Subscription{Group: netip.AddrPortFrom(ipv4(line.Group), line.Port), ID: f.id}
	if line.Source != 0 {
		s.Source = ipv4(line.Source)
	}
	return s
}

func ipv4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// unsubscribe has the filter pass a feed's lines up. What the queues still hold of it arrives before its name ends.
func (h *Handler) unsubscribe(f *feed) {
	if f.id == 0 {
		return
	}
	for i := range f.config.Lines {
		if l := h.link(f.interfaceOf(i, &h.config.Live)); l != nil && l.filter != nil {
			_ = l.filter.Unsubscribe(subscription(f, i))
		}
	}
	for _, w := range h.workers {
		_ = w.do(func() {
			for _, r := range w.queues {
				r.empty(w)
			}
		})
	}
	w := h.workers[f.worker]
	_ = w.do(w.emptyInbox)
	h.named.forget(f)
}

// close takes the filter off the interface, then closes the sockets. No worker polls them any more.
func (l *xdpLink) close() error {
	errs := []error{l.detach()}
	for _, r := range l.queues {
		errs = append(errs, r.close())
	}
	l.queues = nil
	return errors.Join(errs...)
}

// detach takes rules and filter off the interface. The sockets stay, and get nothing more.
func (l *xdpLink) detach() error {
	var errs []error
	if l.steering != nil {
		errs = append(errs, l.steering.close())
		l.steering = nil
	}
	if l.filter != nil {
		errs = append(errs, l.filter.Close())
		l.filter = nil
	}
	return errors.Join(errs...)
}

func (h *Handler) closeXDP() error {
	var errs []error
	for _, l := range h.links {
		errs = append(errs, l.close())
	}
	h.links = nil
	return errors.Join(errs...)
}
