package venuesim

import (
	"maps"
	"sync"
)

// counters are one service's. Everything that a client did and got is in one of them.
type counters struct {
	mu sync.Mutex
	n  ServiceCounts
}

// ServiceCounts is what a service did.
type ServiceCounts struct {
	Service     Service `json:"service"`
	Address     string  `json:"address"`
	Connections uint64  `json:"connections"` // taken; by TCP
	Requests    uint64  `json:"requests"`    // well-formed ones; cycles of a loop
	Answers     uint64  `json:"answers"`     // packets, segments, frames
	Units       uint64  `json:"units"`       // messages in them; packets at CME
	Bytes       uint64  `json:"bytes"`
	// Unanswered and ill-formed requests, by reason: what the client did wrong, or what is not there.
	Reasons map[string]uint64 `json:"reasons"`
	Faults  map[string]uint64 `json:"faults"` // played, by name
}

func (c *counters) reason(why string) {
	c.mu.Lock()
	if c.n.Reasons == nil {
		c.n.Reasons = map[string]uint64{}
	}
	c.n.Reasons[why]++
	c.mu.Unlock()
}

func (c *counters) request() {
	c.mu.Lock()
	c.n.Requests++
	c.mu.Unlock()
}

func (c *counters) connection() {
	c.mu.Lock()
	c.n.Connections++
	c.mu.Unlock()
}

func (c *counters) answered(units, bytes int) {
	c.mu.Lock()
	c.n.Answers++
	c.n.Units += uint64(units)
	c.n.Bytes += uint64(bytes)
	c.mu.Unlock()
}

// copy returns the counts as they are now, with the faults that d played.
func (c *counters) copy(d *dice) ServiceCounts {
	c.mu.Lock()
	n := c.n
	n.Reasons = map[string]uint64{}
	maps.Copy(n.Reasons, c.n.Reasons)
	c.mu.Unlock()
	n.Faults = map[string]uint64{}
	d.mu.Lock()
	for f, times := range d.played {
		n.Faults[string(f)] = times
	}
	d.mu.Unlock()
	return n
}
