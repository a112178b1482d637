package bench

import "wirebook/shm"

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
	seen := newAges()
	a.Late = make([]late, maxLate)
	for i := range a.Late {
		a.Late[i].Count = 1
	}
	a.Late = a.Late[:0]
	w := newWatch(&c.clock, nil)
	c.ring.SeekEdge()
	return func() answer { return c.read(seen, w, a) }
}

func (c *childWork) read(seen *ages, w *watch, a answer) answer {
	running := false // a run of late samples
	w.skip()
	for {
		switch c.ring.Next(c.buf) {
		case shm.Record:
			now := w.look()
			m := shm.View[shm.MBO](c.ring.Body(c.buf))
			if m.OrderID == c.job.Records && m.Action == shm.ActionNone {
				a.Hist, a.Places, a.Stalls = seen.all.Export(), seen.told(), w.end()
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
			seen.seen(m.TsRecv, took)
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
			seen.missed()
		default:
			w.idle() // takes the time: that is pause enough between two looks
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
