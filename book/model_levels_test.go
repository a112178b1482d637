package book

import "slices"

func (m *model) levelEvent(ev *Event, c *Change) {
	if ev.Instrument == 0 || ev.Instrument > m.instruments {
		m.note(c, AnomalyBadInstrument)
		return
	}
	if ev.Side != Bid && ev.Side != Ask {
		m.note(c, AnomalyBadSide)
		return
	}
	implied := ev.Attr&AttrImplied != 0
	l := m.ladder(ev.Instrument, ev.Side, implied)
	before := slices.Clone(l.levels)
	m.levelKind(ev, l, implied, c)
	c.Top = first(before) != first(l.levels)
	if implied {
		c.Top, c.Depth = false, NoDepth
	}
	if len(l.levels) == 0 {
		l.byPosition = false
	}
}

func (m *model) positions(instrument uint32, implied bool) int {
	d := m.depth[instrument]
	if implied {
		if d[1] == 0 {
			return 2
		}
		return int(d[1])
	}
	if d[0] == 0 {
		return 10
	}
	return int(d[0])
}

func (m *model) levelKind(ev *Event, l *modelLadder, implied bool, c *Change) {
	shallow := func(d int) uint8 {
		if d < 10 {
			return uint8(d)
		}
		return NoDepth
	}
	drop := func(n int) {
		if n == 0 {
			return
		}
		c.Action, c.Price, c.Depth = 'C', l.levels[0].Price, 0
		for _, x := range l.levels[:n] {
			c.Qty += x.Qty
		}
		l.levels = slices.Clone(l.levels[n:])
	}
	trim := func() {
		for n := len(l.levels); n > 0 && l.levels[n-1].Price == UndefPrice; n-- {
			l.levels = l.levels[:n-1]
		}
	}
	put := func(at int, now Level, fresh bool) {
		was := l.levels[at]
		c.Left, c.Count = now.Qty, now.Count
		if was == now && !fresh {
			return
		}
		c.Action, c.Depth = 'M', shallow(at)
		if fresh {
			c.Action = 'A'
		}
		c.Qty = max(was.Qty, now.Qty) - min(was.Qty, now.Qty)
		l.levels[at] = now
	}
	told := Level{Price: ev.Price, Qty: ev.Qty, Count: ev.Count}

	if ev.Kind == KindLevelDeleteThru {
		drop(len(l.levels))
		return
	}
	if ev.Kind == KindLevelSet {
		if ev.Price == UndefPrice {
			m.note(c, AnomalyBadPrice)
			return
		}
		if len(l.levels) > 0 && l.byPosition {
			m.note(c, AnomalyMixedLevels)
			return
		}
		at := slices.IndexFunc(l.levels, func(x Level) bool { return !better(ev.Side, x.Price, ev.Price) })
		if at < 0 {
			at = len(l.levels)
		}
		found := at < len(l.levels) && l.levels[at].Price == ev.Price
		switch {
		case ev.Qty == 0 && !found:
			m.note(c, AnomalyUnknownLevel)
		case ev.Qty == 0:
			c.Action, c.Qty, c.Depth = 'C', l.levels[at].Qty, shallow(at)
			l.levels = slices.Delete(l.levels, at, at+1)
		case !found:
			l.levels = slices.Insert(l.levels, at, Level{Price: ev.Price})
			put(at, told, true)
		default:
			put(at, told, false)
		}
		return
	}

	at, depth := int(ev.Level)-1, m.positions(ev.Instrument, implied)
	if len(l.levels) > 0 && !l.byPosition {
		m.note(c, AnomalyMixedLevels)
		return
	}
	if at < 0 || at >= depth {
		m.note(c, AnomalyBadLevel)
		return
	}
	l.byPosition = true
	switch ev.Kind {
	case KindLevelNew:
		if ev.Price == UndefPrice {
			m.note(c, AnomalyBadPrice)
			return
		}
		for len(l.levels) < at {
			l.levels = append(l.levels, noLevel)
		}
		l.levels = slices.Insert(l.levels, at, noLevel)
		put(at, told, true)
		l.levels = l.levels[:min(len(l.levels), depth)]
		trim()
	case KindLevelChange, KindLevelOverlay:
		was := noLevel
		if at < len(l.levels) {
			was = l.levels[at]
		}
		if was.Price == UndefPrice && told.Price == UndefPrice {
			m.note(c, AnomalyUnknownLevel)
			return
		}
		for len(l.levels) <= at {
			l.levels = append(l.levels, noLevel)
		}
		if told.Price == UndefPrice {
			told.Price, c.Price = was.Price, was.Price
		} else if was.Price != UndefPrice && was.Price != told.Price && ev.Kind == KindLevelChange {
			m.note(c, AnomalyLevelMoved)
		}
		put(at, told, was.Price == UndefPrice)
	case KindLevelDelete:
		if at >= len(l.levels) {
			m.note(c, AnomalyUnknownLevel)
			return
		}
		was := l.levels[at]
		c.Action, c.Qty, c.Depth = 'C', was.Qty, shallow(at)
		l.levels = slices.Delete(l.levels, at, at+1)
		trim()
		if was.Price == UndefPrice {
			m.note(c, AnomalyUnknownLevel)
		} else {
			c.Price = was.Price
		}
	case KindLevelDeleteFrom:
		drop(min(at+1, len(l.levels)))
		trim()
	}
}
