package feedhandler

import (
	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// putMBP1 publishes one mbp-1 record with the top as it stands.
func (a *applier) putMBP1(st *instrumentState, e *book.Event, action uint8, side book.Side, price int64, qty uint64, depth, flags uint8, extra uint64) {
	if !(a.now &^ st.hides).Has(shm.SchemaMBP1) {
		if a.unpublished(shm.SchemaMBP1, e) {
			st.mark(openMBP1, flags)
		}
		return
	}
	slot, ring := &a.own.mbp1, a.rings.mbp1
	if ring != nil {
		slot = ring.Claim()
	}
	r := &slot.Body
	a.header(&r.RecordHeader, shm.RTypeMBP1, shm.SizeMBP1, st, e)
	r.Price, r.Size = price, a.size(qty)
	r.Action, r.Side, r.Depth = action, uint8(side), depth
	r.Sequence = e.Seq
	bid, ask := a.books.Top(e.Instrument)
	a.level(&r.Levels[0], &bid, &ask)
	slot.TradeID = extra
	if a.digest {
		r.Flags, r.TsRecv, r.TsInDelta = flags, 0, 0
		a.note(shm.SchemaMBP1, shm.Bytes(r), e)
	}
	r.Flags, r.TsRecv, r.TsInDelta = flags|a.receipt.flags, a.receipt.tsRecv, a.receipt.delta
	if ring != nil {
		ring.Commit(slot)
	}
	if a.taps.Has(shm.SchemaMBP1) {
		a.tap(shm.SchemaMBP1, shm.Bytes(r), extra)
	}
	st.mark(openMBP1, flags)
}

// putMBP10 publishes one mbp-10 record with ten levels as they stand, and the latest table's entry when the
// venue's event is complete: a conflating reader never sees the middle of one.
func (a *applier) putMBP10(st *instrumentState, e *book.Event, action uint8, side book.Side, price int64, qty uint64, depth, flags uint8, extra uint64) {
	wanted := (a.now &^ st.hides).Has(shm.SchemaMBP10)
	latest := a.out.Latest != nil && st.latestAt != noLatest && flags&book.FlagLast != 0
	if latest && a.member.set != nil {
		mine, others := a.member.hasShown(e.Instrument), a.member.othersShow(e.Instrument)
		if latest = a.member.shows(e.Instrument, flags); latest && !mine {
			a.nowShows(e, others) // whose book is shown says how it stands
		}
	}
	st.mark(openMBP10, flags)
	if !wanted {
		a.unpublished(shm.SchemaMBP10, e)
		if !latest {
			return
		}
	}
	slot, ring := &a.own.mbp10, a.rings.mbp10
	if !wanted {
		ring = nil // for the latest table alone
	}
	if ring != nil {
		slot = ring.Claim()
	}
	r := &slot.Body
	a.header(&r.RecordHeader, shm.RTypeMBP10, shm.SizeMBP10, st, e)
	r.Price, r.Size = price, a.size(qty)
	r.Action, r.Side, r.Depth = action, uint8(side), depth
	r.Sequence = e.Seq
	nb, na := a.books.Depth(e.Instrument, &a.bids, &a.asks)
	for i := range r.Levels {
		bid, ask := &a.bids[i], &a.asks[i]
		if i >= nb {
			bid = &noLevel
		}
		if i >= na {
			ask = &noLevel
		}
		a.level(&r.Levels[i], bid, ask)
	}
	slot.TradeID = extra
	if wanted && a.digest {
		r.Flags, r.TsRecv, r.TsInDelta = flags, 0, 0
		a.note(shm.SchemaMBP10, shm.Bytes(r), e)
	}
	r.Flags, r.TsRecv, r.TsInDelta = flags|a.receipt.flags, a.receipt.tsRecv, a.receipt.delta
	if ring != nil {
		ring.Commit(slot)
	}
	if wanted && a.taps.Has(shm.SchemaMBP10) {
		a.tap(shm.SchemaMBP10, shm.Bytes(r), extra)
	}
	if latest {
		// Where a reader that took this book goes on: behind everything published so far.
		var position uint64
		if w := a.out.Rings[a.out.LatestSchema]; w != nil {
			position = w.Position()
		}
		a.out.Latest.Update(st.latestAt, r, position)
	}
}

var noLevel = book.Level{Price: book.UndefPrice} // read only

func (a *applier) level(l *shm.Level, bid, ask *book.Level) {
	l.BidPx, l.AskPx = bid.Price, ask.Price
	l.BidSz, l.AskSz = a.size(bid.Qty), a.size(ask.Qty)
	l.BidCt, l.AskCt = bid.Count, ask.Count
}

// publishOrder publishes a change of one order: mbo always, depth where it shows.
func (a *applier) publishOrder(st *instrumentState, e *book.Event, c *book.Change, flags uint8) {
	qty := c.Qty
	if c.Action == 'M' {
		qty = c.Left
	}
	a.putMBO(st, e, c.Action, c.Side, c.OrderID, c.Price, qty, doubtful(c, a.orderFlags(st, flags)))
	if c.Depth != book.NoDepth {
		a.publishDepth(st, e, c, flags)
	}
}

// publishDepth publishes what a change did to the ten levels that are shown: mbp-1 when the top moved, mbp-10 in any case.
func (a *applier) publishDepth(st *instrumentState, e *book.Event, c *book.Change, flags uint8) {
	flags = doubtful(c, a.depthFlags(st, flags))
	qty := c.Qty
	if c.Action == 'M' || e.Kind >= book.KindLevelSet && e.Kind <= book.KindQuote && c.Action != 'C' {
		qty = c.Left
	}
	if c.Top {
		a.putMBP1(st, e, c.Action, c.Side, c.Price, qty, c.Depth, flags, 0)
	}
	if a.depth {
		a.putMBP10(st, e, c.Action, c.Side, c.Price, qty, c.Depth, flags, 0)
	}
}

// publishTrade publishes a trade: no book effect, the aggressor's side.
func (a *applier) publishTrade(st *instrumentState, e *book.Event, price int64, qty uint64, side book.Side, flags uint8) {
	if e.Attr&book.AttrNonPrintable != 0 {
		return // the print that reports this volume is a message of its own
	}
	a.putMBO(st, e, shm.ActionTrade, side, 0, price, qty, a.orderFlags(st, flags))
	flags = a.depthFlags(st, flags)
	a.putTrade(st, e, shm.ActionTrade, side, price, qty, flags)
	a.putMBP1(st, e, shm.ActionTrade, side, price, qty, 0, flags, e.Ref)
	if a.depth {
		a.putMBP10(st, e, shm.ActionTrade, side, price, qty, 0, flags, e.Ref)
	}
}

// publishFill publishes the resting order's part of a trade.
func (a *applier) publishFill(st *instrumentState, e *book.Event, price int64, qty uint64, side book.Side, flags uint8) {
	a.putMBO(st, e, shm.ActionFill, side, e.OrderID, price, qty, a.orderFlags(st, flags))
}

// publishBreak publishes that a trade is void: action N, the trade's id as order id in mbo and as extra in trades.
// Price and size are the trade's where the venue repeats them.
func (a *applier) publishBreak(st *instrumentState, e *book.Event) {
	price := e.Price
	if e.Qty == 0 && price == 0 {
		price = book.UndefPrice
	}
	a.putMBO(st, e, shm.ActionNone, book.NoSide, e.Ref, price, e.Qty, a.orderFlags(st, e.Flags))
	a.putTrade(st, e, shm.ActionNone, book.NoSide, price, e.Qty, a.depthFlags(st, e.Flags))
}

// publishClearEvent publishes R in every schema of the books that were emptied.
func (a *applier) publishClearEvent(e *book.Event) {
	st := &a.state[e.Instrument]
	flags := a.depthFlags(st, e.Flags)
	snapshot, levels := e.Flags&book.FlagSnapshot != 0, e.Flags&book.FlagMBP != 0
	if !snapshot || !levels {
		a.putMBO(st, e, shm.ActionClear, book.NoSide, 0, book.UndefPrice, 0, a.orderFlags(st, e.Flags))
	}
	if snapshot && levels != (a.view == venue.ByLevel) {
		return // the levels shown are those of the other book
	}
	a.putMBP1(st, e, shm.ActionClear, book.NoSide, book.UndefPrice, 0, 0, flags, 0)
	if a.depth {
		a.putMBP10(st, e, shm.ActionClear, book.NoSide, book.UndefPrice, 0, 0, flags, 0)
	}
}

// publishClear publishes R for an instrument emptied with its whole channel; a.clearing is the event that did it.
func (a *applier) publishClear(instrument uint32) {
	a.clearing.Instrument = instrument
	a.rebuilt(&a.clearing, instrument, true, true)
	a.publishClearEvent(&a.clearing)
}
