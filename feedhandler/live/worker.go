package live

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/control"
	"wirebook/ptp"
)

// Intervals of a worker, ns.
const (
	tickEvery    = 1_000_000   // gap timeouts are looked at
	publishEvery = 200_000_000 // counters go to the control file
)

// worker owns feeds and polls receivers, on a thread of its own.
type worker struct {
	number int
	cpu    int // -1: not pinned
	busy   bool
	rt     int // SCHED_FIFO priority

	receivers []receiver
	queues    []*queueReceiver // those of the receivers that are AF_XDP queues
	spill     *spill           // with AF_XDP
	inbox     *inbox           // with AF_XDP and other workers: what arrived on their queues
	outboxes  []*handover      // by worker: what arrives here and is theirs; nil where nothing can
	filled    []*handover      // got frames since they were last published
	peer      *peer            // with an inbox
	feeds     []*feed
	dirty     []*feed // got datagrams since their last flush
	current   *feed   // whose datagrams are in hand: a panic is its
	shm       *control.Worker
	wait      *waiter
	idle      idle
	counters  workerCounters
	gaps      []feedhandler.GapEvent
	gapLog    chan gapNote
	ticked    uint64
	caught    uint64 // up to when everything that had arrived was processed
	late      uint64 // as the feeds know it
	published uint64

	commands chan command
	pending  atomic.Int32
	progress atomic.Uint64 // time of the newest tick; the watchdog reads it
	faults   chan fault
	draining bool // takes what is there, whenever it was last looked for
	stopping bool
	ended    chan struct{}
}

// command is something the handler wants done on the worker's goroutine.
type command struct {
	what  func()
	done  chan struct{}
	taken *atomic.Bool // by the worker that runs it, or by the handler that waits for it no longer
}

// fault is a panic, caught.
type fault struct {
	worker  int
	channel string
	what    string
	stack   []byte
	fatal   bool // the channel could not be mended
}

type gapNote struct {
	channel string
	gap     feedhandler.GapEvent
}

func clockNS() uint64 { return uint64(time.Now().UnixNano()) }

// run is the worker's goroutine.
func (w *worker) run(started chan<- error) {
	defer close(w.ended)
	// The thread dies with the goroutine: its affinity and priority are nobody else's.
	runtime.LockOSThread()
	err := w.settle()
	started <- err
	if err != nil {
		return
	}
	for !w.stopping {
		w.guarded(w.loop)
	}
	w.guarded(w.drain)
	w.guarded(w.end)
	if w.peer != nil {
		w.peer.upto.Store(never)
	}
	if w.spill != nil {
		w.spill.wait.close()
	}
	w.wait.close()
}

func (w *worker) hasEnded() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

func (w *worker) loop() {
	for !w.stopping {
		w.turn()
	}
}

// turn is the hot path.
func (w *worker) turn() {
	now := clockNS() // before the polls: what arrived until now is then processed
	due := now-w.ticked >= tickEvery || now < w.ticked
	n := 0
	until, handed := now, now
	if due {
		if w.inbox != nil {
			handed = w.inbox.bound(now)
		}
		if late := w.lateness(now, handed); late > w.late {
			w.beLate(late)
		}
	}
	if w.inbox != nil {
		if n = w.inbox.poll(w); n > 0 {
			w.flush()
			handed = min(handed, w.inbox.until)
		}
	}
	if due && w.late > 0 {
		w.beLate(w.lateness(now, handed)) // less than before only when the inbox was emptied
	}
	for _, r := range w.receivers {
		got := r.poll(w)
		if got == 0 {
			continue
		}
		n += got
		w.flush()
		w.deliver()
		if ns, more := r.backlog(); more && ns < until {
			until = ns
		}
	}
	if w.peer != nil {
		w.peer.upto.Store(until)
	}
	w.caught = min(until, handed)
	w.counters.turns++
	if n > 0 {
		w.counters.datagrams += uint64(n)
		w.idle.reset(now)
	}
	if due {
		w.tick(now, min(until, handed))
	}
	if n == 0 && !w.busy {
		w.idle.pause(now, w)
	}
}

// lateness is how far behind the wire the feeds are going to be served: by what this worker left in its queues, or was
// kept from, and by what others have not handed over.
func (w *worker) lateness(now, handed uint64) uint64 {
	caught := min(w.caught, handed)
	if w.caught == 0 || now <= caught+inTime {
		return 0
	}
	return min(now-caught, mostLate)
}

// holding is called by a receiver that has taken a batch and is about to hand it on. Nothing in it is younger than this
// moment; but the other receivers may have been looked at long ago, when the worker was kept from its work within the turn.
func (w *worker) holding() {
	if late := w.lateness(clockNS(), never); late > w.late {
		w.beLate(late)
	}
}

func (w *worker) beLate(ns uint64) {
	w.late = ns
	for _, f := range w.feeds {
		f.pipe.SetLate(ns)
	}
}

// Bounds of lateness, ns: what is none, and what is a worker given up or a clock that was set.
const (
	inTime   = 2_000_000
	mostLate = 2_000_000_000
)

// sleep ends when a receiver has something, another worker hands something over, or the time is up.
func (w *worker) sleep(ms int) {
	if w.peer == nil {
		w.wait.sleep(ms)
		return
	}
	// Announced first, then looked: whoever publishes after the look sees the announcement, and rings.
	w.peer.asleep.Store(true)
	if !w.inbox.waiting() {
		w.wait.sleep(ms)
	}
	w.peer.asleep.Store(false)
}

// handOver gives a frame to the worker that owns its channel, which sees it after deliver. False: there is no room.
func (w *worker) handOver(f *feed, id uint16, stamp ptp.Stamp, frame []byte) bool {
	q := w.outboxes[f.worker]
	if q == nil || !q.put(id, stamp, frame) {
		return false
	}
	if !q.pending {
		q.pending = true
		w.filled = append(w.filled, q)
	}
	return true
}

// deliver shows the others what was handed over to them since the last time.
func (w *worker) deliver() {
	for _, q := range w.filled {
		q.pending = false
		q.publish()
	}
	w.filled = w.filled[:0]
}

// touch notes that a feed got datagrams.
func (w *worker) touch(f *feed) {
	if !f.dirty {
		f.dirty = true
		w.dirty = append(w.dirty, f)
	}
}

// flush ends a burst.
func (w *worker) flush() {
	for _, f := range w.dirty {
		w.current = f
		f.pipe.Flush()
		f.dirty = false
	}
	w.dirty = w.dirty[:0]
}

// tick does what need not be done every turn. until is the time up to which everything received was processed.
func (w *worker) tick(now, until uint64) {
	if gone := now - w.ticked; w.ticked != 0 && now > w.ticked && gone > w.counters.longestPause {
		w.counters.longestPause = gone
	}
	w.ticked = now
	w.progress.Store(now)
	for _, f := range w.feeds {
		w.current = f
		f.pipe.OnTick(until)
		f.pipe.Flush()
	}
	w.current = nil
	if w.pending.Load() != 0 {
		w.obey()
	}
	if now-w.published >= publishEvery || now < w.published {
		w.published = now
		w.publish()
	}
}

// publish copies what was counted, and hands closed gaps to the log.
func (w *worker) publish() {
	w.shm.Publish()
	w.counters.publish()
	for _, q := range w.queues {
		q.publish()
	}
	if w.inbox != nil {
		w.inbox.publish()
	}
	for _, f := range w.feeds {
		f.publish()
		w.gaps, _ = f.pipe.TakeGaps(w.gaps[:0])
		for _, g := range w.gaps {
			select {
			case w.gapLog <- gapNote{f.name, g}:
			default: // the log is behind; the counters have it
			}
		}
	}
}

// drain takes what the kernel and the other workers still hold for this one.
func (w *worker) drain() {
	w.draining = true
	defer func() { w.draining = false }()
	deadline := clockNS() + drainBound
	for n := 1; n > 0 && clockNS() < deadline; {
		n = 0
		if w.inbox != nil {
			n = w.inbox.poll(w)
		}
		for _, r := range w.receivers {
			n += r.poll(w)
		}
		w.flush()
		w.deliver()
	}
}

// emptyInbox takes what others have handed over so far, in bounded number.
func (w *worker) emptyInbox() {
	if w.inbox == nil {
		return
	}
	for n, got := 0, 1; got > 0 && n < mostFrames; n += got {
		got = w.inbox.poll(w)
	}
	w.flush()
}

// end declares open gaps, and publishes everything.
func (w *worker) end() {
	for _, f := range w.feeds {
		w.current = f
		f.pipe.End()
	}
	w.publish()
}

// drainBound is how long the end of a run may take the kernel's backlog, ns.
const drainBound = 2_000_000_000

// guarded runs what so that a panic ends in the channel it came from.
func (w *worker) guarded(what func()) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		f := fault{worker: w.number, what: fmt.Sprint(r), stack: debug.Stack()}
		w.counters.restarts++
		w.dirty = w.dirty[:0]
		for _, feed := range w.feeds {
			feed.dirty = false
		}
		if w.current != nil {
			f.channel = w.current.name
			f.fatal = !w.current.mend(clockNS())
		}
		w.current = nil
		w.deliver()
		select {
		case w.faults <- f:
		default:
		}
	}()
	what()
}

// do has the worker run what between two turns, and waits for it. It fails when the worker does not answer.
func (w *worker) do(what func()) error {
	c := command{what, make(chan struct{}), new(atomic.Bool)}
	select {
	case w.commands <- c:
	case <-w.ended:
		return fmt.Errorf("worker %d has ended", w.number)
	case <-time.After(commandBound):
		return fmt.Errorf("worker %d takes no commands", w.number)
	}
	w.pending.Add(1)
	select {
	case <-c.done:
		return nil
	case <-w.ended:
		return fmt.Errorf("worker %d has ended", w.number)
	case <-time.After(commandBound):
		c.taken.Store(true) // what failed is not done later: its feed may be closed by then
		return fmt.Errorf("worker %d does not answer", w.number)
	}
}

const commandBound = 5 * time.Second

func (w *worker) obey() {
	for {
		select {
		case c := <-w.commands:
			w.pending.Add(-1)
			if c.taken.CompareAndSwap(false, true) {
				c.what()
				close(c.done)
			}
		default:
			return
		}
	}
}

// add puts a feed to work. On the worker's goroutine.
func (w *worker) add(f *feed) {
	w.feeds = append(w.feeds, f)
	w.dirty = append(make([]*feed, 0, len(w.feeds)+1), w.dirty...) // so that touch never grows it
	f.pipe.SetLate(w.late)
	for _, s := range f.sockets {
		s.Held = w.holding
	}
	w.shm.Add(f.part)
	for _, r := range f.receivers {
		w.receivers = append(w.receivers, r)
		w.wait.add(r.fd())
	}
	if w.spill != nil {
		w.spill.add(f.spilled)
	}
}

// remove ends a feed: what it holds is published, then its books are emptied for every reader.
func (w *worker) remove(f *feed) {
	for i, other := range w.feeds {
		if other == f {
			w.feeds = append(w.feeds[:i:i], w.feeds[i+1:]...)
			break
		}
	}
	kept := w.receivers[:0:0]
	for _, r := range w.receivers {
		mine := false
		for _, own := range f.receivers {
			mine = mine || own == r
		}
		if mine {
			w.wait.remove(r.fd())
		} else {
			kept = append(kept, r)
		}
	}
	w.receivers = kept
	if w.spill != nil {
		w.spill.remove(f)
	}
	w.current = f
	f.pipe.End()
	f.pipe.Abandon()
	w.current = nil
	f.publish()
	w.shm.Remove(f.part)
}
