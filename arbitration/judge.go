package arbitration

// judge tells whether a packet belongs to the running sequence at a believable place. What does not is
// counted here, and may be the one that turns the sequence.
func (a *Arbiter) judge(line Line, l *line, p *Packet, kind Kind) bool {
	if p.Session != a.session {
		a.foreign(line, l, p, kind)
		return false
	}
	if a.runSend != 0 && p.TsSend != 0 && p.TsSend < a.runSend {
		a.behind(line, l, p, kind, turnReset)
		return false
	}
	if a.phase == running && !l.recovery && a.anotherDay(p) && (a.othersActive(line) || a.saidToo(line, p)) {
		// Sent long before or after what the other lines bring now: somebody replays another day. Newer wins, if it goes on.
		a.suspect(line, l, p, kind)
		if p.Seq >= a.next && a.saidToo(line, p) && a.agreed(line, l) {
			a.begin(turn{kind: turnJump, line: line}) // no other day: the feed was quiet, and is sent again faster than it was
		} else if a.persists(l) && a.younger(l, p) {
			a.begin(turn{kind: turnReset, line: line, cutoff: a.cutoff(a.firstSend(line))})
		}
		return false
	}
	if a.phase == joining {
		if distance(p.Seq, a.next) <= a.cfg.JumpUnits || distance(p.Seq, a.known) <= a.cfg.JumpUnits {
			return true
		}
		a.elsewhere(line, l, p, kind)
		a.outnumber(line, l)
		return false
	}
	switch {
	case p.Seq > a.known && p.Seq-a.known > a.near(l, kind):
		a.tooFar(line, l, p, kind)
		return false
	case p.Seq >= a.next || kind == KindEndOfSession || l.recovery:
		return true
	case p.Seq < l.high && l.started && a.fresh(p):
		// The line's own numbering went back, and the venue sent this after everything we have. One packet is no
		// proof: another line must say so too, or this one a few times while nobody else goes on.
		a.suspect(line, l, p, kind)
		if a.agreed(line, l) || l.cand.streak >= resetPackets && !a.othersActive(line) {
			a.begin(turn{kind: turnReset, line: line, cutoff: a.cutoff(a.firstSend(line))})
		}
		return false
	case a.newer(p) && !a.othersActive(line) && p.Seq != l.high, a.next-p.Seq > windowUnits && a.proven < uint64(a.cfg.PersistPackets):
		// Fresh by its stamp yet not by our clock; or far below a sequence that hardly anybody supported.
		a.suspect(line, l, p, kind)
		if a.persists(l) && !a.othersActive(line) || a.agreed(line, l) {
			a.begin(turn{kind: turnReset, line: line, cutoff: a.cutoff(a.firstSend(line))})
		}
		return false
	}
	return true
}

// resetPackets is how many consistent, freshly sent packets with a lower number make a single line believed.
const resetPackets = 3

// firstSend is the oldest send time among the candidates that agree with the line's.
func (a *Arbiter) firstSend(line Line) uint64 {
	first := a.lines[line].cand.first
	supporters := a.supporters(line)
	for i := range a.lines[:a.nlines] {
		if supporters&(1<<i) != 0 {
			first = min(first, a.lines[i].cand.first)
		}
	}
	return first
}

// foreign handles a packet of another session.
func (a *Arbiter) foreign(line Line, l *line, p *Packet, kind Kind) {
	if a.retired.has(p.Session) {
		a.behind(line, l, p, kind, turnSession)
		return
	}
	if l.recovery || kind == KindEndOfSession {
		a.refuse(l, p, kind)
		return
	}
	a.suspect(line, l, p, kind)
	if a.phase == joining {
		a.outnumber(line, l)
		return
	}
	silent := a.now-a.heard() >= a.cfg.SilentNS
	c := &l.cand
	switch {
	case a.agreed(line, l),
		p.Seq <= 1 && a.stats.Ended,
		c.streak >= resetPackets && a.fresh(p) && !a.othersActive(line),
		c.streak >= 2 && (a.stats.Ended || silent),
		a.persists(l) && (!a.othersActive(line) || a.younger(l, p)):
		a.begin(turn{kind: turnSession, line: line})
	}
}

// behind counts a packet of an older session or run. Only when nothing else is heard any more, and the line
// persists, was the turn away from it a mistake.
func (a *Arbiter) behind(line Line, l *line, p *Packet, kind Kind, back turnKind) {
	l.LatePackets++
	if kind == KindData {
		l.Late += uint64(p.Count)
	}
	if l.recovery || kind == KindEndOfSession {
		return
	}
	l.oldRun++
	if l.oldRun < uint32(a.cfg.PersistPackets) || a.now-a.heard() < a.cfg.SilentNS || a.phase != running {
		return
	}
	l.LatePackets--
	if kind == KindData {
		l.Late -= uint64(p.Count)
	}
	l.cand.drop()
	a.suspect(line, l, p, kind)
	a.begin(turn{kind: back, line: line})
}

// refuse counts a packet that is no evidence of anything.
func (a *Arbiter) refuse(l *line, p *Packet, kind Kind) {
	l.SuspectPackets++
	if kind == KindData {
		l.Suspect += uint64(p.Count)
	}
}

// suspect counts a packet that is not believed and keeps it apart as evidence.
func (a *Arbiter) suspect(line Line, l *line, p *Packet, kind Kind) {
	a.refuse(l, p, kind)
	if !l.recovery && kind != KindEndOfSession && a.turn.kind == turnNone && a.adopt == 0 {
		l.cand.add(line, p, a.cfg.JumpUnits, a.now)
		a.dispute(line, l, p)
	}
}

// persists tells whether the line's candidate has gone on long enough.
func (a *Arbiter) persists(l *line) bool { return l.cand.streak >= uint32(a.cfg.PersistPackets) }

// agreed tells whether another line says the same as this one's candidate.
func (a *Arbiter) agreed(line Line, l *line) bool { return a.supporters(line)&^(1<<line) != 0 }

// supporters are the lines whose candidates are near the given line's, itself included, a bit each.
func (a *Arbiter) supporters(line Line) uint8 {
	mask := uint8(1) << line
	for i := range a.lines[:a.nlines] {
		if o := &a.lines[i]; Line(i) != line && o.cand.near(&a.lines[line].cand, a.cfg.JumpUnits) {
			mask |= 1 << i
		}
	}
	return mask
}

// othersActive tells whether another live line goes on with the running sequence.
func (a *Arbiter) othersActive(line Line) bool {
	for i := range a.lines[:a.nlines] {
		o := &a.lines[i]
		if Line(i) != line && !o.recovery && o.started && (o.cand.streak == 0 || o.cand.inRun) && a.now-min(a.now, o.good) < a.cfg.SilentNS {
			return true
		}
	}
	return false
}

// heard is when any line last brought a packet that was believed.
func (a *Arbiter) heard() uint64 {
	ns := a.good
	for i := range a.lines[:a.nlines] {
		ns = max(ns, a.lines[i].good)
	}
	return min(ns, a.now)
}

// newer tells whether the venue sent p well after the newest delivered packet.
func (a *Arbiter) newer(p *Packet) bool {
	return p.TsSend != 0 && a.lastSend != 0 && p.TsSend > a.lastSend && p.TsSend-a.lastSend > a.cfg.ResetAgeNS
}

// fresh tells newer, and that the venue's clock did not run ahead of ours meanwhile: a garbage stamp does.
func (a *Arbiter) fresh(p *Packet) bool {
	return a.newer(p) && p.TsSend-a.lastSend <= a.now-min(a.now, a.lastRecv)+a.cfg.SilentNS
}

// anotherDay tells whether p was sent so far from the newest delivered packet as no line lags: later than time has gone
// by since, or before although its number comes after.
func (a *Arbiter) anotherDay(p *Packet) bool {
	if p.TsSend == 0 || a.lastSend == 0 {
		return false
	}
	return p.TsSend > a.lastSend+(a.now-min(a.now, a.lastRecv))+a.cfg.SilentNS || p.Seq >= a.next && a.backdated(p)
}

// saidToo tells whether another line's candidate goes on with the sequence about where p does, sent about when p was.
func (a *Arbiter) saidToo(line Line, p *Packet) bool {
	for i := range a.lines[:a.nlines] {
		c := &a.lines[i].cand
		if Line(i) != line && c.streak > 0 && !c.inRun && c.session == p.Session && c.start >= a.next &&
			distance(c.next, p.Seq) <= a.cfg.JumpUnits && distance(c.tsSend, p.TsSend) <= a.cfg.SilentNS {
			return true
		}
	}
	return false
}

// younger tells whether the line's candidate was sent later than what is delivered by more than lines lag, and not later
// than it can have been by our clock.
func (a *Arbiter) younger(l *line, p *Packet) bool {
	sent := min(l.cand.first, p.TsSend)
	return a.lastSend != 0 && sent > a.lastSend && sent-a.lastSend > a.cfg.SilentNS && p.TsSend <= a.now+a.cfg.ClockNS
}

// dispute notes that a line has gone on for long with what another live line contradicts. Where the venue sends no times,
// nobody can tell which of them is right.
func (a *Arbiter) dispute(line Line, l *line, p *Packet) {
	if !a.persists(l) || a.now-min(a.now, l.cand.since) < a.cfg.SilentNS || !a.othersActive(line) {
		return
	}
	if !l.disputed {
		l.disputed, l.disputeAt = true, a.now
	}
	if p.TsSend == 0 && a.now >= l.disputeAt {
		a.stats.Disputes++
		l.disputeAt = a.now + a.cfg.SilentNS
	}
}

// cutoff is the send time that parts the old run from the one that starts with a packet sent at tsSend:
// half way between the two, but no longer before the start than a line may be silent.
func (a *Arbiter) cutoff(tsSend uint64) uint64 {
	if tsSend <= a.lastSend || a.lastSend == 0 {
		return 0
	}
	return tsSend - min((tsSend-a.lastSend)/2, a.cfg.SilentNS)
}
