package export_test

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirebook/feedhandler/export"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/replay"
)

// exported exports files to dir/out.FORMAT of each format, and returns the mbo rows of the CSV and the symbols of the JSON.
func exported(t *testing.T, dir, schema string, o replay.Options) (rows []map[string]string, symbols []string) {
	t.Helper()
	s, err := export.FindSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	var writers []*export.Writer
	for _, format := range export.Formats {
		w, err := export.NewWriter(filepath.Join(dir, "out."+format), export.Options{Schema: s, Format: format, Dataset: "TEST"})
		if err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	replayInto(t, o, writers)
	for _, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if w.Misnamed != 0 {
			t.Errorf("%d records misnamed", w.Misnamed)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "out.csv"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range table[1:] {
		row := map[string]string{}
		for i, name := range table[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	if text, err = os.ReadFile(filepath.Join(dir, "out.json")); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var r struct{ Symbol string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		symbols = append(symbols, r.Symbol)
	}
	return rows, symbols
}

// interval is one mapping interval of a DBN file.
type interval struct {
	symbol, id string
	from, to   uint32
}

// intervals reads the mappings of a DBN file of version 3 by the specification's offsets.
func intervals(t *testing.T, path string) (list []interval) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b = b[8+100+4:]
	take := func() uint32 {
		n := binary.LittleEndian.Uint32(b)
		b = b[4:]
		return n
	}
	text := func() string {
		s := strings.TrimRight(string(b[:71]), "\x00")
		b = b[71:]
		return s
	}
	for range 3 {
		for range take() {
			text()
		}
	}
	for range take() {
		symbol := text()
		for range take() {
			i := interval{symbol: symbol, from: take(), to: take()}
			i.id = text()
			list = append(list, i)
		}
	}
	return list
}

// Locate codes hold for one day: a record has the name of its day in every form, DBN by dated intervals.
func TestNamesChangeByDay(t *testing.T) {
	dir := t.TempDir()
	rows, symbols := exported(t, dir, "mbo", replay.Options{Profile: "nasdaq.itch50", Files: []string{
		feedtest.Case(t, "02-names-change-by-day", "day1-06022025.NASDAQ_ITCH50"), feedtest.Case(t, "02-names-change-by-day", "day2-06032025.NASDAQ_ITCH50")}})
	want := []string{"AAPL", "MSFT", "AAPL", "AAPL", "AAPL", "AAPL", "MSFT", "ZVZZT", "AAPL", "AAPL", "AAPL", "AAPL"}
	var got []string
	for _, row := range rows {
		got = append(got, row["symbol"])
		if strings.HasPrefix(row["price"], "2") && row["symbol"] != "AAPL" {
			t.Errorf("an order of AAPL's price is called %s", row["symbol"])
		}
	}
	if !slices.Equal(got, want) || !slices.Equal(symbols, want) {
		t.Errorf("CSV  %v\nJSON %v\nwant %v", got, symbols, want)
	}
	dated := []interval{{"AAPL", "1", 20250602, 20250603}, {"AAPL", "2", 20250603, 20250604}, {"MSFT", "2", 20250602, 20250603}, {"ZVZZT", "1", 20250603, 20250604}}
	if list := intervals(t, filepath.Join(dir, "out.dbn")); !slices.Equal(list, dated) {
		t.Errorf("DBN  %v\nwant %v", list, dated)
	}
}

// A name that comes in the middle holds from there on; DBN, which names by the day, has it for the day.
func TestNameKnownLate(t *testing.T) {
	dir := t.TempDir()
	rows, symbols := exported(t, dir, "mbo", replay.Options{Profile: "nasdaq.itch50", Files: []string{feedtest.Case(t, "03-name-known-late", "itch-latename.pcap")}})
	for i, row := range rows {
		want := "#9"
		if i >= 60 { // the order that names it, and what follows
			want = "LATE"
		}
		if row["symbol"] != want || symbols[i] != want {
			t.Fatalf("row %d: CSV %s, JSON %s, want %s", i, row["symbol"], symbols[i], want)
		}
	}
	if len(rows) != 241 || len(symbols) != 241 {
		t.Errorf("%d rows, %d objects", len(rows), len(symbols))
	}
	if list := intervals(t, filepath.Join(dir, "out.dbn")); !slices.Equal(list, []interval{{"LATE", "9", 20250602, 20250603}}) {
		t.Errorf("DBN %v", list)
	}
}
