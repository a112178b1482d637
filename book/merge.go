package book

// merged writes the ten best levels of a side, outright and implied ones together: what lies at one price is one level.
// Positions that were never told are left out.
func (b *Books) merged(l *ladders, side int, to *[10]Level) int {
	n, i, k := 0, 0, 0
	for n < len(to) {
		own, implied := b.known(l, side, &i), b.known(l, side+2, &k)
		switch {
		case own == noLevel && implied == noLevel:
			return n
		case own.Price == implied.Price:
			to[n] = Level{Price: own.Price, Qty: own.Qty + implied.Qty, Count: own.Count + implied.Count}
			i, k = i+1, k+1
		case implied == noLevel || own != noLevel && (own.Price > implied.Price) == (side == 0):
			to[n] = own
			i++
		default:
			to[n] = implied
			k++
		}
		n++
	}
	return n
}

// known returns the next level of a run from d on that was told, and moves d to it.
func (b *Books) known(l *ladders, i int, d *int) Level {
	for *d < l.runs[i].len() {
		if v := b.at(l, i, *d); v.Price != UndefPrice {
			return v
		}
		*d++
	}
	return noLevel
}

// applyMerged applies an event of the level book where both ladders are shown as one.
func (b *Books) applyMerged(ev *Event, c *Change) {
	if !b.valid(ev.Instrument) || ev.Side != Bid && ev.Side != Ask {
		b.applyLevel(ev, c) // which refuses it
		return
	}
	l, side := &b.ladders[ev.Instrument], 0
	if ev.Side == Ask {
		side = 1
	}
	var levels [10]Level
	before := levels[:b.merged(l, side, &levels)]
	b.applyLevel(ev, c)
	b.tellMerged(l, side, before, c)
}

// tellMerged makes of a change of one ladder what it is where both are shown as one. before are the levels that were shown.
func (b *Books) tellMerged(l *ladders, side int, before []Level, c *Change) {
	var levels [10]Level
	after := levels[:b.merged(l, side, &levels)]
	c.Top, c.Depth = levelAt(before, 0) != levelAt(after, 0), NoDepth
	outermost := 0
	for outermost < len(levels) && levelAt(before, outermost) == levelAt(after, outermost) {
		outermost++
	}
	if outermost == len(levels) {
		return
	}
	was, now := levelOf(before, c.Price), levelOf(after, c.Price)
	from, to := levelAt(before, was), levelAt(after, now)
	c.Left, c.Count = to.Qty, to.Count
	c.Qty = max(from.Qty, to.Qty) - min(from.Qty, to.Qty)
	switch {
	case was == len(before) && now == len(after):
		// Beyond the ten, and yet they changed: the outermost difference is told.
		c.Action, c.Depth = 'M', b.reported(outermost)
		to = levelAt(after, outermost)
		c.Price, c.Qty, c.Left, c.Count = to.Price, 0, to.Qty, to.Count
	case was == len(before):
		c.Action, c.Depth = 'A', b.reported(now)
	case now == len(after):
		c.Action, c.Depth = 'C', b.reported(was)
	default:
		c.Action, c.Depth = 'M', b.reported(min(outermost, now))
	}
	if c.Top {
		c.Depth = 0
	}
}

func levelAt(levels []Level, d int) Level {
	if d >= len(levels) {
		return noLevel
	}
	return levels[d]
}

// levelOf finds a price; len(levels) where it is not.
func levelOf(levels []Level, price int64) int {
	for d := range levels {
		if levels[d].Price == price {
			return d
		}
	}
	return len(levels)
}
