package arbitration

import (
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	a := []LineConfig{{Name: "A"}}
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{}, "Lines is empty"},
		{Config{Lines: make([]LineConfig, MaxLines+1)}, "9 lines: at most 8"},
		{Config{Lines: []LineConfig{{Recovery: true}}}, "every line"},
		{Config{Lines: a, WindowPackets: -1}, "WindowPackets is -1"},
		{Config{Lines: a, WindowBytes: 1 << 31}, "WindowBytes is 2147483648"},
		{Config{Lines: a, ReorderPackets: 65}, "ReorderPackets is 65: must be 1 to 64"},
		{Config{Lines: a, JumpUnits: 1 << 17}, "JumpUnits is 131072"},
	} {
		if _, err := New(c.cfg); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.says)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, ns := range []uint64{0, 1, 2, 3, 1000, 1 << 60} {
		h.add(ns)
	}
	if h[0] != 1 || h[1] != 1 || h[2] != 2 || h[10] != 1 || h[LagBuckets-1] != 1 {
		t.Fatalf("%v", h)
	}
	if got := h.Percentile(0.5); got != 3 {
		t.Fatalf("median bound %d", got)
	}
	if got := new(Histogram).Percentile(0.5); got != 0 {
		t.Fatalf("empty %d", got)
	}
}

// TestLag: the line that brings a packet second is measured, the first is not.
func TestLag(t *testing.T) {
	a, seq := warm(t)
	before := a.Line(LineB).LagNS[11]
	p := Packet{Session: 7, Seq: seq, Count: 1, TsRecv: 1 << 30}
	a.Offer(LineA, &p)
	p.TsRecv += 1500
	a.Offer(LineB, &p)
	if got := a.Line(LineB).LagNS[11] - before; got != 1 {
		t.Fatalf("%d packets in bucket 11 of the slower line", got)
	}
	for i, n := range a.Line(LineA).LagNS {
		if n != 0 {
			t.Fatalf("the faster line has %d in bucket %d", n, i)
		}
	}
}

func TestOpen(t *testing.T) {
	a, seq := warm(t)
	if g, ok := a.Open(); ok {
		t.Fatalf("open %+v", g)
	}
	p := Packet{Session: 7, Seq: seq + 3, Count: 1, TsRecv: 1 << 30}
	a.Offer(LineA, &p)
	if g, ok := a.Open(); !ok || g != (Gap{seq, 3}) {
		t.Fatalf("open %+v %v, want %d+3", g, ok, seq)
	}
}
