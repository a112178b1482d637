package book

// Stage fetches into the cache what events will touch, so that the misses of a burst overlap instead of following one
// another: levels and neighbours hang on the order, and other orders on them. It is a hint and changes nothing: Apply gives
// the same without it.
//
// Call it with the events of a receive burst, then apply them in order; of those that are not for Apply tell Reached.
// Stage itself only takes in the first group of events. At the first event of each later group the groups behind it move one
// link further along the chain; so the lines asked for at any moment are few and come in while earlier events are applied.
// The first group moves on between its own events: else the first would wait for what all of them need.
// Books keep the slice until the next Stage and read it again; what is in it by then is of no consequence.
//
// One or two events have next to nothing to overlap, and books that are small enough for the cache have no misses: there Stage
// does nothing, since looking ahead costs about 20 ns an event.
func (b *Books) Stage(events []Event) {
	st := &b.stage
	st.events, st.trigger = nil, nil
	if len(events) < 3 || b.orders.live < b.stageFrom {
		return
	}
	st.events, st.next, st.turn = events, 0, 0
	b.stageHomes(&st.groups[0])
	st.trigger = &events[stageMoves[0]]
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
	stagePasses = 3 // homes and memos, levels and neighbours, queue ends
	stageMask   = stageEvents - 1
)

// stageMoves are the events of the first group at which the pipeline moves: levels of its first four events; of the rest, and
// the homes of the second group; from the third move on every group moves one pass on. Bursts of up to five end before that.
var stageMoves = [stagePasses]int{1, 3, 5}

// stage is the pipeline behind Stage: a group in each pass.
//
// What an event is, and which of a home's orders it names, nothing foresees, and a wrong guess costs more
// than the work. So a pass does the same for every event and asks for as many lines, with index 0 where there is nothing
// to ask for: its line is always in the cache.
type stage struct {
	events  []Event
	next    int    // first event that is in no group yet
	trigger *Event // Apply advances the pipeline when it comes to this one
	turn    int    // how often the pipeline moved
	groups  [stagePasses]stageGroup
	lines   stageLines
}

type stageGroup struct {
	events [stageEvents]staged
	n      int
}

// stageLines is where a pass puts together what it asks for.
type stageLines struct {
	homes  [stageEvents][3]uintptr
	levels [stageEvents][5]uintptr
	queues [stageEvents * 6]uintptr
}

// staged is an event on its way. One that names no order is taken for one that brings an order: what is asked for in vain
// is the touch of its instrument.
type staged struct {
	price int64
	tag   uint32 // of the order it names, or brings
	order uint32 // its home, 0 when it names none; then the first in the annex should it not be at home
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

// advance moves every group one pass on and starts a new one; the first two moves are the first group's (stageMoves).
func (b *Books) advance() {
	st := &b.stage
	switch g := &st.groups[0]; st.turn {
	case 0:
		b.stageLevels(g, 0, min(g.n, stageEvents/2))
	case 1:
		b.stageLevels(g, min(g.n, stageEvents/2), g.n)
		b.stageHomes(&st.groups[1])
	default:
		turn := uint(st.turn)
		levels := &st.groups[(turn+2)%stagePasses]
		b.stageQueues(&st.groups[(turn+1)%stagePasses])
		b.stageLevels(levels, 0, levels.n)
		b.stageHomes(&st.groups[turn%stagePasses])
	}
	st.turn++
	next := (st.turn - stagePasses + 1) * stageEvents
	if st.turn < stagePasses {
		next = stageMoves[st.turn]
	}
	st.trigger = nil
	if next < len(st.events) {
		st.trigger = &st.events[next]
	}
}

// stageHomes takes in the next events and asks for the homes of their orders and for their memos. The sides of all
// instruments are few enough for the nearer caches.
func (b *Books) stageHomes(g *stageGroup) {
	st := &b.stage
	events := st.events[st.next:]
	events = events[:min(len(events), stageEvents)]
	st.next += len(events)
	g.n = len(events)
	for i := range events {
		ev, s, lines := &events[i], &g.events[i&stageMask], &st.lines.homes[i&stageMask]
		id, ref, instrument := ev.OrderID, ev.Ref, ev.Instrument
		if ev.Kind == KindReplace {
			id = ref
		}
		if int(instrument) >= len(b.open) {
			instrument = 0
		}
		home, side := b.orders.home(id), sideIndex(instrument, ev.Side)
		memo, names := b.memo(side, ev.Price), stageNames[ev.Kind]
		s.price, s.tag, s.order, s.level, s.side = ev.Price, uint32(id), home&names, memo, side
		s.names, s.kind = names, ev.Kind
		lines[0], lines[1], lines[2] = b.orderLine(home), b.memoLine(memo), b.sideLine(side)
	}
	fetchLines(&st.lines.homes[0][0], 3*len(events))
}

// stageLevels: homes and memos are here. It asks for the levels of the orders named and for their neighbours in the
// queues, for the prices at the touch, and for the levels that new and replaced orders go to.
func (b *Books) stageLevels(g *stageGroup, from, to int) {
	all := &b.stage.lines.levels
	for i := from; i < to; i++ {
		s, lines := &g.events[i&stageMask], &all[i&stageMask]
		line := b.orders.lineAt(s.order) // of other orders, when the table grew meanwhile: no harm
		at := line.place(s.tag)
		home := -differ(at, homeFull) // all ones when it is there
		annex := line.annex &^ home
		o := b.orders.at((s.order + at) & home) // order 0 has no level: what is known of a new order stays
		next := o.next&home | annex
		side, level := b.sideAt(s.side), *b.memoAt(s.level)
		best := side.best
		if side.rank == rankOf(s.side, s.price) {
			level = best
		}
		level = level&^s.names | o.level>>1
		si := s.side | o.level&1 // of an event without instrument it is nobody's side, asked for in vain
		s.order, s.level, s.side = annex, level, si
		lines[0], lines[1], lines[2] = b.levelLine(level), b.orderLine(o.prev), b.orderLine(next)
		lines[3], lines[4] = b.priceLines(b.sideAt(si))
		if s.kind == KindReplace { // from here on it is one that brings an order
			s.level, s.names = *b.memoAt(b.memo(si, s.price)), 0
			lines[4] = b.levelLine(s.level)
		}
	}
	fetchLines(&all[from&stageMask][0], 5*(to-from))
}

// stageQueues: levels are here. It asks for the orders that new ones will queue behind, for the level that comes to the
// touch should the best one go, and for what hangs on orders of the annex.
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
			o := b.orders.at(s.order)
			lines[n], lines[n+1], lines[n+2] = b.levelLine(o.level>>1), b.orderLine(o.prev), b.orderLine(o.next)
			lines[n+3], lines[n+4] = b.priceLines(b.sideAt(s.side | o.level&1))
			n += 5
		}
	}
	fetchLines(&lines[0], n)
}

// differ is 1 when a and b are not the same, else 0, without a branch.
func differ(a, b uint32) uint32 {
	n := uint32(0)
	if a != b {
		n = 1
	}
	return n
}
