package venuesim

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// dice draws a service's faults. Each service has its own, so that one client's requests change nothing for another's.
type dice struct {
	mu      sync.Mutex
	rng     *rand.Rand
	list    []Fault // what may happen to this service
	refuse  bool
	ppm     uint32
	times   int
	delayed time.Duration
	played  map[Fault]uint64
}

func newDice(c *Config, s Service) *dice {
	d := &dice{
		rng:    rand.New(rand.NewPCG(c.Faults.Seed, uint64(slices.Index(everyService, s))+1)),
		refuse: c.Refuse, ppm: c.Faults.SharePPM, times: c.Faults.Times, delayed: c.Faults.Delay, played: map[Fault]uint64{},
	}
	if d.ppm == 0 {
		d.ppm = 1_000_000
	}
	if d.delayed == 0 {
		d.delayed = time.Second
	}
	for _, f := range c.Faults.Order {
		if only, some := c.Faults.Only[f]; f.on(s) && (!some || slices.Contains(only, s)) {
			d.list = append(d.list, f)
		}
	}
	return d
}

// draw says what goes wrong at this occasion. Old sessions are answered from only when there is one.
func (d *dice) draw(on *day) Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse {
		d.played[Refuse]++
		return Refuse
	}
	var left []Fault
	for _, f := range d.list {
		if (d.times == 0 || d.played[f] < uint64(d.times)) && (f != OldSession || on.before != nil) {
			left = append(left, f)
		}
	}
	hit := d.rng.Uint32N(1_000_000) < d.ppm
	if len(left) == 0 || !hit {
		return None
	}
	f := left[d.rng.IntN(len(left))]
	d.played[f]++
	return f
}

// below draws from [0, n), 0 where n is 0.
func (d *dice) below(n int) int {
	if n <= 0 {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.IntN(n)
}
