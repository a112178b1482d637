package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestACaptureThatIsNotWholeIsNoSuccess: what stands before the damage is used, and the exit code says that it is not all,
// whatever is quiet.
func TestACaptureThatIsNotWholeIsNoSuccess(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	day := filepath.Join(dir, "day.pcap")
	if got := r.run("sim", "-o", day, "--messages", "2000", "--seconds", "0"); got.code != 0 {
		t.Fatal(got.errors)
	}
	whole, err := os.ReadFile(day)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.pcap")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.csv")
	for _, verb := range []string{"replay --no-shm", "export -s mbo -f csv -o " + out} {
		args := append(strings.Fields(verb), "-q", "-p", "nasdaq.itch50")
		if got := r.run(append(args, day)...); got.code != 0 {
			t.Errorf("%s of a whole capture: %+v", verb, got)
		}
		if got := r.run(append(args, cut)...); got.code != 1 || !strings.Contains(got.errors, "cut.pcap") {
			t.Errorf("%s of half a capture ends with %d: %q", verb, got.code, got.errors)
		}
	}
	if rows, err := os.ReadFile(out); err != nil || len(rows) < 1000 {
		t.Errorf("of half a capture %d bytes were exported: %v", len(rows), err)
	}
}
