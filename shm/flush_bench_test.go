package shm

import "testing"

// BenchmarkFlush is a burst of one record of one schema on a worker with rings of all, for one channel and for eight that share them: the
// record, and all flushes.
func BenchmarkFlush(b *testing.B) {
	var rings [SchemaCount]*Writer
	for s := range rings {
		cfg := RingConfig{Schema: Schema(s), Slots: 1 << 10, Epoch: 1}
		w, err := NewWriter(memory(RingBytes(cfg)), cfg)
		if err != nil {
			b.Fatal(err)
		}
		rings[s] = w
	}
	ring := MBOOf(rings[SchemaMBO])
	for _, channels := range []int{1, 8} {
		b.Run("channels-"+utoa(uint64(channels)), func(b *testing.B) {
			for range b.N {
				slot := ring.Claim()
				slot.Body.Price++
				ring.Commit(slot)
				for range channels {
					for _, w := range rings {
						w.Flush()
					}
				}
			}
		})
	}
}
