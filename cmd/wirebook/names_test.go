package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// tailed replays files into an instance and returns the symbols that a reader who starts at the oldest record is told.
func tailed(t *testing.T, schema string, replay ...string) (symbols []string) {
	t.Helper()
	root := t.TempDir()
	if out, err := program(t, root, append([]string{"replay"}, replay...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c := program(t, root, "tail", "--from", "oldest", "--schema", schema, "--json")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var r struct{ Symbol string }
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		symbols = append(symbols, r.Symbol)
	}
	return symbols
}

// A reader that comes after a session change names the records of both sessions as they were meant.
func TestTailNamesByDay(t *testing.T) {
	day1, day2 := feedtest.Case(t, "02-names-change-by-day", "day1-06022025.NASDAQ_ITCH50"), feedtest.Case(t, "02-names-change-by-day", "day2-06032025.NASDAQ_ITCH50")
	got := tailed(t, "mbo", "--profile", "nasdaq.itch50", day1, day2)
	if want := []string{"AAPL", "MSFT", "AAPL", "AAPL", "AAPL", "AAPL", "MSFT", "ZVZZT", "AAPL", "AAPL", "AAPL", "AAPL"}; !slices.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

// A name that came in the middle is not told of the records before it.
func TestTailNamesFromTheNamingOn(t *testing.T) {
	got := tailed(t, "mbo", "--profile", "nasdaq.itch50", feedtest.Case(t, "03-name-known-late", "itch-latename.pcap"))
	for i, name := range got {
		if want := map[bool]string{true: "#9", false: "LATE"}[i < 60]; name != want {
			t.Fatalf("record %d is called %q, want %q", i, name, want)
		}
	}
	if len(got) != 241 {
		t.Errorf("%d records", len(got))
	}
}

// What a definition on a feed of its own says of an instrument, readers of the incremental feed's records are told.
func TestTailNamesByDefinitionsOfTheSet(t *testing.T) {
	const folder = "04-definitions-on-their-own-feed"
	capture := feedtest.Case(t, folder, "cme-defs-own-feed.pcap")
	for _, how := range [][]string{{"--profile", "cme.mdp3"}, {"--config", feedtest.Case(t, folder, "cme2.yaml")}} {
		got := tailed(t, "mbp-10", append(how, capture)...)
		slices.Sort(got)
		if n := len(got); n != 11 || !slices.Equal(slices.Compact(got), []string{"ESU5", "GEZ9"}) {
			t.Errorf("%v: %d records of %v", how, n, got)
		}
	}
}

// Who starts at the oldest record is told that it is not the first of the run.
func TestTailSaysWhatWasOverwritten(t *testing.T) {
	root := t.TempDir()
	w := instance(t, root)
	publish(w, 40_000)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := program(t, root, "tail", "-i", "two", "--schema", "mbo", "--plain", "--from", "oldest")
	var notes bytes.Buffer
	c.Stderr = &notes
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"23,616 older records of this run had been overwritten before", "16,384 mbo records read", "23,616 older records of the run overwritten before it began"} {
		if !strings.Contains(notes.String(), want) {
			t.Errorf("no %q: %s", want, notes.String())
		}
	}
	for from, want := range map[segment.From]uint64{segment.FromOldest: 23_616, segment.FromEdge: 0} {
		r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "two", Schema: shm.SchemaMBO, From: from})
		if err != nil {
			t.Fatal(err)
		}
		if r.Missed() != want {
			t.Errorf("from %d: %d missed, want %d", from, r.Missed(), want)
		}
		r.Close()
	}
}
