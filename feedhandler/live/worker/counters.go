package worker

import (
	"fmt"
	"sync/atomic"
)

// Counting gives a counter of the control file, the same for the same name and label.
type Counting = func(name, label string) *uint64

// workerCounters are a worker's own: plain fields it counts in, and where they are published.
type workerCounters struct {
	turns        uint64 // of the loop
	datagrams    uint64
	restarts     uint64 // panics, mended
	longestPause uint64 // between two ticks, ns

	words [4]*uint64
}

func (c *workerCounters) register(counter Counting, n int) {
	label := fmt.Sprintf("worker=\"%d\"", n)
	for i, name := range [...]string{"worker_turns", "worker_datagrams", "worker_restarts", "worker_longest_pause_ns"} {
		c.words[i] = counter(name, label)
	}
}

func (c *workerCounters) publish() {
	for i, v := range [...]uint64{c.turns, c.datagrams, c.restarts, c.longestPause} {
		atomic.StoreUint64(c.words[i], v)
	}
}
