package export

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wirebook/book"
	"wirebook/shm"
)

func options(format string) Options {
	s, err := FindSchema("mbo")
	if err != nil {
		panic(err)
	}
	return Options{Schema: s, Format: format, Dataset: "XNAS.ITCH"}
}

// channel returns a channel whose instruments 1 and 2 have names.
func channel(w *Writer) *Channel {
	c := w.Channel()
	for id, symbol := range map[uint32]string{1: "AAPL", 2: `B"A,D`} {
		c.Instrument(0, id, &book.Instrument{ID: id, Symbol: book.MakeSymbol([]byte(symbol))})
	}
	return c
}

func body(id uint32, ts uint64) []byte {
	b := make([]byte, shm.SizeMBO)
	m := shm.View[shm.MBO](b)
	m.Length, m.RType, m.InstrumentID, m.PublisherID = shm.SizeMBO/4, shm.RTypeMBO, id, 2
	m.TsRecv, m.Price, m.Size, m.Action, m.Side = ts, 1_500_000_000, 7, 'A', 'B'
	return b
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// Until Close nothing is at the name, and what was there stays; after Abort there is nothing new at all.
func TestNothingHalfWritten(t *testing.T) {
	for _, format := range Formats {
		dir := t.TempDir()
		path := filepath.Join(dir, "out")
		if err := os.WriteFile(path, []byte("yesterday"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, abort := range []bool{true, false} {
			w, err := NewWriter(path, options(format))
			if err != nil {
				t.Fatal(err)
			}
			c := channel(w)
			for range 40_000 { // more than the buffers hold
				c.Record(shm.SchemaMBO, body(1, 5), 0)
			}
			if text, _ := os.ReadFile(path); string(text) != "yesterday" || listing(t, dir) != "out" {
				t.Fatalf("%s: before Close: %s", format, listing(t, dir))
			}
			if abort {
				w.Abort()
				continue
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if st, err := os.Stat(path); err != nil || st.Size() < 40_000 || listing(t, dir) != "out" {
			t.Errorf("%s: after Close: %s, %v", format, listing(t, dir), err)
		}
	}
}

func TestOutputsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                                  "is a directory",
		filepath.Join(dir, "no", "out"):      "no directory " + filepath.Join(dir, "no"),
		filepath.Join(file, "out"):           "not a directory",
		filepath.Join(dir, "out\x00strange"): "invalid argument",
	} {
		if _, err := NewWriter(path, options("dbn")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	if _, err := NewWriter(filepath.Join(dir, "x"), options("xml")); err == nil || !strings.Contains(err.Error(), "dbn, csv, json") {
		t.Error(err)
	}
	o := options("dbn")
	o.Version = 4
	if _, err := NewWriter(filepath.Join(dir, "x"), o); err == nil || !strings.Contains(err.Error(), "version 4") {
		t.Error(err)
	}
	if listing(t, dir) != "file" {
		t.Errorf("left behind: %s", listing(t, dir))
	}
}

// A link is followed and stays; a device is written to and stays a device.
func TestLinksAndDevices(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(real, nil, 0o600), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	write := func(path, format string) error {
		w, err := NewWriter(path, options(format))
		if err != nil {
			t.Fatal(err)
		}
		channel(w).Record(shm.SchemaMBO, body(1, 5), 0)
		return w.Close()
	}
	if err := write(link, "csv"); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v", err)
	}
	if st, err := os.Stat(real); err != nil || st.Size() == 0 {
		t.Errorf("the link's target is empty: %v", err)
	}
	for _, format := range Formats {
		if err := write(os.DevNull, format); err != nil {
			t.Error(err)
		}
		if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
			t.Fatalf("%s was replaced by a file", os.DevNull)
		}
		if _, err := os.Stat("/dev/full"); err == nil {
			if err := write("/dev/full", format); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "write /dev/full: ") {
				t.Errorf("%s to a full device: %v", format, err)
			}
		}
	}
}

// Text that a venue sent cannot break a CSV row or a JSON line.
func TestHostileSymbols(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	w, err := NewWriter(path, options("csv"))
	if err != nil {
		t.Fatal(err)
	}
	c := channel(w)
	c.Record(shm.SchemaMBO, body(2, 5), 0)
	c.Record(shm.SchemaMBO, body(1, 5), 0)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][14] != `B"A,D` || rows[2][14] != "AAPL" {
		t.Errorf("%v %v", rows, err)
	}
	if got := string(AppendJSONString(nil, "a\"\\\x00\x1b\xff")); got != `"a\"\\\u0000\u001b\u00ff"` {
		t.Error(got)
	}
}

// The same symbol twice is one mapping with all its ids, the range is that of the records, times that are no times aside.
func TestMetadata(t *testing.T) {
	m := Metadata{Dataset: "D", Start: 86_400e9, End: 2*86_400e9 + 1, Mappings: []Mapping{{Symbol: "B", ID: 3}, {Symbol: "A", ID: 2}, {Symbol: "B", ID: 1}, {Symbol: "A", ID: 2}}}
	b := m.Append(nil)
	if len(b)%8 != 0 || string(b[:4]) != "DBN\x03" {
		t.Fatalf("%d bytes: %q", len(b), b[:4])
	}
	if n := strings.Count(string(b), "\x42"+strings.Repeat("\x00", 70)); n != 2 { // in symbols and in mappings
		t.Errorf("symbol B stands %d times", n)
	}
	if got := date(m.Start); got != 19700102 {
		t.Errorf("start %d", got)
	}
	w, err := NewWriter(filepath.Join(t.TempDir(), "x"), options("dbn"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	c := channel(w)
	for _, ts := range []uint64{shm.UndefTimestamp, 9, 7, 8, shm.UndefTimestamp} {
		c.Record(shm.SchemaMBO, body(1, ts), 0)
	}
	if got := w.metadata(); got.Start != 7 || got.End != 10 || len(got.Mappings) != 1 {
		t.Errorf("%+v", got)
	}
	c.Record(shm.SchemaAdmin, make([]byte, shm.SizeStatus), 0) // another record of the same ring
	if w.Records != 5 {
		t.Errorf("%d records", w.Records)
	}
}

func TestVersion2Limits(t *testing.T) {
	var buf [sizeDefinitionV2]byte
	stat := make([]byte, shm.SizeStatistics)
	stat[1] = shm.RTypeStatistics
	for quantity, want := range map[uint64]bool{0: true, 1<<31 - 2: true, 1<<31 - 1: false, 1 << 40: false, 1<<63 - 1: true, ^uint64(0): true} {
		for i := range 8 {
			stat[40+i] = byte(quantity >> (8 * i))
		}
		got, err := toVersion2(&buf, stat)
		if (err == nil) != want || err == nil && (len(got) != sizeStatisticsV2 || got[0] != sizeStatisticsV2/4) {
			t.Errorf("quantity %d: %v", int64(quantity), err)
		}
	}
	def := make([]byte, shm.SizeDefinition)
	def[1], def[116] = shm.RTypeDefinition, 1
	if _, err := toVersion2(&buf, def); err == nil {
		t.Error("a raw_instrument_id of 33 bits was cut")
	}
}

// With Strings no integer of 64 bits is a JSON number, and every smaller one is.
func TestWideIntegersAsStrings(t *testing.T) {
	b, ok := AppendFields([]byte{'{'}, body(1, 1<<60+1), Text{Strings: true})
	var fields map[string]any
	if err := json.Unmarshal(append(b, '}'), &fields); err != nil || !ok {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"ts_recv": "1152921504606846977", "price": "1500000000", "order_id": "0", "size": 7.0, "instrument_id": 1.0, "ts_in_delta": 0.0, "action": "A"} {
		if fields[name] != want {
			t.Errorf("%s is %#v, want %#v", name, fields[name], want)
		}
	}
}
