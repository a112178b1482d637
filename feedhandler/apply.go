package feedhandler

import (
	"math"

	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// applier turns a channel's events into changes of its books and the changes into records.
type applier struct {
	publisher
	books   *book.Books
	view    venue.Depth
	changes [2]book.Change
	ahead   bool // records of small bursts are told before the books have them
	deep    bool // mbp-10 is wanted, by its ring or by the latest table
	depth   bool // and its records are made now

	member membership // of a set; none: alone

	gapGen     uint32 // moves with every gap
	known      int    // directory entries taken in
	allSuspect bool   // no instrument was made whole since the newest gap
	clearOne   func(instrument uint32)
	clearing   book.Event // what the R records of a whole channel say
	last       book.Event // the newest event applied, and its packet
	lastIn     book.Packet

	number   uint32 // of the channel, in records
	standing standing
}

const (
	openMBO   = 1 << 0
	openMBP1  = 1 << 1
	openMBP10 = 1 << 2 // and the latest table
)

const noLatest = math.MaxUint32

func (a *applier) init(dir *book.Directory, books *book.Books, cfg *ChannelConfig) {
	a.publisher.init(dir, cfg)
	a.books = books
	a.view = cfg.Feed.Depth
	books.SetView(book.View(a.view))
	a.deep = cfg.wantsDepth()
	a.depth = a.deep
	a.initAhead()
	a.standing.tells = bookLevels
	if cfg.Feed.ByOrder {
		a.standing.tells |= bookOrders
	}
	a.state = make([]instrumentState, cfg.Options.MaxInstruments+1)
	for i := range a.state {
		a.state[i].latestAt = noLatest
	}
	a.known = 1
	// A method value kept once: making it per call would allocate.
	a.clearOne = a.publishClear
}

// apply applies a batch in order.
func (a *applier) apply(b *book.Batch) {
	if len(b.Changes) == 0 {
		a.applyEvents(b, b.Events)
	} else {
		a.applyAround(b)
	}
	a.noteLast(b)
}

// noteLast keeps the newest event that dates what a restart tells.
func (a *applier) noteLast(b *book.Batch) {
	for n := len(b.Events) - 1; n >= 0; n-- {
		if e := &b.Events[n]; e.Kind != book.KindStale { // which may have no date
			// Kept by value: the batch is used again before a restart may ask.
			a.last, a.lastIn = *e, b.Packets[e.Packet]
			break
		}
	}
}

// applyAround applies a batch in which instruments get other names or properties: each in its place between the events, so
// that a record is told under the name that held when it was made.
func (a *applier) applyAround(b *book.Batch) {
	from := 0
	for i := range b.Changes {
		c := &b.Changes[i]
		if c.At > from {
			a.applyEvents(b, b.Events[from:c.At])
			from = c.At
		}
		a.standBefore(b, c.At)
		if st := &a.state[c.Index]; st.life != c.Instrument.Life {
			st.life = c.Instrument.Life
			if a.books.Holds(c.Index) {
				a.endLife(b, c)
			}
		}
		a.enrol(c)
	}
	a.applyEvents(b, b.Events[from:])
}

// applyEvents applies events of a batch in order.
func (a *applier) applyEvents(b *book.Batch, events []book.Event) {
	a.books.Stage(events)
	packet, run := -1, a.firstRun(len(events))
	for i := range events {
		e := &events[i]
		if int(e.Packet) != packet {
			packet = int(e.Packet)
			a.enter(&b.Packets[packet])
		}
		if i == run {
			run = a.tellAhead(events, i)
		}
		a.begin(e)
		if e.Kind-book.KindAdd <= book.KindQuote-book.KindAdd {
			a.bookEvent(e) // nearly every event: a compare that is foreseen, not a jump by kind that nothing foresees
		} else {
			a.books.Reached(e)
			a.event(b, e)
		}
		st := &a.state[e.Instrument]
		st.seenAt = a.gapGen
		if e.Flags&book.FlagLast != 0 && st.open != 0 {
			a.close(st, e)
		}
	}
	a.take(AllSchemas)
}

// event handles one event. Records carry LAST when they are the event's final one in their schema.
func (a *applier) event(b *book.Batch, e *book.Event) {
	switch e.Kind {
	case book.KindNone:
		if e.Flags&book.FlagLast != 0 {
			a.books.Apply(e, &a.changes) // the event is complete: is the book crossed?
		}
	case book.KindTrade:
		a.publishTrade(&a.state[e.Instrument], e, e.Price, e.Qty, e.Side, e.Flags)
	case book.KindFill:
		a.publishFill(&a.state[e.Instrument], e, e.Price, e.Qty, e.Side, e.Flags)
	case book.KindTradeBreak:
		a.publishBreak(&a.state[e.Instrument], e)
	case book.KindStatus:
		a.publishStatus(e, &b.Statuses[e.Aux])
	case book.KindImbalance:
		a.publishImbalance(e, &b.Imbalances[e.Aux])
	case book.KindStatistic:
		a.publishStatistic(e, &b.Statistics[e.Aux])
	case book.KindDefinition:
		if e.Level != 0 {
			a.books.SetDepth(e.Instrument, e.Level, uint8(e.Count))
		}
		a.publishDefinition(e, &b.Definitions[e.Aux])
	case book.KindRebuilt:
		levels := e.Flags&book.FlagMBP != 0
		a.rebuilt(e, e.Instrument, !levels, levels)
	case book.KindUnaffected:
		a.unaffected(e, e.Instrument, e.Flags&book.FlagMBP != 0)
	case book.KindStale:
		reason := shm.ReasonUndecoded
		if e.Attr&book.AttrMissing != 0 {
			reason = shm.ReasonGap
		}
		if e.Instrument == 0 {
			a.openGap(e, reason)
		} else {
			a.stale(e, e.Instrument, true, true, reason)
		}
	case book.KindClearAll:
		a.emptying(e)
		a.clearAll(e)
		a.trustAll()
		a.emptied(e)
	default:
		a.bookEvent(e)
	}
}

// bookEvent applies an event to the books and publishes what it changed.
func (a *applier) bookEvent(e *book.Event) {
	n := a.books.Apply(e, &a.changes)
	first := &a.changes[0]
	if oneOrder>>(e.Kind&31)&1 != 0 && first.Anomaly == book.AnomalyNone && first.Action != shm.ActionNone {
		e.Instrument = first.Instrument
		a.publishOrder(&a.state[first.Instrument], e, first, e.Flags)
		return
	}
	a.otherEvent(e, n)
}

// oneOrder holds the kinds that are told as one change of one order, a bit each: most events, in one test.
const oneOrder = 1<<book.KindAdd | 1<<book.KindReduce | 1<<book.KindDelete | 1<<book.KindModify

// otherEvent publishes what an event changed: n changes.
func (a *applier) otherEvent(e *book.Event, n int) {
	switch {
	case e.Kind == book.KindClear:
		// Told even when the book was empty: what follows begins from nothing.
		if e.Flags&book.FlagSnapshot == 0 {
			a.rebuilt(e, e.Instrument, true, true)
		}
		a.publishClearEvent(e)
		return
	case e.Kind == book.KindQuote && e.Flags&book.FlagLast != 0:
		// Both sides have been told once the event closes: nothing older is left in the book.
		a.rebuilt(e, e.Instrument, false, true)
	}
	for i := range a.changes[:n] {
		if c := &a.changes[i]; c.Anomaly != book.AnomalyNone {
			a.anomaly(e, c.Anomaly)
		}
	}
	if n == 0 || a.changes[0].Action == shm.ActionNone {
		// Nothing happened to the book, and the books counted why. A trade whose message tells its price happened.
		if e.Kind == book.KindExecuteAt && e.Instrument != 0 {
			a.publishTrade(&a.state[e.Instrument], e, e.Price, e.Qty, book.NoSide, e.Flags)
		}
		return
	}
	a.publishChanges(e, n)
}

// clearAll empties every book; each that held anything gets its R.
func (a *applier) clearAll(e *book.Event) {
	a.clearing = *e
	a.clearing.Flags |= book.FlagLast
	a.books.ClearAll(a.clearOne)
}

// restart empties the books for a session, or for the same again; they are whole if it is joined at its first message. The
// channel stands before firstSeq then, at ns.
func (a *applier) restart(firstSeq, ns uint64, begins bool, reason uint32) {
	if a.packet != nil {
		a.stand(max(unitOf(&a.lastIn, &a.last), a.standing.unit), ns)
	}
	a.emptying(nil)
	if a.packet != nil {
		a.enter(&a.lastIn)
		// The last event before the restart dates it: the same on every line, unlike the packets around it.
		last := a.last
		last.Side, last.Flags, last.Attr = book.NoSide, book.FlagLast, 0
		a.begin(&last)
		a.clearAll(&last)
	}
	for i := range a.state {
		a.state[i].open = 0
	}
	a.stand(max(firstSeq, 1)-1, ns)
	a.standing.quiet = false
	if begins {
		s := &a.standing
		s.begun, s.pending, s.before, s.lost = true, true, s.unit, 0
	}
	switch {
	case firstSeq <= 1:
		a.trustAll()
		a.emptied(nil)
	case a.allSuspect:
		a.allTurned(nil, reason)
	default:
		a.openGap(nil, reason)
	}
}

// endLife empties the book of an instrument that another channel of the set has said to be no more: who comes next under its
// id inherits nothing. The last event with a date of its own dates it, in this batch or an earlier one.
func (a *applier) endLife(b *book.Batch, c *book.InstrumentChange) {
	e, in := a.last, &a.lastIn
	for n := c.At - 1; n >= 0; n-- {
		if before := &b.Events[n]; before.Kind != book.KindStale {
			e, in = *before, &b.Packets[before.Packet]
			break
		}
	}
	a.enter(in)
	e.Kind, e.Instrument, e.Side, e.Flags, e.Attr = book.KindClear, c.Index, book.NoSide, book.FlagLast, 0
	if c.Instrument.Began != 0 {
		e.TsEvent = c.Instrument.Began
	}
	a.begin(&e)
	a.bookEvent(&e)
	if st := &a.state[c.Index]; st.open != 0 {
		a.close(st, &e)
	}
}

// standBefore says where the channel is before an event of a batch: after the event in front of it.
func (a *applier) standBefore(b *book.Batch, at int) {
	e, in := &a.last, &a.lastIn
	if at > 0 {
		e = &b.Events[at-1]
		in = &b.Packets[e.Packet]
	}
	if in.TsRecv != 0 || in.Seq != 0 {
		a.stand(unitOf(in, e), in.TsRecv)
	}
}

// enrol takes in what an entry of the directory became, and tells the instrument table.
func (a *applier) enrol(c *book.InstrumentChange) {
	ins, st := &c.Instrument, &a.state[c.Index]
	first := int(c.Index) >= a.known
	other := first || st.id != ins.ID
	st.id = ins.ID
	if ins.Depth != 0 {
		// The definition may have come on another channel of the set.
		a.books.SetDepth(c.Index, ins.Depth, ins.ImpliedDepth)
	}
	st.latestAt = noLatest
	if st.hides = 0; !a.out.shows(&ins.Symbol) {
		st.hides = AllSchemas
	} else if a.instruments != nil {
		if at, ok := a.instruments.Instrument(a.channel, c.Index, ins); ok {
			st.latestAt = at
		}
	}
	a.known = max(a.known, int(c.Index)+1)
	if other {
		a.appeared(c.Index, first)
	} else {
		a.standInstrument(c.Index, a.standing.why)
	}
}

// enrolAll takes in the changes of a batch whose events are given up.
func (a *applier) enrolAll(b *book.Batch) {
	for i := range b.Changes {
		a.enrol(&b.Changes[i])
	}
}

// forget gives up the entries that the directory no longer has: a new session has begun a new one.
func (a *applier) forget() {
	for i := a.dir.Len(); i < a.known; i++ {
		a.state[i].id, a.state[i].life, a.state[i].latestAt = 0, 0, noLatest
	}
	if a.known > a.dir.Len() {
		a.known = a.dir.Len()
		a.recount()
		a.settle(nil, false)
	}
}
