package book

import (
	"math"
	"testing"
)

// TestDuplicates: an id that is in the book is found again however it came there, also where no chain is looked through
// because ids only grew; one that left, or never came in, is free.
func TestDuplicates(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 2, MaxOrders: 4, InitialOrders: 1})
	var out [2]Change
	do := func(want Anomaly, ev Event) {
		t.Helper()
		n := b.Apply(&ev, &out)
		if got := out[n-1].Anomaly; got != want {
			t.Fatalf("%+v: %v, want %v", ev, got, want)
		}
	}
	add := func(id uint64) Event {
		return Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: id, Price: 5, Qty: 1}
	}
	clearAll := Event{Kind: KindClearAll}
	for range 2 {
		do(AnomalyNone, add(0))
		do(AnomalyDuplicateOrder, add(0))
		do(AnomalyNone, add(7))
		do(AnomalyDuplicateOrder, add(7))
		do(AnomalyNone, Event{Kind: KindReplace, Ref: 7, OrderID: 9, Price: 6, Qty: 1})
		do(AnomalyDuplicateOrder, add(9))
		do(AnomalyNone, add(7))
		do(AnomalyUnknownOrder, Event{Kind: KindReplace, Ref: 50, OrderID: 12, Instrument: 1, Side: Ask, Price: 8, Qty: 1})
		do(AnomalyDuplicateOrder, add(12))
		do(AnomalyOrderTableFull, add(20)) // told, and not in the book
		do(AnomalyNone, Event{Kind: KindDelete, OrderID: 7})
		do(AnomalyNone, add(20))
		do(AnomalyDuplicateOrder, add(20))
		do(AnomalyNone, Event{Kind: KindClear, Instrument: 1})
		do(AnomalyNone, add(math.MaxUint64))
		do(AnomalyDuplicateOrder, add(math.MaxUint64))
		do(AnomalyNone, add(20))
		do(AnomalyDuplicateOrder, add(20))
		do(AnomalyNone, clearAll)
	}
	checkTables(t, b)
}
