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
				if bid, ask := b.Top(i); bid != touches[run][0] || ask != touches[run][1] {
					t.Fatalf("seed %d event %d %+v: the touch is told to be %v %v, it will be %v", seed, at+run, ev, bid, ask, touches[run])
				}
			}
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
}

// TestForetellKeepsToWhatIsCertain names one event each that Apply may yet refuse, or tell otherwise, for what came before it.
func TestForetellKeepsToWhatIsCertain(t *testing.T) {
	add := func(id uint64, s Side, price int64) Event {
		return Event{Kind: KindAdd, OrderID: id, Instrument: 1, Side: s, Price: price, Qty: 5, Flags: FlagLast}
	}
	for name, c := range map[string]struct {
		run  []Event // all but the last are foretold
		want int     // of the last
	}{
		"at the touch":                      {[]Event{add(10, Bid, 100)}, 1},
		"behind the touch":                  {[]Event{add(10, Bid, 99)}, 1},
		"better than the touch":             {[]Event{add(10, Bid, 101)}, 0},
		"onto the other side":               {[]Event{add(10, Ask, 100)}, 0},
		"an order just told":                {[]Event{add(10, Bid, 100), {Kind: KindDelete, OrderID: 10, Instrument: 1, Flags: FlagLast}}, 0},
		"an order twice":                    {[]Event{add(10, Bid, 100), add(10, Bid, 100)}, 0},
		"a live order again":                {[]Event{add(1, Bid, 100)}, 0},
		"the last order of the touch":       {[]Event{{Kind: KindDelete, OrderID: 2, Instrument: 1, Flags: FlagLast}}, 0},
		"an order behind the touch":         {[]Event{{Kind: KindDelete, OrderID: 3, Instrument: 1, Flags: FlagLast}}, 1},
		"the touch's last but one":          {[]Event{{Kind: KindDelete, OrderID: 1, Instrument: 1, Flags: FlagLast}}, 1},
		"the touch's last, others told":     {[]Event{{Kind: KindDelete, OrderID: 1, Instrument: 1, Flags: FlagLast}, {Kind: KindDelete, OrderID: 4, Instrument: 1, Flags: FlagLast}}, 0},
		"more than there is":                {[]Event{{Kind: KindReduce, OrderID: 1, Qty: 6, Instrument: 1, Flags: FlagLast}}, 0},
		"nothing":                           {[]Event{{Kind: KindReduce, OrderID: 1, Instrument: 1, Flags: FlagLast}}, 0},
		"an event to be continued":          {[]Event{{Kind: KindReduce, OrderID: 1, Qty: 1, Instrument: 1}}, 0},
		"another instrument's order":        {[]Event{{Kind: KindDelete, OrderID: 1, Instrument: 2, Flags: FlagLast}}, 0},
		"an unknown order":                  {[]Event{{Kind: KindDelete, OrderID: 77, Instrument: 1, Flags: FlagLast}}, 0},
		"one more than there is room for":   {[]Event{add(10, Bid, 99), add(11, Bid, 99), add(12, Bid, 99)}, 0},
		"a replacement":                     {[]Event{{Kind: KindReplace, Ref: 1, OrderID: 10, Instrument: 1, Qty: 1, Price: 99, Flags: FlagLast}}, 2},
		"a replacement that improves":       {[]Event{{Kind: KindReplace, Ref: 1, OrderID: 10, Instrument: 1, Qty: 1, Price: 101, Flags: FlagLast}}, 0},
		"a replacement of the last at best": {[]Event{{Kind: KindReplace, Ref: 2, OrderID: 10, Instrument: 1, Qty: 1, Price: 109, Flags: FlagLast}}, 0},
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
	}
}
