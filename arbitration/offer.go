package arbitration

// Offer places one packet of a line in the sequence.
//
// The rule of order: first deliver the offered packet if the verdict says Take, then call Next until it
// returns false. Where something must come before the offered packet, Offer keeps the packet (copied) and
// Take is false; it then comes out of Next in its place. p is borrowed until Offer returns. Offer does not
// block, does not allocate, and believes no number further than Config says. A line that is not configured
// is not taken.
func (a *Arbiter) Offer(line Line, p *Packet) Verdict {
	if uint8(line) >= a.nlines {
		return Verdict{}
	}
	l := &a.lines[line&(MaxLines-1)]
	if p.Session == a.session && p.Kind == KindData && p.Count-1 < maxCount && l.plain && p.Seq == l.high && p.TsSend >= a.runSend {
		end := p.Seq + uint64(p.Count)
		if a.quiet && p.Seq == a.next && end > p.Seq {
			// The faster line, in order, nothing held and nothing open: the first half of all packets.
			l.passed(p, end)
			l.First += uint64(p.Count)
			l.FirstPackets++
			a.now = max(a.now, p.TsRecv)
			a.stuck = a.now
			a.next, a.known = end, end
			a.lag[p.Seq&lagMask] = lagEntry{p.Seq, p.TsRecv}
			a.lastSend, a.lastRecv = p.TsSend, p.TsRecv
			a.proven++
			a.stats.Delivered += uint64(p.Count)
			return Verdict{Take: true, Fate: FateTaken, Count: p.Count}
		}
		if a.phase == running && p.Seq >= a.floor && end <= a.next && end > p.Seq && a.next-p.Seq <= windowUnits {
			// The slower line, in its own order, brings what is known: the second half.
			l.passed(p, end)
			l.Duplicate += uint64(p.Count)
			l.DuplicatePackets++
			a.now = max(a.now, p.TsRecv)
			if e := &a.lag[p.Seq&lagMask]; e.seq == p.Seq {
				l.LagNS.add(max(p.TsRecv, e.ns) - e.ns)
			}
			return Verdict{Fate: FateDuplicate}
		}
	}
	duplicate, late, held, suspect := l.DuplicatePackets, l.LatePackets, l.HeldPackets, l.SuspectPackets
	v := a.offer(line, l, p)
	switch {
	case v.Take:
		v.Fate = FateTaken
	case l.HeldPackets > held:
		v.Fate = FateHeld
	case l.SuspectPackets > suspect:
		v.Fate = FateSuspect
	case l.LatePackets > late:
		v.Fate = FateLate
	case l.DuplicatePackets > duplicate:
		v.Fate = FateDuplicate
	default:
		v.Fate = FateControl
	}
	return v
}

// passed does for a line in its own order what believed and follow do for any. What can be summed up later,
// Line does: this is the shortest way.
func (l *line) passed(p *Packet, end uint64) {
	l.recent[l.recentN%recentPackets] = lagEntry{p.Seq, p.TsRecv}
	l.recentN++
	l.high = end
	l.good = p.TsRecv
}

// offer is the whole of Offer.
func (a *Arbiter) offer(line Line, l *line, p *Packet) Verdict {
	a.now = max(a.now, p.TsRecv)
	l.Last = max(l.Last, p.TsRecv)
	l.State = LineUp
	kind := p.Kind
	absurd := kind > KindEndOfSession || kind == KindData && (p.Count > maxCount || p.Seq+uint64(p.Count) < p.Seq)
	if kind == KindData && p.Count == 0 {
		kind = KindHeartbeat
	}
	var v Verdict
	if absurd {
		l.SuspectPackets++ // its count is no number of units: only the packet is counted
	} else if a.phase == idle {
		if kind == KindEndOfSession {
			l.EndsOfSession++ // of a session we never saw
		} else {
			a.join(line, p.Session, p.Seq, ReadySession)
			v = a.believed(line, l, p, kind)
		}
	} else if a.judge(line, l, p, kind) {
		a.back(line, l, p, kind)
		v = a.believed(line, l, p, kind)
	}
	if a.sample.on && kind == KindData && !absurd {
		a.compare(line, l, p, v)
	}
	l.plain = !a.sample.on && l.started && !l.recovery && l.holes == 0 && l.cand.streak == 0 && l.oldRun == 0
	a.settleQuiet()
	return v
}

// settleQuiet says whether the fast paths and the short way out of Next are open.
func (a *Arbiter) settleQuiet() {
	a.quiet = a.phase == running && a.next == a.known && a.win.live == 0 && !a.spared && !a.ending && !a.flushing &&
		a.turn.kind == turnNone && a.adopt == 0 && !a.waiting()
}

// back is called when a line brings a packet of the sequence: what it said before against it was garbage.
func (a *Arbiter) back(line Line, l *line, p *Packet, kind Kind) {
	c := &l.cand
	if c.streak == 0 || (a.adopt|a.merge)&(1<<line) != 0 || a.turn.kind != turnNone {
		return
	}
	if c.inRun && l.started && (kind == KindData && p.Seq+uint64(p.Count) <= l.high || kind == KindHeartbeat && p.Seq < l.high) {
		return // a repetition, or one that was overtaken, from before the line went ahead
	}
	c.drop()
	l.disputed = false
}

// believed enters a packet that belongs to the running session at a believable place.
func (a *Arbiter) believed(line Line, l *line, p *Packet, kind Kind) Verdict {
	l.good = a.now
	l.oldRun = 0
	if a.phase == joining {
		a.lower(p.Seq)
		a.joinCount++
	}
	end := p.Seq
	if kind == KindData {
		end += uint64(p.Count)
	}
	l.follow(p.Seq, end, p.TsRecv)
	switch kind {
	case KindHeartbeat:
		l.Heartbeats++
		a.reveal(p.Seq, a.now)
	case KindEndOfSession:
		l.EndsOfSession++
		a.reveal(p.Seq, a.now)
		if p.Seq >= a.next && !a.stats.Ended {
			a.endAt, a.ending = p.Seq, true
		}
	default:
		return a.place(line, l, p)
	}
	return Verdict{}
}

// reveal notes that units before seq exist.
func (a *Arbiter) reveal(seq, ns uint64) {
	if seq <= a.known {
		return
	}
	if a.phase == running && !a.tailOpen() {
		a.opened(1)
	}
	a.known, a.beat = seq, ns
}

// tailOpen tells whether the newest known unit is missing.
func (a *Arbiter) tailOpen() bool { return a.known > a.next && a.known > a.win.high }

// opened counts gaps noticed.
func (a *Arbiter) opened(n uint64) {
	a.stats.Opened += n
	a.open += n
}

// place takes, holds or drops a believed data packet.
func (a *Arbiter) place(line Line, l *line, p *Packet) Verdict {
	count := uint64(p.Count)
	end := p.Seq + count
	if a.phase == running && end <= a.next || a.phase == joining && p.Seq < a.next {
		a.old(l, p, end)
		return Verdict{}
	}
	if end > a.endAt && a.ending {
		a.ending = false // data beyond the end: the end was not the end
	}
	if a.phase == running && p.Seq <= a.next {
		a.stats.Ended = false
		skip := a.next - p.Seq
		late := a.lost(p.Seq, a.next)
		l.Late += late
		l.Duplicate += skip - late
		a.deliver(line, p.Seq, end, p.TsRecv, p.TsSend)
		a.stuck = a.now
		a.remember(p)
		return Verdict{Take: true, Skip: uint32(skip), Count: uint32(count - skip)}
	}
	a.hold(line, l, p, end)
	return Verdict{}
}

// old counts a packet that brings nothing new.
func (a *Arbiter) old(l *line, p *Packet, end uint64) {
	late := a.lost(p.Seq, end)
	l.Late += late
	l.Duplicate += end - p.Seq - late
	if late == end-p.Seq {
		l.LatePackets++
		return
	}
	l.DuplicatePackets++
	a.measureLag(l, p)
}

// lost counts the units of [seq, end), all below next, that were not delivered or are beyond memory.
func (a *Arbiter) lost(seq, end uint64) uint64 {
	var late uint64
	from := a.first
	if a.next > windowUnits {
		from = max(from, a.next-windowUnits)
	}
	if seq < from {
		cut := min(end, from)
		late, seq = cut-seq, cut
	}
	return late + a.gaps.lost(seq, end)
}

// remember notes when a packet came first; measureLag reads it for the second.
func (a *Arbiter) remember(p *Packet) { a.lag[p.Seq&lagMask] = lagEntry{p.Seq, p.TsRecv} }

func (a *Arbiter) measureLag(l *line, p *Packet) {
	if e := &a.lag[p.Seq&lagMask]; e.seq == p.Seq {
		l.LagNS.add(max(p.TsRecv, e.ns) - e.ns)
	}
}

// hold keeps an early packet.
func (a *Arbiter) hold(line Line, l *line, p *Packet, end uint64) {
	if a.win.covers(p.Seq, end) {
		l.Duplicate += end - p.Seq
		l.DuplicatePackets++
		a.measureLag(l, p)
		return
	}
	if end-a.next <= windowUnits {
		if i, ok := a.win.put(line, p); ok {
			l.Held += end - p.Seq
			l.HeldPackets++
			a.account(l, p.Seq, end)
			a.win.own(p.Seq, end, i)
			a.known = max(a.known, end)
			a.stats.HeldMax = max(a.stats.HeldMax, a.win.live)
			if a.holeAt <= a.next && p.Seq < a.holeTo {
				a.holeTo = max(p.Seq, a.next)
			}
			a.remember(p)
			return
		}
	}
	a.stats.Overflows++
	if a.spared || len(p.Payload) > len(a.spareBuf) {
		// Only a caller that does not drain Next, or a payload larger than UDP's, gets here.
		a.stats.Dropped++
		l.Suspect += end - p.Seq
		l.SuspectPackets++
		return
	}
	a.spare = *p
	a.spare.Payload = a.spareBuf[:copy(a.spareBuf, p.Payload)]
	a.spareOf, a.spared = line, true
	l.Held += end - p.Seq
	l.HeldPackets++
	a.reveal(p.Seq, a.now)
	a.remember(p)
}

// account follows the gaps while [seq, end), at or beyond next, comes to be held.
func (a *Arbiter) account(l *line, seq, end uint64) {
	if a.phase != running {
		return
	}
	if seq > a.known && !a.tailOpen() {
		a.opened(1)
	}
	a.fill(l, seq, min(end, a.known), seq > a.next && !a.missing(seq-1))
}

// missing tells whether a known unit at or beyond next is not held.
func (a *Arbiter) missing(unit uint64) bool {
	return unit >= a.next && unit < a.known && !a.win.has(unit)
}

// fill counts what [from, to) fills of the open gaps. closedLeft: what lies before from is not missing.
func (a *Arbiter) fill(l *line, from, to uint64, closedLeft bool) {
	for u := from; u < to; {
		if a.win.has(u) {
			u, closedLeft = u+1, true
			continue
		}
		start := u
		for u < to && !a.win.has(u) {
			u++
		}
		n := u - start
		a.stats.HealedUnits += n
		a.noteHealed(start, n)
		if l.recovery {
			l.Recovered += n
		}
		closedRight := u < to || !a.missing(u)
		switch {
		case closedLeft && closedRight:
			a.stats.Healed++
			a.open--
		case !closedLeft && !closedRight:
			a.opened(1) // split in two
		}
	}
}
