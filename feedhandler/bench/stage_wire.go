package bench

import (
	"errors"
	"io"
	"runtime"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/venue/framing"
)

// lapPackets is how many packets a window of the percentiles has where packets are counted, lapMessages where messages.
const (
	lapPackets  = 512
	lapMessages = 1024
)

// sink keeps results that nobody needs from being optimized away.
var sink struct {
	sum   uint64
	event book.Event
}

// walk reads a capture through the capture package to each packet's session header, and floors it with the hand-written
// walk of the same file.
func (b *bencher) walk(in *Input) error {
	if in.pcap {
		mem, free, err := mapFile(in.Path)
		if err != nil {
			return err
		}
		if walkable(mem) {
			m := b.meter()
			m.start()
			packets, sum := walkPcap(mem, m.lap)
			m.stop()
			sink.sum += sum
			b.floor("walk", float64(m.cpu)/float64(max(packets, 1)), "hand-written walk of the mapped pcap to each Mold header, a packet")
		}
		free()
	}
	src, err := capture.Open([]string{in.Path}, capture.Options{})
	if err != nil {
		return err
	}
	defer src.Close()
	s := Stage{Name: "walk", Input: in.Name}
	var p capture.Packet
	var mold framing.MoldUDP64
	var h framing.Header
	m := b.meter()
	m.start()
	for {
		if err := src.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if len(p.Data) >= moldAt+moldHead {
			_ = mold.Header(p.Data[moldAt:], &h)
			sink.sum += h.Seq + uint64(h.Count) + p.TS
		}
		if s.Packets++; s.Packets%lapPackets == 0 {
			m.lap(lapPackets)
		}
	}
	m.stop()
	m.fill(&s)
	b.stage(s, "walk", s.NSPerPacket)
	return nil
}

// demux parses headers and finds channel and line.
func (b *bencher) demux(in *Input) error {
	s := Stage{Name: "demux", Input: in.Name}
	err := b.repeat(in, &s, func() (func(*meter), error) {
		pipe, err := newPipeline(in, nil)
		return func(m *meter) {
			var p packet
			var d feedhandler.Datagram
			n := 0
			for at := 0; at < in.arena.used; {
				at = in.arena.next(at, &p)
				if feedhandler.ParseFrame(p.frame, false, &d) == feedhandler.WireOK {
					r, _ := pipe.Route(&d)
					sink.sum += uint64(r.Channel) + uint64(r.Line)
				}
				if n++; n == lapPackets {
					m.lap(n)
					n = 0
				}
			}
		}, err
	})
	s.Messages, s.NSPerMessage = 0, 0
	b.stage(s, "walk", s.NSPerPacket)
	return err
}

// groupPackets is how many packets line B is behind line A where both are offered, and maxGroup how long a group may
// take: one that took longer was interrupted, and is left out of the mean.
const (
	groupPackets = 64
	maxGroup     = 50_000
)

// datagram is what a packet is when it comes to the arbiter.
type datagram struct {
	arb     *arbitration.Arbiter
	payload []byte
	packet  arbitration.Packet
}

// arbitrate offers every packet on line A and, a group of packets later, its copy on line B, and times both apart:
// "arbitrate" are the first copies, "duplicate" the second ones, which are rejected. Of every two groups one is timed
// from the datagram on, session header included, and one from the header on: that is the arbiter alone, offering and
// asking what is ready. Walking the input is in neither, and has brought the line with the headers into the cache, as
// parsing the frame does live.
func (b *bencher) arbitrate(in *Input) error {
	lines := []arbitration.LineConfig{{Name: "A"}, {Name: "B"}}
	arbs := make([]*arbitration.Arbiter, len(in.channels))
	for i := range arbs {
		var err error
		if arbs[i], err = arbitration.New(arbitration.Config{Lines: lines}); err != nil {
			return err
		}
	}
	split := in.feed.NewFraming()
	var h framing.Header
	read := func(d *datagram) bool {
		if split.Header(d.payload, &h) != framing.FaultNone {
			return false
		}
		p := &d.packet
		p.Session, p.Seq, p.Count, p.TsSend, p.Payload, p.Kind = h.Session, h.Seq, h.Count, h.TsSend, d.payload, kindOf(h.Kind)
		return true
	}
	var group [groupPackets]datagram
	var ready arbitration.Ready
	offer := func(list []datagram, l arbitration.Line, header bool) {
		taken := uint64(0)
		for i := range list {
			d := &list[i]
			if header && !read(d) {
				continue
			}
			v := d.arb.Offer(l, &d.packet)
			taken += uint64(v.Count)
			for d.arb.Next(&ready) {
			}
		}
		sink.sum += taken
	}
	type half struct {
		m              *meter
		spent, counted uint64
	}
	var halves [2][2]half // header included or not; line A or B
	for i := range halves {
		halves[i] = [2]half{{m: b.meter()}, {m: b.meter()}}
	}
	const lag = 5000
	var allocs runtime.MemStats
	runtime.ReadMemStats(&allocs)
	before := allocs.Mallocs
	var p packet
	for at, groups := 0, 0; at < in.arena.used; groups++ {
		n := 0
		for at < in.arena.used && n < groupPackets {
			at = in.arena.next(at, &p)
			d := &group[n]
			d.payload, d.packet.TsRecv = p.payload, p.ns
			if p.channel == noChannel || p.line != 0 || !read(d) {
				continue
			}
			d.arb = arbs[p.channel]
			n++
		}
		if n == 0 {
			break
		}
		header := groups&1 == 0
		which := 1
		if header {
			which = 0
		}
		for line := range 2 {
			t := b.clock.now()
			offer(group[:n], arbitration.Line(line), header)
			took := b.clock.now() - t
			for i := range group[:n] {
				group[i].packet.TsRecv += lag // line B comes later
			}
			part := &halves[which][line]
			_ = part.m.hist.RecordValue(int64(took * tenths / uint64(n)))
			if took < maxGroup {
				part.spent += took
				part.counted += uint64(n)
			}
		}
	}
	runtime.ReadMemStats(&allocs)
	for line, name := range []string{"arbitrate", "duplicate"} {
		for i, input := range []string{"", ", header included"} {
			part := &halves[1-i][line]
			if part.counted == 0 {
				continue // an input of one group
			}
			s := Stage{Name: name, Input: in.Name + input, Packets: part.counted}
			s.NSPerPacket = round(float64(part.spent) / float64(part.counted))
			s.Allocs = perUnit(allocs.Mallocs-before, in.Packets)
			percentiles(&s, part.m.hist)
			b.stage(s, "walk", s.NSPerPacket)
		}
	}
	return nil
}

func kindOf(k framing.Kind) arbitration.Kind {
	switch k {
	case framing.Heartbeat:
		return arbitration.KindHeartbeat
	case framing.EndOfSession:
		return arbitration.KindEndOfSession
	}
	return arbitration.KindData
}
