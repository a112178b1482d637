package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if job := os.Getenv(childVar); job != "" {
		if err := child(job); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestReceivers: every receiver, C's and ours, comes up, gets every packet sent and has a figure for each measure. What
// the figures are is not looked at: other tests run beside this one.
func TestReceivers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("network namespaces and AF_XDP need root; this check did not run")
	}
	if _, err := compile(t.Context(), t.TempDir()); err != nil {
		t.Skipf("%v; this check did not run", err)
	}
	o := options{Rounds: 2, Queued: 2000, PPS: 20_000, Paced: 1000, PacketBytes: 170, SenderCPU: 0, ReceiverCPU: 1, Progress: func(string) {}}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	r, err := run(t.Context(), o)
	if err != nil && strings.HasPrefix(err.Error(), "pin to core") {
		t.Skipf("%v: it takes two cores; this check did not run", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Receivers) < 8 {
		t.Errorf("%d receivers, want 8: %+v", len(r.Receivers), r.Receivers)
	}
	for _, f := range r.Receivers {
		if f.Lost > 0 {
			t.Errorf("%s lost %d packets", f.Name, f.Lost)
		}
		if f.Median <= 0 || f.Best > f.Median || f.P99 < f.Median || f.Ratio <= 0 || f.P50 <= 0 || f.A99 < f.P50 || f.A999 < f.A99 {
			t.Errorf("%s: figures that cannot be: %+v", f.Name, f)
		}
		if f.Name == f.Base && f.Ratio != 1 {
			t.Errorf("%s is %v times itself", f.Name, f.Ratio)
		}
	}
	var text strings.Builder
	r.write(&text)
	for _, f := range r.Receivers {
		if !strings.Contains(text.String(), f.Name) {
			t.Errorf("the table has no %s:\n%s", f.Name, &text)
		}
	}
}

// TestMissing: what the receivers in C need and is not there is named with the package that brings it.
func TestMissing(t *testing.T) {
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler; this check did not run")
	}
	cc := t.TempDir()
	// A compiler whose machine lacks libxdp's header.
	script := "#!/bin/sh\nif grep -q xdp/xsk.h; then echo 'fatal error: xdp/xsk.h: No such file' >&2; exit 1; fi\n"
	if err := os.WriteFile(cc+"/cc", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", cc+":"+os.Getenv("PATH"))
	if _, err := compile(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "apt-get install libxdp-dev") {
		t.Errorf("got %v, want the package named", err)
	}
}

func TestOptions(t *testing.T) {
	good := options{Rounds: 1, Queued: 1, PPS: 50_000, Paced: 25_000, PacketBytes: 170, ReceiverCPU: 1}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*options){
		"-rounds": func(o *options) { o.Rounds = 0 }, "-queued": func(o *options) { o.Queued = 1 << 17 },
		"-pps": func(o *options) { o.PPS = 0 }, "-bytes": func(o *options) { o.PacketBytes = 59 },
		"-paced":      func(o *options) { o.Paced = 50_000 }, // a second of real time
		"-sender-cpu": func(o *options) { o.SenderCPU = 1 },
	} {
		o := good
		spoil(&o)
		if err := o.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error that names %s", err, name)
		}
	}
}

func TestQuantile(t *testing.T) {
	list := []float64{5, 1, 4, 2, 3}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if quantile[uint64](nil, 0.5) != 0 {
		t.Error("of nothing")
	}
}
