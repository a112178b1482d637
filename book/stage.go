package book

// Stage fetches into the cache what events will touch, so that the misses of a burst overlap instead of following one
// another: an order hangs on its head, its level and its neighbours hang on the order. It is a hint and changes nothing:
// Apply gives the same without it.
//
// Call it with the events of a receive burst, then apply them in order; of those that are not for Apply tell Reached.
// Stage itself looks at the first few groups of events; at the first event of each group the groups behind it move one
// link further along the chain. So the lines asked for at any moment are few and come in while earlier events are applied.
// Books keep the slice until the next Stage and read it again; what is in it by then is of no consequence.
//
// Fewer than two events have nothing to overlap, and books that are small enough for the cache have no misses: there
// Stage does nothing, since looking ahead costs about 20 ns an event.
func (b *Books) Stage(events []Event) {
	st := &b.stage
	st.events, st.trigger = nil, nil
	if len(events) < 2 || b.live < b.stageFrom {
		return
	}
	st.events, st.next, st.turn, st.reach = events, 0, 0, -stageEvents*(stagePasses-1)
	for i := range st.groups {
		st.groups[i].n = 0
	}
	for range stagePasses {
		b.advance()
	}
}

// Reached moves the look-ahead on for an event that is not applied.
func (b *Books) Reached(ev *Event) {
	if ev == b.stage.trigger {
		b.advance()
	}
}

// stageFrom is how many live orders do not fit the nearer caches: measured, the two ways cost the same at about 100,000
// where nothing else wants the cache.
const stageFrom = 1 << 16

const (
	stageEvents = 8 // in a group
	stagePasses = 4 // heads and memos, orders and new ones' levels, levels and neighbours, queue ends
	stageMask   = stageEvents - 1
)

// stage is the pipeline behind Stage: a group in each pass.
//
// What an event is, and whether a chain begins with the order it names, nothing foresees, and a wrong guess costs more
// than the work. So a pass does the same for every event and asks for as many lines, with index 0 where there is nothing
// to ask for: its line is always in the cache.
type stage struct {
	events  []Event
	next    int    // first event that is in no group yet
	trigger *Event // Apply advances the pipeline when it comes to this one
	turn    uint   // group that takes in events next, modulo stagePasses
	reach   int    // first event of the group that comes to be applied next
	groups  [stagePasses]stageGroup
	lines   stageLines
}

type stageGroup struct {
	events [stageEvents]staged
	n      int
}

// stageLines is where a pass puts together what it asks for.
type stageLines struct {
	heads  [stageEvents][2]uintptr
	orders [stageEvents][2]uintptr
	levels [stageEvents][5]uintptr
	queues [stageEvents * 6]uintptr
}

// staged is an event on its way. One that names no order is taken for one that brings an order: what is asked for in vain
// is the touch of its instrument.
type staged struct {
	id    uint64 // of the order it names
	price int64
	order uint32 // its head, then itself, then the next in its chain should it be another one
	level uint32 // the memo of a new order's level, then the level of either
	side  uint32 // of a new order, then of either
	names uint32 // all ones when it names an order, else 0
	kind  Kind
}

// stageNames has all ones for the kinds that name an order.
var stageNames = [256]uint32{
	KindExecute: ^uint32(0), KindExecuteAt: ^uint32(0), KindReduce: ^uint32(0), KindDelete: ^uint32(0),
	KindModify: ^uint32(0), KindReplace: ^uint32(0),
}

// advance moves every group one pass on and starts a new one.
func (b *Books) advance() {
	st := &b.stage
	turn := st.turn
	b.stageQueues(&st.groups[(turn+1)%stagePasses])
	b.stageLevels(&st.groups[(turn+2)%stagePasses])
	b.stageOrders(&st.groups[(turn+3)%stagePasses])
	b.stageHeads(&st.groups[turn%stagePasses])
	st.turn = turn + 1
	st.reach += stageEvents
	st.trigger = nil
	if first := st.reach; first >= 0 && first < len(st.events) {
		st.trigger = &st.events[first]
	}
}

// stageHeads takes in the next events and asks for the heads of the orders they name and for their memos. The sides of
// all instruments are few enough for the nearer caches.
func (b *Books) stageHeads(g *stageGroup) {
	st := &b.stage
	events := st.events[st.next:]
	events = events[:min(len(events), stageEvents)]
	st.next += len(events)
	g.n = len(events)
	for i := range events {
		ev, s, lines := &events[i], &g.events[i&stageMask], &st.lines.heads[i&stageMask]
		id, ref, instrument := ev.OrderID, ev.Ref, ev.Instrument
		if ev.Kind == KindReplace {
			id = ref
		}
		if int(instrument) >= len(b.open) {
			instrument = 0
		}
		head, side := b.head(id), sideIndex(instrument, ev.Side)
		memo := b.memo(side, ev.Price)
		s.id, s.price, s.order, s.level, s.side = id, ev.Price, head, memo, side
		s.names, s.kind = stageNames[ev.Kind], ev.Kind
		lines[0], lines[1] = b.headLine(head), b.memoLine(memo)
	}
	fetchLines(&st.lines.heads[0][0], 2*len(events))
}

// stageOrders: heads and memos are here. It asks for the orders named, and for the levels of new ones.
func (b *Books) stageOrders(g *stageGroup) {
	all := &b.stage.lines.orders
	for i := range g.n {
		s, lines := &g.events[i&stageMask], &all[i&stageMask]
		order := *b.headAt(s.order) & s.names // of another order, when the table grew meanwhile: no harm
		side, level := b.sideAt(s.side), *b.memoAt(s.level)
		best := side.best
		if side.rank == rankOf(s.side, s.price) {
			level = best
		}
		level &^= s.names
		s.order, s.level, s.side = order, level, s.side&^s.names
		lines[0], lines[1] = b.orderLine(order), b.levelLine(level)
	}
	fetchLines(&all[0][0], 2*g.n)
}

// stageLevels: orders are here. It asks for their levels and neighbours in the queues, for the prices at the touch, and
// for the levels that replaced orders go to.
func (b *Books) stageLevels(g *stageGroup) {
	all := &b.stage.lines.levels
	for i := range g.n {
		s, lines := &g.events[i&stageMask], &all[i&stageMask]
		o := b.orderAt(s.order) // order 0 has neither level nor side: what is known of a new order stays
		level, side, next, hash, second := o.level|s.level, o.side|s.side, o.next, o.hash, uint32(0)
		if o.id != s.id {
			next = hash
		}
		if o.id != s.id {
			second = hash
		}
		s.order, s.level, s.side = second, level, side
		lines[0], lines[1], lines[2] = b.levelLine(level), b.orderLine(o.prev), b.orderLine(next)
		lines[3], lines[4] = b.priceLines(b.sideAt(side))
		if s.kind == KindReplace { // from here on it is one that brings an order
			s.level, s.names = *b.memoAt(b.memo(side, s.price)), 0
			lines[4] = b.levelLine(s.level)
		}
	}
	fetchLines(&all[0][0], 5*g.n)
}

// stageQueues: levels are here. It asks for the orders that new ones will queue behind, for the level that comes to the
// touch should the best one go, and for what hangs on the orders that are second in their chains.
func (b *Books) stageQueues(g *stageGroup) {
	lines, n := &b.stage.lines.queues, g.n
	for i := range g.n {
		s := &g.events[i&stageMask]
		side := b.sideAt(s.side)
		level := b.entryAt(max(side.end(), 2) - 2).level
		if s.level != side.best {
			level = 0
		}
		line, tail := b.levelLine(level), b.orderLine(b.levelAt(s.level).tail)
		if s.names == 0 {
			line = tail
		}
		lines[i&stageMask] = line
		if s.order != 0 {
			o := b.orderAt(s.order)
			lines[n], lines[n+1], lines[n+2] = b.levelLine(o.level), b.orderLine(o.prev), b.orderLine(o.next)
			lines[n+3], lines[n+4] = b.priceLines(b.sideAt(o.side))
			n += 5
		}
	}
	fetchLines(&lines[0], n)
}
