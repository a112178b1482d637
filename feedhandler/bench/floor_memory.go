package bench

import (
	"math/rand/v2"
	"sync/atomic"
)

// chain is 64 MB of cache lines, each naming the next in an order no prefetcher can guess.
type chain struct {
	lines [][8]uint64
	mem   []byte
	copy  []byte
	free  func()
	at    uint64
}

const chainBytes = 64 << 20

func newChain() (*chain, error) {
	mem, free, err := reserve(2 * chainBytes)
	if err != nil {
		return nil, err
	}
	c := &chain{mem: mem[:chainBytes], copy: mem[chainBytes:], free: free, lines: linesOf(mem, chainBytes/64)}
	perm := rand.New(rand.NewPCG(1, 2)).Perm(len(c.lines))
	for i, p := range perm {
		c.lines[p][0] = uint64(perm[(i+1)%len(perm)])
	}
	return c, nil
}

// run follows n links: n loads, each waiting for the one before.
func (c *chain) run(n int) {
	at := c.at
	for range n {
		at = c.lines[at][0]
	}
	c.at = at
}

// copied copies the chain once over, 64 KB at a time, into memory of its own and returns how many bytes that was.
func (c *chain) copied() int {
	const piece = 64 << 10
	for at := 0; at < chainBytes; at += piece {
		copy(c.copy[at:at+piece], c.mem[at:at+piece])
	}
	return chainBytes
}

// pingPong sends a cache line to another thread and back, and hands each round trip's ns to record.
// It runs on the caller's thread and on one pinned to other.
func pingPong(ck *clock, other, rounds int, record func(ns uint64)) error {
	var line struct {
		_    [64]byte
		ping atomic.Uint64
		_    [56]byte
		pong atomic.Uint64
		_    [56]byte
	}
	ready := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		unpin, err := pin(other)
		ready <- err
		if err != nil {
			return
		}
		defer unpin()
		if realtime(true) == nil {
			defer realtime(false)
		}
		for i := uint64(1); i <= uint64(rounds); i++ {
			for line.ping.Load() != i {
			}
			line.pong.Store(i)
		}
	}()
	if err := <-ready; err != nil {
		return err
	}
	for i := uint64(1); i <= uint64(rounds); i++ {
		t := ck.now()
		line.ping.Store(i)
		for line.pong.Load() != i {
		}
		record(ck.now() - t)
	}
	<-done
	return nil
}
