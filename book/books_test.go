package book

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func newBooks(t testing.TB, cfg Config) *Books {
	t.Helper()
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.stageFrom = 0 // look ahead in small books too
	return b
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"Event", unsafe.Sizeof(Event{}), 64},
		{"Change", unsafe.Sizeof(Change{}), 48},
		{"orderLine", unsafe.Sizeof(orderLine{}), 64},
		{"annexed", unsafe.Sizeof(annexed{}), 32},
		{"level", unsafe.Sizeof(level{}), levelBytes},
		{"side", unsafe.Sizeof(side{}), sideBytes},
		{"entry", unsafe.Sizeof(entry{}), entryBytes},
		{"Level", unsafe.Sizeof(Level{}), rungBytes},
		{"ladders", unsafe.Sizeof(ladders{}), laddersBytes},
		{"quote", unsafe.Sizeof(quote{}), quoteBytes},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d bytes, want %d", c.what, c.got, c.want)
		}
	}
}

func TestConfigOutOfRange(t *testing.T) {
	if _, err := New(Config{MaxOrders: limitOrders + 1}); err == nil || limitOrders > 1<<28 {
		t.Errorf("more orders than places can name: %v", err) // see growOrders
	}
	_, err := New(Config{MaxInstruments: -1, MaxOrders: 1 << 40, MaxLevels: -2, InitialOrders: -3})
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"MaxInstruments is -1", "MaxOrders is 1099511627776", "MaxLevels is -2", "InitialOrders is -3"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not say %q", err, name)
		}
	}
}

func TestAnomalyNames(t *testing.T) {
	seen := map[string]bool{}
	for a := Anomaly(0); a < AnomalyCount; a++ {
		if s := a.String(); s == "" || seen[s] {
			t.Errorf("anomaly %d is called %q", a, s)
		} else {
			seen[s] = true
		}
	}
	if AnomalyCount.String() != "anomaly" {
		t.Error("an anomaly out of range has a name")
	}
}

// TestStageIsNeutral applies the same events with and without staging bursts of many sizes.
func TestStageIsNeutral(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		events := randomFlow(rng, 8000, 6, int(seed)*40)
		cfg := Config{MaxInstruments: 6, InitialOrders: 16, TopOnly: seed == 3}
		plain, staged := newBooks(t, cfg), newBooks(t, cfg)
		var want, got [2]Change
		for at := 0; at < len(events); {
			n := min(1+rng.IntN(300), len(events)-at)
			staged.Stage(events[at : at+n])
			for i := range events[at : at+n] {
				k := plain.Apply(&events[at+i], &want)
				if n := staged.Apply(&events[at+i], &got); n != k || got != want {
					t.Fatalf("event %d: %+v, staged %+v", at+i, want, got)
				}
			}
			at += n
		}
		if plain.Anomalies() != staged.Anomalies() {
			t.Fatal("anomalies differ")
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 50, MaxOrders: 1 << 16, MaxLevels: 1 << 16, InitialOrders: 1 << 16})
	flow := newDayFlow(3, 50, 5000, 1)
	events := make([]Event, 40000)
	var out [2]Change
	for range 3 {
		for i := range events {
			flow.fill(&events[i])
			b.Apply(&events[i], &out)
		}
	}
	at, size := 0, b.Bytes()
	for i := range events {
		flow.fill(&events[i])
	}
	if n := testing.AllocsPerRun(100, func() {
		b.Stage(events[at : at+300])
		for i := range 300 {
			b.Apply(&events[at+i], &out)
			b.Top(out[0].Instrument)
		}
		at += 300
	}); n != 0 {
		t.Errorf("%v allocations per burst", n)
	}
	if b.Growths() != 0 {
		t.Errorf("tables grew %d times although there was room", b.Growths())
	}
	if grown := b.Bytes() - size; grown > size/50 {
		t.Errorf("%d bytes more in steady state, of %d", grown, size)
	}
	if a := b.Anomalies(); a[AnomalyUnknownOrder] != 0 {
		t.Errorf("the flow is not clean: %v", a)
	}
}

// TestFullTables fills each table: the anomaly is named, nothing else moves, and there is room again afterwards.
func TestFullTables(t *testing.T) {
	var out [2]Change
	b := newBooks(t, Config{MaxInstruments: 2, MaxOrders: 40, MaxLevels: 100, InitialOrders: 3})
	add := func(id uint64, price int64) Anomaly {
		b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: id, Price: price, Qty: 1}, &out)
		return out[0].Anomaly
	}
	for id := range uint64(40) {
		if a := add(id, int64(id%5)); a != AnomalyNone {
			t.Fatalf("order %d: %v", id, a)
		}
	}
	if a := add(40, 0); a != AnomalyOrderTableFull || b.LiveOrders() != 40 || out[0].Action != 'N' {
		t.Fatalf("order beyond the table: %v, %d live", a, b.LiveOrders())
	}
	if b.Growths() == 0 {
		t.Error("growth was not counted")
	}
	b.Apply(&Event{Kind: KindDelete, OrderID: 7}, &out)
	if a := add(41, 0); a != AnomalyNone {
		t.Fatalf("after a delete: %v", a)
	}
	checkTables(t, b)

	b = newBooks(t, Config{MaxInstruments: 2, MaxOrders: 400, MaxLevels: 30})
	for id := range uint64(30) {
		if a := add(id, int64(id)); a != AnomalyNone {
			t.Fatalf("level %d: %v", id, a)
		}
	}
	if a := add(30, 30); a != AnomalyLevelTableFull || b.LiveOrders() != 30 {
		t.Fatalf("level beyond the table: %v, %d live", a, b.LiveOrders())
	}
	if a := add(31, 29); a != AnomalyNone {
		t.Fatalf("order at a known price: %v", a)
	}
	// Order 29 is not alone at its price, so the new one finds no free level and leaves the book.
	b.Apply(&Event{Kind: KindModify, OrderID: 29, Price: 77, Qty: 5}, &out)
	if c := out[0]; c.Anomaly != AnomalyLevelTableFull || c.Action != 'C' || c.Price != 29 || c.Qty != 1 || c.Left != 0 || b.LiveOrders() != 30 {
		t.Fatalf("modify to a price without room: %+v", c)
	}
	b.Apply(&Event{Kind: KindModify, OrderID: 5, Price: 77, Qty: 5}, &out)
	if c := out[0]; c.Anomaly != AnomalyNone || c.Action != 'M' || !c.Top {
		t.Fatalf("modify that frees its level first: %+v", c)
	}
	checkTables(t, b)

	for i := range int64(31) {
		b.Apply(&Event{Kind: KindLevelSet, Instrument: 1, Side: Ask, Price: i, Qty: 1}, &out)
	}
	if out[0].Anomaly != AnomalyLevelTableFull {
		t.Fatalf("level book beyond the table: %+v", out[0])
	}
	b.Apply(&Event{Kind: KindLevelChange, Instrument: 2, Side: Ask, Level: 3, Price: 5, Qty: 1}, &out)
	if out[0].Anomaly != AnomalyLevelTableFull {
		t.Fatalf("position beyond the table: %+v", out[0])
	}
	checkTables(t, b)
}

func TestClearAllVisits(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 9})
	var out [2]Change
	b.Apply(&Event{Kind: KindAdd, Instrument: 2, Side: Bid, OrderID: 1, Price: 1, Qty: 1}, &out)
	b.Apply(&Event{Kind: KindLevelSet, Instrument: 4, Side: Bid, Price: 1, Qty: 1}, &out)
	b.Apply(&Event{Kind: KindLevelNew, Instrument: 5, Side: Ask, Level: 1, Price: 1, Qty: 1, Attr: AttrImplied}, &out)
	b.Apply(&Event{Kind: KindQuote, Instrument: 9, Side: Ask, Price: 1, Qty: 1}, &out)
	var got []uint32
	b.ClearAll(func(instrument uint32) {
		if bid, ask := b.Top(instrument); bid != noLevel || ask != noLevel {
			t.Errorf("instrument %d is not empty when visited", instrument)
		}
		got = append(got, instrument)
	})
	if len(got) != 4 || got[0] != 2 || got[1] != 4 || got[2] != 5 || got[3] != 9 {
		t.Errorf("visited %v", got)
	}
	b.ClearAll(func(instrument uint32) { t.Errorf("visited %d of empty books", instrument) })
	checkTables(t, b)
}

// TestQuantitiesBeyond32Bits has levels that hold more than one order can.
func TestQuantitiesBeyond32Bits(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 1})
	var out [2]Change
	for id := range uint64(3) {
		b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Bid, OrderID: id, Price: 5, Qty: 4_000_000_000}, &out)
	}
	if bid, _ := b.Top(1); bid != (Level{Price: 5, Qty: 12_000_000_000, Count: 3}) {
		t.Errorf("top %+v", bid)
	}
	b.Apply(&Event{Kind: KindLevelSet, Instrument: 1, Side: Bid, Price: 5, Qty: 1 << 63}, &out)
	if out[0].Left != 1<<63 || out[0].Anomaly != AnomalyNone {
		t.Errorf("level quantity: %+v", out[0])
	}
}

// TestMemoryPerOrder is the figure the documentation quotes: a quarter of a million live orders, everything counted.
func TestMemoryPerOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	const live = 250_000
	b := newBooks(t, Config{MaxInstruments: 1600, MaxOrders: 1 << 19, InitialOrders: 1 << 18})
	flow := newDayFlow(5, 1600, live, 1)
	var ev Event
	var out [2]Change
	for range 1_000_000 {
		flow.fill(&ev)
		b.Apply(&ev, &out)
	}
	if per := float64(b.Bytes()) / float64(b.LiveOrders()); per > 56 {
		t.Errorf("%.1f bytes per live order, want at most 56", per)
	}
}

// TestLookAheadReachesTheEnd: an event that is not applied does not end the look-ahead, if Reached is told.
func TestLookAheadReachesTheEnd(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 6})
	events := randomFlow(rand.New(rand.NewPCG(1, 7)), 256, 6, 40)
	for i := 0; i < len(events); i += stageEvents {
		events[i] = Event{Kind: KindTrade, Instrument: 1}
	}
	var out [2]Change
	b.Stage(events)
	for i := range events {
		if events[i].Kind == KindTrade {
			b.Reached(&events[i])
			continue
		}
		b.Apply(&events[i], &out)
	}
	if b.stage.next != len(events) {
		t.Fatalf("looked ahead to event %d of %d", b.stage.next, len(events))
	}
}

// TestLookAheadMovesWhenItShould: bursts of every length, each after another that was left half applied, move at the same
// events; one or two are not looked ahead to.
func TestLookAheadMovesWhenItShould(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 6, InitialOrders: 300})
	b.stageFrom = 0
	flow := randomFlow(rand.New(rand.NewPCG(3, 7)), 4000, 6, 40)
	var out [2]Change
	for n := range 41 {
		events := flow[:n]
		flow = flow[n:]
		var moves, want []int
		for _, i := range []int{1, 3, 5, 8, 16, 24, 32, 40} {
			if n >= 3 && i < n {
				want = append(want, i)
			}
		}
		b.Stage(events)
		for i := range events {
			turn := b.stage.turn
			if b.Apply(&events[i], &out); b.stage.turn != turn {
				moves = append(moves, i)
			}
		}
		if !slices.Equal(moves, want) {
			t.Errorf("%d events: it moved at %v, want %v", n, moves, want)
		}
		b.Stage(flow[:29])
		for i := range 13 {
			b.Apply(&flow[i], &out)
		}
		flow = flow[13:]
	}
}

// TestLevelEventTellsEverything: nothing of an older change is left in the one a level event tells, whatever becomes of it.
func TestLevelEventTellsEverything(t *testing.T) {
	for _, ev := range []Event{
		{Kind: KindLevelSet, Instrument: 1, Side: Bid, Price: 100, Qty: 5, Flags: FlagLast},
		{Kind: KindLevelSet, Instrument: 1, Side: Bid, Price: 100, Flags: FlagLast}, // not there
		{Kind: KindLevelSet, Instrument: 9, Side: Bid, Price: 100, Qty: 5},
		{Kind: KindLevelNew, Instrument: 1, Side: Ask, Price: 100, Qty: 5, Level: 1, Flags: FlagLast},
	} {
		var told [2]Change
		for i, fill := range []uint8{0, 1} {
			var out [2]Change
			for at := range unsafe.Sizeof(out[0]) { // 1 in a byte is a value of every field's type
				*(*uint8)(unsafe.Add(unsafe.Pointer(&out[0]), at)) = fill
			}
			b := newBooks(t, Config{MaxInstruments: 2})
			b.SetView(ViewLevels)
			if n := b.Apply(&ev, &out); n != 1 {
				t.Fatalf("%+v: %d changes", ev, n)
			}
			told[i] = out[0]
		}
		if told[0] != told[1] {
			t.Errorf("%+v tells\n %+v after nothing,\n %+v after another", ev, told[0], told[1])
		}
	}
}
