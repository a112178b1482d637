package replay

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/sim"
)

// pipe makes a named pipe into which write writes, and returns its path.
func pipe(t *testing.T, write func(w io.Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer f.Close()
		write(f)
	}()
	return path
}

// piped is a pipe with a file's bytes.
func piped(t *testing.T, path string) string {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return pipe(t, func(w io.Writer) { _, _ = w.Write(bytes) })
}

// TestChannelsInAPipe: channels are found in what can be read once, and the replay is that of the file.
func TestChannelsInAPipe(t *testing.T) {
	merged, a, b, _ := simDay(t, sim.ITCH50)
	_, want := run(t, "nasdaq.itch50", nil, "", merged)
	_, got := run(t, "nasdaq.itch50", nil, "", piped(t, merged))
	sameFull(t, "through a pipe", got, want)
	_, got = run(t, "nasdaq.itch50", nil, "", a, piped(t, b))
	sameFull(t, "line A in a file, line B through a pipe", got, want)
	if got.Packets != want.Packets || len(got.Warnings) != 0 {
		t.Errorf("%d packets, want %d; warnings %v", got.Packets, want.Packets, got.Warnings)
	}
}

// TestChannelLateInAPipe: what begins after the look ahead cannot be read any more, and is told.
func TestChannelLateInAPipe(t *testing.T) {
	_, s := run(t, "nasdaq.itch50", nil, "", piped(t, feedtest.Case(t, "12-channel-starts-late", "late-channel.pcap.gz")))
	told := strings.Join(s.Warnings, "\n")
	if s.Messages != 51 || s.Dropped["wire_unrouted"] != 50 || strings.Count(told, "233.54.12.99:26499 carries nasdaq.itch50 and began after") != 1 {
		t.Errorf("%d messages, dropped %v, warnings:\n%s", s.Messages, s.Dropped, told)
	}
}

// TestPipeThatSaysNothing: waiting for a pipe ends when the replay is stopped, before a channel is found and after.
func TestPipeThatSaysNothing(t *testing.T) {
	merged, _, _, _ := simDay(t, sim.ITCH50)
	bytes, err := os.ReadFile(merged)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"nothing": 0, "a part": len(bytes) / 2} {
		ctx, stop := context.WithCancel(context.Background())
		path := pipe(t, func(w io.Writer) {
			_, _ = w.Write(bytes[:n])
			stop()
			<-t.Context().Done()
		})
		s, err := Run(ctx, Options{Files: []string{path}, Profile: "nasdaq.itch50"})
		if err == nil && !s.Stopped || err != nil && err != context.Canceled {
			t.Errorf("%s: %v, %+v", name, err, s)
		}
	}
}

// TestStdinOnce: one standard input is not two files.
func TestStdinOnce(t *testing.T) {
	_, err := Run(t.Context(), Options{Files: []string{capture.Stdin, capture.Stdin}, Profile: "nasdaq.itch50"})
	if err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Error(err)
	}
}
