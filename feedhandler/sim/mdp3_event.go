package sim

import "wirebook/feedhandler/venue/cme"

// trade adds a trade, or another fill of the trade at hand.
func (e *mdp3) trade(a *action) {
	price, update := a.price, uint8(updateNew)
	if a.kind == actExecuteAt {
		price = a.tradePrice
	}
	if a.kind == actBreak {
		update = updateDelete
	} else {
		e.count(a.symbol, price, a.qty)
	}
	if n := len(e.trades); n > 0 && e.tradeMatch == a.match {
		t := &e.trades[n-1]
		t.MdEntrySizeShort.Put(t.MdEntrySizeShort.Get() + int32(a.qty))
		t.NumberOfOrders.Put(t.NumberOfOrders.Get() + 1)
		own := &e.tradeOrders[e.aggressor]
		own.LastQty.Put(own.LastQty.Get() + int32(a.qty))
		e.tradeOrder(a.id, a.qty)
		return
	}
	e.trades = append(e.trades, cme.TradeEntry{})
	t := &e.trades[len(e.trades)-1]
	t.MdEntryPxEx.Put(int64(price) * e.tick)
	t.MdEntrySizeShort.Put(int32(a.qty))
	t.SecurityID.Put(security(a.symbol))
	t.MdUpdateAction.Put(update)
	t.MdTradeEntryOptional.Put(uint32(a.match))
	e.tradeMatch = a.match
	if a.aggressor != 0 {
		t.AggressorSide.Put(2 - a.side) // the order's side is bid: a seller (2) took it
		t.NumberOfOrders.Put(2)
		e.aggressor = len(e.tradeOrders)
		e.tradeOrder(a.aggressor, a.qty)
		e.tradeOrder(a.id, a.qty)
	}
}

func (e *mdp3) tradeOrder(id uint64, qty uint32) {
	e.tradeOrders = append(e.tradeOrders, cme.TradeOrder{})
	o := &e.tradeOrders[len(e.tradeOrders)-1]
	o.OrderID.Put(id)
	o.LastQty.Put(int32(qty))
}

// count keeps volume, open, high and low, and notes which of them this event changed.
func (e *mdp3) count(sym uint16, price int32, qty uint32) {
	f := &e.symbols[sym]
	f.volume += int32(qty)
	e.traded, e.tradedIn = true, sym
	if f.open == 0 {
		f.open = price
		e.stat(sym, '4', price)
	}
	if f.high == 0 || price > f.high {
		f.high = price
		e.stat(sym, '7', price)
	}
	if f.low == 0 || price < f.low {
		f.low = price
		e.stat(sym, '8', price)
	}
}

func (e *mdp3) stat(sym uint16, kind byte, price int32) {
	e.stats = append(e.stats, cme.SessionEntry{})
	s := &e.stats[len(e.stats)-1]
	s.MdEntryPxEx.Put(int64(price) * e.tick)
	s.SecurityID.Put(security(sym))
	s.OpenCloseSettlFlag.Put(255)
	if kind == '4' {
		s.OpenCloseSettlFlag.Put(0)
	}
	s.MdEntryTypeStatistics.Put(kind)
	s.MdEntrySizeShortOptional.Put(1<<31 - 1)
}

// report numbers the next entry of a security.
func (e *mdp3) report(securityID int32) uint32 {
	f := &e.symbols[securityID-security(0)]
	f.rptSeq++
	return f.rptSeq
}

// end tells the event that was gathered.
func (e *mdp3) end() {
	if e.traded {
		e.volumes = append(e.volumes, cme.VolumeEntry{})
		v := &e.volumes[0]
		v.MdEntrySizeShort.Put(e.symbols[e.tradedIn].volume)
		v.SecurityID.Put(security(e.tradedIn))
		if e.symbols[e.tradedIn].volume != 0 {
			v.MdUpdateAction.Put(updateChange)
		}
	}
	left := len(e.status)
	for _, n := range [...]int{len(e.trades), len(e.levels), len(e.deep), len(e.volumes), len(e.stats)} {
		left += min(n, 1)
	}
	// indicator of the next message: its own bit, and the end of the event on the last.
	indicator := func(bit uint8) uint8 {
		left--
		if left == 0 {
			bit |= cme.EndOfEvent
		}
		return bit
	}
	if len(e.trades) > 0 {
		for i := range e.trades {
			e.trades[i].RptSeq.Put(e.report(e.trades[i].SecurityID.Get()))
		}
		k := e.room(cme.MessageOverhead+len(e.trades)*cme.TradeEntryBytes+len(e.tradeOrders)*cme.TradeOrderBytes, e.now)
		k.buf = cme.AppendTrades(k.buf, e.now, indicator(cme.LastTrade), e.trades, e.tradeOrders)
		e.added(k)
	}
	if len(e.levels) > 0 {
		for i := range e.levels {
			e.levels[i].RptSeq.Put(e.report(e.levels[i].SecurityID.Get()))
		}
		k := e.room(cme.MessageOverhead+len(e.levels)*cme.BookEntryBytes+len(e.orders)*cme.BookOrderBytes, e.now)
		bit := uint8(cme.LastQuote)
		if len(e.deep) > 0 {
			bit = 0
		}
		k.buf = cme.AppendBook(k.buf, e.now, indicator(bit), e.levels, e.orders)
		e.added(k)
	}
	if len(e.deep) > 0 {
		k := e.room(cme.MessageOverhead+len(e.deep)*cme.OrderEntryBytes, e.now)
		k.buf = cme.AppendOrders(k.buf, e.now, indicator(cme.LastQuote), e.deep)
		e.added(k)
	}
	e.endCold(indicator)
	e.trades, e.tradeOrders, e.tradeMatch = e.trades[:0], e.tradeOrders[:0], 0
	e.levels, e.orders, e.deep = e.levels[:0], e.orders[:0], e.deep[:0]
	e.volumes, e.stats, e.status, e.traded = e.volumes[:0], e.stats[:0], e.status[:0], false
}

func (e *mdp3) endCold(indicator func(uint8) uint8) {
	if len(e.volumes) > 0 {
		for i := range e.volumes {
			e.volumes[i].RptSeq.Put(e.report(e.volumes[i].SecurityID.Get()))
		}
		k := e.room(cme.MessageOverhead+len(e.volumes)*cme.VolumeEntryBytes, e.now)
		k.buf = cme.AppendVolume(k.buf, e.now, indicator(cme.LastVolume), e.volumes)
		e.added(k)
	}
	if len(e.stats) > 0 {
		for i := range e.stats {
			e.stats[i].RptSeq.Put(e.report(e.stats[i].SecurityID.Get()))
		}
		k := e.room(cme.MessageOverhead+len(e.stats)*cme.SessionEntryBytes, e.now)
		k.buf = cme.AppendSession(k.buf, e.now, indicator(cme.LastStats), e.stats)
		e.added(k)
	}
	for _, status := range e.status {
		k := e.room(cme.MessageOverhead+24, e.now)
		asset := e.symbols[e.statusOf].definition.Asset
		k.buf = cme.AppendSecurityStatus(k.buf, e.now, indicator(0), asset, security(e.statusOf), status, 2, 0)
		e.added(k)
	}
}
