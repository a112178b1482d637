package venuesim

import "math"

// tcpSegmentBytes bounds a segment by TCP, whose length fields have 16 bits.
const tcpSegmentBytes = 60_000

// gapFill serves one connection of the TCP gap fill server: requests, each answered as far as the present, and then it closes. An
// invalid one closes it at once.
func (p *post) gapFill(c *client) {
	d := p.today()
	h := p.tp(d)
	after := int64(0)
	for wait := p.cfg.LoginWait; ; wait = p.cfg.RequestWait {
		if err := c.fill(gapHeaderBytes, wait); err != nil {
			if after == 0 {
				p.reason("no_request")
			}
			return
		}
		n, why := h.readGapHeader(c.take(gapHeaderBytes))
		if why == "" && n == 0 {
			why = "test_is_for_udp"
		}
		if why == "" && c.fill(n*gapRangeBytes, p.cfg.LoginWait) != nil {
			why = "request_is_cut"
		}
		var ranges []gapRange
		if why == "" {
			ranges, why = readGapRanges(c.take(n*gapRangeBytes), after)
		}
		if why != "" {
			p.reason(why)
			return
		}
		p.request()
		if after == 0 {
			if c.fault = p.dice.draw(d); c.fault == OldSession {
				d = d.before
			}
		}
		after = ranges[len(ranges)-1].last
		list := p.wantedUnits(d, ranges, math.MaxInt)
		if len(list) == 0 {
			p.reason("not_sent_yet")
			return
		}
		answer := h
		if c.fault == OldSession {
			answer = p.tp(d)
		}
		if !c.answerGap(d, answer, list) {
			return
		}
	}
}

// answerGap sends segments with what the fault makes of them; false when the connection is over.
func (c *client) answerGap(d *day, h tp, list []piece) bool {
	total := 0
	for i := range list {
		total += len(list[i].units)
	}
	stop := math.MaxInt // segments before the fault
	switch c.fault {
	case Refuse:
		return false
	case Silence:
		c.dumb()
		return false
	case Late:
		if !c.sleep(c.dice.delayed) {
			return false
		}
	case OnlyHeartbeat:
		_ = c.send(d.heartbeat(h))
		return false
	case WrongSession:
		h.session++
	case Stall, Disconnect:
		list = apart(list, max(total/4, 1))
		stop = len(list) / 2
	}
	for i, x := range c.segments(c.spoil(d, c.fault, list), tcpSegmentBytes) {
		b := h.segment(x)
		switch {
		case i == stop && c.fault == Stall:
			c.dumb()
			return false
		case i == stop:
			_ = c.breakOff(b)
			return false
		case c.fault == BadLength:
			b = tooLong(b)
		}
		c.answered(len(x.units), len(b))
		if c.send(b) != nil {
			return false
		}
	}
	return c.fault != Half // close after a partial fill
}
