package feedhandler

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// frame builds Ethernet, tags, IPv4 with optional options, UDP and a payload, checksums right.
func frame(tags int, options int, payload []byte) []byte {
	b := make([]byte, 12, 64)
	for range tags {
		b = append(b, 0x81, 0x00, 0, 142)
	}
	b = append(b, 0x08, 0x00)
	ip := len(b)
	b = append(b, byte(0x40|(5+options)), 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 233, 54, 12, 111)
	for range options {
		b = append(b, 1, 1, 1, 0)
	}
	udp := len(b)
	b = append(b, 0x30, 0x39, 0x67, 0x6D, 0, 0, 0, 0)
	b = append(b, payload...)
	binary.BigEndian.PutUint16(b[ip+2:], uint16(len(b)-ip))
	binary.BigEndian.PutUint16(b[udp+4:], uint16(len(b)-udp))
	binary.BigEndian.PutUint16(b[ip+10:], ^onesComplement(b[ip:udp], 0))
	pseudo := uint32(10<<8) + 1 + 233<<8 + 54 + 12<<8 + 111 + 17 + uint32(len(b)-udp)
	binary.BigEndian.PutUint16(b[udp+6:], ^onesComplement(b[udp:], pseudo))
	return b
}

func TestParseFrame(t *testing.T) {
	payload := []byte("twenty one bytes here")
	edit := func(f []byte, at int, v byte) []byte { f[at] = v; return f }
	plain := func() []byte { return frame(0, 0, payload) }
	for _, tc := range []struct {
		name      string
		frame     []byte
		checksums bool
		want      WireFault
	}{
		{"plain", plain(), true, WireOK},
		{"one tag", frame(1, 0, payload), true, WireOK},
		{"two tags", frame(2, 0, payload), true, WireOK},
		{"three tags", frame(3, 0, payload), true, WireVLANDepth},
		{"options", frame(0, 3, payload), true, WireOK},
		{"padding after the datagram", append(plain(), make([]byte, 18)...), true, WireOK},
		{"arp", edit(plain(), 13, 0x06), false, WireNotIPv4},
		{"version 6 in an IPv4 frame", edit(plain(), 14, 0x65), false, WireIPVersion},
		{"header of four words", edit(plain(), 14, 0x44), false, WireIPHeaderLength},
		{"header past the frame", edit(plain()[:36], 14, 0x4F), false, WireIPHeaderLength},
		{"total length past the frame", edit(plain(), 16, 0x7F), false, WireIPTotalLength},
		{"total length below the header", edit(edit(plain(), 16, 0), 17, 10), false, WireIPTotalLength},
		{"more fragments", edit(plain(), 20, 0x20), false, WireFragment},
		{"fragment offset", edit(plain(), 21, 1), false, WireFragment},
		{"do not fragment is no fragment", edit(plain(), 20, 0x40), false, WireOK},
		{"igmp", edit(plain(), 23, 2), false, WireNotUDP},
		{"udp length past the packet", edit(plain(), 38, 0x7F), false, WireUDPLength},
		{"udp length below its header", edit(edit(plain(), 38, 0), 39, 7), false, WireUDPLength},
		{"wrong ip checksum", edit(plain(), 24, 0), true, WireIPChecksum},
		{"wrong ip checksum, not asked", edit(plain(), 24, 0), false, WireOK},
		{"wrong payload", edit(plain(), 45, 'X'), true, WireUDPChecksum},
		{"no udp checksum", edit(edit(plain(), 40, 0), 41, 0), true, WireOK},
	} {
		var d Datagram
		if got := ParseFrame(tc.frame, tc.checksums, &d); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		} else if got == WireOK && tc.name != "wrong payload" {
			if !bytes.Equal(d.Payload, payload) || d.Dst != 0xE9360C6F || d.Src != 0x0A000001 || d.DstPort != 26477 || d.SrcPort != 12345 {
				t.Errorf("%s: read as %+v", tc.name, d)
			}
		}
	}
}

func TestParseFrameAtEveryLength(t *testing.T) {
	for _, f := range [][]byte{frame(0, 0, make([]byte, 40)), frame(2, 4, make([]byte, 40))} {
		for n := range f {
			var d Datagram
			if ParseFrame(f[:n], true, &d) == WireOK {
				t.Fatalf("accepted %d of %d bytes", n, len(f))
			}
		}
	}
}

// agree holds the short way of plain frames against the long one of all frames.
func agree(t *testing.T, b []byte) {
	t.Helper()
	var plain, any Datagram
	ok, fault := parsePlain(b, &plain), parseAny(b, false, &any)
	if ok && (fault != WireOK || plain.Src != any.Src || plain.Dst != any.Dst || plain.SrcPort != any.SrcPort || plain.DstPort != any.DstPort ||
		len(plain.Payload) != len(any.Payload) || len(any.Payload) > 0 && &plain.Payload[0] != &any.Payload[0]) {
		t.Fatalf("%x: read as %+v, but %s %+v", b, plain, fault, any)
	}
	if usual := len(b) >= plainHead && b[12] == 8 && b[13] == 0 && b[14] == 0x45; !ok && usual && fault == WireOK {
		t.Fatalf("%x: the short way refuses a plain frame", b)
	}
}

// TestPlainFramesAreReadAsAnyOther changes every byte of the headers to every value, at every length.
func TestPlainFramesAreReadAsAnyOther(t *testing.T) {
	for _, f := range [][]byte{frame(0, 0, []byte("payload")), frame(0, 1, []byte("payload")), frame(1, 0, nil), frame(0, 0, nil)} {
		for n := range len(f) + 1 {
			agree(t, f[:n])
		}
		for at := range f {
			was := f[at]
			for v := range 256 {
				f[at] = byte(v)
				agree(t, f)
				agree(t, f[:len(f)-3])
				agree(t, append(f[:len(f):len(f)], 0, 0, 0))
			}
			f[at] = was
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add(frame(0, 0, []byte("payload")), true)
	f.Add(frame(0, 0, []byte("payload")), false)
	f.Add(frame(2, 3, []byte("payload")), false)
	f.Fuzz(func(t *testing.T, b []byte, checksums bool) {
		agree(t, b)
		var d Datagram
		if ParseFrame(b, checksums, &d) == WireOK && len(d.Payload) > len(b)-42 {
			t.Fatalf("payload of %d bytes in a frame of %d", len(d.Payload), len(b))
		}
	})
}

func TestDemuxPrefersExactSource(t *testing.T) {
	d := newDemux(4)
	if !d.add(1, 2, 7, Route{Channel: 1}) || !d.add(1, 2, 8, Route{Channel: 2}) || !d.add(0, 0, 0, Route{Channel: 3}) {
		t.Fatal("distinct routes refused")
	}
	if d.add(1, 2, 7, Route{Channel: 9}) {
		t.Fatal("the same destination and source was routed twice")
	}
	for _, tc := range []struct {
		group  uint32
		port   uint16
		source uint32
		want   uint16
		ok     bool
	}{{1, 2, 7, 1, true}, {1, 2, 8, 2, true}, {1, 2, 9, 0, false}, {0, 0, 5, 3, true}, {1, 3, 7, 0, false}} {
		if r, ok := d.find(tc.group, tc.port, tc.source); ok != tc.ok || r.Channel != tc.want {
			t.Errorf("%d:%d from %d: channel %d %v", tc.group, tc.port, tc.source, r.Channel, ok)
		}
	}
}
