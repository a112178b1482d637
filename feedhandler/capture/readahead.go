package capture

import (
	"errors"
	"io"
	"sync"
)

const (
	aheadBlocks = 4
	aheadBytes  = 256 << 10
)

// readAhead unpacks in a goroutine of its own, a few blocks in front of the reader, so that a compressed capture costs
// its packets only a copy. Blocks circulate; nothing is allocated after the start.
type readAhead struct {
	full, empty chan aheadBlock
	stop        chan struct{}
	once        sync.Once
	done        sync.WaitGroup
	cur         aheadBlock
	at          int
	eager       bool            // what is there is given, not only whole blocks: somebody may be waiting for it
	cancel      <-chan struct{} // ends waiting; nil never does
}

type aheadBlock struct {
	b   []byte
	err error // what the source said after b
}

// errLeft ends the reading of a pipe that nobody wants to wait for any more.
var errLeft = errors.New("stopped")

func newReadAhead(src io.Reader, eager bool) *readAhead { return startReadAhead(src, eager, nil) }

// newPipeAhead reads a pipe in a goroutine, so that waiting for it can end: with done, or with leave.
func newPipeAhead(src io.Reader, done <-chan struct{}) *readAhead {
	return startReadAhead(src, true, done)
}

func startReadAhead(src io.Reader, eager bool, cancel <-chan struct{}) *readAhead {
	r := &readAhead{
		full: make(chan aheadBlock, aheadBlocks), empty: make(chan aheadBlock, aheadBlocks),
		stop: make(chan struct{}), eager: eager, cancel: cancel,
	}
	for range aheadBlocks {
		r.empty <- aheadBlock{b: make([]byte, aheadBytes)}
	}
	r.done.Add(1)
	go r.run(src)
	return r
}

func (r *readAhead) run(src io.Reader) {
	defer r.done.Done()
	for {
		var k aheadBlock
		select {
		case k = <-r.empty:
		case <-r.stop:
			return
		}
		n, err := 0, error(nil)
		for n < aheadBytes && err == nil {
			var got int
			got, err = src.Read(k.b[n:aheadBytes])
			n += got
			if n > 0 && r.eager {
				break
			}
		}
		k.b, k.err = k.b[:n], err
		select {
		case r.full <- k:
		case <-r.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read gives what was unpacked. It waits where the unpacking is slower.
func (r *readAhead) Read(p []byte) (int, error) {
	for r.at == len(r.cur.b) {
		if r.cur.err != nil {
			return 0, r.cur.err
		}
		if r.cur.b != nil {
			r.empty <- aheadBlock{b: r.cur.b[:aheadBytes]} // never blocks: there is room for every block
		}
		r.at, r.cur = 0, aheadBlock{}
		select {
		case r.cur = <-r.full:
		case <-r.stop:
			r.cur.err = errLeft
		case <-r.cancel:
			r.cur.err = errLeft
		}
	}
	n := copy(p, r.cur.b[r.at:])
	r.at += n
	return n, nil
}

// leave ends the reading without waiting for a source that may never say anything again.
func (r *readAhead) leave() { r.once.Do(func() { close(r.stop) }) }

// Close ends the goroutine. The source may be closed afterwards.
func (r *readAhead) Close() {
	r.once.Do(func() { close(r.stop) })
	r.done.Wait()
}
