package nasdaq

import (
	"testing"

	"wirebook/book"
)

func TestLocatesGetTheirNames(t *testing.T) {
	d := NewITCH50(10, 0)
	dir := d.Directory()
	entry := func() book.Instrument { return *dir.At(1) }

	decodeOne(t, d, with(t, &itchTables, 'D', nil))
	if e := entry(); e.Symbol.String() != "#7" || e.Key != 7 || e.ID != 7 || e.Defined {
		t.Fatalf("a delete first: %+v", e)
	}
	if !entry().Unnamed {
		t.Fatal("a number passes for a name")
	}
	told := book.NewBatch(1)
	dir.Follow(told)
	changed := func() bool {
		n := len(told.Changes)
		told.Reset()
		return n > 0
	}
	changed()
	decodeOne(t, d, with(t, &itchTables, 'E', nil))
	if changed() || dir.Len() != 2 {
		t.Fatal("an execution changed the directory")
	}
	decodeOne(t, d, with(t, &itchTables, 'A', map[string]any{"stock": "ZVZZT"}))
	if e := entry(); e.Symbol.String() != "ZVZZT" || e.Unnamed || !changed() {
		t.Fatalf("an order names the stock: %+v", e)
	}
	decodeOne(t, d, with(t, &itchTables, 'A', map[string]any{"stock": "ZVZZT"}))
	if changed() {
		t.Fatal("a known name moved the revision")
	}
	b := decodeOne(t, d, with(t, &itchTables, 'R', map[string]any{"stock": "ZVZZT", "round_lot_size": 10}))
	if e := entry(); !e.Defined || e.LotSize != 10 || !changed() {
		t.Fatalf("the directory message: %+v", e)
	}
	def := b.Definitions[0]
	if b.Events[0].Kind != book.KindDefinition || string(def.RawSymbol[:6]) != "ZVZZT\x00" || def.MinLotSizeRoundLot != 10 || def.RawInstrumentID != 7 {
		t.Fatalf("definition %+v", def)
	}

	// The next day gives the code to another stock: yesterday's name says nothing of it.
	d.Reset()
	decodeOne(t, d, with(t, &itchTables, 'D', nil))
	if e := entry(); e.Symbol.String() != "#7" || e.ID != 7 || !e.Unnamed || dir.Len() != 2 {
		t.Fatalf("a new day's first message: %+v", e)
	}
	decodeOne(t, d, with(t, &itchTables, 'A', map[string]any{"stock": "NTEST"}))
	if e := entry(); e.Symbol.String() != "NTEST" || e.Defined || e.LotSize != 0 {
		t.Fatalf("after the reset: %+v", e)
	}
}

// TestDateIsOfTheFirstPacket: later receive times change nothing, a Reset asks again, a configured date stays.
func TestDateIsOfTheFirstPacket(t *testing.T) {
	for name, feed := range feeds() {
		msg := with(t, feed.tables, 'S', map[string]any{"timestamp": 5})
		decodeAt := func(d decoder, at uint64) uint64 {
			b := book.NewBatch(1)
			b.BeginPacket(book.Packet{TsRecv: at})
			if fault := d.Decode(b, msg); fault != book.FaultNone {
				t.Fatal(fault)
			}
			return b.Events[0].TsEvent
		}
		d := feed.make(10, 0)
		first := decodeAt(d, receivedAt)
		if first != midnightAt+5 || decodeAt(d, receivedAt+dayNS) != first {
			t.Errorf("%s: %d, then another date", name, first)
		}
		d.Reset()
		if got := decodeAt(d, receivedAt+dayNS); got != first+dayNS {
			t.Errorf("%s: after a reset %d, want %d", name, got, first+dayNS)
		}
		d = feed.make(10, receivedAt)
		if got := decodeAt(d, receivedAt+50*dayNS); got != first {
			t.Errorf("%s: with a configured date %d, want %d", name, got, first)
		}
		d.Reset()
		if got := decodeAt(d, receivedAt+50*dayNS); got != first {
			t.Errorf("%s: with a configured date, reset, %d, want %d", name, got, first)
		}
		if fault := feed.make(10, 0).Decode(book.NewBatch(1), nil); fault != book.FaultTruncated {
			t.Errorf("%s: no packet and no message: %v", name, fault)
		}
	}
}
