package sim

import (
	"errors"
	"fmt"
)

// Sink takes frames in time order. The frame is borrowed.
type Sink interface {
	WriteFrame(tsNS uint64, frame []byte) error
}

// WireConfig describes the lines between the venue and the capture.
type WireConfig struct {
	Seed  uint64
	Lines []LineConfig // default: A and B without impairments
	// NoDoubleLoss brings every datagram through on at least one line, whatever else was ordered.
	NoDoubleLoss bool
	// Merged takes the frames of all lines in time order. PerLine takes each line's own, by position; either may be nil.
	Merged  Sink
	PerLine []Sink
}

// Wire carries datagrams over the lines. Give it every datagram in order, then Close it. It belongs to one goroutine.
type Wire struct {
	cfg     WireConfig
	lines   []line
	queue   arrivals
	frames  [][]byte // buffers by index
	free    []int32
	rng     random
	firstNS uint64
	started bool
	order   uint64 // tie break of equal times
	lost    []bool // scratch: which lines lose the datagram at hand
	both    []Range
}

// NewWire checks cfg, reporting every broken rule at once.
func NewWire(cfg WireConfig) (*Wire, error) {
	if len(cfg.Lines) == 0 {
		cfg.Lines = make([]LineConfig, 2)
	}
	if len(cfg.Lines) > 26 {
		return nil, fmt.Errorf("sim: Lines has %d entries: want at most 26", len(cfg.Lines))
	}
	if cfg.PerLine != nil && len(cfg.PerLine) != len(cfg.Lines) {
		return nil, fmt.Errorf("sim: PerLine has %d sinks: want one for each of %d lines", len(cfg.PerLine), len(cfg.Lines))
	}
	w := &Wire{cfg: cfg, rng: newRandom(cfg.Seed, 1), lost: make([]bool, len(cfg.Lines))}
	var errs []error
	for i := range cfg.Lines {
		c, err := cfg.Lines[i].normal(i)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		w.lines = append(w.lines, line{
			cfg: c, rng: newRandom(cfg.Seed, uint64(i)+2), frames: newFrameMaker(c.Source, c.Group, c.MAC, c.VLAN),
			stats: LineStats{Name: c.Name},
		})
	}
	return w, errors.Join(errs...)
}

// Send puts a datagram on every line and writes the frames that no later datagram can precede.
func (w *Wire) Send(d *Datagram) error {
	if !w.started {
		w.firstNS, w.started = d.TimeNS, true
	}
	all := true
	for i := range w.lines {
		w.lost[i] = w.lines[i].loses(d, d.TimeNS-w.firstNS)
		all = all && w.lost[i]
	}
	if survivor := w.survivor(d); all && w.cfg.NoDoubleLoss {
		w.lost[survivor], all = false, false
	}
	if all {
		addRange(&w.both, d)
	}
	for i := range w.lines {
		w.carry(i, d)
	}
	for i := range w.lines {
		w.release(i, d.TimeNS)
	}
	return w.write(d.TimeNS)
}

// survivor draws the line that brings what all would lose: one that is up, if any is.
func (w *Wire) survivor(d *Datagram) int {
	n := len(w.lines)
	first := int(w.rng.below(uint32(n)))
	for k := range n {
		if i := (first + k) % n; !w.lines[i].isDown(d.TimeNS - w.firstNS) {
			return i
		}
	}
	return first
}

// write hands out what arrives before untilNS: datagrams still to come arrive later.
func (w *Wire) write(untilNS uint64) error {
	for len(w.queue) > 0 && w.queue[0].atNS < untilNS {
		a := w.queue.pop()
		frame := w.frames[a.frame]
		w.free = append(w.free, a.frame)
		w.lines[a.line].stats.Frames++
		if w.cfg.Merged != nil {
			if err := w.cfg.Merged.WriteFrame(a.atNS, frame); err != nil {
				return fmt.Errorf("sim: write frame of line %s: %w", w.lines[a.line].cfg.Name, err)
			}
		}
		if w.cfg.PerLine != nil && w.cfg.PerLine[a.line] != nil {
			if err := w.cfg.PerLine[a.line].WriteFrame(a.atNS, frame); err != nil {
				return fmt.Errorf("sim: write frame of line %s alone: %w", w.lines[a.line].cfg.Name, err)
			}
		}
	}
	return nil
}

// Close lets the packets still held or under way arrive.
func (w *Wire) Close() error {
	for i := range w.lines {
		w.release(i, 1<<64-1)
	}
	return w.write(1<<64 - 1)
}

// Lines returns each line's counts and what it lost, by position.
func (w *Wire) Lines() []LineStats {
	list := make([]LineStats, len(w.lines))
	for i := range w.lines {
		list[i] = w.lines[i].stats
	}
	return list
}

// LineConfigs returns the lines with every default filled in.
func (w *Wire) LineConfigs() []LineConfig {
	list := make([]LineConfig, len(w.lines))
	for i := range w.lines {
		list[i] = w.lines[i].cfg
	}
	return list
}

// LostOnAll returns the sequence numbers that no line brought.
func (w *Wire) LostOnAll() []Range { return w.both }

// addRange notes a lost datagram; heartbeats have no sequence numbers of their own.
func addRange(list *[]Range, d *Datagram) {
	if d.Count == 0 {
		return
	}
	if n := len(*list); n > 0 {
		if last := &(*list)[n-1]; last.First+last.Count == d.Seq {
			last.Count += uint64(d.Count)
			return
		}
	}
	*list = append(*list, Range{First: d.Seq, Count: uint64(d.Count)})
}

// SinkFunc makes a function a Sink.
type SinkFunc func(tsNS uint64, frame []byte) error

// WriteFrame calls f.
func (f SinkFunc) WriteFrame(tsNS uint64, frame []byte) error { return f(tsNS, frame) }
