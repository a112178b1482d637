package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// asProgram makes the test binary be wirebook itself, so that readers are processes of their own.
const asProgram = "WIREBOOK_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
}

func program(t *testing.T, root string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1", "WIREBOOK_SHM="+root)
	return c
}

func instance(t *testing.T, root string) *segment.Instance {
	t.Helper()
	w, err := segment.Create(segment.Options{Root: root, Name: "two", Rings: []segment.RingSpec{{Schema: shm.SchemaMBO, Slots: 1 << 14}}})
	if err != nil {
		t.Fatal(err)
	}
	e := shm.InstrumentEntry{ID: 1, PublisherID: 2, LatestIndex: shm.NoLatest}
	copy(e.Symbol[:], "AAPL")
	if _, err := w.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	w.Heartbeat(uint64(time.Now().UnixNano()))
	w.Running()
	return w
}

func publish(w *segment.Instance, n int) {
	m := shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO, PublisherID: 2, InstrumentID: 1}, Action: 'A', Side: 'B'}
	for i := range n {
		m.OrderID = uint64(i)
		w.Writer(shm.SchemaMBO, 0).PublishMBO(&m)
	}
}

func TestTailInAnotherProcess(t *testing.T) {
	root := t.TempDir()
	c := program(t, root, "tail", "-i", "two", "--schema", "mbo", "--json")
	var out, notes bytes.Buffer
	c.Stdout, c.Stderr = &out, &notes
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w := instance(t, root)
	publish(w, 10_000)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, notes.String())
	}
	n := 0
	for s := bufio.NewScanner(&out); s.Scan(); n++ {
		var r struct {
			OrderID  int    `json:"order_id"`
			Position int    `json:"position"`
			Symbol   string `json:"symbol"`
		}
		if err := json.Unmarshal(s.Bytes(), &r); err != nil || r.OrderID != n || r.Position != n || r.Symbol != "AAPL" {
			t.Fatalf("line %d: %s: %v", n, s.Text(), err)
		}
	}
	if n != 10_000 {
		t.Errorf("%d records arrived of 10000; notes: %s", n, notes.String())
	}
	if !strings.Contains(notes.String(), "instance two stopped: 10,000 mbo records read, 1 instrument, never lapped") {
		t.Errorf("no summary: %s", notes.String())
	}
}

func TestTailEndsWhenTold(t *testing.T) {
	root := t.TempDir()
	w := instance(t, root)
	defer w.Close()
	publish(w, 10_000)
	for name, c := range map[string]struct {
		args   []string
		signal os.Signal
		want   int // exit code
	}{
		"interrupted":     {[]string{"--from", "oldest"}, os.Interrupt, 0},
		"terminated":      {[]string{"--from", "oldest", "--wait", "spin"}, syscall.SIGTERM, 0},
		"count":           {[]string{"--from", "oldest", "--count", "3"}, nil, 0},
		"unknown schema":  {[]string{"--schema", "mbx"}, nil, exitUsage},
		"absent schema":   {[]string{"--schema", "trades"}, nil, exitFailed},
		"absent instance": {[]string{"--instance", "nope", "--timeout", "0"}, nil, exitFailed},
	} {
		cmd := program(t, root, append([]string{"tail", "-i", "two"}, c.args...)...)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for s := bufio.NewScanner(pipe); s.Scan(); {
			if lines++; lines == 10_000 && c.signal != nil {
				_ = cmd.Process.Signal(c.signal)
			}
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != c.want {
			t.Errorf("%s: exit code %d, want %d", name, code, c.want)
		}
		if name == "count" && lines != 3 {
			t.Errorf("count: %d lines", lines)
		}
	}
}

func TestTailBrokenPipe(t *testing.T) {
	root := t.TempDir()
	w := instance(t, root)
	defer w.Close()
	publish(w, 10_000)
	c := program(t, root, "tail", "-i", "two", "--from", "oldest")
	var notes bytes.Buffer
	c.Stderr = &notes
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 10)
	if _, err := pipe.Read(line); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	publish(w, 1000)
	if err := c.Wait(); err != nil || notes.Len() > 0 {
		t.Errorf("broken pipe: %v, %q", err, notes.String())
	}
}

func TestForeignSegmentIsNamed(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "two"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "two", "control"), bytes.Repeat([]byte{7}, shm.HeaderBytes), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := program(t, root, "tail", "-i", "two").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "foreign file") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestTailSaysThatTheWriterDied: of a writer whose process was killed, tail says what top says.
func TestTailSaysThatTheWriterDied(t *testing.T) {
	r := newRig(t)
	c := r.command("replay", "-q", "-p", "nasdaq.itch50", "-i", "killed", "--speed", "1", "good.pcap")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.run("tail", "-i", "killed", "--from", "oldest", "--count", "1")
	_ = c.Process.Kill()
	_ = c.Wait()
	if got := r.run("tail", "-i", "killed", "--from", "oldest", "--schema", "mbo", "--count", "1"); !strings.Contains(got.errors, "instance killed died") {
		t.Errorf("tail: %+v", got)
	}
	if got := r.run("top", "-i", "killed", "--once"); !strings.Contains(got.out, "GONE") {
		t.Errorf("top: %+v", got)
	}
}

// TestTailBook: the ladder of one instrument, its JSON, and what is said where nobody is called so.
func TestTailBook(t *testing.T) {
	r := newRig(t)
	if got := r.run("replay", "-q", "-p", "nasdaq.itch50", "-i", "day", "good.pcap"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	first := r.run("tail", "-i", "day", "--latest", "--json")
	var book struct {
		Symbol string `json:"symbol"`
		Bid    int64  `json:"bid_px_00"`
	}
	if err := json.Unmarshal([]byte(strings.SplitN(first.out, "\n", 2)[0]), &book); err != nil {
		t.Fatalf("%v: %+v", err, first)
	}
	got := r.run("tail", "-i", "day", "--book", strings.ToLower(book.Symbol))
	if lines := strings.Split(strings.TrimSpace(got.out), "\n"); got.code != 0 || len(lines) != 14 || !strings.HasPrefix(lines[0], book.Symbol+" ") {
		t.Errorf("%+v", got)
	}
	var ladder struct {
		Symbol string `json:"symbol"`
		Bids   []struct {
			Price  int64  `json:"price"`
			Orders uint32 `json:"orders"`
		} `json:"bids"`
		LastTrade *struct{} `json:"last_trade"`
	}
	got = r.run("tail", "-i", "day", "--json", "--book", book.Symbol)
	if err := json.Unmarshal([]byte(got.out), &ladder); err != nil || ladder.Symbol != book.Symbol || len(ladder.Bids) == 0 || ladder.Bids[0].Orders == 0 || ladder.Bids[0].Price != book.Bid {
		t.Errorf("%v: %+v", err, got)
	}
	if got = r.run("tail", "-i", "day", "--book", book.Symbol+"Q"); got.code != exitFailed || !strings.Contains(got.errors, "is called "+book.Symbol+"Q: did you mean ") {
		t.Errorf("%+v", got)
	}
	for _, other := range []string{"--latest", "--symbol=A", "--schema=mbo", "--count=1"} {
		if got = r.run("tail", "-i", "day", "--book", book.Symbol, other); got.code != exitUsage {
			t.Errorf("%s: %+v", other, got)
		}
	}
}
