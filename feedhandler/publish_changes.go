package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// publishChanges publishes the n changes of an order event.
func (a *applier) publishChanges(e *book.Event, n int) {
	// An execution names only the order: its instrument, price and side come from the book.
	first := &a.changes[0]
	e.Instrument = first.Instrument
	st := &a.state[e.Instrument]
	switch e.Kind {
	case book.KindAdd, book.KindReduce, book.KindDelete, book.KindModify:
		a.publishOrder(st, e, first, e.Flags)
	case book.KindExecute, book.KindExecuteAt:
		price := first.Price
		if e.Kind == book.KindExecuteAt {
			price = e.Price
		}
		a.publishTrade(st, e, price, first.Qty, opposite(first.Side), e.Flags&^book.FlagLast)
		a.publishFill(st, e, price, first.Qty, first.Side, e.Flags&^book.FlagLast)
		a.publishOrder(st, e, first, e.Flags)
	case book.KindReplace:
		if n == 2 && a.changes[1].Action != shm.ActionNone {
			a.publishOrder(st, e, first, e.Flags&^book.FlagLast)
			first = &a.changes[1]
		}
		a.publishOrder(st, e, first, e.Flags)
	default:
		if first.Depth != book.NoDepth {
			a.publishDepth(st, e, first, e.Flags)
		}
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

// close ends the venue's event for an instrument in the schemas where its last record did not carry LAST, as far as they are
// published now: what is told ahead leaves mbp-10 to when the books have the event. A record with LAST closes its schema.
func (a *applier) close(st *instrumentState, e *book.Event) {
	open := st.open
	if open&openMBO != 0 {
		a.noneMBO(st, e)
	}
	if open&openMBP1 != 0 {
		a.noneMBP1(st, e)
	}
	if open&openMBP10 != 0 && a.depth {
		a.noneMBP10(st, e)
	}
}

func (a *applier) noneMBO(st *instrumentState, e *book.Event) {
	a.putMBO(st, e, shm.ActionNone, book.NoSide, 0, book.UndefPrice, 0, a.orderFlags(st, book.FlagLast))
}

func (a *applier) noneMBP1(st *instrumentState, e *book.Event) {
	a.putMBP1(st, e, shm.ActionNone, book.NoSide, book.UndefPrice, 0, 0, a.depthFlags(st, book.FlagLast), 0)
}

func (a *applier) noneMBP10(st *instrumentState, e *book.Event) {
	a.putMBP10(st, e, shm.ActionNone, book.NoSide, book.UndefPrice, 0, 0, a.depthFlags(st, book.FlagLast), 0)
}
