package book

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestOrderTable keeps ids beside a map, in a table with few homes: ids that share homes, that have the same low half, that
// come back while their old tag is still there, and ids too large for a home.
func TestOrderTable(t *testing.T) {
	for _, room := range []int{100, 100_000} { // the least homes, and so many that an id's bits are what limits
		testOrderTable(t, room)
	}
}

func testOrderTable(t *testing.T, room int) {
	homes := newOrders(room, 0, nil).homes
	kinds := map[string]func(n uint64) uint64{
		"in line":              func(n uint64) uint64 { return n },
		"stride":               func(n uint64) uint64 { return n * 64 },
		"one home":             func(n uint64) uint64 { return n * idRun * homes },
		"one low half":         func(n uint64) uint64 { return n << 32 },
		"one home, low half":   func(n uint64) uint64 { return n * homes << 32 },
		"at the limit":         func(n uint64) uint64 { return homes<<32 - 100 + n },
		"alike in what counts": func(n uint64) uint64 { return n%3 + n/3<<homeBits },
		"past the home's bits": func(n uint64) uint64 { return n << (homeBits - 3) },
		"the largest":          func(n uint64) uint64 { return math.MaxUint64 - n },
		"multiplied":           func(n uint64) uint64 { return n * golden },
	}
	for name, id := range kinds {
		name = fmt.Sprintf("%s, %d homes", name, homes)
		table := newOrders(room, 1000, nil)
		rng := rand.New(rand.NewPCG(1, 5))
		places := map[uint64]uint32{}
		for range 20_000 {
			x := id(rng.Uint64N(1000))
			i, lives := places[x]
			if at := table.find(x); lives && at != i || !lives && table.at(at).level != 0 {
				t.Fatalf("%s: %d is at %d (%t) and found at %d", name, x, i, lives, at)
			}
			switch {
			case lives && rng.IntN(5) > 0:
				table.vacate(i)
				delete(places, x)
			case !lives:
				i = table.settle(x)
				if i == 0 || table.at(i).level != 0 {
					t.Fatalf("%s: %d was given place %d", name, x, i)
				}
				table.at(i).level = 1
				places[x] = i
			}
			if table.at(i).level != 0 && table.idOf(i) != x {
				t.Fatalf("%s: place %d is said to be %d's, not %d's", name, i, table.idOf(i), x)
			}
		}
		n := 0
		table.each(func(i uint32, _ *order) {
			n++
			if x := table.idOf(i); places[x] != i {
				t.Fatalf("%s: %d is at %d, not at %d", name, x, places[x], i)
			}
		})
		if n != len(places) || n != table.live {
			t.Errorf("%s: %d orders, %d in the table, %d counted", name, len(places), n, table.live)
		}
		table.reset()
		for x := range places {
			if table.at(table.find(x)).level != 0 {
				t.Fatalf("%s: %d is found after a reset", name, x)
			}
		}
	}
}

// TestHomeOfEveryTable: the quotient is exact for every number of homes that there may be.
func TestHomeOfEveryTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 5))
	for _, homes := range []int{leastHomes, 641, 99_991, 628_583, 1 << 26, limitOrders/35*11 - 1} {
		table := orderTable{homes: uint64(prime(homes))}
		table.inverse = inverseOf(table.homes)
		for range 20_000 {
			id := rng.Uint64() >> rng.IntN(64)
			switch rng.IntN(3) {
			case 0:
				id = id / idRun / table.homes * table.homes * idRun
			case 1:
				id = id/idRun/table.homes*table.homes*idRun - 1
			}
			run := id % (1 << homeBits) / idRun
			if got, want := table.home(id), uint32(run%table.homes+1)*lineWords; got != want {
				t.Fatalf("%d homes: home of %d is %d, want %d", table.homes, id, got, want)
			}
		}
	}
}

// TestPrime compares with a sieve.
func TestPrime(t *testing.T) {
	const n = 3000
	composite := [n]bool{}
	for d := 2; d < n; d++ {
		for m := 2 * d; m < n; m += d {
			composite[m] = true
		}
	}
	next := 0
	for i := n - 1; i >= 3; i-- {
		if !composite[i] {
			next = i
		}
		if next != 0 && prime(i) != next {
			t.Fatalf("prime(%d) = %d, want %d", i, prime(i), next)
		}
	}
}

// TestGrowthKeepsQueues fills books that begin with room for a few orders up to their maximum, with ids that live at home
// and with ids that do not, and looks at every queue, which links orders by their places.
func TestGrowthKeepsQueues(t *testing.T) {
	for _, shift := range []int{0, 45} {
		const most = 4000
		b := newBooks(t, Config{MaxInstruments: 3, MaxOrders: most, InitialOrders: 300})
		b.stageFrom = 0
		rng := rand.New(rand.NewPCG(uint64(shift), 9))
		var queue [4][]uint64 // per price
		var out [2]Change
		var events []Event
		tables, annexes := 0, 0 // how often either became larger
		apply := func() {
			homes, lines := b.orders.homes, len(b.orders.lines)
			b.Stage(events)
			for i := range events {
				if b.Apply(&events[i], &out); out[0].Anomaly != AnomalyNone {
					t.Fatalf("%+v: %+v", events[i], out[0])
				}
			}
			events = events[:0]
			if b.orders.homes != homes {
				tables++
			} else if len(b.orders.lines) != lines {
				annexes++
			}
		}
		for n := uint64(1); b.LiveOrders() < most; n++ {
			if len(events) == 40 || b.LiveOrders()+len(events) == most {
				apply()
				continue
			}
			price := rng.IntN(len(queue))
			if q := queue[price]; len(q) > 0 && rng.IntN(3) == 0 {
				at := rng.IntN(len(q))
				events = append(events, Event{Kind: KindDelete, Instrument: 2, OrderID: q[at], Flags: FlagLast})
				queue[price] = slices.Delete(q, at, at+1)
				continue
			}
			id := n << shift
			events = append(events, Event{Kind: KindAdd, Instrument: 2, Side: Ask, OrderID: id, Price: int64(price), Qty: n, Flags: FlagLast})
			queue[price] = append(queue[price], id)
		}
		var got []uint64
		b.Orders(2, Ask, func(_ int64, id, _ uint64) bool { got = append(got, id); return true })
		if want := slices.Concat(queue[:]...); !slices.Equal(got, want) {
			t.Errorf("ids shifted by %d: queues differ: %d orders, want %d", shift, len(got), len(want))
		}
		b.Apply(&Event{Kind: KindAdd, Instrument: 2, Side: Ask, OrderID: math.MaxUint64, Price: 1, Qty: 1}, &out)
		if out[0].Anomaly != AnomalyOrderTableFull {
			t.Errorf("one order too many: %+v", out[0])
		}
		if tables == 0 || annexes == 0 || b.Growths() == 0 {
			t.Errorf("ids shifted by %d: table grew %d times, annex alone %d, growths %d", shift, tables, annexes, b.Growths())
		}
		checkTables(t, b)
	}
}

// TestChainsStayShort: ids that have no home are spread although only their high bits differ.
func TestChainsStayShort(t *testing.T) {
	table := newOrders(100_000, 100_000, nil)
	for symbol := range uint64(4000) {
		for n := range uint64(10) {
			table.at(table.settle(symbol<<48 | n)).level = 1
		}
	}
	for home := lineWords; home < table.annex; home += lineWords {
		n := 0
		for i := table.lineAt(home).annex; i != 0; i = table.annexedAt(i).chain {
			n++
		}
		if n > 12 { // 1.3 on average
			t.Fatalf("%d orders in one chain", n)
		}
	}
}

// TestAnnexShare is what the documentation says of a day's flow, and that a table has room for what it was made for.
func TestAnnexShare(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	const room = 200_000
	for _, most := range []struct{ full, share float64 }{{0.6, 0.27}, {1, 0.4}} {
		b := newBooks(t, Config{MaxInstruments: 500, InitialOrders: room})
		live := int(most.full * room)
		flow := newDayFlow(6, 500, live, 1)
		var ev Event
		var out [2]Change
		for range 8 * live {
			flow.fill(&ev)
			b.Apply(&ev, &out)
		}
		annexed := 0
		b.orders.each(func(i uint32, _ *order) {
			if i >= b.orders.annex {
				annexed++
			}
		})
		if share := float64(annexed) / float64(b.LiveOrders()); share > most.share || share < most.share/2 || b.orders.room != room {
			t.Errorf("%.1f full: %.3f of the orders in the annex, want at most %.2f; room for %d", most.full, share, most.share, b.orders.room)
		}
	}
}

// TestClearAllForgetsTheFirstID: id 0 is an order like another.
func TestClearAllForgetsTheFirstID(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 2})
	var out [2]Change
	for range 2 {
		if b.Apply(&Event{Kind: KindAdd, Instrument: 1, Side: Bid, Price: 5, Qty: 1, Flags: FlagLast}, &out); out[0].Anomaly != AnomalyNone {
			t.Fatalf("%+v", out[0])
		}
		b.Apply(&Event{Kind: KindClearAll}, &out)
	}
	if b.Apply(&Event{Kind: KindDelete, Instrument: 1}, &out); out[0].Anomaly != AnomalyUnknownOrder {
		t.Fatalf("%+v", out[0])
	}
}
