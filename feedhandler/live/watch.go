package live

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"wirebook/feedhandler/live/worker"
)

const (
	watchEvery          = 50 * time.Millisecond
	slowEvery           = 500 * time.Millisecond // drops, memberships
	defaultStallTimeout = 2 * time.Second
	// lateAfter is how long a worker may be silent before the heartbeat stops for it.
	lateAfter = 400 * time.Millisecond
)

// health is what the watch remembers between two looks.
type health struct {
	seen   []uint64 // newest progress by worker
	missed []int    // looks without progress
	late   []bool

	mu   sync.Mutex // of said: the heartbeat says things, and so does who looks around
	said map[string]time.Time
}

// say logs a warning of a kind at most every ten seconds.
func (s *health) say(log *slog.Logger, kind, text string, args ...any) {
	if s.due(kind, time.Now()) {
		log.Warn(text, args...)
	}
}

func (s *health) due(kind string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.said == nil {
		s.said = map[string]time.Time{}
	}
	if now.Sub(s.said[kind]) < 10*time.Second {
		return false
	}
	s.said[kind] = now
	return true
}

// Run watches until ctx ends, then drains and closes.
func (h *Handler) Run(ctx context.Context) error {
	slow := time.NewTicker(slowEvery)
	defer slow.Stop()
	// Apart from what follows: to open a queue that somebody holds takes seconds, and a reload may; readers would take the
	// heart for stopped, and the service manager the program for stuck.
	beating, stop := context.WithCancel(ctx)
	defer stop()
	beats := make(chan error)
	go func() { beats <- h.beat(beating) }()
	var failed error
	for failed == nil {
		select {
		case failed = <-beats:
			if failed == nil { // ctx ended
				h.log.Info("stopping: taking what has arrived")
				return h.Close()
			}
			return fmt.Errorf("%w; %w", failed, h.Close())
		case f := <-h.faults:
			failed = h.onFault(f)
		case <-slow.C:
			h.lookAround()
		}
	}
	stop()
	<-beats
	return fmt.Errorf("%w; %w", failed, h.Close())
}

// lookAround does what need not be done often.
func (h *Handler) lookAround() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchMTU()
	h.countCut()
	h.countDrops()
	h.memory.publish()
	h.verify()
	h.watchXDP()
	h.watchSilence(time.Now())
	h.watchDoorbells()
}

// watchDoorbells says that a doorbell was taken off, once.
func (h *Handler) watchDoorbells() {
	for _, w := range h.workers {
		if !h.bellsOff[w.Number] && h.instance.Doorbell(w.Number).TakenOff() {
			h.bellsOff[w.Number] = true
			h.log.Warn("somebody of the group cut the readers file short: readers of this worker poll until the next run; nothing is lost", "worker", w.Number, "directory", h.instance.Dir())
		}
	}
}

// beat looks after the workers, the heartbeat and the clock until ctx ends, or a worker is stuck that cannot be replaced.
// It waits for nobody.
func (h *Handler) beat(ctx context.Context) error {
	fast := time.NewTicker(watchEvery)
	defer fast.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-fast.C:
			if err := h.watch(); err != nil {
				return err
			}
			h.instance.SetClock(h.clocks.block(h.hostSource()))
			h.logGaps()
		}
	}
}

// watch looks whether every worker goes on. Looks are counted rather than time measured, so that a stop of the whole
// process is nobody's fault.
func (h *Handler) watch() error {
	s := &h.health
	if s.seen == nil {
		s.seen, s.missed, s.late = make([]uint64, len(h.workers)), make([]int, len(h.workers)), make([]bool, len(h.workers))
	}
	alive := true
	for i, w := range h.workers {
		if at := w.Progress.Load(); at != s.seen[i] {
			if s.late[i] {
				h.log.Warn("a worker goes on after a pause", "worker", i, "pause", time.Duration(s.missed[i])*watchEvery)
			}
			s.seen[i], s.missed[i], s.late[i] = at, 0, false
			continue
		}
		s.missed[i]++
		silent := time.Duration(s.missed[i]) * watchEvery
		if silent < lateAfter {
			continue
		}
		alive = false
		if !s.late[i] {
			s.late[i] = true
			atomic.AddUint64(h.stalls[i], 1)
			h.log.Error("a worker makes no progress: the heartbeat stops until it does", "worker", i, "silent", silent)
		}
		if silent >= h.stallTimeout {
			s.missed[i] = 0
			return h.replace(fmt.Sprintf("worker %d made no progress for %s", i, silent))
		}
	}
	if alive {
		h.instance.Heartbeat(worker.ClockNS())
		if h.opts.Alive != nil {
			h.opts.Alive()
		}
	}
	return nil
}

func (h *Handler) onFault(f worker.Fault) error {
	h.log.Error("panic in a worker; the channel's books were emptied and are flagged until the feed rebuilds them",
		"worker", f.Worker, "channel", f.Channel, "panic", f.What, "stack", string(f.Stack))
	if f.Fatal {
		return h.replace("channel " + f.Channel + " panics again and again")
	}
	return nil
}

// replace starts the program again: the only way to end a thread that is stuck. Readers see a new epoch.
func (h *Handler) replace(why string) error {
	stacks := make([]byte, 64<<10)
	stacks = stacks[:runtime.Stack(stacks, true)]
	h.log.Error("starting again in place", "why", why, "stacks", string(stacks))
	if h.opts.Replace == nil {
		return nil
	}
	return fmt.Errorf("%s, and starting again failed: %w", why, h.opts.Replace())
}

// countDrops adds up what there was no room for.
func (h *Handler) countDrops() {
	h.countDropsAs("the kernel had no room for datagrams: the worker is too slow or was kept from its CPU; raise live.receive_buffer, pin workers with live.cpus")
}

// countDropsAs is countDrops where it is known why the kernel had no room.
func (h *Handler) countDropsAs(why string) {
	var kernel, between uint64
	for _, f := range h.feeds {
		f.LookAtDrops()
	}
	room := h.refused.look(h)
	for _, f := range h.feeds {
		kernel += f.CountDrops(room - kernel)
	}
	h.refused.took(kernel)
	for _, l := range h.links {
		k, b := l.Count()
		kernel, between = kernel+k, between+b
		if n := l.OtherVLAN(); n > 0 && !l.toldVLAN {
			l.toldVLAN = true // the counter goes on
			h.log.Warn("datagrams of lines' groups come under another VLAN than the lines have, and go to the kernel: give the lines their vlan, a number or any", "interface", l.Name, "so_far", n)
		}
	}
	h.refused.lookAtFrames(h)
	if between > 0 {
		h.dropped["xdp_drop_handover_full"] += between
		h.health.say(h.log, "handover", "a worker had no room for what others handed over to it: it is too slow or was kept from its CPU; steer its channels to its own queues, raise live.handover",
			"dropped", between)
	}
	if kernel > 0 {
		h.dropped["kernel_drops"] += kernel
		atomic.AddUint64(h.drops, kernel)
		h.health.say(h.log, "drops "+why, why, "dropped", kernel)
	}
}

// logGaps logs the gaps that closed, in bounded number.
func (h *Handler) logGaps() {
	const shown = 8
	healed, more := 0, 0
	for n := 0; ; {
		select {
		case g := <-h.gapLog:
			h.summary.note(g)
			switch {
			case g.Gap.Disputed:
				h.health.say(h.log, "dispute "+g.Channel, "two lines contradict each other and nothing tells which is right: the first is followed, every book of the channel is flagged; 'wirebook top' shows which line is disputed",
					"channel", g.Channel)
			case g.Gap.Healed:
				healed++
			case n < shown:
				n++
				h.log.Warn("lost on every line", "channel", g.Channel, "first", g.Gap.First, "count", g.Gap.Count)
			default:
				more++
			}
			continue
		default:
		}
		break
	}
	if more > 0 {
		h.log.Warn("more gaps lost on every line", "gaps", more)
	}
	if healed > 0 {
		h.log.Debug("gaps healed", "gaps", healed)
	}
}
