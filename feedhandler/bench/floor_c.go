package bench

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ringC is the same ring in C. It is compiled when the bench runs, where there is a compiler. The name keeps the Go
// command from taking it for cgo.
//
//go:embed ring.c.txt
var ringC string

// compileC builds the ring in C once; "" and a note where that cannot be done.
func (b *bencher) compileC() string {
	if b.cTried {
		return b.cRing
	}
	b.cTried = true
	cc, err := exec.LookPath("cc")
	if err != nil {
		b.o.Note("no C compiler (cc): the floors ring-c are left out")
		return ""
	}
	dir, err := os.MkdirTemp("", "wirebook-bench-")
	if err != nil {
		b.o.Note("ring in C: " + err.Error())
		return ""
	}
	b.cleanup = append(b.cleanup, func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "ring")
	build := exec.CommandContext(b.ctx, cc, "-std=gnu11", "-O2", "-x", "c", "-o", bin, "-")
	build.Stdin = strings.NewReader(ringC)
	if out, err := build.CombinedOutput(); err != nil {
		b.o.Note(fmt.Sprintf("ring in C: %v: %s", err, out))
		return ""
	}
	b.cRing = bin
	return bin
}

// runC runs the ring in C on the two cores and returns the figures it prints.
func (b *bencher) runC(mode string, n, spins int) []float64 {
	bin := b.compileC()
	if bin == "" {
		return nil
	}
	args := []string{mode, strconv.Itoa(n), strconv.Itoa(b.o.CPU[0])}
	if len(b.o.CPU) > 1 {
		args = append(args, strconv.Itoa(b.o.CPU[1]), strconv.Itoa(spins))
	}
	out, err := exec.CommandContext(b.ctx, bin, args...).Output()
	if err != nil {
		b.o.Note(fmt.Sprintf("ring in C, %s: %v", mode, err))
		return nil
	}
	var list []float64
	for _, f := range strings.Fields(string(out)) {
		if v, err := strconv.ParseFloat(f, 64); err == nil {
			list = append(list, v)
		}
	}
	return list
}
