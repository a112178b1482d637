package arbitration

import (
	"encoding/binary"
	"testing"
)

// FuzzOffer reads the input as a script of packets, 6 bytes each, against the checks of drain.
//
// byte 0: line (2 bits), kind (2), session (2), tick (1), flush (1); byte 1: count and far flags;
// bytes 2..3: sequence, signed, from the last delivered; bytes 4..5: time passed in 64 us and send time flag.
func FuzzOffer(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 2, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0x40, 0, 0, 0, 255, 3})
	f.Add([]byte{0, 1, 0, 0, 1, 0, 0, 0x81, 9, 9, 1, 0, 0x10, 1, 0, 0, 1, 0, 0x10, 1, 1, 0, 1, 0, 0x80, 1, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		d := &drain{t: t, a: newArbiter(t, Config{Lines: []LineConfig{{Name: "A"}, {Name: "B"}, {Name: "R", Recovery: true}},
			WindowPackets: 8, WindowBytes: 256, ReorderPackets: 2, PersistPackets: 2, JumpUnits: 64})}
		now := uint64(1 << 40)
		for len(script) >= 6 && len(script) < 1<<14 {
			b := script[:6]
			script = script[6:]
			now += uint64(binary.LittleEndian.Uint16(b[4:])&0x7fff) << 16
			p := Packet{Session: uint64(b[0] >> 4 & 3), Kind: Kind(b[0] >> 2 & 3), Count: uint32(b[1] & 0x1f), TsRecv: now,
				Seq: d.next + uint64(int64(int16(binary.LittleEndian.Uint16(b[2:])))), Payload: make([]byte, b[1])}
			if b[1]&0x80 != 0 {
				p.Seq <<= b[1] & 0x1f
			}
			if b[1]&0x40 != 0 {
				p.Count <<= p.Seq & 31
			}
			if b[5]&0x80 != 0 {
				p.TsSend = now
			}
			d.offer(Line(b[0]&3), &p)
			if b[0]&0x40 != 0 {
				d.a.Tick(now)
				d.rest()
			}
			if b[0]&0x80 != 0 && b[1]&0x20 != 0 {
				d.a.Flush()
				d.rest()
			}
		}
		d.a.Flush()
		d.rest()
		if s := d.a.Stats(); s.HeldPackets != 0 || s.OpenGaps != 0 {
			t.Fatalf("after Flush: %+v", s)
		}
	})
}
