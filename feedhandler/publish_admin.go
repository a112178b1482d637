package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// putAdmin publishes a record of the admin ring whose receiver fields are still zero; stamp fills them.
func (p *publisher) putAdmin(e *book.Event, body []byte, stamp func()) {
	if p.digest {
		p.note(shm.SchemaAdmin, body, e)
	}
	stamp()
	if ring := p.out.Rings[shm.SchemaAdmin]; ring != nil {
		ring.PublishAdmin(body, 0, unitOf(p.packet, e))
	}
	if p.taps.Has(shm.SchemaAdmin) {
		p.tap(shm.SchemaAdmin, body, 0)
	}
}

func (p *publisher) publishStatus(e *book.Event, s *book.Status) {
	if !(p.want &^ p.state[e.Instrument].hides).Has(shm.SchemaAdmin) {
		p.unpublished(shm.SchemaAdmin, e)
		return
	}
	r := &p.admin.status
	p.header(&r.RecordHeader, shm.RTypeStatus, shm.SizeStatus, &p.state[e.Instrument], e)
	r.Action, r.Reason, r.TradingEvent = s.Action, s.Reason, s.TradingEvent
	r.IsTrading, r.IsQuoting, r.IsShortSellRestricted = s.IsTrading, s.IsQuoting, s.IsShortSellRestrict
	r.TsRecv = 0
	p.putAdmin(e, shm.Bytes(r), func() { r.TsRecv = p.receipt.tsRecv })
}

func (p *publisher) publishImbalance(e *book.Event, m *book.Imbalance) {
	if !(p.want &^ p.state[e.Instrument].hides).Has(shm.SchemaAdmin) {
		p.unpublished(shm.SchemaAdmin, e)
		return
	}
	r := &p.admin.imbalance
	p.header(&r.RecordHeader, shm.RTypeImbalance, shm.SizeImbalance, &p.state[e.Instrument], e)
	r.RefPrice, r.AuctionTime = m.RefPrice, m.AuctionTime
	r.ContBookClrPrice, r.AuctInterestClrPrice = m.ContBookClrPrice, m.AuctInterestClrPrice
	r.SSRFillingPrice, r.IndMatchPrice = m.SSRFillingPrice, m.IndMatchPrice
	r.UpperCollar, r.LowerCollar = m.UpperCollar, m.LowerCollar
	r.PairedQty, r.TotalImbalanceQty = p.optional(m.PairedQty), p.optional(m.TotalImbalanceQty)
	r.MarketImbalanceQty, r.UnpairedQty = p.optional(m.MarketImbalanceQty), p.optional(m.UnpairedQty)
	r.AuctionType, r.Side = m.AuctionType, uint8(m.Side)
	r.AuctionStatus, r.FreezeStatus, r.NumExtensions = m.AuctionStatus, m.FreezeStatus, m.NumExtensions
	r.UnpairedSide, r.SignificantImbalance = uint8(m.UnpairedSide), m.SignificantImbalance
	r.TsRecv = 0
	p.putAdmin(e, shm.Bytes(r), func() { r.TsRecv = p.receipt.tsRecv })
}

// optional is size for a quantity that may be absent.
func (p *publisher) optional(q uint64) uint32 {
	if q == book.UndefQty {
		return shm.UndefOrderSize
	}
	return p.size(q)
}

func (p *publisher) publishStatistic(e *book.Event, s *book.Statistic) {
	if !(p.want &^ p.state[e.Instrument].hides).Has(shm.SchemaAdmin) {
		p.unpublished(shm.SchemaAdmin, e)
		return
	}
	r := &p.admin.statistics
	p.header(&r.RecordHeader, shm.RTypeStatistics, shm.SizeStatistics, &p.state[e.Instrument], e)
	r.TsRef, r.Price, r.Quantity = s.TsRef, s.Price, s.Quantity
	r.Sequence, r.StatType, r.ChannelID = e.Seq, s.Type, uint16(p.channelID)
	r.UpdateAction, r.StatFlags = s.UpdateAction, s.StatFlags
	r.TsRecv, r.TsInDelta = 0, 0
	p.putAdmin(e, shm.Bytes(r), func() { r.TsRecv, r.TsInDelta = p.receipt.tsRecv, p.receipt.delta })
}

func (p *publisher) publishDefinition(e *book.Event, d *book.Definition) {
	if !(p.want &^ p.state[e.Instrument].hides).Has(shm.SchemaAdmin) {
		p.unpublished(shm.SchemaAdmin, e)
		return
	}
	r := &p.admin.definition
	*r = shm.Definition{}
	p.header(&r.RecordHeader, shm.RTypeDefinition, shm.SizeDefinition, &p.state[e.Instrument], e)
	r.Length = shm.SizeDefinition / 4
	r.MinPriceIncrement, r.DisplayFactor = d.MinPriceIncrement, d.DisplayFactor
	r.Expiration, r.Activation = d.Expiration, d.Activation
	r.HighLimitPrice, r.LowLimitPrice, r.MaxPriceVariation = d.HighLimitPrice, d.LowLimitPrice, d.MaxPriceVariation
	r.UnitOfMeasureQty, r.MinPriceIncrementAmount = d.UnitOfMeasureQty, d.MinPriceIncrementAmount
	r.PriceRatio, r.StrikePrice, r.RawInstrumentID = d.PriceRatio, d.StrikePrice, d.RawInstrumentID
	r.LegPrice, r.LegDelta = shm.UndefPrice, shm.UndefPrice
	r.InstAttribValue, r.UnderlyingID = d.InstAttribValue, d.UnderlyingID
	r.MarketDepthImplied, r.MarketDepth = d.MarketDepthImplied, d.MarketDepth
	r.MarketSegmentID, r.MaxTradeVol = d.MarketSegmentID, d.MaxTradeVol
	r.MinLotSize, r.MinLotSizeBlock, r.MinLotSizeRoundLot = d.MinLotSize, d.MinLotSizeBlock, d.MinLotSizeRoundLot
	r.MinTradeVol, r.ContractMultiplier, r.DecayQuantity = d.MinTradeVol, d.ContractMultiplier, d.DecayQuantity
	r.OriginalContractSize, r.ApplID = d.OriginalContractSize, d.ApplID
	r.MaturityYear, r.DecayStartDate, r.ChannelID = d.MaturityYear, d.DecayStartDate, d.ChannelID
	r.Currency, r.SettlCurrency, r.SecSubType = d.Currency, d.SettlCurrency, d.SecSubType
	r.RawSymbol, r.Group, r.Exchange, r.Asset = d.RawSymbol, d.Group, d.Exchange, d.Asset
	r.CFI, r.SecurityType, r.UnitOfMeasure = d.CFI, d.SecurityType, d.UnitOfMeasure
	r.Underlying, r.StrikePriceCurrency = d.Underlying, d.StrikePriceCurrency
	r.InstrumentClass, r.MatchAlgorithm = d.InstrumentClass, d.MatchAlgorithm
	r.MainFraction, r.PriceDisplayFormat, r.SubFraction = d.MainFraction, d.PriceDisplayFormat, d.SubFraction
	r.UnderlyingProduct, r.SecurityUpdateAction = d.UnderlyingProduct, d.SecurityUpdateAction
	r.MaturityMonth, r.MaturityDay, r.MaturityWeek = d.MaturityMonth, d.MaturityDay, d.MaturityWeek
	r.UserDefinedInstrument = d.UserDefinedInstrument
	r.ContractMultiplierUnit, r.FlowScheduleType, r.TickRule = d.ContractMultiplierUnit, d.FlowScheduleType, d.TickRule
	r.LegSide = shm.SideNone
	p.putAdmin(e, shm.Bytes(r), func() { r.TsRecv = p.receipt.tsRecv })
}
