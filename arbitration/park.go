package arbitration

// The park keeps what lines brought too far ahead of the sequence, within reach of the window, until the sequence comes
// near: a line that was dark comes back ahead of the slower one by the whole skew, and nobody brings its packets twice.
//
// What is parked is not believed. It joins the sequence
//   - when its line goes on from there and the sequence has come near, or another line says the same (join);
//   - when the line took back what it said, as a shuffled burst does and a forged number too: only where the sequence waits
//     for units that no line brought otherwise, so that it never stands in the place of a packet in order (resort).
//
// A parked packet counts as suspect. What the sequence passes meanwhile was brought by this line too, and is a duplicate.

// nearUnits is how far ahead of the sequence a single packet is believed. What is farther, up to Config.JumpUnits, needs its
// line to go on from there, or the agreement of another: one packet alone is no gap.
const nearUnits = 256

// parked are the parked packets of one line, oldest first: a list through the park's entries, index + 1.
type parked struct {
	head, tail uint32
	low        uint64 // no unit of theirs that the sequence has not passed is below
}

// near is how far ahead of the sequence a packet of the line is believed without more.
func (a *Arbiter) near(l *line, kind Kind) uint64 {
	if l.recovery || kind == KindEndOfSession {
		return a.cfg.JumpUnits
	}
	return min(a.cfg.JumpUnits, nearUnits)
}

// tooFar takes a packet of the running session that is farther ahead than what is believed at once.
func (a *Arbiter) tooFar(line Line, l *line, p *Packet, kind Kind) {
	if l.recovery || kind == KindEndOfSession {
		a.refuse(l, p, kind)
		return
	}
	end := p.Seq
	if kind == KindData {
		end += uint64(p.Count)
	}
	if end-a.next > windowUnits || a.backdated(p) {
		a.suspect(line, l, p, kind) // out of the window's reach, or sent long before what was delivered
		if a.agreed(line, l) || a.persists(l) && !a.othersActive(line) {
			a.begin(turn{kind: turnJump, line: line})
		}
		return
	}
	a.refuse(l, p, kind)
	if a.turn.kind != turnNone || a.adopt != 0 {
		return // the caller does not drain Next
	}
	l.cand.note(p, end, a.cfg.JumpUnits, a.now, true)
	a.dispute(line, l, p)
	if kind == KindData {
		a.keep(line, l, p)
	}
	if a.agreed(line, l) || a.persists(l) && (!a.othersActive(line) || a.goesOnAlone(line, l)) {
		a.stats.Jumps++
		for i := range a.lines[:a.nlines] {
			if a.supporters(line)&(1<<i) != 0 && a.lines[i].cand.inRun {
				a.merge |= 1 << i
			}
		}
	}
}

// goesOnAlone tells whether the line has gone on for as much as may soon have no room any more, and no other line was heard since
// it came ahead, for longer than a gap may stay open: both were dark, and one came back. So much is no garbage, and waiting for
// the other to be silent for long would lose it.
func (a *Arbiter) goesOnAlone(line Line, l *line) bool {
	c, s := &l.cand, &a.park
	e := s.oldest()
	if c.next-c.start < windowUnits/4 && s.live < uint64(len(s.entries)/2) && (e == nil || s.top-e.off < uint64(len(s.arena)/2)) {
		return false
	}
	for i := range a.lines[:a.nlines] {
		if o := &a.lines[i]; Line(i) != line && !o.recovery && o.good >= c.since {
			return false
		}
	}
	return a.now-min(a.now, c.since) >= a.cfg.GapTimeoutNS+a.late
}

// elsewhere takes a packet that is far from where the run is being joined: either of the two may be garbage.
func (a *Arbiter) elsewhere(line Line, l *line, p *Packet, kind Kind) {
	a.refuse(l, p, kind)
	if l.recovery || kind == KindEndOfSession || a.adopt != 0 {
		return
	}
	end := p.Seq
	if kind == KindData {
		end += uint64(p.Count)
		a.keep(line, l, p)
	}
	l.cand.note(p, end, a.cfg.JumpUnits, a.now, true)
}

// regain enters what is parked near the place where the run is being joined anew.
func (a *Arbiter) regain() {
	var r Ready
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		for before, at := uint32(0), l.parked.head; at != 0; {
			e := &a.park.entries[at-1]
			next := e.link
			if min(distance(e.seq, a.next), distance(e.seq, a.known)) <= a.cfg.JumpUnits && a.roomFor(e) {
				a.takeParked(Line(i), l, before, at, &r) // only held: nothing is delivered while joining
			} else {
				before = at
			}
			at = next
		}
	}
}

// backdated tells whether the venue sent p so long before the newest delivered packet that its number cannot lie beyond it.
func (a *Arbiter) backdated(p *Packet) bool {
	return p.TsSend != 0 && p.TsSend+a.cfg.SilentNS < a.lastSend
}

// keep parks a packet. Where there is no room the oldest goes: it stays counted as suspect.
func (a *Arbiter) keep(line Line, l *line, p *Packet) {
	i, ok := a.park.put(line, p)
	for !ok {
		e := a.park.oldest()
		if e == nil {
			a.stats.Forgotten++ // larger than the whole park
			return
		}
		a.stats.Forgotten++
		a.unpark(&a.lines[e.line], 0, a.lines[e.line].parked.head)
		i, ok = a.park.put(line, p)
	}
	a.park.entries[i].link = 0
	if l.parked.tail == 0 {
		l.parked.head, l.parked.low = i+1, p.Seq
	} else {
		a.park.entries[l.parked.tail-1].link = i + 1
	}
	l.parked.tail = i + 1
	l.parked.low = min(l.parked.low, p.Seq)
}

// unpark takes the entry at out of its line's list, before being the one in front of it, 0 at the head, and frees it. Its
// bytes stay readable until the next packet is parked. It returns the entry behind it.
func (a *Arbiter) unpark(l *line, before, at uint32) uint32 {
	next := a.park.entries[at-1].link
	if before == 0 {
		l.parked.head = next
	} else {
		a.park.entries[before-1].link = next
	}
	if l.parked.tail == at {
		l.parked.tail = before
	}
	if before == 0 || l.cand.passed == at {
		l.cand.passed = 0 // an entry that is gone leads nowhere
	}
	a.park.free(at - 1)
	return next
}

// clearPark forgets all that is parked: it was of the run before. It stays counted as suspect.
func (a *Arbiter) clearPark() {
	for a.park.oldest() != nil {
		a.park.free(uint32(a.park.tail & uint64(len(a.park.entries)-1)))
	}
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		l.parked = parked{}
		if l.cand.inRun {
			l.cand.drop()
		}
	}
	a.merge = 0
}

// waiting tells whether anything that was brought too far ahead may join yet.
func (a *Arbiter) waiting() bool {
	if a.park.live > 0 || a.merge != 0 {
		return true
	}
	for i := range a.lines[:a.nlines] {
		if c := &a.lines[i].cand; c.streak > 0 && c.inRun {
			return true
		}
	}
	return false
}

// approach looks whether the sequence has come near what lines brought too far ahead.
func (a *Arbiter) approach() {
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		c := &l.cand
		if a.merge&(1<<i) != 0 {
			continue
		}
		for l.parked.head != 0 && a.park.entries[l.parked.head-1].end <= a.next {
			a.passedBy(l)
		}
		if c.streak == 0 || !c.inRun || l.disputed {
			continue
		}
		if c.next <= a.next {
			c.drop() // the sequence went all the way without it
			continue
		}
		if c.start > a.known && c.start-a.known > a.cfg.JumpUnits {
			continue
		}
		// The line goes on from there, or the sequence is where it would be believed had it come now; or nobody else is heard.
		if c.streak >= 2 || c.start <= a.known+nearUnits || !a.othersActive(Line(i)) {
			if a.now-min(a.now, c.seen) <= a.cfg.SilentNS || !a.othersActive(Line(i)) {
				a.merge |= 1 << i
			} else {
				c.drop() // said long ago, and not again
			}
		}
	}
}

// passedBy lets the line's oldest parked packet go, which the sequence has passed: the line brought it, others did too.
func (a *Arbiter) passedBy(l *line) {
	e := &a.park.entries[l.parked.head-1]
	if !l.disputed {
		n := e.count()
		late := a.lost(e.seq, e.end)
		l.number(e.seq, e.end)
		l.Suspect -= n
		l.SuspectPackets--
		l.Late += late
		l.Duplicate += n - late
		if late == n {
			l.LatePackets++
		} else {
			l.DuplicatePackets++
		}
	}
	a.unpark(l, 0, l.parked.head)
}

// join enters the next parked packet of a line that is believed. It tells whether it gave anything to do, and whether r was
// filled. A window without room leaves the rest where it is.
func (a *Arbiter) joinParked(r *Ready) (more, filled bool) {
	for i := range a.lines[:a.nlines] {
		if a.merge&(1<<i) == 0 {
			continue
		}
		l := &a.lines[i]
		c := &l.cand
		before, at := uint32(0), l.parked.head
		if c.passed != 0 {
			before, at = c.passed, a.park.entries[c.passed-1].link
		}
		for at != 0 {
			e := &a.park.entries[at-1]
			if e.seq >= c.start && e.seq < c.next {
				if !a.roomFor(e) {
					return false, false
				}
				return true, a.takeParked(Line(i), l, before, at, r)
			}
			before, at = at, e.link
			c.passed = before
		}
		// All of it is in. What a heartbeat of the line said is believed with it.
		a.merge &^= 1 << i
		to := c.next
		if l.SuspectPackets -= uint64(c.beats); c.beats > 0 && (!l.started || to > l.high) {
			l.follow(to, to, c.seen)
		}
		l.Heartbeats += uint64(c.beats)
		c.drop()
		a.reveal(to, a.now)
		return true, false
	}
	return false, false
}

// roomFor tells whether the window can take a parked packet now.
func (a *Arbiter) roomFor(e *entry) bool {
	if e.seq <= a.next || a.win.covers(e.seq, e.end) {
		return true
	}
	_, ok := a.win.room(uint64(e.size))
	return ok && e.end-a.next <= windowUnits
}

// takeParked believes a parked packet and tells whether r was filled with it.
func (a *Arbiter) takeParked(line Line, l *line, before, at uint32, r *Ready) bool {
	var p Packet
	a.park.packet(&a.park.entries[at-1], &p)
	a.unpark(l, before, at)
	l.SuspectPackets--
	l.Suspect -= uint64(p.Count)
	v := a.believed(line, l, &p, KindData)
	if v.Take {
		*r = Ready{Kind: ReadyPacket, Line: line, Skip: v.Skip, Count: v.Count, Packet: p}
	}
	return v.Take
}

// resort looks among the parked packets for the units of [from, to), before they are given up, and enters what it finds. It
// tells whether it found anything, and whether r was filled.
func (a *Arbiter) resort(from, to uint64, r *Ready) (found, filled bool) {
	stuck := a.stuck // what comes this way did not come in time
	for _, now := range [...]bool{false, true} {
		// First what is held, then the one that can be given out.
		for i := range a.lines[:a.nlines] {
			l := &a.lines[i]
			if l.parked.low >= to {
				continue // a line far ahead is not looked through for every gap of the others
			}
			low := ^uint64(0)
			for before, at := uint32(0), l.parked.head; at != 0; {
				e := &a.park.entries[at-1]
				next := e.link
				if a.resorted(l, e) && e.seq < to && e.end > from && (e.seq <= a.next) == now && a.roomFor(e) {
					found = true
					filled = a.takeParked(Line(i), l, before, at, r)
					a.stuck = stuck
					if filled {
						return true, true
					}
					at = next
					continue
				}
				if e.end > a.next {
					low = min(low, e.seq)
				}
				before, at = at, next
			}
			l.parked.low = low // nor are they looked through again for what they do not have
		}
	}
	return found, false
}

// resorted tells whether a parked packet may fill a hole: not when its line contradicts another for good, or long ago.
func (a *Arbiter) resorted(l *line, e *entry) bool {
	return !l.disputed && e.end > a.next && a.now-min(a.now, e.tsRecv) <= a.cfg.SilentNS
}

// stuckParked tells whether the sequence has waited for longer than lines reorder, and a parked packet has what it waits for.
// The parked packets are looked through once in that time.
func (a *Arbiter) stuckParked() bool {
	wait := a.cfg.ReorderNS + a.late
	if !a.flushing && (a.now < a.stuck+wait || a.now < a.resortAt) {
		return false
	}
	a.resortAt = a.now + wait
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		for at := l.parked.head; at != 0 && l.parked.low <= a.next; {
			e := &a.park.entries[at-1]
			if e.seq <= a.next && a.resorted(l, e) {
				a.resortAt = 0
				return true
			}
			at = e.link
		}
	}
	return false
}

// expirePark lets go what nobody came for while a line dies.
func (a *Arbiter) expirePark() {
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		for l.parked.head != 0 && a.merge&(1<<i) == 0 && a.now-min(a.now, a.park.entries[l.parked.head-1].tsRecv) >= a.cfg.DeadNS {
			a.unpark(l, 0, l.parked.head)
		}
	}
}
