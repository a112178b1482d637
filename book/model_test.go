package book

import (
	"math"
	"slices"
	"sort"
)

// model is the books again, as plainly as can be: maps and slices, everything recomputed from the orders. It knows
// nothing of capacity.
type model struct {
	instruments uint32
	orders      map[uint64]*modelOrder
	clock       int // gives queue places
	ladders     map[modelSide]*modelLadder
	depth       map[uint32][2]uint8
	quotes      map[modelSide]Level
	view        View
	open        map[uint32]bool
	anomalies   [AnomalyCount]uint64
}

type modelOrder struct {
	id         uint64
	instrument uint32
	side       Side
	price      int64
	qty        uint64
	place      int
}

type modelSide struct {
	instrument uint32
	side       Side
	implied    bool
}

type modelLadder struct {
	byPosition bool
	levels     []Level // best first
}

func newModel(instruments int, v View) *model {
	return &model{
		instruments: uint32(instruments), orders: map[uint64]*modelOrder{}, ladders: map[modelSide]*modelLadder{},
		depth: map[uint32][2]uint8{}, quotes: map[modelSide]Level{}, view: v, open: map[uint32]bool{},
	}
}

func better(s Side, a, b int64) bool {
	if s == Bid {
		return a > b
	}
	return a < b
}

// queue returns a side's orders, best price and oldest first.
func (m *model) queue(instrument uint32, s Side) []*modelOrder {
	var q []*modelOrder
	for _, o := range m.orders {
		if o.instrument == instrument && o.side == s {
			q = append(q, o)
		}
	}
	sort.Slice(q, func(i, j int) bool {
		if q[i].price != q[j].price {
			return better(s, q[i].price, q[j].price)
		}
		return q[i].place < q[j].place
	})
	return q
}

func (m *model) orderLevels(instrument uint32, s Side) []Level {
	var ls []Level
	for _, o := range m.queue(instrument, s) {
		if n := len(ls); n == 0 || ls[n-1].Price != o.price {
			ls = append(ls, Level{Price: o.price})
		}
		l := &ls[len(ls)-1]
		l.Qty += o.qty
		l.Count++
	}
	return ls
}

func (m *model) shown(instrument uint32, s Side) []Level {
	switch m.view {
	case ViewOrders:
		return m.orderLevels(instrument, s)
	case ViewLevels:
		return m.ladder(instrument, s, false).levels
	}
	if q, ok := m.quotes[modelSide{instrument, s, false}]; ok {
		return []Level{q}
	}
	return nil
}

func (m *model) ladder(instrument uint32, s Side, implied bool) *modelLadder {
	k := modelSide{instrument, s, implied}
	if m.ladders[k] == nil {
		m.ladders[k] = &modelLadder{}
	}
	return m.ladders[k]
}

func first(ls []Level) Level {
	if len(ls) == 0 {
		return noLevel
	}
	return ls[0]
}

func (m *model) note(c *Change, a Anomaly) {
	m.anomalies[a]++
	if c.Anomaly == AnomalyNone {
		c.Anomaly = a
	}
}

// outermost returns the depth of the first of ten levels that differs between two states of a side.
func outermost(before, after []Level, prices ...int64) uint8 {
	best := NoDepth
	for _, ls := range [][]Level{before, after} {
		for d, l := range ls {
			if d < 10 && slices.Contains(prices, l.Price) && uint8(d) < best {
				best = uint8(d)
			}
		}
	}
	return best
}

func (m *model) apply(ev *Event) []Change {
	c := Change{Price: ev.Price, OrderID: ev.OrderID, Instrument: ev.Instrument, Side: ev.Side, Action: 'N', Depth: NoDepth}
	var out []Change
	book := ViewOrders
	switch ev.Kind {
	case KindAdd:
		switch {
		case ev.Instrument == 0 || ev.Instrument > m.instruments:
			m.note(&c, AnomalyBadInstrument)
		case ev.Side != Bid && ev.Side != Ask:
			m.note(&c, AnomalyBadSide)
		default:
			m.enter(ev.Instrument, ev.Side, ev.OrderID, ev.Price, ev.Qty, &c)
		}
		out = []Change{c}
	case KindExecute, KindExecuteAt, KindReduce, KindDelete, KindModify, KindReplace:
		out = m.orderEvent(ev, c)
	case KindLevelSet, KindLevelNew, KindLevelChange, KindLevelOverlay, KindLevelDelete, KindLevelDeleteThru, KindLevelDeleteFrom:
		c.OrderID, book = 0, ViewLevels
		m.levelEvent(ev, &c)
		out = []Change{c}
	case KindQuote:
		c.OrderID, book = 0, ViewTop
		m.quoteEvent(ev, &c)
		out = []Change{c}
	case KindClear:
		book = m.view
		c = Change{Price: UndefPrice, Instrument: ev.Instrument, Side: NoSide, Action: 'N', Depth: NoDepth}
		if ev.Instrument == 0 || ev.Instrument > m.instruments {
			m.note(&c, AnomalyBadInstrument)
		} else {
			c.Action = 'R'
			bid, ask := first(m.shown(ev.Instrument, Bid)), first(m.shown(ev.Instrument, Ask))
			switch {
			case ev.Flags&FlagSnapshot == 0:
				m.clear(ev.Instrument)
			case ev.Flags&FlagMBP != 0:
				m.clearLevels(ev.Instrument)
			default:
				m.clearOrders(ev.Instrument)
			}
			if bid != first(m.shown(ev.Instrument, Bid)) || ask != first(m.shown(ev.Instrument, Ask)) {
				c.Top, c.Depth = true, 0
			}
		}
		out = []Change{c}
	case KindClearAll:
		for i := range m.instruments {
			m.clear(i + 1)
		}
		m.open = map[uint32]bool{}
		return []Change{{Price: UndefPrice, Side: NoSide, Action: 'R', Top: true}}
	default:
		if ev.Kind >= KindCount {
			m.anomalies[AnomalyUnknownKind]++
		} else if ev.Flags&FlagLast != 0 {
			m.complete(ev.Instrument, &c)
		}
		return nil
	}
	top := false
	for i := range out {
		if out[i].Instrument > m.instruments {
			out[i].Instrument = 0
		}
		if book != m.view {
			out[i].Top, out[i].Depth = false, NoDepth
		}
		top = top || out[i].Top
	}
	last := &out[len(out)-1]
	if top {
		m.open[last.Instrument] = true
	}
	if ev.Flags&FlagLast != 0 {
		m.complete(last.Instrument, last)
	}
	return out
}

func (m *model) complete(instrument uint32, c *Change) {
	if !m.open[instrument] {
		return
	}
	delete(m.open, instrument)
	bid, ask := first(m.shown(instrument, Bid)), first(m.shown(instrument, Ask))
	if bid.Price == UndefPrice || ask.Price == UndefPrice {
		return
	}
	if bid.Price == ask.Price {
		m.note(c, AnomalyLocked)
	} else if bid.Price > ask.Price {
		m.note(c, AnomalyCrossed)
	}
}

func (m *model) clear(instrument uint32) {
	m.clearOrders(instrument)
	m.clearLevels(instrument)
}

func (m *model) clearOrders(instrument uint32) {
	for id, o := range m.orders {
		if o.instrument == instrument {
			delete(m.orders, id)
		}
	}
}

func (m *model) clearLevels(instrument uint32) {
	for k := range m.ladders {
		if k.instrument == instrument {
			delete(m.ladders, k)
		}
	}
	delete(m.quotes, modelSide{instrument, Bid, false})
	delete(m.quotes, modelSide{instrument, Ask, false})
}

// look says in c what a change at some prices did to a side.
func (m *model) look(c *Change, before []Level, prices ...int64) {
	after := m.orderLevels(c.Instrument, c.Side)
	c.Top = first(before) != first(after)
	c.Depth = outermost(before, after, prices...)
	c.Count = 0
	for _, l := range after {
		if l.Price == prices[len(prices)-1] {
			c.Count = l.Count
		}
	}
}

func (m *model) enter(instrument uint32, s Side, id uint64, price int64, qty uint64, c *Change) {
	switch {
	case qty == 0:
		m.note(c, AnomalyZeroQuantity)
		return
	case price == UndefPrice || price == math.MinInt64:
		m.note(c, AnomalyBadPrice)
		return
	case qty > math.MaxUint32:
		m.note(c, AnomalyQuantityOverflow)
		qty = math.MaxUint32
	}
	if m.orders[id] != nil {
		m.note(c, AnomalyDuplicateOrder)
		return
	}
	before := m.orderLevels(instrument, s)
	m.clock++
	m.orders[id] = &modelOrder{id, instrument, s, price, qty, m.clock}
	c.Action, c.Qty, c.Left = 'A', qty, qty
	m.look(c, before, price)
}

func (m *model) leave(o *modelOrder, c *Change) {
	before := m.orderLevels(o.instrument, o.side)
	delete(m.orders, o.id)
	c.Action, c.Price, c.Qty = 'C', o.price, o.qty
	m.look(c, before, o.price)
}

func (m *model) orderEvent(ev *Event, c Change) []Change {
	id := ev.OrderID
	if ev.Kind == KindReplace {
		id = ev.Ref
	}
	c.OrderID = id
	o := m.orders[id]
	if o == nil {
		m.note(&c, AnomalyUnknownOrder)
		known := ev.Instrument != 0 && ev.Instrument <= m.instruments && (ev.Side == Bid || ev.Side == Ask)
		if ev.Kind == KindReplace && known {
			c.OrderID = ev.OrderID
			m.enter(ev.Instrument, ev.Side, ev.OrderID, ev.Price, ev.Qty, &c)
		}
		return []Change{c}
	}
	if ev.Instrument != 0 && ev.Instrument != o.instrument {
		m.note(&c, AnomalyInstrumentMismatch)
		return []Change{c}
	}
	c.Instrument, c.Side = o.instrument, o.side
	before := m.orderLevels(o.instrument, o.side)
	switch ev.Kind {
	case KindDelete:
		m.leave(o, &c)
	case KindReplace:
		m.leave(o, &c)
		d := Change{Price: ev.Price, OrderID: ev.OrderID, Instrument: o.instrument, Side: o.side, Action: 'N', Depth: NoDepth}
		m.enter(o.instrument, o.side, ev.OrderID, ev.Price, ev.Qty, &d)
		return []Change{c, d}
	case KindModify:
		m.modify(o, ev, &c)
	default:
		c.Price, c.Left = o.price, o.qty
		if ev.Qty == 0 {
			m.look(&c, before, o.price)
			c.Depth = NoDepth
			m.note(&c, AnomalyZeroQuantity)
			break
		}
		qty := ev.Qty
		if qty > o.qty {
			m.note(&c, AnomalyNegativeSize)
			qty = o.qty
		}
		o.qty -= qty
		if o.qty == 0 {
			delete(m.orders, id)
		}
		c.Action, c.Qty, c.Left = 'C', qty, o.qty
		m.look(&c, before, o.price)
	}
	return []Change{c}
}

func (m *model) modify(o *modelOrder, ev *Event, c *Change) {
	if (ev.Side == Bid || ev.Side == Ask) && ev.Side != o.side {
		m.note(c, AnomalySideMismatch)
		return
	}
	if ev.Qty == 0 {
		m.leave(o, c)
		return
	}
	if ev.Price == UndefPrice || ev.Price == math.MinInt64 {
		m.note(c, AnomalyBadPrice)
		return
	}
	qty := ev.Qty
	if qty > math.MaxUint32 {
		m.note(c, AnomalyQuantityOverflow)
		qty = math.MaxUint32
	}
	before := m.orderLevels(o.instrument, o.side)
	was := *o
	keep := was.price == ev.Price && (ev.Attr&AttrKeepPriority != 0 || ev.Attr&AttrPriorityByRule != 0 && qty <= was.qty)
	lastInQueue := true
	for _, p := range m.orders {
		if p.instrument == o.instrument && p.side == o.side && p.price == o.price && p.place > o.place {
			lastInQueue = false
		}
	}
	o.price, o.qty = ev.Price, qty
	if !keep {
		m.clock++
		o.place = m.clock
	}
	c.Action, c.Left = 'M', qty
	c.Qty = uint64(math.Abs(float64(qty) - float64(was.qty)))
	m.look(c, before, was.price, ev.Price)
	if was.price == ev.Price && was.qty == qty {
		c.Depth = NoDepth
		if keep || lastInQueue {
			c.Action = 'N'
		}
	}
}

func (m *model) quoteEvent(ev *Event, c *Change) {
	if ev.Instrument == 0 || ev.Instrument > m.instruments {
		m.note(c, AnomalyBadInstrument)
		return
	}
	if ev.Side != Bid && ev.Side != Ask {
		m.note(c, AnomalyBadSide)
		return
	}
	k := modelSide{ev.Instrument, ev.Side, false}
	was, had := m.quotes[k]
	now := Level{Price: ev.Price, Qty: ev.Qty, Count: ev.Count}
	if now.Price == UndefPrice || now.Qty == 0 {
		delete(m.quotes, k)
		if had {
			c.Action, c.Price, c.Qty, c.Top, c.Depth = 'C', was.Price, was.Qty, true, 0
		}
		return
	}
	m.quotes[k] = now
	c.Left, c.Count = now.Qty, now.Count
	if had && was == now {
		return
	}
	c.Action, c.Top, c.Depth = 'A', true, 0
	if had {
		c.Action = 'M'
	}
	c.Qty = max(was.Qty, now.Qty) - min(was.Qty, now.Qty)
}
