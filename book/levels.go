package book

// ladders are the level books of an instrument: bids, asks, implied bids, implied asks. A ladder told by price is
// sorted like a side's entries, the touch last; one told by position has level 1 first, and holes (UndefPrice) where a
// position was never told, as when a capture starts in mid-session.
type ladders struct {
	runs         [4]run
	byPosition   [4]bool // how a run that is not empty is told
	depth        uint8   // positions the venue maintains; 0: default
	impliedDepth uint8
	_            [2]uint8
}

const (
	defaultDepth   = 10
	defaultImplied = 2
)

// SetDepth says how many positions the venue maintains for an instrument; 0 takes the default, 10 and 2. What lies
// deeper is dropped.
func (b *Books) SetDepth(instrument uint32, depth, impliedDepth uint8) {
	if !b.valid(instrument) {
		return
	}
	l := &b.ladders[instrument]
	if l.depth == depth && l.impliedDepth == impliedDepth {
		return
	}
	l.depth, l.impliedDepth = depth, impliedDepth
	for i := range l.runs {
		if l.byPosition[i] {
			b.shorten(&l.runs[i], min(l.runs[i].len(), l.positions(i)))
		}
	}
}

// positions returns how many levels run i may have when told by position.
func (l *ladders) positions(i int) int {
	switch {
	case i >= 2 && l.impliedDepth == 0:
		return defaultImplied
	case i >= 2:
		return int(l.impliedDepth)
	case l.depth == 0:
		return defaultDepth
	}
	return int(l.depth)
}

// at returns the level d steps from the touch.
func (b *Books) at(l *ladders, i, d int) Level {
	rungs := b.rungs.entries(l.runs[i])
	if d >= len(rungs) {
		return noLevel
	}
	if l.byPosition[i] {
		return rungs[d]
	}
	return rungs[len(rungs)-1-d]
}

// applyLevel applies an event of the level book.
func (b *Books) applyLevel(ev *Event, c *Change) {
	c.Price, c.Qty, c.Left, c.OrderID, c.Instrument, c.Count = ev.Price, 0, 0, 0, ev.Instrument, 0
	c.Side, c.Action, c.Depth, c.Top, c.Anomaly = ev.Side, 'N', NoDepth, false, AnomalyNone
	i := 0
	switch {
	case !b.valid(ev.Instrument):
		b.refuse(c, AnomalyBadInstrument)
		return
	case ev.Side == Ask:
		i = 1
	case ev.Side != Bid:
		b.refuse(c, AnomalyBadSide)
		return
	}
	b.highest = max(b.highest, ev.Instrument)
	implied := ev.Attr&AttrImplied != 0
	if implied {
		i += 2
	}
	l := &b.ladders[ev.Instrument]
	var a Anomaly
	if ev.Kind == KindLevelSet {
		a = b.setLevel(l, i, ev, c)
		c.Top = c.Depth == 0 // it tells of one price, and a depth only when that changed
	} else {
		before := b.at(l, i, 0)
		if ev.Kind == KindLevelDeleteThru {
			b.dropLevels(l, i, l.runs[i].len(), c)
		} else {
			a = b.applyPosition(l, i, ev, c)
		}
		c.Top = b.at(l, i, 0) != before
	}
	if a != AnomalyNone {
		b.note(c, a)
	}
	if implied {
		b.implied++
		c.Top, c.Depth = false, NoDepth
	}
}

// setLevel gives a price of a ladder its quantity.
func (b *Books) setLevel(l *ladders, i int, ev *Event, c *Change) Anomaly {
	r := &l.runs[i]
	n := r.len()
	switch {
	case ev.Price == UndefPrice:
		return AnomalyBadPrice
	case n != 0 && l.byPosition[i]:
		return AnomalyMixedLevels
	}
	rungs := b.rungs.entries(*r)
	at, found := searchRungs(rungs, uint32(i), ev.Price)
	switch {
	case ev.Qty == 0 && !found:
		return AnomalyUnknownLevel
	case ev.Qty == 0:
		c.Action, c.Qty, c.Depth = 'C', rungs[at].Qty, b.reported(n-1-at)
		b.rungs.remove(r, at)
		b.rungsOn--
		return AnomalyNone
	case !found:
		if b.rungsOn >= b.maxLevels || !b.rungs.insert(r, at) {
			return AnomalyLevelTableFull
		}
		b.rungsOn++
		l.byPosition[i] = false
		c.Action, c.Depth = 'A', b.reported(n-at)
		rungs, n = b.rungs.entries(*r), n+1
		rungs[at] = Level{Price: ev.Price}
	}
	b.update(&rungs[at], ev, b.reported(n-1-at), c)
	return AnomalyNone
}

// update gives a level the event's price, quantity and count, and tells in c what that changed.
func (b *Books) update(l *Level, ev *Event, depth uint8, c *Change) {
	now := Level{Price: ev.Price, Qty: ev.Qty, Count: ev.Count}
	c.Left, c.Count = now.Qty, now.Count
	if *l == now && c.Action == 'N' {
		return
	}
	if c.Action == 'N' {
		c.Action = 'M'
	}
	c.Qty, c.Depth = max(l.Qty, now.Qty)-min(l.Qty, now.Qty), depth
	*l = now
}

// searchRungs is search for a ladder told by price.
func searchRungs(rungs []Level, si uint32, price int64) (int, bool) {
	r := rankOf(si, price)
	n := len(rungs)
	if n >= nearby {
		near := (*[nearby]Level)(rungs[n-nearby:])
		if rankOf(si, near[0].Price) <= r {
			at := n - nearby
			for i := range near {
				at += less(rankOf(si, near[i].Price), r)
			}
			return at, at < n && rungs[at].Price == price
		}
		n -= nearby
	}
	at := 0
	for n > 0 {
		half := (n + 1) >> 1
		at += half & -less(rankOf(si, rungs[at+half-1].Price), r)
		n -= half
	}
	return at, at < len(rungs) && rungs[at].Price == price
}
