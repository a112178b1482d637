package bench

import (
	"math"
	"runtime"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// tenths is the histogram's unit: a tenth of a nanosecond.
const tenths = 10

func newHistogram() *hdr.Histogram { return hdr.New(1, 100_000_000_000, 3) }

// meter times one stage on the calling thread.
type meter struct {
	clock    *clock
	hist     *hdr.Histogram
	counters *counters
	last     uint64

	cpu, wall uint64 // ns, while running
	mallocs   uint64
	seen      uint64 // messages at the last lap, where the stage counts them in all
	before    runtime.MemStats
}

func newMeter(c *clock, p *counters) *meter {
	return &meter{clock: c, hist: newHistogram(), counters: p}
}

// start begins or resumes timing.
func (m *meter) start() {
	runtime.ReadMemStats(&m.before)
	m.counters.start()
	m.cpu -= threadCPU()
	m.last = m.clock.now()
	m.wall -= m.last
}

// lap ends a window of n units and begins the next.
func (m *meter) lap(n int) {
	now := m.clock.now()
	if n > 0 {
		_ = m.hist.RecordValue(int64((now - m.last) * tenths / uint64(n)))
	}
	m.last = now
}

// stop ends or interrupts timing.
func (m *meter) stop() {
	m.wall += m.clock.now()
	m.cpu += threadCPU()
	m.counters.stop()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	m.mallocs += after.Mallocs - m.before.Mallocs
}

// fill writes what was measured into a stage.
func (m *meter) fill(s *Stage) {
	ns := float64(m.cpu)
	if s.Messages > 0 {
		s.NSPerMessage = round(ns / float64(s.Messages))
	}
	if s.Packets > 0 {
		s.NSPerPacket = round(ns / float64(s.Packets))
	}
	if s.Records > 0 {
		s.NSPerRecord = round(ns / float64(s.Records))
	}
	units := max(s.Messages, s.Packets, 1)
	s.Allocs = perUnit(m.mallocs, units)
	percentiles(s, m.hist)
	s.Counters = m.counters.per(units)
}

func percentiles(s *Stage, h *hdr.Histogram) {
	if h.TotalCount() == 0 {
		return
	}
	at := func(q float64) float64 { return quantile(h, q) }
	s.P50, s.P99, s.P999 = at(50), at(99), at(99.9)
	for _, q := range []float64{0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999} {
		s.shape = append(s.shape, point{q, at(q)})
	}
}

func quantile(h *hdr.Histogram, q float64) float64 {
	return round(float64(h.ValueAtQuantile(q)) / tenths)
}

// perUnit is to four digits: what the runtime allocates for itself now and then is not the stage's.
func perUnit(count, units uint64) float64 {
	return math.Floor(float64(count)/float64(max(units, 1))*1e4) / 1e4
}
