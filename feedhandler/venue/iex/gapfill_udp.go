package iex

import "wirebook/feedhandler/venue/framing"

// GapFillUDP asks a gap fill server by UDP: one request, at most GapFillUDPLimit messages. Every Read is one whole datagram from the
// server's address; one that is no answer is dropped and counted, because a datagram of anybody might be. The server may send fewer
// messages than were asked for; nothing says so, and what lacks is asked for again.
type GapFillUDP struct{ *gapFillTalk }

// NewGapFillUDP makes a Talk over datagrams.
func NewGapFillUDP(g GapFill, ask framing.Ask, emit func(payload []byte)) (GapFillUDP, error) {
	t, err := g.open(ask, emit)
	if err == nil && ask.Units() > GapFillUDPLimit {
		err = framing.ErrAsk
	}
	return GapFillUDP{t}, err
}

// Read takes one datagram.
func (t GapFillUDP) Read(b []byte, nowNS int64) framing.End {
	if t.end.Over() {
		return t.end
	}
	h, reason, _ := t.foreign(b)
	if reason != "" || int(layoutLength(b)) != len(b)-headerBytes || !t.segment(b, &h, nowNS) {
		t.counts.Dropped++
	}
	return t.end
}

// Hangup is an ICMP refusal, which a socket tells: nobody listens there.
func (t GapFillUDP) Hangup() framing.End {
	return t.over(framing.Dead, "port_unreachable", "nobody listens at the gap fill server's address: check it")
}

// GapFillTest reads the answer to a request without ranges: the number of the message to come, and the session that the server is in.
// The document's own example answers under another protocol than it was asked, so the protocol is not compared.
func GapFillTest(answer []byte) (session, next uint64, ok bool) {
	var h framing.Header
	if len(answer) != headerBytes {
		return 0, 0, false
	}
	id := uint16(answer[2]) | uint16(answer[3])<<8
	if (TP{id}).Header(answer, &h) != framing.FaultNone || h.Kind != framing.Heartbeat {
		return 0, 0, false
	}
	return h.Session, h.Seq, true
}
