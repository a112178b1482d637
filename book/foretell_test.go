package book

import (
	"math/rand/v2"
	"testing"
)

// TestForetoldIsWhatApplyTells: what Foretell says of a run of events, Apply says when it comes to them, but for what Foretell
// leaves open, and the touch is meanwhile that of books which took each event in at once. The events are random and some of
// them absurd, and the tables are at times too small.
func TestForetoldIsWhatApplyTells(t *testing.T) {
	const instruments = 6
	told := map[Kind]int{}
	var moved [2][4]int // of bids and asks, by moveOf
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 17))
		cfg := Config{MaxInstruments: instruments, InitialOrders: 64}
		if seed%4 == 1 {
			cfg.MaxOrders, cfg.InitialOrders = 200, 200
		}
		if seed%4 == 2 {
			cfg.MaxLevels = 40
		}
		cfg.TopOnly = seed%8 > 4
		b, plain := newBooks(t, cfg), newBooks(t, cfg)
		events := randomFlow(rng, 3000, instruments, 30)
		if seed%2 == 0 { // books that hardly ever cross
			day := newDayFlow(seed, instruments, 150, 1+int(seed%3))
			for i := range events {
				day.fill(&events[i])
				if rng.IntN(50) == 0 {
					events[i].Flags = 0
				}
				if rng.IntN(100) == 0 {
					twist(rng, &events[i], instruments, events[rng.IntN(i+1)].OrderID)
				}
				if events[i].Kind == KindExecute && rng.IntN(2) == 0 {
					events[i].Kind = KindExecuteAt
				}
			}
		}
		if seed%3 == 0 {
			events = thinFlow(rng, len(events))
		}
		var tops [instruments + 1][2]Level
		for i := range tops {
			tops[i] = [2]Level{noLevel, noLevel}
		}
		var out, want, got [2]Change
		for at := 0; at < len(events); {
			b.Foresee()
			var ahead [8][2]Change
			var touches [8][2]Level
			run := 0
			for ; run < len(ahead) && at+run < len(events); run++ {
				ev := events[at+run]
				n := b.Foretell(&ev, &ahead[run])
				if n == 0 {
					break
				}
				told[ev.Kind]++
				if m := plain.Apply(&ev, &want); m != n {
					t.Fatalf("seed %d event %d %+v: %d changes foretold, %d come", seed, at+run, ev, n, m)
				}
				i := want[0].Instrument
				touches[run][0], touches[run][1] = plain.Top(i)
				for s, was := range tops[i] {
					moved[s][moveOf(s, was.Price, touches[run][s].Price)]++
				}
				tops[i] = touches[run]
				if bid, ask := b.Top(i); bid != touches[run][0] || ask != touches[run][1] {
					t.Fatalf("seed %d event %d %+v: the touch is told to be %v %v, it will be %v", seed, at+run, ev, bid, ask, touches[run])
				}
			}
			b.Foreseen()
			for r := range run {
				ev := events[at+r]
				n := b.Apply(&ev, &out)
				for j := range n {
					got[j] = ahead[r][j]
					if got[j].Depth == NoDepth && out[j].Depth != 0 {
						got[j].Depth = out[j].Depth
					}
					got[j].Count = out[j].Count
					if got[j] != out[j] {
						t.Fatalf("seed %d event %d %+v: change %d\nforetold %+v\n    told %+v", seed, at+r, ev, j, got[j], out[j])
					}
				}
			}
			at += run
			if at < len(events) { // the one that could not be told, or the next
				ev := events[at]
				n, m := b.Apply(&ev, &out), plain.Apply(&ev, &want)
				if n != m || n > 0 && out[0] != want[0] || n > 1 && out[1] != want[1] {
					t.Fatalf("seed %d event %d %+v: %+v, without foretelling %+v", seed, at, ev, out[:n], want[:m])
				}
				for i := range tops {
					tops[i][0], tops[i][1] = plain.Top(uint32(i))
				}
				at++
			}
		}
		if b.Anomalies() != plain.Anomalies() {
			t.Fatalf("seed %d: anomalies %v, without foretelling %v", seed, b.Anomalies(), plain.Anomalies())
		}
		for i := uint32(1); i <= instruments; i++ {
			var bids, asks, bids2, asks2 [10]Level
			nb, na := b.Depth(i, &bids, &asks)
			mb, ma := plain.Depth(i, &bids2, &asks2)
			if nb != mb || na != ma || bids != bids2 || asks != asks2 {
				t.Fatalf("seed %d instrument %d: the books differ", seed, i)
			}
		}
	}
	for _, k := range []Kind{KindAdd, KindExecute, KindExecuteAt, KindReduce, KindDelete, KindReplace} {
		if told[k] < 500 {
			t.Errorf("kind %d was foretold %d times: too few to prove anything", k, told[k])
		}
	}
	for s := range moved {
		for m, n := range moved[s] {
			if n < 500 {
				t.Errorf("side %d: a touch made the move %d as foretold %d times: too few to prove anything", s, m, n)
			}
		}
	}
}

// thinFlow is events of two instruments whose books have few orders at a price and never cross, so that touches move all the
// time. An order that was replaced or left is named again now and then.
func thinFlow(rng *rand.Rand, n int) []Event {
	events := make([]Event, n)
	var live []Event // the adds
	for i := range events {
		side, price, id := Bid, 90+rng.Int64N(10), uint64(i+1)
		if rng.IntN(2) == 0 {
			side, price = Ask, price+10
		}
		ev := Event{Kind: KindAdd, OrderID: id, Instrument: 1 + rng.Uint32N(2), Side: side, Price: price, Qty: 1 + rng.Uint64N(3), Flags: FlagLast}
		if at := rng.IntN(20); at < len(live) {
			was := &live[at]
			ev.OrderID, ev.Instrument, ev.Side = was.OrderID, was.Instrument, was.Side
			gone := true
			switch rng.IntN(4) {
			case 0:
				ev.Kind = KindDelete
			case 1:
				ev.Kind, ev.Qty = KindExecute, was.Qty
			case 2:
				ev.Kind, ev.Qty = KindReduce, 1
				was.Qty--
				gone = was.Qty == 0
			default:
				ev.Kind, ev.Ref, ev.OrderID = KindReplace, was.OrderID, id
				if was.Side == Bid {
					ev.Price = 90 + rng.Int64N(10)
				} else {
					ev.Price = 100 + rng.Int64N(10)
				}
			}
			if gone && rng.IntN(10) > 0 {
				live[at] = live[len(live)-1]
				live = live[:len(live)-1]
			}
		}
		if ev.Kind == KindAdd || ev.Kind == KindReplace {
			live = append(live, ev)
		}
		events[i] = ev
	}
	return events
}

// moveOf says what a touch's price did: 0 stayed, 1 improved, 2 gave way, 3 went.
func moveOf(side int, was, is int64) int {
	switch {
	case was == is:
		return 0
	case is == UndefPrice:
		return 3
	case was == UndefPrice || (is > was) == (side == 0):
		return 1
	}
	return 2
}

// TestForetellKeepsToWhatIsCertain names one event each that Apply may yet refuse, or tell otherwise, for what came before it.
func TestForetellKeepsToWhatIsCertain(t *testing.T) {
	add := func(id uint64, s Side, price int64) Event {
		return Event{Kind: KindAdd, OrderID: id, Instrument: 1, Side: s, Price: price, Qty: 5, Flags: FlagLast}
	}
	leave := func(id uint64) Event { return Event{Kind: KindDelete, OrderID: id, Instrument: 1, Flags: FlagLast} }
	reduce := func(id, qty uint64) Event {
		return Event{Kind: KindReduce, OrderID: id, Qty: qty, Instrument: 1, Flags: FlagLast}
	}
	replace := func(ref, id uint64, price int64) Event {
		return Event{Kind: KindReplace, Ref: ref, OrderID: id, Instrument: 1, Qty: 1, Price: price, Flags: FlagLast}
	}
	goesOn := reduce(1, 1)
	goesOn.Flags = 0
	elsewhere := leave(1)
	elsewhere.Instrument = 2
	for name, c := range map[string]struct {
		run  []Event // all but the last are foretold
		want int     // of the last
	}{
		"at the touch":                                  {[]Event{add(10, Bid, 100)}, 1},
		"behind the touch":                              {[]Event{add(10, Bid, 99)}, 1},
		"better than the touch":                         {[]Event{add(10, Bid, 101)}, 1},
		"better than what was told":                     {[]Event{add(10, Bid, 101), add(11, Bid, 102)}, 1},
		"onto the other side":                           {[]Event{add(10, Ask, 100)}, 0},
		"onto the other side as told":                   {[]Event{add(10, Bid, 105), add(11, Ask, 105)}, 0},
		"short of the other side as told":               {[]Event{add(10, Bid, 105), add(11, Ask, 106)}, 1},
		"where the other side was":                      {[]Event{leave(2), add(11, Bid, 110)}, 1},
		"an order just told":                            {[]Event{add(10, Bid, 100), leave(10)}, 0},
		"an order twice":                                {[]Event{add(10, Bid, 100), add(10, Bid, 100)}, 0},
		"a live order again":                            {[]Event{add(1, Bid, 100)}, 0},
		"the last order of a side":                      {[]Event{leave(2)}, 1},
		"an order behind the touch":                     {[]Event{leave(3)}, 1},
		"the touch's last but one":                      {[]Event{leave(1)}, 1},
		"the touch's last, others told":                 {[]Event{leave(1), leave(4)}, 1},
		"a side's last, others told":                    {[]Event{leave(1), leave(4), leave(3)}, 1},
		"the touch's last, the next price joined":       {[]Event{leave(1), add(10, Bid, 90), leave(4)}, 0},
		"the touch's last, the next price reduced":      {[]Event{leave(1), reduce(3, 1), leave(4)}, 0},
		"the touch's last, joined":                      {[]Event{leave(1), add(10, Bid, 100), leave(4)}, 1},
		"the former touch's last":                       {[]Event{add(10, Bid, 101), leave(1), leave(4)}, 1},
		"more than there is":                            {[]Event{reduce(1, 6)}, 0},
		"nothing":                                       {[]Event{reduce(1, 0)}, 0},
		"an event to be continued":                      {[]Event{goesOn}, 0},
		"another instrument's order":                    {[]Event{elsewhere}, 0},
		"an unknown order":                              {[]Event{leave(77)}, 0},
		"one more than there is room for":               {[]Event{add(10, Bid, 99), add(11, Bid, 99), add(12, Bid, 99)}, 0},
		"a replacement":                                 {[]Event{replace(1, 10, 99)}, 2},
		"a replacement that improves":                   {[]Event{replace(1, 10, 101)}, 2},
		"a replacement that crosses":                    {[]Event{replace(1, 10, 110)}, 0},
		"a replacement of the last at best":             {[]Event{replace(2, 10, 109)}, 2},
		"a replacement of the last at best to no price": {[]Event{replace(2, 10, UndefPrice)}, 0},
	} {
		b := newBooks(t, Config{MaxInstruments: 2, MaxOrders: 6})
		var out [2]Change
		for _, ev := range []Event{add(1, Bid, 100), add(2, Ask, 110), add(3, Bid, 90), add(4, Bid, 100)} {
			b.Apply(&ev, &out)
		}
		bid, ask := b.Top(1)
		b.Foresee()
		for i := range c.run {
			want := 1
			if i == len(c.run)-1 {
				want = c.want
			}
			if n := b.Foretell(&c.run[i], &out); n != want {
				t.Errorf("%s: event %d: %d changes foretold, want %d", name, i, n, want)
			}
		}
		if len(c.run) == 1 && c.want == 0 {
			if bid2, ask2 := b.Top(1); bid2 != bid || ask2 != ask {
				t.Errorf("%s: the touch moved and nothing was told", name)
			}
		}
		b.Foreseen()
		if bid2, ask2 := b.Top(1); bid2.Price != bid.Price || ask2.Price != ask.Price {
			t.Errorf("%s: after the run the touch is still where it was foretold", name)
		}
	}
}

// TestForetellLeavesRoomInThePool: where half of the entries' pool is in use, a new price may find no place, so no order is
// told.
func TestForetellLeavesRoomInThePool(t *testing.T) {
	for used, want := range map[string]int{"half": 1, "more": 0} {
		b := newBooks(t, Config{MaxInstruments: 1})
		b.entries.next = b.entries.max / 2
		if used == "more" {
			b.entries.next++
		}
		b.Foresee()
		var out [2]Change
		if n := b.Foretell(&Event{Kind: KindAdd, OrderID: 1, Instrument: 1, Side: Bid, Price: 100, Qty: 1, Flags: FlagLast}, &out); n != want {
			t.Errorf("%s of the pool in use: %d changes foretold, want %d", used, n, want)
		}
	}
}

// TestForetellMovesSoManyTouches: a sweep is told price by price, as far as there is room to remember where the touch was.
func TestForetellMovesSoManyTouches(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 1})
	var out [2]Change
	for id := range uint64(foretoldMoves + 2) {
		b.Apply(&Event{Kind: KindAdd, OrderID: id + 1, Instrument: 1, Side: Ask, Price: 100 + int64(id), Qty: id + 1, Flags: FlagLast}, &out)
	}
	b.Foresee()
	for id := range uint64(foretoldMoves + 1) {
		want := 1
		if id == foretoldMoves {
			want = 0
		}
		if n := b.Foretell(&Event{Kind: KindExecute, OrderID: id + 1, Instrument: 1, Qty: id + 1, Flags: FlagLast}, &out); n != want {
			t.Fatalf("price %d: %d changes foretold, want %d", id, n, want)
		}
		_, ask := b.Top(1)
		if at := min(id+1, foretoldMoves); ask != (Level{Price: 100 + int64(at), Qty: at + 1, Count: 1}) {
			t.Errorf("price %d: the touch is foretold to be %+v", id, ask)
		}
	}
	b.Foreseen()
	if _, ask := b.Top(1); ask != (Level{Price: 100, Qty: 1, Count: 1}) {
		t.Errorf("after the run the touch is %+v", ask)
	}
}
