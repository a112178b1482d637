package replay

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
)

// Cases 13, 14 and 16: whatever a tap, a mirror port or tcpdump put around the frames, the feed inside is the feed.
func TestCoatsOfCaptures(t *testing.T) {
	base := feedtest.Case(t, "13-link-types", "base.pcap")
	_, want := run(t, "nasdaq.itch50", nil, "", base)
	if want.Messages != 26 {
		t.Fatalf("%d messages in %s, want 26", want.Messages, base)
	}
	check := func(t *testing.T, file string) {
		_, got := run(t, "nasdaq.itch50", nil, "", file)
		if got.Messages != 26 || len(got.Dropped) != 0 || len(got.Warnings) != 0 {
			t.Errorf("%d messages, dropped %v, warnings %q", got.Messages, got.Dropped, got.Warnings)
		}
		sameContent(t, file, got, want)
	}
	for _, c := range [][2]string{
		{"13-link-types", "null.pcap"}, {"13-link-types", "raw101.pcap"}, {"13-link-types", "sll.pcap"},
		{"14-encapsulations", "erspan2.pcap"}, {"14-encapsulations", "mpls1.pcap"}, {"14-encapsulations", "snapethernet_llc.pcap"},
		{"14-encapsulations", "vlan3.pcap"}, {"14-encapsulations", "vxlan.pcap"},
		{"16-fragments-and-length-zero", "frag.pcap"}, {"16-fragments-and-length-zero", "iplen0.pcap"},
	} {
		t.Run(c[1], func(t *testing.T) { check(t, feedtest.Case(t, c[0], c[1])) })
	}
	frames := framesOf(t, base)
	ip := func(f []byte) []byte { return f[14:] }
	for _, l := range []struct {
		name string
		link uint32
		head string
	}{
		{"raw 12", 12, ""}, {"raw 228", 228, ""}, {"loop", 108, "\x00\x00\x00\x02"},
		{"SLL2", 276, "\x08\x00\x00\x00\x00\x00\x00\x03\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"},
	} {
		t.Run(l.name, func(t *testing.T) {
			b := pcapHead(l.link)
			for i, f := range frames {
				b = pcapRecord(b, uint32(i), append([]byte(l.head), ip(f)...))
			}
			check(t, writeFile(t, b))
		})
	}
	// tcpdump -i any and tunnels: a file of several interfaces, each of another link type.
	t.Run("several link types in one file", func(t *testing.T) {
		b := ngHead(1, 113, 101, 276)
		sll := "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00\x08\x00"
		sll2 := "\x08\x00\x00\x00\x00\x00\x00\x03\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"
		for i, f := range frames {
			switch i % 4 {
			case 1:
				f = append([]byte(sll), ip(f)...)
			case 2:
				f = ip(f)
			case 3:
				f = append([]byte(sll2), ip(f)...)
			}
			b = ngPacket(b, uint32(i%4), uint64(i), f)
		}
		check(t, writeFile(t, b))
	})
	// Fragments in the other order, and those that overlap: refused by name, and the rest goes on.
	t.Run("fragments reversed", func(t *testing.T) {
		fragments := framesOf(t, feedtest.Case(t, "16-fragments-and-length-zero", "frag.pcap"))
		b := pcapHead(1)
		for i := range fragments {
			b = pcapRecord(b, uint32(i), fragments[len(fragments)-1-i])
		}
		check(t, writeFile(t, b))
	})
	t.Run("fragments that overlap", func(t *testing.T) {
		fragments := framesOf(t, feedtest.Case(t, "16-fragments-and-length-zero", "frag.pcap"))
		liar := append([]byte(nil), fragments[0]...)
		liar[len(liar)-1] ^= 1
		b := pcapHead(1)
		for i, f := range append([][]byte{fragments[0], liar}, fragments[1:]...) {
			b = pcapRecord(b, uint32(i), f)
		}
		for i, f := range frames {
			b = pcapRecord(b, uint32(10+i), f)
		}
		_, got := run(t, "nasdaq.itch50", nil, "", writeFile(t, b))
		if got.Messages != 26 || got.Dropped["capture_fragment_overlap"] != 1 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "same bytes") {
			t.Errorf("%d messages, dropped %v, warnings %q", got.Messages, got.Dropped, got.Warnings)
		}
	})
}

// What is not read is named: in the error where there is nothing else, in counter and warning where there is.
func TestUnreadCoatsAreNamed(t *testing.T) {
	frames := framesOf(t, feedtest.Case(t, "13-link-types", "base.pcap"))
	b := pcapHead(147)
	for i, f := range frames {
		b = pcapRecord(b, uint32(i), f)
	}
	_, err := Run(context.Background(), Options{Files: []string{writeFile(t, b)}, Profile: "nasdaq.itch50"})
	if err == nil || !strings.Contains(err.Error(), "link_type_147") {
		t.Errorf("error %v", err)
	}
	_, err = Run(context.Background(), Options{Files: []string{writeFile(t, b)}, Config: &config.Config{Channels: []config.Channel{{
		Name: "itch", Profile: "nasdaq.itch50", Lines: []config.Line{{Name: "A", Group: "233.54.12.111", Port: 26477}},
	}}}})
	if err == nil || !strings.Contains(err.Error(), "not_read_link_type_147 6") {
		t.Errorf("error %v", err)
	}
	b = pcapHead(1)
	for i, f := range frames {
		b = pcapRecord(b, uint32(i), f)
		sealed := append([]byte(nil), f...)
		sealed[12], sealed[13] = 0x88, 0xe5
		b = pcapRecord(b, uint32(i), sealed)
	}
	_, got := run(t, "nasdaq.itch50", nil, "", writeFile(t, b))
	if got.Messages != 26 || got.Dropped["capture_not_read_macsec"] != uint64(len(frames)) || got.Dropped["wire_not_ipv4"] != uint64(len(frames)) ||
		len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "MACsec") {
		t.Errorf("%d messages, dropped %v, warnings %q", got.Messages, got.Dropped, got.Warnings)
	}
}

// framesOf are the frames of a capture as they stand in it.
func framesOf(t *testing.T, path string) (frames [][]byte) {
	t.Helper()
	src, err := capture.Open([]string{path}, capture.Options{AsCaptured: true})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var p capture.Packet
	for src.Next(&p) == nil {
		frames = append(frames, append([]byte(nil), p.Data...))
	}
	if len(frames) == 0 {
		t.Fatalf("%s: no frames", path)
	}
	return frames
}

func pcapHead(link uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d)
	b = le.AppendUint32(b, 4<<16|2)
	b = append(b, make([]byte, 8)...)
	return le.AppendUint32(le.AppendUint32(b, 65535), link)
}

func pcapRecord(b []byte, ns uint32, frame []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(le.AppendUint32(b, 1_748_870_000), ns)
	b = le.AppendUint32(le.AppendUint32(b, uint32(len(frame))), uint32(len(frame)))
	return append(b, frame...)
}

func ngBlock(b []byte, kind uint32, body []byte) []byte {
	le := binary.LittleEndian
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(12 + len(body))
	return le.AppendUint32(append(le.AppendUint32(le.AppendUint32(b, kind), n), body...), n)
}

func ngHead(links ...uint16) []byte {
	le := binary.LittleEndian
	section := le.AppendUint32(le.AppendUint32(nil, 0x1a2b3c4d), 1)
	b := ngBlock(nil, 0x0a0d0d0a, le.AppendUint64(section, ^uint64(0)))
	for _, l := range links {
		b = ngBlock(b, 1, le.AppendUint32(le.AppendUint32(nil, uint32(l)), 0))
	}
	return b
}

func ngPacket(b []byte, iface uint32, us uint64, frame []byte) []byte {
	le := binary.LittleEndian
	us += 1_748_870_000_000_000
	body := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, iface), uint32(us>>32)), uint32(us))
	body = le.AppendUint32(le.AppendUint32(body, uint32(len(frame))), uint32(len(frame)))
	return ngBlock(b, 6, append(body, frame...))
}

func writeFile(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
