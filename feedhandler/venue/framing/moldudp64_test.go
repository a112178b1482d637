package framing

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// packet builds a downstream packet from messages and a count of its own.
func moldPacket(seq uint64, count uint16, messages ...string) []byte {
	p := AppendMoldUDP64Header(nil, [10]byte([]byte("000010059B")), seq, count)
	for _, m := range messages {
		p = AppendMoldUDP64Message(p, []byte(m))
	}
	return p
}

func TestMoldUDP64Table(t *testing.T) {
	long := moldPacket(7, 2, "AB", "C")
	cases := []struct {
		name    string
		payload []byte
		header  Fault
		kind    Kind
		seq     uint64
		count   uint32
		split   Fault
		want    []string
		units   []uint32
	}{
		{"two messages", long, FaultNone, Data, 7, 2, FaultNone, []string{"AB", "C"}, []uint32{0, 1}},
		{"heartbeat", moldPacket(9, 0), FaultNone, Heartbeat, 9, 0, FaultNone, nil, nil},
		{"end of session", moldPacket(9, 0xFFFF), FaultNone, EndOfSession, 9, 0, FaultNone, nil, nil},
		{"leftover after heartbeat", append(moldPacket(9, 0), 1), FaultLeftover, Data, 0, 0, FaultNone, nil, nil},
		{"leftover after messages", append(bytes.Clone(long), 0), FaultNone, Data, 7, 2, FaultLeftover, []string{"AB", "C"}, []uint32{0, 1}},
		{"cut in the last message", long[:len(long)-1], FaultNone, Data, 7, 2, FaultCutShort, []string{"AB"}, []uint32{0}},
		{"cut in a length", long[:len(long)-2], FaultNone, Data, 7, 2, FaultCutShort, []string{"AB"}, []uint32{0}},
		{"count larger than the packet", moldPacket(7, 3, "AB"), FaultNone, Data, 7, 3, FaultCutShort, []string{"AB"}, []uint32{0}},
		{"no bytes behind the count", moldPacket(7, 1), FaultNone, Data, 7, 1, FaultCutShort, nil, nil},
		{"empty message keeps its number", moldPacket(7, 3, "A", "", "B"), FaultNone, Data, 7, 3, FaultNone, []string{"A", "", "B"}, []uint32{0, 1, 2}},
		{"empty and leftover", append(moldPacket(7, 1, ""), 1), FaultNone, Data, 7, 1, FaultLeftover, []string{""}, []uint32{0}},
		{"empty and cut", moldPacket(7, 2, ""), FaultNone, Data, 7, 2, FaultCutShort, []string{""}, []uint32{0}},
		{"highest sequence", moldPacket(1<<64-1, 1, "A"), FaultNone, Data, 1<<64 - 1, 1, FaultNone, []string{"A"}, []uint32{0}},
		{"larger than any datagram", append(bytes.Clone(long), make([]byte, 1<<16)...), FaultNone, Data, 7, 2, FaultBadLength, nil, nil},
		{"short header", long[:19], FaultShort, Data, 0, 0, FaultNone, nil, nil},
		{"nothing", nil, FaultShort, Data, 0, 0, FaultNone, nil, nil},
	}
	for _, c := range cases {
		var m MoldUDP64
		h := Header{Seq: 99, Count: 99, Kind: Unsequenced, TsSend: 99, Channel: 99, Messages: 99, Session: 99, Body: 99}
		if fault := m.Header(c.payload, &h); fault != c.header {
			t.Errorf("%s: header fault %v, want %v", c.name, fault, c.header)
			continue
		}
		if h.Kind != c.kind || h.Seq != c.seq || h.Count != c.count || h.Messages != c.count || h.TsSend != 0 || h.Channel != 0 {
			t.Errorf("%s: %+v", c.name, h)
		}
		if c.header != FaultNone {
			continue
		}
		spans, fault := m.Split(nil, c.payload, &h)
		if fault != c.split || len(spans) != len(c.want) {
			t.Errorf("%s: %v with %d spans, want %v with %d", c.name, fault, len(spans), c.split, len(c.want))
			continue
		}
		for i, s := range spans {
			if got := string(c.payload[s.Off : s.Off+s.Len]); got != c.want[i] || s.Unit != c.units[i] {
				t.Errorf("%s: span %d is %q unit %d, want %q unit %d", c.name, i, got, s.Unit, c.want[i], c.units[i])
			}
		}
	}
}

func TestMoldUDP64TruncatedAtEveryByte(t *testing.T) {
	whole := moldPacket(7, 3, "AB", "CDE", "F")
	ends := []int{24, 29, 32}
	for n := 0; n < len(whole); n++ {
		var m MoldUDP64
		var h Header
		fault := m.Header(whole[:n:n], &h)
		if n < MoldUDP64HeaderBytes {
			if fault != FaultShort {
				t.Fatalf("%d bytes: %v", n, fault)
			}
			continue
		}
		want := 0
		for want < len(ends) && ends[want] <= n {
			want++
		}
		spans, fault := m.Split(nil, whole[:n:n], &h)
		if fault != FaultCutShort || len(spans) != want {
			t.Fatalf("%d bytes: %v with %d spans, want %d", n, fault, len(spans), want)
		}
	}
}

func TestMoldUDP64Session(t *testing.T) {
	var m MoldUDP64
	for raw, want := range map[string]string{
		"000010059B": "000010059B",
		"   AB     ": "AB",
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": "",
		"AB\x01       ": "41420120202020202020",
		"short":         "",
	} {
		if got := m.Session([]byte(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	// Every byte of the name counts, and names that follow each other differ.
	seen := map[uint64]string{}
	for i := 0; i < 200_000; i++ {
		name := make([]byte, 20)
		copy(name, "0000000000")
		for j, v := 9, i; v > 0; j, v = j-1, v/10 {
			name[j] = byte('0' + v%10)
		}
		var h Header
		m.Header(name, &h)
		if other, ok := seen[h.Session]; ok {
			t.Fatalf("%s and %s share an identity", other, name[:10])
		}
		seen[h.Session] = string(name[:10])
	}
	base := moldPacket(1, 0)
	var h0 Header
	m.Header(base, &h0)
	for i := 0; i < 80; i++ {
		other := bytes.Clone(base)
		other[i/8] ^= 1 << (i % 8)
		var h Header
		m.Header(other, &h)
		if h.Session == h0.Session {
			t.Errorf("bit %d of the session does not count", i)
		}
	}
}

func TestMoldUDP64Encode(t *testing.T) {
	p := moldPacket(3, 0, "A")
	SetMoldUDP64Count(p, 1)
	var m MoldUDP64
	var h Header
	if m.Header(p, &h) != FaultNone || h.Count != 1 || h.Seq != 3 {
		t.Fatalf("%+v", h)
	}
	SetMoldUDP64Count(p[:19], 7) // too short: must not be touched
	if binary.BigEndian.Uint16(p[18:]) != 1 {
		t.Fatal("a short packet was written to")
	}
	if got := AppendMoldUDP64Message(p, make([]byte, 1<<16)); len(got) != len(p) {
		t.Fatal("a message too long for the protocol was appended")
	}
}

func TestMoldUDP64DoesNotAllocate(t *testing.T) {
	p := moldPacket(7, 3, "AB", "CDE", "F")
	spans := make([]Span, 0, 8)
	var m MoldUDP64
	var h Header
	if n := testing.AllocsPerRun(100, func() {
		m.Header(p, &h)
		spans, _ = m.Split(spans[:0], p, &h)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzMoldUDP64(f *testing.F) {
	f.Add(moldPacket(7, 2, "AB", "C"))
	f.Add(moldPacket(7, 3, "AB", "", "C"))
	f.Add(moldPacket(7, 0xFFFF))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > 0xFFFF {
			return
		}
		before := bytes.Clone(payload)
		var m MoldUDP64
		var h Header
		m.Session(payload)
		if m.Header(payload, &h) != FaultNone {
			return
		}
		spans, fault := m.Split(nil, payload, &h)
		if !bytes.Equal(before, payload) {
			t.Fatal("the payload was written to")
		}
		// Spans are in order, inside, and units rise below the count; what was split encodes to the same.
		end, unit := int(h.Body), -1
		again := AppendMoldUDP64Header(nil, [10]byte(payload[:10]), h.Seq, uint16(len(spans)))
		for _, s := range spans {
			if int(s.Off) < end+2 || int(s.Off)+int(s.Len) > len(payload) || int(s.Unit) <= unit || s.Unit >= h.Count {
				t.Fatalf("span %+v after %d of %d bytes", s, end, len(payload))
			}
			end, unit = int(s.Off)+int(s.Len), int(s.Unit)
			again = AppendMoldUDP64Message(again, payload[s.Off:s.Off+s.Len])
		}
		if fault == FaultNone && h.Kind == Data && !bytes.Equal(again, payload) {
			t.Fatalf("%x encodes to %x", payload, again)
		}
		if fault == FaultNone && h.Count != uint32(len(spans)) {
			t.Fatalf("%d spans of %d without a fault", len(spans), h.Count)
		}
	})
}

func BenchmarkMoldUDP64(b *testing.B) {
	p := moldPacket(7, 4, "0123456789012345678", "01234567890123456789012345678901234", "0123456789012345678", "0123456789012345678901234567890")
	spans := make([]Span, 0, 8)
	var m MoldUDP64
	var h Header
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		m.Header(p, &h)
		spans, _ = m.Split(spans[:0], p, &h)
	}
}
