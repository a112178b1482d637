package venuesim

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
)

// IEX SNAP, little endian. A frame is its length 2 (without itself), its type 1, and the rest.
//
//	r request  59  token 3/40, channel 43/4, session 47/4, minimum 51/8 (0: the newest)
//	e error     4  reason 3: A authentication, C channel, E active already, Q quota, R not yet, S session, U unknown message
//	s start    11  bytes of the whole answer 3/8
//	d data      -  IEX-TP header 3/40 (one message), block length 43/2, message length 45/2, message 47
//	x end      11  number of the newest message that is in 3/8
const (
	snapHeaderBytes  = 3
	snapRequestBytes = 59
	snapEndBytes     = 11
	snapDataBytes    = 47
)

func appendSnap(dst []byte, kind byte, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(payload)+1))
	return append(append(dst, kind), payload...)
}

func appendSnapNumber(dst []byte, kind byte, n uint64) []byte {
	return appendSnap(dst, kind, binary.LittleEndian.AppendUint64(nil, n))
}

// snapRequest is a request, read.
type snapRequest struct {
	token            string
	channel, session uint32
	minimum          int64
}

func readSnapRequest(p []byte) snapRequest {
	le := binary.LittleEndian
	return snapRequest{strings.TrimRight(string(p[:40]), " \x00"), le.Uint32(p[40:]), le.Uint32(p[44:]), int64(le.Uint64(p[48:]))}
}

// snapUsed counts the day's requests against the quota.
type snapUsed struct{ atomic.Int64 }

// snapshots serves one connection of SNAP: requests, one after the other.
func (p *post) snapshots(c *client) {
	frames := c.snapFrames()
	for frame := range frames {
		if !c.snapAnswer(frame, frames) {
			break
		}
	}
	c.conn.Close()
	for range frames { // let the reader end
	}
}

// snapFrames reads what the client sends: type and payload. The channel is closed when it goes, or is idle for too long.
func (c *client) snapFrames() <-chan []byte {
	frames := make(chan []byte, 1)
	c.work.Go(func() {
		defer close(frames)
		for {
			if err := c.fill(snapHeaderBytes, c.cfg.SnapIdle); err != nil {
				switch {
				case isTimeout(err):
					c.reason("idle")
				case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed):
					c.reason("connection_lost")
				}
				return
			}
			length := int(binary.LittleEndian.Uint16(c.in))
			if length == 0 || c.fill(2+length, c.cfg.SnapIdle) != nil {
				c.reason("frame_is_cut")
				return
			}
			frames <- c.take(2 + length)[2:]
		}
	})
	return frames
}

// deny says e.
func (c *client) deny(code byte, why string) bool {
	c.reason(why)
	return c.send(appendSnap(nil, 'e', []byte{code})) == nil
}

// snapAnswer answers a frame; false when the connection is over.
func (c *client) snapAnswer(frame []byte, more <-chan []byte) bool {
	if frame[0] != 'r' || len(frame) != snapRequestBytes-2 {
		return c.deny('U', "unknown_message")
	}
	d := c.today()
	r, h := readSnapRequest(frame[1:]), c.tp(d)
	switch {
	case c.cfg.Token != "" && r.token != c.cfg.Token:
		return c.deny('A', "not_authorised")
	case r.channel != h.channel:
		return c.deny('C', "other_channel")
	case r.session != h.session:
		return c.deny('S', "other_session")
	case r.minimum < 0 || uint64(r.minimum) > d.newest():
		return c.deny('R', "not_sent_yet")
	case c.used.Add(1) > int64(c.cfg.SnapQuota):
		return c.deny('Q', "quota")
	}
	c.request()
	if c.fault = c.dice.draw(d); c.fault == OldSession {
		d = d.before
		h = c.tp(d)
	}
	codes := map[Fault]byte{Refuse: 'A', Quota: 'Q', NotYet: 'R', Active: 'E'}
	switch {
	case codes[c.fault] != 0:
		return c.send(appendSnap(nil, 'e', []byte{codes[c.fault]})) == nil
	case c.fault == Silence:
		for range more { // until the client goes
		}
		return false
	case c.fault == Late && !c.sleep(c.dice.delayed):
		return false
	case c.fault == WrongSession:
		h.session++
	}
	image, last, ok := c.iexImage(d)
	return ok && c.tellImage(h, image, last, more)
}

// iexImage copies the books when no event is half told, and says the number of the newest message in them.
func (c *client) iexImage(d *day) (*iexImage, uint64, bool) {
	if c.fault == Stale {
		old, at := d.old()
		return old.(*iexBooks).image(), at, true
	}
	more, deaf := d.listen()
	defer deaf()
	for {
		d.mu.Lock()
		if d.books.whole() || d.ended {
			image, last := d.books.(*iexBooks).image(), uint64(len(d.units))
			d.mu.Unlock()
			return image, last, true
		}
		d.mu.Unlock()
		select {
		case <-more:
		case <-c.ctx.Done():
			return nil, 0, false
		}
	}
}

// tellImage sends s, d and x, with what the fault makes of them; false when the connection is over.
func (c *client) tellImage(h tp, image *iexImage, last uint64, more <-chan []byte) bool {
	list := c.spoilImage(image)
	at := image.from + c.dice.below(image.until-image.from) // the fault happens among orders and levels
	total := uint64(2 * snapEndBytes)
	for i := range list {
		total += uint64(snapDataBytes + len(list[i].msg))
	}
	switch c.fault {
	case BadTotal:
		total += uint64(1 + c.dice.below(100))
	case Behind:
		last -= min(last, far)
	case Ahead:
		last += far
	case OffByOne:
		last++ // the next, where the last that is in is due
	}
	var out []byte
	start := appendSnapNumber(nil, 's', total)
	if c.fault != NoAck && c.fault != DataFirst {
		out = append(out, start...)
	}
	for i := range list {
		b := h.data(&list[i])
		switch {
		case i == 0 && c.fault == DataFirst:
			b = append(b, start...)
		case i != at:
		case c.fault == BadLength:
			binary.LittleEndian.PutUint16(b[snapDataBytes-2:], uint16(len(list[i].msg)+9))
		case c.fault == Stall:
			if c.send(out) != nil {
				return false
			}
			for range more {
			}
			return false
		case c.fault == Disconnect:
			_ = c.send(out)
			_ = c.breakOff(b)
			return false
		case c.fault == RejectLate:
			_ = c.send(appendSnap(out, 'e', []byte{'A'}))
			return false
		}
		c.answered(1, len(b))
		if out = append(out, b...); len(out) < flushAt && i < len(list)-1 {
			continue
		}
		if c.send(out) != nil {
			return false
		}
		out = out[:0]
		select {
		case another, here := <-more: // one at a time
			if !here || another[0] == 'r' && !c.deny('E', "active_already") || another[0] != 'r' && !c.deny('U', "unknown_message") {
				return false
			}
		default:
		}
	}
	if c.fault == NoEnd {
		_ = c.send(out)
		return false
	}
	return c.send(appendSnapNumber(out, 'x', last)) == nil
}

// spoilImage does to an image what the fault orders.
func (c *client) spoilImage(image *iexImage) []told {
	list := slices.Clone(image.list)
	n := image.until - image.from
	if c.fault == NoDirectory {
		list = slices.DeleteFunc(list, func(t told) bool { return t.msg[0] == 'D' })
		gone := len(image.list) - len(list)
		image.from, image.until = image.from-gone, image.until-gone
	}
	if n == 0 {
		return list
	}
	at := image.from + c.dice.below(n)
	switch c.fault {
	case Hole:
		list = slices.Delete(list, at, at+1)
	case Duplicate:
		list = slices.Insert(list, at, list[at])
	case Lie:
		list[at].msg = c.lie(list[at].msg)
	case Shuffle:
		for k := n - 1; k > 0; k-- {
			j := c.dice.below(k)
			list[image.from+k], list[image.from+j] = list[image.from+j], list[image.from+k]
		}
	}
	return list
}

// data is a d frame: the message in a segment of its own, with the number and time it had.
func (h tp) data(t *told) []byte {
	header := h.appendSegment(nil, t.seq, t.u.offset, t.u.sentNS, make([]unit, 1))[:tpHeaderBytes]
	binary.LittleEndian.PutUint16(header[12:], uint16(len(t.msg)+4))
	payload := binary.LittleEndian.AppendUint16(header, uint16(len(t.msg)+2))
	payload = binary.LittleEndian.AppendUint16(payload, uint16(len(t.msg)))
	return appendSnap(nil, 'd', append(payload, t.msg...))
}
