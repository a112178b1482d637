package iex

import (
	"encoding/binary"

	"wirebook/feedhandler/venue/framing"
)

// GapFillTCP asks a gap fill server by TCP: one request a connection here, answered with segments of up to 64 KB as far as the present; then
// the server closes.
type GapFillTCP struct {
	*gapFillTalk
	in *framing.Stream
}

// NewGapFillTCP makes a Talk over a stream.
func NewGapFillTCP(g GapFill, ask framing.Ask, emit func(payload []byte)) (GapFillTCP, error) {
	t, err := g.open(ask, emit)
	return GapFillTCP{t, &framing.Stream{}}, err
}

// payloadLengthAt is where the header has the length of what follows it.
const payloadLengthAt = 12

func layoutLength(segment []byte) uint16 {
	return binary.LittleEndian.Uint16(segment[payloadLengthAt:])
}

// Read takes bytes of the stream, cut anywhere. A header is judged before what it announces is waited for.
func (t GapFillTCP) Read(b []byte, nowNS int64) framing.End {
	if t.end.Over() {
		return t.end
	}
	rest := t.in.Add(b)
	for len(rest) >= headerBytes && !t.end.Over() {
		size := headerBytes + int(layoutLength(rest))
		if size > headerBytes && len(rest) < size {
			// The head alone, to know early that it is none of ours. A header without messages would be told of what follows it.
			if _, reason, text := t.foreign(rest[:headerBytes]); reason != "" {
				t.over(framing.Broken, reason, text)
			}
			break
		}
		h, reason, text := t.foreign(rest[:size])
		switch {
		case reason != "":
			t.over(framing.Broken, reason, text)
		case !t.segment(rest[:size], &h, nowNS):
			t.over(framing.Broken, framing.FaultBadLength.String(), "a segment's messages do not fill it as its header says: nothing of it is used")
		}
		rest = rest[size:]
	}
	t.in.Keep(rest)
	return t.end
}

// Hangup is how an answer ends. What had not been sent yet when it was asked for is not in it.
func (t GapFillTCP) Hangup() framing.End {
	switch {
	case t.end.Over():
	case t.in.Len() > 0:
		return t.over(framing.Dead, "closed_in_a_segment", "the gap fill server closed the connection in the middle of a segment")
	case t.counts.Units == 0 && t.counts.Heartbeats == 0 && t.counts.Outside == 0:
		return t.over(framing.Refused, "closed_without_an_answer", "the gap fill server closed the connection without an answer: it does so with a request that it finds invalid; check the provider's channel, that the server serves messages and not the byte stream, and that it is of this feed")
	}
	return t.over(framing.Partial, "ended_early", "the gap fill server ended the answer before all had come")
}
