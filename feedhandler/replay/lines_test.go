package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/sim"
)

// TestALineThatComesBackAheadIsTakenUpAgain: line X was dark for 4 ms at two million messages a second, Y runs 3 ms behind it.
func TestALineThatComesBackAheadIsTakenUpAgain(t *testing.T) {
	c, err := config.Load(feedtest.Case(t, "26-line-back-ahead", "lines.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(context.Background(), Options{Files: []string{feedtest.Case(t, "26-line-back-ahead", "line-back-after-4096.pcap.gz")}, Config: c})
	if err != nil {
		t.Fatal(err)
	}
	if s.UnitsLost != 0 || s.GapsLost != 0 || s.Lines[0].Lost != 8542 || s.Lines[0].Suspect != 0 || s.Lines[1].Lost != 2 {
		t.Errorf("%d units lost on every line, X lost %d (8542 is right) with %d suspect, Y lost %d", s.UnitsLost, s.Lines[0].Lost, s.Lines[0].Suspect, s.Lines[1].Lost)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// TestALoopThatRestartsInTheLastPacketIsTaken: the definition loop starts again at 1 in the last packet of the file.
func TestALoopThatRestartsInTheLastPacketIsTaken(t *testing.T) {
	_, s := run(t, "cme.mdp3", nil, "", feedtest.Case(t, "29-loop-restart-at-the-end", "definitions-loop-restart.pcap"))
	if s.Messages != 15 || s.Instruments != 15 || s.Lines[0].Suspect != 0 {
		t.Errorf("%d messages, %d instruments, %d suspect: 15 definitions are there", s.Messages, s.Instruments, s.Lines[0].Suspect)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// TestWhatStaysSuspectIsTold: packets with numbers of their own making are used for nothing, alone and at the end, and the
// summary says so.
func TestWhatStaysSuspectIsTold(t *testing.T) {
	dir := t.TempDir()
	honest, lying := newSimFile(t, dir, "honest.pcap"), newSimFile(t, dir, "lying.pcap")
	x, err := sim.New(sim.Config{Seed: 12, Encoding: sim.ITCH50, Symbols: 4, Messages: 4000, Rate: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	n, units := 0, 0
	var lie []byte
	both := sim.SinkFunc(func(ts uint64, frame []byte) error {
		if n++; n%200 == 0 && binary.BigEndian.Uint16(frame[60:]) > 0 && frame[33] == 1 {
			lie = append(lie[:0], frame...)
			seq := lie[52:60] // of MoldUDP64, behind the session
			binary.BigEndian.PutUint64(seq, binary.BigEndian.Uint64(seq)+[...]uint64{2000, 50_000, 1 << 40}[n/200%3])
			units += int(binary.BigEndian.Uint16(lie[60:]))
			if err := lying.WriteFrame(ts, lie); err != nil {
				return err
			}
		}
		return errors.Join(honest.WriteFrame(ts, frame), lying.WriteFrame(ts, frame))
	})
	if _, err := sim.Generate(x, sim.WireConfig{Seed: 12, Lines: make([]sim.LineConfig, 2), Merged: both}, nil, nil); err != nil {
		t.Fatal(err)
	}
	honest.close()
	lying.close()
	if units == 0 {
		t.Fatal("no lie was told: the test proves nothing")
	}
	_, want := run(t, "nasdaq.itch50", nil, "", honest.path)
	_, got := run(t, "nasdaq.itch50", nil, "", lying.path)
	sameContent(t, "a line that lies now and then", got, want)
	if got.UnitsLost != 0 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], fmt.Sprintf("(%d units) suspect", units)) {
		t.Errorf("%d lost, %d lied, warnings %q", got.UnitsLost, units, got.Warnings)
	}
	if len(want.Warnings) != 0 {
		t.Errorf("warnings of the honest day: %q", want.Warnings)
	}
}
