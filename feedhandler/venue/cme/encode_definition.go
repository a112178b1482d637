package cme

import "math"

// Future is what AppendFuture says of an instrument; the rest is told as absent.
type Future struct {
	SecurityID             int32
	Symbol                 [20]byte
	Asset                  [6]byte
	Total                  uint32 // definitions in the cycle
	LastUpdateNS           uint64
	Status                 uint8
	Channel                int16
	MinPriceIncrement      int64 // 1e-9
	DisplayFactor          int64 // 1e-9
	Depth                  int8
	Year                   uint16
	Month                  uint8
	Activation, Expiration uint64 // UTC ns
	Action                 byte   // A, M or D; 0: A
}

// FutureBytes is the size of the message that AppendFuture makes.
const FutureBytes = messageHeaderSize + 224 + 3 + 2*9 + 3 + 4 + 3 + 4 + 3 + 5

// AppendFuture appends template 54.
func AppendFuture(dst []byte, indicator uint8, f *Future) []byte {
	var m definitionFuture
	m.MatchEventIndicator.Put(indicator)
	m.TotNumReportsOptional.Put(f.Total)
	m.SecurityUpdateAction.Put(max(f.Action, 'A'))
	m.LastUpdateTime.Put(f.LastUpdateNS)
	m.MdSecurityTradingStatus.Put(f.Status)
	m.ApplID.Put(f.Channel)
	m.MarketSegmentID.Put(68)
	m.UnderlyingProduct.Put(5)
	m.SecurityExchange = [4]byte{'X', 'C', 'M', 'E'}
	m.SecurityGroup, m.Asset, m.Symbol = f.Asset, f.Asset, f.Symbol
	m.SecurityID.Put(f.SecurityID)
	m.SecurityType = [6]byte{'F', 'U', 'T'}
	m.CFICode = [6]byte{'F', 'F', 'I', 'C', 'S', 'X'}
	m.MaturityMonthYear.Year.Put(f.Year)
	m.MaturityMonthYear.Month.Put(f.Month)
	m.MaturityMonthYear.Day.Put(math.MaxUint8)
	m.MaturityMonthYear.Week.Put(math.MaxUint8)
	m.Currency = [3]byte{'U', 'S', 'D'}
	m.SettlCurrency = m.Currency
	m.MatchAlgorithm.Put('F')
	m.MinTradeVol.Put(1)
	m.MaxTradeVol.Put(100_000)
	m.MinPriceIncrement.Put(f.MinPriceIncrement)
	m.DisplayFactor.Put(f.DisplayFactor)
	m.MainFraction.Put(math.MaxUint8)
	m.SubFraction.Put(math.MaxUint8)
	m.PriceDisplayFormat.Put(math.MaxUint8)
	m.UnitOfMeasure = [30]byte{'I', 'P', 'N', 'T'}
	m.UnitOfMeasureQty.Put(50_000_000_000)
	m.TradingReferencePrice.Put(math.MaxInt64)
	m.OpenInterestQty.Put(math.MaxInt32)
	m.ClearedVolume.Put(math.MaxInt32)
	m.HighLimitPrice.Put(math.MaxInt64)
	m.LowLimitPrice.Put(math.MaxInt64)
	m.MaxPriceVariation.Put(math.MaxInt64)
	m.DecayQuantity.Put(math.MaxInt32)
	m.DecayStartDate.Put(math.MaxUint16)
	m.OriginalContractSize.Put(math.MaxInt32)
	m.ContractMultiplier.Put(math.MaxInt32)
	m.ContractMultiplierUnit.Put(math.MaxInt8)
	m.FlowScheduleType.Put(math.MaxInt8)
	m.MinPriceIncrementAmount.Put(math.MaxInt64)
	m.UserDefinedInstrument.Put('N')
	m.TradingReferenceDate.Put(math.MaxUint16)
	m.InstrumentGUID.Put(math.MaxUint64)
	dst, at := begin(dst, 54, &m)

	var events [2]definitionEvent
	events[0].EventType.Put(5)
	events[0].EventTime.Put(f.Activation)
	events[1].EventType.Put(7)
	events[1].EventTime.Put(f.Expiration)
	dst = appendGroup(dst, events[:])
	feed := [1]definitionFeedType{{MdFeedType: [3]byte{'G', 'B', 'X'}}}
	feed[0].MarketDepth.Put(f.Depth)
	dst = appendGroup(dst, feed[:])
	var attribute [1]definitionAttribute
	dst = appendGroup(dst, attribute[:])
	var lot [1]definitionLotRule
	lot[0].LotType.Put(1)
	lot[0].MinLotSizeDecimalQty.Put(10_000)
	dst = appendGroup(dst, lot[:])
	return complete(dst, at)
}
