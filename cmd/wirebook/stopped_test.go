package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestInspectEndsWhenTold: by a signal at once, also while it waits for a pipe, with what was shown.
func TestInspectEndsWhenTold(t *testing.T) {
	r := newRig(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := program(t, r.dir, "inspect", "--profile", "nasdaq.itch50", "/dev/stdin")
		c.Dir = r.dir
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, _ := c.StdoutPipe()
		notes, _ := c.StderrPipe()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
		if _, err := in.Write([]byte(r.read("good.pcap"))); err != nil { // and no end
			t.Fatal(err)
		}
		_ = c.Process.Signal(signal) // more than a pipe holds was taken: it is at work
		words, _ := io.ReadAll(notes)
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != exitStopped || !strings.Contains(string(words), "stopped before the end: ") || !strings.Contains(string(words), "shown") {
			t.Errorf("%v: exit %d, %s", signal, code, words)
		}
		in.Close()
	}
}

// TestAnOutputIsNoSource: whatever name it is given by, a source is not replaced by what is made of it.
func TestAnOutputIsNoSource(t *testing.T) {
	r := newRig(t)
	path := func(name string) string { return r.dir + "/" + name }
	if err := os.Link(path("good.pcap"), path("hard.pcap")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("good.pcap", path("soft.pcap")); err != nil {
		t.Fatal(err)
	}
	before := string(r.read("good.pcap"))
	for _, output := range []string{"good.pcap", "./good.pcap", "hard.pcap", "soft.pcap"} {
		got := r.run("export", "-p", "nasdaq.itch50", "-o", output, "good.pcap")
		if got.code != exitUsage || !strings.Contains(got.errors, "would be lost") {
			t.Errorf("-o %s: %+v", output, got)
		}
	}
	if string(r.read("good.pcap")) != before {
		t.Error("the source was replaced")
	}
	if got := r.run("sim", "-o", "soft.pcap", "--clean", "good.pcap", "--messages", "100"); got.code != exitUsage || !strings.Contains(got.errors, "two outputs") {
		t.Errorf("two names of one output: %+v", got)
	}
}

// TestSimMakesAllMessages: the default length of a day does not cut an order of messages.
func TestSimMakesAllMessages(t *testing.T) {
	r := newRig(t)
	if got := r.run("sim", "-o", "many.pcap", "--messages", "3000", "--rate", "100", "--json"); got.code != 0 || !strings.Contains(got.out, `"messages": 3`) {
		t.Errorf("%+v", got)
	}
	if got := r.run("sim", "-o", "few.pcap", "--messages", "3000", "--rate", "100", "--seconds", "1"); got.code != 0 || !strings.Contains(got.errors, "--seconds 1 were over before") {
		t.Errorf("a cut day is not told: %+v", got)
	}
}

// TestExitCodesAreOneTable: the page says every code there is.
func TestExitCodesAreOneTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{0, exitFailed, exitUsage, exitStopped} {
		if !strings.Contains(string(page), fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("exit code %d is not in the table", code)
		}
	}
	if rows := strings.Count(string(page), "\n| ") - 1; rows != 4 { // less the head
		t.Errorf("%d rows", rows)
	}
}
