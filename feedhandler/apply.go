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
	depth   bool // mbp-10 is wanted, by its ring or by the latest table

	gapGen   uint32 // moves with every gap
	known    int    // directory entries already registered
	clearOne func(instrument uint32)
	clearing book.Event // what the R records of a whole channel say
	last     book.Event // the newest event applied
}

// instrumentState is what publishing needs to know of an instrument, together so that it costs one cache line.
type instrumentState struct {
	id        uint32 // instrument_id
	rebuiltAt uint32 // gap generation at which the book was last known whole; below gapGen it is suspect
	latestAt  uint32 // index in the latest table, or noLatest
	open      uint8  // schemas with records of a venue event that is not closed yet
	_         [3]uint8
}

const (
	openMBO    = 1 << 0
	openMBP1   = 1 << 1
	openMBP10  = 1 << 2
	openLatest = 1 << 3
)

const noLatest = math.MaxUint32

func (a *applier) init(dir *book.Directory, books *book.Books, cfg *ChannelConfig) {
	a.publisher.init(dir, cfg)
	a.books = books
	a.view = cfg.Feed.Depth
	books.SetView(book.View(a.view))
	a.depth = a.want.Has(shm.SchemaMBP10) || cfg.Output.Latest != nil
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
	if len(a.dir.Changed()) > 0 {
		a.register()
	}
	a.books.Stage(b.Events)
	packet := -1
	for i := range b.Events {
		e := &b.Events[i]
		if int(e.Packet) != packet {
			packet = int(e.Packet)
			a.packet = &b.Packets[packet]
		}
		a.begin(e)
		a.event(b, e)
		if e.Flags&book.FlagLast != 0 && a.state[e.Instrument].open != 0 {
			a.close(e)
		}
	}
	if n := len(b.Events); n > 0 {
		a.last = b.Events[n-1]
	}
}

// event handles one event. Records carry LAST when they are the event's final one in their schema.
func (a *applier) event(b *book.Batch, e *book.Event) {
	switch e.Kind {
	case book.KindNone:
	case book.KindTrade:
		a.publishTrade(e, e.Price, e.Qty, e.Side, e.Flags)
	case book.KindFill:
		a.publishFill(e, e.Price, e.Qty, e.Side, e.Flags)
	case book.KindTradeBreak:
		a.publishBreak(e)
	case book.KindStatus:
		a.publishStatus(e, &b.Statuses[e.Aux])
	case book.KindImbalance:
		a.publishImbalance(e, &b.Imbalances[e.Aux])
	case book.KindStatistic:
		a.publishStatistic(e, &b.Statistics[e.Aux])
	case book.KindDefinition:
		a.publishDefinition(e, &b.Definitions[e.Aux])
	case book.KindRebuilt:
		a.rebuilt(e.Instrument)
	case book.KindStale:
		a.stale(e.Instrument)
	case book.KindClearAll:
		a.clearAll(e)
		a.rebuildAll()
	default:
		a.bookEvent(e)
	}
}

func (a *applier) bookEvent(e *book.Event) {
	n := a.books.Apply(e, &a.changes)
	switch {
	case e.Kind == book.KindClear:
		// Told even when the book was empty: what follows begins from nothing.
		if e.Flags&book.FlagSnapshot == 0 {
			a.rebuilt(e.Instrument)
		}
		a.publishClearEvent(e)
		return
	case e.Kind == book.KindQuote && e.Flags&book.FlagLast != 0:
		// Both sides have been told once the event closes: nothing older is left in the book.
		a.rebuilt(e.Instrument)
	}
	if n == 0 || a.changes[0].Action == shm.ActionNone {
		return // nothing happened to the book, and the books counted why
	}
	// An execution names only the order: its instrument, price and side come from the book.
	first := &a.changes[0]
	e.Instrument = first.Instrument
	switch e.Kind {
	case book.KindExecute, book.KindExecuteAt:
		price := first.Price
		if e.Kind == book.KindExecuteAt {
			price = e.Price
		}
		a.publishTrade(e, price, first.Qty, opposite(first.Side), e.Flags&^book.FlagLast)
		a.publishFill(e, price, first.Qty, first.Side, e.Flags&^book.FlagLast)
		a.publishOrder(e, first, e.Flags)
	case book.KindReplace:
		if n == 2 && a.changes[1].Action != shm.ActionNone {
			a.publishOrder(e, first, e.Flags&^book.FlagLast)
			first = &a.changes[1]
		}
		a.publishOrder(e, first, e.Flags)
	case book.KindAdd, book.KindReduce, book.KindDelete, book.KindModify:
		a.publishOrder(e, first, e.Flags)
	default:
		a.publishDepth(e, first, e.Flags)
	}
}

func opposite(s book.Side) book.Side {
	switch s {
	case book.Bid:
		return book.Ask
	case book.Ask:
		return book.Bid
	}
	return book.NoSide
}

// close ends the venue's event for an instrument in the schemas where its last record did not carry LAST.
func (a *applier) close(e *book.Event) {
	open := a.state[e.Instrument].open
	if open&openMBO != 0 {
		a.noneMBO(e)
	}
	if open&openMBP1 != 0 {
		a.noneMBP1(e)
	}
	if open&(openMBP10|openLatest) != 0 {
		a.noneMBP10(e)
	}
	a.state[e.Instrument].open = 0
}

// clearAll empties every book; each that held anything gets its R.
func (a *applier) clearAll(e *book.Event) {
	a.clearing = *e
	a.clearing.Flags |= book.FlagLast
	a.books.ClearAll(a.clearOne)
}

// suspect says whether an instrument's book may be wrong because of a gap.
func (a *applier) suspect(instrument uint32) bool { return a.state[instrument].rebuiltAt < a.gapGen }

func (a *applier) rebuilt(instrument uint32) { a.state[instrument].rebuiltAt = a.gapGen }

func (a *applier) stale(instrument uint32) {
	if a.gapGen == 0 {
		a.openGap()
		a.rebuildAll()
	}
	a.state[instrument].rebuiltAt = 0
	a.markLatest(instrument)
}

func (a *applier) rebuildAll() {
	for i := range a.state {
		a.state[i].rebuiltAt = a.gapGen
	}
}

// openGap makes every instrument of the channel suspect, in the records to come and in the latest table now.
func (a *applier) openGap() {
	a.gapGen++
	for i := 1; i < a.known; i++ {
		a.markLatest(uint32(i))
	}
}

// restart begins a session: books are emptied, and whole again if the session is joined at its first message.
func (a *applier) restart(firstSeq uint64) {
	if a.packet != nil {
		// The last event before the restart dates it: the same on every line, unlike the packets around it.
		last := a.last
		last.Side, last.Flags, last.Attr = book.NoSide, book.FlagLast, 0
		a.begin(&last)
		a.clearAll(&last)
	}
	for i := range a.state {
		a.state[i].open = 0
	}
	if firstSeq > 1 {
		a.gapGen++
	} else {
		a.rebuildAll()
	}
}

// register tells the instrument table about new and changed directory entries.
func (a *applier) register() {
	for _, i := range a.dir.Changed() {
		ins := a.dir.At(i)
		st := &a.state[i]
		st.id = ins.ID
		if a.instruments != nil {
			if at, ok := a.instruments.Instrument(a.channel, i, ins); ok {
				st.latestAt = at
			}
		}
		if ins.Depth != 0 {
			a.books.SetDepth(i, ins.Depth, ins.ImpliedDepth)
		}
	}
	a.dir.ClearChanged()
	a.known = a.dir.Len()
}

// Suspect returns how many instruments have a book that cannot be trusted because of a gap.
func (a *applier) Suspect() int {
	if a.gapGen == 0 {
		return 0
	}
	n := 0
	for i := 1; i < a.known; i++ {
		if a.suspect(uint32(i)) {
			n++
		}
	}
	return n
}
