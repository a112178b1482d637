package decap

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// big is a datagram that a small MTU cuts.
func big(n int) []byte {
	payload := make([]byte, n)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	return ipv4(protoUDP, udp(26477, payload))
}

// cut makes fragments of a datagram, of size bytes of payload each, as frames.
func cut(ip []byte, size int, id uint16) (frames [][]byte) {
	for at, body := 0, ip[ipBytes:]; at < len(body); at += size {
		piece := body[at:min(at+size, len(body))]
		b := append(bytes.Clone(ip[:ipBytes]), piece...)
		be.PutUint16(b[2:], uint16(len(b)))
		be.PutUint16(b[4:], id)
		word := uint16(at / 8)
		if at+len(piece) < len(body) {
			word |= 0x2000
		}
		be.PutUint16(b[6:], word)
		putSum(b[:ipBytes])
		frames = append(frames, ether(typeIPv4, b))
	}
	return frames
}

func withID(ip []byte, id uint16) []byte {
	ip = bytes.Clone(ip)
	be.PutUint16(ip[4:], id)
	putSum(ip[:ipBytes])
	return ip
}

func TestFragmentsInAnyOrder(t *testing.T) {
	whole := big(3000)
	rng := rand.New(rand.NewPCG(1, 2))
	var r Reader
	for id := range uint16(200) {
		frames := cut(whole, 8*(1+rng.IntN(100)), id)
		rng.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		for i, f := range frames {
			got, outcome := r.Read(LinkEthernet, 0, uint64(id)*1000, f)
			if i < len(frames)-1 {
				if outcome != Held {
					t.Fatalf("fragment %d of %d: outcome %d", i, len(frames), outcome)
				}
				continue
			}
			if outcome != Unwrapped || !bytes.Equal(ipOf(t, got), withID(whole, id)) {
				t.Fatalf("id %d: outcome %d, % x", id, outcome, got)
			}
		}
	}
	if c := *r.Fragments(); c != (Fragments{Whole: 200}) {
		t.Errorf("%+v", c)
	}
	if len(r.assembler.pending) != 0 || len(r.assembler.free) != 1 {
		t.Errorf("%d pending, %d free", len(r.assembler.pending), len(r.assembler.free))
	}
}

// A tunnel whose outer datagram was cut is unwrapped when it is whole.
func TestFragmentsOfATunnel(t *testing.T) {
	inner := big(1400)
	outer := ipv4(protoGRE, join([]byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0x8d, 0x18, 0x64, 0, 0, 0, 0}, ether(typeIPv4, inner)))
	var r Reader
	frames := cut(outer, 1400, 3)
	r.Read(LinkEthernet, 0, 0, frames[1])
	if got, outcome := r.Read(LinkEthernet, 0, 0, frames[0]); outcome != Unwrapped || !bytes.Equal(ipOf(t, got), inner) {
		t.Errorf("outcome %d", outcome)
	}
}

func TestFragmentsRefused(t *testing.T) {
	whole := big(600)
	edit := func(f []byte, offset int, more bool) []byte {
		f = bytes.Clone(f)
		word := uint16(offset / 8)
		if more {
			word |= 0x2000
		}
		be.PutUint16(f[etherBytes+6:], word)
		return f
	}
	f := cut(whole, 200, 1)
	other := bytes.Clone(f[1])
	other[len(other)-1] ^= 1
	for _, c := range []struct {
		name   string
		frames [][]byte
		want   Fragments
	}{
		{"missing", f[:2], Fragments{Incomplete: 1}},
		{"twice", [][]byte{f[0], f[0], f[1], f[2], f[3]}, Fragments{Whole: 1, Duplicate: 1}},
		{"another at the same place", [][]byte{f[0], f[1], other, f[2], f[3]}, Fragments{Overlap: 1}},
		{"over the end of one", [][]byte{f[0], edit(f[1], 192, true), f[2], f[3]}, Fragments{Overlap: 1}},
		{"over the start of one", [][]byte{f[1], edit(f[0], 8, true), f[2], f[3]}, Fragments{Overlap: 1}},
		{"inside of one", [][]byte{f[0], edit(f[3], 8, true)}, Fragments{Overlap: 1}},
		{"past the end", [][]byte{f[3], edit(f[1], 800, true)}, Fragments{Bounds: 1}},
		{"two ends", [][]byte{f[3], edit(f[1], 400, false)}, Fragments{Bounds: 1}},
		{"end before what is there", [][]byte{f[2], edit(f[3], 200, false)}, Fragments{Bounds: 1}},
		{"odd length in the middle", [][]byte{cut(whole, 204, 1)[0]}, Fragments{Bounds: 1}},
		{"past what a datagram holds", [][]byte{edit(f[0], 65528, true)}, Fragments{Bounds: 1}},
		{"cut by the snap length", [][]byte{f[0], f[1][:100], f[2], f[3]}, Fragments{Cut: 1, Incomplete: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Reader
			for _, frame := range c.frames {
				r.Read(LinkEthernet, 0, 0, frame)
			}
			r.End()
			if got := *r.Fragments(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestWaitingFragmentsAreBounded(t *testing.T) {
	var r Reader
	for id := range uint16(1000) {
		r.Read(LinkEthernet, 0, 0, cut(big(3000), 1480, id)[0])
	}
	if n := len(r.assembler.pending); n != mostPending {
		t.Errorf("%d wait", n)
	}
	r.Read(LinkEthernet, 0, fragmentAgeNS+1, cut(big(3000), 1480, 5000)[0])
	if n := len(r.assembler.pending); n != 1 {
		t.Errorf("%d wait after %d ns", n, fragmentAgeNS)
	}
	if got := *r.Fragments(); got != (Fragments{Incomplete: 1000}) {
		t.Errorf("%+v", got)
	}
	// Two capture points see the same datagram: each has its own fragments.
	frames := cut(big(3000), 1480, 7)
	r.Read(LinkEthernet, 1, 0, frames[0])
	if _, outcome := r.Read(LinkEthernet, 2, 0, frames[1]); outcome != Held {
		t.Errorf("outcome %d", outcome)
	}
}
