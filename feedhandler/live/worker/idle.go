package worker

// idle is what a worker does with turns that bring nothing: it keeps looking for a while, then lets others have the
// processor, then sleeps until a packet comes or the next tick is due.
type idle struct {
	since uint64 // time of the newest datagram
}

// Bounds, ns since the newest datagram.
const (
	spinFor  = 50_000
	yieldFor = 200_000
	napsFor  = 1_000_000_000 // after that the ticks are further apart
)

func (i *idle) reset(now uint64) { i.since = now }

func (i *idle) pause(now uint64, w *Worker) {
	switch quiet := now - i.since; {
	case now < i.since:
		i.since = now // the clock was set back
	case quiet < spinFor:
	case quiet < yieldFor:
		w.Wait.yield()
	case quiet < napsFor:
		w.sleep(1)
	default:
		w.sleep(5)
	}
}
