package nasdaq

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// DBN statistic types.
const (
	statIndicativeOpen = 2
	statUpperLimit     = 17
	statLowerLimit     = 18

	statDelete = 2 // update action
)

// decodeRest takes the message types that are rare beside the order flow.
func (d *ITCH50) decodeRest(b *book.Batch, msg []byte) book.Fault {
	switch msg[0] {
	case 'C':
		return d.executedWithPrice(b, layout.View[orderExecutedWithPrice](msg))
	case 'P':
		return d.trade(b, layout.View[tradeNonCross](msg))
	case 'Q':
		return d.cross(b, layout.View[crossTrade](msg))
	case 'B':
		return d.broken(b, layout.View[brokenTrade](msg))
	case 'I':
		return d.imbalance(b, layout.View[netOrderImbalance](msg))
	case 'R':
		return d.directory(b, layout.View[stockDirectory](msg))
	case 'H':
		return d.tradingAction(b, layout.View[stockTradingAction](msg))
	case 'Y':
		return d.shortSale(b, layout.View[regSHO](msg))
	case 'h':
		return d.operational(b, layout.View[operationalHalt](msg))
	case 'S':
		return d.system(b, layout.View[systemEvent](msg))
	case 'W':
		return d.breaker(b, layout.View[mwcbStatus](msg))
	case 'V':
		m := layout.View[mwcbDeclineLevel](msg)
		if m == nil {
			return book.FaultTruncated
		}
		d.note(b, &m.Timestamp, 0)
		return book.FaultNone
	case 'K':
		return d.ipo(b, layout.View[ipoQuotingPeriod](msg))
	case 'J':
		return d.collar(b, layout.View[luldAuctionCollar](msg))
	case 'O':
		return d.listing(b, layout.View[directListing](msg))
	case 'L':
		m := layout.View[marketParticipantPosition](msg)
		if m == nil {
			return book.FaultTruncated
		}
		return d.stockNote(b, &m.Timestamp, m.StockLocate.Get(), &m.Stock)
	case 'N':
		m := layout.View[retailInterest](msg)
		if m == nil {
			return book.FaultTruncated
		}
		return d.stockNote(b, &m.Timestamp, m.StockLocate.Get(), &m.Stock)
	}
	return book.FaultUnknownType
}

// stamp sets what every single-event message has.
func (d *ITCH50) stamp(e *book.Event, ts *layout.U48BE, idx uint32) {
	e.TsEvent = d.midnight + ts.Get()
	e.Instrument = idx
	e.Flags = book.FlagLast
}

// note says that the venue spoke of an instrument without a normalized meaning.
func (d *ITCH50) note(b *book.Batch, ts *layout.U48BE, idx uint32) {
	d.stamp(b.Add(book.KindNone), ts, idx)
}

func (d *ITCH50) stockNote(b *book.Batch, ts *layout.U48BE, locate uint16, stock *[8]byte) book.Fault {
	idx, fault := d.name(locate, stock)
	if fault == book.FaultNone {
		d.note(b, ts, idx)
	}
	return fault
}

func (d *ITCH50) executedWithPrice(b *book.Batch, m *orderExecutedWithPrice) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.number(m.StockLocate.Get())
	if fault != book.FaultNone {
		return fault
	}
	e := b.Add(book.KindExecuteAt)
	d.stamp(e, &m.Timestamp, idx)
	e.OrderID = m.OrderReferenceNumber.Get()
	e.Price = price(&m.ExecutionPrice)
	e.Qty = uint64(m.ExecutedShares.Get())
	e.Ref = m.MatchNumber.Get()
	if m.Printable.Get() == 'N' {
		e.Attr = book.AttrNonPrintable
	}
	return book.FaultNone
}

// trade is an execution against a non-displayed order. The indicator is that order's side, but since 2014-07-14
// the venue sends B whatever it was: only S tells the aggressor.
func (d *ITCH50) trade(b *book.Batch, m *tradeNonCross) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e := b.Add(book.KindTrade)
	d.stamp(e, &m.Timestamp, idx)
	e.OrderID = m.OrderReferenceNumber.Get()
	e.Price = price(&m.Price)
	e.Qty = uint64(m.Shares.Get())
	e.Ref = m.MatchNumber.Get()
	e.Attr = book.AttrHidden
	e.Side = book.NoSide
	if m.BuySellIndicator.Get() == 'S' {
		e.Side = book.Bid
	}
	return book.FaultNone
}

// cross is the print of an auction. One that found no interest is sent with no shares: nothing traded.
func (d *ITCH50) cross(b *book.Batch, m *crossTrade) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	if m.CrossShares.Get() == 0 {
		d.note(b, &m.Timestamp, idx)
		return book.FaultNone
	}
	e := b.Add(book.KindTrade)
	d.stamp(e, &m.Timestamp, idx)
	e.Price = price(&m.CrossPrice)
	e.Qty = m.CrossShares.Get()
	e.Ref = m.MatchNumber.Get()
	e.Attr = book.AttrCross
	e.Side = book.NoSide
	return book.FaultNone
}

func (d *ITCH50) broken(b *book.Batch, m *brokenTrade) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.number(m.StockLocate.Get())
	if fault != book.FaultNone {
		return fault
	}
	e := b.Add(book.KindTradeBreak)
	d.stamp(e, &m.Timestamp, idx)
	e.Ref = m.MatchNumber.Get()
	return book.FaultNone
}

// imbalance: the near price clears the cross with the continuous book, the far price cross orders only. A price
// of 0 means that there is none.
func (d *ITCH50) imbalance(b *book.Batch, m *netOrderImbalance) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e, body := b.AddImbalance()
	d.stamp(e, &m.Timestamp, idx)
	body.RefPrice = priceOrNone(&m.CurrentReferencePrice)
	body.ContBookClrPrice = priceOrNone(&m.NearPrice)
	body.AuctInterestClrPrice = priceOrNone(&m.FarPrice)
	body.PairedQty = m.PairedShares.Get()
	body.TotalImbalanceQty = m.ImbalanceShares.Get()
	body.AuctionType = m.CrossType.Get()
	body.SignificantImbalance = m.PriceVariationIndicator.Get()
	switch m.ImbalanceDirection.Get() { // none, insufficient orders and paused have no side
	case 'B':
		body.Side = book.Bid
	case 'S':
		body.Side = book.Ask
	}
	return book.FaultNone
}

func price(p *layout.U32BE) int64 { return int64(p.Get()) * priceUnit }

func priceOrNone(p *layout.U32BE) int64 {
	if p.Get() == 0 {
		return book.UndefPrice
	}
	return price(p)
}
