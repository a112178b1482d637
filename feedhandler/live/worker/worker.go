package worker

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/control"
	"wirebook/ptp"
	"wirebook/shm"
)

// Intervals of a worker, ns.
const (
	tickEvery    = 1_000_000   // gap timeouts are looked at
	publishEvery = 200_000_000 // counters go to the control file
)

// Worker owns feeds and polls receivers, on a thread of its own.
type Worker struct {
	Number int
	cpu    int // -1: not pinned
	Busy   bool
	rt     int // SCHED_FIFO priority

	Receivers []Receiver
	Queues    []Queue     // those of the receivers that are a NIC's
	spill     *spill      // with AF_XDP
	Inbox     *inbox      // with AF_XDP and other workers: what arrived on their queues
	Outboxes  []*handover // by worker: what arrives here and is theirs; nil where nothing can
	filled    []*handover // got frames since they were last published
	Peer      *peer       // with an inbox
	feeds     []*Feed
	dirty     []*Feed // got datagrams since their last flush
	Current   *Feed   // whose datagrams are in hand: a panic is its
	shm       *control.Worker
	marks     *shm.Marks           // nil where none are written
	taken     time.Time            // when what is in hand was taken; with marks
	packets   *feedhandler.Packets // nil where inputs are not recorded
	Wait      *waiter
	idle      idle
	counters  workerCounters
	gaps      []feedhandler.GapEvent
	gapLog    chan GapNote
	ticked    uint64
	Caught    uint64 // up to when everything that had arrived was processed
	late      uint64 // as the feeds know it
	Published uint64

	commands chan command
	pending  atomic.Int32
	Progress atomic.Uint64 // time of the newest tick; the watchdog reads it
	faults   chan Fault
	draining bool // takes what is there, whenever it was last looked for
	Stopping bool
	Ended    chan struct{}
}

// command is something the handler wants done on the worker's goroutine.
type command struct {
	what  func()
	done  chan struct{}
	taken *atomic.Bool // by the worker that runs it, or by the handler that waits for it no longer
}

// Fault is a panic, caught.
type Fault struct {
	Worker  int
	Channel string
	What    string
	Stack   []byte
	Fatal   bool // the channel could not be mended
}

type GapNote struct {
	Channel string
	Gap     feedhandler.GapEvent
}

func ClockNS() uint64 { return uint64(time.Now().UnixNano()) }

// Options describe a worker.
type Options struct {
	Number   int
	CPU      int // -1: not pinned
	Busy     bool
	Realtime int // SCHED_FIFO priority
	Shm      *control.Worker
	GapLog   chan GapNote
	Faults   chan Fault
	Counter  Counting
}

func New(o Options) (*Worker, error) {
	w := &Worker{
		Number: o.Number, cpu: o.CPU, Busy: o.Busy, rt: o.Realtime, shm: o.Shm, gapLog: o.GapLog, faults: o.Faults,
		commands: make(chan command, 16), Ended: make(chan struct{}), gaps: make([]feedhandler.GapEvent, 0, 4096),
	}
	if o.Shm != nil {
		if w.marks = o.Shm.Marks(); w.marks != nil {
			w.taken = time.Now()
			w.marks.SetClock(w.sinceTaken)
		}
		w.packets = o.Shm.Packets()
	}
	w.counters.register(o.Counter, o.Number)
	var err error
	w.Wait, err = newWaiter()
	return w, err
}

// Start begins the worker's goroutine, and returns when it is where it is to run.
func (w *Worker) Start() error {
	started := make(chan error, 1)
	go w.run(started)
	if err := <-started; err != nil {
		return err
	}
	w.Progress.Store(ClockNS())
	return nil
}

// run is the worker's goroutine.
func (w *Worker) run(started chan<- error) {
	defer close(w.Ended)
	// The thread dies with the goroutine: its affinity and priority are nobody else's.
	runtime.LockOSThread()
	// The readers file may be cut short by its group: the doorbell then takes itself off (shm.Doorbell). Guarded lets no other
	// fault pass for a panic.
	debug.SetPanicOnFault(true)
	err := w.settle()
	started <- err
	if err != nil {
		return
	}
	for !w.Stopping {
		w.Guarded(w.loop)
	}
	w.Guarded(w.Drain)
	w.Guarded(w.end)
	if w.Peer != nil {
		w.Peer.upto.Store(never)
	}
	if w.spill != nil {
		w.spill.wait.close()
	}
	w.Wait.close()
}

func (w *Worker) HasEnded() bool {
	select {
	case <-w.Ended:
		return true
	default:
		return false
	}
}

func (w *Worker) loop() {
	for !w.Stopping {
		w.Turn()
	}
}

// Turn is the hot path.
func (w *Worker) Turn() {
	t := time.Now() // before the polls: what arrived until now is then processed
	now := uint64(t.UnixNano())
	due := now-w.ticked >= tickEvery || now < w.ticked
	n := 0
	until, handed := now, now
	w.took(t, now)
	if due {
		if w.Inbox != nil {
			handed = w.Inbox.bound(now)
		}
		if late := w.lateness(now, handed); late > w.late {
			w.beLate(late)
		}
	}
	if w.Inbox != nil {
		if n = w.Inbox.Poll(w); n > 0 {
			w.Flush()
			handed = min(handed, w.Inbox.until)
		}
	}
	if due && w.late > 0 {
		w.beLate(w.lateness(now, handed)) // less than before only when the inbox was emptied
	}
	for _, r := range w.Receivers {
		got := r.Poll(w)
		if got == 0 {
			continue
		}
		n += got
		w.Flush()
		w.Deliver()
		if ns, more := r.Backlog(); more && ns < until {
			until = ns
		}
	}
	if w.Peer != nil {
		w.Peer.upto.Store(until)
	}
	w.Caught = min(until, handed)
	w.counters.turns++
	if n > 0 {
		w.counters.datagrams += uint64(n)
		w.idle.reset(now)
	}
	if due {
		w.tick(now, min(until, handed))
	}
	if n == 0 && !w.Busy {
		w.idle.pause(now, w)
	}
}

// lateness is how far behind the wire the feeds are going to be served: by what this worker left in its queues, or was
// kept from, and by what others have not handed over.
func (w *Worker) lateness(now, handed uint64) uint64 {
	caught := min(w.Caught, handed)
	if w.Caught == 0 || now <= caught+inTime {
		return 0
	}
	return min(now-caught, mostLate)
}

// Holding is called by a receiver that has taken a batch and is about to hand it on. Nothing in it is younger than this
// moment; but the other receivers may have been looked at long ago, when the worker was kept from its work within the turn.
func (w *Worker) Holding() {
	t := time.Now()
	now := uint64(t.UnixNano())
	w.took(t, now)
	if late := w.lateness(now, never); late > w.late {
		w.beLate(late)
	}
}

// took has the marks and the recorded inputs of what follows say that it was taken now.
func (w *Worker) took(t time.Time, now uint64) {
	if w.packets != nil {
		w.packets.Taken = now
	}
	if w.marks != nil {
		w.taken = t
		w.marks.Taken(now)
	}
}

// sinceTaken tells the time by how long ago the burst in hand was taken: that costs two thirds of asking the clock, and a clock
// that is set in between does not show in how long the burst took.
func (w *Worker) sinceTaken() uint64 { return uint64(w.taken.UnixNano()) + uint64(time.Since(w.taken)) }

func (w *Worker) beLate(ns uint64) {
	w.late = ns
	for _, f := range w.feeds {
		f.Pipe.SetLate(ns)
	}
}

// Bounds of lateness, ns: what is none, and what is a worker given up or a clock that was set.
const (
	inTime   = 2_000_000
	mostLate = 2_000_000_000
)

// sleep ends when a receiver has something, another worker hands something over, or the time is up.
func (w *Worker) sleep(ms int) {
	if w.Peer == nil {
		w.Wait.sleep(ms)
		return
	}
	// Announced first, then looked: whoever publishes after the look sees the announcement, and rings.
	w.Peer.asleep.Store(true)
	if !w.Inbox.waiting() {
		w.Wait.sleep(ms)
	}
	w.Peer.asleep.Store(false)
}

// From says on which queue what follows arrived.
func (w *Worker) From(queue uint16) {
	if w.packets != nil {
		w.packets.Queue = queue
	}
}

// Record writes the configuration that holds from here on beside the inputs. On the worker's goroutine.
func (w *Worker) Record(text []byte) {
	if w.packets != nil {
		w.packets.Config(text)
	}
}

// HandOver gives a frame of a queue to the worker that owns its channel, which sees it after deliver. False: there is no room.
func (w *Worker) HandOver(f *Feed, id, queue uint16, stamp ptp.Stamp, frame []byte) bool {
	q := w.Outboxes[f.Worker]
	if q == nil || !q.put(id, queue, stamp, frame) {
		return false
	}
	if !q.pending {
		q.pending = true
		w.filled = append(w.filled, q)
	}
	return true
}

// Deliver shows the others what was handed over to them since the last time.
func (w *Worker) Deliver() {
	for _, q := range w.filled {
		q.pending = false
		q.publish()
	}
	w.filled = w.filled[:0]
}

// Touch notes that a feed got datagrams.
func (w *Worker) Touch(f *Feed) {
	if !f.dirty {
		f.dirty = true
		w.dirty = append(w.dirty, f)
	}
}

// Flush ends a burst.
func (w *Worker) Flush() {
	for _, f := range w.dirty {
		w.Current = f
		f.Pipe.Flush()
		f.dirty = false
	}
	w.dirty = w.dirty[:0]
}

// tick does what need not be done every turn. until is the time up to which everything received was processed.
func (w *Worker) tick(now, until uint64) {
	if gone := now - w.ticked; w.ticked != 0 && now > w.ticked && gone > w.counters.longestPause {
		w.counters.longestPause = gone
	}
	w.ticked = now
	w.Progress.Store(now)
	for _, f := range w.feeds {
		w.Current = f
		f.Pipe.OnTick(until)
		f.Pipe.Flush()
	}
	w.Current = nil
	if w.pending.Load() != 0 {
		w.obey()
	}
	if now-w.Published >= publishEvery || now < w.Published {
		w.Published = now
		w.publish()
	}
}

// publish copies what was counted, and hands closed gaps to the log.
func (w *Worker) publish() {
	w.shm.Publish()
	w.counters.publish()
	for _, q := range w.Queues {
		q.Publish()
	}
	if w.Inbox != nil {
		w.Inbox.publish()
	}
	for _, f := range w.feeds {
		f.publish()
		w.gaps, _ = f.Pipe.TakeGaps(w.gaps[:0])
		for _, g := range w.gaps {
			select {
			case w.gapLog <- GapNote{f.Name, g}:
			default: // the log is behind; the counters have it
			}
		}
	}
}

// Drain takes what the kernel and the other workers still hold for this one.
func (w *Worker) Drain() {
	w.draining = true
	defer func() { w.draining = false }()
	deadline := ClockNS() + DrainBound
	for n := 1; n > 0 && ClockNS() < deadline; {
		n = 0
		if w.Inbox != nil {
			n = w.Inbox.Poll(w)
		}
		for _, r := range w.Receivers {
			n += r.Poll(w)
		}
		w.Flush()
		w.Deliver()
	}
}

// EmptyInbox takes what others have handed over so far, in bounded number.
func (w *Worker) EmptyInbox() {
	if w.Inbox == nil {
		return
	}
	for n, got := 0, 1; got > 0 && n < MostFrames; n += got {
		got = w.Inbox.Poll(w)
	}
	w.Flush()
}

// end declares open gaps, and publishes everything.
func (w *Worker) end() {
	for _, f := range w.feeds {
		w.Current = f
		f.Pipe.End()
	}
	w.publish()
}

// DrainBound is how long the end of a run may take the kernel's backlog, ns.
const DrainBound = 2_000_000_000

// Guarded runs what so that a panic ends in the channel it came from.
func (w *Worker) Guarded(what func()) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, fault := r.(interface{ Addr() uintptr }); fault {
			panic(r) // memory that is not there: a ring was cut short by its owner, and nothing here can mend that
		}
		f := Fault{Worker: w.Number, What: fmt.Sprint(r), Stack: debug.Stack()}
		w.counters.restarts++
		w.dirty = w.dirty[:0]
		for _, feed := range w.feeds {
			feed.dirty = false
		}
		if w.Current != nil {
			f.Channel = w.Current.Name
			f.Fatal = !w.Current.mend(ClockNS())
		}
		w.Current = nil
		w.Deliver()
		select {
		case w.faults <- f:
		default:
		}
	}()
	what()
}

// Do has the worker run what between two turns, and waits for it. It fails when the worker does not answer.
func (w *Worker) Do(what func()) error {
	c := command{what, make(chan struct{}), new(atomic.Bool)}
	select {
	case w.commands <- c:
	case <-w.Ended:
		return fmt.Errorf("worker %d has ended", w.Number)
	case <-time.After(commandBound):
		return fmt.Errorf("worker %d takes no commands", w.Number)
	}
	w.pending.Add(1)
	select {
	case <-c.done:
		return nil
	case <-w.Ended:
		return fmt.Errorf("worker %d has ended", w.Number)
	case <-time.After(commandBound):
		c.taken.Store(true) // what failed is not done later: its feed may be closed by then
		return fmt.Errorf("worker %d does not answer", w.Number)
	}
}

const commandBound = 5 * time.Second

func (w *Worker) obey() {
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

// Add puts a feed to work. On the worker's goroutine.
func (w *Worker) Add(f *Feed) {
	w.feeds = append(w.feeds, f)
	w.dirty = append(make([]*Feed, 0, len(w.feeds)+1), w.dirty...) // so that touch never grows it
	f.Pipe.Enter(f.Origin)
	f.Pipe.SetLate(w.late)
	for _, s := range f.Sockets {
		s.Held = w.Holding
	}
	w.shm.Add(f.Part)
	for _, r := range f.Receivers {
		w.Receivers = append(w.Receivers, r)
		w.Wait.Add(r.FD())
	}
	if w.spill != nil {
		w.spill.add(f.Spilled)
	}
}

// Remove ends a feed: what it holds is published, then its books are emptied for every reader.
func (w *Worker) Remove(f *Feed) {
	for i, other := range w.feeds {
		if other == f {
			w.feeds = append(w.feeds[:i:i], w.feeds[i+1:]...)
			break
		}
	}
	kept := w.Receivers[:0:0]
	for _, r := range w.Receivers {
		mine := false
		for _, own := range f.Receivers {
			mine = mine || own == r
		}
		if mine {
			w.Wait.Remove(r.FD())
		} else {
			kept = append(kept, r)
		}
	}
	w.Receivers = kept
	if w.spill != nil {
		w.spill.remove(f)
	}
	w.Current = f
	f.Pipe.End()
	f.Pipe.Abandon()
	f.Pipe.Leave()
	w.Current = nil
	f.publish()
	w.shm.Remove(f.Part)
	clear(w.dirty[:cap(w.dirty)]) // so that nothing holds its books
}
