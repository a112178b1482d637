package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"wirebook/feedhandler/capture/trailer"
	"wirebook/ptp"
)

// udp is a UDP frame of n payload bytes.
func udp(n int) []byte {
	f := append(bytes.Repeat([]byte{2}, 12), 8, 0)
	ip := make([]byte, 28+n)
	ip[0], ip[9] = 0x45, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[24:], uint16(8+n))
	return append(f, ip...)
}

// meta puts a MetaWatch trailer of time ns behind a frame.
func meta(f []byte, ns uint64) []byte {
	f = binary.BigEndian.AppendUint32(f, 0xfeedface)
	f = binary.BigEndian.AppendUint32(f, uint32(ns/1e9))
	f = binary.BigEndian.AppendUint32(f, uint32(ns%1e9))
	return append(f, 1, 0, 9, 4)
}

// stampedRecs are frames with trailers, captured a little later than they say.
func stampedRecs(n int, at uint64, lag uint64) []rec {
	out := make([]rec, n)
	for i := range out {
		ns := at + uint64(i)*1000
		data := meta(udp(50+i%9), ns)
		out[i] = rec{ts: ns + lag, data: data, wire: len(data), stamp: ns}
	}
	return out
}

func TestTrailersToldAndFound(t *testing.T) {
	want := stampedRecs(100, startNS, 777)
	b := pcapBytes(binary.LittleEndian, pcapNano, want)
	for _, mode := range []string{"metawatch", "auto"} {
		for _, pack := range [][]byte{b, gzipped(t, b)} {
			got, warnings, files, err := readAll(t, Options{Trailer: mode}, write(t, "x", pack))
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			same(t, got, want)
			f := files[0]
			if f.Trailer.Kind != trailer.MetaWatch || f.TrailerAuto != (mode == "auto") {
				t.Errorf("%s: %+v", mode, f)
			}
			if f.Trailer.Tried != 100 || f.Trailer.Hits != 100 || f.Trailer.Ratio != 1 {
				t.Errorf("decision %+v", f.Trailer)
			}
		}
	}
	// Without the option the trailer is only bytes behind the datagram.
	for i := range want {
		want[i].stamp = 0
	}
	got, _, _, err := readAll(t, Options{}, write(t, "x", b))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, want)
}

func TestAutoFindsNothingWhereThereIsNothing(t *testing.T) {
	want := samples(100, startNS, 10)
	for i := range want {
		want[i].data = udp(40)
		want[i].wire = len(want[i].data)
	}
	got, _, files, err := readAll(t, Options{Trailer: "auto"}, write(t, "x", pcapBytes(binary.LittleEndian, pcapNano, want)))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, want)
	if d := files[0].Trailer; d.Kind != trailer.None || d.Tried != 100 || d.Hits != 0 || !files[0].TrailerAuto {
		t.Errorf("decision %+v", d)
	}
}

func TestReceiveStamps(t *testing.T) {
	p := Packet{TS: 7, StampSource: ptp.SourceCapture}
	if got := p.Recv(); got != (ptp.Stamp{NS: 7, Source: ptp.SourceCapture}) {
		t.Errorf("%+v", got)
	}
	p = Packet{TS: 7, Stamp: 5, StampOK: true, StampBad: true, StampSource: ptp.SourceSwitch}
	if got := p.Recv(); got != (ptp.Stamp{NS: 5, Source: ptp.SourceSwitch, Bad: true}) {
		t.Errorf("%+v", got)
	}
}

// Two captures whose hosts disagree by far are merged by the switches' time.
func TestMergeGoesByTheSwitchTime(t *testing.T) {
	a, b := stampedRecs(20, startNS, 5_000_000), stampedRecs(20, startNS+500, 9)
	for i := range b {
		b[i].file = 1
	}
	// A frame without a trailer stays behind its predecessor.
	a[7].data, a[7].stamp = udp(60), 0
	a[7].wire = len(a[7].data)
	got, _, _, err := readAll(t, Options{Trailer: "metawatch"},
		write(t, "a", pcapBytes(binary.LittleEndian, pcapNano, a)), write(t, "b", pcapBytes(binary.LittleEndian, pcapNano, b)))
	if err != nil {
		t.Fatal(err)
	}
	var want []rec
	for i := range a {
		if i == 7 {
			want = append(want[:len(want)-1], a[7], b[6], b[7])
			continue
		}
		want = append(want, a[i], b[i])
	}
	same(t, got, want)
}

func TestArista7280FramesComeWithoutTheHeader(t *testing.T) {
	const tai = 37 // in 2020, by the leap second table
	var recs, want []rec
	for i := range 10 {
		plain, ns := udp(30+i), uint64(startNS+i)
		h := []byte{0xd2, 0x8b, 0, 1, 0, 0x10}
		h = binary.BigEndian.AppendUint32(h, uint32(ns/1e9)+tai)
		h = binary.BigEndian.AppendUint32(h, uint32(ns%1e9))
		data := append(append(bytes.Clone(plain[:12]), h...), plain[12:]...)
		recs = append(recs, rec{ts: ns + 99, data: data, wire: len(data)})
		want = append(want, rec{ts: ns + 99, data: plain, wire: len(plain), stamp: ns})
	}
	b := pcapBytes(binary.LittleEndian, pcapNano, recs)
	for _, mode := range []string{"arista7280", "auto"} {
		got, warnings, _, err := readAll(t, Options{Trailer: mode}, write(t, "x", b))
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		same(t, got, want)
	}
	// The borrowed copy lives until the next call in a merge, too.
	s, err := Open([]string{write(t, "a", b), write(t, "b", b)}, Options{Trailer: "arista7280"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for i := 0; ; i++ {
		var p Packet
		if err := s.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Data, want[i/2].data) || p.File != i%2 {
			t.Fatalf("packet %d of file %d: %x", i, p.File, p.Data)
		}
	}
}

func TestLeapSeconds(t *testing.T) {
	for _, c := range []struct {
		unix uint64
		tai  int
	}{
		{1483228799, 36}, {1483228800, 37}, {1580394600, 37}, {1000000000, 32}, {1341100799, 34}, {0, 0},
	} {
		if got := taiMinusUTC(c.unix * 1e9); got != c.tai {
			t.Errorf("at %d: %d, want %d", c.unix, got, c.tai)
		}
	}
	text := "# comment\n#@ 99\n2272060800\t10\t# 1 Jan 1972\n2287785600\t11\t# 1 Jul 1972\nbroken line\n"
	if got := parseLeaps(text); len(got) != 2 || got[0] != (leapStep{63072000, 10}) || got[1].tai != 11 {
		t.Errorf("%v", got)
	}
	for _, s := range builtinLeaps {
		if got := taiMinusUTC(uint64(s.unix) * 1e9); got != s.tai {
			t.Errorf("the machine's table has %d at %d, ours %d", got, s.unix, s.tai)
		}
	}
}
