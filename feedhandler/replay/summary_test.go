package replay

import (
	"net/netip"
	"testing"

	"wirebook/feedhandler/sim"
)

// laggingDay is a day whose line B is late by so much and whose lines both lose packets.
func laggingDay(t *testing.T, lagNS uint64, lossPPM uint32) string {
	t.Helper()
	x, err := sim.New(sim.Config{Seed: 5, Encoding: sim.ITCH50, Symbols: 4, Messages: 8000, Rate: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	f := newSimFile(t, t.TempDir(), "day.pcap")
	var lines []sim.LineConfig
	for i, delay := range []uint64{0, lagNS} {
		lines = append(lines, sim.LineConfig{LossPPM: lossPPM, DelayNS: delay,
			Group: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, 9, byte(i + 1)}), 26477)})
	}
	if _, err := sim.Generate(x, sim.WireConfig{Seed: 5, Lines: lines, Merged: f}, nil, nil); err != nil {
		t.Fatal(err)
	}
	f.close()
	return f.path
}

// TestSummaryTellsLags: a line that is 275 ns behind is 275 ns behind, at every share; of the line that never came second there is
// no lag, which is not a lag of 0.
func TestSummaryTellsLags(t *testing.T) {
	_, s := run(t, "nasdaq.itch50", nil, "", laggingDay(t, 275, 0))
	if a := s.Lines[0]; a.LagP50NS != nil || a.LagMaxNS != nil {
		t.Errorf("line A has a lag: %+v", a)
	}
	for _, ns := range []*uint64{s.Lines[1].LagP50NS, s.Lines[1].LagP90NS, s.Lines[1].LagP99NS, s.Lines[1].LagP999NS, s.Lines[1].LagMaxNS} {
		if ns == nil || *ns != 275 {
			t.Errorf("line B's lag is %v in %+v", ns, s.Lines[1])
		}
	}
}

// TestSummaryTellsGaps: a gap has the time at which it was given up, or closed, and then the line that closed it.
func TestSummaryTellsGaps(t *testing.T) {
	_, s := run(t, "nasdaq.itch50", nil, "", laggingDay(t, 3_000_000, 50_000))
	lost, healed := 0, 0
	for _, g := range s.Gaps {
		if g.TsRecv == 0 || g.Healed != (g.Line == "B") {
			t.Errorf("gap %+v", g)
		}
		if g.Healed {
			healed++
		} else {
			lost++
		}
	}
	if lost == 0 || healed == 0 {
		t.Errorf("%d gaps healed and %d lost: the day is none for this test", healed, lost)
	}
}
