package shm

import (
	"sort"
	"strconv"
	"testing"
	"time"
)

// BenchmarkPackets writes frames into a ring that no cache holds, as the core does, and beside it, in turns, copies the same
// frames into memory of the same size one behind the other: x-memcpy is what the ring costs in those.
func BenchmarkPackets(b *testing.B) {
	for _, n := range []int{60, 128, 256, 512, 1024, 1500, 9000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			cfg, err := PacketsOf(128 << 20)
			if err != nil {
				b.Fatal(err)
			}
			cfg.Epoch = 1
			mem := memory(PacketsBytes(cfg))
			w, err := NewPacketWriter(mem, cfg)
			if err != nil {
				b.Fatal(err)
			}
			plain := memory(len(mem) - HeaderBytes)
			frame := memory(n)
			off := 0
			put := func(count int) {
				for i := range count {
					h, payload := w.Claim(n)
					h.Kind, h.WireBytes, h.TsRecv, h.BoundNS = PacketFrame, uint32(n), uint64(i), 100
					copy(payload, frame)
					h.Verdict, h.Units, h.Value = VerdictNew, 1, uint64(i)
					w.Commit()
					if i&15 == 0 {
						w.Flush()
					}
				}
			}
			move := func(count int) {
				for range count {
					if off+n > len(plain) {
						off = 0
					}
					copy(plain[off:off+n], frame)
					off += n
				}
			}
			lap := len(plain)/n + 1
			put(lap) // every page is there
			move(lap)
			b.ReportAllocs()
			b.ResetTimer()
			var ring, copied []float64
			for done := 0; done < b.N; {
				count := min(b.N-done, 2048)
				t0 := time.Now()
				put(count)
				t1 := time.Now()
				move(count)
				t2 := time.Now()
				ring = append(ring, float64(t1.Sub(t0))/float64(count))
				copied = append(copied, float64(t2.Sub(t1))/float64(count))
				done += count
			}
			sort.Float64s(ring) // medians: a shared machine takes the processor away now and then
			sort.Float64s(copied)
			r, c := ring[len(ring)/2], copied[len(copied)/2]
			b.ReportMetric(r, "ns/frame")
			b.ReportMetric(c, "memcpy-ns/frame")
			b.ReportMetric(r/c, "x-memcpy")
			b.ReportMetric(0, "ns/op")
		})
	}
}
