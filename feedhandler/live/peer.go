package live

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
	bell   *bell
}

// meetOthers makes a worker ready to hand over to others and to be handed to. It does not run yet.
func (w *worker) meetOthers(h *Handler, workers int) error {
	b, err := newBell()
	if err != nil {
		return err
	}
	w.peer = &peer{bell: b}
	w.peer.upto.Store(clockNS())
	w.outboxes, w.filled = make([]*handover, workers), make([]*handover, 0, workers)
	batch := h.config.Live.Batch
	if batch == 0 {
		batch = 64
	}
	label := fmt.Sprintf("worker=\"%d\"", w.number)
	w.inbox = &inbox{
		named: &h.named, batch: batch, until: never,
		takenWord: h.counter("worker_handed_over", label), unclaimedWord: h.counter("xdp_drop_unclaimed", label),
	}
	return w.wait.addBell(b)
}

// never is the bound of a worker that will hand over nothing more.
const never = math.MaxUint64

// wake rings for a worker that sleeps. Any worker may call it; it costs a load while nobody sleeps.
func (p *peer) wake() {
	if p.asleep.Load() && p.asleep.CompareAndSwap(true, false) {
		p.bell.ring()
	}
}
