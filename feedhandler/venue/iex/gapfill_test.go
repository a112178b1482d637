package iex

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

var (
	gapFeed = GapFill{ProtocolID: ProtocolDEEP, ChannelID: 1}
	gapAsk  = framing.Ask{Session: "1115095040", First: 12340, Last: 12439}
)

const gapSession = 1115095040

// The document's two examples, byte for byte.
func TestGapFillRequestBytes(t *testing.T) {
	got := gapFeed.AppendGapFill(nil, 0x42870000, framing.Ask{First: 12340, Last: 12350}, framing.Ask{First: 56789, Last: 56799})
	want := []byte{1, 1, 4, 0x80, 1, 0, 0, 0, 0, 0, 0x87, 0x42, 2, 0, 0, 0,
		0x34, 0x30, 0, 0, 0, 0, 0, 0, 0x3e, 0x30, 0, 0, 0, 0, 0, 0,
		0xd5, 0xdd, 0, 0, 0, 0, 0, 0, 0xdf, 0xdd, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(got, want) {
		t.Errorf("% x", got)
	}
	if got := gapFeed.AppendGapFill(nil, 0x42870000); !bytes.Equal(got, []byte{1, 1, 4, 0x80, 1, 0, 0, 0, 0, 0, 0x87, 0x42, 0, 0, 0, 0}) {
		t.Errorf("test: % x", got)
	}
}

func gapMessage(n uint64) []byte { return fmt.Appendf(nil, "message %d", n) }

// gapSegment is a segment of some messages; offset 1000 times the number, which a cut must move on.
func gapSegment(session, channel uint32, protocol uint16, first uint64, messages ...[]byte) []byte {
	var h SegmentHeader
	h.Version.Put(1)
	h.MessageProtocolID.Put(protocol)
	h.ChannelID.Put(channel)
	h.SessionID.Put(session)
	h.MessageCount.Put(uint16(len(messages)))
	h.FirstMessageSequenceNumber.Put(first)
	h.StreamOffset.Put(first * 1000)
	h.SendTime.Put(testTime)
	var body []byte
	for _, m := range messages {
		body = append(append(body, byte(len(m)), byte(len(m)>>8)), m...)
	}
	h.PayloadLength.Put(uint16(len(body)))
	return append(slices.Clone(layout.Bytes(&h)), body...)
}

func gapRange(from, to uint64) []byte {
	var list [][]byte
	for n := from; n <= to; n++ {
		list = append(list, gapMessage(n))
	}
	return gapSegment(gapSession, 1, ProtocolDEEP, from, list...)
}

type gapUnits struct {
	t    *testing.T
	list map[uint64]string
}

func (u *gapUnits) emit(payload []byte) {
	u.t.Helper()
	tp := TP{ProtocolDEEP}
	var h framing.Header
	if f := tp.Header(payload, &h); f != framing.FaultNone {
		u.t.Fatal(f)
	}
	spans, f := tp.Split(nil, payload, &h)
	if f != framing.FaultNone || len(spans) == 0 || h.Session != gapSession || h.Channel != 1 {
		u.t.Fatalf("%v, %d messages, %+v", f, len(spans), h)
	}
	if u.list == nil {
		u.list = map[uint64]string{}
	}
	for _, s := range spans {
		n := h.Seq + uint64(s.Unit)
		if _, twice := u.list[n]; twice || n < gapAsk.First || n > gapAsk.Last {
			u.t.Fatalf("%d came twice or was not asked for", n)
		}
		u.list[n] = string(payload[s.Off : int(s.Off)+int(s.Len)])
	}
}

func (u *gapUnits) want(first, last uint64) {
	u.t.Helper()
	if len(u.list) != int(last+1-first) {
		u.t.Fatalf("%d messages, want %d", len(u.list), last+1-first)
	}
	for n := first; n <= last; n++ {
		if u.list[n] != string(gapMessage(n)) {
			u.t.Fatalf("%d is %q", n, u.list[n])
		}
	}
}

func gapTCP(t *testing.T) (GapFillTCP, *gapUnits) {
	t.Helper()
	u := &gapUnits{t: t}
	g, err := NewGapFillTCP(gapFeed, gapAsk, u.emit)
	if err != nil {
		t.Fatal(err)
	}
	g.Begin(0)
	if got := g.Output(nil); !bytes.Equal(got, gapFeed.AppendGapFill(nil, gapSession, gapAsk)) {
		t.Fatalf("% x", got)
	}
	return g, u
}

func gapUDP(t *testing.T) (GapFillUDP, *gapUnits) {
	t.Helper()
	u := &gapUnits{t: t}
	g, err := NewGapFillUDP(gapFeed, gapAsk, u.emit)
	if err != nil {
		t.Fatal(err)
	}
	g.Begin(0)
	g.Output(nil)
	return g, u
}

// Segments with more than was asked for, partly twice, out of order, cut at each byte.
func TestGapFillTCPCutAtEachByte(t *testing.T) {
	stream := slices.Concat(gapRange(12400, 12450), gapSegment(gapSession, 1, ProtocolDEEP, 99, [][]byte(nil)...), gapRange(12330, 12345), gapRange(12340, 12410))
	for at := range len(stream) + 1 {
		g, u := gapTCP(t)
		g.Read(stream[:at], 1)
		g.Read(stream[at:], 1)
		if end := g.Hangup(); end.Outcome != framing.Done {
			t.Fatalf("cut at %d: %+v", at, end)
		}
		u.want(gapAsk.First, gapAsk.Last)
		if c := g.Counts(); c.Units != 100 || c.Outside != 21 || c.Twice != 17 || c.Heartbeats != 1 {
			t.Fatalf("%+v", c)
		}
	}
}

// A segment of 64 KB leaves as segments that a line would bring, their stream offsets moved on.
func TestGapFillTCPLongSegment(t *testing.T) {
	ask := framing.Ask{Session: gapAsk.Session, First: 1, Last: 1600}
	var list [][]byte
	for range 1600 {
		list = append(list, make([]byte, 38))
	}
	long := gapSegment(gapSession, 1, ProtocolDEEP, 1, list...)
	got := uint64(0)
	g, err := NewGapFillTCP(gapFeed, ask, func(p []byte) {
		w := layout.View[SegmentHeader](p)
		if len(p) > gapFillBytes || w.FirstMessageSequenceNumber.Get() != got+1 || w.StreamOffset.Get() != 1000+got*40 {
			t.Fatalf("%d bytes, number %d, offset %d after %d", len(p), w.FirstMessageSequenceNumber.Get(), w.StreamOffset.Get(), got)
		}
		got += uint64(w.MessageCount.Get())
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Begin(0)
	if end := g.Read(long, 0); end.Outcome != framing.Done || got != 1600 {
		t.Errorf("%+v, %d", end, got)
	}
}

func TestGapFillTCPEnds(t *testing.T) {
	bad := gapRange(12340, 12342)
	bad[headerBytes] = 200
	short := gapRange(12340, 12342)
	short[payloadLengthAt]--
	for _, k := range []struct {
		name   string
		stream []byte
		want   framing.Outcome
		reason string
		given  uint64
	}{
		{"closed at once", nil, framing.Refused, "closed_without_an_answer", 0},
		{"part", gapRange(12340, 12350), framing.Partial, "ended_early", 11},
		{"a heartbeat", gapSegment(gapSession, 1, ProtocolDEEP, 12341), framing.Partial, "ended_early", 0},
		{"in a segment", gapRange(12340, 12350)[:100], framing.Dead, "closed_in_a_segment", 0},
		{"other session", gapSegment(gapSession+1, 1, ProtocolDEEP, 12340, gapMessage(1)), framing.Broken, "other_session", 0},
		{"other channel", gapSegment(gapSession, 2, ProtocolDEEP, 12340, gapMessage(1)), framing.Broken, "other_channel", 0},
		{"other feed", gapSegment(gapSession, 1, ProtocolTOPS, 12340, gapMessage(1)), framing.Broken, "foreign_protocol", 0},
		{"no IEX-TP", []byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"), framing.Broken, "foreign_protocol", 0},
		{"inner length", bad, framing.Broken, "bad_length", 0},
		{"outer length", slices.Concat(gapRange(12343, 12343), short), framing.Broken, "bad_length", 1},
		{"far future", gapRange(1_000_012_340, 1_000_012_350), framing.Partial, "ended_early", 0},
	} {
		g, u := gapTCP(t)
		g.Read(k.stream, 1)
		end := g.Hangup()
		if end.Outcome != k.want || end.Reason != k.reason || end.Text == "" || g.Counts().Units != k.given || len(u.list) != int(k.given) {
			t.Errorf("%s: %+v %+v", k.name, end, g.Counts())
		}
		if g.Read(gapRange(12340, 12439), 2) != end || len(u.list) != int(k.given) {
			t.Errorf("%s: it goes on", k.name)
		}
	}
	// What is announced is not waited for when it cannot be ours.
	g, _ := gapTCP(t)
	if end := g.Read(gapSegment(gapSession+1, 1, ProtocolDEEP, 12340, gapMessage(1))[:headerBytes], 1); end.Reason != "other_session" {
		t.Errorf("%+v", end)
	}
}

// By UDP what is no answer is dropped under a count: anybody may have sent it.
func TestGapFillUDP(t *testing.T) {
	g, u := gapUDP(t)
	bad := gapRange(12340, 12342)
	bad[headerBytes] = 200
	for _, d := range [][]byte{nil, {1}, bad, append(gapRange(12340, 12340), 0), gapRange(12340, 12340)[:45],
		gapSegment(gapSession+1, 1, ProtocolDEEP, 12340, gapMessage(1)), gapSegment(gapSession, 2, ProtocolDEEP, 12340, gapMessage(1)),
		gapSegment(gapSession, 1, ProtocolTOPS, 12340, gapMessage(1))} {
		if end := g.Read(d, 1); end.Over() {
			t.Fatalf("% x: %+v", d, end)
		}
	}
	if c := g.Counts(); c.Dropped != 8 || len(u.list) != 0 {
		t.Fatalf("%+v", c)
	}
	g.Read(gapRange(12401, 12439), 1)
	g.Read(gapRange(12401, 12401), 1)
	g.Read(gapSegment(gapSession, 1, ProtocolDEEP, 99), 1)
	if end := g.Read(gapRange(12340, 12400), 1); end.Outcome != framing.Done {
		t.Fatalf("%+v", end)
	}
	u.want(gapAsk.First, gapAsk.Last)
	if c := g.Counts(); c.Twice != 1 || c.Heartbeats != 1 {
		t.Errorf("%+v", c)
	}

	g, _ = gapUDP(t)
	if g.Tick(gapFillStallNS-1).Over() || g.Due() != gapFillStallNS || g.Tick(gapFillStallNS).Reason != "unanswered" {
		t.Errorf("%+v", g.Tick(gapFillStallNS))
	}
	g, _ = gapUDP(t)
	g.Read(gapRange(12340, 12350), 7)
	if end := g.Tick(7 + gapFillStallNS); end.Reason != "stalled" {
		t.Errorf("%+v", end)
	}
	for _, a := range []framing.Ask{{Session: "x", First: 1, Last: 1}, {Session: "1", First: 2, Last: 1}, {Session: "4294967296", First: 1, Last: 1}, {Session: "1", First: 1, Last: 1001}} {
		if _, err := NewGapFillUDP(gapFeed, a, nil); err == nil {
			t.Errorf("%+v is asked", a)
		}
	}
}

// The test request's answer, also under another protocol, as in the document's example.
func TestGapFillTestAnswer(t *testing.T) {
	for _, protocol := range []uint16{ProtocolDEEP, ProtocolTOPS} {
		if session, next, ok := GapFillTest(gapSegment(gapSession, 1, protocol, 77)); !ok || session != gapSession || next != 77 {
			t.Error(session, next, ok)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 40), gapRange(1, 1)} {
		if _, _, ok := GapFillTest(b); ok {
			t.Errorf("% x", b)
		}
	}
}

func FuzzGapFill(f *testing.F) {
	f.Add(gapRange(12340, 12439), uint8(7))
	f.Add(slices.Concat(gapRange(12330, 12350), gapSegment(gapSession, 1, ProtocolDEEP, 9), gapRange(12345, 12450)), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		var ends [2]framing.End
		var lists [2]map[uint64]string
		for i, n := range []int{max(len(stream), 1), max(int(step), 1)} {
			u := &gapUnits{t: t}
			g, _ := NewGapFillTCP(gapFeed, gapAsk, u.emit)
			g.Begin(0)
			for at := 0; at < len(stream); at += n {
				g.Read(bytes.Clone(stream[at:min(at+n, len(stream))]), 1)
			}
			ends[i], lists[i] = g.Hangup(), u.list
			if g.Counts().Units != uint64(len(u.list)) || (ends[i].Outcome == framing.Done) != (g.Counts().Units == gapAsk.Units()) {
				t.Fatalf("%+v %+v", ends[i], g.Counts())
			}
		}
		if len(lists[0]) != len(lists[1]) || ends[0] != ends[1] {
			t.Fatalf("whole %d %+v, in steps %d %+v", len(lists[0]), ends[0], len(lists[1]), ends[1])
		}
		u := &gapUnits{t: t}
		g, _ := NewGapFillUDP(gapFeed, gapAsk, u.emit)
		g.Begin(0)
		if end := g.Read(stream, 1); end.Over() && end.Outcome != framing.Done {
			t.Fatalf("%+v", end)
		}
	})
}
