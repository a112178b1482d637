package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// duplex is a ring to a second process and its answers.
type duplex struct {
	out   *rings
	w     *shm.Writer
	proc  *process
	view  *segment.View
	back  *shm.Reader
	buf   []byte
	extra []*process
}

// duplex makes an MBO ring, starts the second process on the other core and opens the ring it answers in.
func (b *bencher) duplex(slots uint32, j job) (*duplex, error) {
	r, err := newRings(slots, 0, shm.SchemaMBO)
	if err != nil {
		return nil, err
	}
	d := &duplex{out: r, w: r.Writer(shm.SchemaMBO, 0)}
	j.Root, j.Back, j.Core = r.root, filepath.Join(r.root, "answers"), b.o.CPU[1]
	if err := os.Mkdir(j.Back, 0o700); err != nil {
		d.close()
		return nil, err
	}
	if d.proc, err = b.start(j); err != nil {
		d.close()
		return nil, err
	}
	if d.view, err = segment.Open(j.Back, "back"); err != nil {
		d.close()
		return nil, err
	}
	if d.back, err = d.view.Ring(d.view.Control.Rings()[0]); err != nil {
		d.close()
		return nil, err
	}
	d.buf = make([]byte, d.back.PayloadSize())
	return d, nil
}

func (d *duplex) close() {
	if d.view != nil {
		d.view.Close()
	}
	if d.proc != nil {
		d.proc.stop()
	}
	for _, p := range d.extra {
		p.stop()
	}
	d.out.close()
}

// lineFloor times a cache line's way between the cores.
func (b *bencher) lineFloor() error {
	ns, err := b.line(b.scaled(200_000))
	b.floor("line", ns, "one cache line to the other core and back, p50")
	return err
}

func (b *bencher) line(rounds int) (p50 float64, err error) {
	h := newHistogram()
	b.hurry()
	defer b.calm()
	err = pingPong(&b.clock, b.o.CPU[1], rounds, func(ns uint64) { _ = h.RecordValue(int64(ns * tenths)) })
	return float64(h.ValueAtQuantile(50)) / tenths, err
}

// The two cores of a virtual machine are near each other in one second and far apart in the next: the ring in C and ours
// are run in turn, and each round is a ratio.
const ringRounds = 5

// nearNS tells cores that share a cache from those that do not, by a line's round trip. Near, a reader should look at once
// again; far, each look takes the line from the writer in the middle of its work. Both languages' readers go by it.
const nearNS = 200

func (b *bencher) spins() (uint32, error) {
	ns, err := b.line(2000)
	if ns < nearNS {
		return 1, err
	}
	return 4, err
}

// ringRTT sends a record to another process and waits for its answer.
func (b *bencher) ringRTT() error {
	n := b.scaled(80_000)
	m := b.meter()
	var ours, theirs [ringRounds][3]float64
	near := 0
	for round := range ringRounds {
		spins, err := b.spins()
		if err != nil {
			return err
		}
		if spins == 1 {
			near++
		}
		if t := b.runC("rtt", n, int(spins)); len(t) == 3 {
			theirs[round] = [3]float64(t)
		}
		h, err := b.roundTrips(m, n, spins)
		if err != nil {
			return err
		}
		for i, q := range []float64{50, 99, 99.9} {
			ours[round][i] = float64(h.ValueAtQuantile(q)) / tenths
		}
		m.hist.Merge(h)
	}
	s := Stage{Name: "ring-rtt", Input: "64 B, two processes", Messages: ringRounds * uint64(n), Allocs: perUnit(m.mallocs, ringRounds*uint64(n))}
	percentiles(&s, m.hist)
	s.NSPerMessage = round(m.hist.Mean() / tenths)
	var ratios [3]float64
	for i := range ratios {
		ratios[i] = middle(func(round int) float64 { return ours[round][i] / max(theirs[round][i], 1) })
	}
	s.Note = fmt.Sprintf("the cores were near each other in %d of %d rounds", near, ringRounds)
	if theirs[0][0] == 0 {
		b.stage(s, "line", s.P50)
		return nil
	}
	for i, name := range []string{"ring-c-rtt", "ring-c-rtt-p99", "ring-c-rtt-p999"} {
		b.floor(name, middle(func(round int) float64 { return theirs[round][i] }), "round trip of the same ring in C, "+[]string{"p50", "p99", "p99.9"}[i])
	}
	s.Floor, s.FloorNS, s.Ratio = "ring-c-rtt", b.floorNS("ring-c-rtt"), round(ratios[0])
	s.Note += fmt.Sprintf("; ratio of the medians, round by round; p99 %.2f and p99.9 %.2f of the ring in C", ratios[1], ratios[2])
	b.stage(s, "", 0)
	return nil
}

// middle is the median of the rounds.
func middle(of func(round int) float64) float64 {
	list := make([]float64, ringRounds)
	for i := range list {
		list[i] = of(i)
	}
	slices.Sort(list)
	return list[ringRounds/2]
}

func (b *bencher) roundTrips(m *meter, n int, spins uint32) (*hdr.Histogram, error) {
	d, err := b.duplex(1<<10, job{Do: "echo", Records: uint64(n), Spins: spins, Hurry: b.mayHurry()})
	if err != nil {
		return nil, err
	}
	defer d.close()
	h := newHistogram()
	ring := shm.MBOOf(d.w)
	b.hurry()
	defer b.calm()
	m.start()
	for i := range n {
		t := b.clock.now()
		put(ring, uint64(i))
		for d.back.Next(d.buf) != shm.Record {
			shm.Pause(spins)
			if i&1023 == 0 && b.ctx.Err() != nil {
				return nil, b.ctx.Err()
			}
		}
		_ = h.RecordValue(int64((b.clock.now() - t) * tenths))
	}
	m.stop()
	_, err = d.proc.finish()
	return h, err
}

// ringStream sends as fast as one process can without losing a record: the reader says how far it is.
func (b *bencher) ringStream() error {
	n := uint64(b.scaled(4_000_000))
	m := b.meter()
	var ours, theirs [ringRounds]float64
	lost := uint64(0)
	for round := range ringRounds {
		spins, err := b.spins()
		if err != nil {
			return err
		}
		if t := b.runC("stream", int(n), int(spins)); len(t) == 1 {
			theirs[round] = t[0]
		}
		wall := m.wall
		a, err := b.stream(m, n, spins)
		if err != nil {
			return err
		}
		ours[round] = float64(m.wall-wall) / float64(n)
		lost += a.Lost
	}
	s := Stage{Name: "ring-stream", Input: "64 B, one to one", Messages: ringRounds * n, Allocs: perUnit(m.mallocs, ringRounds*n)}
	percentiles(&s, m.hist)
	s.NSPerMessage = round(middle(func(round int) float64 { return ours[round] }))
	s.Note = fmt.Sprintf("%.1f million records a second, %d lost; best round %.1f", 1e3/s.NSPerMessage, lost, 1e3/slices.Min(ours[:]))
	if theirs[0] == 0 {
		b.stage(s, "line", s.NSPerMessage)
		return nil
	}
	b.floor("ring-c-stream", middle(func(round int) float64 { return theirs[round] }), "the same ring in C to one process, lossless, a record")
	s.Floor, s.FloorNS = "ring-c-stream", b.floorNS("ring-c-stream")
	s.Ratio = round(middle(func(round int) float64 { return ours[round] / max(theirs[round], 0.1) }))
	b.stage(s, "", 0)
	return nil
}

func (b *bencher) stream(m *meter, n uint64, spins uint32) (answer, error) {
	const slots = 1 << 16
	d, err := b.duplex(slots, job{Do: "drain", Records: n, Spins: spins, Hurry: b.mayHurry()})
	if err != nil {
		return answer{}, err
	}
	defer d.close()
	ring := shm.MBOOf(d.w)
	seen := uint64(0)
	progress := func() {
		if d.back.Next(d.buf) == shm.Record {
			seen = shm.View[shm.MBO](d.back.Body(d.buf)).OrderID
		}
	}
	b.hurry()
	defer b.calm()
	m.start()
	for i := uint64(0); i < n; i++ {
		for i-seen >= slots-2048 {
			progress()
		}
		put(ring, i)
		if i&15 == 15 {
			d.w.Flush()
		}
		if i%lapMessages == lapMessages-1 {
			m.lap(lapMessages)
		}
	}
	for seen < n {
		progress()
	}
	m.stop()
	return d.proc.finish()
}

// fanoutReaders is how many readers follow at once, fanoutEveryNS how often each looks where they share cores.
const (
	fanoutReaders = 8
	fanoutEveryNS = 20_000
)

// ringFanout publishes with one reader and with many, in turn, and says how much slower the writer got.
func (b *bencher) ringFanout() error {
	n := b.scaled(4_000_000)
	counts := [2]int{1, fanoutReaders}
	var costs [2][ringRounds]float64
	var stages [2]Stage
	var meters [2]*meter
	var lost, read [2]uint64
	for i, readers := range counts {
		stages[i] = Stage{Name: "ring-fanout", Input: fmt.Sprintf("64 B, %d readers", readers), Messages: uint64(ringRounds * n)}
		meters[i] = b.meter()
	}
	stages[0].Input = "64 B, 1 reader"
	for round := range ringRounds {
		for i, readers := range counts {
			before := meters[i].cpu
			l, r, err := b.fanout(meters[i], readers, n)
			if err != nil {
				return err
			}
			lost[i], read[i] = lost[i]+l, read[i]+r
			costs[i][round] = float64(meters[i].cpu-before) / float64(n)
		}
	}
	one := middle(func(round int) float64 { return costs[0][round] })
	b.floor("one-reader", one, "publishing a record with one reader")
	for i := range stages {
		s := &stages[i]
		meters[i].fill(s)
		s.NSPerMessage = round(middle(func(round int) float64 { return costs[i][round] }))
		s.Floor, s.FloorNS = "one-reader", round(one)
		s.Ratio = round(middle(func(round int) float64 { return costs[i][round] / max(costs[0][round], 0.1) }))
		s.Note = fmt.Sprintf("medians of rounds in turn; readers took %d records and were lapped over %d; each looks every %d µs", read[i], lost[i], fanoutEveryNS/1000)
		b.stage(*s, "", 0)
	}
	return nil
}

func (b *bencher) fanout(m *meter, readers, n int) (lost, read uint64, err error) {
	cores := b.o.CPU[1:]
	processes := min(len(cores), readers)
	j := job{Do: "poll", Records: uint64(n), EveryNS: fanoutEveryNS, Readers: readers / processes, Hurry: b.mayHurry()}
	d, err := b.duplex(1<<16, j)
	if err != nil {
		return 0, 0, err
	}
	defer d.close()
	for i := 1; i < processes; i++ {
		j.Root, j.Core = d.out.root, cores[i]
		p, err := b.start(j)
		if err != nil {
			return 0, 0, err
		}
		d.extra = append(d.extra, p)
	}
	ring := shm.MBOOf(d.w)
	b.hurry()
	defer b.calm()
	m.start()
	for i := range n {
		put(ring, uint64(i))
		if i&15 == 15 {
			d.w.Flush()
		}
		if i%lapMessages == lapMessages-1 {
			m.lap(lapMessages)
		}
	}
	d.w.Flush()
	m.stop()
	for _, p := range append([]*process{d.proc}, d.extra...) {
		a, err := p.finish()
		if err != nil {
			return 0, 0, err
		}
		lost += a.Lost
		read += a.Records
	}
	return lost, read, nil
}

// floorNS is a floor of this run, 0 where it was not measured.
func (b *bencher) floorNS(name string) float64 {
	for _, f := range b.report.Floors {
		if f.Name == name {
			return f.NS
		}
	}
	return 0
}
