package segment

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/shm"
)

// TestCExample compiles the example that the README shows and reads a ring with it.
func TestCExample(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: the C example was not compiled")
	}
	bin := filepath.Join(t.TempDir(), "top")
	build := exec.Command(cc, "-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "-I", "../include", "-o", bin, "../include/examples/top.c")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	strict := exec.Command(cc, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", "../include", "../include/examples/top.c")
	if out, err := strict.CombinedOutput(); err != nil {
		t.Errorf("as strict C99: %v\n%s", err, out)
	}
	if cxx, err := exec.LookPath("c++"); err == nil {
		plus := exec.Command(cxx, "-x", "c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", "../include", "../include/examples/top.c")
		if out, err := plus.CombinedOutput(); err != nil {
			t.Errorf("as C++: %v\n%s", err, out)
		}
	} else {
		t.Log("no C++ compiler: the example was not compiled as C++")
	}
	root := t.TempDir()
	inst, err := Create(Options{Root: root, Name: "c", Instruments: 4, Rings: []RingSpec{{Schema: shm.SchemaMBP1, Slots: 16}, {Schema: shm.SchemaMarks, Slots: 16}}})
	if err != nil {
		t.Fatal(err)
	}
	e := shm.InstrumentEntry{ID: 7, State: shm.InstrumentState{State: shm.InstrumentGapped, Reason: shm.ReasonGap, Suspect: shm.BookLevels}.Word()}
	if _, err := inst.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	w := inst.Writer(shm.SchemaMBP1, 0)
	marks := shm.NewMarks(inst.Writer(shm.SchemaMarks, 0), [shm.SchemaCount]*shm.Writer{shm.SchemaMBP1: w})
	account := shm.Account{Session: 3}
	marks.Claim(&account)
	rec := shm.MBP1{Action: shm.ActionAdd, Side: shm.SideBid, Sequence: 9}
	rec.Length, rec.RType, rec.InstrumentID = shm.SizeMBP1/4, shm.RTypeMBP1, 7
	rec.Levels[0] = shm.Level{BidPx: 101_500_000_000, BidSz: 300, AskPx: shm.UndefPrice}
	w.PublishMBP1(&rec, 0)
	rec.Flags = shm.FlagMaybeBadBook
	w.PublishMBP1(&rec, 0)
	marks.Write(&account, 1<<32+9, 1, 0)
	inst.Close()
	out, err := exec.Command(bin, filepath.Join(root, "c", "mbp-1-0.ring")).CombinedOutput()
	const line = "         7 A B    101.5000 x 300                - x 0         session 3 unit 4294967305."
	for _, want := range []string{line + "0\n", line + "1  maybe bad: gapped gap levels\n"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s\nwant %s", err, out, want)
		}
	}
}
