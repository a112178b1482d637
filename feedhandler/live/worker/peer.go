package worker

import (
	"fmt"
	"math"
	"sync/atomic"
)

// peer is what the other workers know of one.
type peer struct {
	_ [cacheLine]byte
	// upto is the time, UTC ns, up to which everything that arrived on the worker's queues is with its owners. The worker
	// tells it every turn, and the others look once a tick: a gap is not declared while its packet waits in another
	// worker's queue.
	upto   atomic.Uint64
	_      [cacheLine]byte
	asleep atomic.Bool // or about to be
	_      [cacheLine]byte
	Bell   *bell
}

// MeetOthers makes a worker ready to hand over to others and to be handed to. It does not run yet.
func (w *Worker) MeetOthers(counter Counting, named *Subscribers, workers, batch int) error {
	b, err := newBell()
	if err != nil {
		return err
	}
	w.Peer = &peer{Bell: b}
	w.Peer.upto.Store(ClockNS())
	w.Outboxes, w.filled = make([]*handover, workers), make([]*handover, 0, workers)
	if batch == 0 {
		batch = 64
	}
	label := fmt.Sprintf("worker=\"%d\"", w.Number)
	w.Inbox = &inbox{
		named: named, batch: batch, until: never,
		takenWord: counter("worker_handed_over", label), unclaimedWord: counter("xdp_drop_unclaimed", label),
	}
	return w.Wait.addBell(b)
}

// never is the bound of a worker that will hand over nothing more.
const never = math.MaxUint64

// wake rings for a worker that sleeps. Any worker may call it; it costs a load while nobody sleeps.
func (p *peer) wake() {
	if p.asleep.Load() && p.asleep.CompareAndSwap(true, false) {
		p.Bell.ring()
	}
}
