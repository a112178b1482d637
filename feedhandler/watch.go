package feedhandler

import (
	"math"

	"wirebook/arbitration"
	"wirebook/shm"
)

// taken is the newest unit of the session that is given out.
func (c *Channel) taken() uint64 { return max(c.arb.Stats().Next, 1) - 1 }

// watch looks, ten times a second of the channel's time, whether any line is heard; where a second ends it sums up, and beats:
// up to here nothing was told that is not in the rings. It says whether it told anything.
func (c *Channel) watch() (told bool) {
	s := &c.standing
	second := c.now / 1_000_000_000
	turn := second != s.second
	s.second = second
	if !s.begun {
		return false
	}
	silent := c.unheard()
	if !turn && silent == s.silent {
		return false
	}
	c.flush()
	c.takeRings()
	s.silent = silent
	c.stand(c.taken(), c.now)
	c.settle(nil, turn)
	if turn {
		c.tell(shm.ApplianceHeartbeat, s.told.Reason, nil, nil, 0, 0)
	}
	c.mark()
	c.out.flush()
	return true
}

// unheard says that no line that is waited for brings anything.
func (c *Channel) unheard() bool {
	for l := range c.lines {
		switch c.Line(l).State {
		case arbitration.LineUp, arbitration.LineDisputed:
			return false
		}
	}
	return true
}

// entered tells that the session, which has its number now, has begun, what was lost in front of its first packet, and how it
// stands; until now nothing of it was told.
func (c *Channel) entered() {
	s := &c.standing
	unit, ns := s.unit, s.ns
	s.session, s.pending = c.account.Session, false
	c.stand(s.before, c.start.RecvNS)
	c.tell(shm.ApplianceSession, shm.ReasonNone, nil, nil, 0, 0)
	if s.lost != 0 {
		c.tell(shm.ApplianceGap, shm.ReasonGap, nil, nil, s.before+1, s.lost)
		c.stand(s.before+s.lost, c.start.RecvNS)
	}
	c.retell()
	c.stand(max(unit, s.unit), ns)
}

// lost tells of units that no line brought.
func (c *Channel) lost(first, count uint64) {
	if s := &c.standing; s.pending {
		s.lost = first + count - s.before - 1
		return
	}
	c.tell(shm.ApplianceGap, shm.ReasonGap, nil, nil, first, count)
}

// BeginEpoch tells that the channel begins to work in a run of the writer. Before the first frame.
func (c *Channel) BeginEpoch(epoch uint64) {
	c.takeRings()
	c.stand(0, math.MaxUint64)
	c.tell(shm.ApplianceEpoch, shm.ReasonNone, nil, nil, epoch, 0)
	c.mark()
	c.out.flush()
}

// Resume takes over from a channel that had this one's place and had made so many records of the appliance's own; it left every
// book suspect. Before the first frame.
func (c *Channel) Resume(records uint64) {
	c.standing.counter, c.standing.rest = records, c.standing.tells
}

// ApplianceRecords is how many records of the appliance's own the channel made.
func (c *Channel) ApplianceRecords() uint64 { return c.standing.counter }

// State is how the channel stands.
func (c *Channel) State() shm.ChannelState { return c.standing.told }

// Recovering says that what the channel is missing was asked for. It holds until the channel is live again, or on is false.
func (c *Channel) Recovering(on bool) {
	c.standing.asked = on
	c.stand(c.taken(), c.now)
	c.settle(nil, false)
}
