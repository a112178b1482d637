package bench

import (
	"cmp"
	"runtime/metrics"
	"slices"
)

// Limits of what is kept to explain slow samples.
const (
	lateNS    = 10_000 // a sample above it is slow
	stallNS   = 3_000  // a loop that took longer was held up,
	messageNS = 500    // unless so much for each message it handled explains it
	maxLate   = 1 << 16
	maxStalls = 1 << 17 // a full packet is one by itself now and then
)

// stall is a time in which a loop that never waits did not go round, From to Held, and what was due piled up: To is when
// the pile was gone.
type stall struct {
	From, Held, To uint64
	Cause          string
}

// watch looks for stalls in a loop that spins. It belongs to one thread.
type watch struct {
	clock   *clock
	growths func() uint64 // of tables; may be nil
	last    uint64
	was     interruptions
	cycles  uint64
	grown   uint64
	work    int  // messages handled since the last look
	open    bool // the newest stall's pile is not gone yet
	stalls  []stall
	sample  []metrics.Sample
}

func newWatch(c *clock, growths func() uint64) *watch {
	w := &watch{clock: c, growths: growths, stalls: make([]stall, 0, maxStalls), sample: []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}}
	w.stalls = w.stalls[:maxStalls]
	for i := range w.stalls {
		w.stalls[i].To = 1 // no page of it is new when the clock runs
	}
	w.stalls = w.stalls[:0]
	w.cause()
	w.last = c.now()
	return w
}

// look returns the time and notes a stall when much of it went by since the last look.
func (w *watch) look() uint64 {
	now := w.clock.now()
	if now-w.last > stallNS {
		w.note(w.last, now)
		now = w.clock.now()
	}
	w.last, w.work = now, 0
	return now
}

// did says that the loop handled n messages.
func (w *watch) did(n int) { w.work += n }

// skip leaves out what went by since the last look: the loop rested on purpose.
func (w *watch) skip() {
	w.idle()
	w.cause()
	w.last = w.clock.now()
}

// idle is a look with nothing to do: what had piled up is gone.
func (w *watch) idle() uint64 {
	now := w.look()
	if w.open {
		w.stalls[len(w.stalls)-1].To = now
		w.open = false
	}
	return now
}

func (w *watch) note(from, to uint64) {
	cause := w.cause()
	if cause == otherTenant && to-from <= stallNS+uint64(w.work)*messageNS {
		cause = "own work, many messages at once"
	}
	if len(w.stalls) < maxStalls {
		w.stalls = append(w.stalls, stall{From: from, Held: to, To: to, Cause: cause})
		w.open = true
	}
}

// cause says what happened to this thread since the last stall: the kernel and the runtime count.
func (w *watch) cause() string {
	now := interrupted()
	metrics.Read(w.sample)
	cycles, grown := w.sample[0].Value.Uint64(), uint64(0)
	if w.growths != nil {
		grown = w.growths()
	}
	was, wasCycles, wasGrown := w.was, w.cycles, w.grown
	w.was, w.cycles, w.grown = now, cycles, grown
	switch {
	case grown != wasGrown:
		return "table growth"
	case cycles != wasCycles:
		return "collector"
	case now.faults != was.faults:
		return "page fault"
	case now.switches != was.switches:
		return "scheduler"
	}
	return otherTenant
}

// otherTenant: nothing we or our kernel's scheduler did. An interrupt, or the host took the core away.
const otherTenant = "other tenant"

func (w *watch) end() []stall { return w.stalls }

// explain counts slow samples by the stall that took most of their run's time, the writer's or the reader's, or in whose
// pile they were. total is how many there were: what the list had no room for is said too.
func explain(list []late, total uint64, writer, reader []stall) []Slow {
	found := map[string]*Slow{}
	unexplained := "within the path"
	if len(writer) == maxStalls || len(reader) == maxStalls {
		unexplained += ", or of a stall that was not kept: too many"
	}
	for _, l := range list {
		cause, longest := unexplained, uint64(0)
		for _, end := range []struct {
			who    string
			stalls []stall
		}{{"writer", writer}, {"reader", reader}} {
			i, _ := slices.BinarySearchFunc(end.stalls, l.From, func(s stall, at uint64) int { return cmp.Compare(s.To, at) })
			for ; i < len(end.stalls) && end.stalls[i].From < l.To; i++ {
				s := &end.stalls[i]
				// One more than the time shared: a run that began when the loop went round again is still of its pile.
				if shared := min(s.Held, l.To) - min(max(s.From, l.From), s.Held) + 1; shared > longest {
					cause, longest = end.who+": "+s.Cause, shared
				}
			}
		}
		s := found[cause]
		if s == nil {
			s = &Slow{Cause: cause}
			found[cause] = s
		}
		s.Count += l.Count
		s.Runs++
		s.Worst = max(s.Worst, float64(l.WorstNS))
	}
	for _, s := range found {
		total -= min(s.Count, total)
	}
	if total > 0 {
		found[""] = &Slow{Cause: "not followed: too many", Count: total}
	}
	out := make([]Slow, 0, len(found))
	for _, s := range found {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Slow) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause)) })
	return out
}
