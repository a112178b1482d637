package feedhandler

import "wirebook/shm"

// Abandon gives up what the channels know: what was decoded and not applied is dropped, every book is emptied and its
// readers are told (R records), and everything counts as suspect until the feed itself says otherwise. The place in the
// sequence stays, and so do the instruments with their names: it is the same session. For a pipeline that is about to go, and for one that was left in the middle by a panic.
func (p *Pipeline) Abandon() {
	if p.packets != nil {
		p.packets.event(p, shm.PacketAbandon, nil)
	}
	for _, c := range p.channels {
		c.abandon()
	}
}

func (c *Channel) abandon() {
	c.takeRings()
	c.stand(c.taken(), c.now)
	c.afterTelling()
	c.enrolAll(c.batch)
	if c.applying {
		// A part of it is published: its units are marked, and what the books are emptied by stands behind the last of them.
		c.applying = false
		c.applier.noteLast(c.batch)
	} else {
		c.units, c.newest = 0, 0 // no mark covers what was given up
	}
	c.batch.Reset()
	c.restart(max(c.taken()+1, 2), c.now, false, shm.ReasonAbandoned) // as for a session joined in the middle
	c.mark()
	if c.gapAware != nil {
		c.gapAware.OnGap()
	}
	c.sessionKnown = false
	c.out.flush()
}
