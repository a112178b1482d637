package feedhandler

import (
	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// Telling ahead. In a small burst the first of its events are published as far as the books can foretell them, and applied to
// the books behind that: a record then waits for its order, not for the book work of the events before it. What each ring holds
// is the same; a record is only earlier there.

const (
	aheadEvents = 16 // a larger burst is a backlog: looking up orders twice would keep its last records longer
	aheadRun    = 8  // told, then applied: what waits for the books waits for so many at most
)

// foretold are the schemas whose records need no more than orders and touches.
const foretold = SchemaSet(1<<shm.SchemaMBO | 1<<shm.SchemaTrades | 1<<shm.SchemaMBP1)

// initAhead decides whether records are told ahead: the feed must tell orders, somebody must want such records, and the latest
// table must not say that a book holds what is told and not yet applied, as it would if its positions counted one of these rings.
func (a *applier) initAhead() {
	a.ahead = a.view == venue.ByOrder && a.want&foretold != 0 && (a.out.Latest == nil || foretold&Schemas(a.out.LatestSchema) == 0)
}

// afterTelling ends a run of telling that a panic has left in the middle.
func (a *applier) afterTelling() {
	a.take(AllSchemas)
	a.depth = a.deep
}

// firstRun returns the event of a batch at which tellAhead is to be called first; none when there is no such event.
func (a *applier) firstRun(events int) int {
	if a.ahead && events <= aheadEvents {
		return 0
	}
	return none
}

const none = -1

// tellAhead publishes the records of a run of events of one packet, the first of which is the next to apply. It leaves the turn
// to the schemas that are published when they are applied, and returns the event behind them, where to call it again.
func (a *applier) tellAhead(events []book.Event, from int) int {
	depth := a.depth
	a.take(foretold)
	a.depth = false
	a.books.Foresee()
	at := from
	for ; at < min(len(events), from+aheadRun) && events[at].Packet == events[from].Packet; at++ {
		e := &events[at]
		n := a.books.Foretell(e, &a.changes)
		if n == 0 {
			break
		}
		a.begin(e)
		a.publishChanges(e, n)
		if st := &a.state[e.Instrument]; st.open != 0 {
			a.close(st, e)
		}
	}
	a.books.Foreseen()
	a.depth = depth
	if at == from {
		a.take(AllSchemas)
		return from + 1
	}
	a.take(AllSchemas &^ foretold)
	return at
}
