package iex

import (
	"encoding/binary"
	"strconv"

	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// GapFillRequest is the head of a request to a gap fill server, by UDP or TCP (IEX Transport Specification 1.26, "Gap Fill Request").
// No login, no acknowledgement, no keep-alive, no error codes: what is invalid is ignored by UDP, and closes the connection by TCP.
type GapFillRequest struct {
	Version           layout.U8
	RequestType       layout.U8 // 1: ranges are of messages
	MessageProtocolID layout.U16LE
	ChannelID         layout.U32LE
	SessionID         layout.U32LE
	RangeCount        layout.U32LE // 0: a test, by UDP only
}

// gapFillRange follows as often as RangeCount says. Ranges rise and do not overlap.
type gapFillRange struct {
	First, Last layout.I64LE // both included
}

const (
	gapFillMessages = 1
	gapFillBytes    = 1400 // answers of TCP are cut to segments that a line would bring

	// GapFillUDPLimit is how many messages one UDP request may ask for.
	GapFillUDPLimit = 1000

	gapFillStallNS = 4_000_000_000
)

// GapFill is the feed whose messages are asked for.
type GapFill struct {
	ProtocolID uint16
	ChannelID  uint32
	StallNS    int64 // how long a server may bring nothing that was asked for; 0 takes 4 s
}

// AppendGapFill appends a request of some ranges of a session; without any it is the test, which is answered with where the feed stands.
func (g *GapFill) AppendGapFill(dst []byte, session uint32, ranges ...framing.Ask) []byte {
	var head GapFillRequest
	head.Version.Put(tpVersion)
	head.RequestType.Put(gapFillMessages)
	head.MessageProtocolID.Put(g.ProtocolID)
	head.ChannelID.Put(g.ChannelID)
	head.SessionID.Put(session)
	head.RangeCount.Put(uint32(len(ranges)))
	dst = append(dst, layout.Bytes(&head)...)
	for i := range ranges {
		var r gapFillRange
		r.First.Put(int64(ranges[i].First))
		r.Last.Put(int64(ranges[i].Last))
		dst = append(dst, layout.Bytes(&r)...)
	}
	return dst
}

// gapFillTalk is what both transports share: the request, and segments of which only what was asked for is given out.
type gapFillTalk struct {
	GapFill
	session uint32
	ask     framing.Ask
	emit    func(payload []byte)
	tally   framing.Tally
	counts  framing.TalkCounts
	out     []byte
	cut     []byte
	spans   []framing.Span
	end     framing.End
	begun   bool
	moved   int64
}

func (g GapFill) open(ask framing.Ask, emit func(payload []byte)) (*gapFillTalk, error) {
	session, err := strconv.ParseUint(ask.Session, 10, 32)
	if err != nil {
		return nil, framing.ErrAskSession
	}
	if ask.Units() == 0 || ask.Last > 1<<63-1 {
		return nil, framing.ErrAsk
	}
	if g.StallNS <= 0 {
		g.StallNS = gapFillStallNS
	}
	t := &gapFillTalk{GapFill: g, session: uint32(session), ask: ask, emit: emit}
	t.tally.Open(&ask)
	return t, nil
}

// Begin asks at once, as the server wants it.
func (t *gapFillTalk) Begin(nowNS int64) {
	t.out = t.AppendGapFill(t.out, t.session, t.ask)
	t.begun, t.moved = true, nowNS
}

// Output takes what is to be sent.
func (t *gapFillTalk) Output(dst []byte) []byte {
	dst = append(dst, t.out...)
	t.out = t.out[:0]
	return dst
}

// Counts says what came.
func (t *gapFillTalk) Counts() framing.TalkCounts { return t.counts }

// Due is the end of patience.
func (t *gapFillTalk) Due() int64 { return t.moved + t.StallNS }

// Bye is nothing: there is no word for it.
func (t *gapFillTalk) Bye() {}

// Tick gives up a server that brings nothing.
func (t *gapFillTalk) Tick(nowNS int64) framing.End {
	if !t.end.Over() && t.begun && nowNS-t.moved >= t.StallNS {
		if t.counts.Units == 0 {
			return t.over(framing.Dead, "unanswered", "the gap fill server sent nothing of what was asked for: it ignores what it cannot read, so check its address, channel and that it serves messages, not the byte stream")
		}
		return t.over(framing.Dead, "stalled", "the gap fill server stopped in the middle of the answer")
	}
	return t.end
}

func (t *gapFillTalk) over(o framing.Outcome, reason, text string) framing.End {
	if !t.end.Over() {
		t.end = framing.End{Outcome: o, Reason: reason, Text: text}
	}
	return t.end
}

// foreign says why a segment is no answer of ours; reason is empty where it is one.
func (t *gapFillTalk) foreign(payload []byte) (h framing.Header, reason, text string) {
	fault := TP{t.ProtocolID}.Header(payload, &h)
	switch {
	case fault == framing.FaultForeign:
		return h, fault.String(), "the answer is of another feed: check that the provider serves message protocol 0x" + strconv.FormatUint(uint64(t.ProtocolID), 16)
	case fault != framing.FaultNone:
		return h, fault.String(), "the answer is no IEX-TP segment"
	case h.Session != uint64(t.session):
		return h, "other_session", "the answer is of session " + strconv.FormatUint(h.Session, 10) + ", the feed in " + strconv.FormatUint(uint64(t.session), 10) + ": the server knows the current day only"
	case h.Channel != t.ChannelID:
		return h, "other_channel", "the answer is of channel " + strconv.FormatUint(uint64(h.Channel), 10) + ", the provider's is " + strconv.FormatUint(uint64(t.ChannelID), 10) + ": check the provider's channel"
	}
	return h, "", ""
}

// segment gives out what was asked for of a whole segment, in segments of ordinary size; false where it is damaged.
func (t *gapFillTalk) segment(payload []byte, h *framing.Header, nowNS int64) bool {
	if h.Kind == framing.Heartbeat {
		t.counts.Heartbeats++
		return true
	}
	// Spans have 16 bits, a segment by TCP may be longer by its header: the messages are split without it.
	var fault framing.Fault
	if t.spans, fault = splitMessages(t.spans[:0], payload[headerBytes:], h.Count); fault != framing.FaultNone {
		return false
	}
	body := payload[headerBytes:]
	head := layout.View[SegmentHeader](payload)
	n := uint16(0)
	for _, s := range t.spans {
		unit := h.Seq + uint64(s.Unit)
		if headerBytes+lengthBytes+int(s.Len) > 0xFFFF {
			return false // no datagram of a line could hold it
		}
		whole := body[int(s.Off)-lengthBytes : int(s.Off)+int(s.Len)]
		wanted := t.tally.Take(unit, &t.counts)
		if n > 0 && (!wanted || len(t.cut)+len(whole) > gapFillBytes) {
			t.give(n)
			n = 0
		}
		if !wanted {
			continue
		}
		t.moved = nowNS
		if n == 0 {
			t.cut = append(t.cut[:0], payload[:headerBytes]...)
			w := layout.View[SegmentHeader](t.cut)
			w.FirstMessageSequenceNumber.Put(unit)
			w.StreamOffset.Put(head.StreamOffset.Get() + uint64(s.Off) - lengthBytes)
		}
		t.cut = append(t.cut, whole...)
		n++
	}
	if n > 0 {
		t.give(n)
	}
	if t.tally.Left() == 0 {
		t.over(framing.Done, "", "")
	}
	return true
}

// give puts count and length into the segment that was cut, and hands it out.
func (t *gapFillTalk) give(n uint16) {
	w := layout.View[SegmentHeader](t.cut)
	w.MessageCount.Put(n)
	w.PayloadLength.Put(uint16(len(t.cut) - headerBytes))
	t.emit(t.cut)
}

// splitMessages finds count messages, which have to fill body.
func splitMessages(dst []framing.Span, body []byte, count uint32) ([]framing.Span, framing.Fault) {
	off := 0
	for unit := range count {
		if off+lengthBytes > len(body) {
			return dst, framing.FaultCutShort
		}
		n := int(binary.LittleEndian.Uint16(body[off:]))
		off += lengthBytes
		if n > len(body)-off || off > 0xFFFF {
			return dst, framing.FaultCutShort
		}
		dst = append(dst, framing.Span{Off: uint16(off), Len: uint16(n), Unit: unit})
		off += n
	}
	if off != len(body) {
		return dst, framing.FaultLeftover
	}
	return dst, framing.FaultNone
}
