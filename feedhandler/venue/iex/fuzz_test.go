package iex

import (
	"bytes"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
)

// Framing: spans lie inside the payload, in order, units counted; a header it takes never promises more than
// the payload length can hold.
func FuzzTP(f *testing.F) {
	f.Add(segment())
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		for _, tp := range []TP{{ProtocolTOPS}, {ProtocolDEEP}, {ProtocolDEEPPlus}} {
			var h framing.Header
			fault := tp.Header(payload, &h)
			spans, cut := tp.Split(nil, payload, &h)
			tp.Session(payload)
			end := headerBytes
			for i, s := range spans {
				if int(s.Unit) != i || int(s.Off) != end+lengthBytes || int(s.Off)+int(s.Len) > len(payload) {
					t.Fatalf("span %d is %+v after %d in %d bytes", i, s, end, len(payload))
				}
				end = int(s.Off) + int(s.Len)
			}
			if fault == framing.FaultNone && (len(spans) > int(h.Count) || cut == framing.FaultNone && (len(spans) != int(h.Count) || end != len(payload))) {
				t.Fatalf("%d spans of %d messages, %v", len(spans), h.Count, cut)
			}
		}
		if !bytes.Equal(before, payload) {
			t.Fatal("the payload was written")
		}
	})
}

func FuzzTOPS15(f *testing.F)   { fuzzDecoder(f, feeds[0]) }
func FuzzTOPS16(f *testing.F)   { fuzzDecoder(f, feeds[1]) }
func FuzzDEEP(f *testing.F)     { fuzzDecoder(f, feeds[2]) }
func FuzzDEEPPlus(f *testing.F) { fuzzDecoder(f, feeds[3]) }

// fuzzDecoder feeds an input as a run of messages, each with its length byte before it.
func fuzzDecoder(f *testing.F, under feed) {
	var run []byte
	for code, m := range under.table {
		if m == nil {
			continue
		}
		msg := samples()[byte(code)]
		f.Add(append([]byte{byte(len(msg))}, msg...))
		run = append(append(run, byte(len(msg))), msg...)
	}
	f.Add(run)
	f.Fuzz(func(t *testing.T, input []byte) {
		d, b := under.make(3), newBatch()
		for rest := input; len(rest) > 0; {
			n := min(int(rest[0]), len(rest)-1)
			checkDecode(t, d, b, rest[1:1+n:1+n])
			rest = rest[1+n:]
		}
		d.Reset()
	})
}

func checkDecode(t *testing.T, d decoder, b *book.Batch, msg []byte) {
	before, had := bytes.Clone(msg), counts(b)
	fault := d.Decode(b, msg)
	in := d.Inspect(msg)
	if !bytes.Equal(before, msg) {
		t.Fatalf("%x: the message was written", before)
	}
	if fault != book.FaultNone && counts(b) != had {
		t.Fatalf("%x: %v appended events", msg, fault)
	}
	if (fault == book.FaultTruncated) != in.Truncated || (fault == book.FaultUnknownType) != (in.Unknown && len(msg) > 0) {
		t.Fatalf("%x: decode says %v, inspect %+v", msg, fault, in)
	}
	if fault == book.FaultNone && len(b.Events) == had[0] {
		t.Fatalf("%x: no event", msg)
	}
	for i := range b.Events[had[0]:] {
		e := &b.Events[had[0]+i]
		if int(e.Instrument) >= d.Directory().Len() || e.Kind == book.KindStatus && int(e.Aux) >= len(b.Statuses) {
			t.Fatalf("%x: event %+v points nowhere", msg, *e)
		}
	}
}
