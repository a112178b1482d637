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

// TestLag: the line that brings a packet second is measured, the first is not.
func TestLag(t *testing.T) {
	a, seq := warm(t)
	before := a.Line(LineB).LagNS.Count()
	p := Packet{Session: 7, Seq: seq, Count: 1, TsRecv: 1 << 30}
	a.Offer(LineA, &p)
	p.TsRecv += 1500
	a.Offer(LineB, &p)
	slower := &a.Line(LineB).LagNS
	if got := slower.Count() - before; got != 1 || slower.Max != 1500 {
		t.Fatalf("%d packets of the slower line, longest %d ns", got, slower.Max)
	}
	if n := a.Line(LineA).LagNS.Count(); n != 0 {
		t.Fatalf("the faster line lags %d times", n)
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
