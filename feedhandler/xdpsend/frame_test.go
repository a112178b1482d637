package xdpsend

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"wirebook/feedhandler"
)

// TestHeaders has the core's own parser, which checks both sums, read back what was written, for payloads of every length
// parity and for the sum that is 0.
func TestHeaders(t *testing.T) {
	const source, group = 0x0A630001, 0xEF8A0102
	random := rand.New(rand.NewPCG(1, 2))
	for _, checksums := range []bool{false, true} {
		h := newHeaders([6]byte{2, 0, 0, 0, 0, 7}, source, 3, checksums)
		zero := 0
		for i := range 200_000 {
			payload := make([]byte, i%5+1)
			for k := range payload {
				payload[k] = byte(random.Uint32())
			}
			frame := make([]byte, headerBytes+len(payload))
			h.write(frame, group, 26477, payload)
			copy(frame[headerBytes:], payload)
			var d feedhandler.Datagram
			if fault := feedhandler.ParseFrame(frame, true, &d); fault != feedhandler.WireOK {
				t.Fatalf("payload %x: %s: frame %x", payload, fault, frame)
			}
			if d.Src != source || d.Dst != group || d.SrcPort != sourcePort || d.DstPort != 26477 || !bytes.Equal(d.Payload, payload) {
				t.Fatalf("payload %x came back as %+v", payload, d)
			}
			if sent := frame[40] != 0 || frame[41] != 0; sent != checksums {
				t.Fatalf("payload %x: checksum %x, want one: %v", payload, frame[40:42], checksums)
			}
			if frame[40] == 0xff && frame[41] == 0xff {
				zero++
			}
			if !bytes.Equal(frame[:14], []byte{1, 0, 0x5e, 0x0a, 1, 2, 2, 0, 0, 0, 0, 7, 8, 0}) || frame[22] != 3 {
				t.Fatalf("Ethernet header or TTL wrong: %x", frame[:34])
			}
		}
		if checksums && zero == 0 {
			t.Error("no payload had the checksum 0")
		}
	}
}
