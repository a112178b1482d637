package book

import (
	"math"
	"math/rand/v2"
	"sort"
)

// dayFlow makes a flow like an ITCH day: Zipf activity over the symbols, prices that lie around a slowly moving middle
// in one-cent ticks, the message mix of a real day (add 45, delete 40, execute 6, reduce 3, replace 6 of 100), and a
// stock of live orders that grows to a target and stays. Order references grow through the day, as a venue's do.
type dayFlow struct {
	rng     *rand.Rand
	mid     []int64   // per symbol, cents
	weights []float64 // cumulative
	orders  []flowOrder
	next    []uint64 // per engine
	live    int
}

type flowOrder struct {
	id         uint64
	instrument uint32
	side       Side
	qty        uint32
	price      int32 // cents
}

const cent = PriceScale / 100

func newDayFlow(seed uint64, symbols, live, engines int) *dayFlow {
	f := &dayFlow{rng: rand.New(rand.NewPCG(seed, 1)), live: live, orders: make([]flowOrder, 0, live+1)}
	for i := range engines {
		f.next = append(f.next, uint64(1+i*1_234_567))
	}
	sum := 0.0
	for i := range symbols {
		sum += 1 / math.Pow(float64(i+1), 0.9)
		f.weights = append(f.weights, sum)
		f.mid = append(f.mid, int64(500+f.rng.IntN(20000)))
	}
	return f
}

func (f *dayFlow) symbol() uint32 {
	x := f.rng.Float64() * f.weights[len(f.weights)-1]
	return uint32(sort.SearchFloat64s(f.weights, x)) + 1
}

// price is near the touch mostly, with a long tail.
func (f *dayFlow) price(instrument uint32, s Side) int32 {
	mid := f.mid[instrument-1]
	if f.rng.IntN(2000) == 0 {
		mid += int64(f.rng.IntN(3) - 1)
		f.mid[instrument-1] = mid
	}
	away := int64(1 + f.rng.ExpFloat64()*0.35)
	if f.rng.IntN(5) == 0 {
		away += int64(f.rng.ExpFloat64() * 12)
	}
	if s == Bid {
		return int32(max(mid-away, 1))
	}
	return int32(mid + away)
}

// number gives an order its id. With several engines each numbers by itself, the venue's ids are theirs interleaved, and
// the engines are at different places.
func (f *dayFlow) number(instrument uint32, step uint64) uint64 {
	engine := uint64(instrument) % uint64(len(f.next))
	id := f.next[engine]*uint64(len(f.next)) + engine
	f.next[engine] += step
	return id
}

func (f *dayFlow) quantity() uint32 { return uint32(100 * (1 + f.rng.IntN(8))) }

func (f *dayFlow) fill(ev *Event) {
	*ev = Event{Flags: FlagLast, Side: NoSide}
	kind := f.rng.IntN(100)
	if n := len(f.orders); n < f.live && f.rng.IntN(100) < 70 || n == 0 {
		kind = 0
	} else if n >= f.live && kind < 45 && f.rng.IntN(10) == 0 {
		kind = 45
	}
	if kind < 45 {
		o := flowOrder{instrument: f.symbol(), side: Bid, qty: f.quantity()}
		if f.rng.IntN(2) == 0 {
			o.side = Ask
		}
		o.price = f.price(o.instrument, o.side)
		o.id = f.number(o.instrument, uint64(1+f.rng.IntN(2)))
		f.orders = append(f.orders, o)
		ev.Kind, ev.OrderID, ev.Instrument, ev.Side = KindAdd, o.id, o.instrument, o.side
		ev.Price, ev.Qty = int64(o.price)*cent, uint64(o.qty)
		return
	}
	// Most of what leaves is young; the rest is any order of the day.
	at := f.rng.IntN(len(f.orders))
	if f.rng.IntN(8) != 0 {
		at = max(len(f.orders)-1-int(f.rng.ExpFloat64()*20000), 0)
	}
	o := &f.orders[at]
	ev.OrderID, ev.Instrument = o.id, o.instrument
	gone := false
	switch {
	case kind < 85:
		ev.Kind, gone = KindDelete, true
	case kind < 91:
		ev.Kind, ev.Qty = KindExecute, uint64(o.qty)
		if f.rng.IntN(2) == 0 && o.qty > 100 {
			ev.Qty = 100
			o.qty -= 100
		} else {
			gone = true
		}
	case kind < 94 && o.qty > 100:
		ev.Kind, ev.Qty = KindReduce, 100
		o.qty -= 100
	default:
		ev.Kind, ev.Ref = KindReplace, o.id
		o.id, o.qty, o.price = f.number(o.instrument, 1), f.quantity(), f.price(o.instrument, o.side)
		ev.OrderID = o.id
		ev.Price, ev.Qty = int64(o.price)*cent, uint64(o.qty)
	}
	if gone {
		f.orders[at] = f.orders[len(f.orders)-1]
		f.orders = f.orders[:len(f.orders)-1]
	}
}
