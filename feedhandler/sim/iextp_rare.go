package sim

import (
	"wirebook/feedhandler/venue/iex"
	"wirebook/feedhandler/venue/layout"
)

// rare encodes what is not order flow. Collars, participants and breaker levels are not told by IEX.
func (e *iexTP) rare(a *action) {
	symbol, now := e.symbols[a.symbol], int64(e.now)
	switch a.kind {
	case actSystem:
		var m iex.SystemEvent
		code := a.code
		if code == 'Q' {
			code = 'R' // start of regular market hours
		}
		m.SystemEvent.Put(code)
		m.Timestamp.Put(now)
		e.send('S', layout.Bytes(&m))
	case actDirectory:
		var m iex.SecurityDirectory
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.RoundLotSize.Put(100)
		m.AdjustedPocPrice.Put(100_0000)
		m.LuldTier.Put(1)
		e.send('D', layout.Bytes(&m))
	case actStatus:
		var m iex.TradingStatus
		code := a.code
		if code == 'Q' {
			code = 'O' // released into order acceptance
		}
		m.TradingStatus.Put(code)
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.Reason = reasonOf(a.code)
		e.send('H', layout.Bytes(&m))
	case actOperational:
		var m iex.OperationalHaltStatus
		m.OperationalHaltStatus.Put('N')
		m.Timestamp.Put(now)
		m.Symbol = symbol
		e.send('O', layout.Bytes(&m))
	case actShortSale:
		var m iex.ShortSalePriceTestStatus
		m.ShortSalePriceTestStatus.Put(uint8(b2i(a.code != '0')))
		m.Timestamp.Put(now)
		m.Symbol = symbol
		m.Detail.Put(map[byte]byte{'0': ' ', '1': 'A', '2': 'C'}[a.code])
		e.send('P', layout.Bytes(&m))
	case actRetail:
		var m iex.RetailLiquidityIndicator
		m.RetailLiquidityIndicator.Put(map[byte]byte{'N': ' ', 'B': 'A', 'S': 'B', 'A': 'C'}[a.code])
		m.Timestamp.Put(now)
		m.Symbol = symbol
		e.send('I', layout.Bytes(&m))
	case actImbalance:
		if e.levels {
			e.auction(a)
		}
	}
}

// securityEvent says that an opening is complete.
func (e *iexTP) securityEvent(a *action) {
	if a.code != 'O' {
		return
	}
	var m iex.SecurityEvent
	m.SecurityEvent.Put('O')
	m.Timestamp.Put(int64(e.now))
	m.Symbol = e.symbols[a.symbol]
	e.send('E', layout.Bytes(&m))
}

// auction tells an imbalance (DEEP).
func (e *iexTP) auction(a *action) {
	price := e.price(a.price)
	var m iex.AuctionInformation
	m.AuctionType.Put(a.code)
	m.Timestamp.Put(int64(e.now))
	m.Symbol = e.symbols[a.symbol]
	m.PairedShares.Put(uint32(a.paired))
	m.ReferencePrice.Put(price)
	m.IndicativeClearingPrice.Put(price)
	m.ImbalanceShares.Put(a.qty)
	m.ImbalanceSide.Put("BSN"[a.side])
	m.ScheduledAuctionTime.Put(uint32(e.now/1_000_000_000) + 600)
	m.AuctionBookClearingPrice.Put(price)
	m.CollarReferencePrice.Put(price)
	m.LowerAuctionCollar.Put(price - price/10)
	m.UpperAuctionCollar.Put(price + price/10)
	e.send('A', layout.Bytes(&m))
}
