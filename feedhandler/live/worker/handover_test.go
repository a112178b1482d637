package worker

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"wirebook/ptp"
)

// numbered is a frame that says which it is, in all of its bytes.
func numbered(number uint64, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(number*31 + uint64(i))
	}
	if size >= 8 {
		binary.LittleEndian.PutUint64(b, number)
	}
	return b
}

func numberedStamp(n uint64) ptp.Stamp {
	return ptp.Stamp{NS: n * 1_000_003, BoundNS: uint32(n), Source: ptp.Source(n % uint64(ptp.SourceCount)), Bad: n%3 == 0}
}

func quietPeers() (from, to *peer) { return &peer{}, &peer{} }

// TestHandOverIsAQueue plays random puts, publications, takes and releases against a plain list.
func TestHandOverIsAQueue(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		from, to := quietPeers()
		capacity := 1 << (10 + seed%4)
		q := NewHandover(capacity, from, to)
		type item struct {
			number uint64
			frame  []byte
		}
		var put, published, borrowed []item // not yet shown; shown; taken and not released
		var borrowedData [][]byte
		var f handedFrame
		number, refused, taken := uint64(0), 0, uint64(0)
		for range 20_000 {
			switch rng.IntN(8) {
			case 0, 1, 2, 3:
				frame := numbered(number, rng.IntN(capacity/4))
				if q.put(uint16(number), ^uint16(number), numberedStamp(number), frame) {
					put = append(put, item{number, frame})
				} else {
					refused++
					if len(put)+len(published)+len(borrowed) == 0 {
						t.Fatalf("seed %d: an empty queue of %d refused %d bytes", seed, capacity, len(frame))
					}
				}
				number++
			case 4:
				q.publish()
				published, put = append(published, put...), nil
			case 5, 6:
				got := q.take(&f)
				if want := len(published) > 0; got != want {
					t.Fatalf("seed %d: take %v with %d published", seed, got, len(published))
				}
				if !got {
					continue
				}
				want := published[0]
				published = published[1:]
				if f.id != uint16(want.number) || f.queue != ^uint16(want.number) || f.stamp != numberedStamp(want.number) || !bytes.Equal(f.frame, want.frame) {
					t.Fatalf("seed %d: took frame %d, %+v, %d bytes; want %d, %d bytes", seed, f.id, f.stamp, len(f.frame), want.number, len(want.frame))
				}
				borrowed, borrowedData = append(borrowed, want), append(borrowedData, f.frame)
				taken++
			case 7:
				for i := range borrowed {
					if !bytes.Equal(borrowed[i].frame, borrowedData[i]) {
						t.Fatalf("seed %d: frame %d was overwritten before its release", seed, borrowed[i].number)
					}
				}
				q.release()
				borrowed, borrowedData = nil, nil
			}
			if q.waiting() != (len(published) > 0) {
				t.Fatalf("seed %d: waiting %v with %d published", seed, q.waiting(), len(published))
			}
		}
		if refused == 0 || taken < 1000 {
			t.Errorf("seed %d: %d refused, %d taken: the play tried too little", seed, refused, taken)
		}
	}
}

// TestHandOverBetweenGoroutines is for the race detector: what was accepted arrives once, whole and in order.
func TestHandOverBetweenGoroutines(t *testing.T) {
	const frames = 200_000
	from, to := quietPeers()
	q := NewHandover(1<<14, from, to)
	var accepted, full uint64
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(done)
		rng := rand.New(rand.NewPCG(1, 2))
		scratch := make([]byte, 700)
		for n := uint64(1); n <= frames; n++ {
			frame := scratch[:16+rng.IntN(600)]
			binary.LittleEndian.PutUint64(frame, n)
			frame[len(frame)-1] = byte(n)
			if q.put(uint16(n), ^uint16(n), numberedStamp(n), frame) {
				accepted++
			} else {
				full++
				runtime.Gosched()
			}
			if n%16 == 0 {
				q.publish()
			}
		}
		q.publish()
	}()
	var f handedFrame
	var got, last uint64
	drain := func() {
		for range 64 {
			if !q.take(&f) {
				break
			}
			n := binary.LittleEndian.Uint64(f.frame)
			if n <= last || f.id != uint16(n) || f.stamp != numberedStamp(n) || f.frame[len(f.frame)-1] != byte(n) {
				t.Errorf("frame %d after %d: id %d, %+v", n, last, f.id, f.stamp)
				return
			}
			last = n
			got++
		}
		q.release()
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		drain()
		runtime.Gosched()
	}
	wg.Wait()
	for q.waiting() && !t.Failed() {
		drain()
	}
	if got != accepted || accepted+full != frames {
		t.Errorf("%d of %d accepted arrived; %d refused of %d", got, accepted, full, frames)
	}
	if got < 1000 {
		t.Errorf("only %d frames went through", got)
	}
}

func TestHandOverDoesNotAllocate(t *testing.T) {
	from, to := quietPeers()
	q := NewHandover(1<<16, from, to)
	frame := numbered(1, 200)
	var f handedFrame
	if n := testing.AllocsPerRun(1000, func() {
		for range 100 {
			q.put(7, 0, ptp.Stamp{NS: 1}, frame)
		}
		q.publish()
		for q.take(&f) {
		}
		q.release()
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkHandOver(b *testing.B) {
	from, to := quietPeers()
	q := NewHandover(1<<20, from, to)
	frame := numbered(1, 170)
	var f handedFrame
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for n := 0; n < b.N; n += 64 {
		for range 64 {
			q.put(7, 0, ptp.Stamp{NS: 1}, frame)
		}
		q.publish()
		for q.take(&f) {
		}
		q.release()
	}
}
