package live

import (
	"runtime/metrics"
	"sync/atomic"
)

// memoryCounters publish what the Go runtime holds: a process that grows is seen from outside. Reading stops nobody.
type memoryCounters struct {
	samples []metrics.Sample
	words   []*uint64
}

func (m *memoryCounters) register(h *Handler) {
	for _, c := range [...]struct{ metric, counter string }{
		{"/gc/heap/live:bytes", "go_heap_live_bytes"}, // what the last collection kept
		{"/memory/classes/heap/objects:bytes", "go_heap_bytes"},
		{"/gc/cycles/total:gc-cycles", "go_gc_cycles"},
		{"/sched/goroutines:goroutines", "go_goroutines"},
	} {
		m.samples = append(m.samples, metrics.Sample{Name: c.metric})
		m.words = append(m.words, h.counter(c.counter, ""))
	}
}

func (m *memoryCounters) publish() {
	metrics.Read(m.samples)
	for i := range m.samples {
		if v := m.samples[i].Value; v.Kind() == metrics.KindUint64 {
			atomic.StoreUint64(m.words[i], v.Uint64())
		}
	}
}
