package afxdp

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPushAll: a batch goes into the fill ring as its frames would one by one, wherever the ring wraps.
func TestPushAll(t *testing.T) {
	const mask = ^uint64(2047)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		size := 1 << rnd.IntN(7)
		start := rnd.Uint32()
		one, all := newFill(size, start), newFill(size, start)
		descs := make([]Desc, rnd.IntN(size+1))
		for i := range descs {
			descs[i].Addr = rnd.Uint64()
			one.push(descs[i].Addr & mask)
		}
		all.pushAll(descs, mask)
		if one.next != all.next || !slices.Equal(one.addrs, all.addrs) {
			t.Fatalf("ring of %d from %d, %d frames: got %d %x, want %d %x", size, start, len(descs), all.next, all.addrs, one.next, one.addrs)
		}
	}
}

func newFill(size int, start uint32) *fillRing {
	r := &fillRing{addrs: make([]uint64, size)}
	r.init((&fakeRing{producer: start, consumer: start}).words(), size)
	return r
}

// TestFetch: asking for packets reads and writes nothing, whatever stands in a descriptor.
func TestFetch(t *testing.T) {
	mem := []byte{1, 2, 3, 4}
	descs := make([]Desc, 8)
	for i := range descs {
		descs[i] = Desc{Addr: uint64(i) << 61, Len: 1}
	}
	descs[7].Addr = ^uint64(0)
	before := slices.Clone(descs)
	fetchEight(&mem[0], &descs[0], false)
	fetchEight(&mem[0], &descs[0], true)
	b := Batch{mem: mem, descs: descs, n: 8, fetchable: true, meta: true}
	for i := range 64 {
		b.Fetch(i)
	}
	if !slices.Equal(descs, before) || !slices.Equal(mem, []byte{1, 2, 3, 4}) {
		t.Errorf("descriptors %x and memory %x changed", descs, mem)
	}
}

// BenchmarkBatch is what Poll, Data and Release take of a packet whose bytes are in the cache, without a kernel.
func BenchmarkBatch(b *testing.B) {
	s, rx, _ := fakeSocket(64, 2048)
	for i := range s.rx.descs {
		s.rx.descs[i] = Desc{Addr: uint64(i)*2048 + 256, Len: 170}
	}
	batch := NewBatch(64)
	sum := 0
	b.ReportAllocs()
	for done := 0; done < b.N; done += 64 {
		rx.producer += 64
		n := s.Poll(batch)
		for i := range n {
			batch.Fetch(i)
			f := batch.Data(i)
			sum += int(f[12]) + int(f[57])
		}
		s.Release(batch)
	}
	if sum != 0 {
		b.Fatal("empty frames have something in them")
	}
}
