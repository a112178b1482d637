package worker

import "sync/atomic"

// inbox is where a worker gets the frames of its channels that arrived on queues of other workers.
type inbox struct {
	Queues []*handover // one a worker that hands over to this one
	named  *Subscribers
	batch  int
	item   handedFrame
	until  uint64 // up to where the last poll got, where it left something
	more   bool

	Taken, unclaimed         uint64
	takenWord, unclaimedWord *uint64
	takenTold, unclaimedTold uint64
}

// Poll hands what waits to the pipelines it is for, at most a batch of each queue, and returns how many frames that was.
func (b *inbox) Poll(w *Worker) int {
	b.more, b.until = false, never
	n := 0
	for _, q := range b.Queues {
		got, last := 0, uint64(0)
		for got < b.batch && q.take(&b.item) {
			if got++; got == 1 {
				w.Holding()
			}
			b.Taken++ // now: a panic below ends the poll
			last = b.item.stamp.NS
			f := b.named.Feed(b.item.id)
			if f == nil || f.Worker != w.Number {
				b.unclaimed++ // its channel left while it was in the queue
				continue
			}
			w.Current = f
			w.From(b.item.queue)
			f.Pipe.OnFrame(b.item.frame, b.item.stamp)
			w.Touch(f)
		}
		q.release() // also of what a panic took
		if n += got; got == b.batch && q.waiting() {
			b.more, b.until = true, min(b.until, last)
		}
	}
	return n
}

// bound is the time up to which the others have handed everything over. Ask before the poll.
func (b *inbox) bound(now uint64) uint64 {
	for _, q := range b.Queues {
		now = min(now, q.from.upto.Load())
	}
	return now
}

func (b *inbox) waiting() bool {
	for _, q := range b.Queues {
		if q.waiting() {
			return true
		}
	}
	return false
}

// LeftOver counts what came after the worker's last look. No worker runs any more.
func (b *inbox) LeftOver() {
	for _, q := range b.Queues {
		for q.take(&b.item) {
			b.unclaimed++
		}
	}
	b.publish()
}

func (b *inbox) publish() {
	atomic.AddUint64(b.takenWord, b.Taken-b.takenTold)
	atomic.AddUint64(b.unclaimedWord, b.unclaimed-b.unclaimedTold)
	b.takenTold, b.unclaimedTold = b.Taken, b.unclaimed
}
