package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestCutOfACapture: export and inspect show a time and an instrument of a capture, and refuse what is no time.
func TestCutOfACapture(t *testing.T) {
	r := newRig(t)
	day := filepath.Join(t.TempDir(), "day.pcap")
	if got := r.run("sim", "-o", day, "--messages", "5000", "--seconds", "0", "--rate", "100000", "--seed", "5"); got.code != 0 {
		t.Fatal(got.errors)
	}
	rows := func(args ...string) []string {
		t.Helper()
		got := r.run(append(args, "-q", "-p", "nasdaq.itch50", day)...)
		if got.code != 0 {
			t.Fatalf("%v: %s", args, got.errors)
		}
		return strings.Split(strings.TrimSpace(got.out), "\n")
	}
	const export = "export -s mbo -f csv"
	all := rows(strings.Fields(export)...)[1:]
	symbolOf := func(row string) string { return row[strings.LastIndexByte(row, ',')+1:] }
	symbol := symbolOf(all[len(all)/2])
	middle := strings.SplitN(all[len(all)/2], ",", 2)[0]
	want, first := 0, 0
	for _, row := range all {
		if symbolOf(row) == symbol {
			want++
		}
		if row < middle {
			first++
		}
	}
	if got := rows(strings.Fields(export + " --symbol " + symbol)...)[1:]; len(got) != want || symbolOf(got[0]) != symbol {
		t.Errorf("%d rows of %s, want %d", len(got), symbol, want)
	}
	if got := rows(strings.Fields(export + " --until " + middle)...)[1:]; len(got) != first {
		t.Errorf("%d rows before %s, want %d", len(got), middle, first)
	}
	if got := rows(strings.Fields(export + " --from " + middle)...)[1:]; len(got) != len(all)-first {
		t.Errorf("%d rows from %s, want %d", len(got), middle, len(all)-first)
	}
	var whole, one struct {
		Records map[string]uint64
		Digests map[string]map[string]struct{ Records uint64 }
	}
	for to, args := range map[any]string{&whole: "replay --no-shm --json", &one: "replay --no-shm --json --symbol " + symbol} {
		got := r.run(append(strings.Fields(args), "-q", "-p", "nasdaq.itch50", day)...)
		if err := json.Unmarshal([]byte(got.out), to); err != nil {
			t.Fatalf("%s: %v: %+v", args, err, got)
		}
	}
	if n := one.Digests["nasdaq.itch50"]["mbo"].Records; n != uint64(want) || whole.Digests["nasdaq.itch50"]["mbo"].Records != uint64(len(all)) {
		t.Errorf("replay of %s has %d mbo records, want %d", symbol, n, want)
	}
	if got := r.run("replay", "--no-shm", "--symbol", "NOSUCH", "-p", "nasdaq.itch50", day); !strings.Contains(got.errors+got.out, "NOSUCH") {
		t.Errorf("a symbol that is not there: %+v", got)
	}
	shown := rows("inspect", "--json")
	some := rows("inspect", "--json", "--symbol", symbol)
	if len(some) == 0 || len(some) >= len(shown)/2 || !strings.Contains(some[0], symbol) {
		t.Errorf("inspect shows %d messages of %s, of %d in all", len(some), symbol, len(shown))
	}
	before, after := rows("inspect", "--json", "--until", middle), rows("inspect", "--json", "--from", middle)
	if len(before)+len(after) != len(shown) {
		t.Errorf("inspect shows %d messages before and %d after, of %d", len(before), len(after), len(shown))
	}
	for _, args := range []string{"--from noon", "--until 13:30", "--from 2025-06-03 --until 2025-06-02"} {
		for _, verb := range []string{"replay --no-shm", "export -f csv", "inspect"} {
			if got := r.run(strings.Fields(verb + " " + args + " -p nasdaq.itch50 " + day)...); got.code != exitUsage || !strings.Contains(got.errors, "--") {
				t.Errorf("%s %s: %+v", verb, args, got)
			}
		}
	}
}
