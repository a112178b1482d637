package arbitration

// Next gives the next thing that became ready, in order, and false when there is nothing more.
// Call it until then after every Offer, Tick and Flush. r is overwritten.
func (a *Arbiter) Next(r *Ready) bool {
	if a.quiet {
		return false
	}
	return a.ready(r)
}

// Settled says that there is nothing to ask for: Next would give nothing, and no range healed.
func (a *Arbiter) Settled() bool { return a.quiet && a.nhealed == 0 }

// ready is the whole of Next. Every turn of its loop either returns or uses up something that an Offer put in.
func (a *Arbiter) ready(r *Ready) bool {
	for {
		if a.phase == running && a.waiting() {
			a.approach()
			if a.merge != 0 && !a.spared {
				if more, filled := a.joinParked(r); filled {
					return true
				} else if more {
					continue
				}
			}
		}
		if a.phase == running && a.adopt != 0 && a.turn.kind == turnNone && !a.spared {
			// All of it before a gap is decided: what a candidate brought is not lost behind its own first packet.
			if a.adoptOne(r) {
				return true
			}
			continue
		}
		switch {
		case a.phase == idle:
			a.flushing = false
			return false
		case a.phase == joining:
			if a.adopt != 0 && a.turn.kind == turnNone && !a.spared {
				a.adoptOne(r) // only held: nothing is delivered while joining
				continue
			}
			if !a.joined() {
				return false
			}
			return a.begun(r)
		case a.spared && a.spareFits():
			if a.unspare(r) {
				return true
			}
		case a.next < a.win.high && a.win.has(a.next):
			a.release(r)
			return true
		case a.next < a.known:
			to := a.hole()
			real := a.real(to)
			if a.park.live > 0 && (real || a.stuckParked()) {
				until := to
				if !real {
					until = a.next + a.cfg.JumpUnits
				}
				if found, filled := a.resort(a.next, until, r); filled {
					return true
				} else if found {
					continue
				}
			}
			if !real {
				return false
			}
			a.declare(to, r)
			return true
		case a.park.live > 0 && a.stuckParked():
			if _, filled := a.resort(a.next, a.next+a.cfg.JumpUnits, r); filled {
				return true
			}
		case a.ending && a.next >= a.endAt:
			a.ending, a.stats.Ended = false, true
			*r = Ready{Kind: ReadyEndOfSession}
			r.Packet.Session, r.Packet.Seq = a.session, a.next
			return true
		case a.turn.kind != turnNone:
			if a.carry(r) {
				return true
			}
		default:
			if a.flushing {
				a.flushing = false
				for i := range a.lines[:a.nlines] {
					a.lines[i].settle(a.next)
				}
			}
			a.settleQuiet()
			return false
		}
	}
}

// spareFits tells whether the packet that waited for room has it now, or needs none.
func (a *Arbiter) spareFits() bool {
	if a.spare.Seq <= a.next {
		return true
	}
	_, ok := a.win.room(uint64(len(a.spare.Payload)))
	return ok && a.spare.Seq+uint64(a.spare.Count)-a.next <= windowUnits
}

// unspare places the packet that waited for room.
func (a *Arbiter) unspare(r *Ready) bool {
	a.spared = false
	l := &a.lines[a.spareOf]
	l.Held -= uint64(a.spare.Count)
	l.HeldPackets--
	v := a.place(a.spareOf, l, &a.spare)
	if v.Take {
		*r = Ready{Kind: ReadyPacket, Line: a.spareOf, Skip: v.Skip, Count: v.Count, Packet: a.spare}
	}
	return v.Take
}

// hole is the end of the gap in front. Found by a walk over its units, once per gap.
func (a *Arbiter) hole() uint64 {
	if a.holeAt > a.next || a.holeTo <= a.next {
		to := a.known
		if a.next < a.win.high {
			for to = a.next; !a.win.has(to); {
				to++
			}
		}
		a.holeAt, a.holeTo = a.next, to
	}
	if a.holeTo > a.win.high {
		a.holeTo = a.known // a heartbeat may have moved it
	}
	if a.spared && a.spare.Seq > a.next {
		return min(a.holeTo, a.spare.Seq)
	}
	return a.holeTo
}

// real decides that the gap in front, which ends before to, will not be filled any more.
func (a *Arbiter) real(to uint64) bool {
	if a.flushing || a.spared || a.turn.kind != turnNone {
		return true
	}
	noticed := a.beat
	if e := a.win.oldest(); e != nil {
		noticed = e.tsRecv // it came first of all that is beyond the gap
	}
	// As long as the sequence moves in time there is no gap in its way, only a packet far ahead.
	if since := max(noticed, a.stuck); a.now >= since && a.now-since >= a.cfg.GapTimeoutNS+a.late && a.shared(to) {
		return true
	}
	passed := false
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		switch {
		case l.recovery:
		case l.good == 0:
			if a.now-a.born < a.cfg.SilentNS+a.late {
				return false // it may be about to start
			}
		case a.now-l.good >= a.cfg.SilentNS+a.late:
		case !l.ahead(to, a.cfg.ReorderPackets, a.now, a.cfg.ReorderNS+a.late):
			return false
		default:
			passed = true
		}
	}
	return passed
}

// shared tells whether more than one packet stands for the gap in front, which ends before to. What a single packet of one
// line claims is no gap while another line is heard that has not gone there: it may be garbage. A few units are: there is
// little to lose, and packets are lost that way.
func (a *Arbiter) shared(to uint64) bool {
	if to-a.next <= uint64(a.cfg.ReorderPackets) {
		return true
	}
	went, heard := 0, false
	for i := range a.lines[:a.nlines] {
		l := &a.lines[i]
		switch {
		case l.recovery:
		case l.started && (l.high >= to || l.cand.streak > 0 && l.cand.inRun && l.cand.start >= to):
			if went++; went > 1 || l.goesOn(to) {
				return true
			}
		case l.good != 0 && a.now-min(a.now, l.good) < a.cfg.SilentNS+a.late:
			heard = true
		}
	}
	return !heard
}

// declare gives the units of [next, to) up.
func (a *Arbiter) declare(to uint64, r *Ready) {
	g := Gap{First: a.next, Count: to - a.next}
	a.stats.Declared++
	a.stats.DeclaredUnits += g.Count
	if a.missing(to) {
		a.stats.Opened++ // cut in two: the rest stays open
	} else {
		a.open--
	}
	a.gaps.add(g)
	a.next, a.floor = to, to
	*r = Ready{Kind: ReadyGap, Gap: g}
	r.Packet.Session = a.session
}
