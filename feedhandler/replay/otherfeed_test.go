package replay

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/feedtest"
)

// TestAnotherFeedIsTold: a feed of the same framing, its messages longer or shorter than their types, makes no instrument
// and no trade, and every message is counted and warned of; of a single packet too.
func TestAnotherFeedIsTold(t *testing.T) {
	file := feedtest.Case(t, "28-another-feed", "ise-combo.pcap")
	for name, path := range map[string]string{"whole": file, "one packet": firstPackets(t, file, 1)} {
		_, s := run(t, "nasdaq.itch50", nil, "", path)
		undecoded := s.Dropped["decode_too_long"] + s.Dropped["decode_truncated"]
		if s.Instruments != 0 || s.Records["trades"] != 0 || undecoded == 0 || undecoded != s.Messages {
			t.Errorf("%s: %d instruments, %v, dropped %v of %d messages", name, s.Instruments, s.Records, s.Dropped, s.Messages)
		}
		if !strings.Contains(strings.Join(s.Warnings, "\n"), "another feed") {
			t.Errorf("%s: warnings %q", name, s.Warnings)
		}
	}
}

// firstPackets copies the first packets of a capture to a file.
func firstPackets(t *testing.T, path string, n int) string {
	t.Helper()
	src, err := capture.Open([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	out := filepath.Join(t.TempDir(), "first.pcap")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for range n {
		if err := src.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(p.Recv().NS, p.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out
}
