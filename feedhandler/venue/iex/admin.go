package iex

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// admin decodes the administrative messages every feed shares, and X and A of TOPS and DEEP. Table says which types
// the feed has; a type it lacks is unknown.
func (in *instruments) admin(b *book.Batch, table *messages, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	if table[msg[0]] == nil {
		return book.FaultUnknownType
	}
	body := msg[1:]
	switch msg[0] {
	case 'S':
		return in.systemEvent(b, layout.View[SystemEvent](body))
	case 'D':
		return in.securityDirectory(b, layout.View[SecurityDirectory](body))
	case 'H':
		return in.tradingStatus(b, layout.View[TradingStatus](body))
	case 'O':
		return in.operationalHalt(b, layout.View[OperationalHaltStatus](body))
	case 'P':
		return in.shortSale(b, layout.View[ShortSalePriceTestStatus](body))
	case 'E':
		return in.securityEvent(b, layout.View[SecurityEvent](body))
	case 'I':
		return in.retailLiquidity(b, layout.View[RetailLiquidityIndicator](body))
	case 'X':
		return in.officialPrice(b, layout.View[OfficialPrice](body))
	case 'A':
		return in.auctionInformation(b, layout.View[AuctionInformation](body))
	}
	return book.FaultUnknownType
}

// stamp completes an event of instrument idx that ends its message.
func (in *instruments) stamp(e *book.Event, idx uint32, ts int64) {
	e.Instrument, e.TsEvent, e.Flags = idx, uint64(ts), in.states[idx].last
}

func (in *instruments) systemEvent(b *book.Batch, m *SystemEvent) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	ts := m.Timestamp.Get()
	if ts < 0 {
		return book.FaultBadValue
	}
	e, s := b.AddStatus()
	in.stamp(e, 0, ts)
	s.Reason = reasonScheduled
	switch m.SystemEvent.Get() {
	case 'O', 'C':
		s.Action, s.IsTrading, s.IsQuoting = actionNotAvailable, 'N', 'N'
	case 'S':
		s.Action = actionPreOpen
	case 'R':
		s.Action, s.IsTrading, s.IsQuoting = actionTrading, 'Y', 'Y'
	case 'M':
		s.Action = actionPostClose
	case 'E':
		s.Action, s.IsTrading, s.IsQuoting = actionClose, 'N', 'N'
	}
	return book.FaultNone
}

func (in *instruments) retailLiquidity(b *book.Batch, m *RetailLiquidityIndicator) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault == book.FaultNone {
		in.stamp(b.Add(book.KindNone), idx, m.Timestamp.Get())
	}
	return fault
}

// named checks a message's time and finds its instrument.
func (in *instruments) named(s *Symbol, ts *layout.I64LE) (uint32, book.Fault) {
	if ts.Get() < 0 {
		return 0, book.FaultBadValue
	}
	return in.index(s)
}
