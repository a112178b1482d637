package export_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/export"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/replay"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
)

// simulated makes a capture of a short day and returns its path and the truth about it.
func simulated(t testing.TB, encoding sim.Encoding, messages uint64) (string, *sim.Oracle) {
	t.Helper()
	path := filepath.Join(t.TempDir(), string(encoding)+".pcap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	exchange, err := sim.New(sim.Config{Seed: 7, Encoding: encoding, Messages: messages})
	if err != nil {
		t.Fatal(err)
	}
	lines := sim.WireConfig{Seed: 7, NoDoubleLoss: true, Lines: []sim.LineConfig{{LossPPM: 10_000}, {LossPPM: 10_000, ReorderPPM: 10_000}}}
	lines.Merged = sim.SinkFunc(w.Write)
	oracle, err := sim.Generate(exchange, lines, nil, nil)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, oracle
}

// fan feeds several exports.
type fan []*export.Channel

func (f fan) Record(s shm.Schema, body []byte, extra uint64) {
	for _, part := range f {
		part.Record(s, body, extra)
	}
}

func (f fan) Instrument(channel int, idx uint32, ins *book.Instrument) (uint32, bool) {
	for _, part := range f {
		part.Instrument(channel, idx, ins)
	}
	return 0, false
}

// replayInto replays files into exports.
func replayInto(t testing.TB, o replay.Options, writers []*export.Writer) {
	t.Helper()
	o.Output = func(ch *feedhandler.ChannelConfig) {
		var parts fan
		for _, w := range writers {
			parts = append(parts, w.Channel())
		}
		ch.Output.Tap, ch.Output.TapSchemas, ch.Output.Instruments = parts, feedhandler.AllSchemas, parts
	}
	if _, err := replay.Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
}

// everything exports a capture in every schema and the given forms, each to dir/SCHEMA.ENDING, in one pass.
func everything(t testing.TB, profile, path, dir string, forms map[string]export.Options) {
	t.Helper()
	p, err := config.FindProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	var writers []*export.Writer
	for _, name := range export.SchemaNames() {
		schema, err := export.FindSchema(name)
		if err != nil {
			t.Fatal(err)
		}
		for ending, o := range forms {
			o.Schema, o.Dataset = schema, p.Dataset
			w, err := export.NewWriter(filepath.Join(dir, name+"."+ending), o)
			if err != nil {
				t.Fatal(err)
			}
			writers = append(writers, w)
		}
	}
	replayInto(t, replay.Options{Files: []string{path}, Profile: profile}, writers)
	for _, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// pythonWithDBN returns an interpreter that has the official package, or skips.
func pythonWithDBN(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("WIREBOOK_PYTHON"), "python3"} {
		if name != "" && exec.Command(name, "-c", "import databento_dbn").Run() == nil {
			return name
		}
	}
	t.Skip("the official Python package databento-dbn is absent: pip install databento-dbn==0.70.0, or set WIREBOOK_PYTHON to an interpreter that has it; this check did not run")
	return ""
}

// seen is what read_dbn.py says of one file.
type seen struct {
	Version    int    `json:"version"`
	Dataset    string `json:"dataset"`
	Schema     string `json:"schema"`
	Start, End uint64
	StypeIn    string                 `json:"stype_in"`
	StypeOut   string                 `json:"stype_out"`
	Symbols    []string               `json:"symbols"`
	Mappings   map[string][][3]string `json:"mappings"`
	Fields     []string               `json:"fields"`
	Records    [][]any                `json:"records"`
	Sizes      []int                  `json:"sizes"`
}

func readWithPython(t testing.TB, python string, files ...string) []seen {
	t.Helper()
	cmd := exec.Command(python, append([]string{filepath.Join("testdata", "read_dbn.py")}, files...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(out)
	dec.UseNumber()
	var list []seen
	for {
		var s seen
		if err := dec.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(files) {
		t.Fatalf("%d files read of %d", len(list), len(files))
	}
	return list
}

// jsonRecords reads a JSON export.
func jsonRecords(t testing.TB, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var list []map[string]any
	for {
		var m map[string]any
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("%s: record %d: %v", path, len(list), err)
		}
		list = append(list, m)
	}
}

var days = []struct {
	encoding sim.Encoding
	profile  string
	messages uint64
	empty    string // schemas the feed has nothing for
}{
	{sim.ITCH50, "nasdaq.itch50", 1500, ""},
	{sim.MDP3, "cme.mdp3", 1500, "imbalance"},
	{sim.Deep, "iex.deep10", 4000, "mbo statistics"},
}

// TestOfficialPackageReadsEverySchema: the official package opens our files, and every field of every record is what
// our own JSON of the same run says, under the same name and in the same order; metadata and symbols are right.
func TestOfficialPackageReadsEverySchema(t *testing.T) {
	python := pythonWithDBN(t)
	for _, day := range days {
		t.Run(day.profile, func(t *testing.T) {
			path, _ := simulated(t, day.encoding, day.messages)
			dir := t.TempDir()
			everything(t, day.profile, path, dir, map[string]export.Options{"dbn": {Format: "dbn"}, "v2.dbn": {Format: "dbn", Version: 2}, "json": {Format: "json"}})
			p, _ := config.FindProfile(day.profile)
			endings := []string{".dbn", ".v2.dbn"} // the package turns version 2 into 3 as it reads
			if day.encoding == sim.Deep {
				endings = endings[:1] // its day is long, and nothing of it differs in version 2
			}
			for _, ending := range endings {
				var files []string
				for _, name := range export.SchemaNames() {
					files = append(files, filepath.Join(dir, name+ending))
				}
				for k, got := range readWithPython(t, python, files...) {
					name := export.SchemaNames()[k]
					want := jsonRecords(t, filepath.Join(dir, name+".json"))
					if len(got.Records) != len(want) || len(want) == 0 != strings.Contains(day.empty, name) {
						t.Fatalf("%s: %d records, our JSON has %d", files[k], len(got.Records), len(want))
					}
					if got.Version != 3 || got.Dataset != p.Dataset || got.Schema != name || got.StypeIn != "raw_symbol" || got.StypeOut != "instrument_id" {
						t.Errorf("%s: metadata %d %s %s %s %s", files[k], got.Version, got.Dataset, got.Schema, got.StypeIn, got.StypeOut)
					}
					compareRecords(t, files[k], &got, want)
				}
			}
		})
	}
}

func compareRecords(t *testing.T, file string, got *seen, want []map[string]any) {
	t.Helper()
	start, end := uint64(math.MaxUint64), uint64(0)
	mapped := map[string]string{}
	differ := 0
	for i, w := range want {
		recv, err := strconv.ParseUint(w["ts_recv"].(json.Number).String(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		start, end = min(start, recv), max(end, recv+1)
		if id := w["instrument_id"].(json.Number).String(); id != "0" {
			mapped[w["symbol"].(string)] = id
		}
		for k, name := range got.Fields {
			value, ok := w[name]
			if !ok {
				t.Fatalf("%s: our columns have no %s", file, name)
			}
			if !sameValue(got.Records[i][k], value) {
				if differ++; differ < 10 {
					t.Errorf("%s: record %d: %s is %v to the official package, %v to us", file, i, name, got.Records[i][k], value)
				}
			}
		}
		if len(w) != len(got.Fields)+1 {
			t.Fatalf("%s: %d columns, want %d and the symbol: %v", file, len(w), len(got.Fields), w)
		}
	}
	if len(want) > 0 && (got.Start != start || got.End != end) {
		t.Errorf("%s: from %d to %d, want %d to %d", file, got.Start, got.End, start, end)
	}
	if len(got.Mappings) != len(mapped) || len(got.Symbols) != len(mapped) {
		t.Errorf("%s: %d mappings of %d symbols, want %d", file, len(got.Mappings), len(got.Symbols), len(mapped))
	}
	for symbol, id := range mapped {
		m := got.Mappings[symbol]
		if len(m) != 1 || m[0][2] != id || m[0][0] != "2025-06-02" || m[0][1] != "2025-06-03" {
			t.Errorf("%s: mapping of %s is %v, want %s on 2025-06-02", file, symbol, m, id)
		}
	}
	if len(got.Sizes) > 1 {
		t.Errorf("%s: records of sizes %v", file, got.Sizes)
	}
}

// TestOfficialPackageReadsCaptures: definitions with legs, statistics, trades and status of real captures.
func TestOfficialPackageReadsCaptures(t *testing.T) {
	python := pythonWithDBN(t)
	root := feedtest.Captures(t)
	for _, c := range []struct {
		file, profile, schema string
		least                 int
	}{
		{"cme-mdp3/Mdp3.Sbe.v1.5/MdInstrumentDefinitionSpread.pcap", "cme.mdp3", "definition", 5},
		{"cme-mdp3/Mdp3.Sbe.v1.5/MdIncrementalRefreshSessionStatistics.pcap", "cme.mdp3", "statistics", 4},
		{"cme-mdp3/Mdp3.Sbe.v1.9/MdIncrementalRefreshOrderBook.pcap", "cme.mdp3", "mbo", 1},
		{"nasdaq-itch50/artificial/ritch.part1.itch50", "nasdaq.itch50", "imbalance", 0},
	} {
		dir := t.TempDir()
		everything(t, c.profile, filepath.Join(root, c.file), dir, map[string]export.Options{"dbn": {Format: "dbn"}, "json": {Format: "json"}})
		got := readWithPython(t, python, filepath.Join(dir, c.schema+".dbn"))[0]
		want := jsonRecords(t, filepath.Join(dir, c.schema+".json"))
		if len(got.Records) != len(want) || len(want) < c.least {
			t.Fatalf("%s: %d %s records, our JSON has %d", c.file, len(got.Records), c.schema, len(want))
		}
		for i, w := range want {
			for k, name := range got.Fields {
				if !sameValue(got.Records[i][k], w[name]) {
					t.Errorf("%s: record %d: %s is %v to the official package, %v to us", c.file, i, name, got.Records[i][k], w[name])
				}
			}
		}
	}
}

// sameValue compares a value of the package with one of our JSON, where null stands for DBN's null values.
func sameValue(got, ours any) bool {
	if ours == nil {
		switch got {
		case json.Number("9223372036854775807"), json.Number("18446744073709551615"), json.Number("2147483647"):
			return true
		}
		return false
	}
	return got == ours
}

// TestColumnsInDBNOrder: CSV has the official package's columns in its order, then the symbol.
func TestColumnsInDBNOrder(t *testing.T) {
	python := pythonWithDBN(t)
	path, _ := simulated(t, sim.ITCH50, 1500)
	dir := t.TempDir()
	everything(t, "nasdaq.itch50", path, dir, map[string]export.Options{"dbn": {Format: "dbn"}, "csv": {Format: "csv"}})
	var files []string
	for _, name := range export.SchemaNames() {
		files = append(files, filepath.Join(dir, name+".dbn"))
	}
	for i, got := range readWithPython(t, python, files...) {
		name := export.SchemaNames()[i]
		rows := readCSV(t, filepath.Join(dir, name+".csv"))
		if header, want := strings.Join(rows[0], " "), strings.Join(append(got.Fields, "symbol"), " "); header != want {
			t.Errorf("%s: columns\n%s\nwant\n%s", name, header, want)
		}
	}
}

func readCSV(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	return rows
}

// TestTextFormatsAgree: CSV and JSON parse and say the same, plain and pretty, packed or not.
func TestTextFormatsAgree(t *testing.T) {
	path, _ := simulated(t, sim.ITCH50, 1500)
	dir := t.TempDir()
	everything(t, "nasdaq.itch50", path, dir, map[string]export.Options{
		"csv": {Format: "csv"}, "json": {Format: "json"},
		"pretty.csv": {Format: "csv", Pretty: true}, "pretty.json": {Format: "json", Pretty: true},
		"csv.zst": {Format: "csv", Zstd: true}, "dbn": {Format: "dbn"}, "dbn.zst": {Format: "dbn", Zstd: true},
	})
	for _, name := range export.SchemaNames() {
		for _, pretty := range []string{"", "pretty."} {
			rows := readCSV(t, filepath.Join(dir, name+"."+pretty+"csv"))
			list := jsonRecords(t, filepath.Join(dir, name+"."+pretty+"json"))
			if len(rows) != len(list)+1 || len(list) == 0 {
				t.Fatalf("%s: %d rows, %d objects", name, len(rows)-1, len(list))
			}
			for i, m := range list {
				for k, column := range rows[0] {
					value := ""
					switch v := m[column].(type) {
					case json.Number:
						value = v.String()
					case string:
						value = v
					}
					if rows[i+1][k] != value {
						t.Fatalf("%s: row %d: %s is %q in CSV, %q in JSON", name, i, column, rows[i+1][k], value)
					}
				}
			}
		}
		for _, ending := range []string{"csv", "dbn"} {
			whole := filepath.Join(dir, name+"."+ending)
			if got, want := unpacked(t, whole+".zst"), readFile(t, whole); got != want {
				t.Errorf("%s: %d bytes unpacked, want %d", whole, len(got), len(want))
			}
		}
	}
	pretty := jsonRecords(t, filepath.Join(dir, "mbo.pretty.json"))[0]
	plain := jsonRecords(t, filepath.Join(dir, "mbo.json"))[0]
	if !strings.HasPrefix(pretty["ts_recv"].(string), "2025-06-02T13:30:00.") || !strings.Contains(pretty["price"].(string), ".") {
		t.Errorf("pretty: %v, plain %v", pretty, plain)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func unpacked(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
