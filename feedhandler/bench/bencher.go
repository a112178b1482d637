package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// StageNames lists what Options.Stages may hold, in the order of the path.
var StageNames = []string{
	"walk", "demux", "arbitrate", "duplicate", "decode", "book", "book-single", "publish", "path",
	"ring-rtt", "ring-stream", "ring-fanout", "paced", "scale",
}

// DayNames lists what Options.Day may be: the generated ITCH day with many messages a packet and order ids in line, and the
// one with few and ids with holes.
var DayNames = []string{"dense", "sparse"}

// Options say what to measure.
type Options struct {
	Stages   []string // names; none: all
	CPU      []int    // the measured core, and the other end's; none: the first two there are
	Runs     int      // of everything; the report has medians. Default 1
	Messages uint64   // of each generated ITCH day. Default 30 million
	Day      string   // which of them, a name of DayNames; "": all

	// File and Profile measure a capture of the user's instead of the generated days and the sample captures.
	File, Profile string
	InputDir      string // where generated days are kept; "" is the user's cache directory
	Captures      string // the folder of sample captures; "" looks for one

	Child    []string // how this program is started as a second process: it must call Child
	Progress func(what string, done, total int64)
	Note     func(text string) // remarks: what was left out and why
	Waiting  func()            // another bench runs on this host: Run begins when it has ended. Called again and again
}

// Check says what is wrong with the options.
func (o Options) Check() error { return o.normal() }

// Run measures. It fails on what keeps everything from being measured; a stage that cannot run here is noted.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.normal(); err != nil {
		return nil, err
	}
	done, err := alone(ctx, o.Waiting)
	if err != nil {
		return nil, err
	}
	defer done()
	b := &bencher{ctx: ctx, o: &o, clock: newClock()}
	unpin, err := pin(o.CPU[0])
	if err != nil {
		return nil, err
	}
	defer unpin()
	var counted string
	b.counters, counted = openCounters()
	defer b.counters.close()
	machine := describe(o.CPU, &b.clock, counted)
	if err := b.open(); err != nil {
		return nil, err
	}
	defer b.close()
	var reports []*Report
	steps := b.steps()
	for run := range o.Runs {
		b.report = &Report{Machine: machine}
		for i, step := range steps {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			o.Progress(fmt.Sprintf("run %d of %d: %s", run+1, o.Runs, step.what), int64(i), int64(len(steps)))
			if err := step.do(); err != nil {
				return nil, fmt.Errorf("%s: %w", step.what, err)
			}
			runtime.GC()
		}
		reports = append(reports, b.report)
	}
	return merge(reports), nil
}

func (o *Options) normal() error {
	for _, s := range o.Stages {
		if !slices.Contains(StageNames, s) {
			return fmt.Errorf("no stage %q: there are %s", s, strings.Join(StageNames, ", "))
		}
	}
	if o.Day != "" && !slices.Contains(DayNames, o.Day) {
		return fmt.Errorf("no day %q: there are %s", o.Day, strings.Join(DayNames, " and "))
	}
	cores := allowed()
	if len(o.CPU) == 0 {
		o.CPU = cores[:min(2, len(cores))]
	}
	for _, c := range o.CPU {
		if !slices.Contains(cores, c) {
			return fmt.Errorf("core %d is not among those this process may use: %v", c, cores)
		}
	}
	if (o.File == "") != (o.Profile == "") {
		return errors.New("a file needs a profile, and a profile a file")
	}
	def := func(v *uint64, d uint64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Messages, 30_000_000)
	if o.Messages < 10_000 {
		return fmt.Errorf("%d messages are too few to time: want at least 10000", o.Messages)
	}
	o.Runs = max(o.Runs, 1)
	if o.InputDir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		o.InputDir = filepath.Join(cache, "wirebook", "bench")
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Waiting == nil {
		o.Waiting = func() {}
	}
	return nil
}

// bencher is one call of Run.
type bencher struct {
	ctx      context.Context
	o        *Options
	clock    clock
	counters *counters
	inputs   []*Input // the first is what floors are taken over
	chain    *chain
	report   *Report

	toldCalm bool // that there is no SCHED_FIFO

	cTried  bool
	cRing   string // the ring in C
	cleanup []func()
}

func (b *bencher) meter() *meter { return newMeter(&b.clock, b.counters) }

// hurry gives the measured thread SCHED_FIFO where it may have it, so that what is timed by the wall clock has no other
// program in it, and says whether; the second process does the same when told. Calm takes it back.
func (b *bencher) hurry() bool {
	err := realtime(true)
	if err != nil && !b.toldCalm {
		b.o.Note(fmt.Sprintf("no SCHED_FIFO (%v): other programs are in the figures of ring-rtt, ring-stream and paced", err))
		b.toldCalm = true
	}
	return err == nil
}

// mayHurry says what hurry would.
func (b *bencher) mayHurry() bool {
	defer b.calm()
	return b.hurry()
}

func (b *bencher) calm() { _ = realtime(false) }

// wants says whether a stage was asked for.
func (b *bencher) wants(names ...string) bool {
	if len(b.o.Stages) == 0 {
		return true
	}
	for _, n := range names {
		if slices.Contains(b.o.Stages, n) {
			return true
		}
	}
	return false
}

// floor notes a floor, once a run.
func (b *bencher) floor(name string, ns float64, what string) {
	for i := range b.report.Floors {
		if f := &b.report.Floors[i]; f.Name == name {
			f.NS = round(ns)
			return
		}
	}
	b.report.Floors = append(b.report.Floors, Floor{Name: name, NS: round(ns), What: what})
}

// stage notes a stage, with the ratio of value to a floor where there is one.
func (b *bencher) stage(s Stage, floor string, value float64) {
	if !b.wants(s.Name) {
		return // came along with another
	}
	for _, f := range b.report.Floors {
		if f.Name == floor && f.NS > 0 {
			s.Floor, s.FloorNS, s.Ratio = floor, f.NS, round(value/f.NS)
		}
	}
	b.report.Stages = append(b.report.Stages, s)
}

// repeat runs a stage over an input until it took a tenth of a second, each time with fresh state from setup, which is
// not timed.
func (b *bencher) repeat(in *Input, s *Stage, setup func() (func(*meter), error)) error {
	enough := uint64(b.scaled(100_000_000)) // ns
	m := b.meter()
	for s.Packets == 0 || m.cpu < enough {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		pass, err := setup()
		if err != nil {
			return err
		}
		runtime.GC()
		m.start()
		pass(m)
		m.stop()
		s.Packets += in.Packets
		s.Messages += in.Messages
	}
	m.fill(s)
	return nil
}

// scaled shrinks a count of repetitions for short runs, which tests ask for.
func (b *bencher) scaled(n int) int {
	if b.o.Messages < 1_000_000 {
		return max(n/20, 1)
	}
	return n
}

// slots is the size of rings: 0, the usual sizes, but for short runs.
func (b *bencher) slots() uint32 {
	if b.o.Messages < 1_000_000 {
		return 1 << 12
	}
	return 0
}

// open makes or finds every input and reads it into memory.
func (b *bencher) open() error {
	if b.o.File != "" {
		in, err := openInput(filepath.Base(b.o.File), b.o.Profile, b.o.File, 0)
		if err != nil {
			return err
		}
		b.inputs = append(b.inputs, in)
		return nil
	}
	others := max(min(b.o.Messages/10, 2_000_000), 10_000)
	type named struct {
		name string
		day  Day
	}
	days := []named{{"day", itchDay(b.o.Messages)}, {"day sparse", sparseDay(b.o.Messages)}, {"day deep", deepDay(others)}, {"day cme", cmeDay(others)}}
	switch b.o.Day {
	case "dense":
		days = slices.Delete(days, 1, 2)
	case "sparse":
		days = slices.Delete(days, 0, 1)
	}
	for _, d := range days {
		path, err := d.day.generate(b.o.InputDir, func(what string, done, total int64) error {
			b.o.Progress(what, done, total)
			return b.ctx.Err()
		})
		if err != nil {
			return err
		}
		b.o.Progress("read "+d.name, 0, 1)
		in, err := openInput(d.name, d.day.Profile, path, 0)
		if err != nil {
			return err
		}
		b.inputs = append(b.inputs, in)
	}
	dir := findCaptures(b.o.Captures)
	if dir == "" {
		b.o.Note("captures absent: set WIREBOOK_CAPTURES or --captures; only generated days are measured")
		return nil
	}
	for _, s := range samples {
		in, err := openInput(s.name, s.profile, filepath.Join(dir, s.path), 0)
		if errors.Is(err, os.ErrNotExist) {
			b.o.Note("no " + s.path + " among the captures")
			continue
		} else if err != nil {
			return err
		}
		b.inputs = append(b.inputs, in)
	}
	return nil
}

func (b *bencher) close() {
	for _, in := range b.inputs {
		in.close()
	}
	if b.chain != nil {
		b.chain.free()
	}
	for _, f := range b.cleanup {
		f()
	}
}
