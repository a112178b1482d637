package book

// quote is the top of an instrument as the venue quotes it. A side without quantity is empty.
type quote struct{ sides [2]Level }

func (q *quote) at(i uint32) Level {
	if q.sides[i].Qty == 0 {
		return noLevel
	}
	return q.sides[i]
}

// applyQuote replaces the top of a side.
func (b *Books) applyQuote(ev *Event, c *Change) {
	*c = Change{Price: ev.Price, Instrument: ev.Instrument, Side: ev.Side, Action: 'N', Depth: NoDepth}
	switch {
	case !b.valid(ev.Instrument):
		b.refuse(c, AnomalyBadInstrument)
		return
	case ev.Side != Bid && ev.Side != Ask:
		b.refuse(c, AnomalyBadSide)
		return
	}
	b.highest = max(b.highest, ev.Instrument)
	q, i := &b.quotes[ev.Instrument], sideIndex(0, ev.Side)
	was, now := q.at(i), Level{Price: ev.Price, Qty: ev.Qty, Count: ev.Count}
	if ev.Price == UndefPrice || ev.Qty == 0 {
		now = noLevel
	}
	if was == now {
		c.Left, c.Count = now.Qty, now.Count
		return
	}
	q.sides[i] = now
	c.Top, c.Depth = true, 0
	c.Left, c.Count = now.Qty, now.Count
	c.Qty = max(was.Qty, now.Qty) - min(was.Qty, now.Qty)
	switch {
	case was == noLevel:
		c.Action = 'A'
	case now == noLevel:
		c.Action, c.Price = 'C', was.Price
	default:
		c.Action = 'M'
	}
}
