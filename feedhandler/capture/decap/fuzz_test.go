package decap

import (
	"bytes"
	"testing"
)

// Any bytes behind any link type: no panic, the input unchanged, and what comes out of a frame is plain from then on,
// or nothing that is unwrapped would be finished.
func FuzzDecap(f *testing.F) {
	for _, c := range coatsRead {
		f.Add(c.link, c.frame)
	}
	for _, frame := range cut(big(300), 160, 3) {
		f.Add(uint16(LinkEthernet), frame)
	}
	f.Add(uint16(LinkEthernet), feed)
	f.Fuzz(func(t *testing.T, link uint16, frame []byte) {
		before := bytes.Clone(frame)
		var r, again Reader
		for ns := range uint64(3) {
			got, outcome := r.Read(link, 0, ns, frame)
			if !bytes.Equal(before, frame) {
				t.Fatal("the frame was written to")
			}
			if outcome != Unwrapped {
				continue
			}
			got = bytes.Clone(got)
			if twice, outcome := again.Read(LinkEthernet, 0, ns, got); outcome == Unwrapped && !bytes.Equal(twice, got) {
				t.Fatalf("unwrapped % x\nand then % x", got, twice)
			}
		}
		r.End()
	})
}

// Fragments in any pieces, order and number: what is given as whole has the length it says.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0, 25, 1, 25, 25, 0, 50, 25, 0})
	f.Add([]byte{25, 25, 0, 0, 25, 1})
	f.Fuzz(func(t *testing.T, pieces []byte) {
		var r Reader
		for ; len(pieces) >= 3; pieces = pieces[3:] {
			body := bytes.Repeat([]byte{pieces[0]}, int(pieces[1])*8+int(pieces[2]>>1&7))
			b := ipv4(protoUDP, body)
			be.PutUint16(b[6:], uint16(pieces[0])|uint16(pieces[2]&1)<<13|uint16(pieces[2]&0x80)<<5)
			putSum(b[:ipBytes])
			got, outcome := r.Read(LinkEthernet, 0, 0, ether(typeIPv4, b))
			if outcome == Unwrapped {
				if ip := got[etherBytes:]; int(be16(ip[2:])) != len(ip) || be16(ip[6:]) != 0 && be16(ip[6:]) != 0x4000 {
					t.Fatalf("% x", got)
				}
			}
		}
		r.End()
		if len(r.assembler.pending) != 0 {
			t.Fatal("something waits after the end")
		}
	})
}
