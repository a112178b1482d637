package arbitration

// candidate is what one line says against the running sequence: another session, a far jump, a numbering
// that went back. Its packets are kept apart until another line agrees, or the line persists, or it is forgotten.
type candidate struct {
	store
	session uint64
	start   uint64 // lowest unit kept
	next    uint64 // unit expected next
	tsSend  uint64 // of the newest packet
	first   uint64 // TsSend of the first
	streak  uint32 // consistent packets in a row
	inRun   bool   // far ahead in the running session, its packets parked; otherwise they are in the store
	beats   uint32 // heartbeats among what was noted
	passed  uint32 // while its parked packets join: up to this one they were looked at, index + 1
	since   uint64 // when it began, and when the line last said so
	seen    uint64
}

// A line can have candidateFactor × PersistPackets packets apart, of candidateBytes each on average: what the faster line brings
// of a new session until the slower one is there too.
const (
	candidateFactor = 128
	candidateBytes  = 512
)

// add counts p as evidence and keeps a copy. A packet that does not continue the candidate starts another.
func (c *candidate) add(line Line, p *Packet, jump, now uint64) {
	c.note(p, p.Seq+uint64(p.Count), jump, now, false)
	if p.Kind != KindData || p.Count == 0 || len(p.Payload) > len(c.arena) {
		return
	}
	for {
		if _, ok := c.put(line, p); ok {
			return
		}
		// Full: the oldest goes. It stays counted as suspect.
		c.free(uint32(c.tail & uint64(len(c.entries)-1)))
		if e := c.oldest(); e != nil {
			c.start = e.seq
		} else {
			c.start = p.Seq
		}
	}
}

// note counts p, which ends before end, as evidence.
func (c *candidate) note(p *Packet, end, jump, now uint64, inRun bool) {
	same := c.streak > 0 && c.session == p.Session && c.inRun == inRun
	switch {
	case same && p.Seq >= c.next && p.Seq-c.next <= jump:
		c.streak++
	case same && p.Seq >= c.start && p.Seq < c.next:
		// A repetition is no new evidence, yet it may bring a unit that was missing.
	case same && !inRun && p.Seq < c.start && c.start-p.Seq <= nearUnits && p.TsSend <= c.first:
		// The first ones came out of their order: nor is this new evidence, but what came before it must not be lost. Sent later
		// than those it would be a numbering of its own.
		c.start, c.first = p.Seq, p.TsSend
	default:
		c.drop()
		c.session, c.start, c.streak, c.first = p.Session, p.Seq, 1, p.TsSend
		c.next, c.inRun, c.since = end, inRun, now
	}
	c.next = max(c.next, end)
	c.tsSend, c.seen = p.TsSend, now
	if inRun && p.Seq == end {
		c.beats++
	}
}

// drop forgets the candidate. Its packets stay counted as suspect.
func (c *candidate) drop() {
	for c.oldest() != nil {
		c.free(uint32(c.tail & uint64(len(c.entries)-1)))
	}
	c.streak, c.passed, c.beats = 0, 0, 0
}

// near tells whether two candidates speak of the same place.
func (c *candidate) near(d *candidate, jump uint64) bool {
	return c.streak > 0 && d.streak > 0 && c.session == d.session && distance(c.next, d.next) <= jump
}

// distance is |a-b|.
func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }
