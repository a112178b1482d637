package book

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
)

// TestDatabentoMBO applies real order flow of CME futures and compares the orders left with an independent book.
func TestDatabentoMBO(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(feedtest.Captures(t), "databento-mbo", "*.mbo.jsonl.gz"))
	if len(files) == 0 {
		t.Fatal("no databento-mbo captures in the folder of captures")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b := newBooks(t, Config{MaxInstruments: 4, InitialOrders: 64})
			index := map[string]uint32{}
			events := readMBO(t, file, index)
			var out [2]Change
			for i := range events {
				if i%32 == 0 {
					b.Stage(events[i:min(i+32, len(events))])
				}
				b.Apply(&events[i], &out)
			}
			anomalies := b.Anomalies()
			anomalies[AnomalyCrossed], anomalies[AnomalyLocked] = 0, 0 // the pre-open crosses
			if anomalies != ([AnomalyCount]uint64{}) {
				t.Errorf("anomalies in a clean capture: %v", anomalies)
			}
			compareBook(t, b, strings.TrimSuffix(file, ".mbo.jsonl.gz")+".book.json", index)
			checkTables(t, b)
		})
	}
}

// compareBook compares the orders left with the capture's: best price first on both sides there, in queue order.
func compareBook(t *testing.T, b *Books, file string, index map[string]uint32) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][][4]any
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	type resting struct {
		side           Side
		price, id, qty int64
	}
	number := func(v any) int64 { n, _ := v.(json.Number).Int64(); return n }
	for name, rows := range want {
		left := map[int64]resting{}
		for _, row := range rows {
			r := resting{Side(row[0].(string)[0]), number(row[1]), number(row[2]), number(row[3])}
			left[r.id] = r
		}
		total := len(left)
		for _, s := range []Side{Bid, Ask} {
			b.Orders(index[name], s, func(price int64, id, qty uint64) bool {
				if got := (resting{s, price, int64(id), int64(qty)}); left[got.id] != got {
					t.Fatalf("order %+v, want %+v", got, left[got.id])
				}
				delete(left, int64(id))
				return true
			})
		}
		if len(left) != 0 || total == 0 {
			t.Errorf("%s: %d orders missing of %d", name, len(left), total)
		}
	}
}

// readMBO turns rows of a capture into events.
func readMBO(t *testing.T, file string, index map[string]uint32) []Event {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		var row [10]any
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		number := func(i int) int64 { n, _ := row[i].(json.Number).Int64(); return n }
		name := row[0].(json.Number).String()
		if index[name] == 0 {
			index[name] = uint32(len(index) + 1)
		}
		kind := map[string]Kind{"A": KindAdd, "C": KindReduce, "M": KindModify, "R": KindClear, "T": KindTrade, "F": KindFill}[row[4].(string)]
		events = append(events, Event{
			Kind: kind, Instrument: index[name], TsEvent: uint64(number(1)), Side: Side(row[5].(string)[0]),
			OrderID: uint64(number(6)), Price: number(7), Qty: uint64(number(8)), Flags: uint8(number(9)), Attr: AttrPriorityByRule,
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}
