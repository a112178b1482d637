package sim

// carry takes a datagram over line i, or loses it.
func (w *Wire) carry(i int, d *Datagram) {
	l := &w.lines[i]
	l.stats.Sent++
	reorder, again := l.rng.chance(l.cfg.ReorderPPM), l.rng.chance(l.cfg.DuplicatePPM)
	depth := 1 + int(l.rng.below(uint32(l.cfg.ReorderDepth)))
	at := d.TimeNS + l.cfg.DelayNS + l.jitter()
	if w.lost[i] {
		l.stats.Lost++
		addRange(&l.stats.LostRanges, d)
		return
	}
	w.release(i, at) // who is due before this packet goes before it
	frame := w.build(l, d.Payload)
	if reorder {
		w.overtake(i, at)
		l.stats.Reordered++
		l.held = append(l.held, held{frame: frame, passes: depth, untilNS: at + l.cfg.ReorderNS})
	} else {
		l.lastNS = max(at, l.lastNS+1)
		at = l.lastNS
		w.queue.push(arrival{atNS: at, frame: frame, line: int32(i), order: w.next()})
		w.overtake(i, at)
	}
	if again {
		l.stats.Duplicated++
		w.queue.push(arrival{atNS: at + l.cfg.DuplicateNS, frame: w.build(l, d.Payload), line: int32(i), order: w.next()})
	}
}

// overtake counts a packet that arrives at atNS, or is held itself, against those that are held, and lets go who has
// waited for enough: right behind it.
func (w *Wire) overtake(i int, atNS uint64) {
	l := &w.lines[i]
	kept := l.held[:0]
	for _, h := range l.held {
		if h.passes--; h.passes > 0 {
			kept = append(kept, h)
			continue
		}
		l.lastNS = max(l.lastNS, atNS) + 1
		w.queue.push(arrival{atNS: l.lastNS, frame: h.frame, line: int32(i), order: w.next()})
	}
	l.held = kept
}

// release lets go of what is held and whose time is up before untilNS. Nothing is released into the past: what was
// due before the previous datagram went then.
func (w *Wire) release(i int, untilNS uint64) {
	l := &w.lines[i]
	kept := l.held[:0]
	for _, h := range l.held {
		if h.untilNS >= untilNS {
			kept = append(kept, h)
			continue
		}
		w.queue.push(arrival{atNS: h.untilNS, frame: h.frame, line: int32(i), order: w.next()})
	}
	l.held = kept
}

func (w *Wire) next() uint64 {
	w.order++
	return w.order
}

func (w *Wire) build(l *line, payload []byte) int32 {
	if len(w.free) == 0 {
		w.free = append(w.free, int32(len(w.frames)))
		w.frames = append(w.frames, nil)
	}
	slot := w.free[len(w.free)-1]
	w.free = w.free[:len(w.free)-1]
	w.frames[slot] = l.frames.append(w.frames[slot][:0], payload)
	return slot
}
