package iex

import (
	"math"

	"wirebook/book"
)

// DBN statistic types of the official prices.
const (
	statisticOpen  = 1
	statisticClose = 11
)

func (in *instruments) securityDirectory(b *book.Batch, m *SecurityDirectory) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	lot := m.RoundLotSize.Get()
	if lot > math.MaxInt32 {
		return book.FaultBadValue
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	entry := in.directory.At(idx)
	e, d := b.AddDefinition()
	in.stamp(e, idx, m.Timestamp.Get())
	if entry.Defined {
		d.SecurityUpdateAction = 'M'
	}
	copy(d.RawSymbol[:], m.Symbol.text())
	copy(d.Exchange[:], "IEXG")
	copy(d.Currency[:], "USD")
	d.InstrumentClass = 'K'
	d.MinLotSizeRoundLot = int32(lot)
	if !entry.Defined || entry.LotSize != lot {
		entry.Defined, entry.LotSize = true, lot
		in.directory.Touch(idx)
	}
	return book.FaultNone
}

func (in *instruments) officialPrice(b *book.Batch, m *OfficialPrice) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	var kind uint16
	switch m.PriceType.Get() {
	case 'Q':
		kind = statisticOpen
	case 'M':
		kind = statisticClose
	default:
		return book.FaultBadValue // no statistic could carry it
	}
	price, ok := scale(m.OfficialPrice.Get())
	if !ok {
		return book.FaultBadValue
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	e, s := b.AddStatistic()
	in.stamp(e, idx, m.Timestamp.Get())
	s.Type, s.Price = kind, price
	return book.FaultNone
}

func (in *instruments) auctionInformation(b *book.Batch, m *AuctionInformation) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	reference, ok1 := scaleOrNone(m.ReferencePrice.Get())
	indicative, ok2 := scaleOrNone(m.IndicativeClearingPrice.Get())
	auctionBook, ok3 := scaleOrNone(m.AuctionBookClearingPrice.Get())
	lower, ok4 := scaleOrNone(m.LowerAuctionCollar.Get())
	upper, ok5 := scaleOrNone(m.UpperAuctionCollar.Get())
	if !(ok1 && ok2 && ok3 && ok4 && ok5) {
		return book.FaultBadValue
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	e, a := b.AddImbalance()
	in.stamp(e, idx, m.Timestamp.Get())
	a.RefPrice = reference
	a.ContBookClrPrice = indicative
	a.AuctInterestClrPrice = auctionBook
	a.LowerCollar, a.UpperCollar = lower, upper
	a.PairedQty = uint64(m.PairedShares.Get())
	a.TotalImbalanceQty = uint64(m.ImbalanceShares.Get())
	a.AuctionType = m.AuctionType.Get()
	a.NumExtensions = m.ExtensionNumber.Get()
	switch m.ImbalanceSide.Get() {
	case 'B':
		a.Side = book.Bid
	case 'S':
		a.Side = book.Ask
	}
	if seconds := m.ScheduledAuctionTime.Get(); seconds != 0 {
		a.AuctionTime = uint64(seconds) * 1_000_000_000
	}
	return book.FaultNone
}
