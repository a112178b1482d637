package cme

import (
	"testing"

	"wirebook/feedhandler/venue/framing"
)

func TestFraming(t *testing.T) {
	packet := AppendHeartbeat(AppendBook(AppendPacketHeader(nil, 5, 6), 7, 0, nil, nil))
	tcp := append([]byte{0xFE, 0xCA, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0}, packet[packetHeaderSize:]...)
	foreignSchema := append([]byte(nil), packet...)
	foreignSchema[packetHeaderSize+6] = 2
	short := append([]byte(nil), packet...)
	short[packetHeaderSize] = 9
	for _, c := range []struct {
		name     string
		f        framer
		payload  []byte
		header   framing.Fault
		split    framing.Fault
		messages int
	}{
		{"packet", MDP3Framing{}, packet, framing.FaultNone, framing.FaultNone, 2},
		{"tcp", MDP3TCPFraming{}, tcp, framing.FaultNone, framing.FaultNone, 2},
		{"tcp header on multicast", MDP3TCPFraming{}, packet, framing.FaultForeign, framing.FaultNone, 0},
		{"header alone", MDP3Framing{}, packet[:12], framing.FaultNone, framing.FaultEmpty, 0},
		{"nothing", MDP3Framing{}, nil, framing.FaultShort, framing.FaultNone, 0},
		{"tcp short", MDP3TCPFraming{}, tcp[:13], framing.FaultShort, framing.FaultNone, 0},
		{"other schema", MDP3Framing{}, foreignSchema, framing.FaultForeign, framing.FaultNone, 0},
		{"one byte over", MDP3Framing{}, append(append([]byte(nil), packet...), 1), framing.FaultNone, framing.FaultLeftover, 2},
		{"second message cut", MDP3Framing{}, packet[:len(packet)-1], framing.FaultNone, framing.FaultCutShort, 1},
		{"size below a header", MDP3Framing{}, short, framing.FaultNone, framing.FaultBadLength, 0},
		{"absurd payload", MDP3Framing{}, make([]byte, 70000), framing.FaultForeign, framing.FaultNone, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h framing.Header
			if got := c.f.Header(c.payload, &h); got != c.header {
				t.Fatalf("header %v, want %v", got, c.header)
			}
			if c.header != framing.FaultNone {
				return
			}
			if h.Seq != 5 || h.TsSend != 6 || h.Count != 1 || h.Kind != framing.Data || h.Session != 0 {
				t.Errorf("%+v", h)
			}
			spans, got := c.f.Split(nil, c.payload, &h)
			if got != c.split || len(spans) != c.messages {
				t.Errorf("split %v with %d messages, want %v with %d", got, len(spans), c.split, c.messages)
			}
		})
	}
	if _, got := split(nil, make([]byte, 70000), 12); got != framing.FaultBadLength {
		t.Errorf("a payload that spans cannot address: %v", got)
	}
}

func TestFramingAllocs(t *testing.T) {
	packet := AppendHeartbeat(AppendBook(AppendPacketHeader(nil, 5, 6), 7, 0, nil, nil))
	spans := make([]framing.Span, 0, 8)
	if n := testing.AllocsPerRun(100, func() {
		var h framing.Header
		MDP3Framing{}.Header(packet, &h)
		spans, _ = MDP3Framing{}.Split(spans[:0], packet, &h)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
