package sim

import (
	"testing"

	"wirebook/feedhandler/venue/cme"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/iex"
	"wirebook/feedhandler/venue/layout"
)

// TestDeepEventFlags: within an event only the last level update says that the book is whole.
func TestDeepEventFlags(t *testing.T) {
	x := newExchange(t, Config{Seed: 6, Encoding: Deep, Messages: 30_000, Symbols: 6})
	frames := iex.TP{ProtocolID: iex.ProtocolDEEP}
	type last struct {
		flag uint8
		at   int64
	}
	seen := map[iex.Symbol]last{}
	var d Datagram
	var h framing.Header
	var spans []framing.Span
	open, complete := 0, 0
	for x.Next(&d) {
		spans, _ = frames.Split(spans[:0], d.Payload, &h)
		for _, s := range spans {
			msg := d.Payload[s.Off : s.Off+s.Len]
			if msg[0] != '8' && msg[0] != '5' {
				continue
			}
			m := layout.View[iex.PriceLevelUpdate](msg[1:])
			now := last{m.EventFlags.Get(), m.Timestamp.Get()}
			if was, ok := seen[m.Symbol]; ok && (was.at == now.at) != (was.flag == 0) {
				t.Fatalf("update at %d with flag %d follows one at %d with flag %d", now.at, now.flag, was.at, was.flag)
			}
			seen[m.Symbol] = now
			if now.flag == 0 {
				open++
			} else {
				complete++
			}
		}
	}
	for symbol, l := range seen {
		if l.flag == 0 {
			t.Errorf("%s: the last event never ends", symbol)
		}
	}
	if open == 0 || complete == 0 {
		t.Errorf("%d updates inside events, %d at their ends", open, complete)
	}
}

// TestMDP3EventEnds: every event's messages share a time, and the last, and only the last, ends it.
func TestMDP3EventEnds(t *testing.T) {
	x := newExchange(t, Config{Seed: 6, Encoding: MDP3, Messages: 30_000, Symbols: 6})
	var d Datagram
	var h framing.Header
	var spans []framing.Span
	var at, wasAt uint64
	ended, several := true, 0
	for x.Next(&d) {
		h.Body = 12
		spans, _ = cme.MDP3Framing{}.Split(spans[:0], d.Payload, &h)
		for _, s := range spans {
			msg := d.Payload[s.Off : s.Off+s.Len]
			template := int(msg[4]) | int(msg[5])<<8
			place := 18
			switch template {
			case 12:
				continue
			case 54:
				if msg[10] != cme.EndOfEvent {
					t.Fatalf("definition with indicator %#x", msg[10])
				}
				continue
			case 30:
				place = 36
			}
			at = 0
			for i := 17; i >= 10; i-- {
				at = at<<8 | uint64(msg[i])
			}
			if !ended && at != wasAt || ended && at <= wasAt {
				t.Fatalf("template %d at %d follows %d, event ended: %v", template, at, wasAt, ended)
			}
			if !ended {
				several++
			}
			ended, wasAt = msg[place]&cme.EndOfEvent != 0, at
		}
	}
	if !ended || several < 1000 {
		t.Errorf("the last event ended: %v; %d messages go on with one", ended, several)
	}
}
