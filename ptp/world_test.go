package ptp

import "math/rand"

// world is a simulated machine: true time, a host clock, a raw clock and a PHC, all wrong in their own way.
type world struct {
	rng *rand.Rand
	now int64 // true UTC, ns

	hostOff   int64   // host clock minus UTC
	hostRate  float64 // gain of the host clock, fraction
	phcOff    float64 // PHC minus UTC
	phcRate   float64
	wander    float64 // the PHC's rate walks within ±wander/2
	wandering float64
	rawRate   float64
	rawOff    float64
	stopped   bool // the PHC stands

	width func() int64   // of a reading
	at    func() float64 // where in the interval the PHC is read
}

const worldStart = 1_700_000_000_000_000_000

func newWorld(seed int64) *world {
	w := &world{rng: rand.New(rand.NewSource(seed)), now: worldStart, phcOff: 37e9, rawOff: -1.6e18, rawRate: 3e-6}
	w.width = func() int64 { return 1000 + w.rng.Int63n(2000) }
	w.at = w.rng.Float64
	return w
}

func (w *world) advance(ns int64) {
	// small steps, so that rates may wander inside
	for left := ns; left > 0; {
		d := min(left, 1_000_000)
		left -= d
		w.now += d
		w.hostOff += int64(float64(d) * w.hostRate)
		w.rawOff += float64(d) * w.rawRate
		if w.stopped {
			w.phcOff -= float64(d)
			continue
		}
		if w.wander > 0 {
			w.wandering += (w.rng.Float64() - 0.5) * w.wander / 20
			w.wandering = max(min(w.wandering, w.wander/2), -w.wander/2)
		}
		w.phcOff += float64(d) * (w.phcRate + w.wandering)
	}
}

func (w *world) phc() uint64  { return uint64(w.now) + uint64(int64(w.phcOff)) }
func (w *world) host() uint64 { return uint64(w.now + w.hostOff) }
func (w *world) raw() uint64  { return uint64(w.now + int64(w.rawOff)) }

// read takes a cross timestamp; time passes while it does.
func (w *world) read() (s Sample) {
	width := w.width()
	first := int64(float64(width) * w.at())
	s.RawNS = w.raw()
	s.BeforeNS = w.host()
	w.advance(first)
	s.PHC = w.phc()
	w.advance(width - first)
	s.AfterNS = w.host()
	return s
}

// run feeds e at the interval for so long; each is called after every Add.
func (w *world) run(e *Estimator, forNS, everyNS int64, each func()) {
	for end := w.now + forNS; w.now < end; {
		e.Add(w.read())
		e.Tick(w.raw())
		if each != nil {
			each()
		}
		w.advance(everyNS)
	}
}
