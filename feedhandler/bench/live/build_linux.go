package main

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// receiveC is the receivers in C. The name keeps the Go command from taking it for cgo.
//
//go:embed receive.c.txt
var receiveC string

// compile builds the receivers in C into dir, or says what is missing.
func compile(ctx context.Context, dir string) (string, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", fmt.Errorf("the receivers to compare with are in C: no compiler (cc): apt-get install gcc libc6-dev")
	}
	for _, need := range []struct{ header, pkg string }{{"bpf/bpf.h", "libbpf-dev"}, {"xdp/xsk.h", "libxdp-dev"}} {
		try := exec.CommandContext(ctx, cc, "-fsyntax-only", "-x", "c", "-")
		try.Stdin = strings.NewReader("#include <" + need.header + ">\n")
		if out, err := try.CombinedOutput(); err != nil {
			return "", fmt.Errorf("the receivers to compare with are in C: no <%s>: apt-get install %s (the compiler says: %s)", need.header, need.pkg, firstLine(out))
		}
	}
	bin := filepath.Join(dir, "receive")
	build := exec.CommandContext(ctx, cc, "-std=gnu11", "-O3", "-march=native", "-o", bin, "-x", "c", "-", "-lxdp", "-lbpf")
	build.Stdin = strings.NewReader(receiveC)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the receivers in C: %w: %s", err, out)
	}
	return bin, nil
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}
