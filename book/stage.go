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
	st.events, st.next, st.turn, st.reach = events, 0, 0, -stageEvents*(stagePasses-2)
	for i := range st.groups {
		st.groups[i].counts = stageCounts{}
	}
	for range stagePasses - 1 {
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
	stagePasses = 5 // heads and sides, orders and touches, levels and neighbours, queue ends, apply
	stageLines  = 1 << 9
)

// stage is the pipeline behind Stage: a group in each pass.
//
// What an event is, and whether a chain begins with the order it names, nothing foresees, and a wrong guess costs more
// than the work. So a pass asks the same lines for every event, with index 0 where there is nothing to ask for (its line
// is always in the cache), and lists are filled by writing the next entry and counting it or not.
type stage struct {
	events  []Event
	next    int    // first event that is in no group yet
	trigger *Event // Apply advances the pipeline when it comes to this one
	groups  [stagePasses]stageGroup
	turn    int // group that takes in events next
	reach   int // first event of the group that comes to be applied next
	lines   [stageLines]uintptr
}

// stageGroup has lists with room for one entry an event. Indices are masked: the compiler sees that they are in range.
type stageGroup struct {
	named  [stageEvents]stagedOrder // orders that events name
	late   [stageEvents]uint32      // those that are second in their chains
	adds   [stageEvents]stagedAdd   // orders that events bring
	counts stageCounts
}

type stageCounts struct{ named, late, adds int }

type stagedOrder struct {
	id    uint64
	price int64  // of the order that replaces it
	index uint32 // of the head, then of the order, then of the level
	side  uint32 // first whether it is replaced
}

type stagedAdd struct {
	price int64
	side  uint32
	level uint32 // its memo, then itself
}

// What an event has to do with orders.
const (
	stageNames = 1 << iota // it names one
	stageByRef             // by Ref
	stageAdds              // it brings one
)

var stageClasses = [256]uint8{
	KindAdd: stageAdds, KindExecute: stageNames, KindExecuteAt: stageNames, KindReduce: stageNames, KindDelete: stageNames,
	KindModify: stageNames, KindReplace: stageNames | stageByRef,
}

const (
	stageMask = stageEvents - 1
	lineMask  = stageLines - 1
)

// advance moves every group one pass on and starts a new one. It asks for all their lines at once.
func (b *Books) advance() {
	st := &b.stage
	at := st.turn
	group := func(back int) *stageGroup {
		i := at - back
		if i < 0 {
			i += stagePasses
		}
		return &st.groups[i]
	}
	n := b.stageQueues(group(3), 0)
	n = b.stageLevels(group(2), n)
	n = b.stageOrders(group(1), n)
	n = b.stageHeads(group(0), n)
	fetchLines(&st.lines[0], n)
	if at++; at == stagePasses {
		at = 0
	}
	st.turn = at
	st.trigger = nil
	if first := st.reach; first >= 0 && first < len(st.events) {
		st.trigger = &st.events[first]
	}
	st.reach += stageEvents
}

// stageHeads takes in the next events and asks for the heads of the orders they name and for their sides. It returns
// how many lines were asked for so far, as every pass does.
func (b *Books) stageHeads(g *stageGroup, n int) int {
	st := &b.stage
	lines := &st.lines
	g.counts = stageCounts{}
	events := st.events[st.next:]
	if len(events) == 0 {
		return n
	}
	events = events[:min(len(events), stageEvents)]
	st.next += len(events)
	named, adds := 0, 0
	for i := range events {
		ev := &events[i]
		class := int(stageClasses[ev.Kind])
		id, instrument := ev.OrderID, ev.Instrument
		if class&stageByRef != 0 {
			id = ev.Ref
		}
		if !b.valid(instrument) {
			instrument = 0
		}
		h := b.head(id)
		si := sideIndex(instrument, ev.Side)
		memo := b.memo(si, ev.Price)
		lines[n&lineMask], lines[(n+1)&lineMask], lines[(n+2)&lineMask] = b.headLine(h), b.sideLine(si), b.memoLine(memo)
		n += 3
		g.named[named&stageMask] = stagedOrder{id: id, price: ev.Price, index: h, side: uint32(class & stageByRef)}
		named += class & stageNames
		g.adds[adds&stageMask] = stagedAdd{price: ev.Price, side: si, level: memo}
		adds += class / stageAdds
	}
	g.counts.named, g.counts.adds = named, adds
	return n
}

// stageOrders: heads and sides are here. It asks for the orders, and for the touch of sides that get a new one.
func (b *Books) stageOrders(g *stageGroup, n int) int {
	lines := &b.stage.lines
	for i := range g.counts.named {
		o := &g.named[i&stageMask]
		o.index = b.heads[o.index] // of another order, when the table grew meanwhile: no harm
		lines[n&lineMask] = b.orderLine(o.index)
		n++
	}
	for i := range g.counts.adds {
		a := &g.adds[i&stageMask]
		s := &b.sides[a.side]
		level := b.memos[a.level]
		if s.rank == rankOf(a.side, a.price) {
			level = s.best
		}
		a.level = level
		lines[n&lineMask] = b.levelLine(level)
		lines[(n+1)&lineMask], lines[(n+2)&lineMask] = b.priceLines(s)
		n += 3
	}
	return n
}

// stageLevels: orders are here. It asks for their levels and neighbours in the queues, and for the levels that replaced
// orders go to.
func (b *Books) stageLevels(g *stageGroup, n int) int {
	lines := &b.stage.lines
	late, adds := 0, g.counts.adds
	for i := range g.counts.named {
		s := &g.named[i&stageMask]
		o := &b.orders[s.index]
		level, prev, next, isLate := o.level, o.prev, o.next, 0
		if o.id != s.id {
			level = 0
		}
		if o.id != s.id {
			prev = 0
		}
		if o.id != s.id {
			next = o.hash
		}
		if o.id != s.id {
			isLate = 1
		}
		g.late[late&stageMask] = next
		late += isLate
		replaced := s.side != 0
		s.index, s.side = level, o.side
		n = b.stageAround(level, prev, next, o.side, n)
		if replaced {
			to := b.memos[b.memo(o.side, s.price)]
			g.adds[adds&stageMask].level = to
			adds++
			lines[n&lineMask] = b.levelLine(to)
			n++
		}
	}
	g.counts.late, g.counts.adds = late, adds
	return n
}

// stageAround asks for what leaves or changes with an order.
func (b *Books) stageAround(level, prev, next, side uint32, n int) int {
	lines := &b.stage.lines
	lines[n&lineMask], lines[(n+1)&lineMask], lines[(n+2)&lineMask] = b.levelLine(level), b.orderLine(prev), b.orderLine(next)
	lines[(n+3)&lineMask], lines[(n+4)&lineMask] = b.priceLines(&b.sides[side])
	return n + 5
}

// priceLines are the two lines at the end of a side's prices, where the touch is: five to eight prices.
func (b *Books) priceLines(s *side) (uintptr, uintptr) {
	end := int(s.prices.block)*poolBlock + s.prices.len()
	return b.entryLine(max(end-1, 0)), b.entryLine(max(end-5, 0))
}

// stageQueues: levels are here. It asks for the orders that new ones will queue behind, for the level that comes to the
// touch should the best one go, and for what hangs on the orders that were second in their chains.
func (b *Books) stageQueues(g *stageGroup, n int) int {
	lines := &b.stage.lines
	for i := range g.counts.adds {
		lines[n&lineMask] = b.orderLine(b.levels[g.adds[i&stageMask].level].tail)
		n++
	}
	for i := range g.counts.named {
		o := &g.named[i&stageMask]
		s := &b.sides[o.side]
		second := uint32(0)
		if end := int(s.prices.block)*poolBlock + s.prices.len(); end > 1 {
			second = b.entries.mem[end-2].level
		}
		if o.index != s.best {
			second = 0
		}
		lines[n&lineMask] = b.levelLine(second)
		n++
	}
	for i := range g.counts.late {
		o := &b.orders[g.late[i&stageMask]]
		n = b.stageAround(o.level, o.prev, o.next, o.side, n)
	}
	return n
}
