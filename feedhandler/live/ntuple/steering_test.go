package ntuple_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirebook/feedhandler/live/ntuple"
	"wirebook/feedhandler/live/ntuple/ntupletest"
)

func rule(dst string, queue int) ntuple.Rule {
	return ntuple.Rule{Dst: netip.MustParseAddrPort(dst), Queue: queue}
}

func entry(at uint32, r ntuple.Rule) ntuple.Entry {
	return ntuple.Entry{Location: at, Rule: r, Plain: true}
}

// held is how many rules a table holds.
func held(f *ntupletest.Table) int {
	n, _, _ := f.Count()
	return n
}

func begin(t *testing.T, f *ntupletest.Table, path string) *ntuple.Steering {
	t.Helper()
	s, err := ntuple.Start(f, path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func left(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	return err == nil
}

const (
	one, two, three = "239.1.1.1:1000", "239.1.1.2:1000", "239.1.1.3:1000"
)

// TestSteeringComesAndGoes inserts, moves and deletes what is ours and leaves what is not.
func TestSteeringComesAndGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "eth0")
	f := ntupletest.New(8, entry(0, rule(three, 5)), ntuple.Entry{Location: 1})
	s := begin(t, f, path)
	steps := []struct {
		want []ntuple.Rule
		says string // of the error
		then string
	}{
		{[]ntuple.Rule{rule(one, 1), rule(two, 2)}, "", "2 239.1.1.1:1000 to queue 1; 3 239.1.1.2:1000 to queue 2"},
		{[]ntuple.Rule{rule(one, 1), rule(two, 2)}, "", "2 239.1.1.1:1000 to queue 1; 3 239.1.1.2:1000 to queue 2"},
		{[]ntuple.Rule{rule(two, 4)}, "", "2 239.1.1.2:1000 to queue 4"},
		{[]ntuple.Rule{rule(two, 4), rule(three, 5)}, "", "2 239.1.1.2:1000 to queue 4"}, // served by the one that is there
		{[]ntuple.Rule{rule(three, 1), rule(one, 3)}, "rule 0, which is not ours, sends 239.1.1.3:1000 to queue 5", "2 239.1.1.1:1000 to queue 3"},
	}
	for i, step := range steps {
		err := s.Steer(step.want)
		if (err == nil) != (step.says == "") || err != nil && !strings.Contains(err.Error(), step.says) {
			t.Errorf("step %d: %v, want %q", i, err, step.says)
		}
		if want := "0 239.1.1.3:1000 to queue 5; 1 another; " + step.then; f.String() != want {
			t.Errorf("step %d: %s; want %s", i, f, want)
		}
		if !left(t, path) {
			t.Errorf("step %d: not written down", i)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if held(f) != 2 || left(t, path) || left(t, filepath.Dir(path)) {
		t.Errorf("left behind: %s, ledger %v", f, left(t, path))
	}
}

// TestARunThatWasKilled is killed at every point of a few changes; the next run takes back what it left, and nothing else.
func TestARunThatWasKilled(t *testing.T) {
	for die := 1; ; die++ {
		path := filepath.Join(t.TempDir(), "eth0")
		f := ntupletest.New(8, entry(0, rule(three, 5)))
		f.DieAt = die
		survived := func() (ok bool) {
			defer func() {
				if r := recover(); r != nil && r != (ntupletest.Killed{}) {
					panic(r)
				}
			}()
			s := begin(t, f, path)
			for _, want := range [][]ntuple.Rule{{rule(one, 1), rule(two, 2)}, {rule(two, 3)}, {rule(one, 1), rule(two, 3), rule(three, 5)}} {
				if err := s.Steer(want); err != nil {
					t.Fatal(err)
				}
			}
			return true
		}()
		f.DieAt = 0
		s := begin(t, f, path)
		if f.String() != "0 239.1.1.3:1000 to queue 5" || left(t, path) {
			t.Fatalf("killed at %d: after the restart %s, ledger %v", die, f, left(t, path))
		}
		if err := s.Steer([]ntuple.Rule{rule(one, 1)}); err != nil || held(f) != 2 {
			t.Fatalf("killed at %d: %v, %s", die, err, f)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if survived {
			if die < 10 {
				t.Errorf("only %d changes were made", die)
			}
			return
		}
	}
}

// TestWhatChangedHandsIsNotOurs leaves a rule that somebody put where a killed run had its own.
func TestWhatChangedHandsIsNotOurs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eth0")
	f := ntupletest.New(8)
	if err := begin(t, f, path).Steer([]ntuple.Rule{rule(one, 1), rule(two, 2)}); err != nil {
		t.Fatal(err)
	}
	f.Put(entry(0, rule(three, 7))) // instead of one
	f.Put(entry(1, rule(two, 6)))   // another queue
	begin(t, f, path)
	if held(f) != 2 || left(t, path) {
		t.Errorf("%s, ledger %v", f, left(t, path))
	}
}

// TestATornLedger ends in the middle of a line: that step was not done yet.
func TestATornLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eth0")
	f := ntupletest.New(8)
	if err := begin(t, f, path).Steer([]ntuple.Rule{rule(one, 1)}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "want 239.1.1.1:1000 1\nhave 239.1.1.1:1000 1 0\n" {
		t.Fatalf("%q, %v", text, err)
	}
	for n := range "want 239.1.1.2:1000 2" {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(slices.Clone(text), "want 239.1.1.2:1000 2"[:n]...), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Put(entry(0, rule(one, 1)))
		begin(t, f, path)
		if held(f) != 0 || left(t, path) {
			t.Fatalf("after %d bytes: %s", n, f)
		}
	}
}

// TestTablesThatRefuse say so, keep what they have, and are asked no more than needed.
func TestTablesThatRefuse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eth0")
	f := ntupletest.New(2)
	s := begin(t, f, path)
	err := s.Steer([]ntuple.Rule{rule(one, 1), rule(two, 2), rule(three, 3), rule("239.1.1.4:1", 1), rule("239.1.1.5:1", 1)})
	if !errors.Is(err, ntuple.ErrFull) || !strings.Contains(err.Error(), "2 more rules not tried") || held(f) != 2 || len(s.Rules()) != 2 {
		t.Errorf("full: %v; %s", err, f)
	}
	f.Refuse = fmt.Errorf("ioctl: %w", ntuple.ErrNoDevice)
	if err := s.Close(); err != nil || left(t, path) {
		t.Errorf("gone with the interface: %v, ledger %v", err, left(t, path))
	}
	f = ntupletest.New(2)
	f.Refuse = ntuple.ErrNoRules
	s = begin(t, f, path)
	if err := s.Steer([]ntuple.Rule{rule(one, 1)}); !errors.Is(err, ntuple.ErrNoRules) {
		t.Errorf("no rules: %v", err)
	}
	if err := s.Close(); err != nil || left(t, path) {
		t.Errorf("no rules: %v", err)
	}
	// What cannot be deleted now stays written down for the next run.
	f = ntupletest.New(2)
	s = begin(t, f, path)
	if err := s.Steer([]ntuple.Rule{rule(one, 1)}); err != nil {
		t.Fatal(err)
	}
	f.Refuse = errors.New("busy")
	if err := s.Close(); err == nil || !left(t, path) {
		t.Errorf("busy: %v, ledger %v", err, left(t, path))
	}
	f.Refuse = nil
	begin(t, f, path)
	if held(f) != 0 {
		t.Errorf("the next run left %s", f)
	}
}

// TestRulesThatAReset took come back, and no others.
func TestRulesThatAResetTook(t *testing.T) {
	f := ntupletest.New(8)
	s := begin(t, f, filepath.Join(t.TempDir(), "eth0"))
	want := []ntuple.Rule{rule(one, 1), rule(two, 2)}
	if err := s.Steer(want); err != nil {
		t.Fatal(err)
	}
	f.Reset()
	if err := s.Steer(want); err != nil || held(f) != 2 {
		t.Errorf("%v; %s", err, f)
	}
}

// TestATableThatTellsRulesOtherwise: they could not be found again, so none of them stays.
func TestATableThatTellsRulesOtherwise(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eth0")
	f := ntupletest.New(8)
	f.Recast = true
	s := begin(t, f, path)
	if err := s.Steer([]ntuple.Rule{rule(one, 1), rule(two, 2)}); !errors.Is(err, ntuple.ErrKind) || !strings.Contains(err.Error(), two) {
		t.Errorf("%v", err)
	}
	if held(f) != 0 || len(s.Rules()) != 0 || left(t, path) {
		t.Errorf("%s, %v ours, ledger %v", f, s.Rules(), left(t, path))
	}
}

// TestMissing counts what is gone, whatever else came.
func TestMissing(t *testing.T) {
	f := ntupletest.New(8)
	s := begin(t, f, filepath.Join(t.TempDir(), "eth0"))
	if err := s.Steer([]ntuple.Rule{rule(one, 1), rule(two, 2)}); err != nil {
		t.Fatal(err)
	}
	f.Put(entry(0, rule(three, 1)))
	if n, err := s.Missing(); n != 1 || err != nil {
		t.Errorf("%d missing, %v; the table holds %s", n, err, f)
	}
}

// TestSteeringAgainstASet plays random wants.
func TestSteeringAgainstASet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "eth0")
	f := ntupletest.New(64)
	s := begin(t, f, path)
	for range 500 {
		var want []ntuple.Rule
		for i := range 20 {
			if rng.IntN(2) == 0 {
				want = append(want, ntuple.Rule{Dst: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 0, 0, byte(i)}), 9), Queue: rng.IntN(4)})
			}
		}
		if rng.IntN(20) == 0 { // killed and started again
			s = begin(t, f, path)
		}
		if err := s.Steer(want); err != nil {
			t.Fatal(err)
		}
		have := map[ntuple.Rule]bool{}
		list, err := f.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			have[e.Rule] = true
		}
		if held(f) != len(want) {
			t.Fatalf("%d rules, want %d", held(f), len(want))
		}
		for _, r := range want {
			if !have[r] {
				t.Fatalf("no rule %s", r)
			}
		}
	}
}

// TestALedgerThatCannotBeRead is an error, and nothing is changed: whose the rules are is not known.
func TestALedgerThatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eth0")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	f := ntupletest.New(8, entry(0, rule(one, 1)))
	if _, err := ntuple.Start(f, path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("started: %v", err)
	}
	if held(f) != 1 {
		t.Errorf("now %s", f)
	}
}
