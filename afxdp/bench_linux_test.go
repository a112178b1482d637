package afxdp

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
)

// BenchmarkDrain is the receiver's own cost per packet: the queue is filled first, then drained on the clock, each
// packet's first bytes and metadata read. best-ns/packet is what to compare; filling is not in it.
func BenchmarkDrain(b *testing.B) {
	for _, c := range []struct {
		name string
		umem UMEMOptions
	}{
		{"frames4096", UMEMOptions{Frames: 8192}},
		{"frames2048", UMEMOptions{Frames: 8192, FrameBytes: 2048}},
		{"huge", UMEMOptions{Frames: 8192, FrameBytes: 2048, HugePages: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := newPair(b, 1, 1500, link.XDPDriverMode)
			umem := newUMEM(b, c.umem)
			if c.umem.HugePages && !umem.Pages().Huge {
				b.Skip("no huge pages: " + umem.Pages().Reason)
			}
			rx := p.receiver(Options{UMEM: umem, RXFrames: 8192, Metadata: true})
			tx := p.sender(Options{UMEM: newUMEM(b, UMEMOptions{Frames: 1024}), TXFrames: 1024})
			batch := NewBatch(64)
			var sum, packets uint64
			bestNS := 1e9 // of a round: other work on the machine only ever adds
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				send(b, tx, 0, 4096, 170)
				for deadline := time.Now().Add(time.Second); rx.rx.filledNow() < 4096 && time.Now().Before(deadline); {
					time.Sleep(100 * time.Microsecond)
				}
				b.StartTimer()
				start, before := time.Now(), packets
				for {
					n := rx.Poll(batch)
					if n == 0 {
						break
					}
					for i := range n {
						batch.Fetch(i)
						d, m := batch.Data(i), batch.Meta(i, 16)
						sum += uint64(d[14]) + uint64(d[42]) + uint64(m[8])
					}
					packets += uint64(n)
					rx.Release(batch)
				}
				if took := time.Since(start); packets > before {
					bestNS = min(bestNS, float64(took.Nanoseconds())/float64(packets-before))
				}
			}
			if packets == 0 {
				b.Fatal("nothing received")
			}
			b.ReportMetric(bestNS, "best-ns/packet")
			b.ReportMetric(float64(packets)/float64(b.N), "packets/op")
			sink = sum
		})
	}
}

var sink uint64

// filledNow returns how many descriptors wait in the ring.
func (r *rxRing) filledNow() uint32 { return atomic.LoadUint32(r.producer) - r.next }

// BenchmarkSend is the cost of a batch of 32 packets of 170 bytes by way of the kernel, the receiver's softirq included on veth.
func BenchmarkSend(b *testing.B) {
	p := newPair(b, 1, 1500, link.XDPDriverMode)
	rx := p.receiver(Options{UMEM: newUMEM(b, UMEMOptions{Frames: 2048}), RXFrames: 2048})
	tx := p.sender(Options{})
	out, batch, packet := NewTxBatch(32), NewBatch(64), frame(1, 170)
	b.ReportAllocs()
	for b.Loop() {
		n := tx.Reserve(out, 32)
		for i := range n {
			out.Put(i, packet)
		}
		if err := tx.Submit(out, n); err != nil {
			b.Fatal(err)
		}
		for rx.Poll(batch) > 0 {
			rx.Release(batch)
		}
	}
}
