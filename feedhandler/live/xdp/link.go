package xdp

import (
	"errors"
	"fmt"
	"math/bits"
	"net"
	"slices"
	"strings"

	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/socket"
	"wirebook/ptp"
)

// Link is AF_XDP receive on one interface: the filter, and a socket on each queue. The sockets of package socket go on
// holding the memberships and take what the filter passes up.
type Link struct {
	Name       string
	ifindex    int
	mtu        int         // that the sockets were opened for
	HadCarrier bool        // before the driver was given our queues
	Filter     *bpf.Filter // nil while the interface is gone
	Report     bpf.Report
	Queues     []*Queue
	words      linkWords
}

const (
	frameBytes   = 4096 // of UMEM: what drivers like best
	leastFrames  = 1024
	wholeFrame   = 3400 // an MTU beyond which a frame may take several buffers
	largestFrame = 65536
)

func New(name string) *Link { return &Link{Name: name} }

// Options describe how an interface is opened.
type Options struct {
	Mode                 string // live.xdp_mode
	ReceiveBuffer, Batch int    // 0: the usual
	BusyPollUS           int
	Named                *worker.Subscribers
	Clocks               Clocks
}

// Clocks are what an interface's frames are stamped with; each may be nil.
type Clocks struct{ Hardware, Driver, Kernel *ptp.Published }

// xdpModes are what live.xdp_mode demands.
var xdpModes = map[string]struct {
	hook bpf.Hook
	mode afxdp.Mode
}{
	"": {bpf.HookAuto, afxdp.ModeAuto}, "auto": {bpf.HookAuto, afxdp.ModeAuto}, "zerocopy": {bpf.HookNative, afxdp.ModeZeroCopy},
	"native": {bpf.HookNative, afxdp.ModeNativeCopy}, "generic": {bpf.HookGeneric, afxdp.ModeGeneric},
}

// Open attaches the filter and opens a socket on each queue. Nothing is subscribed: everything passes up as before.
func (l *Link) Open(o Options) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	ifi, err := socket.Interface(l.Name)
	if err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.Name, err)
	}
	l.ifindex, l.mtu, l.HadCarrier = ifi.Index, ifi.MTU, ifi.Flags&net.FlagRunning != 0
	mode := xdpModes[o.Mode]
	stamps := bpf.StampsDriver
	if o.Clocks.Hardware != nil {
		stamps = bpf.StampsAuto
	}
	queues := RXQueues(l.Name)
	if l.Filter, err = bpf.Load(bpf.Options{Ifindex: ifi.Index, Queues: queues, MaxSubscriptions: worker.MaxSubscriptions, Hook: mode.hook, Stamps: stamps}); err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.Name, err)
	}
	if l.Report, err = l.Filter.Attach(); err != nil {
		return fmt.Errorf("AF_XDP on %s: %w", l.Name, err)
	}
	for q := range queues {
		r, err := l.openQueue(ifi, q, mode.mode, &o)
		if err != nil {
			return fmt.Errorf("AF_XDP on %s queue %d: %w", l.Name, q, err)
		}
		l.Queues = append(l.Queues, r)
		if err := l.Filter.SetSocket(q, r.sock.FD()); err != nil {
			return fmt.Errorf("AF_XDP on %s: %w", l.Name, err)
		}
	}
	return nil
}

func (l *Link) openQueue(ifi *net.Interface, queue int, mode afxdp.Mode, o *Options) (*Queue, error) {
	r := &Queue{link: l, number: queue, named: o.Named}
	size := o.ReceiveBuffer
	if size == 0 {
		size = config.DefaultReceiveBuffer
	}
	frames := min(max(1<<(bits.Len(uint(size/frameBytes)|1)-1), leastFrames), worker.MostFrames)
	var err error
	if r.umem, err = afxdp.NewUMEM(afxdp.UMEMOptions{Frames: frames, FrameBytes: frameBytes, HugePages: true}); err != nil {
		return nil, err
	}
	r.sock, err = afxdp.Open(afxdp.Options{
		Ifindex: ifi.Index, Queue: queue, UMEM: r.umem, Mode: mode, RXFrames: frames, TXFrames: -1, MultiBuffer: ifi.MTU > wholeFrame, Metadata: true,
		BusyPoll: afxdp.BusyPoll{Prefer: o.BusyPollUS > 0, TimeoutUS: o.BusyPollUS},
	})
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	batch := o.Batch
	if batch == 0 {
		batch = 64
	}
	if r.sock.Report().MultiBuffer {
		batch = max(batch, 64)
		r.scratch = make([]byte, largestFrame)
	}
	r.batch = afxdp.NewBatch(batch)
	if c := o.Clocks; c.Driver != nil && c.Kernel != nil {
		r.driver, r.system, r.hasClock = ptp.NewReader(c.Driver), ptp.NewReader(c.Kernel), true
		if c.Hardware != nil {
			r.hardware, r.hasHardware = ptp.NewReader(c.Hardware), true
		}
	}
	return r, nil
}

// String tells what it came to, and why not better.
func (l *Link) String() string {
	s := l.Report.String()
	if len(l.Queues) == 0 {
		return s
	}
	first := l.Queues[0].sock.Report()
	for _, r := range l.Queues[1:] {
		if other := r.sock.Report(); other.Mode != first.Mode {
			s += "; " + other.String()
		}
	}
	s += fmt.Sprintf("; %s%s, %s", queues(len(l.Queues)), l.pollers(), first)
	return s
}

// queues is a number of them in words: 1 queue, 2 queues.
func queues(n int) string {
	if n == 1 {
		return "1 queue"
	}
	return fmt.Sprintf("%d queues", n)
}

// pollers says which worker polls each queue, where they differ.
func (l *Link) pollers() string {
	var workers []int
	for _, r := range l.Queues {
		workers = append(workers, r.Worker)
	}
	if slices.Max(workers) == slices.Min(workers) {
		return ""
	}
	return " of workers " + strings.Trim(fmt.Sprint(workers), "[]")
}

// Close takes the filter off the interface, then closes the sockets. No worker polls them any more.
func (l *Link) Close() error {
	errs := []error{l.Detach()}
	for _, r := range l.Queues {
		errs = append(errs, r.close())
	}
	l.Queues = nil
	return errors.Join(errs...)
}

// Detach takes the filter off the interface. The sockets stay, and get nothing more.
func (l *Link) Detach() error {
	var errs []error
	if l.Filter != nil {
		errs = append(errs, l.Filter.Close())
		l.Filter = nil
	}
	return errors.Join(errs...)
}
