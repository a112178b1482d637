package capture

import (
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
}

type aheadBlock struct {
	b   []byte
	err error // what the source said after b
}

func newReadAhead(src io.Reader) *readAhead {
	r := &readAhead{
		full: make(chan aheadBlock, aheadBlocks), empty: make(chan aheadBlock, aheadBlocks),
		stop: make(chan struct{}),
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
		r.cur, r.at = <-r.full, 0
	}
	n := copy(p, r.cur.b[r.at:])
	r.at += n
	return n, nil
}

// Close ends the goroutine. The source may be closed afterwards.
func (r *readAhead) Close() {
	r.once.Do(func() { close(r.stop) })
	r.done.Wait()
}
