package live

import (
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/netip"

	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler/config"
	"wirebook/ptp"
)

// xdpLink is AF_XDP receive on one interface: the filter, and a socket on each queue. The sockets of package socket go on
// holding the memberships and take what the filter passes up.
type xdpLink struct {
	name    string
	ifindex int
	worker  int
	filter  *bpf.Filter // nil while the interface is gone
	report  bpf.Report
	queues  []*queueReceiver

	feeds []*feed // by subscription ID; the worker's once it runs
	owner []*feed // the same, the handler's
	words linkWords
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
	for i := range h.config.Channels {
		ch := &h.config.Channels[i]
		for _, name := range channelInterfaces(&h.config.Live, ch) {
			if _, err := h.ensureLink(name, ch.Worker); err != nil {
				return errors.Join(err, h.closeXDP())
			}
		}
	}
	return nil
}

func channelInterfaces(l *config.Live, ch *config.Channel) []string {
	return interfaces(&config.Config{Live: *l, Channels: []config.Channel{*ch}})
}

// ensureLink returns the interface's link, and opens it where it is new. It fails for a worker that does not read it.
func (h *Handler) ensureLink(name string, worker int) (*xdpLink, error) {
	for _, l := range h.links {
		if l.name != name {
			continue
		}
		if l.worker != worker {
			return nil, fmt.Errorf("the queues of %s are read by worker %d, not %d, until a restart", name, l.worker, worker)
		}
		return l, nil
	}
	l := &xdpLink{name: name, worker: worker, feeds: make([]*feed, maxSubscriptions), owner: make([]*feed, maxSubscriptions)}
	if err := h.openLink(l); err != nil {
		return nil, err
	}
	h.links = append(h.links, l)
	if len(h.workers) > 0 {
		return l, h.install(l) // a reload brought it
	}
	return l, nil
}

// openLink attaches the filter and opens a socket on each queue. Nothing is subscribed: everything passes up as before.
func (h *Handler) openLink(l *xdpLink) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	ifi, err := net.InterfaceByName(l.name)
	if err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.name, err)
	}
	l.ifindex = ifi.Index
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
	return nil
}

func (h *Handler) openQueue(l *xdpLink, ifi *net.Interface, queue int, mode afxdp.Mode) (*queueReceiver, error) {
	live := &h.config.Live
	r := &queueReceiver{link: l, number: queue}
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
		Ifindex: ifi.Index, Queue: queue, UMEM: r.umem, Mode: mode, RXFrames: frames, TXFrames: -1, MultiBuffer: ifi.MTU > wholeFrame,
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
	if len(l.queues) > 0 {
		s += fmt.Sprintf("; %d queues, %s", len(l.queues), l.queues[0].sock.Report())
	}
	return s
}

// subscribe sends a feed's lines to the queues' sockets. The feed is at work already.
func (h *Handler) subscribe(f *feed) error {
	if h.edge.Name != "xdp" {
		return nil
	}
	for i := range f.config.Lines {
		l, err := h.ensureLink(f.interfaceOf(i, &h.config.Live), f.worker)
		if err != nil {
			return err
		}
		if err := h.subscribeLine(l, f, i); err != nil {
			return fmt.Errorf("channel %s line %s: %w", f.name, f.config.Lines[i].Name, err)
		}
	}
	return nil
}

func (h *Handler) subscribeLine(l *xdpLink, f *feed, i int) error {
	if l.filter == nil {
		return nil // restored with the interface
	}
	id, err := h.name(l, f)
	if err != nil {
		return err
	}
	return l.filter.Subscribe(subscription(f, i, id))
}

func subscription(f *feed, i, id int) bpf.Subscription {
	line := &f.config.Lines[i]
	s := bpf.Subscription{Group: netip.AddrPortFrom(ipv4(line.Group), line.Port), ID: uint16(id)}
	if line.Source != 0 {
		s.Source = ipv4(line.Source)
	}
	return s
}

func ipv4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// name gives a feed its subscription ID on a link, once.
func (h *Handler) name(l *xdpLink, f *feed) (int, error) {
	free := -1
	for id, owner := range l.owner {
		if owner == f {
			return id, nil
		}
		if owner == nil && free < 0 {
			free = id
		}
	}
	if free < 0 {
		return 0, fmt.Errorf("more than %d channels on %s", len(l.owner), l.name)
	}
	if err := h.workers[l.worker].do(func() { l.feeds[free] = f }); err != nil {
		return 0, err
	}
	l.owner[free] = f
	return free, nil
}

// unsubscribe has the filter pass a feed's lines up. What its link's queues still hold arrives before the feed's name ends.
func (h *Handler) unsubscribe(f *feed) {
	for _, l := range h.links {
		for id, owner := range l.owner {
			if owner != f {
				continue
			}
			for i := range f.config.Lines {
				if l.filter != nil && f.interfaceOf(i, &h.config.Live) == l.name {
					_ = l.filter.Unsubscribe(subscription(f, i, id))
				}
			}
			_ = h.workers[l.worker].do(func() {
				for _, r := range l.queues {
					for n, got := 0, 1; got > 0 && n < mostFrames; n += got {
						got = r.poll(h.workers[l.worker])
					}
				}
				h.workers[l.worker].flush()
				l.feeds[id] = nil
			})
			l.owner[id] = nil
		}
	}
}

// install has the worker poll the queues.
func (h *Handler) install(l *xdpLink) error {
	l.register(h)
	w := h.workers[l.worker]
	return w.do(func() {
		for _, r := range l.queues {
			w.receivers = append(w.receivers, r)
			w.queues = append(w.queues, r)
			w.wait.add(r.fd())
		}
	})
}

// uninstall takes the queues from the worker.
func (h *Handler) uninstall(l *xdpLink) error {
	w := h.workers[l.worker]
	return w.do(func() {
		kept, queues := w.receivers[:0:0], w.queues[:0:0]
		for _, r := range w.receivers {
			if q, ok := r.(*queueReceiver); ok && q.link == l {
				w.wait.remove(r.fd())
				q.publish()
				continue
			}
			kept = append(kept, r)
		}
		for _, q := range w.queues {
			if q.link != l {
				queues = append(queues, q)
			}
		}
		w.receivers, w.queues = kept, queues
	})
}

// close takes the filter off the interface, then closes the sockets. No worker polls them any more.
func (l *xdpLink) close() error {
	var errs []error
	if l.filter != nil {
		errs = append(errs, l.filter.Close())
		l.filter = nil
	}
	for _, r := range l.queues {
		errs = append(errs, r.close())
	}
	l.queues = nil
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
