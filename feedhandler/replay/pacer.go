package replay

import "time"

// pacer maps capture time to the machine's clock.
type pacer struct {
	speed    float64
	maxSleep time.Duration
	start    time.Time
	first    uint64
	last     uint64
	skipped  uint64 // capture time left out because of maxSleep
}

// leastSleep keeps short pauses together: a timer is no better than this.
const leastSleep = 500 * time.Microsecond

// wait says how long to wait before a packet of capture time ns.
func (p *pacer) wait(ns uint64) time.Duration {
	if p.speed <= 0 || ns == 0 {
		return 0
	}
	if p.first == 0 {
		p.first, p.last, p.start = ns, ns, time.Now()
		return 0
	}
	if ns < p.last {
		return 0
	}
	if quiet := ns - p.last; p.maxSleep > 0 && quiet > uint64(float64(p.maxSleep)*p.speed) {
		p.skipped += quiet - uint64(float64(p.maxSleep)*p.speed)
	}
	p.last = ns
	due := time.Duration(float64(ns-p.first-p.skipped) / p.speed)
	if wait := due - time.Since(p.start); wait >= leastSleep {
		return wait
	}
	return 0
}
