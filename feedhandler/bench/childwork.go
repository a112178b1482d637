package bench

import (
	"math/bits"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"wirebook/shm"
)

// childWork is the second process's side of a ring.
type childWork struct {
	job   *job
	clock clock
	ring  *shm.Reader
	back  *shm.MBORing
	buf   []byte
}

// spins is how often a caught-up reader pauses between two looks where the job does not say.
const spins = 4

// echo answers every record with one of its own.
func (c *childWork) echo() answer {
	for n := uint64(0); n < c.job.Records; {
		if c.ring.Next(c.buf) != shm.Record {
			shm.Pause(c.job.Spins)
			continue
		}
		put(c.back, n)
		n++
	}
	return answer{Records: c.job.Records}
}

// drain reads everything and says now and then how far it is, so that the writer never laps it.
func (c *childWork) drain() answer {
	var a answer
	told := uint64(0)
	for a.Records < c.job.Records {
		n, res := c.ring.NextBatch(c.buf)
		switch res {
		case shm.Record:
			a.Records += uint64(n)
		case shm.Lapped:
			a.Lost += c.ring.Lost()
			a.Records += c.ring.Lost()
		default:
			shm.Pause(c.job.Spins)
		}
		if a.Records-told >= 1024 || a.Records >= c.job.Records {
			told = a.Records
			put(c.back, told)
		}
	}
	return a
}

// poll is several readers in turn, each looking at intervals, until the writer has come to its end.
func (c *childWork) poll() answer {
	var a answer
	readers := make([]shm.Reader, c.job.Readers)
	due := make([]uint64, len(readers))
	for i := range readers {
		readers[i] = *c.ring
		readers[i].SeekEdge()
	}
	for left := len(readers); left > 0; {
		for i := range readers {
			r := &readers[i]
			if due[i] > c.clock.now() {
				shm.Pause(spins)
				continue
			}
			for more := true; more; {
				n, res := r.NextBatch(c.buf)
				a.Records += uint64(n)
				if res == shm.Lapped {
					a.Lost += r.Lost()
				}
				more = res == shm.Record || res == shm.Lapped
			}
			due[i] = c.clock.now() + c.job.EveryNS
			if r.Position() >= c.job.Records {
				due[i] = 1 << 63
				left--
			}
		}
	}
	return a
}

// latency makes everything ready and returns what reads records that carry the time they were due in ts_recv, until one of
// order id Records comes.
func (c *childWork) latency() func() answer {
	c.touch()
	var a answer
	h := touchedHistogram()
	var places [placesTold]*hdr.Histogram
	for i := range places {
		places[i] = touchedHistogram()
	}
	a.Late = make([]late, maxLate)
	for i := range a.Late {
		a.Late[i].Count = 1
	}
	a.Late = a.Late[:0]
	w := newWatch(&c.clock, nil)
	c.ring.SeekEdge()
	return func() answer { return c.read(h, &places, w, a) }
}

// touchedHistogram is one of which no page is new when the clock runs.
func touchedHistogram() *hdr.Histogram {
	h := newHistogram()
	for v := int64(1); v < h.HighestTrackableValue(); v += v>>8 + 1 {
		_ = h.RecordValue(v)
	}
	h.Reset()
	return h
}

// placesTold is how many places in a packet have percentiles of their own: the first, second, fourth, …
const placesTold = 5

func (c *childWork) read(h *hdr.Histogram, placed *[placesTold]*hdr.Histogram, w *watch, a answer) answer {
	running := false // a run of late samples
	var packet uint64
	place := 0
	w.skip()
	for {
		switch c.ring.Next(c.buf) {
		case shm.Record:
			now := w.look()
			m := shm.View[shm.MBO](c.ring.Body(c.buf))
			if m.OrderID == c.job.Records && m.Action == shm.ActionNone {
				a.Hist, a.Stalls = h.Export(), w.end()
				for i, p := range placed {
					if p.TotalCount() > 0 {
						a.Places = append(a.Places, Place{Place: 1 << i, Records: uint64(p.TotalCount()), P50: quantile(p, 50), P99: quantile(p, 99)})
					}
				}
				return a
			}
			if m.OrderID == pausePaced && m.Action == shm.ActionNone {
				sleep(int64(m.TsRecv-c.clock.now()) - pacedEarlyNS)
				w.skip()
				running = false
				continue
			}
			took := now - m.TsRecv
			if int64(took) < 0 { // the clocks of two cores differ by more than the path takes
				a.Early++
				took = 0
			}
			_ = h.RecordValue(int64(took * tenths))
			if place++; m.TsRecv != packet {
				packet, place = m.TsRecv, 1 // a packet is due when no other with records is
			}
			if place&(place-1) == 0 && place < 1<<placesTold {
				_ = placed[bits.TrailingZeros(uint(place))].RecordValue(int64(took * tenths))
			}
			a.Records++
			if took > lateNS {
				a.Slow++
			}
			switch {
			case took <= lateNS:
				running = false
			case running:
				l := &a.Late[len(a.Late)-1]
				l.To, l.Count, l.WorstNS = now, l.Count+1, max(l.WorstNS, took)
			case len(a.Late) < maxLate:
				a.Late = append(a.Late, late{From: m.TsRecv, To: now, Count: 1, WorstNS: took})
				running = true
			}
		case shm.Lapped:
			a.Lost += c.ring.Lost()
		default:
			w.idle()
			shm.Pause(spins)
		}
	}
}

// touch reads the whole ring once, so that no page of it is new to this process when the clock runs.
func (c *childWork) touch() {
	c.ring.SeekOldest()
	for {
		if _, res := c.ring.NextBatch(c.buf); res != shm.Record && res != shm.Lapped {
			return
		}
	}
}
