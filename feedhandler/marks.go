package feedhandler

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
	"wirebook/shm"
)

// marking is what a channel says in the marks of its worker: which units it took, and of which session. Whatever moves a ring
// is between takeRings and mark.
type marking struct {
	account  shm.Account
	first    uint64 // of the units taken and not marked
	units    uint64
	newest   uint64 // receive time among their packets
	applying bool   // a panic would leave a part of the units told
	begun    bool   // the session has had its first packet
	enters   bool   // it has, and is not yet in the session table
	resets   bool   // it begins under the name of the one before
	start    SessionStart
}

// Number gives the channel the number its records carry where they have a channel word: its place in the control file.
// Without one it is the place in the pipeline.
func (c *Channel) Number(n uint32) {
	c.number = n
	c.account.Channel = uint16(n)
}

// Place is what Number gave.
func (c *Channel) Place() uint32 { return c.number }

// SessionNumber returns what marks call the running session; 0 before the first.
func (c *Channel) SessionNumber() uint32 { return c.account.Session }

// cover counts the units of a datagram as taken: those of a batch follow one another.
func (c *Channel) cover(h *framing.Header, skip, count uint32, tsRecv uint64) {
	first := h.Seq + uint64(skip)
	if c.units != 0 && (first != c.first+c.units || c.units+uint64(count) > shm.MaxUnits) {
		c.applyBatch()
	}
	if c.units == 0 {
		c.first = first
	}
	c.units += uint64(count)
	if tsRecv > c.newest && tsRecv != book.UndefTime {
		c.newest = tsRecv
	}
}

// takeRings makes the records that follow this channel's: channels of one worker share its rings.
func (c *Channel) takeRings() {
	for _, ring := range c.out.Rings {
		if ring != nil {
			ring.SetChannel(c.number)
		}
	}
	if c.out.Marks != nil {
		c.out.Marks.Claim(&c.account)
	}
}

// mark says what was published since the last mark, and which units are told by it.
func (c *Channel) mark() {
	m := c.out.Marks
	switch {
	case m == nil:
	case c.silent():
		if c.units != 0 {
			c.account.Pass(c.first, c.units, c.newest)
		}
	case c.units != 0 || m.Moved(&c.account):
		first := c.first
		if c.units == 0 {
			first = c.account.Next
		}
		m.Write(&c.account, first, uint32(c.units), c.newest)
	}
	c.units, c.newest = 0, 0
}

// silent: nothing is published, so that there is nothing to say about units.
func (c *Channel) silent() bool { return c.want != c.wants }

// beginSession notes the first packet of a session.
func (c *Channel) beginSession(h *framing.Header, skip uint32, tsRecv uint64) {
	c.begun, c.enters = true, true
	c.start = SessionStart{Name: c.sessionText, Reset: c.resets, Resets: c.stream.Resets, First: h.Seq + uint64(skip), SentNS: h.TsSend, RecvNS: tsRecv}
}

// enterSession gives the session its number, before anything of it is published.
func (c *Channel) enterSession() {
	c.enters = false
	c.account.Next = c.start.First
	for s, ring := range c.out.Rings {
		if ring != nil {
			c.start.Since[s] = ring.Position()
		}
	}
	if c.out.Marks != nil {
		c.start.Mark = c.out.Marks.Position()
	}
	if c.out.Sessions != nil {
		c.account.Session = c.out.Sessions.Session(c.number, &c.start)
	} else {
		c.account.Session++
	}
}
