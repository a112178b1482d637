package sim

import (
	"errors"
	"fmt"
	"net/netip"
)

// LineConfig is one line: where it goes and what happens to it on the way. Probabilities are in parts per million.
type LineConfig struct {
	Name   string         // A, B…; default by position
	Source netip.AddrPort // the venue's address; default 10.10.1.1:30001 for A, 10.10.2.1:30002 for B…
	Group  netip.AddrPort // multicast group; default 239.10.1.1:26477 for A, 239.10.2.1:26478 for B…
	MAC    [6]byte        // source; default 02:00:00:00:00:01 for A…
	VLAN   uint16         // tag, 0 none

	// Loss of single packets, and in bursts after Gilbert and Elliott: in the bad state, entered with BurstPPM and
	// left with BurstEndPPM before each packet, packets are lost with BurstLossPPM.
	LossPPM, BurstPPM, BurstEndPPM, BurstLossPPM uint32
	// ReorderPPM of packets are overtaken by 1 to ReorderDepth (default 3) later ones, or come ReorderNS late (default
	// 500 µs) where that is sooner: a quiet or dying line holds nothing back for long.
	ReorderPPM   uint32
	ReorderDepth int
	ReorderNS    uint64
	// DuplicatePPM of packets come again DuplicateNS later (default 20 µs).
	DuplicatePPM uint32
	DuplicateNS  uint64
	// DelayNS is the way's constant part; up to JitterNS is added to it, never changing the order.
	DelayNS, JitterNS uint64
	// Down lists when nothing arrives.
	Down []Window
	// Drop lists what is lost by order: a datagram that has any of these sequence numbers.
	Drop []Range
}

// Window is a span of time after the first datagram.
type Window struct{ FromNS, ToNS uint64 }

// Range is a run of sequence numbers.
type Range struct {
	First uint64 `json:"first"`
	Count uint64 `json:"count"`
}

// LineStats counts datagrams of one line.
type LineStats struct {
	Name       string  `json:"name"`
	Sent       uint64  `json:"sent"`       // by the venue
	Lost       uint64  `json:"lost"`       // for whatever reason
	Reordered  uint64  `json:"reordered"`  // held back, to be overtaken
	Duplicated uint64  `json:"duplicated"` // arrived twice
	Frames     uint64  `json:"frames"`     // written
	LostRanges []Range `json:"losses"`
}

// normal fills in what line number i leaves out.
func (c LineConfig) normal(i int) (LineConfig, error) {
	n := byte(i + 1)
	if c.Name == "" {
		c.Name = string(rune('A' + i))
	}
	if !c.Source.IsValid() {
		c.Source = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 10, n, 1}), 30000+uint16(n))
	}
	if !c.Group.IsValid() {
		c.Group = netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, n, 1}), 26476+uint16(n))
	}
	if c.MAC == [6]byte{} {
		c.MAC = [6]byte{2, 0, 0, 0, 0, n}
	}
	def(&c.ReorderDepth, 3)
	def(&c.ReorderNS, 500_000)
	def(&c.DuplicateNS, 20_000)
	var errs []error
	rule := func(ok bool, field string, value any, says string) {
		if !ok {
			errs = append(errs, fmt.Errorf("sim: line %s: %s is %v: %s", c.Name, field, value, says))
		}
	}
	rule(c.Source.Addr().Is4(), "Source", c.Source, "want an IPv4 address and port")
	rule(c.Group.Addr().Is4() && c.Group.Addr().IsMulticast(), "Group", c.Group, "want an IPv4 multicast group and port")
	rule(c.VLAN < 4095, "VLAN", c.VLAN, "want at most 4094")
	rule(c.ReorderDepth >= 1 && c.ReorderDepth <= 1000, "ReorderDepth", c.ReorderDepth, "want 1 to 1000")
	for _, p := range [...]struct {
		field string
		ppm   uint32
	}{
		{"LossPPM", c.LossPPM}, {"BurstPPM", c.BurstPPM}, {"BurstEndPPM", c.BurstEndPPM},
		{"BurstLossPPM", c.BurstLossPPM}, {"ReorderPPM", c.ReorderPPM}, {"DuplicatePPM", c.DuplicatePPM},
	} {
		rule(p.ppm <= 1_000_000, p.field, p.ppm, "want at most 1000000 parts per million")
	}
	rule(c.JitterNS <= 1<<40, "JitterNS", c.JitterNS, "want at most 2^40 ns")
	for _, w := range c.Down {
		rule(w.FromNS < w.ToNS, "Down", w, "want the end after the start")
	}
	return c, errors.Join(errs...)
}

// line is one line at work.
type line struct {
	cfg    LineConfig
	rng    random
	frames frameMaker
	bad    bool   // Gilbert-Elliott state
	lastNS uint64 // arrival of the newest packet that was not held
	held   []held
	stats  LineStats
}

// held is a packet that waits to be overtaken.
type held struct {
	frame   int32  // index into Wire's frames
	passes  int    // packets still to pass it
	untilNS uint64 // it waits no longer
}

// loses decides one datagram's fate. Every datagram draws the same numbers whatever it is, so that one order more
// or less changes nothing else.
func (l *line) loses(d *Datagram, elapsedNS uint64) bool {
	single := l.rng.chance(l.cfg.LossPPM)
	if l.bad {
		l.bad = !l.rng.chance(l.cfg.BurstEndPPM)
	} else {
		l.bad = l.rng.chance(l.cfg.BurstPPM)
	}
	burst := l.bad && l.rng.chance(l.cfg.BurstLossPPM)
	return single || burst || l.isDown(elapsedNS) || l.isDropped(d)
}

func (l *line) isDown(elapsedNS uint64) bool {
	for _, w := range l.cfg.Down {
		if elapsedNS >= w.FromNS && elapsedNS < w.ToNS {
			return true
		}
	}
	return false
}

func (l *line) isDropped(d *Datagram) bool {
	for _, r := range l.cfg.Drop {
		if d.Seq < r.First+r.Count && r.First < d.Seq+uint64(d.Count) {
			return true
		}
	}
	return false
}

// jitter draws the changing part of a packet's delay.
func (l *line) jitter() uint64 {
	if l.cfg.JitterNS == 0 {
		return 0
	}
	return l.rng.pcg.Uint64() % (l.cfg.JitterNS + 1)
}
