package control

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestAnIDMeansOneInstrumentAtATime: what an id meant before stays in the table for the records of then, as long as there is
// room; readers are told each record's meaning by its position.
func TestAnIDMeansOneInstrumentAtATime(t *testing.T) {
	c, err := config.Parse("test.yaml", []byte("instance: test\nrings: {instruments: 4}\npublish: [mbo]\nchannels:\n- {name: a, profile: nasdaq.itch50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := c.Channels[0].Build()
	if err != nil {
		t.Fatal(err)
	}
	channels := []feedhandler.ChannelConfig{ch}
	root := t.TempDir()
	i, err := Create(c, channels, Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close(1)
	pipe, err := feedhandler.New(feedhandler.Config{Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Attach(pipe, channels); err != nil {
		t.Fatal(err)
	}
	table, ring := channels[0].Output.Instruments, channels[0].Output.Rings[shm.SchemaMBO]
	var meant []string // by position
	name := func(id uint32, symbol string) uint32 {
		t.Helper()
		latest, _ := table.Instrument(0, id, &book.Instrument{ID: id, Symbol: book.MakeSymbol([]byte(symbol)), Unnamed: symbol[0] == '#'})
		return latest
	}
	record := func(id uint32, symbol string) {
		m := shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO, PublisherID: ch.PublisherID, InstrumentID: id}}
		ring.PublishMBO(&m)
		meant = append(meant, symbol)
	}
	look := func(when string) {
		t.Helper()
		r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, From: segment.FromOldest})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		buf := make([]byte, r.PayloadSize())
		for p := range meant {
			if res := r.Next(buf); res != shm.Record {
				t.Fatalf("%s: position %d: %v", when, p, res)
			}
			got := ""
			if m, ok := r.InstrumentAt(ch.PublisherID, shm.View[shm.MBO](r.Body(buf)).InstrumentID, uint64(p)); ok {
				got = shm.Text(m.Entry.Symbol[:])
			}
			if got != meant[p] {
				t.Errorf("%s: the record at %d means %q, want %q", when, p, got, meant[p])
			}
		}
	}
	name(1, "#1")
	record(1, "") // "#1" until another name takes the entry
	first := name(1, "AAPL")
	record(1, "AAPL")
	name(2, "MSFT")
	record(2, "MSFT")
	if again := name(1, "AAPL"); again != first || i.seg.Control.Instruments() != 2 {
		t.Errorf("the same instrument again is at %d, was at %d; %d entries", again, first, i.seg.Control.Instruments())
	}
	look("the first day")

	name(1, "#1") // a new session
	record(1, "#1")
	second := name(1, "ZVZZT")
	record(1, "ZVZZT")
	name(2, "MSFT")
	record(2, "MSFT")
	if second == first {
		t.Error("two instruments share a book in the latest table")
	}
	if i.seg.Control.Instruments() != 4 {
		t.Errorf("%d entries", i.seg.Control.Instruments())
	}
	look("the second day")

	// The table is full: a new meaning takes the entry that has been over for the longest time, and never one that holds.
	name(1, "NTEST")
	record(1, "NTEST")
	meant[1] = "" // AAPL's entry went
	name(3, "THIRD")
	record(3, "THIRD")
	meant[3] = "" // and that of the second day's number
	look("without room")
	if n := i.Refused(); n != 0 {
		t.Errorf("%d refused", n)
	}
	name(4, "FOURTH") // ZVZZT's
	record(4, "FOURTH")
	meant[4] = ""
	look("the last entry")
	for range 2 {
		name(5, "FIFTH")
	}
	if n := i.Refused(); n != 1 {
		t.Errorf("%d refused, want 1", n)
	}
	if n := i.Collisions(); n != 0 {
		t.Errorf("%d collisions", n)
	}
}
