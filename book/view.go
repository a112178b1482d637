package book

// Top returns the best bid and ask of an instrument in the channel's view; Price UndefPrice and Qty 0 where there is none.
func (b *Books) Top(instrument uint32) (bid, ask Level) {
	if !b.valid(instrument) {
		return noLevel, noLevel
	}
	switch b.view {
	case ViewOrders:
		return b.sides[2*instrument].top(0), b.sides[2*instrument+1].top(1)
	case ViewLevels:
		l := &b.ladders[instrument]
		if b.merge {
			var bids, asks [10]Level
			return levelAt(bids[:b.merged(l, 0, &bids)], 0), levelAt(asks[:b.merged(l, 1, &asks)], 0)
		}
		return b.at(l, 0, 0), b.at(l, 1, 0)
	case ViewTop:
		q := &b.quotes[instrument]
		return q.at(0), q.at(1)
	}
	return noLevel, noLevel
}

func (s *side) top(si uint32) Level {
	if s.rank == 0 {
		return noLevel
	}
	return Level{Price: s.rank.price(si), Qty: s.qty, Count: s.count}
}

// Depth writes the ten best levels of each side, the touch first, and returns how many there are. What lies beyond is
// left as it was. In a level book told by position a level may be a hole with Price UndefPrice.
func (b *Books) Depth(instrument uint32, bids, asks *[10]Level) (nb, na int) {
	if !b.valid(instrument) {
		return 0, 0
	}
	switch b.view {
	case ViewOrders:
		return b.sideDepth(2*instrument, bids), b.sideDepth(2*instrument+1, asks)
	case ViewLevels:
		if l := &b.ladders[instrument]; b.merge {
			return b.merged(l, 0, bids), b.merged(l, 1, asks)
		}
		return b.ladderDepth(instrument, 0, bids), b.ladderDepth(instrument, 1, asks)
	}
	bid, ask := b.Top(instrument)
	if bid != noLevel {
		bids[0], nb = bid, 1
	}
	if ask != noLevel {
		asks[0], na = ask, 1
	}
	return nb, na
}

func (b *Books) sideDepth(si uint32, to *[10]Level) int {
	es := b.entries.entries(b.sides[si].prices)
	n := min(len(es), len(to))
	for d := range n {
		l := &b.levels[es[len(es)-1-d].level]
		to[d] = Level{Price: l.price, Qty: l.qty, Count: l.count}
	}
	return n
}

func (b *Books) ladderDepth(instrument uint32, i int, to *[10]Level) int {
	l := &b.ladders[instrument]
	rungs := b.rungs.entries(l.runs[i])
	if l.byPosition[i] {
		return copy(to[:], rungs)
	}
	n := min(len(rungs), len(to))
	for d := range n {
		to[d] = rungs[len(rungs)-1-d]
	}
	return n
}

// Implied writes the implied levels of an instrument, kept apart from the outright book, and returns how many there are.
func (b *Books) Implied(instrument uint32, bids, asks *[10]Level) (nb, na int) {
	if !b.valid(instrument) {
		return 0, 0
	}
	return b.ladderDepth(instrument, 2, bids), b.ladderDepth(instrument, 3, asks)
}

// Orders calls visit with the orders of a side, best price first and in queue order, until it returns false. It is for
// export and tests; visit must not change the books.
func (b *Books) Orders(instrument uint32, side Side, visit func(price int64, id uint64, qty uint64) bool) {
	if !b.valid(instrument) || side != Bid && side != Ask {
		return
	}
	es := b.entries.entries(b.sides[sideIndex(instrument, side)].prices)
	for d := len(es) - 1; d >= 0; d-- {
		l := &b.levels[es[d].level]
		for i := l.head; i != 0; i = b.orders.at(i).next {
			if !visit(l.price, b.orders.idOf(i), uint64(b.orders.at(i).qty)) {
				return
			}
		}
	}
}
