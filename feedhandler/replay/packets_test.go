package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/playback"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm/segment"
)

// recordedRun is an instance of two workers that recorded their inputs: each a channel of its own day.
type recordedRun struct {
	root  string
	inst  *control.Instance
	pipes []*feedhandler.Pipeline
}

func newRecordedRun(t *testing.T, packets uint64) *recordedRun {
	t.Helper()
	c := &config.Config{Instance: "run", Rings: config.Rings{MBO: 1 << 12, MBP1: 1 << 10, MBP10: 1 << 10, Trades: 1 << 10, Admin: 256, Instruments: 256, Packets: packets}}
	var channels []feedhandler.ChannelConfig
	for w := range 2 {
		c.Channels = append(c.Channels, config.Channel{Name: fmt.Sprint("day", w), Profile: "nasdaq.itch50", SessionDate: "2026-03-02", Worker: w, MaxInstruments: 64, MaxOrders: 1 << 12,
			Lines: []config.Line{{Name: "A", Group: "239.10.1.1", Port: 26477}, {Name: "B", Group: "239.10.2.1", Port: 26478}}})
		ch, err := c.Channels[w].Build()
		if err != nil {
			t.Fatal(err)
		}
		channels = append(channels, ch)
	}
	r := &recordedRun{root: t.TempDir()}
	var err error
	if r.inst, err = control.Create(c, channels, control.Options{Root: r.root, Workers: 2, Record: true}); err != nil {
		t.Fatal(err)
	}
	r.inst.Running()
	for w := range channels {
		worker := r.inst.Worker(w)
		pipe, err := feedhandler.New(feedhandler.Config{Channels: channels[w : w+1], Packets: worker.Packets()})
		if err != nil {
			t.Fatal(err)
		}
		part, err := r.inst.Register(w, pipe, channels[w:w+1])
		if err != nil {
			t.Fatal(err)
		}
		worker.Add(part)
		if worker.Packets() != nil {
			o := playback.Origin{Publish: config.SchemaNames, Latest: true, Channels: []playback.Channel{{Place: uint16(pipe.Channels()[0].Place()), Spec: c.Channels[w]}}}
			text, err := o.Text()
			if err != nil {
				t.Fatal(err)
			}
			pipe.Enter(text)
		}
		r.pipes = append(r.pipes, pipe)
	}
	return r
}

// receive gives worker w a day.
func (r *recordedRun) receive(t *testing.T, w int, messages uint64) {
	t.Helper()
	x, err := sim.New(sim.Config{Seed: uint64(w + 1), Encoding: sim.ITCH50, Symbols: 3, Messages: messages, LiveOrders: 60, Rate: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	lossy := sim.LineConfig{LossPPM: 30_000}
	wire := sim.WireConfig{Seed: uint64(w + 1), Lines: []sim.LineConfig{lossy, lossy}, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
		r.pipes[w].OnTick(ts)
		r.pipes[w].OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceNIC})
		r.pipes[w].Flush()
		return nil
	})}
	if _, err := sim.Generate(x, wire, nil, nil); err != nil {
		t.Fatal(err)
	}
}

func (r *recordedRun) close(t *testing.T) {
	t.Helper()
	for _, p := range r.pipes {
		p.End()
	}
	if err := r.inst.Close(1); err != nil {
		t.Fatal(err)
	}
}

func (r *recordedRun) same(t *testing.T, s *Summary, workers ...int) {
	t.Helper()
	if len(s.Digests) != len(workers) {
		t.Errorf("digests of %d channels, want %d", len(s.Digests), len(workers))
	}
	for _, w := range workers {
		ch := r.pipes[w].Channels()[0]
		for name, d := range s.Digests[ch.Name()] {
			if name != "mbo" {
				continue
			}
			if want := ch.Digest(0); d.Full != fmt.Sprintf("%016x", want.Full) || d.Records != want.Records || want.Records == 0 {
				t.Errorf("%s: %+v, want %+v", ch.Name(), d, want)
			}
		}
	}
}

// TestPacketsOfAnInstance: of all workers, of one, of a run that goes on, and of one that ended.
func TestPacketsOfAnInstance(t *testing.T) {
	r := newRecordedRun(t, 4<<20)
	run := func(worker int) (*Summary, error) {
		return RunPackets(context.Background(), PacketsOptions{Root: r.root, Instance: "run", Worker: worker})
	}
	r.receive(t, 0, 600)
	r.receive(t, 1, 900)
	s, err := run(-1)
	if err != nil {
		t.Fatal(err)
	}
	r.same(t, s, 0, 1)
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], "had not ended") {
		t.Errorf("of a run that goes on: %q", s.Warnings)
	}
	r.close(t)
	if s, err = run(-1); err != nil {
		t.Fatal(err)
	}
	r.same(t, s, 0, 1)
	if len(s.Warnings) != 0 || s.GapsLost == 0 || len(s.Gaps) == 0 || len(s.Lines) != 4 || len(s.Lines[3].Losses) == 0 {
		t.Errorf("of a run that ended: warnings %q, %d gaps lost, %d listed, %d lines", s.Warnings, s.GapsLost, len(s.Gaps), len(s.Lines))
	}
	if s, err = run(1); err != nil {
		t.Fatal(err)
	}
	r.same(t, s, 1)
	if _, err = run(2); err == nil || !strings.Contains(err.Error(), "worker 2") {
		t.Errorf("of a worker that is not: %v", err)
	}
}

// TestARingWithoutItsBeginIsRefused: no books can be had from the middle, and the error says what to turn.
func TestARingWithoutItsBeginIsRefused(t *testing.T) {
	r := newRecordedRun(t, 1) // the least
	for range 12 {
		r.receive(t, 0, 4000)
	}
	r.close(t)
	_, err := RunPackets(context.Background(), PacketsOptions{Root: r.root, Instance: "run", Worker: -1})
	if !errors.Is(err, ErrBeginGone) || !strings.Contains(err.Error(), "rings.packets") || !strings.Contains(err.Error(), "worker 0") {
		t.Errorf("%v", err)
	}
}

func TestAnInstanceThatRecordsNothingSaysSo(t *testing.T) {
	r := newRecordedRun(t, 0)
	r.receive(t, 0, 100)
	r.close(t)
	_, err := RunPackets(context.Background(), PacketsOptions{Root: r.root, Instance: "run", Worker: -1})
	if err == nil || !strings.Contains(err.Error(), "rings.packets") {
		t.Errorf("%v", err)
	}
	if _, err := RunPackets(context.Background(), PacketsOptions{Root: r.root, Instance: "none", Worker: -1}); !errors.Is(err, segment.ErrNotFound) {
		t.Errorf("of no instance: %v", err)
	}
}
