package capture

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A named pipe is read as a stream; only trailer auto, which reads twice, refuses it.
func TestNamedPipe(t *testing.T) {
	want := samples(100, startNS, 10)
	b := pcapBytes(binary.LittleEndian, pcapNano, want)
	for _, c := range []struct{ trailer, err string }{{"", ""}, {"auto", "a pipe cannot be: name the trailer"}} {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Skipf("no named pipes here: %v", err)
		}
		go func() {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return
			}
			_, _ = f.Write(b)
			_ = f.Close()
		}()
		s, err := Open([]string{path}, Options{Trailer: c.trailer})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for p := (Packet{}); s.Next(&p) == nil; n++ {
			if p.TS != want[n].ts {
				t.Fatalf("packet %d differs", n)
			}
		}
		if err := s.Close(); err != nil || n != len(want) {
			t.Errorf("%d packets, close %v", n, err)
		}
	}
}
