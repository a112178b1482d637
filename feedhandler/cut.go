package feedhandler

import (
	"wirebook/arbitration"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
	"wirebook/shm"
)

// Cut counts the datagrams that a capture did not keep whole. Units are what the venue numbers: messages or packets.
type Cut struct {
	Datagrams uint64
	Units     uint64 // that they announced
	Whole     uint64 // that were there, and were used
}

// OnCutFrame is OnFrame for a frame of which the capture kept the front only (its snap length); wireBytes is how long it was.
// What is whole in it is as good as ever. The rest came by and is not here: its numbers are told, so that it is lost
// unless another line has it.
func (p *Pipeline) OnCutFrame(frame []byte, wireBytes int, stamp ptp.Stamp) {
	var d Datagram
	whole, fault := ParseCutFrame(frame, wireBytes, &d)
	if whole && fault == WireOK {
		p.OnFrame(frame, stamp) // a trailer was cut, or padding
		return
	}
	if p.packets != nil {
		p.packets.frame(p, frame, wireBytes, stamp)
	}
	if fault != WireOK {
		p.refuse(fault)
		return
	}
	r, ok := p.demux.datagram(&d)
	if !ok {
		p.refuse(p.demux.why(d.Dst, d.DstPort, d.Src))
		return
	}
	p.Wire[WireOK]++
	p.Stamps[stamp.Source]++
	o := p.channels[r.Channel].onCutPayload(r.Line, d.Payload, stamp)
	if p.packets != nil {
		p.packets.taken(p, r, o)
	}
}

// ParseCutFrame is ParseFrame for such a frame. d.Payload is what is there of the payload; whole says that nothing of it is
// missing.
func ParseCutFrame(frame []byte, wireBytes int, d *Datagram) (whole bool, fault WireFault) {
	if fault := ParseFrame(frame, false, d); fault != WireIPTotalLength || wireBytes <= len(frame) {
		return true, fault
	}
	return false, parse(frame, wireBytes, nil, d)
}

// cutOff is where the last cut datagram of a line reaches, and how many packets the line had brought by then.
type cutOff struct{ session, end, packets uint64 }

// onCutPayload takes the front of one datagram of a line.
func (c *Channel) onCutPayload(line uint8, payload []byte, stamp ptp.Stamp) outcome {
	h := &c.header
	if fault := c.framing.Header(payload, h); fault != framing.FaultNone {
		c.Framing[fault]++
		return outcome{verdict: shm.VerdictFraming | uint8(fault)}
	}
	c.now = stamp.NS
	c.Cut.Datagrams++
	if h.Kind != framing.Data {
		c.Framing[framing.FaultCutShort]++
		return outcome{verdict: shm.VerdictFraming | uint8(framing.FaultCutShort)}
	}
	spans, _ := c.framing.Split(c.spans, payload, h)
	whole := uint32(0)
	if h.Messages == h.Count { // of a unit of several messages nobody can tell here whether it is whole
		whole = uint32(len(spans))
	}
	c.Cut.Units += uint64(h.Count)
	c.Cut.Whole += uint64(whole)
	pkt := arbitration.Packet{Session: h.Session, Seq: h.Seq, Count: whole, TsRecv: stamp.NS, TsSend: h.TsSend, Kind: arbitration.KindData,
		Meta: uint64(receiveFlags(stamp)), Payload: payload}
	if whole == 0 {
		pkt.Kind, pkt.Payload = arbitration.KindHeartbeat, nil
	}
	end := h.Seq + uint64(h.Count)
	v := c.arb.Offer(arbitration.Line(line), &pkt)
	if v.Take {
		c.deliver(&pkt, spans, v.Skip, v.Count, line)
	}
	c.drain()
	c.cut[line] = cutOff{pkt.Session, end, c.Line(int(line)).ReceivedPackets}
	return judged(v)
}

// endCut tells at the end of the input what came by in the lines' last datagrams and is not there.
func (c *Channel) endCut() {
	for line, cut := range c.cut {
		if cut.packets == 0 || cut.session != c.session || c.Line(line).ReceivedPackets != cut.packets {
			continue // what came later tells it
		}
		pkt := arbitration.Packet{Session: cut.session, Seq: cut.end, TsRecv: c.now, Kind: arbitration.KindHeartbeat}
		c.arb.Offer(arbitration.Line(line), &pkt)
		c.drain()
	}
}
