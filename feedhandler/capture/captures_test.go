package capture

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"wirebook/feedhandler/feedtest"
)

// unpacked reads a file, through gzip where it is.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// decode is the part of a capture's .json that is about the capture.
type decode struct {
	Packets []struct {
		TimeNS uint64 `json:"time_ns"`
		Caplen int    `json:"caplen"`
		Len    int    `json:"len"`
	} `json:"packets"`
}

// Every real capture equals what pcapgo reads, and the dissector's account of it.
func TestRealCaptures(t *testing.T) {
	root := feedtest.Captures(t)
	files, packets, decodes := 0, 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".pcap") && !strings.HasSuffix(path, ".pcap.gz") {
			return err
		}
		name, _ := filepath.Rel(root, path)
		b := unpacked(t, path)
		var want []rec
		if binary.LittleEndian.Uint32(b) == ngSection {
			want = ngOracle(t, b)
		} else {
			want = oracle(t, b)
		}
		got, warnings, _, err := readAll(t, Options{}, path)
		if err != nil {
			return err
		}
		for _, w := range warnings {
			if w.Trouble != TimeBackwards {
				t.Errorf("%s: %v", name, w)
			}
		}
		same(t, got, want)
		files, packets = files+1, packets+len(got)

		base := strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".pcap")
		for _, ext := range []string{".json", ".json.gz"} {
			if _, err := os.Stat(base + ext); errors.Is(err, fs.ErrNotExist) || testing.Short() && ext == ".json.gz" {
				continue
			}
			var dec decode
			if err := json.Unmarshal(unpacked(t, base+ext), &dec); err != nil {
				return err
			}
			if len(dec.Packets) != len(got) {
				t.Fatalf("%s: %d packets, the dissector has %d", name, len(got), len(dec.Packets))
			}
			for i, p := range dec.Packets {
				if g := got[i]; g.ts != p.TimeNS || len(g.data) != p.Caplen || g.wire != p.Len {
					t.Fatalf("%s: packet %d: %d %d %d, the dissector has %+v", name, i+1, g.ts, len(g.data), g.wire, p)
				}
			}
			decodes++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures, %d packets equal to pcapgo's; %d equal to the dissector's", files, packets, decodes)
	if files < 100 || decodes < 100 {
		t.Errorf("only %d captures and %d decodes found under %s", files, decodes, root)
	}
}
