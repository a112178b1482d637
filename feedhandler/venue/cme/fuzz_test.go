package cme

import (
	"bytes"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
)

// Whatever comes, Decode and Inspect end, do not write to the message, append nothing when it is short or its groups
// are bad, and leave an event list whose marks agree.
func FuzzDecode(f *testing.F) {
	for i, tmpl := range templates {
		if tmpl != nil {
			for _, version := range versionsOf(uint16(i)) {
				f.Add(sample(uint16(i), version, 0))
			}
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		kept := bytes.Clone(msg)
		d, b := NewMDP3(3), newBatch()
		for range 3 {
			before := len(b.Events) + len(b.Statistics) + len(b.Statuses) + len(b.Definitions)
			fault := d.Decode(b, msg)
			after := len(b.Events) + len(b.Statistics) + len(b.Statuses) + len(b.Definitions)
			if after != before && fault != book.FaultNone && fault != book.FaultDirectoryFull && fault != book.FaultBadValue {
				t.Fatalf("%v with %d entries", fault, after-before)
			}
			for i := range b.Events {
				if int(b.Events[i].Instrument) >= d.dir.Len() {
					t.Fatalf("event of instrument %d", b.Events[i].Instrument)
				}
			}
			marked := 0
			for i := range d.state {
				if d.state[i].mark == closed {
					t.Fatal("an instrument stayed closed")
				}
				if d.state[i].mark == touched {
					marked++
				}
			}
			if marked != len(d.open) {
				t.Fatalf("%d instruments touched, %d open", marked, len(d.open))
			}
			d.OnGap()
		}
		d.Inspect(msg)
		if !bytes.Equal(msg, kept) {
			t.Fatal("the input was written to")
		}
	})
}

// Spans lie inside the payload, in order, and hold a message header each.
func FuzzFraming(f *testing.F) {
	f.Add(AppendHeartbeat(AppendBook(AppendPacketHeader(nil, 5, 6), 7, 0, nil, nil)), false)
	f.Add([]byte{0xFE, 0xCA, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 12, 0, 1, 0, 9, 0}, true)
	f.Fuzz(func(t *testing.T, payload []byte, tcp bool) {
		var fr framer = MDP3Framing{}
		if tcp {
			fr = MDP3TCPFraming{}
		}
		var h framing.Header
		if fr.Header(payload, &h) != framing.FaultNone {
			return
		}
		spans, _ := fr.Split(nil, payload, &h)
		end := int(h.Body)
		for _, s := range spans {
			if int(s.Off) != end || s.Len < messageHeaderSize || int(s.Off)+int(s.Len) > len(payload) {
				t.Fatalf("%+v of %d bytes", s, len(payload))
			}
			end += int(s.Len)
		}
	})
}
