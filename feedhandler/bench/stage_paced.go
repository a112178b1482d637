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
	endOfPaced    = 1<<63 - 1 // order id of the record that ends the test
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
	proc, err := b.start(job{Do: "latency", Root: r.root, Core: b.o.CPU[1], Records: endOfPaced})
	if err != nil {
		return err
	}
	defer proc.stop()
	w := newWatch(&b.clock, func() (n uint64) {
		for _, c := range pipe.Channels() {
			n += c.Books().Growths()
		}
		return n
	})
	s := Stage{Name: "paced", Input: in.Name + ", 1 M messages/s"}
	m := b.meter()
	m.start()
	b.pace(in, pipe, at, w, &s)
	m.stop()
	end := newRecord()
	end.OrderID, end.Action = endOfPaced, shm.ActionNone
	r.Writer(shm.SchemaMBO, 0).PublishMBO(&end)
	a, err := proc.finish()
	if err != nil {
		return err
	}
	s.Records, s.Allocs = a.Records, perUnit(m.mallocs, s.Messages)
	h := hdr.Import(a.Hist)
	percentiles(&s, h)
	slow := uint64(0)
	for _, l := range a.Late {
		slow += l.Count
	}
	s.Note = fmt.Sprintf("%d of %d records above 10 µs, the slowest %.0f µs; %d records lost", slow, a.Records, float64(h.Max())/tenths/1e3, a.Lost)
	b.report.Slow = explain(a.Late, w.end(), a.Stalls)
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

// pace hands over the rest of an input on time: as live does, a burst is what is due, and ends when nothing is.
func (b *bencher) pace(in *Input, pipe *feedhandler.Pipeline, at int, w *watch, s *Stage) {
	const ahead = 1_000_000
	count := in.counter()
	start := w.look() + ahead
	before := messagesOf(pipe)
	flushed := true
	var p packet
	for due := start; at < in.arena.used; s.Packets++ {
		at = in.arena.next(at, &p)
		due += uint64(count(p.payload)) * pacedEveryNS
		for now := w.look(); now < due; now = w.idle() {
			if !flushed {
				pipe.Flush()
				flushed = true
			}
		}
		pipe.OnFrame(p.frame, ptp.Stamp{NS: due, Source: ptp.SourceHost})
		flushed = false
		if s.Packets%burstPackets == burstPackets-1 {
			pipe.Flush()
		}
	}
	pipe.Flush()
	s.Messages = messagesOf(pipe) - before
}
