package replay

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/sim"
)

// taggedDay writes a day whose lines are under the VLANs a and b, each frame as spoil leaves it.
func taggedDay(t *testing.T, a, b uint16, spoil func(n int, frame []byte)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "day.pcap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	x, err := sim.New(sim.Config{Seed: 3, Encoding: sim.ITCH50, Symbols: 4, Messages: 2000, LiveOrders: 100, Rate: 10000})
	if err != nil {
		t.Fatal(err)
	}
	var lines []sim.LineConfig
	for i, vlan := range []uint16{a, b} {
		lines = append(lines, sim.LineConfig{VLAN: vlan, Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 10, 1, byte(i + 1)}), 30001),
			Group: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, 1, byte(i + 1)}), 26477)})
	}
	n := 0
	_, err = sim.Generate(x, sim.WireConfig{Lines: lines, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
		frame = bytes.Clone(frame)
		spoil(n, frame)
		n++
		return w.Write(ts, frame)
	})}, nil, nil)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func replayWith(t *testing.T, text, path string) (*Summary, error) {
	t.Helper()
	o := Options{Files: []string{path}, Profile: "nasdaq.itch50"}
	if text != "" {
		c, err := config.Parse("f.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o.Config, o.Profile = c, ""
	}
	return Run(context.Background(), o)
}

// TestVLANsOfAReplay: a configured line has one VLAN, as live; a profile takes what the capture has, under whatever tag.
func TestVLANsOfAReplay(t *testing.T) {
	whole := func(int, []byte) {}
	plain, err := replayWith(t, "", taggedDay(t, 0, 0, whole))
	if err != nil {
		t.Fatal(err)
	}
	mbo := func(s *Summary) string {
		for _, d := range s.Digests {
			return d["mbo"].Content
		}
		return ""
	}
	path := taggedDay(t, 100, 200, whole)
	lines := func(a, b string) string {
		return "channels:\n  - name: c\n    profile: nasdaq.itch50\n    lines:\n      - {name: A, group: 239.10.1.1, port: 26477" + a + "}\n      - {name: B, group: 239.10.1.2, port: 26477" + b + "}\n"
	}
	for _, c := range []struct {
		name, config string
		a, b         bool // read
	}{
		{"by profile", "", true, true},
		{"their VLANs", lines(", vlan: 100", ", vlan: 200"), true, true},
		{"any", lines(", vlan: any", ", vlan: any"), true, true},
		{"one of another", lines(", vlan: 100", ", vlan: 100"), true, false},
		{"one without", lines("", ", vlan: 200"), false, true},
	} {
		s, err := replayWith(t, c.config, path)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if s.Messages != plain.Messages || mbo(s) != mbo(plain) {
			t.Errorf("%s: %d messages, digest %s; untagged %d, %s", c.name, s.Messages, mbo(s), plain.Messages, mbo(plain))
		}
		want, half := uint64(0), plain.Packets/2
		for i, read := range []bool{c.a, c.b} {
			if got := s.Lines[i].Packets; read != (got == half) {
				t.Errorf("%s: line %s has %d packets of %d", c.name, s.Lines[i].Name, got, half)
			}
			if !read {
				want += half
			}
		}
		if warned := strings.Contains(strings.Join(s.Warnings, " "), "another VLAN"); warned != (want > 0) {
			t.Errorf("%s: warnings %q", c.name, s.Warnings)
		}
		if got := s.Dropped["wire_other_vlan"]; got != want {
			t.Errorf("%s: wire_other_vlan %d, want %d", c.name, got, want)
		}
	}
	if _, err := replayWith(t, lines("", ""), path); err == nil || !strings.Contains(err.Error(), "under another VLAN: give the lines their vlan") {
		t.Errorf("no line has a VLAN: %v", err)
	}
}

// TestChecksumsOfAReplay: captures are believed, unless the configuration says always.
func TestChecksumsOfAReplay(t *testing.T) {
	path := taggedDay(t, 0, 0, func(n int, frame []byte) {
		switch n % 8 { // every second is line B's: what A does not bring, B does
		case 0:
			frame[len(frame)-1] ^= 0x40
			frame[40], frame[41] = 0, 0 // nobody could know
			frame[len(frame)-1] ^= 0x40
		case 2:
			frame[25] ^= 1
		case 4:
			frame[41] ^= 1
		}
	})
	const text = "channels:\n  - name: c\n    profile: nasdaq.itch50\n    lines: [{name: A, group: 239.10.1.1, port: 26477}, {name: B, group: 239.10.1.2, port: 26477}]\n"
	trusting, err := replayWith(t, text, path)
	if err != nil {
		t.Fatal(err)
	}
	strict, err := replayWith(t, "checksums: always\n"+text, path)
	if err != nil {
		t.Fatal(err)
	}
	if len(trusting.Dropped) != 0 || len(trusting.Unchecked) != 0 {
		t.Errorf("by default: dropped %v, unchecked %v", trusting.Dropped, trusting.Unchecked)
	}
	eighth := strict.Packets / 8
	near := func(n uint64) bool { return n == eighth || n == eighth+1 }
	if !near(strict.Dropped["wire_ip_checksum"]) || !near(strict.Dropped["wire_udp_checksum"]) || !near(strict.Unchecked["udp_checksum_absent"]) {
		t.Errorf("always, of %d packets: dropped %v, unchecked %v", strict.Packets, strict.Dropped, strict.Unchecked)
	}
	if strict.Messages != trusting.Messages || strict.UnitsLost != 0 {
		t.Errorf("always: %d messages, %d lost; by default %d", strict.Messages, strict.UnitsLost, trusting.Messages)
	}
}
