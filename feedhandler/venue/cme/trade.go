package cme

import (
	"math"

	"wirebook/book"
)

const (
	tradeEntryLeast = 26 // to md_update_action
	tradeLongLeast  = 34
	tradeOrderLeast = 12 // to last_qty
)

var (
	blankTradeEntry     = blank[tradeEntry]()
	blankTradeLongEntry = blank[tradeLongEntry]()
	blankTradeOrder     = blank[tradeOrder]()
	blankSingleTrade    = blank[legacySingleTrade]()
)

// trade is one trade entry whatever its template.
type trade struct {
	price     int64
	qty       uint64
	ref       uint64
	orders    uint32 // order entries that belong to it
	aggressor uint8
	action    uint8
}

// tradeSummary is templates 48 and 42: trades, then the orders that took part.
func (d *MDP3) tradeSummary(b *book.Batch, m *message) book.Fault {
	trades, orders, fault := m.tradeGroups(tradeEntryLeast)
	if fault != book.FaultNone {
		return fault
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts := root.TransactTime.Get()
	start := len(b.Events)
	var room tradeEntry
	next := 0
	for i := range trades.n {
		e := lay(trades.at(i), &blankTradeEntry, &room)
		t := trade{
			price: m.price(e.MdEntryPxEx.Get()), qty: size32(e.MdEntrySizeShort.Get()),
			orders: uint32(size32(e.NumberOfOrders.Get())), aggressor: e.AggressorSide.Get(), action: e.MdUpdateAction.Get(),
		}
		if id := e.MdTradeEntryOptional.Get(); id != math.MaxUint32 && (!m.legacy || m.version >= 8) { // padding before version 8
			t.ref = uint64(id)
		}
		mine := share(&orders, &next, t.orders, i == trades.n-1)
		d.tradeEntry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &t, &mine, &fault)
	}
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return fault
}

// tradeLongSummary is template 65.
func (d *MDP3) tradeLongSummary(b *book.Batch, m *message) book.Fault {
	trades, orders, fault := m.tradeGroups(tradeLongLeast)
	if fault != book.FaultNone {
		return fault
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts := root.TransactTime.Get()
	start := len(b.Events)
	var room tradeLongEntry
	next := 0
	for i := range trades.n {
		e := lay(trades.at(i), &blankTradeLongEntry, &room)
		t := trade{
			price: e.MdEntryPxEx.Get(), qty: size64(e.MdEntrySize.Get()), ref: uint64(e.MdTradeEntry.Get()),
			orders: uint32(size32(e.NumberOfOrders.Get())), aggressor: e.AggressorSide.Get(), action: e.MdUpdateAction.Get(),
		}
		mine := share(&orders, &next, t.orders, i == trades.n-1)
		d.tradeEntry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &t, &mine, &fault)
	}
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return fault
}

// singleTrade is template 36 of versions 5 to 8: trades without orders.
func (d *MDP3) singleTrade(b *book.Batch, m *message, trades *entries) book.Fault {
	if len(m.block) < incrementalLeast {
		return book.FaultTruncated
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts := root.TransactTime.Get()
	start, fault := len(b.Events), book.FaultNone
	var room legacySingleTrade
	for i := range trades.n {
		e := lay(trades.at(i), &blankSingleTrade, &room)
		t := trade{
			price: m.price(e.MdEntryPx.Get()), qty: size32(e.MdEntrySize.Get()), ref: uint64(uint32(e.TradeID.Get())),
			aggressor: e.AggressorSide.Get(), action: e.MdUpdateAction.Get(),
		}
		d.tradeEntry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &t, &entries{}, &fault)
	}
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return fault
}

// tradeGroups takes the two groups of a trade summary.
func (m *message) tradeGroups(least int) (trades, orders entries, fault book.Fault) {
	if len(m.block) < incrementalLeast {
		return trades, orders, book.FaultTruncated
	}
	trades, rest, fault := takeGroup(m.rest, least)
	if fault != book.FaultNone {
		return trades, orders, fault
	}
	orders, _, fault = takeWideGroup(rest, tradeOrderLeast)
	return trades, orders, fault
}

// share takes the next n order entries, as far as there are; the last trade takes what is left.
func share(orders *entries, next *int, n uint32, last bool) entries {
	left := orders.n - *next
	take := min(int64(n), int64(left))
	if last {
		take = int64(left)
	}
	from := *next
	*next += int(take)
	return entries{p: orders.p[from*orders.size : *next*orders.size], size: orders.size, n: int(take)}
}

// tradeEntry appends one trade and the fills of the resting orders.
func (d *MDP3) tradeEntry(b *book.Batch, security int32, ts uint64, rptSeq uint32, t *trade, orders *entries, fault *book.Fault) {
	index := d.index(security)
	if index == 0 {
		*fault = noIndex(security)
		return
	}
	d.number(b, index, ts, rptSeq)
	aggressor, resting := book.NoSide, book.NoSide
	switch t.aggressor {
	case 1:
		aggressor, resting = book.Bid, book.Ask
	case 2:
		aggressor, resting = book.Ask, book.Bid
	}
	if t.action == 1 || t.action == 2 { // a correction voids the trade and tells it anew
		e := d.plain(b, book.KindTradeBreak, index, ts)
		e.Price, e.Qty, e.Side, e.Ref = t.price, t.qty, aggressor, t.ref
		if t.action == 2 {
			return
		}
	}
	e := d.plain(b, book.KindTrade, index, ts)
	e.Price, e.Qty, e.Side, e.Ref, e.Count = t.price, t.qty, aggressor, t.ref, t.orders
	var room tradeOrder
	for i := range orders.n {
		o := lay(orders.at(i), &blankTradeOrder, &room)
		if i == 0 && aggressor != book.NoSide { // the aggressor's own order comes first
			e.OrderID = o.OrderID.Get()
			continue
		}
		fill := d.plain(b, book.KindFill, index, ts)
		fill.OrderID, fill.Price, fill.Qty = o.OrderID.Get(), t.price, size32(o.LastQty.Get())
		fill.Side, fill.Ref = resting, t.ref
	}
}
