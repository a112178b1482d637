package book

// applyPosition applies an event that names a level by its position from the touch, from 1 (CME MDP 3.0, "Market by
// Price": New pushes worse levels down, Change and Overlay replace, Delete pulls worse levels up, Delete From drops
// levels 1 to n).
func (b *Books) applyPosition(l *ladders, i int, ev *Event, c *Change) Anomaly {
	r := &l.runs[i]
	n, at := r.len(), int(ev.Level)-1
	switch {
	case n != 0 && !l.byPosition[i]:
		return AnomalyMixedLevels
	case at < 0 || at >= l.positions(i):
		return AnomalyBadLevel
	}
	switch ev.Kind {
	case KindLevelNew:
		return b.newPosition(l, i, at, ev, c)
	case KindLevelChange, KindLevelOverlay:
		return b.changePosition(l, i, at, ev, c)
	case KindLevelDelete:
		return b.deletePosition(r, at, c)
	}
	b.dropLevels(l, i, min(at+1, n), c)
	return AnomalyNone
}

// newPosition inserts a level; what is pushed out of the depth is dropped.
func (b *Books) newPosition(l *ladders, i, at int, ev *Event, c *Change) Anomaly {
	if ev.Price == UndefPrice {
		return AnomalyBadPrice
	}
	r := &l.runs[i]
	b.shorten(r, min(r.len(), l.positions(i)-1))
	if !b.extend(l, i, at) || !b.extendAt(l, i, at) {
		b.trim(r)
		return AnomalyLevelTableFull
	}
	c.Action = 'A'
	b.update(&b.rungs.entries(*r)[at], ev, b.reported(at), c)
	b.trim(r)
	return AnomalyNone
}

// changePosition replaces a level; one that was never told is filled.
func (b *Books) changePosition(l *ladders, i, at int, ev *Event, c *Change) Anomaly {
	r := &l.runs[i]
	was := b.at(l, i, at)
	if was.Price == UndefPrice && ev.Price == UndefPrice {
		return AnomalyUnknownLevel
	}
	if !b.extend(l, i, at+1) {
		b.trim(r)
		return AnomalyLevelTableFull
	}
	now, a := *ev, AnomalyNone
	switch {
	case was.Price == UndefPrice:
		c.Action = 'A'
	case ev.Price == UndefPrice:
		now.Price, c.Price = was.Price, was.Price
	case ev.Kind == KindLevelChange && ev.Price != was.Price:
		a = AnomalyLevelMoved
	}
	b.update(&b.rungs.entries(*r)[at], &now, b.reported(at), c)
	return a
}

// deletePosition removes a level and pulls worse ones up.
func (b *Books) deletePosition(r *run, at int, c *Change) Anomaly {
	if at >= r.len() {
		return AnomalyUnknownLevel
	}
	was := b.rungs.entries(*r)[at]
	c.Action, c.Qty, c.Depth = 'C', was.Qty, b.reported(at)
	b.rungs.remove(r, at)
	b.rungsOn--
	b.trim(r)
	if was.Price == UndefPrice {
		return AnomalyUnknownLevel
	}
	c.Price = was.Price
	return AnomalyNone
}

// dropLevels removes the n levels nearest to the touch. Price is the best one's, Qty what went in all.
func (b *Books) dropLevels(l *ladders, i, n int, c *Change) {
	r := &l.runs[i]
	if n == 0 {
		return
	}
	c.Action, c.Price, c.Depth = 'C', b.at(l, i, 0).Price, 0
	for d := range n {
		c.Qty += b.at(l, i, d).Qty
	}
	rungs := b.rungs.entries(*r)
	if l.byPosition[i] {
		copy(rungs, rungs[n:])
	}
	b.shorten(r, len(rungs)-n)
	if l.byPosition[i] {
		b.trim(r)
	}
}

// extend appends holes until the ladder has n positions.
func (b *Books) extend(l *ladders, i, n int) bool {
	for at := l.runs[i].len(); at < n; at++ {
		if !b.extendAt(l, i, at) {
			return false
		}
	}
	return true
}

// extendAt inserts a hole at one position.
func (b *Books) extendAt(l *ladders, i, at int) bool {
	r := &l.runs[i]
	if b.rungsOn >= b.maxLevels || !b.rungs.insert(r, at) {
		return false
	}
	b.rungsOn++
	l.byPosition[i] = true
	b.rungs.entries(*r)[at] = noLevel
	return true
}

// trim drops holes after the last level that is known.
func (b *Books) trim(r *run) {
	rungs := b.rungs.entries(*r)
	n := len(rungs)
	for n > 0 && rungs[n-1].Price == UndefPrice {
		n--
	}
	b.shorten(r, n)
}

// shorten cuts a ladder to its first n entries.
func (b *Books) shorten(r *run, n int) {
	if d := r.len() - n; d > 0 {
		b.rungsOn -= d
		b.rungs.cut(r, n)
	}
}
