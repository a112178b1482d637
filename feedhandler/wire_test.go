package feedhandler

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"wirebook/ptp"
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

// TestVLANOfAFrame: what a line's VLAN is compared with.
func TestVLANOfAFrame(t *testing.T) {
	for _, tc := range []struct {
		tags []byte
		want uint16
	}{
		{nil, 0},
		{[]byte{0x81, 0, 0, 142}, 142},
		{[]byte{0x81, 0, 0xE0, 142}, 142}, // a priority beside it
		{[]byte{0x81, 0, 0xE0, 0}, 0},     // a priority alone
		{[]byte{0x88, 0xA8, 0, 0}, 0},
		{[]byte{0x81, 0, 0xE0, 0, 0x81, 0, 0, 142}, 142},
		{[]byte{0x88, 0xA8, 0, 142}, manyVLANs}, // another tag than the kernel's VLAN interfaces take
		{[]byte{0x91, 0, 0, 142}, manyVLANs},
		{[]byte{0x91, 0, 0, 0}, manyVLANs},
		{[]byte{0x81, 0, 0, 142, 0x81, 0, 0, 142}, manyVLANs},
	} {
		plain := frame(0, 0, []byte("payload"))
		f := append(append(append([]byte(nil), plain[:12]...), tc.tags...), plain[12:]...)
		d := Datagram{VLAN: 7}
		if fault := ParseFrame(f, true, &d); fault != WireOK || d.VLAN != tc.want || string(d.Payload) != "payload" {
			t.Errorf("tags %x: %s, VLAN %d, want %d", tc.tags, fault, d.VLAN, tc.want)
		}
	}
}

// onesComplement adds as RFC 1071 says it, to hold the fast way against.
func onesComplement(b []byte, sum uint32) uint16 {
	s := uint64(sum)
	for i, v := range b {
		s += uint64(v) << (8 * uint(1-i&1))
	}
	for s > 0xFFFF {
		s = s>>16 + s&0xFFFF
	}
	return uint16(s)
}

func TestSumsAreRFC1071(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 300)
	for n := range len(b) {
		for range 20 {
			for i := range b {
				b[i] = byte(r.Uint32())
				if r.Uint32()%4 == 0 {
					b[i] = 0xFF // carries
				}
			}
			if got, want := bits.ReverseBytes16(foldSum(addWords(0, b[:n]))), onesComplement(b[:n], 0); got != want && !(got == 0xFFFF && want == 0) {
				t.Fatalf("%x: %04x, want %04x", b[:n], got, want)
			}
		}
	}
}

// TestChecksums changes every bit of a frame's headers and payload, and says what becomes of it.
func TestChecksums(t *testing.T) {
	for _, f := range [][]byte{frame(0, 0, []byte("an odd payload.")), frame(0, 0, nil), frame(1, 2, []byte("behind tags and options")), frame(0, 0, make([]byte, 1472))} {
		pristine := append([]byte(nil), f...)
		ip := 14
		if f[12] == 0x81 {
			ip = 18
		}
		udp := ip + int(f[ip]&15)*4
		p := &Pipeline{demux: newDemux(1), checksums: true}
		sent := func() (fault WireFault) {
			t.Helper()
			was := p.Wire
			p.OnFrame(f, ptp.Stamp{})
			for i := range p.Wire {
				if p.Wire[i] != was[i] {
					fault = WireFault(i)
				}
			}
			var d Datagram
			if got := ParseFrame(f, true, &d); got != fault && !(got == WireOK && fault == WireUnrouted) {
				t.Errorf("%x: %s by OnFrame, %s by ParseFrame", f, fault, got)
			}
			return fault
		}
		if got := sent(); got != WireUnrouted || p.Unchecked != (Unchecked{}) {
			t.Fatalf("as it was: %s %+v", got, p.Unchecked)
		}
		for at := ip; at < len(f); at++ {
			if at == udp+6 || at == udp+7 || at >= udp+40 && at < len(f)-9 {
				continue
			}
			for bit := range 8 {
				f[at] ^= 1 << bit
				if got := sent(); got == WireUnrouted {
					t.Errorf("byte %d, bit %d changed, and it was taken", at-ip, bit)
				}
				f[at] = pristine[at]
			}
		}
		// No checksum, and the pseudo header's alone, as an offloading sender leaves it.
		binary.BigEndian.PutUint16(f[udp+6:], 0)
		if got := sent(); got != WireUnrouted || p.Unchecked != (Unchecked{Absent: 1}) {
			t.Errorf("without a checksum: %s %+v", got, p.Unchecked)
		}
		pseudo := uint32(10<<8) + 1 + 233<<8 + 54 + 12<<8 + 111 + 17 + uint32(len(f)-udp)
		binary.BigEndian.PutUint16(f[udp+6:], onesComplement(nil, pseudo))
		if got := sent(); got != WireUnrouted || p.Unchecked != (Unchecked{Absent: 1, Partial: 1}) {
			t.Errorf("with a partial checksum: %s %+v", got, p.Unchecked)
		}
		binary.BigEndian.PutUint16(f[udp+6:], onesComplement(nil, pseudo+1))
		if got := sent(); got != WireUDPChecksum {
			t.Errorf("with a wrong partial checksum: %s", got)
		}
	}
}

func BenchmarkChecksums(b *testing.B) {
	for _, size := range []int{60, 100, 200, 500, 1400} {
		f := frame(0, 0, make([]byte, size-42))
		b.Run(fmt.Sprintf("frame=%d", size), func(b *testing.B) {
			var u Unchecked
			b.SetBytes(int64(size))
			for b.Loop() {
				if u.checkPlain(f, len(f)-34) != WireOK {
					b.Fatal("refused")
				}
			}
		})
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
	ok, fault := parsePlain(b, &plain), parseAny(b, nil, &any)
	if ok && (fault != WireOK || plain.Src != any.Src || plain.Dst != any.Dst || plain.SrcPort != any.SrcPort || plain.DstPort != any.DstPort || plain.VLAN != any.VLAN ||
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

// TestDemux: by destination, source and VLAN; a line of any VLAN has its destination to itself.
func TestDemux(t *testing.T) {
	d := newDemux(8)
	line := func(group uint32, port uint16, source uint32, vlan uint16) *LineConfig {
		return &LineConfig{Group: group, Port: port, Source: source, VLAN: vlan}
	}
	for i, l := range []*LineConfig{line(1, 2, 7, 0), line(1, 2, 8, 0), line(0, 0, 0, 0), line(1, 2, 7, 100), line(5, 5, 0, 100), line(6, 6, 0, AnyVLAN)} {
		if !d.add(l, Route{Channel: uint16(i + 1)}) {
			t.Fatalf("%+v refused", *l)
		}
	}
	for _, l := range []*LineConfig{line(1, 2, 7, 0), line(1, 2, 7, 100), line(1, 2, 7, AnyVLAN), line(6, 6, 0, 0), line(6, 6, 0, 9), line(6, 6, 0, AnyVLAN)} {
		if d.add(l, Route{Channel: 9}) {
			t.Errorf("%+v was routed twice", *l)
		}
	}
	for _, tc := range []struct {
		group  uint32
		port   uint16
		source uint32
		vlan   uint16
		want   uint16
		fault  WireFault
	}{
		{1, 2, 7, 0, 1, WireOK}, {1, 2, 8, 0, 2, WireOK}, {1, 2, 9, 0, 0, WireUnrouted}, {0, 0, 5, 0, 3, WireOK}, {1, 3, 7, 0, 0, WireUnrouted},
		{1, 2, 7, 100, 4, WireOK}, {1, 2, 8, 100, 0, WireOtherVLAN}, {1, 2, 7, 101, 0, WireOtherVLAN}, {1, 2, 9, 100, 0, WireUnrouted},
		{5, 5, 1, 100, 5, WireOK}, {5, 5, 1, 0, 0, WireOtherVLAN}, {5, 5, 1, manyVLANs, 0, WireOtherVLAN},
		{6, 6, 1, 0, 6, WireOK}, {6, 6, 1, 4094, 6, WireOK}, {6, 6, 1, manyVLANs, 6, WireOK},
	} {
		g := &Datagram{Dst: tc.group, DstPort: tc.port, Src: tc.source, VLAN: tc.vlan}
		r, ok := d.datagram(g)
		fault := WireOK
		if !ok {
			fault = d.why(g.Dst, g.DstPort, g.Src)
		}
		if fault != tc.fault || r.Channel != tc.want {
			t.Errorf("%+v: channel %d, %s", *g, r.Channel, fault)
		}
		if tc.vlan != 0 {
			continue
		}
		if r2, ok2 := d.untagged(g.Dst, g.DstPort, g.Src); r2 != r || ok2 != ok {
			t.Errorf("%+v: as a plain frame %v %v", *g, r2, ok2)
		}
	}
}
