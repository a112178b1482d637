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
			_ = framing.MoldUDP64{}.Header(p.Data[moldAt:], &h)
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

// arbitrate reads the session header and offers every packet on line A and, a group of packets later, its copy on
// line B. It times both apart: "arbitrate" are the first copies, "duplicate" the second ones, which are rejected.
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
	var ready arbitration.Ready
	var p packet
	var h framing.Header
	var pkt arbitration.Packet
	offer := func(from, to int, l arbitration.Line, lag uint64) {
		for at := from; at < to; {
			at = in.arena.next(at, &p)
			if p.channel == noChannel || p.line != 0 || split.Header(p.payload, &h) != framing.FaultNone {
				continue
			}
			pkt = arbitration.Packet{
				Session: h.Session, Seq: h.Seq, Count: h.Count, TsRecv: p.ns + lag, TsSend: h.TsSend, Payload: p.payload, Kind: kindOf(h.Kind),
			}
			a := arbs[p.channel]
			v := a.Offer(l, &pkt)
			sink.sum += uint64(v.Count)
			for a.Next(&ready) {
			}
		}
	}
	halves := [2]*meter{b.meter(), b.meter()}
	var spent, counted [2]uint64
	var allocs runtime.MemStats
	runtime.ReadMemStats(&allocs)
	before := allocs.Mallocs
	var skip packet
	for at := 0; at < in.arena.used; {
		from, n := at, 0
		for ; at < in.arena.used && n < groupPackets; n++ {
			at = in.arena.next(at, &skip)
		}
		times := [3]uint64{b.clock.now()}
		offer(from, at, arbitration.LineA, 0)
		times[1] = b.clock.now()
		offer(from, at, arbitration.LineB, 5000)
		times[2] = b.clock.now()
		for i, m := range halves {
			took := times[i+1] - times[i]
			_ = m.hist.RecordValue(int64(took * tenths / uint64(n)))
			if took < maxGroup {
				spent[i] += took
				counted[i] += uint64(n)
			}
		}
	}
	runtime.ReadMemStats(&allocs)
	for i, name := range []string{"arbitrate", "duplicate"} {
		s := Stage{Name: name, Input: in.Name, Packets: in.Packets}
		s.NSPerPacket = round(float64(spent[i]) / float64(max(counted[i], 1)))
		s.Allocs = perUnit(allocs.Mallocs-before, s.Packets)
		percentiles(&s, halves[i].hist)
		b.stage(s, "walk", s.NSPerPacket)
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
