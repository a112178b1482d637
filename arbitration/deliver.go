package arbitration

// deliver moves the sequence over [next, end) of a packet that begins at seq <= next and counts it as first.
func (a *Arbiter) deliver(line Line, seq, end, tsRecv, tsSend uint64) {
	l := &a.lines[line]
	n := end - a.next
	l.First += n
	l.FirstPackets++
	a.stats.Delivered += n
	a.proven++
	if tsSend != 0 && !l.recovery {
		a.lastSend, a.lastRecv = tsSend, tsRecv
	}
	if a.next < a.known {
		a.fill(l, a.next, min(end, a.known), true)
		a.uncover(end)
	}
	a.next = end
	a.known = max(a.known, end)
}

// uncover clears the places of the units before end, and frees held packets that end brings nothing of any more.
func (a *Arbiter) uncover(end uint64) {
	for u := a.next; u < min(end, a.win.high); u++ {
		at := &a.win.units[u&windowMask]
		if *at == 0 {
			continue
		}
		i := *at - 1
		*at = 0
		e := &a.win.entries[i]
		if e.owned--; e.owned == 0 && e.live {
			l := &a.lines[e.line]
			l.Held -= e.count()
			l.HeldPackets--
			l.Duplicate += e.count()
			l.DuplicatePackets++
			a.win.free(i)
		}
	}
}

// release delivers the held packet that owns next.
func (a *Arbiter) release(r *Ready) {
	i := a.win.units[a.next&windowMask] - 1
	e := a.win.entries[i]
	l := &a.lines[e.line]
	skip := a.next - e.seq
	late := a.lost(e.seq, a.next)
	*r = Ready{Kind: ReadyPacket, Line: e.line, Skip: uint32(skip), Count: uint32(e.end - a.next)}
	a.win.packet(&a.win.entries[i], &r.Packet)
	l.Held -= e.count()
	l.HeldPackets--
	l.Late += late
	l.Duplicate += skip - late
	a.stats.Ended = false
	// Freed before its units are cleared, so that uncover does not take it for one that came to nothing.
	a.win.free(i)
	a.deliver(e.line, e.seq, e.end, e.tsRecv, e.tsSend)
}
