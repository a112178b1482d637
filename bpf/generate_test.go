package bpf

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestGenerated compiles the program anew and compares the Go side and what the object does with what is committed.
// Debug information differs between releases of clang; instructions of the same release do not.
func TestGenerated(t *testing.T) {
	if _, err := exec.LookPath("clang"); err != nil {
		t.Skip("clang absent: whether the committed object matches filter.bpf.c was not checked (apt-get install clang llvm libbpf-dev)")
	}
	if _, err := exec.LookPath("llvm-strip"); err != nil {
		t.Skip("llvm-strip absent: whether the committed object matches filter.bpf.c was not checked (apt-get install llvm)")
	}
	dir := t.TempDir()
	src, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^//go:generate go run (\S+) (.*)$`).FindSubmatch(src)
	if line == nil {
		t.Fatal("no go:generate line in generate.go")
	}
	args := append([]string{"run", string(line[1]), "-output-dir", dir, "-go-package", "bpf"}, strings.Fields(string(line[2]))...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("generate: %v\n%s", err, out)
	}
	for _, name := range []string{"filter_bpfel.go", "filter_bpfel.o"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("%s is not what filter.bpf.c and shared.h give: run go generate ./bpf and commit", name)
		}
	}
}

// TestShared: what Go repeats by hand agrees with shared.h.
func TestShared(t *testing.T) {
	h, err := os.ReadFile("shared.h")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`#define RX_META_MAGIC (\S+)`).FindSubmatch(h)
	if m == nil {
		t.Fatal("no RX_META_MAGIC in shared.h")
	}
	if v, err := strconv.ParseUint(string(m[1]), 0, 16); err != nil || v != metaMagic {
		t.Errorf("RX_META_MAGIC is %s, metaMagic %#x", m[1], metaMagic)
	}
	names := regexp.MustCompile(`(?m)^\tCOUNT_([A-Z0-9_]+)`).FindAllSubmatch(h, -1)
	if len(names) != int(CounterCount) {
		t.Fatalf("%d counters in shared.h, %d in Go", len(names), CounterCount)
	}
	for i, n := range names {
		if got := Counter(i).String(); got != strings.ToLower(string(n[1])) {
			t.Errorf("counter %d is called %q, in shared.h %s", i, got, n[1])
		}
	}
}
