package xdp

import (
	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler"
	"wirebook/feedhandler/live/worker"
	"wirebook/ptp"
)

// Queue is one queue of a NIC: frames of every channel whose lines arrive there. One worker polls it, which hands
// over what belongs to others.
type Queue struct {
	link    *Link
	number  int
	Worker  int // that polls it, or is going to; the handler's
	Polled  bool
	named   *worker.Subscribers
	umem    *afxdp.UMEM
	sock    *afxdp.Socket
	batch   *afxdp.Batch
	scratch []byte // where a frame of several buffers is put together
	n, at   int    // descriptors in hand, and the next of them: a panic leaves the rest for the next poll
	full    bool
	last    uint64 // newest stamp

	hardware, driver, system ptp.Reader
	hasHardware, hasClock    bool

	Frames, unclaimed, nameless, unstamped uint64
	handed, refused                        uint64 // to other workers; refused: their queue was full
	words                                  queueWords
}

func (r *Queue) Poll(w *worker.Worker) int {
	if r.at == r.n {
		r.release() // of frames that a panic kept
		if r.n = r.sock.Poll(r.batch); r.n == 0 {
			return 0
		}
		r.full = r.n == r.batch.Cap()
		w.Holding()
	}
	var hardware, driver *ptp.Model
	if r.hasHardware {
		hardware = r.hardware.Model()
	}
	if r.hasClock {
		driver = r.driver.Model()
	}
	before := r.Frames
	w.From(uint16(r.number))
	for r.at < r.n {
		i := r.at
		frame, next := r.batch.Packet(i, r.scratch)
		r.at = next
		r.Frames++ // now: a panic below ends the poll
		meta, named := bpf.TakeMeta(r.batch.Meta(i, bpf.MetaBytes))
		if !named {
			r.nameless++
			meta.ID = r.find(frame)
		}
		f := r.named.Feed(meta.ID)
		if f == nil {
			r.unclaimed++ // its channel left while it was in the ring
			continue
		}
		var stamp ptp.Stamp
		switch {
		case meta.Source == bpf.SourceHardware && hardware != nil:
			stamp = hardware.Stamp(meta.StampNS)
		case meta.Source == bpf.SourceDriver && driver != nil:
			stamp = driver.Stamp(meta.StampNS)
		default:
			stamp = r.host()
		}
		r.last = stamp.NS
		if f.Worker != w.Number {
			if w.HandOver(f, meta.ID, uint16(r.number), stamp, frame) {
				r.handed++
			} else {
				r.refused++
			}
			continue
		}
		w.Current = f
		f.Pipe.OnFrame(frame, stamp)
		w.Touch(f)
	}
	r.release()
	return int(r.Frames - before)
}

// Empty takes what the queue holds, in bounded number. On its worker's goroutine.
func (r *Queue) Empty(w *worker.Worker) {
	for n, got := 0, 1; got > 0 && n < worker.MostFrames; n += got {
		got = r.Poll(w)
		w.Deliver()
	}
	w.Flush()
}

// LeftOver counts what the queue holds as nobody's. No worker runs any more.
func (r *Queue) LeftOver() {
	for {
		for r.at < r.n {
			_, r.at = r.batch.Packet(r.at, r.scratch)
			r.Frames++
			r.unclaimed++
		}
		r.release()
		if r.n = r.sock.Poll(r.batch); r.n == 0 {
			break
		}
	}
	r.Publish()
}

func (r *Queue) release() {
	if r.n > 0 {
		r.sock.Release(r.batch)
		r.n, r.at = 0, 0
	}
}

// find names the channel of a frame where the driver has no room for metadata. 0: of none.
func (r *Queue) find(frame []byte) uint16 {
	var d feedhandler.Datagram
	if feedhandler.ParseFrame(frame, false, &d) != feedhandler.WireOK {
		return 0
	}
	for id := range uint16(r.named.End.Load()) {
		if f := r.named.Feed(id); f != nil {
			if _, ok := f.Pipe.Route(&d); ok { // of whichever worker: routes do not change
				return id
			}
		}
	}
	return 0
}

// host stamps a frame that nobody stamped before: late, but in order.
func (r *Queue) host() ptp.Stamp {
	r.unstamped++
	if !r.hasClock {
		return ptp.Stamp{NS: worker.ClockNS(), Source: ptp.SourceHost, Bad: true}
	}
	stamp := r.system.Model().Stamp(worker.ClockNS())
	stamp.Source = ptp.SourceHost
	return stamp
}

func (r *Queue) Backlog() (uint64, bool) { return r.last, r.full }

func (r *Queue) FD() int { return r.sock.FD() }

func (r *Queue) close() (err error) {
	if r.sock != nil {
		err = r.sock.Close()
		r.sock = nil
	}
	if r.umem != nil {
		if e := r.umem.Close(); err == nil {
			err = e
		}
		r.umem = nil
	}
	return err
}
