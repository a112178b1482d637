package book

import (
	"fmt"
	"strings"
	"testing"
)

// TestQueue follows one bid queue through what venues do to priority, and the touch through crossing and locking.
func TestQueue(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 3})
	var out [2]Change
	do := func(ev Event) Change {
		t.Helper()
		ev.Flags = FlagLast
		n := b.Apply(&ev, &out)
		return out[n-1]
	}
	expect := func(want string) {
		t.Helper()
		var got []string
		b.Orders(1, Bid, func(price int64, id, qty uint64) bool {
			got = append(got, fmt.Sprintf("%d@%d#%d", qty, price, id))
			return true
		})
		if s := strings.Join(got, " "); s != want {
			t.Fatalf("queue %q, want %q", s, want)
		}
	}
	for id := uint64(1); id <= 3; id++ {
		do(Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: id, Price: 10, Qty: 5})
	}
	expect("5@10#1 5@10#2 5@10#3")
	do(Event{Kind: KindModify, OrderID: 1, Price: 10, Qty: 4, Attr: AttrPriorityByRule, Side: NoSide})
	expect("4@10#1 5@10#2 5@10#3")
	do(Event{Kind: KindModify, OrderID: 1, Price: 10, Qty: 6, Attr: AttrPriorityByRule, Side: NoSide})
	expect("5@10#2 5@10#3 6@10#1")
	do(Event{Kind: KindModify, OrderID: 2, Price: 10, Qty: 9, Attr: AttrKeepPriority})
	expect("9@10#2 5@10#3 6@10#1")
	do(Event{Kind: KindModify, OrderID: 2, Price: 10, Qty: 9})
	expect("5@10#3 6@10#1 9@10#2")
	do(Event{Kind: KindReplace, Ref: 3, OrderID: 4, Price: 10, Qty: 7})
	expect("6@10#1 9@10#2 7@10#4")
	do(Event{Kind: KindReplace, Ref: 4, OrderID: 4, Price: 11, Qty: 7})
	expect("7@11#4 6@10#1 9@10#2")
	if c := do(Event{Kind: KindExecuteAt, OrderID: 4, Price: 9, Qty: 2}); c.Price != 11 || c.Left != 5 || !c.Top || c.Action != 'C' {
		t.Fatalf("execution: %+v", c)
	}
	if c := do(Event{Kind: KindExecute, OrderID: 4, Qty: 50}); c.Anomaly != AnomalyNegativeSize || c.Qty != 5 || c.Count != 0 {
		t.Fatalf("execution of too much: %+v", c)
	}
	expect("6@10#1 9@10#2")
	if c := do(Event{Kind: KindDelete, OrderID: 1, Instrument: 2}); c.Anomaly != AnomalyInstrumentMismatch || c.Action != 'N' {
		t.Fatalf("another instrument's order: %+v", c)
	}
	if c := do(Event{Kind: KindReplace, Ref: 77, OrderID: 78, Instrument: 1, Side: NoSide, Price: 10, Qty: 1}); c.Action != 'N' {
		t.Fatalf("replace of an unknown order: %+v", c)
	}
	if c := do(Event{Kind: KindReplace, Ref: 77, OrderID: 78, Instrument: 1, Side: Bid, Price: 10, Qty: 1}); c.Action != 'A' || c.Anomaly != AnomalyUnknownOrder {
		t.Fatalf("replace of an unknown order, told in full: %+v", c)
	}
	expect("6@10#1 9@10#2 1@10#78")
	if c := do(Event{Kind: KindAdd, Instrument: 1, Side: Ask, OrderID: 9, Price: 10, Qty: 1}); c.Anomaly != AnomalyLocked {
		t.Fatalf("locked: %+v", c)
	}
	if c := do(Event{Kind: KindAdd, Instrument: 1, Side: Ask, OrderID: 10, Price: 9, Qty: 1}); c.Anomaly != AnomalyCrossed {
		t.Fatalf("crossed: %+v", c)
	}
	if c := do(Event{Kind: KindClear, Instrument: 1}); c.Action != 'R' || !c.Top || b.LiveOrders() != 0 {
		t.Fatalf("clear: %+v, %d live", c, b.LiveOrders())
	}
}

// TestCrossedInsideAnEvent looks only at the end of a venue's event: a book may cross in the middle of one.
func TestCrossedInsideAnEvent(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 3})
	var out [2]Change
	b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: 1, Price: 10, Qty: 1}, &out)
	b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Ask, OrderID: 2, Price: 9, Qty: 1}, &out)
	b.Apply(&Event{Kind: KindDelete, OrderID: 1, Flags: FlagLast}, &out)
	if a := b.Anomalies(); a[AnomalyCrossed] != 0 {
		t.Error("crossed in the middle of an event was counted")
	}
	b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: 3, Price: 10, Qty: 1}, &out)
	b.Apply(&Event{Kind: KindNone, Instrument: 1, Flags: FlagLast}, &out)
	b.Apply(&Event{Kind: KindNone, Instrument: 1, Flags: FlagLast}, &out)
	if a := b.Anomalies(); a[AnomalyCrossed] != 1 {
		t.Errorf("crossed at the end of an event counted %d times, want once", a[AnomalyCrossed])
	}
}
