package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wirebook/shm"
)

// TestApplianceRecordsAreReadable: what the appliance made itself is lines and objects of their own; of one symbol, with what is
// told of all; heartbeats only where they were asked for; and none of it is an update of a book.
func TestApplianceRecordsAreReadable(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "own")
	ring := w.Writer(shm.SchemaAdmin, 0)
	counter := uint64(0)
	tell := func(kind uint8, reason, id uint32, unit, first, count uint64) {
		counter++
		m := shm.Appliance{
			RecordHeader: header(shm.RTypeAppliance, shm.SizeAppliance, id), TsRecv: at, Kind: kind, Reason: uint8(reason), Session: 2,
			Counter: counter, Unit: unit, First: first, Count: count,
		}
		ring.Publish(shm.Bytes(&m), 0)
	}
	both := uint64(shm.BookOrders | shm.BookLevels)
	tell(shm.ApplianceEpoch, 0, 0, 0, 3, 0)
	tell(shm.ApplianceSession, 0, 0, 0, 0, 0)
	tell(shm.ApplianceGap, shm.ReasonGap, 0, 1234, 1235, 5)
	tell(shm.ApplianceSuspect, shm.ReasonGap, 0, 1234, both, 10_000)
	tell(shm.ApplianceHeartbeat, shm.ReasonGap, 0, 1300, 0, 0)
	tell(shm.ApplianceWhole, 0, 1, 1400, both, 0)
	tell(shm.ApplianceSuspect, shm.ReasonUnfit, 2, 1500, uint64(shm.BookOrders), 0)
	tell(99, 77, 1, 1500, 0, 0) // a newer writer's

	read := func(beats bool, symbols ...string) (list []Record) {
		f := open(t, Options{Root: root, Name: "own", Schema: shm.SchemaAdmin, From: FromOldest, Beats: beats, Symbols: symbols})
		defer f.Close()
		books := NewBooks()
		var r Record
		for f.Next(&r, 0) == shm.Record {
			books.Apply(&r)
			r.Body = slices.Clone(r.Body)
			list = append(list, r)
		}
		if books.Len() != 0 || f.Counts.Unknown != 0 {
			t.Errorf("%d books, %d records unknown", books.Len(), f.Counts.Unknown)
		}
		return list
	}
	const day = "14:30:00.000001234 "
	want := []string{
		"*          epoch      3: a run of the writer begins  itch",
		"*          session    2 begins  itch",
		"*          gap        5 units after 1,234: 1,235 to 1,239  itch",
		"*          suspect    all (10,000 instruments) after 1,234: gap  itch",
		"*          heartbeat  up to 1,300 (gap)  itch",
		"AAPL       whole      after 1,400  itch",
		"MSFT       suspect    orders after 1,500: unfit  itch",
		"AAPL       99           itch",
	}
	all := read(true)
	if len(all) != len(want) {
		t.Fatalf("%d records, want %d", len(all), len(want))
	}
	for i := range all {
		if got := string(AppendLine(nil, &all[i], false)); got != day+want[i]+"\n" {
			t.Errorf("line %d:\n got %q\nwant %q", i, got, day+want[i])
		}
		for _, strings := range []bool{false, true} {
			b, ok := AppendJSON(nil, &all[i], strings)
			var o map[string]any
			if err := json.Unmarshal(b, &o); !ok || err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			if o["kind"] != kindIn(want[i]) || o["channel"] != "itch" || fmt.Sprint(o["counter"]) != fmt.Sprint(i+1) {
				t.Errorf("%s", b)
			}
		}
	}
	gap, _ := AppendJSON(nil, &all[2], false)
	if !strings.Contains(string(gap), `"kind":"gap","reason":"gap","channel":"itch","session":2,"counter":3,"unit":1234,"first":1235,"count":5,`) {
		t.Errorf("%s", gap)
	}
	if n := len(read(false)); n != len(want)-1 {
		t.Errorf("%d records where heartbeats were not asked for, want %d", n, len(want)-1)
	}
	if n := len(read(false, "msft")); n != 5 {
		t.Errorf("%d records of MSFT and of all, want 5", n)
	}
}

// kindIn is the kind in a line.
func kindIn(line string) string { return strings.Fields(line)[1] }
