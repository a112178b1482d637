package iex

import (
	"bytes"
	"math/rand"
	"testing"

	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// What the sender writes, the framing reads: sequence, offsets and messages of a random session.
func TestSenderRoundTrip(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	s := Sender{ProtocolID: ProtocolDEEPPlus, ChannelID: 1, SessionID: 1_310_523_392, NextSeq: 1}
	tp := TP{ProtocolDEEPPlus}
	seq, offset := uint64(1), uint64(0)
	for n := 0; n < 200; n++ {
		packet := []byte("before")
		packet = s.Begin(packet, uint64(testTime+n))
		var want [][]byte
		for i := r.Intn(6); i > 0; i-- {
			body := make([]byte, r.Intn(60))
			r.Read(body)
			packet = s.Message(packet, 'a', body)
			want = append(want, append([]byte{'a'}, body...))
		}
		s.End(packet)
		payload := packet[len("before"):]
		h, msgs := split(t, tp, payload)
		kind := framing.Data
		if len(want) == 0 {
			kind = framing.Heartbeat
		}
		expected := framing.Header{Session: 1_310_523_392, Seq: seq, Count: uint32(len(want)), Messages: uint32(len(want)),
			TsSend: uint64(testTime + n), Channel: 1, Kind: kind, Body: headerBytes}
		if h != expected {
			t.Fatalf("segment %d: header %+v, expected %+v", n, h, expected)
		}
		if got := layout.View[SegmentHeader](payload).StreamOffset.Get(); got != offset {
			t.Fatalf("segment %d: stream offset %d, expected %d", n, got, offset)
		}
		if len(msgs) != len(want) {
			t.Fatalf("segment %d: %d messages, expected %d", n, len(msgs), len(want))
		}
		for i := range want {
			if !bytes.Equal(msgs[i], want[i]) {
				t.Fatalf("segment %d message %d: %x, expected %x", n, i, msgs[i], want[i])
			}
		}
		seq += uint64(len(want))
		offset += uint64(len(payload) - headerBytes)
	}
}

// segment is two messages of 3 and 2 bytes: 40 + 5 + 4.
func segment() []byte {
	s := Sender{ProtocolID: ProtocolDEEP, SessionID: 7, NextSeq: 10}
	p := s.Begin(nil, testTime)
	p = s.Message(p, 'x', []byte{1, 2})
	p = s.Message(p, 'y', []byte{3})
	s.End(p)
	return p
}

func TestFramingFaults(t *testing.T) {
	change := func(f func(h *SegmentHeader)) []byte {
		p := segment()
		f(layout.View[SegmentHeader](p))
		return p
	}
	for _, c := range []struct {
		name          string
		payload       []byte
		header, split framing.Fault
		messages      int
	}{
		{"good", segment(), framing.FaultNone, framing.FaultNone, 2},
		{"empty", nil, framing.FaultShort, framing.FaultShort, 0},
		{"short header", segment()[:39], framing.FaultShort, framing.FaultShort, 0},
		{"version", change(func(h *SegmentHeader) { h.Version.Put(2) }), framing.FaultForeign, framing.FaultNone, 2},
		{"protocol", change(func(h *SegmentHeader) { h.MessageProtocolID.Put(ProtocolTOPS) }), framing.FaultForeign, framing.FaultNone, 2},
		{"count beyond length", change(func(h *SegmentHeader) { h.MessageCount.Put(5) }), framing.FaultBadLength, framing.FaultCutShort, 2},
		{"count one more", change(func(h *SegmentHeader) { h.MessageCount.Put(3) }), framing.FaultNone, framing.FaultCutShort, 2},
		{"count one less", change(func(h *SegmentHeader) { h.MessageCount.Put(1) }), framing.FaultNone, framing.FaultLeftover, 1},
		{"heartbeat with bytes", change(func(h *SegmentHeader) { h.MessageCount.Put(0) }), framing.FaultLeftover, framing.FaultLeftover, 0},
		{"length cuts a message", change(func(h *SegmentHeader) { h.PayloadLength.Put(8) }), framing.FaultNone, framing.FaultCutShort, 1},
		{"length beyond datagram", change(func(h *SegmentHeader) { h.PayloadLength.Put(10) }), framing.FaultNone, framing.FaultCutShort, 2},
		{"length cut", segment()[:46], framing.FaultNone, framing.FaultCutShort, 1},
		{"trailer", append(segment(), 0), framing.FaultNone, framing.FaultLeftover, 2},
	} {
		before := framing.Header{Seq: 99}
		h := before
		if got := (TP{ProtocolDEEP}).Header(c.payload, &h); got != c.header {
			t.Errorf("%s: header %v, expected %v", c.name, got, c.header)
		}
		if c.header != framing.FaultNone && h != before {
			t.Errorf("%s: header written on a fault", c.name)
		}
		spans, got := (TP{ProtocolDEEP}).Split(nil, c.payload, &h)
		if got != c.split || len(spans) != c.messages {
			t.Errorf("%s: split %v with %d messages, expected %v with %d", c.name, got, len(spans), c.split, c.messages)
		}
	}
	if got := (TP{}).Session(segment()); got != "7" {
		t.Errorf("session %q", got)
	}
	if got := (TP{}).Session(segment()[:20]); got != "" {
		t.Errorf("session of a short payload %q", got)
	}
}
