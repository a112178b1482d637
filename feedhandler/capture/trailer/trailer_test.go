package trailer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	sec       = 1_700_000_000
	nanos     = 123_456_789
	stampNS   = sec*nsPerSecond + nanos
	captureNS = stampNS + 40_000 // the host saw it a little later
)

var be = binary.BigEndian

// ipFrame is an Ethernet frame of n payload bytes, padded to 60, with tags VLAN tags.
func ipFrame(proto byte, body []byte, tags int) []byte {
	f := bytes.Repeat([]byte{0x02}, macBytes)
	for range tags {
		f = be.AppendUint16(be.AppendUint16(f, etherVLAN), 141)
	}
	f = be.AppendUint16(f, etherIPv4)
	ip := make([]byte, 20)
	ip[0], ip[9] = 0x45, proto
	be.PutUint16(ip[2:], uint16(20+len(body)))
	f = append(append(f, ip...), body...)
	for len(f) < minEthernet {
		f = append(f, 0)
	}
	return f
}

func udpFrame(n, tags int) []byte { return ipFrame(17, bytes.Repeat([]byte{0xee}, n), tags) }

func fcs(b []byte) []byte { return be.AppendUint32(b, 0xdeadbeef) }

func timePair(b []byte, s, ns uint32) []byte { return be.AppendUint32(be.AppendUint32(b, s), ns) }

// metaTrailer is the MetaWatch trailer with extension words as they lie.
func metaTrailer(f []byte, flags byte, words ...uint32) []byte {
	f = fcs(f)
	for _, w := range words {
		f = be.AppendUint32(f, w)
	}
	f = timePair(f, sec, nanos)
	return append(f, flags, 0x01, 0x02, 7)
}

type shape struct {
	name  string
	kind  Kind
	build func(f []byte) []byte
	want  Stamp
}

var shapes = []shape{
	{"metawatch", MetaWatch, func(f []byte) []byte { return metaTrailer(f, 0x01) },
		Stamp{NS: stampNS, Device: 0x102, Port: 7, OK: true}},
	{"metawatch degraded", MetaWatch, func(f []byte) []byte { return metaTrailer(f, 0x11) },
		Stamp{NS: stampNS, Device: 0x102, Port: 7, OK: true, Degraded: true}},
	{"metawatch 20 bytes, sub-nanoseconds", MetaWatch, func(f []byte) []byte { return metaTrailer(f, 0x03, 0x80000000|tlvLast|tlvSubNS) },
		Stamp{NS: stampNS, SubNS: 1 << 31, Device: 0x102, Port: 7, OK: true}},
	{"metawatch, hash and sub-nanoseconds", MetaWatch, func(f []byte) []byte {
		// Backwards: sub-ns first, then a hash of tag 2 with two words of data before its header word, the last one.
		return metaTrailer(f, 0x02, 0x11111111, 0x22222222, 2<<6|tlvLast|2, 0x40000000|tlvSubNS)
	}, Stamp{NS: stampNS, SubNS: 1 << 30, Device: 0x102, Port: 7, OK: true}},
	{"metawatch, secondary tag", MetaWatch, func(f []byte) []byte {
		words := make([]uint32, 6)
		words = append(words, 9<<16|5<<6|tlvLast|tlvSecondary) // 5+1 words of data
		return metaTrailer(f, 0x02, words...)
	}, Stamp{NS: stampNS, Device: 0x102, Port: 7, OK: true}},
	{"cpacket", CPacket, func(f []byte) []byte { return append(timePair(fcs(f), sec, nanos), 0x42, 0x01, 0x02, 7) },
		Stamp{NS: stampNS, Device: 0x102, Port: 7, OK: true}},
	{"exablaze", Exablaze, func(f []byte) []byte {
		f = be.AppendUint32(append(fcs(f), 3, 7), sec)
		return append(f, 0x80, 0, 0, 0, 1, 0) // half a second and 2^-40
	}, Stamp{NS: sec*nsPerSecond + 500_000_000, SubNS: 3906250, Device: 3, Port: 7, OK: true}},
	{"vss", VSS, func(f []byte) []byte { return timePair(f, sec, 3<<30|nanos) }, Stamp{NS: stampNS, OK: true}},
	{"vss, port", VSS, func(f []byte) []byte { return append(timePair(f, sec, 1<<30|nanos), 9) }, Stamp{NS: stampNS, Port: 9, OK: true}},
	{"vss, wide port", VSS, func(f []byte) []byte { return append(timePair(f, sec, 2<<30|nanos), 1, 9) }, Stamp{NS: stampNS, Port: 0x109, OK: true}},
	{"vss, not synchronised", VSS, func(f []byte) []byte { return timePair(f, sec, nanos) }, Stamp{NS: stampNS, OK: true, Degraded: true}},
}

func TestTrailersBehindTheFrame(t *testing.T) {
	for _, s := range shapes {
		for _, n := range []int{8, 12, 17, 40, 400, 1400} {
			for tags := range 5 {
				for _, withFCS := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/payload %d/%d tags/FCS %v", s.name, n, tags, withFCS), func(t *testing.T) {
						frame := s.build(udpFrame(n, tags))
						if withFCS {
							frame = fcs(frame)
						}
						before := bytes.Clone(frame)
						if got := NewReader(Config{Kind: s.kind}).Read(frame, captureNS); got != s.want {
							t.Errorf("got %+v, want %+v", got, s.want)
						}
						if !bytes.Equal(frame, before) {
							t.Error("the frame was written to")
						}
						// Without the trailer, with or without an FCS, there is no stamp.
						for _, bare := range [][]byte{udpFrame(n, tags), fcs(udpFrame(n, tags))} {
							if got := NewReader(Config{Kind: s.kind}).Read(bare, captureNS); got.OK {
								t.Errorf("a stamp out of nothing: %+v", got)
							}
						}
						// A stamp of another month is none.
						if got := NewReader(Config{Kind: s.kind}).Read(frame, captureNS-40*86400*nsPerSecond); got.OK {
							t.Errorf("a stamp 40 days off: %+v", got)
						}
					})
				}
			}
		}
	}
}

// A sending host that leaves the lengths to its NIC leaves the IPv4 total length 0 in its own captures.
func TestTrailerBehindALengthOfZero(t *testing.T) {
	f := udpFrame(100, 1)
	be.PutUint16(f[macBytes+4+2+2:], 0)
	be.PutUint16(f[macBytes+4+2+20+4:], 100)
	if got := NewReader(Config{Kind: MetaWatch}).Read(metaTrailer(f, 1), captureNS); got.NS != stampNS || !got.OK {
		t.Errorf("%+v", got)
	}
}

func TestNanosecondsBeyondASecondAreNoTime(t *testing.T) {
	f := append(timePair(fcs(udpFrame(100, 0)), sec, nsPerSecond), 1, 0, 0, 0)
	for _, k := range []Kind{MetaWatch, CPacket} {
		if got := NewReader(Config{Kind: k}).Read(f, captureNS); got.OK {
			t.Errorf("%v: %+v", k, got)
		}
	}
}

func TestEveryCutAndAnyBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range shapes {
		whole := fcs(s.build(udpFrame(30, 1)))
		for n := range whole {
			for k := None; k <= KindCount; k++ {
				NewReader(Config{Kind: k}).Read(whole[:n], captureNS)
			}
		}
		for range 2000 {
			b := bytes.Clone(whole)
			for range 1 + rng.IntN(6) {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
			for k := None; k <= KindCount; k++ {
				NewReader(Config{Kind: k}).Read(b, captureNS)
			}
		}
	}
}

func header7280Frame(version uint16, stamp []byte) []byte {
	f := udpFrame(200, 1)
	h := be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, etherArista), aristaSubtype), version)
	return append(append(bytes.Clone(f[:macBytes]), append(h, stamp...)...), f[macBytes:]...)
}

func stamp48(s uint64, ns uint32) []byte { return be.AppendUint32(be.AppendUint16(nil, uint16(s)), ns) }

func TestArista7280(t *testing.T) {
	const tai = 37
	config := Config{Kind: Arista7280, TAIMinusUTC: tai, TAIKnown: true}
	for _, c := range []struct {
		name    string
		version uint16
		stamp   []byte
		header  uint8
	}{
		{"64 UTC", arista64UTC, timePair(nil, sec, nanos), 14},
		{"64 TAI", arista64TAI, timePair(nil, sec+tai, nanos), 14},
		{"48 UTC", arista48UTC, stamp48(sec, nanos), 12},
		{"48 TAI", arista48TAI, stamp48(sec+tai, nanos), 12},
		{"64 UTC", arista64UTC | aristaR3, timePair(nil, sec, nanos), 14},
		{"64 TAI", arista64TAI | aristaR3, timePair(nil, sec+tai, nanos), 14},
		{"48 UTC", arista48UTC | aristaR3, stamp48(sec, nanos), 12},
		{"48 TAI", arista48TAI | aristaR3, stamp48(sec+tai, nanos), 12},
	} {
		t.Run(fmt.Sprintf("%s/%#04x", c.name, c.version), func(t *testing.T) {
			frame := header7280Frame(c.version, c.stamp)
			got := NewReader(config).Read(frame, captureNS)
			if want := (Stamp{NS: stampNS, Header: c.header, Version: c.version, OK: true}); got != want {
				t.Fatalf("got %+v, want %+v", got, want)
			}
			plain := Strip(make([]byte, len(frame)), frame, int(got.Header))
			if !bytes.Equal(plain, udpFrame(200, 1)) {
				t.Errorf("stripped to %x", plain)
			}
			unknown := NewReader(Config{Kind: Arista7280}).Read(frame, captureNS)
			if isTAI := strings.HasSuffix(c.name, "TAI"); unknown.OK == isTAI || unknown.Header != c.header {
				t.Errorf("without a TAI offset: %+v", unknown)
			}
		})
	}
	if got := NewReader(config).Read(udpFrame(200, 0), captureNS); got != (Stamp{}) {
		t.Errorf("a frame without the header: %+v", got)
	}
	for _, version := range []uint16{0x0999, 0x0012, 0x0030, 0x0210, 0x1010} {
		if got := NewReader(config).Read(header7280Frame(version, make([]byte, 8)), captureNS); got != (Stamp{Version: version, Unknown: true}) {
			t.Errorf("an unknown version: %+v", got)
		}
	}
}

// The 16 bits of seconds roll over between the switch and the host, in both directions.
func TestArista7280ShortStampAcrossTheRoll(t *testing.T) {
	const roll = uint64(25940) << 16
	r := NewReader(Config{Kind: Arista7280})
	for _, c := range []struct{ stamp, capture uint64 }{
		{roll*nsPerSecond - 1, roll*nsPerSecond + 30_000},
		{roll*nsPerSecond + 5, roll*nsPerSecond - 2_000_000},
		{(roll - 20_000) * nsPerSecond, roll * nsPerSecond},
		{(roll + 20_000) * nsPerSecond, roll * nsPerSecond},
	} {
		frame := header7280Frame(arista48UTC, stamp48(c.stamp/nsPerSecond, uint32(c.stamp%nsPerSecond)))
		if got := r.Read(frame, c.capture); got.NS != c.stamp || !got.OK {
			t.Errorf("stamp %d captured %d: got %+v", c.stamp, c.capture, got)
		}
	}
}

func TestArista7280LateStampIsFlagged(t *testing.T) {
	r := NewReader(Config{Kind: Arista7280})
	for i, late := range []uint64{0, 0, 4, 0} {
		frame := header7280Frame(arista64UTC, timePair(nil, uint32(sec+uint64(i)+late), nanos))
		got := r.Read(frame, captureNS+uint64(i)*nsPerSecond)
		if !got.OK || got.Degraded != (late != 0) {
			t.Errorf("frame %d, %d s late: %+v", i, late, got)
		}
	}
}

func TestStripLeavesWhatItCannotStrip(t *testing.T) {
	f := udpFrame(10, 0)
	for _, n := range []int{-1, 0, len(f), 1 << 20} {
		if got := Strip(make([]byte, 100), f, n); !bytes.Equal(got, f) {
			t.Errorf("Strip %d: %x", n, got)
		}
	}
	if got := Strip(nil, f, 12); !bytes.Equal(got, f) {
		t.Errorf("Strip into nothing: %x", got)
	}
}

func TestKindsAndNames(t *testing.T) {
	for k := None; k < KindCount; k++ {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%v: %v %v", k, got, err)
		}
	}
	if _, err := ParseKind("auto"); err == nil {
		t.Error("auto is no kind")
	}
	if KindCount.String() != "unknown" {
		t.Error(KindCount.String())
	}
}

func TestReadDoesNotAllocate(t *testing.T) {
	frame := shapes[3].build(udpFrame(100, 1))
	for k := None; k < KindCount; k++ {
		r := NewReader(Config{Kind: k})
		s := NewScorer(Config{})
		if n := testing.AllocsPerRun(100, func() { r.Read(frame, captureNS); s.Offer(frame, captureNS) }); n != 0 {
			t.Errorf("%v: %v allocations", k, n)
		}
	}
}
