package book

// Stage fetches into the cache what events will touch, so that the misses of a burst overlap instead of following one
// another: an order hangs on its head, its level and its neighbours hang on the order. It is a hint and changes nothing:
// Apply gives the same without it.
//
// Call it with the events of a receive burst, then apply them in order. Stage itself looks at the first few groups of
// events; Apply, on reaching the first event of a group, moves the groups behind it one link further along the chain. So
// the lines asked for at any moment are few and come in while earlier events are applied. Books keep the slice until
// the next Stage and read it again in Apply; what is in it by then is of no consequence. Fewer than two events have
// nothing to overlap.
func (b *Books) Stage(events []Event) {
	st := &b.stage
	st.events, st.trigger = nil, nil
	if len(events) < 2 {
		return
	}
	st.events, st.next, st.turn = events, 0, 0
	for i := range st.groups {
		g := &st.groups[i]
		g.first, g.named, g.added = nil, 0, 0
	}
	for range stagePasses - 1 {
		b.advance()
	}
}

const (
	stageEvents = 8 // in a group
	stagePasses = 5 // heads and sides, orders and touches, levels and neighbours, queue ends, apply
)

// stage is the pipeline behind Stage: a group in each pass.
type stage struct {
	events  []Event
	next    int    // first event that is in no group yet
	trigger *Event // Apply advances the pipeline when it comes to this one
	groups  [stagePasses]stageGroup
	turn    int // group that takes in events next
	lines   [stageLines]uintptr
}

const stageLines = 512 // more than the passes of one turn can ask for

type stageGroup struct {
	first  *Event
	orders [2 * stageEvents]stagedOrder
	adds   [stageEvents]stagedAdd
	named  int
	added  int
}

// stagedOrder is an order that an event names, or an id that an event brings.
type stagedOrder struct {
	id    uint64
	index uint32 // of the head, then of the order
	fresh bool   // the id should not be in the book
	late  bool   // second in its chain
}

// stagedAdd is an order that an event brings.
type stagedAdd struct {
	price int64
	side  uint32
	level uint32
}

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
	st.trigger = group(3).first
	if at++; at == stagePasses {
		at = 0
	}
	st.turn = at
}

// stageHeads takes in the next events and asks for the heads of the orders they name and for their sides.
func (b *Books) stageHeads(g *stageGroup, n int) int {
	st := &b.stage
	g.named, g.added, g.first = 0, 0, nil
	events := st.events[st.next:]
	if len(events) == 0 {
		return n
	}
	events = events[:min(len(events), stageEvents)]
	st.next += len(events)
	g.first = &events[0]
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case KindExecute, KindExecuteAt, KindReduce, KindDelete, KindModify:
			n = b.stageID(g, ev.OrderID, false, n)
		case KindReplace:
			n = b.stageID(g, ev.Ref, false, n)
			n = b.stageID(g, ev.OrderID, true, n)
		case KindAdd:
			n = b.stageID(g, ev.OrderID, true, n)
			if b.valid(ev.Instrument) {
				g.adds[g.added&(stageEvents-1)] = stagedAdd{price: ev.Price, side: sideIndex(ev.Instrument, ev.Side)}
				g.added++
			}
		}
		if b.valid(ev.Instrument) {
			st.lines[n&(stageLines-1)] = b.sideLine(ev.Instrument << 1)
			n++
		}
	}
	return n
}

func (b *Books) stageID(g *stageGroup, id uint64, fresh bool, n int) int {
	h := b.head(id)
	g.orders[g.named&(2*stageEvents-1)] = stagedOrder{id: id, index: h, fresh: fresh}
	g.named++
	b.stage.lines[n&(stageLines-1)] = b.headLine(h)
	return n + 1
}

// stageOrders: heads and sides are here. It asks for the orders, and for the touch of sides that get a new one.
func (b *Books) stageOrders(g *stageGroup, n int) int {
	lines := &b.stage.lines
	kept := 0
	for i := range g.named {
		o := g.orders[i&(2*stageEvents-1)]
		if int(o.index) >= len(b.heads) {
			continue // the table was another one
		}
		if o.index = b.heads[o.index]; o.index == 0 {
			continue
		}
		lines[n&(stageLines-1)] = b.orderLine(o.index)
		n++
		if !o.fresh {
			g.orders[kept&(2*stageEvents-1)] = o
			kept++
		}
	}
	g.named = kept
	for i := range g.added {
		s := &b.sides[g.adds[i&(stageEvents-1)].side]
		if s.prices.len() != 0 {
			lines[n&(stageLines-1)] = b.levelLine(s.best)
			lines[(n+1)&(stageLines-1)], lines[(n+2)&(stageLines-1)] = b.priceLines(s)
			n += 3
		}
	}
	return n
}

// stageLevels: orders and prices are here. It asks for levels and for neighbours in the queues.
func (b *Books) stageLevels(g *stageGroup, n int) int {
	lines := &b.stage.lines
	for i := range g.named {
		s := &g.orders[i&(2*stageEvents-1)]
		o := &b.orders[s.index]
		if o.id != s.id {
			s.late, s.index = true, o.hash
			lines[n&(stageLines-1)] = b.orderLine(o.hash)
			n++
			continue
		}
		n = b.stageAround(o, n)
	}
	for i := range g.added {
		a := &g.adds[i&(stageEvents-1)]
		s := &b.sides[a.side]
		a.level = 0
		if s.prices.len() == 0 {
			continue
		}
		a.level = s.best
		if s.rank == rankOf(a.side, a.price) {
			continue
		}
		es := b.entries.entries(s.prices)
		at, found := search(es, rankOf(a.side, a.price))
		if !found {
			a.level = 0
			continue
		}
		a.level = es[at].level
		lines[n&(stageLines-1)] = b.levelLine(a.level)
		n++
	}
	return n
}

// stageAround asks for what leaves or changes with an order.
func (b *Books) stageAround(o *order, n int) int {
	lines := &b.stage.lines
	lines[n&(stageLines-1)] = b.levelLine(o.level)
	lines[(n+1)&(stageLines-1)] = b.orderLine(o.prev)
	lines[(n+2)&(stageLines-1)] = b.orderLine(o.next)
	n += 3
	if !b.topOnly {
		lines[n&(stageLines-1)], lines[(n+1)&(stageLines-1)] = b.priceLines(&b.sides[o.side])
		n += 2
	}
	return n
}

// stageQueues: levels are here. It asks for the orders that new ones will queue behind, and goes on with the orders that
// were second in their chains.
func (b *Books) stageQueues(g *stageGroup, n int) int {
	lines := &b.stage.lines
	for i := range g.added {
		if li := g.adds[i&(stageEvents-1)].level; li != 0 {
			lines[n&(stageLines-1)] = b.orderLine(b.levels[li].tail)
			n++
		}
	}
	for i := range g.named {
		if s := &g.orders[i&(2*stageEvents-1)]; s.late && s.index != 0 {
			n = b.stageAround(&b.orders[s.index], n)
		}
	}
	return n
}
