package nasdaq

import (
	"math"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// directory names a locate code and publishes the stock's definition.
func (d *ITCH50) directory(b *book.Batch, m *stockDirectory) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	define(d.dir, idx, m.RoundLotSize.Get())
	e, body := b.AddDefinition()
	d.stamp(e, &m.Timestamp, idx)
	fillDefinition(body, uint64(m.StockLocate.Get()), &m.Stock, m.RoundLotSize.Get())
	return book.FaultNone
}

// define completes a directory entry.
func define(dir *book.Directory, idx, lot uint32) {
	entry := dir.At(idx)
	if !entry.Defined || entry.LotSize != lot {
		entry.Defined, entry.LotSize = true, lot
		dir.Touch(idx)
	}
}

// fillDefinition sets what a stock directory message tells in DBN's terms. Instrument class K is stock.
func fillDefinition(body *book.Definition, id uint64, stock *[8]byte, lot uint32) {
	symbol := book.MakeSymbol(stock[:])
	copy(body.RawSymbol[:], symbol[:8])
	body.RawInstrumentID = id
	body.InstrumentClass = 'K'
	body.Currency = [4]byte{'U', 'S', 'D'}
	if lot < math.MaxInt32 {
		body.MinLotSizeRoundLot = int32(lot)
	}
}

func (d *ITCH50) system(b *book.Batch, m *systemEvent) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	e, body := b.AddStatus()
	d.stamp(e, &m.Timestamp, 0)
	systemStatus(body, m.EventCode.Get())
	return book.FaultNone
}

func (d *ITCH50) breaker(b *book.Batch, m *mwcbStatus) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	e, body := b.AddStatus()
	d.stamp(e, &m.Timestamp, 0)
	breakerStatus(body, m.BreachedLevel.Get())
	return book.FaultNone
}

func (d *ITCH50) tradingAction(b *book.Batch, m *stockTradingAction) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e, body := b.AddStatus()
	d.stamp(e, &m.Timestamp, idx)
	tradingStatus(body, m.TradingState.Get(), m.Reason)
	noteStatus(d.dir, idx, body.Action)
	return book.FaultNone
}

func (d *ITCH50) shortSale(b *book.Batch, m *regSHO) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.LocateCode.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e, body := b.AddStatus()
	d.stamp(e, &m.Timestamp, idx)
	shortSaleStatus(body, m.RegShoAction.Get())
	return book.FaultNone
}

// operational leaves the directory's state alone: the halt is of one market centre and stands beside the
// regulatory state.
func (d *ITCH50) operational(b *book.Batch, m *operationalHalt) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e, body := b.AddStatus()
	d.stamp(e, &m.Timestamp, idx)
	operationalStatus(body, m.OperationalHaltAction.Get())
	return book.FaultNone
}

// ipo is a status (new price indication) and the IPO price as indicative opening price with the release time as
// reference time. A cancelled or postponed release (qualifier C) takes the statistic back.
func (d *ITCH50) ipo(b *book.Batch, m *ipoQuotingPeriod) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	e, status := b.AddStatus()
	d.stamp(e, &m.Timestamp, idx)
	e.Flags = 0
	status.Action, status.Reason, status.IsTrading = actionPriceIndicated, reasonNewOffering, 'N'
	stat := d.statistic(b, &m.Timestamp, idx, statIndicativeOpen, &m.IpoPrice, true)
	if m.IpoQuotationReleaseQualifier.Get() == 'C' {
		stat.UpdateAction = statDelete
	} else if seconds := m.IpoQuotationReleaseTime.Get(); seconds != 0 {
		stat.TsRef = d.midnight + uint64(seconds)*nsPerSecond
	}
	return book.FaultNone
}

// collar: both auction collar prices as upper and lower limit.
func (d *ITCH50) collar(b *book.Batch, m *luldAuctionCollar) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	d.statistic(b, &m.Timestamp, idx, statUpperLimit, &m.UpperAuctionCollarPrice, false)
	d.statistic(b, &m.Timestamp, idx, statLowerLimit, &m.LowerAuctionCollarPrice, true)
	return book.FaultNone
}

// listing: the price range collars as limits and the near execution price as indicative opening price.
func (d *ITCH50) listing(b *book.Batch, m *directListing) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := d.name(m.StockLocate.Get(), &m.Stock)
	if fault != book.FaultNone {
		return fault
	}
	d.statistic(b, &m.Timestamp, idx, statUpperLimit, &m.UpperPriceRangeCollar, false)
	d.statistic(b, &m.Timestamp, idx, statLowerLimit, &m.LowerPriceRangeCollar, false)
	stat := d.statistic(b, &m.Timestamp, idx, statIndicativeOpen, &m.NearExecutionPrice, true)
	if at := m.NearExecutionTime.Get(); at != 0 && at < 1<<48 {
		stat.TsRef = d.midnight + at
	}
	return book.FaultNone
}

// statistic appends one price statistic; last closes the message's event.
func (d *ITCH50) statistic(b *book.Batch, ts *layout.U48BE, idx uint32, kind uint16, p *layout.U32BE, last bool) *book.Statistic {
	e, body := b.AddStatistic()
	d.stamp(e, ts, idx)
	if !last {
		e.Flags = 0
	}
	body.Type = kind
	body.Price = priceOrNone(p)
	return body
}
