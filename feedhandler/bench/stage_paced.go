package bench

import (
	"fmt"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"wirebook/feedhandler"
	"wirebook/ptp"
	"wirebook/shm"
)

const (
	pacedEveryNS  = 1000 // between messages: a million a second
	pacedMessages = 4_000_000
	endOfPaced    = 1<<63 - 1 // order ids of records that are none of the input's: the end of the test,
	pausePaced    = 1<<63 - 2 // and a rest until the time in ts_recv

	// With SCHED_FIFO both ends rest now and then: the kernel would take the core from them otherwise.
	pacedSliceNS = 700_000_000
	pacedRestNS  = 300_000_000
	pacedEarlyNS = 50_000_000 // the reader is back so long before the writer
)

// paced hands frames to the core when they are due, a million messages a second, and lets a reader in another process
// take the time each record is seen. A record's age counts from when its frame was due, so that waiting behind a
// stall is in it. The books are filled with the front of the input first.
func (b *bencher) paced(in *Input) error {
	r, err := newRings(b.slots(), 0, shm.SchemaMBO, shm.SchemaMBP1)
	if err != nil {
		return err
	}
	defer r.close()
	var first packet
	in.arena.next(0, &first)
	output := variants[0].output(r)
	pipe, err := newPipeline(in, func(c *feedhandler.ChannelConfig) {
		output(c)
		c.Options.SessionDate = first.ns // receive times are the bench's own clock
	})
	if err != nil {
		return err
	}
	timed := min(in.Messages/2, uint64(b.scaled(pacedMessages)))
	at := b.warm(in, pipe, in.Messages-timed)
	fifo := b.mayHurry()
	proc, err := b.start(job{Do: "latency", Root: r.root, Core: b.o.CPU[1], Records: endOfPaced, Hurry: fifo})
	if err != nil {
		return err
	}
	defer proc.stop()
	rings := r.Writer(shm.SchemaMBO, 0)
	mark := func(id, ns uint64) {
		m := blank
		m.OrderID, m.Action, m.TsRecv = id, shm.ActionNone, ns
		rings.PublishMBO(&m)
		rings.Flush()
	}
	w := newWatch(&b.clock, func() (n uint64) {
		for _, c := range pipe.Channels() {
			n += c.Books().Growths()
		}
		return n
	})
	s := Stage{Name: "paced", Input: in.Name + ", 1 M messages/s"}
	m := b.meter()
	var rest func() (resume uint64)
	if fifo {
		b.hurry()
		rest = func() uint64 {
			resume := b.clock.now() + pacedRestNS
			mark(pausePaced, resume)
			sleep(int64(resume - b.clock.now()))
			w.skip()
			return resume
		}
	}
	before := [2]taken{takenFrom(b.o.CPU[0]), takenFrom(b.o.CPU[1])}
	m.start()
	b.pace(in, pipe, at, w, &s, rest)
	m.stop()
	after := [2]taken{takenFrom(b.o.CPU[0]), takenFrom(b.o.CPU[1])}
	b.calm()
	mark(endOfPaced, 0)
	a, err := proc.finish()
	if err != nil {
		return err
	}
	s.Records, s.Places, s.Allocs = a.Records, a.Places, perUnit(m.mallocs, s.Messages)
	h := hdr.Import(a.Hist)
	percentiles(&s, h)
	s.Note = fmt.Sprintf("%d of %d records above 10 µs, the slowest %.0f µs; %d records lost", a.Slow, a.Records, float64(h.Max())/tenths/1e3, a.Lost)
	for i, who := range []string{"writer", "reader"} {
		s.Note += fmt.Sprintf("; of the %s's core the kernel knows that interrupts took %d ms, the host %d ms", who, after[i].interrupts-before[i].interrupts, after[i].host-before[i].host)
	}
	if a.Early > 0 {
		s.Note += fmt.Sprintf("; %d records were seen before they were due: the clocks of the two cores differ", a.Early)
	}
	if !fifo {
		s.Note += "; without SCHED_FIFO"
	}
	b.report.Slow = explain(a.Late, a.Slow, w.end(), a.Stalls)
	b.stage(s, "line", s.P50)
	return nil
}

// warm feeds the front of an input as fast as it goes, and returns where it stopped.
func (b *bencher) warm(in *Input, pipe *feedhandler.Pipeline, messages uint64) (at int) {
	var p packet
	for n := 0; at < in.arena.used && messagesOf(pipe) < messages; n++ {
		at = in.arena.next(at, &p)
		pipe.OnFrame(p.frame, ptp.Stamp{NS: b.clock.now(), Source: ptp.SourceHost})
		if n&(burstPackets-1) == 0 {
			pipe.Flush()
		}
	}
	pipe.Flush()
	return at
}

// upcoming is a frame and when it is due.
type upcoming struct {
	packet
	messages int
	due      uint64
}

// pace hands over the rest of an input on time: as live does, a burst is what was there when it looked, and what arrives
// meanwhile is the next one. rest, if not nil, is called now and then and says when to go on.
//
// Where the next frame lies and when it is due is found out ahead, while nothing is due: between a frame and the end of
// its burst it would be part of what is measured. The frame is in the cache then, as a network card leaves it.
func (b *bencher) pace(in *Input, pipe *feedhandler.Pipeline, at int, w *watch, s *Stage, rest func() uint64) {
	const ahead = 1_000_000
	count := in.counter()
	due := w.look() + ahead
	slice := due
	load := func(f *upcoming) bool {
		if at >= in.arena.used {
			return false
		}
		at = in.arena.next(at, &f.packet)
		f.messages = count(f.payload)
		due += uint64(f.messages) * pacedEveryNS
		f.due = due
		return true
	}
	before := messagesOf(pipe)
	waiting := 0      // packets that wait for the end of the burst
	var looked uint64 // when that burst was taken
	var frame, next upcoming
	for more := load(&frame); more; frame = next {
		more = load(&next)
		now := w.look()
		for ; now < frame.due; now = w.idle() {
		}
		if waiting == 0 {
			looked = now
		}
		pipe.OnFrame(frame.frame, ptp.Stamp{NS: frame.due, Source: ptp.SourceHost})
		w.did(frame.messages)
		s.Packets++
		if waiting++; !more || waiting == burstPackets || next.due > looked {
			pipe.Flush()
			waiting = 0
		}
		if rest != nil && more && frame.due-slice > pacedSliceNS {
			pipe.Flush()
			waiting = 0
			due = rest() + ahead
			slice, next.due = due, due
		}
	}
	s.Messages = messagesOf(pipe) - before
}
