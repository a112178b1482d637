package venue_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

// The conformance suite runs over every line of the registry: what a new venue must do, whatever it decodes.

func decoders(feed *venue.Feed) (a, b venue.Decoder) {
	o := venue.Options{MaxInstruments: 32, SessionDate: 1_700_000_000_000_000_000}
	return feed.NewDecoder(o), feed.NewDecoder(o)
}

// messages makes byte strings that look enough like messages to get past the type check: every code of the first byte
// or (SBE) template in its place, random bodies of every length up to 200.
func messages(seed uint64, n int, visit func([]byte)) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		m := make([]byte, r.IntN(200))
		for i := range m {
			if r.IntN(3) > 0 {
				m[i] = byte(r.Uint32())
			}
		}
		if len(m) > 0 && r.IntN(2) == 0 {
			m[0] = "SRHYLVWKAJFECXDUPQBINhOGTMa58ODPIE"[r.IntN(34)]
		}
		if len(m) > 10 && r.IntN(2) == 0 { // an SBE header of schema 1
			m[0], m[1] = byte(len(m)), 0
			m[2], m[3] = byte(r.IntN(64)), 0
			m[4], m[5] = byte(4+r.IntN(66)), 0
			m[6], m[7] = 1, 0
			m[8], m[9] = byte(5+r.IntN(9)), 0
		}
		visit(m)
	}
}

func newBatch() *book.Batch {
	b := book.NewBatch(64)
	b.BeginPacket(book.Packet{TsRecv: 1_700_000_000_000_000_000})
	return b
}

func TestDecodersAreDeterministicAndOnlyRead(t *testing.T) {
	for i := range venue.Feeds() {
		feed := &venue.Feeds()[i]
		t.Run(feed.Name, func(t *testing.T) {
			one, two := decoders(feed)
			events := 0
			messages(uint64(i)+1, 20_000, func(m []byte) {
				before := append([]byte(nil), m...)
				b1, b2 := newBatch(), newBatch()
				f1, f2 := one.Decode(b1, m), two.Decode(b2, m)
				if !bytes.Equal(before, m) {
					t.Fatalf("the decoder wrote to its input %x", before)
				}
				if f1 != f2 || len(b1.Events) != len(b2.Events) {
					t.Fatalf("%x: %s and %d events, then %s and %d", m, f1, len(b1.Events), f2, len(b2.Events))
				}
				for k := range b1.Events {
					e := &b1.Events[k]
					if *e != b2.Events[k] {
						t.Fatalf("%x: event %d differs", m, k)
					}
					if e.Kind >= book.KindCount || int(e.Instrument) >= one.Directory().Len() {
						t.Fatalf("%x: event %+v names no kind or no instrument", m, e)
					}
				}
				if f1 == book.FaultTruncated && len(b1.Events) != 0 {
					t.Fatalf("%x: truncated, and yet %d events", m, len(b1.Events))
				}
				events += len(b1.Events)
				one.Inspect(m)
			})
			if events == 0 {
				t.Fatal("no message decoded to anything: the test proves nothing")
			}
		})
	}
}

// TestPacketsDecodeAsTheirMessagesDo: whoever decodes a packet in one call must give what its messages give one by one.
func TestPacketsDecodeAsTheirMessagesDo(t *testing.T) {
	for i := range venue.Feeds() {
		feed := &venue.Feeds()[i]
		whole, single := decoders(feed)
		packets := venue.Packets(whole)
		var payload []byte
		var spans []framing.Span
		messages(uint64(i)+33, 20_000, func(m []byte) {
			if len(m) == 0 {
				return
			}
			spans = append(spans, framing.Span{Off: uint16(len(payload)), Len: uint16(len(m)), Unit: uint32(2 * len(spans))})
			if payload = append(payload, m...); len(spans)%7 != 0 {
				return
			}
			a, b := newBatch(), newBatch()
			var fa, fb [book.FaultCount]uint64
			packets.DecodePacket(a, payload, spans, 1<<32-3, &fa)
			for _, s := range spans {
				b.Seq = 1<<32 - 3 + uint64(s.Unit)
				msg := payload[s.Off:][:s.Len]
				if fault := single.Decode(b, msg); fault != book.FaultNone {
					fb[fault]++
					if instrument, lost := single.Concerns(msg, fault); lost {
						b.Lost(instrument)
						if g, ok := single.(venue.GapAware); ok && instrument == 0 {
							g.OnGap()
						}
					}
				}
			}
			if !slices.Equal(a.Events, b.Events) || !slices.Equal(a.Definitions, b.Definitions) || !slices.Equal(a.Statuses, b.Statuses) || fa != fb {
				t.Fatalf("%s: %x: %d events and faults %d, message by message %d and %d", feed.Name, payload, len(a.Events), fa, len(b.Events), fb)
			}
			payload, spans = payload[:0], spans[:0]
		})
	}
}

func TestFramingsGiveOnlySpansInside(t *testing.T) {
	for i := range venue.Feeds() {
		feed := &venue.Feeds()[i]
		f := feed.NewFraming()
		var spans []framing.Span
		messages(uint64(i)+77, 20_000, func(m []byte) {
			before := append([]byte(nil), m...)
			var h framing.Header
			if f.Header(m, &h) != framing.FaultNone {
				return
			}
			spans, _ = f.Split(spans[:0], m, &h)
			_ = f.Session(m)
			end := 0
			for _, s := range spans {
				if int(s.Off) < end || int(s.Off)+int(s.Len) > len(m) {
					t.Fatalf("%s: span %+v of a payload of %d bytes", feed.Name, s, len(m))
				}
				end = int(s.Off) + int(s.Len)
			}
			if !bytes.Equal(before, m) {
				t.Fatalf("%s: the framing wrote to its input", feed.Name)
			}
		})
	}
}

func TestDirectoryFullIsCountedNotFatal(t *testing.T) {
	for i := range venue.Feeds() {
		feed := &venue.Feeds()[i]
		d := feed.NewDecoder(venue.Options{MaxInstruments: 1, SessionDate: 1})
		messages(uint64(i)+5, 5_000, func(m []byte) { d.Decode(newBatch(), m) })
		if d.Directory().Len() > 2 {
			t.Errorf("%s: %d instruments in a directory of one", feed.Name, d.Directory().Len()-1)
		}
	}
}

func TestRegistryNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range venue.Feeds() {
		if seen[f.Name] || venue.Find(f.Name) == nil || f.Spec == "" || f.Title == "" {
			t.Errorf("registry line %q", f.Name)
		}
		seen[f.Name] = true
	}
	if venue.Find("nobody.nothing") != nil {
		t.Error("found a feed that is not there")
	}
}
