package arbitration

// turnKind says how the sequence is about to change.
type turnKind uint8

const (
	turnNone    turnKind = iota
	turnSession          // another session
	turnReset            // the same session from a lower number
	turnJump             // the same run from a far higher number
)

// turn is a change that waits until everything before it was given out.
type turn struct {
	kind    turnKind
	line    Line
	session uint64
	start   uint64
	cutoff  uint64 // TsSend below it is the run before
}

// begin decides a turn to what the line's candidate says. Next carries it out.
func (a *Arbiter) begin(t turn) {
	if a.turn.kind != turnNone || a.adopt != 0 {
		return // the caller does not drain Next; the evidence stays
	}
	c := &a.lines[t.line].cand
	if c.streak == 0 {
		return
	}
	t.session, t.start = c.session, c.start
	a.adopt = a.supporters(t.line)
	for i := range a.lines[:a.nlines] {
		if a.adopt&(1<<i) != 0 {
			t.start = min(t.start, a.lines[i].cand.start)
		}
	}
	for i := range a.lines[:a.nlines] {
		if a.adopt&(1<<i) != 0 && a.lines[i].cand.inRun {
			a.adopt &^= 1 << i // its packets are parked
			a.merge |= 1 << i
		}
	}
	if t.kind == turnJump {
		t.start = max(t.start, a.known) // a supporter may reach back into what is known
		a.reveal(t.start, a.now)
		a.stats.Jumps++
	}
	a.turn = t
}

// believeAtEnd takes a candidate that nothing contradicted when the input ended. One packet is enough to begin a session or
// a numbering again from its start, or to go ahead within JumpUnits; what is farther takes two.
func (a *Arbiter) believeAtEnd() {
	for i := range a.lines[:a.nlines] {
		line, l := Line(i), &a.lines[i]
		c := &l.cand
		if c.streak == 0 || a.phase == idle || a.contradicted(line, l) {
			continue
		}
		sure := c.streak >= 2
		switch {
		case c.session != a.session:
			if sure || c.start <= 1 {
				a.begin(turn{kind: turnSession, line: line})
				return
			}
		case a.phase == running && c.start < a.next && c.first > a.lastSend && a.lastSend != 0:
			if sure || c.start <= 1 {
				a.begin(turn{kind: turnReset, line: line, cutoff: a.cutoff(a.firstSend(line))})
				return
			}
		case a.phase == running && c.start > a.known:
			if sure || c.start-a.known <= a.cfg.JumpUnits {
				a.begin(turn{kind: turnJump, line: line})
				return
			}
		}
	}
}

// disbelieveAtEnd takes back what a single packet of one line claimed and the other lines went on below, for longer than a gap
// may stay open, until the input ended.
func (a *Arbiter) disbelieveAtEnd() {
	if a.phase != running || a.next >= a.known || a.win.has(a.next) || a.spared {
		return
	}
	claimed := a.beat
	if e := a.win.oldest(); e != nil {
		claimed = e.tsRecv
	}
	to := a.hole()
	if a.shared(to) {
		return
	}
	wentOn := false
	for i := range a.lines[:a.nlines] {
		if l := &a.lines[i]; !l.recovery && l.recentN > 0 {
			e := &l.recent[(l.recentN-1)%recentPackets]
			wentOn = wentOn || e.seq < to && e.ns >= claimed+a.cfg.GapTimeoutNS
		}
	}
	if !wentOn {
		return
	}
	for i := range a.lines[:a.nlines] {
		if l := &a.lines[i]; l.started && l.high > a.next {
			l.fill(a.next, l.high) // it did not lose what it skipped
			l.high = a.next
		}
	}
	a.dropHeld(false)
	clear(a.win.units)
	a.known, a.win.high, a.ending = a.next, 0, false
	a.stats.Opened -= a.open
	a.open = 0
}

// dropHeld moves all that is held to the suspects, and parks it if asked to.
func (a *Arbiter) dropHeld(park bool) {
	var p Packet
	for s := &a.win.store; s.oldest() != nil; {
		e := s.oldest()
		a.unbelieve(e.line, e.count())
		if l := &a.lines[e.line]; park && !l.recovery {
			s.packet(e, &p)
			a.keep(e.line, l, &p)
		}
		s.free(uint32(s.tail & uint64(len(s.entries)-1)))
	}
}

// contradicted tells whether another line that is heard went on with the sequence after the line's candidate began, and
// nobody says what the candidate does.
func (a *Arbiter) contradicted(line Line, l *line) bool {
	if a.agreed(line, l) {
		return false
	}
	for i := range a.lines[:a.nlines] {
		o := &a.lines[i]
		if Line(i) != line && !o.recovery && o.started && o.good >= l.cand.since && a.now-min(a.now, o.good) < a.cfg.SilentNS {
			return true
		}
	}
	return false
}

// carry executes the pending turn. The old run has been given out completely.
func (a *Arbiter) carry(r *Ready) bool {
	t := a.turn
	a.turn = turn{}
	if t.kind == turnJump {
		return false
	}
	a.clearPark()
	for i := range a.lines[:a.nlines] {
		a.lines[i].settle(a.next)
		a.lines[i].disputed = false
	}
	kind := ReadyReset
	if t.kind == turnSession {
		kind = ReadySession
		a.retired.add(a.session)
		a.retired.remove(t.session)
	}
	a.runSend = t.cutoff
	a.stats.Ended, a.ending = false, false
	if t.start > a.cfg.JumpUnits {
		for i := range a.lines[:a.nlines] {
			a.lines[i].forget()
		}
		a.join(t.line, t.session, t.start, kind)
		return false
	}
	// We were there when the numbering began, so what is missing from 1 on is a gap and not a late start.
	first := min(t.start, 1)
	for i := range a.lines[:a.nlines] {
		a.lines[i].restart(first)
	}
	a.join(t.line, t.session, first, kind)
	return a.begun(r)
}

// join starts to look for the first unit of a run.
func (a *Arbiter) join(line Line, session, seq uint64, kind ReadyKind) {
	if a.phase == idle {
		a.born = a.now
	}
	a.phase = joining
	a.session, a.next, a.known, a.first, a.floor = session, seq, seq, seq, seq
	a.joinKind, a.joinLine, a.joinCount, a.joinSince = kind, line, 0, a.now
	a.holeTo, a.holeAt = 0, ^uint64(0)
	a.gaps = gapMemory{}
	a.proven, a.win.high, a.open = 0, 0, 0
	a.lastSend, a.lastRecv = 0, 0
	a.good, a.stuck = a.now, a.now
	for i := range a.lag {
		a.lag[i].seq = ^uint64(0)
	}
}

// lower takes an earlier start while the run is being joined.
func (a *Arbiter) lower(seq uint64) {
	if seq < a.next && max(a.known, a.win.high)-seq <= windowUnits {
		a.next, a.first, a.floor = seq, seq, seq
	}
}

// joined tells whether the start is decided: it cannot be lower, enough packets or time went by, or there
// is no room to wait any longer.
func (a *Arbiter) joined() bool {
	return a.next <= 1 || a.now-a.joinSince >= a.cfg.GapTimeoutNS+a.late ||
		a.joinCount >= a.cfg.ReorderPackets && a.now-a.joinSince >= a.cfg.ReorderNS+a.late ||
		a.spared || a.flushing || a.turn.kind != turnNone
}

// begun opens the run at next.
func (a *Arbiter) begun(r *Ready) bool {
	a.phase = running
	if a.joinKind == ReadyReset {
		a.stats.Resets++
	} else {
		a.stats.Sessions++
	}
	for i := range a.lines[:a.nlines] {
		if l := &a.lines[i]; l.wasUp && !l.started {
			l.started, l.low, l.high = true, a.next, a.next
		}
	}
	missing := false
	for u := a.next; u < a.known; u++ {
		if gone := !a.win.has(u); gone != missing {
			if missing = gone; gone {
				a.opened(1)
			}
		}
	}
	*r = Ready{Kind: a.joinKind, Line: a.joinLine}
	r.Packet.Session, r.Packet.Seq = a.session, a.next
	return true
}

// outnumber starts the joining again from the line's candidate when it has more support than what was
// heard first: garbage can come first.
func (a *Arbiter) outnumber(line Line, l *line) {
	if a.phase != joining || int(l.cand.streak) <= a.joinCount || a.adopt != 0 || l.cand.streak == 0 {
		return
	}
	same := l.cand.session == a.session
	if !same {
		a.clearPark()
	}
	a.dropHeld(same) // of a burst that came in any order it may be the first, and no garbage
	if a.spared {
		a.spared = false
		a.unbelieve(a.spareOf, uint64(a.spare.Count))
	}
	clear(a.win.units)
	for i := range a.lines[:a.nlines] {
		a.lines[i].forget()
	}
	adopt := a.supporters(line)
	a.join(line, l.cand.session, l.cand.start, a.joinKind)
	if same {
		for i := range a.lines[:a.nlines] {
			if c := &a.lines[i].cand; c.inRun {
				c.drop()
			}
		}
		a.regain()
		return
	}
	a.adopt = adopt
}

// unbelieve moves a held packet to the suspects.
func (a *Arbiter) unbelieve(line Line, count uint64) {
	l := &a.lines[line]
	l.Held -= count
	l.HeldPackets--
	l.Suspect += count
	l.SuspectPackets++
}

// adoptOne enters the next packet of a candidate that became the sequence.
func (a *Arbiter) adoptOne(r *Ready) bool {
	for i := range a.lines[:a.nlines] {
		if a.adopt&(1<<i) == 0 {
			continue
		}
		l := &a.lines[i]
		e := l.cand.oldest()
		if e == nil {
			a.adopt &^= 1 << i
			l.cand.streak = 0
			continue
		}
		var p Packet
		l.cand.packet(e, &p)
		l.cand.free(uint32(l.cand.tail & uint64(len(l.cand.entries)-1)))
		l.SuspectPackets--
		l.Suspect -= uint64(p.Count)
		v := a.believed(Line(i), l, &p, KindData)
		if v.Take {
			*r = Ready{Kind: ReadyPacket, Line: Line(i), Skip: v.Skip, Count: v.Count, Packet: p}
		}
		return v.Take
	}
	return false
}
