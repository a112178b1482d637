package segment

import (
	"errors"
	"fmt"
	"time"

	"wirebook/shm"
)

// Wait says what Reader.Wait does while there is nothing to read.
type Wait uint8

// Ways to wait.
const (
	WaitSleep Wait = iota // look often at first, then sleep 50 µs to 1 ms: no load when the market is quiet
	WaitSpin              // look all the time, with PAUSE: a core of its own, the shortest latency
	WaitPoll              // do not wait: the caller has its own loop
	// WaitDoorbell has the writer wake it: no load, and latest tens of microseconds after a flush. Where the instance has no
	// doorbells it is WaitSleep; Reader.Doorbell says which.
	WaitDoorbell
)

// From says where a reader starts.
type From uint8

// Starting points.
const (
	FromEdge   From = iota // only what comes from now on
	FromOldest             // what the ring still holds
)

// DefaultStale is how old a heartbeat may be before a reader says StaleWriter.
const DefaultStale = 2 * time.Second

// ReaderOptions choose what a Reader follows.
type ReaderOptions struct {
	Root   string
	Name   string
	Schema shm.Schema
	Worker int // -1 for the rings of all workers
	From   From
	Wait   Wait
	Stale  time.Duration // 0 for DefaultStale
	// Announce is the name under which the reader shows itself, where the instance has a readers file; "": not at all.
	Announce string
	Policy   uint32 // what it does when it cannot keep up: shm.PolicyNone to shm.PolicySkip
}

// Reader follows the rings of one schema of an instance, through restarts of the writer. It belongs to one goroutine.
type Reader struct {
	opts    ReaderOptions
	view    *View
	latest  *shm.LatestReader
	latestM *mapping
	sources []source
	current int  // source of the last result
	fresh   bool // a new file was opened: say NewEpoch
	checkAt uint64
	staleAt uint64 // the heartbeat that was reported as stale
	found   instruments
	missed  uint64
	door    *door // nil without the readers file
	noDoor  error // why
	batches uint32
	slice   time.Duration
	sleeps  uint64 // at the doorbell
	overdue uint64 // of them, those that nobody ended
}

// source is one ring: of slots (r) or of packets.
type source struct {
	r       *shm.Reader
	packets *shm.PacketReader
	m       *mapping
	worker  uint32
}

func (s *source) seekEdge() {
	if s.packets != nil {
		s.packets.SeekEdge()
	} else {
		s.r.SeekEdge()
	}
}

func (s *source) missed() uint64 {
	if s.packets != nil {
		return s.packets.Missed()
	}
	return s.r.Missed()
}

// progress is where the reader of a ring is, and how much the writer overtook it by.
func (s *source) progress() (position, lapped uint64) {
	if s.packets != nil {
		return s.packets.Position(), s.packets.LostTotal()
	}
	return s.r.Position(), s.r.LostTotal()
}

// checkEveryNS is how often a reader without news looks whether the writer was replaced.
const checkEveryNS = 50_000_000

// OpenReader opens an instance. Errors: ErrNotFound when there is no instance or it has no ring of the schema.
func OpenReader(opts ReaderOptions) (*Reader, error) {
	if !opts.Schema.Slots() {
		return nil, fmt.Errorf("%s has no slots: OpenPackets reads packets", opts.Schema)
	}
	return openReader(opts)
}

func openReader(opts ReaderOptions) (*Reader, error) {
	if opts.Stale <= 0 {
		opts.Stale = DefaultStale
	}
	r := &Reader{opts: opts, slice: doorSlice}
	if err := r.open(); err != nil {
		return nil, err
	}
	if opts.From == FromEdge {
		for i := range r.sources {
			r.sources[i].seekEdge()
		}
		r.missed = 0
	}
	r.fresh = false
	return r, nil
}

// open maps the instance as it is now. Rings that are still the same files keep their readers and positions.
func (r *Reader) open() error {
	view, err := Open(r.opts.Root, r.opts.Name)
	if err != nil {
		return err
	}
	var next []source
	fresh := false
	for _, e := range view.Control.Rings() {
		if e.Schema != uint32(r.opts.Schema) || (r.opts.Worker >= 0 && e.Worker != uint32(r.opts.Worker)) {
			continue
		}
		s, err := view.openSource(e)
		if err != nil {
			view.Close()
			r.drop(next)
			return err
		}
		renewed := true
		for _, old := range r.sources {
			if old.m.dev == s.m.dev && old.m.inode == s.m.inode {
				s.m.close()
				s, renewed = old, false
			}
		}
		next = append(next, s)
		fresh = fresh || renewed
	}
	if len(next) == 0 {
		view.Close()
		return fmt.Errorf("%w ring: instance %s does not publish %s", ErrNotFound, r.opts.Name, r.opts.Schema)
	}
	missed := uint64(0)
	for _, s := range next {
		if !holds(r.sources, s.m) {
			missed += s.missed()
		}
	}
	latest, latestM, err := view.openLatest()
	if err != nil && !errors.Is(err, ErrNotFound) {
		view.Close()
		r.drop(next)
		return err
	}
	r.unmapAllBut(next)
	r.view, r.latest, r.latestM, r.sources, r.current = view, latest, latestM, next, 0
	r.missed += missed
	r.found, r.fresh = instruments{}, r.fresh || fresh
	r.enter()
	return nil
}

// drop closes rings that were mapped for an open that failed.
func (r *Reader) drop(list []source) {
	for _, s := range list {
		if !holds(r.sources, s.m) {
			s.m.close()
		}
	}
}

func (r *Reader) unmapAllBut(keep []source) {
	for _, s := range r.sources {
		if !holds(keep, s.m) {
			s.m.close()
		}
	}
	r.latestM.close()
	if r.view != nil {
		r.view.Close()
	}
}

func holds(list []source, m *mapping) bool {
	for _, s := range list {
		if s.m == m {
			return true
		}
	}
	return false
}

// Next looks once at each ring, from the one after the last, and copies one record into dst (PayloadSize bytes).
// Worker, Position and Lost then speak of the ring the result came from.
func (r *Reader) Next(dst []byte) shm.Result {
	if r.fresh {
		r.fresh = false
		return shm.NewEpoch
	}
	idle := shm.Empty
	for range r.sources {
		if r.current++; r.current >= len(r.sources) {
			r.current = 0
		}
		var res shm.Result
		if s := &r.sources[r.current]; s.r != nil {
			res = s.r.Next(dst)
		} else {
			res = s.packets.Next()
		}
		switch res {
		case shm.Empty:
		case shm.Stopped:
			idle = shm.Stopped
		case shm.NewEpoch:
			r.follow()
			r.fresh = false
			return res
		default:
			return res
		}
	}
	return r.idle(idle)
}

// idle is the cold part of Next: is the writer still there, and are these still its files?
func (r *Reader) idle(res shm.Result) shm.Result {
	now := nowNS()
	if now < r.checkAt {
		return res
	}
	r.checkAt = now + checkEveryNS
	r.report(now, false)
	if r.replaced(now) && r.follow() && r.fresh {
		r.fresh = false
		return shm.NewEpoch
	}
	if beat := r.view.Control.HeartbeatNS(); r.view.Control.Stale(now, uint64(r.opts.Stale)) && beat != r.staleAt {
		r.staleAt = beat // said once for each silence
		return shm.StaleWriter
	}
	return res
}

// replaced says whether the files of the instance are no longer those mapped: told by the writer that made new ones,
// or, where a directory was removed and made again, seen by the control file's identity.
func (r *Reader) replaced(now uint64) bool {
	switch r.view.Control.State() {
	case shm.StateReplaced:
		return true
	case shm.StateRunning, shm.StateStarting:
		if !r.view.Control.Stale(now, uint64(r.opts.Stale)) {
			return false
		}
	}
	dev, inode, err := identity(r.view.Dir + "/" + controlFile)
	return err == nil && (dev != r.view.control.dev || inode != r.view.control.inode)
}

// follow maps the instance again. Where that fails (the new writer is still at work) the old maps stay, and the
// next look tries again.
func (r *Reader) follow() bool { return r.open() == nil }

// Wait is Next that waits at most timeout for something other than Empty, as ReaderOptions.Wait says.
func (r *Reader) Wait(dst []byte, timeout time.Duration) shm.Result {
	return r.wait(func() shm.Result { return r.Next(dst) }, timeout)
}

func (r *Reader) wait(next func() shm.Result, timeout time.Duration) shm.Result {
	res := next()
	if (res != shm.Empty && res != shm.Stopped) || r.opts.Wait == WaitPoll {
		return res
	}
	deadline := time.Now().Add(timeout)
	if r.opts.Wait == WaitDoorbell && r.door != nil {
		if res = r.waitAtDoor(next, res, deadline); r.door != nil || res != shm.Empty {
			return res
		}
	}
	nap := 50 * time.Microsecond
	for try := 1; ; try++ {
		if res = next(); res != shm.Empty && res != shm.Stopped {
			return res
		}
		if try%64 == 0 || r.opts.Wait != WaitSpin && try > 200 {
			if !time.Now().Before(deadline) {
				return res
			}
		}
		if r.opts.Wait == WaitSpin || try < 200 {
			shm.Pause(8)
			continue
		}
		time.Sleep(nap)
		if nap < time.Millisecond {
			nap += nap / 2
		}
	}
}

// NextBatch is shm.Reader.NextBatch over all rings: records of one ring, in order.
func (r *Reader) NextBatch(dst []byte) (int, shm.Result) {
	if r.batches++; r.batches%reportEvery == 0 {
		r.report(nowNS(), false)
	}
	if !r.fresh {
		for range r.sources {
			if r.current++; r.current >= len(r.sources) {
				r.current = 0
			}
			n, res := r.sources[r.current].r.NextBatch(dst)
			switch res {
			case shm.Empty, shm.Stopped:
			case shm.NewEpoch:
				r.follow()
				r.fresh = false
				return n, res
			default:
				return n, res
			}
		}
	}
	res := r.Next(dst)
	if res == shm.Record {
		return 1, res
	}
	return 0, res
}

// Stale says whether the writer's heartbeat is older than ReaderOptions.Stale. StaleWriter is said once for each
// silence; this can be asked at any time.
func (r *Reader) Stale() bool { return r.view.Control.Stale(nowNS(), uint64(r.opts.Stale)) }

// Control returns the control file. It is unmapped when the reader follows a restart: ask again after NewEpoch.
func (r *Reader) Control() *shm.ControlView { return r.view.Control }

// Latest returns the latest table, nil where there is none. Ask again after NewEpoch.
func (r *Reader) Latest() *shm.LatestReader { return r.latest }

// Ring returns the ring the last result came from.
func (r *Reader) Ring() *shm.Reader { return r.sources[r.current].r }

// Worker returns whose ring the last result came from.
func (r *Reader) Worker() int { return int(r.sources[r.current].worker) }

// Position returns the position of the next record of the last result's ring.
func (r *Reader) Position() uint64 { return r.Ring().Position() }

// Lost returns how many records the last Lapped skipped.
func (r *Reader) Lost() uint64 { return r.Ring().Lost() }

// Missed returns how many records were overwritten before this reader could begin: of the run that it was opened in, where
// it starts at the oldest, and of every run in new files that it followed.
func (r *Reader) Missed() uint64 { return r.missed }

// PayloadSize returns the bytes Next needs.
func (r *Reader) PayloadSize() int { return r.Ring().PayloadSize() }

// Body returns the record in a payload that Next filled.
func (r *Reader) Body(payload []byte) []byte { return r.Ring().Body(payload) }

// Extra returns the trade id in a payload that Next filled, 0 where there is none.
func (r *Reader) Extra(payload []byte) uint64 { return r.Ring().Extra(payload) }

// Close unmaps everything.
func (r *Reader) Close() {
	r.leaveDoor()
	r.unmapAllBut(nil)
	r.sources, r.latestM, r.view = nil, nil, nil
}

// WriterAlive says whether the writer's process runs, in this PID namespace.
func (r *Reader) WriterAlive() bool { return r.view.WriterAlive() }
