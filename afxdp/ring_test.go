package afxdp

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// fakeRing is the memory of one ring, without a kernel.
type fakeRing struct{ producer, consumer, flags uint32 }

func (r *fakeRing) words() words { return words{&r.producer, &r.consumer, &r.flags} }

// TestRings drives all four rings against a model, across the wrap of the 32-bit indexes: what one side puts in comes
// out at the other, in order, and never more than the ring holds.
func TestRings(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		size := 1 << (1 + rnd.IntN(6))
		start := -uint32(rnd.IntN(3 * size)) // soon before the wrap
		in := &fakeRing{producer: start, consumer: start}
		var p producing
		p.init(in.words(), size)
		out := &fakeRing{producer: start, consumer: start}
		slots := make([]uint64, size)
		rx := rxRing{descs: make([]Desc, size)}
		rx.init(out.words(), size)
		var sent, taken, made, got uint64
		dst := make([]Desc, size+3)
		for range 2000 {
			switch rnd.IntN(4) {
			case 0: // we produce
				n := uint32(rnd.IntN(size + 2))
				room := p.room(n)
				if want := uint32(size) - uint32(sent-taken); room > want || room < n && room != want {
					t.Fatalf("seed %d: room %d for %d, the model says %d", seed, room, n, want)
				}
				for range min(n, room) {
					slots[p.next&p.mask] = sent
					p.next++
					sent++
				}
				p.publish()
			case 1: // the kernel takes
				for range rnd.IntN(size + 1) {
					if in.consumer == in.producer {
						break
					}
					if v := slots[in.consumer&uint32(size-1)]; v != taken {
						t.Fatalf("seed %d: took %d, want %d", seed, v, taken)
					}
					in.consumer++
					taken++
				}
				if p.pending() != uint32(sent-taken) {
					t.Fatalf("seed %d: %d pending, want %d", seed, p.pending(), sent-taken)
				}
			case 2: // the kernel produces
				for range rnd.IntN(size + 1) {
					if out.producer-out.consumer == uint32(size) {
						break
					}
					rx.descs[out.producer&uint32(size-1)] = Desc{Addr: made}
					out.producer++
					made++
				}
			default: // we take
				n := rx.read(dst[:rnd.IntN(len(dst))])
				for _, d := range dst[:n] {
					if d.Addr != got {
						t.Fatalf("seed %d: read %d, want %d", seed, d.Addr, got)
					}
					got++
				}
				rx.publish()
			}
		}
		if sent == 0 || got == 0 || p.next > start && start > 1<<31 {
			t.Fatalf("seed %d: %d sent, %d got, index %d: the rings were not driven past the wrap", seed, sent, got, p.next)
		}
	}
}

// fakeSocket is a socket over fake rings: what Poll and Release do without a kernel.
func fakeSocket(frames, frameBytes int) (*Socket, *fakeRing, *fakeRing) {
	u := &UMEM{o: UMEMOptions{Frames: frames, FrameBytes: frameBytes}, mem: make([]byte, frames*frameBytes)}
	s := &Socket{fd: -1, umem: u, addrMask: ^uint64(frameBytes - 1)}
	rx, fill := new(fakeRing), new(fakeRing)
	s.rx.init(rx.words(), frames)
	s.rx.descs = make([]Desc, frames)
	s.fill.init(fill.words(), frames)
	s.fill.addrs = make([]uint64, frames)
	return s, rx, fill
}

// TestReleaseKeepsOrder: frames go back in the order they came, whatever offset the kernel put the data at.
func TestReleaseKeepsOrder(t *testing.T) {
	s, rx, fill := fakeSocket(8, 4096)
	for i, frame := range []uint64{5, 2, 7, 0} {
		s.rx.descs[i] = Desc{Addr: frame*4096 + 256 + uint64(i)*16, Len: 100}
	}
	rx.producer = 4
	a, b := NewBatch(3), NewBatch(3)
	if s.Poll(a) != 3 || s.Poll(b) != 1 || rx.consumer != 4 {
		t.Fatalf("polled %d and %d, consumer %d", a.Len(), b.Len(), rx.consumer)
	}
	if d := a.Data(1); len(d) != 100 || cap(d) != 100 || &d[0] != &s.umem.mem[2*4096+256+16] {
		t.Error("data is not where the descriptor says")
	}
	if m := a.Meta(0, 16); len(m) != 16 || cap(m) != 16 || &m[0] != &s.umem.mem[5*4096+256-16] {
		t.Error("metadata is not in front of the data")
	}
	s.Release(a)
	s.Release(b)
	s.Release(b) // empty by now
	if want := []uint64{5 * 4096, 2 * 4096, 7 * 4096, 0}; !slices.Equal(s.fill.addrs[:4], want) || fill.producer != 4 {
		t.Errorf("fill ring %v, producer %d, want %v", s.fill.addrs[:4], fill.producer, want)
	}
}

// TestWholePackets: a packet in several buffers is not cut by the end of a batch, unless it alone is larger.
func TestWholePackets(t *testing.T) {
	s, rx, _ := fakeSocket(16, 4096)
	for i, more := range []bool{false, true, true, false, false, true, true, true, true, false} {
		s.rx.descs[i] = Desc{Addr: uint64(i) * 4096, Len: 10}
		if more {
			s.rx.descs[i].Options = descContinued
		}
	}
	rx.producer = 10
	b := NewBatch(3)
	var got []int
	for s.Poll(b) > 0 {
		got = append(got, b.Len())
		s.Release(b)
	}
	if want := []int{1, 3, 1, 3, 2}; !slices.Equal(got, want) {
		t.Errorf("batches of %v, want %v", got, want)
	}
}

// TestForeignDescriptors: what no kernel would write gives no data, and no panic.
func TestForeignDescriptors(t *testing.T) {
	s, rx, _ := fakeSocket(4, 4096)
	bad := []Desc{{Addr: 4*4096 - 10, Len: 11}, {Addr: 1 << 40, Len: 1}, {Addr: 0xffff<<48 | unalignedMask, Len: 0xffffffff}, {Addr: 5 << 48, Len: 1 << 31}}
	copy(s.rx.descs, bad)
	rx.producer = uint32(len(bad))
	b := NewBatch(8)
	if s.Poll(b) != len(bad) {
		t.Fatal("not polled")
	}
	for i := range bad {
		if d := b.Data(i); d != nil {
			t.Errorf("descriptor %d gave %d bytes", i, len(d))
		}
	}
	if b.Meta(1, 16) != nil || b.Meta(0, -1) != nil || b.Meta(3, 6) != nil {
		t.Error("metadata outside the UMEM")
	}
	s.rx.descs[0] = Desc{Addr: 100<<48 | 4096, Len: 50} // an unaligned address with its offset
	s.rx.next = 0
	if d := b.Data(0); d != nil {
		t.Error("the batch changed with the ring")
	}
	rx.producer, s.rx.next, s.rx.filled = 1, 0, 0
	if s.Poll(b) != 1 {
		t.Fatal("not polled")
	}
	if d := b.Data(0); len(d) != 50 || &d[0] != &s.umem.mem[4196] {
		t.Error("an unaligned address is its base and its offset")
	}
}

// TestPacketCut: a packet larger than the scratch is cut off there, and the next is found.
func TestPacketCut(t *testing.T) {
	b := &Batch{mem: make([]byte, 4096), descs: []Desc{{0, 100, descContinued}, {200, 100, 0}, {400, 7, 0}}, n: 3}
	data, next := b.Packet(0, make([]byte, 150))
	if len(data) != 150 || next != 2 {
		t.Errorf("%d bytes, next %d; want 150 and 2", len(data), next)
	}
	if data, next = b.Packet(next, nil); len(data) != 7 || next != 3 {
		t.Errorf("%d bytes, next %d; want 7 and 3", len(data), next)
	}
}
