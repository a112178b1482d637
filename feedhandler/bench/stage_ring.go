package bench

import (
	"fmt"
	"os"
	"path/filepath"

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

// ringFloors times the rings in C between the cores.
func (b *bencher) ringFloors() error {
	if t := b.runC("rtt", b.scaled(200_000)); len(t) == 3 {
		b.floor("ring-c-rtt", t[0], "round trip of the same ring in C, p50")
		b.floor("ring-c-rtt-p99", t[1], "p99 of it")
		b.floor("ring-c-rtt-p999", t[2], "p99.9 of it")
	}
	if t := b.runC("stream", b.scaled(5_000_000)); len(t) == 1 {
		b.floor("ring-c-stream", t[0], "the same ring in C to one process, lossless, a record")
	}
	return nil
}

// lineFloor times a cache line's way between the cores.
func (b *bencher) lineFloor() error {
	h := newHistogram()
	b.hurry()
	err := pingPong(&b.clock, b.o.CPU[1], b.scaled(200_000), func(ns uint64) { _ = h.RecordValue(int64(ns * tenths)) })
	b.calm()
	if err != nil {
		return err
	}
	b.floor("line", float64(h.ValueAtQuantile(50))/tenths, "one cache line to the other core and back, p50")
	return nil
}

// ringRTT sends a record to another process and waits for its answer.
func (b *bencher) ringRTT() error {
	n := b.scaled(400_000)
	fifo := b.hurry()
	b.calm()
	d, err := b.duplex(1<<10, job{Do: "echo", Records: uint64(n), Hurry: fifo})
	if err != nil {
		return err
	}
	defer d.close()
	b.hurry()
	defer b.calm()
	m := b.meter()
	rec := newRecord()
	m.start()
	for i := range n {
		rec.OrderID = uint64(i)
		t := b.clock.now()
		d.w.PublishMBO(&rec)
		for d.back.Next(d.buf) != shm.Record {
			shm.Pause(spins)
			if i&1023 == 0 && b.ctx.Err() != nil {
				return b.ctx.Err()
			}
		}
		_ = m.hist.RecordValue(int64((b.clock.now() - t) * tenths))
	}
	m.stop()
	if _, err := d.proc.finish(); err != nil {
		return err
	}
	s := Stage{Name: "ring-rtt", Input: "64 B, two processes", Messages: uint64(n), Allocs: perUnit(m.mallocs, uint64(n))}
	percentiles(&s, m.hist)
	s.NSPerMessage = round(m.hist.Mean() / tenths)
	s.Note = "ratio of the medians"
	if c99, c999 := b.floorNS("ring-c-rtt-p99"), b.floorNS("ring-c-rtt-p999"); c99 > 0 && c999 > 0 {
		s.Note += fmt.Sprintf("; p99 %.2f and p99.9 %.2f of the ring in C", s.P99/c99, s.P999/c999)
	}
	floor := "ring-c-rtt"
	if b.floorNS(floor) == 0 {
		floor = "line"
	}
	b.stage(s, floor, s.P50)
	return nil
}

// ringStream sends as fast as one process can without losing a record: the reader says how far it is.
func (b *bencher) ringStream() error {
	const slots = 1 << 16
	n := uint64(b.scaled(12_000_000)) // at 40 ns, with the cores far apart, half a second
	fifo := b.hurry()
	b.calm()
	d, err := b.duplex(slots, job{Do: "drain", Records: n, Hurry: fifo})
	if err != nil {
		return err
	}
	defer d.close()
	b.hurry()
	defer b.calm()
	m := b.meter()
	rec := newRecord()
	seen := uint64(0)
	progress := func() {
		if d.back.Next(d.buf) == shm.Record {
			seen = shm.View[shm.MBO](d.back.Body(d.buf)).OrderID
		}
	}
	m.start()
	for i := uint64(0); i < n; i++ {
		for i-seen >= slots-2048 {
			progress()
		}
		rec.OrderID = i
		d.w.PublishMBO(&rec)
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
	a, err := d.proc.finish()
	if err != nil {
		return err
	}
	s := Stage{Name: "ring-stream", Input: "64 B, one to one", Messages: n, Allocs: perUnit(m.mallocs, n)}
	percentiles(&s, m.hist)
	s.NSPerMessage = round(float64(m.wall) / float64(n))
	s.Note = fmt.Sprintf("%.1f million records a second, %d lost", float64(n)/float64(m.wall)*1e3, a.Lost)
	floor := "ring-c-stream"
	if b.floorNS(floor) == 0 {
		floor = "line"
	}
	b.stage(s, floor, s.NSPerMessage)
	return nil
}

// fanoutReaders is how many readers follow at once, fanoutEveryNS how often each looks where they share cores.
const (
	fanoutReaders = 8
	fanoutEveryNS = 20_000
)

// ringFanout publishes with one reader and with many, and says how much slower the writer got.
func (b *bencher) ringFanout() error {
	one := 0.0
	for _, readers := range []int{1, fanoutReaders} {
		n := b.scaled(20_000_000)
		s := Stage{Name: "ring-fanout", Input: fmt.Sprintf("64 B, %d readers", readers), Messages: uint64(n)}
		if readers == 1 {
			s.Input = "64 B, 1 reader"
		}
		m, lost, read, err := b.fanout(readers, n)
		if err != nil {
			return err
		}
		m.fill(&s)
		s.Note = fmt.Sprintf("readers took %d records and were lapped over %d; each looks every %d µs", read, lost, fanoutEveryNS/1000)
		if readers == 1 {
			one = s.NSPerMessage
			b.floor("one-reader", one, "publishing a record with one reader")
		}
		b.stage(s, "one-reader", s.NSPerMessage)
	}
	return nil
}

func (b *bencher) fanout(readers, n int) (m *meter, lost, read uint64, err error) {
	cores := b.o.CPU[1:]
	processes := min(len(cores), readers)
	j := job{Do: "poll", Records: uint64(n), EveryNS: fanoutEveryNS, Readers: readers / processes}
	d, err := b.duplex(1<<16, j)
	if err != nil {
		return nil, 0, 0, err
	}
	defer d.close()
	for i := 1; i < processes; i++ {
		j.Root, j.Core = d.out.root, cores[i]
		p, err := b.start(j)
		if err != nil {
			return nil, 0, 0, err
		}
		d.extra = append(d.extra, p)
	}
	m = b.meter()
	rec := newRecord()
	m.start()
	for i := range n {
		rec.OrderID = uint64(i)
		d.w.PublishMBO(&rec)
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
			return nil, 0, 0, err
		}
		lost += a.Lost
		read += a.Records
	}
	return m, lost, read, nil
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
