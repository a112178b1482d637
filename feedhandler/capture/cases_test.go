package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/capture/trailer"
	"wirebook/feedhandler/feedtest"
)

// stampsOf are the UDP packets' stamps of a capture, and the warnings.
func stampsOf(t *testing.T, kind string, paths ...string) (stamps []Packet, warnings []Warning) {
	t.Helper()
	s, err := Open(paths, Options{Trailer: kind, Warn: func(w Warning) { warnings = append(warnings, w) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for {
		var p Packet
		if err := s.Next(&p); errors.Is(err, io.EOF) {
			return stamps, warnings
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.Data) > 23 && p.Data[23] == 17 {
			stamps = append(stamps, p)
		}
	}
}

// Case 11: key frames of version 2 say how fast the switch's clock really runs, here by a tenth off.
func TestKeyFrameSkewIsUsed(t *testing.T) {
	right := map[uint64]uint64{}
	f, err := os.Open(feedtest.Case(t, "11-arista7150-skew", "ref7150.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan() && !strings.Contains(lines.Text(), "a7150-replace"); {
		captured, ns, ok := strings.Cut(lines.Text(), ",")
		a, err1 := strconv.ParseUint(captured, 10, 64)
		b, err2 := strconv.ParseUint(ns, 10, 64)
		if ok && err1 == nil && err2 == nil {
			right[a] = b
		}
	}
	if len(right) != 136 {
		t.Fatalf("%d right times read", len(right))
	}
	for _, kind := range []string{"arista7150", "auto"} {
		got, warnings := stampsOf(t, kind, feedtest.Case(t, "11-arista7150-skew", "a7150-before.pcap"))
		oneTrouble(t, warnings, TimeBackwards) // the file's own
		seen := 0
		for _, p := range got {
			want, ok := right[p.TS]
			if !ok {
				continue
			}
			seen++
			if !p.StampOK || p.StampBad || p.Stamp != want {
				t.Errorf("%s: captured %d: %d (ok %v, bad %v), want %d", kind, p.TS, p.Stamp, p.StampOK, p.StampBad, want)
			}
		}
		if seen != len(right) {
			t.Errorf("%s: %d of %d times compared", kind, seen, len(right))
		}
	}
}

// Case 25: the key frames say that ticks replace the FCS, and in one of the files the FCS is still behind them.
func TestTicksBeforeACapturedFCS(t *testing.T) {
	for _, kind := range []string{"arista7150", "auto"} { // three ticks are enough to tell
		got, warnings := stampsOf(t, kind, feedtest.Case(t, "25-exablaze-append", "exac-append.pcap"))
		want := []uint64{1456284791289443837, 1456284791289444208, 1456284791289444520}
		var stamps []uint64
		for _, p := range got {
			if p.StampOK {
				stamps = append(stamps, p.Stamp)
			}
		}
		if !slices.Equal(stamps, want) {
			t.Errorf("%s: got %v, want %v", kind, stamps, want)
		}
		if w := oneTrouble(t, warnings, UnknownStamp); !strings.Contains(w.Text, "before it") {
			t.Errorf("%s: warning %q", kind, w)
		}
	}
	got, warnings := stampsOf(t, "arista7150", feedtest.Case(t, "25-exablaze-append", "exac-fcs.pcap"))
	for _, p := range got {
		if !p.StampOK {
			t.Errorf("captured %d: no stamp", p.TS)
		}
	}
	if len(warnings) != 0 {
		t.Errorf("warnings %v", warnings)
	}
}

// Case 09: every version of the 7280's header is taken off; an unknown one is said once, by its number.
func TestArista7280Versions(t *testing.T) {
	base := feedtest.Case(t, "09-arista7280-with-profile", "base.pcap")
	var frames [][]byte
	var times []uint64
	s, err := Open([]string{base}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var p Packet
	for s.Next(&p) == nil {
		frames, times = append(frames, bytes.Clone(p.Data)), append(times, p.TS)
	}
	be := binary.BigEndian
	for _, version := range []uint16{0x0010, 0x0011, 0x0020, 0x0021, 0x0110, 0x0111, 0x0120, 0x0121, 0x0131, 0x0012} {
		var recs []rec
		for i, f := range frames {
			ns := times[i] - 1000
			sec, frac := uint32(ns/1e9), uint32(ns%1e9)
			if version>>8 == 0 {
				sec += 37
			}
			h := be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, 0xd28b), 1), version)
			if version>>4&15 == 1 {
				h = be.AppendUint32(h, sec)
			} else {
				h = be.AppendUint16(h, uint16(sec))
			}
			data := append(append(bytes.Clone(f[:12]), be.AppendUint32(h, frac)...), f[12:]...)
			recs = append(recs, rec{ts: times[i], data: data, wire: len(data)})
		}
		path := write(t, "x.pcap", pcapBytes(binary.LittleEndian, pcapNano, recs))
		if version == 0x0131 || version == 0x0012 {
			_, warnings, files, err := readAll(t, Options{Trailer: "arista7280"}, path)
			if err != nil {
				t.Fatal(err)
			}
			if len(warnings) != 2 || warnings[0].Trouble != UnknownStamp || !strings.Contains(warnings[0].Text, fmt.Sprintf("%#04x", version)) {
				t.Errorf("version %#04x: warnings %v", version, warnings)
			}
			if n := files[0].Troubles["unknown_stamp"]; n != int64(len(frames)) {
				t.Errorf("version %#04x: counted %d times", version, n)
			}
			continue
		}
		for _, kind := range []string{trailer.Arista7280.String(), "auto"} {
			got, warnings := stampsOf(t, kind, path)
			if len(got) != len(frames) || len(warnings) > 0 {
				t.Fatalf("version %#04x, %s: %d packets, warnings %v", version, kind, len(got), warnings)
			}
			for i, p := range got {
				if !p.StampOK || p.StampBad || p.Stamp != times[i]-1000 {
					t.Errorf("version %#04x, %s: stamp %d (%v, bad %v), want %d", version, kind, p.Stamp, p.StampOK, p.StampBad, times[i]-1000)
				}
			}
		}
	}
}
