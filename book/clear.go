package book

// applyClear empties the books of an instrument: all of them, or before a snapshot only those that it brings, which are
// the levels with FlagMBP and the orders without.
func (b *Books) applyClear(ev *Event, c *Change) {
	*c = Change{Price: UndefPrice, Instrument: ev.Instrument, Side: NoSide, Action: 'N', Depth: NoDepth}
	if !b.valid(ev.Instrument) {
		b.refuse(c, AnomalyBadInstrument)
		return
	}
	before, beforeAsk := b.Top(ev.Instrument)
	c.Action = 'R'
	snapshot, levels := ev.Flags&FlagSnapshot != 0, ev.Flags&FlagMBP != 0
	if !snapshot || !levels {
		b.dropOrders(ev.Instrument << 1)
		b.dropOrders(ev.Instrument<<1 | 1)
	}
	if !snapshot || levels {
		l := &b.ladders[ev.Instrument]
		for i := range l.runs {
			b.shorten(&l.runs[i], 0)
		}
		b.quotes[ev.Instrument] = quote{}
	}
	if bid, ask := b.Top(ev.Instrument); bid != before || ask != beforeAsk {
		c.Top, c.Depth = true, 0
	}
}

// dropOrders empties one side of the order book.
func (b *Books) dropOrders(si uint32) {
	s := &b.sides[si]
	for _, e := range b.entries.entries(s.prices) {
		l := &b.levels[e.level]
		for i := l.head; i != 0; {
			next := b.orders.at(i).next
			b.orders.vacate(i)
			i = next
		}
		l.count, l.head, b.freeLevel = 0, b.freeLevel, e.level
	}
	b.entries.cut(&s.prices, 0)
	s.rank = 0
}

// ClearAll empties every book of the channel, then calls visit, which may be nil, with each instrument that had
// anything. Its cost is that of the tables, not of the orders.
func (b *Books) ClearAll(visit func(instrument uint32)) {
	for i := range b.open {
		b.open[i] = 0
		if b.any(uint32(i)) {
			b.open[i] = 1
			b.sides[2*i], b.sides[2*i+1] = side{}, side{}
			b.ladders[i].runs = [4]run{}
			b.quotes[i] = quote{}
		}
	}
	if b.orders.live != 0 { // without orders there is nothing that a lookup would find
		b.orders.reset()
		clear(b.memos)
	}
	b.usedLevels, b.newest = max(b.usedLevels, b.nextLevel), 0
	b.freeLevel, b.nextLevel = 0, 1
	b.entries.reset()
	b.rungs.reset()
	b.rungsOn, b.opened = 0, 0
	for i := range b.open {
		if b.open[i] == 0 {
			continue
		}
		b.open[i] = 0
		if visit != nil {
			visit(uint32(i))
		}
	}
}

// Holds says whether an instrument has anything in any book.
func (b *Books) Holds(instrument uint32) bool { return b.valid(instrument) && b.any(instrument) }

// any says whether an instrument has anything in any book.
func (b *Books) any(instrument uint32) bool {
	l := &b.ladders[instrument]
	n := b.sides[2*instrument].prices.len() + b.sides[2*instrument+1].prices.len()
	for i := range l.runs {
		n += l.runs[i].len()
	}
	return n != 0 || b.quotes[instrument] != (quote{})
}
