package live

import (
	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler"
	"wirebook/ptp"
)

// queueReceiver is one queue of a NIC: frames of every channel whose lines arrive there. It belongs to its link's worker.
type queueReceiver struct {
	link    *xdpLink
	number  int
	umem    *afxdp.UMEM
	sock    *afxdp.Socket
	batch   *afxdp.Batch
	scratch []byte // where a frame of several buffers is put together
	n, at   int    // descriptors in hand, and the next of them: a panic leaves the rest for the next poll
	full    bool
	last    uint64 // newest stamp

	hardware, driver, system ptp.Reader
	hasHardware, hasClock    bool

	frames, unclaimed, nameless, unstamped uint64
	words                                  queueWords
}

func (r *queueReceiver) poll(w *worker) int {
	if r.at == r.n {
		r.release() // of frames that a panic kept
		if r.n = r.sock.Poll(r.batch); r.n == 0 {
			return 0
		}
		r.full = r.n == r.batch.Cap()
	}
	var hardware, driver *ptp.Model
	if r.hasHardware {
		hardware = r.hardware.Model()
	}
	if r.hasClock {
		driver = r.driver.Model()
	}
	feeds := r.link.feeds
	frames := 0
	for r.at < r.n {
		i := r.at
		frame, next := r.batch.Packet(i, r.scratch)
		r.at = next
		frames++
		meta, named := bpf.TakeMeta(r.batch.Meta(i, bpf.MetaBytes))
		var f *feed
		switch {
		case !named:
			r.nameless++
			f = r.find(w, frame)
		case int(meta.ID) < len(feeds):
			f = feeds[meta.ID]
		}
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
		w.current = f
		f.pipe.OnFrame(frame, stamp)
		w.touch(f)
	}
	r.frames += uint64(frames)
	r.release()
	return frames
}

func (r *queueReceiver) release() {
	if r.n > 0 {
		r.sock.Release(r.batch)
		r.n, r.at = 0, 0
	}
}

// find is for drivers that have no room for metadata.
func (r *queueReceiver) find(w *worker, frame []byte) *feed {
	var d feedhandler.Datagram
	if feedhandler.ParseFrame(frame, false, &d) != feedhandler.WireOK {
		return nil
	}
	for _, f := range w.feeds {
		if _, ok := f.pipe.Route(&d); ok {
			return f
		}
	}
	return nil
}

// host stamps a frame that nobody stamped before: late, but in order.
func (r *queueReceiver) host() ptp.Stamp {
	r.unstamped++
	if !r.hasClock {
		return ptp.Stamp{NS: clockNS(), Source: ptp.SourceHost, Bad: true}
	}
	stamp := r.system.Model().Stamp(clockNS())
	stamp.Source = ptp.SourceHost
	return stamp
}

func (r *queueReceiver) backlog() (uint64, bool) { return r.last, r.full }

func (r *queueReceiver) fd() int { return r.sock.FD() }

func (r *queueReceiver) close() (err error) {
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
