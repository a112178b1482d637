package replay

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/sim"
)

// TestCutByTheCapture: of frames that a capture cut, whole messages are used and the others are lost, which the summary says.
func TestCutByTheCapture(t *testing.T) {
	_, s := run(t, "nasdaq.itch50", nil, "", feedtest.Case(t, "08-snaplen-cut", "snapcut.pcap"))
	if s.Messages != 10 || s.UnitsLost != 16 || s.Lines[0].Lost != 16 || s.Lines[0].Packets != 6 || s.Dropped["cut_by_capture"] != 16 || len(s.Dropped) != 1 {
		t.Errorf("%d messages, %d lost, line %+v, not used %v; want 10 messages of 6 packets, and 16 lost", s.Messages, s.UnitsLost, s.Lines[0], s.Dropped)
	}
	if said := strings.Join(s.Warnings, "\n"); !strings.Contains(said, "5 packets cut by the capture (snap length): of 25 units announced in them 9 whole") {
		t.Errorf("warnings: %s", said)
	}
}

// TestCutAnywhere cuts the packets of a small day on line A, or on both lines: where line B is whole nothing is lost, and
// where nothing is whole but some messages, those and the lost ones make the day.
func TestCutAnywhere(t *testing.T) {
	for _, c := range []struct {
		encoding sim.Encoding
		profile  string
	}{{sim.ITCH50, "nasdaq.itch50"}, {sim.DeepPlus, "iex.deepplus10"}, {sim.MDP3, "cme.mdp3"}} {
		_, clean := run(t, c.profile, nil, "", cutDay(t, c.encoding, 0, false))
		units := clean.Lines[0].First + clean.Lines[1].First
		for _, most := range []int{131, 160, 300} {
			_, alone := run(t, c.profile, nil, "A", cutDay(t, c.encoding, most, true))
			line := alone.Lines[0]
			if line.First+alone.UnitsLost != units || alone.UnitsLost == 0 || alone.UnitsLost != alone.Dropped["cut_by_capture"] {
				t.Errorf("%s cut at %d, line A: %d units used, %d lost of %d, not used %v", c.encoding, most, line.First, alone.UnitsLost, units, alone.Dropped)
			}
			_, both := run(t, c.profile, nil, "", cutDay(t, c.encoding, most, false))
			if both.UnitsLost != 0 {
				t.Errorf("%s cut at %d on line A alone: %d lost", c.encoding, most, both.UnitsLost)
			}
			sameContent(t, fmt.Sprintf("%s cut at %d on line A alone", c.encoding, most), both, clean)
		}
	}
}

// cutDay writes a small day as a capture whose frames are cut to most bytes: those of both lines, or of line A. 0 cuts none.
func cutDay(t *testing.T, encoding sim.Encoding, most int, both bool) string {
	t.Helper()
	x, err := sim.New(sim.Config{Seed: 3, Encoding: encoding, Symbols: 3, Messages: 400, LiveOrders: 60, Rate: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	write := func(ts uint64, frame []byte) error {
		kept := frame
		if lineB := frame[32] == 2; most > 0 && len(frame) > most && (both || !lineB) {
			kept = frame[:most]
		}
		for _, v := range []uint32{uint32(ts / 1e9), uint32(ts % 1e9), uint32(len(kept)), uint32(len(frame))} {
			file = binary.LittleEndian.AppendUint32(file, v)
		}
		file = append(file, kept...)
		return nil
	}
	if _, err := sim.Generate(x, sim.WireConfig{Lines: []sim.LineConfig{{}, {DelayNS: 5000}}, Merged: sim.SinkFunc(write)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "day.pcap")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
