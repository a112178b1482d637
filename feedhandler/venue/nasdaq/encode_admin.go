package nasdaq

import "wirebook/feedhandler/venue/layout"

// AppendSystemEvent appends message S.
func AppendSystemEvent(dst []byte, h Head, code byte) []byte {
	var m systemEvent
	m.MessageType.Put('S')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.EventCode.Put(code)
	return append(dst, layout.Bytes(&m)...)
}

// AppendStockDirectory appends message R of a live common stock of the given market category.
func AppendStockDirectory(dst []byte, h Head, stock *[8]byte, category byte, roundLot uint32) []byte {
	var m stockDirectory
	m.MessageType.Put('R')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.MarketCategory.Put(category)
	m.FinancialStatusIndicator.Put('N')
	m.RoundLotSize.Put(roundLot)
	m.RoundLotsOnly.Put('N')
	m.IssueClassification.Put('C')
	m.IssueSubType = [2]byte{'Z', ' '}
	m.Authenticity.Put('P')
	m.ShortSaleThresholdIndicator.Put('N')
	m.IpoFlag.Put('N')
	m.LuldReferencePriceTier.Put('1')
	m.EtpFlag.Put('N')
	m.InverseIndicator.Put('N')
	return append(dst, layout.Bytes(&m)...)
}

// AppendTradingAction appends message H.
func AppendTradingAction(dst []byte, h Head, stock *[8]byte, state byte, reason [4]byte) []byte {
	var m stockTradingAction
	m.MessageType.Put('H')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.TradingState.Put(state)
	m.Reserved.Put(' ')
	m.Reason = reason
	return append(dst, layout.Bytes(&m)...)
}

// AppendRegSHO appends message Y.
func AppendRegSHO(dst []byte, h Head, stock *[8]byte, action byte) []byte {
	var m regSHO
	m.MessageType.Put('Y')
	h.put(&m.LocateCode, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.RegShoAction.Put(action)
	return append(dst, layout.Bytes(&m)...)
}

// AppendParticipant appends message L of an active primary market maker in normal mode.
func AppendParticipant(dst []byte, h Head, mpid [4]byte, stock *[8]byte) []byte {
	var m marketParticipantPosition
	m.MessageType.Put('L')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Mpid = mpid
	m.Stock = *stock
	m.PrimaryMarketMaker.Put('Y')
	m.MarketMakerMode.Put('N')
	m.MarketParticipantState.Put('A')
	return append(dst, layout.Bytes(&m)...)
}

// AppendBreakerLevels appends message V; levels have eight decimals.
func AppendBreakerLevels(dst []byte, h Head, level1, level2, level3 uint64) []byte {
	var m mwcbDeclineLevel
	m.MessageType.Put('V')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Level1.Put(level1)
	m.Level2.Put(level2)
	m.Level3.Put(level3)
	return append(dst, layout.Bytes(&m)...)
}

// AppendIPOQuoting appends message K; releaseTime is in seconds since midnight.
func AppendIPOQuoting(dst []byte, h Head, stock *[8]byte, releaseTime uint32, qualifier byte, price uint32) []byte {
	var m ipoQuotingPeriod
	m.MessageType.Put('K')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.IpoQuotationReleaseTime.Put(releaseTime)
	m.IpoQuotationReleaseQualifier.Put(qualifier)
	m.IpoPrice.Put(price)
	return append(dst, layout.Bytes(&m)...)
}

// AppendAuctionCollar appends message J.
func AppendAuctionCollar(dst []byte, h Head, stock *[8]byte, reference, upper, lower, extension uint32) []byte {
	var m luldAuctionCollar
	m.MessageType.Put('J')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.AuctionCollarReferencePrice.Put(reference)
	m.UpperAuctionCollarPrice.Put(upper)
	m.LowerAuctionCollarPrice.Put(lower)
	m.AuctionCollarExtension.Put(extension)
	return append(dst, layout.Bytes(&m)...)
}

// AppendOperationalHalt appends message h.
func AppendOperationalHalt(dst []byte, h Head, stock *[8]byte, market, action byte) []byte {
	var m operationalHalt
	m.MessageType.Put('h')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.MarketCode.Put(market)
	m.OperationalHaltAction.Put(action)
	return append(dst, layout.Bytes(&m)...)
}

// Imbalance is the body of message I.
type Imbalance struct {
	Stock                [8]byte
	Paired, Shares       uint64
	Direction            byte // B, S, N none, O too few orders, P paused
	Far, Near, Reference uint32
	CrossType, Variation byte
}

// AppendImbalance appends message I.
func AppendImbalance(dst []byte, h Head, i Imbalance) []byte {
	var m netOrderImbalance
	m.MessageType.Put('I')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.PairedShares.Put(i.Paired)
	m.ImbalanceShares.Put(i.Shares)
	m.ImbalanceDirection.Put(i.Direction)
	m.Stock = i.Stock
	m.FarPrice.Put(i.Far)
	m.NearPrice.Put(i.Near)
	m.CurrentReferencePrice.Put(i.Reference)
	m.CrossType.Put(i.CrossType)
	m.PriceVariationIndicator.Put(i.Variation)
	return append(dst, layout.Bytes(&m)...)
}

// AppendRetailInterest appends message N.
func AppendRetailInterest(dst []byte, h Head, stock *[8]byte, interest byte) []byte {
	var m retailInterest
	m.MessageType.Put('N')
	h.put(&m.StockLocate, &m.TrackingNumber, &m.Timestamp)
	m.Stock = *stock
	m.InterestFlag.Put(interest)
	return append(dst, layout.Bytes(&m)...)
}
