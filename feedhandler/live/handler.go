package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/live/ntuple"
	"wirebook/feedhandler/live/worker"
	"wirebook/shm/segment"
)

// Options describe a live run.
type Options struct {
	Config *config.Config
	Shm    control.Options
	Log    *slog.Logger
	// Replace starts the program again in this process's place, for when a worker is stuck. It returns only if that
	// failed; nil leaves the worker stuck and the heartbeat stopped.
	Replace func() error
	// Alive is called a few times a second while every worker makes progress: for the service manager's watchdog.
	Alive func()

	rules func(iface string) (ruleTable, error) // of a NIC that a test plays; nil: the interface's
}

func (o *Options) openRules(iface string) (ruleTable, error) {
	if o.rules != nil {
		return o.rules(iface)
	}
	return ntuple.Open(iface)
}

// Handler is a live run: the cold side. Run and Reload exclude each other by themselves.
type Handler struct {
	opts     Options
	log      *slog.Logger
	config   *config.Config
	edge     Edge
	instance *control.Instance
	clocks   *clocks
	links    []*steeredLink // with AF_XDP, by interface
	named    worker.Subscribers
	workers  []*worker.Worker
	// connected are the pairs of workers, from and to, between which frames can be handed over.
	connected map[[2]int]bool
	gapLog    chan worker.GapNote
	faults    chan worker.Fault
	words     map[string]*uint64

	mu       sync.Mutex // of feeds, config and words
	feeds    []*worker.Feed
	sets     map[setKey]*workingSet
	setCount uint32 // of all there were
	shutdown bool
	summary  Summary
	dropped  map[string]uint64 // by the counter that tells where
	mtus     map[string]int    // of interfaces, as last seen
	quiet    map[string]*quiet // by channel
	bellsOff map[int]bool      // by worker: said

	health       health
	memory       memoryCounters
	stallTimeout time.Duration
	stalls       []*uint64 // by worker

	reloads, reloadFailures, wanted, joined *uint64
	repairs, drops                          *uint64
	refused                                 refusals
}

// spareChannels is room in shared memory for channels that a reload adds.
const spareChannels = 64

// Start checks everything, opens everything, then joins. When it fails, nothing is left open, joined or attached. When it
// returns, every group is joined and the instance runs.
func Start(ctx context.Context, o Options) (_ *Handler, err error) {
	h := &Handler{opts: o, log: o.Log, config: o.Config, words: map[string]*uint64{}, mtus: map[string]int{}, quiet: map[string]*quiet{}, bellsOff: map[int]bool{}, connected: map[[2]int]bool{}, summary: Summary{Gaps: []Gap{}}, dropped: map[string]uint64{}, gapLog: make(chan worker.GapNote, 1<<14), faults: make(chan worker.Fault, 64)}
	if err := Check(o.Config); err != nil {
		return nil, err
	}
	// Before anything is opened: attaching a filter resets some NICs, and the run that has the instance receives from it.
	if err := segment.Free(o.Shm.Root, o.Config.Instance); err != nil {
		return nil, err
	}
	if h.edge, err = ChooseEdge(o.Config); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.abort()
		}
	}()
	if h.clocks, err = openClocks(o.Config, h.log); err != nil {
		return nil, err
	}
	h.clocks.run()
	if err := h.openEdge(); err != nil {
		return nil, err
	}
	for i := range o.Config.Channels {
		f, err := h.newFeed(&o.Config.Channels[i])
		if err != nil {
			return nil, err
		}
		h.feeds = append(h.feeds, f)
	}
	if o.Config.Live.LockMemory {
		if err := lockMemory(); err != nil {
			return nil, err
		}
	}
	if err := h.publishWith(); err != nil {
		return nil, err
	}
	if err := h.startWorkers(); err != nil {
		return nil, err
	}
	for _, f := range h.feeds {
		if err := h.workers[f.Worker].Do(func() { h.workers[f.Worker].Add(f) }); err != nil {
			return nil, err
		}
		if err := h.subscribe(f); err != nil {
			return nil, err
		}
	}
	h.warnTaken()
	h.noteMTUs()
	h.instance.Heartbeat(worker.ClockNS())
	h.instance.Running()
	h.awaitCarrier(ctx, h.links)
	if err := h.joinAll(ctx, h.feeds); err != nil {
		return nil, err
	}
	return h, nil
}

// openEdge opens the NIC's queues where AF_XDP was chosen, and falls back to sockets where that was a choice.
func (h *Handler) openEdge() error {
	if h.edge.Name == "xdp" {
		err := h.openXDP()
		switch {
		case err == nil:
			for i, l := range h.links {
				if i > 0 {
					h.edge.Why += "; "
				} else {
					h.edge.Why += ": "
				}
				h.edge.Why += l.String()
			}
		case errors.Is(err, errSteer):
			return err
		case h.config.Live.RX == "xdp":
			return noXDP(err)
		default:
			h.edge = Edge{"socket", "AF_XDP is not to be had: " + err.Error()}
		}
	}
	h.log.Info("receiving by "+h.edge.Name, "why", h.edge.Why)
	return nil
}

// newFeed opens a channel's sockets.
func (h *Handler) newFeed(spec *config.Channel) (*worker.Feed, error) {
	cfg, err := spec.Build()
	if err != nil {
		return nil, err
	}
	cfg.Books.Touch = h.config.Live.LockMemory // it locks pages that are there, and puts none there
	f := &worker.Feed{Name: spec.Name, Worker: spec.Worker, Spec: *spec, Config: cfg}
	return f, h.openSockets(f)
}

// publishWith makes the instance and gives every feed its place in it.
func (h *Handler) publishWith() error {
	so := h.opts.Shm
	so.Record = true
	so.Workers, so.Spare, so.Lock = h.config.Live.Workers(), spareChannels, so.Lock || h.config.Live.LockMemory
	channels := make([]feedhandler.ChannelConfig, len(h.feeds))
	for i, f := range h.feeds {
		channels[i] = f.Config
	}
	var err error
	if h.instance, err = control.Create(h.config, channels, so); err != nil {
		return err
	}
	h.instance.SetClock(h.clocks.block(h.hostSource()))
	h.reloads, h.reloadFailures = h.counter("reloads", ""), h.counter("reload_failures", "")
	h.wanted, h.joined = h.counter("memberships_wanted", ""), h.counter("memberships_joined", "")
	h.repairs, h.drops = h.counter("membership_repairs", ""), h.counter("kernel_drops", "")
	h.memory.register(h)
	h.refused.open(h)
	atomic.StoreUint64(h.counter("receive_edge", fmt.Sprintf("edge=%q", h.edge.Name)), 1)
	for _, f := range h.feeds {
		if err := h.assemble(f); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) startWorkers() error {
	live := &h.config.Live
	if h.stallTimeout = time.Duration(live.StallTimeout); h.stallTimeout == 0 {
		h.stallTimeout = defaultStallTimeout
	}
	if len(live.CPUs) > 0 {
		said, err := clearCPUs(live.CPUs)
		if err != nil {
			h.log.Warn("cold threads stay where they are", "error", err)
		} else {
			h.log.Info(said)
		}
	}
	for n := range live.Workers() {
		cpu := -1
		if n < len(live.CPUs) {
			cpu = live.CPUs[n]
		}
		w, err := worker.New(worker.Options{
			Number: n, CPU: cpu, Busy: live.Idle == "busy", Realtime: live.Realtime, Shm: h.instance.Worker(n),
			GapLog: h.gapLog, Faults: h.faults, Counter: h.counter,
		})
		if err != nil {
			return err
		}
		h.stalls = append(h.stalls, h.counter("worker_stalls", fmt.Sprintf("worker=\"%d\"", n)))
		if h.edge.Name == "xdp" {
			if err := w.TakeSpill(); err != nil {
				return err
			}
			if live.Workers() > 1 {
				if err := w.MeetOthers(h.counter, &h.named, live.Workers(), live.Batch); err != nil {
					return err
				}
			}
		}
		if err := w.Start(); err != nil {
			return err
		}
		h.workers = append(h.workers, w)
	}
	for _, l := range h.links {
		l.register(h.counter)
	}
	return errors.Join(h.recordConfig(h.config), h.place(h.config))
}

// abort takes back a Start that failed.
func (h *Handler) abort() {
	h.stopWorkers()
	_ = h.closeXDP()
	for _, f := range h.feeds {
		_ = f.Close()
	}
	if h.clocks != nil {
		_ = h.clocks.close()
	}
	_ = h.refused.close()
	if h.instance != nil {
		_ = h.instance.Close(worker.ClockNS())
	}
}

// stopWorkers lets every worker finish: it takes what has arrived, ends its feeds and goes. It says whether all did.
func (h *Handler) stopWorkers() (ended bool) {
	ended = true
	// Twice: what one worker finds for another in the first round, that one takes in the second.
	stuck := map[*worker.Worker]error{}
	for range min(len(h.workers), 2) {
		for _, w := range h.workers {
			if stuck[w] == nil {
				stuck[w] = w.Do(func() { w.Guarded(w.Drain) })
			}
		}
	}
	for _, w := range h.workers {
		err := stuck[w]
		if err == nil {
			err = w.Do(func() { w.Stopping = true })
		}
		if err != nil && !w.HasEnded() {
			h.log.Error("worker does not stop", "worker", w.Number, "error", err)
			ended = false
			continue
		}
		select {
		case <-w.Ended:
		case <-time.After(worker.DrainBound + time.Second):
			h.log.Error("worker does not finish", "worker", w.Number)
			ended = false
		}
	}
	h.countLeftovers()
	h.closeBells()
	return ended
}

// countLeftovers counts what the workers that have ended did not take: there was more than they had the time for, or it
// came after their last look.
func (h *Handler) countLeftovers() {
	for _, l := range h.links {
		if l.Filter != nil {
			_ = l.Filter.Detach() // what comes now is the kernel's
		}
	}
	for _, w := range h.workers {
		select {
		case <-w.Ended:
		default:
			continue
		}
		for _, r := range w.Queues {
			r.LeftOver()
		}
		if w.Inbox != nil {
			w.Inbox.LeftOver()
		}
	}
}

// closeBells closes what workers wake each other with, unless one still runs.
func (h *Handler) closeBells() {
	for _, w := range h.workers {
		select {
		case <-w.Ended:
		default:
			return
		}
	}
	for _, w := range h.workers {
		if w.Peer != nil {
			w.Peer.Bell.Close()
		}
	}
}

// Close drains: what the kernel holds is taken, open gaps are declared, everything is published, groups are left, and
// readers see the instance stopped. It says how the run went.
func (h *Handler) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shutdown {
		return nil
	}
	h.shutdown = true
	if !h.stopWorkers() {
		return h.leave()
	}
	h.countCut()
	h.countDrops()
	h.summary.Clocks = h.clocks.summary()
	errs := []error{h.closeXDP()}
	for _, f := range h.feeds {
		errs = append(errs, f.Close())
	}
	errs = append(errs, h.clocks.close(), h.refused.close())
	h.logGaps()
	errs = append(errs, h.instance.Close(worker.ClockNS()))
	return errors.Join(errs...)
}

// leave is Close when a worker is still at work: nothing that it reads or writes may be unmapped under it. What would stay
// on an interface is taken off; the rest goes with the process, and readers see the writer gone.
func (h *Handler) leave() error {
	errs := []error{errors.New("a worker did not end: its memory goes with the process")}
	for _, l := range h.links {
		errs = append(errs, l.detach())
	}
	return errors.Join(append(errs, h.clocks.close())...)
}

// counter registers a counter once.
func (h *Handler) counter(name, label string) *uint64 {
	key := name + "{" + label + "}"
	if p := h.words[key]; p != nil {
		return p
	}
	p := h.instance.Counter(name, label)
	h.words[key] = p
	return p
}

func (h *Handler) note(text string, args ...any) { h.log.Warn(text, args...) }

// Dir returns the instance's directory.
func (h *Handler) Dir() string { return h.instance.Dir() }

// Edge returns how datagrams are received.
func (h *Handler) Edge() Edge { return h.edge }
