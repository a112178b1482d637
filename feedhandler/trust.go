package feedhandler

import (
	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// Trust in books. A gap moves the channel's generation; a book is suspect while the generation at which it was last
// known whole lies behind. Orders and price levels are trusted apart, because a venue may rebuild or number one of them
// only. Suspect books are published all the same, flagged MAYBE_BAD_BOOK.

// instrumentState is what publishing needs to know of an instrument, together so that it costs one cache line.
type instrumentState struct {
	id       uint32    // instrument_id
	latestAt uint32    // index in the latest table, or noLatest
	orders   uint32    // generation at which the orders were last known whole
	levels   uint32    // the same of price levels and quotes
	seenAt   uint32    // generation of the last event
	open     uint8     // schemas with records of a venue event that is not closed yet
	life     uint8     // book.Instrument.Life of the instrument whose book it is
	hides    SchemaSet // schemas in which it is not published: all when Output.Only names others
	_        [1]uint8
}

// shown is the generation of the book that the price-level schemas show.
func (a *applier) shown(st *instrumentState) uint32 {
	if a.view == venue.ByOrder {
		return st.orders
	}
	return st.levels
}

// mark keeps track of whether a schema's record closed the venue's event.
func (st *instrumentState) mark(schema, flags uint8) {
	if flags&book.FlagLast != 0 {
		st.open &^= schema
	} else {
		st.open |= schema
	}
}

// orderFlags are the content flags of an mbo record.
func (a *applier) orderFlags(st *instrumentState, flags uint8) uint8 {
	if st.orders < a.gapGen {
		flags |= shm.FlagMaybeBadBook
	}
	return flags
}

// depthFlags are the content flags of every other record.
func (a *applier) depthFlags(st *instrumentState, flags uint8) uint8 {
	if a.shown(st) < a.gapGen {
		flags |= shm.FlagMaybeBadBook
	}
	return flags
}

// doubtful are the flags of a change that leaves the book in a state no market should show for long.
func doubtful(c *book.Change, flags uint8) uint8 {
	if c.Anomaly == book.AnomalyCrossed || c.Anomaly == book.AnomalyLocked {
		flags |= shm.FlagMaybeBadBook
	}
	return flags
}

// openGap makes every instrument of the channel suspect, in the records to come and in the latest table now. Where they all
// are, nothing is left to do: a datagram can have hundreds of messages that say nothing, and a channel thousands of instruments.
// e is the event that did it; nil: none.
func (a *applier) openGap(e *book.Event, reason uint32) {
	if a.allSuspect {
		return
	}
	a.allSuspect = true
	a.gapGen++
	a.allTurned(e, reason)
	for i := 1; i < a.known; i++ {
		a.markLatest(uint32(i))
	}
}

// rebuilt makes an instrument's books whole: the levels, the orders, or both.
func (a *applier) rebuilt(e *book.Event, instrument uint32, orders, levels bool) {
	a.allSuspect = false
	st := &a.state[instrument]
	was := a.suspicion(st)
	if orders {
		st.orders = a.gapGen
	}
	if levels {
		st.levels = a.gapGen
	}
	if was != 0 {
		a.turned(instrument, was, e, shm.ReasonNone)
	}
}

// unaffected takes the venue's word that the gaps since the instrument's last event took nothing of it: whole is what
// was whole then.
func (a *applier) unaffected(e *book.Event, instrument uint32, levelsOnly bool) {
	a.allSuspect = false
	st := &a.state[instrument]
	was := a.suspicion(st)
	if st.levels >= st.seenAt {
		st.levels = a.gapGen
	}
	if !levelsOnly && st.orders >= st.seenAt {
		st.orders = a.gapGen
	}
	if was != 0 {
		a.turned(instrument, was, e, shm.ReasonNone)
	}
}

// stale makes one instrument's books suspect, the channel's others staying as they are.
func (a *applier) stale(e *book.Event, instrument uint32, orders, levels bool, reason uint32) {
	if instrument == 0 {
		return
	}
	if a.gapGen == 0 {
		a.gapGen++ // so that there is a generation to lie behind
		a.trustAll()
	}
	st := &a.state[instrument]
	was := a.suspicion(st)
	if orders {
		st.orders = 0
	}
	if levels {
		st.levels = 0
	}
	a.turned(instrument, was, e, reason)
	if a.shown(st) < a.gapGen {
		a.markLatest(instrument)
	}
}

// broken are the anomalies after which a book is not what the venue's is.
var broken = [book.AnomalyCount]bool{
	book.AnomalyUnknownOrder: true, book.AnomalyDuplicateOrder: true, book.AnomalyNegativeSize: true,
	book.AnomalyQuantityOverflow: true, book.AnomalyInstrumentMismatch: true, book.AnomalySideMismatch: true,
	book.AnomalyBadSide: true, book.AnomalyBadPrice: true, book.AnomalyBadLevel: true, book.AnomalyUnknownLevel: true,
	book.AnomalyLevelMoved: true, book.AnomalyMixedLevels: true,
	book.AnomalyOrderTableFull: true, book.AnomalyLevelTableFull: true,
}

// anomaly makes the book suspect that an event did not fit.
func (a *applier) anomaly(e *book.Event, anomaly book.Anomaly) {
	if !broken[anomaly] || anomaly == book.AnomalyUnknownLevel && e.Kind == book.KindLevelSet {
		return // a level that is told to be gone and is not there leaves the right book
	}
	byOrder := e.Kind < book.KindLevelSet
	a.stale(e, e.Instrument, byOrder, !byOrder, shm.ReasonUnfit)
}

func (a *applier) trustAll() {
	a.allSuspect = false
	for i := range a.state {
		a.state[i].orders, a.state[i].levels = a.gapGen, a.gapGen
	}
}

// Suspect returns how many instruments show price levels that cannot be trusted.
func (a *applier) Suspect() int {
	if a.gapGen == 0 {
		return 0
	}
	n := 0
	for i := 1; i < a.known; i++ {
		if a.shown(&a.state[i]) < a.gapGen && !a.member.othersShow(uint32(i)) {
			n++
		}
	}
	return n
}

// markLatest flags an instrument's latest entry as suspect, so that a conflating reader learns of a gap although
// no message of the instrument came.
func (a *applier) markLatest(instrument uint32) {
	if a.member.set != nil && !a.member.hasShown(instrument) {
		return
	}
	if at := a.state[instrument].latestAt; a.out.Latest != nil && at != noLatest {
		a.out.Latest.SetFlags(at, shm.FlagMaybeBadBook)
	}
}
