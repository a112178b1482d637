package config

import (
	"cmp"
	"time"

	"wirebook/arbitration"
)

// SkewMemory is what a channel keeps for packets that wait for the sequence.
type SkewMemory struct {
	Skew    time.Duration
	Peak    int    // units a second
	Packets int    // that can be held, and as many parked
	Wanted  int    // for Skew at Peak, at two units a packet
	Bytes   uint64 // all that the arbiter takes
}

// SkewMemory says for how much one line of the channel may be ahead of another, and what that takes.
func (ch *Channel) SkewMemory() (SkewMemory, error) {
	c, err := ch.Build()
	if err != nil {
		return SkewMemory{}, err
	}
	for _, l := range c.Lines {
		c.Arbitration.Lines = append(c.Arbitration.Lines, arbitration.LineConfig{Name: l.Name, Recovery: l.Recovery})
	}
	if len(c.Arbitration.Lines) == 0 {
		c.Arbitration.Lines = make([]arbitration.LineConfig, 2) // found in the capture: usually two
	}
	m := SkewMemory{Skew: time.Duration(cmp.Or(ch.Skew, defaultSkew)), Peak: cmp.Or(ch.PeakRate, defaultPeakRate)}
	m.Wanted = int(arbitration.SkewUnits(uint64(m.Skew), uint64(m.Peak)) / 2)
	if m.Bytes, err = c.Arbitration.Bytes(); err != nil {
		return m, err
	}
	m.Packets = cmp.Or(ch.WindowPackets, max(m.Wanted, 1024))
	return m, nil
}
