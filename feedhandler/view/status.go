package view

import (
	"time"

	"wirebook/shm"
)

// Status is what the control file says at a moment.
type Status struct {
	Instance     string
	Schema       shm.Schema
	Epoch        uint64
	State        uint32
	PID          uint32
	HeartbeatAge time.Duration
	Alive        bool // the writer's process runs
	Stale        bool // no heartbeat for too long, and the writer did not end in good order
	Channels     []Channel
}

// StateName spells what the writer is doing; of one whose process ended without a word, what it said last is no truth.
func (s *Status) StateName() string {
	if !s.Alive && (s.State == shm.StateStarting || s.State == shm.StateRunning) {
		return "died"
	}
	return StateName(s.State)
}

// Channel is one channel's counts.
type Channel struct {
	Name                                 string
	Messages, Packets, NextSequence      uint64
	Healed, Declared, LostUnits, Suspect uint64 // gaps healed, gaps no line filled, their units, books touched by one
	Instruments                          uint64
	Standing                             shm.ChannelState
	Lines                                []Line
}

// Line is one line's counts, in the units the venue numbers.
type Line struct {
	Name                                   string
	State                                  uint32
	Received, First, Duplicate, Late, Lost uint64
	LagP50NS, LagP99NS                     uint64 // behind the other line; 0 where it never was
}

// LineStateName spells a line's state.
func LineStateName(state uint32) string {
	switch state {
	case 0:
		return "waiting"
	case 1:
		return "up"
	case 3:
		return "disputed"
	}
	return "silent"
}

// Status reads the control file.
func (f *Follower) Status(now time.Time) Status {
	c := f.r.Control()
	pid, _ := c.WriterPID()
	s := Status{
		Instance: c.Name(), Schema: f.opts.Schema, Epoch: c.Epoch(), State: c.State(), PID: pid, Alive: f.r.WriterAlive(), Stale: f.r.Stale(),
		HeartbeatAge: max(now.Sub(time.Unix(0, int64(c.HeartbeatNS()))), 0),
	}
	for i := range c.Channels() {
		e, _ := c.Channel(i)
		s.Channels = append(s.Channels, Channel{
			Name: shm.Text(e.Name[:]), Messages: e.Messages, Packets: e.Packets, NextSequence: e.NextSequence,
			Healed: e.GapsHealed, Declared: e.Gaps, LostUnits: e.Lost, Suspect: e.Stale, Instruments: e.Instruments, Standing: e.Standing(),
		})
	}
	for i := range c.Lines() {
		e, ok := c.Line(i)
		if !ok || int(e.Channel) >= len(s.Channels) {
			continue
		}
		ch := &s.Channels[e.Channel]
		ch.Lines = append(ch.Lines, Line{
			Name: shm.Text(e.Name[:]), State: e.State, Received: e.Received, First: e.First, Duplicate: e.Duplicate,
			Late: e.Late, Lost: e.Lost, LagP50NS: Lag(&e, 0.5), LagP99NS: Lag(&e, 0.99),
		})
	}
	return s
}

// Lag returns what the given share of a line's lags does not exceed, as far as powers of two tell: never more than the
// longest.
func Lag(e *shm.LineEntry, share float64) uint64 {
	ns := Percentile(&e.LagHistogram, share)
	if e.LagMaxNS > 0 {
		ns = min(ns, e.LagMaxNS)
	}
	return ns
}

// Percentile returns the upper end of the bucket in which the given share of the lags is reached.
func Percentile(h *[32]uint64, share float64) uint64 {
	var all uint64
	for _, n := range h {
		all += n
	}
	if all == 0 {
		return 0
	}
	var sum uint64
	for i, n := range h {
		if sum += n; float64(sum) >= share*float64(all) {
			if i == 0 {
				return 0 // at the same moment, or a nanosecond apart
			}
			return 2<<i - 1
		}
	}
	return 2<<31 - 1
}

// Nanoseconds spells a short time.
func Nanoseconds(ns uint64) string {
	switch {
	case ns == 0:
		return "-"
	case ns < 10_000:
		return Thousands(ns) + "ns"
	case ns < 10_000_000:
		return Thousands(ns/1000) + "µs"
	case ns < 10_000_000_000:
		return Thousands(ns/1_000_000) + "ms"
	}
	return Thousands(ns/1_000_000_000) + "s"
}
