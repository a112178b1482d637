package venuesim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// replayTalk is one connection of CME's TCP replay.
type replayTalk struct {
	*client
	own uint32 // number of the newest packet that is ours: logon, logout, heartbeat
}

// tcpReplay serves one request of one client: logon, request, packets, logout.
func (p *post) tcpReplay(c *client) {
	t := &replayTalk{client: c}
	logon, ok := t.message("no_logon_in_time")
	switch {
	case !ok:
		return
	case fixValue(logon, 35) != "A":
		t.refuse("not_logged_on", "Logon (35=A) must be first")
		return
	case p.cfg.User != "" && (fixValue(logon, 553) != p.cfg.User || fixValue(logon, 554) != p.cfg.Password):
		t.refuse("not_authorised", "Invalid user or password")
		return
	}
	d := p.today()
	if c.fault = p.dice.draw(d); c.fault == OldSession {
		d = d.before
	}
	switch c.fault {
	case Refuse:
		t.bye("Logon refused")
		return
	case Silence:
		c.dumb()
		return
	case DataFirst:
		if units, _, _ := d.from(1, 1); len(units) > 0 && t.packet(1, units[0].bytes) != nil {
			return
		}
	}
	if c.fault != NoAck && t.say(appendLogin(nil, 30)) != nil {
		return
	}
	request, ok := t.message("no_request_in_time")
	if !ok {
		return
	}
	if fixValue(request, 35) == "5" {
		t.bye("")
		return
	}
	first, last, why, text := t.wanted(request)
	if why != "" {
		t.refuse(why, text)
		return
	}
	c.request()
	if c.fault == Late && !p.sleep(p.dice.delayed) {
		return
	}
	if c.fault == Quota {
		t.bye("Request limit reached")
		return
	}
	units, newest, _ := d.from(first, int(last-first+1))
	if len(units) == 0 {
		t.refuse("not_sent_yet", fmt.Sprintf("Packets from %d on are not available: the newest is %d", first, newest))
		return
	}
	if t.answer(d, piece{first, units}) != nil {
		return
	}
	if c.fault != NoEnd {
		t.bye("")
	}
}

// wanted reads a request, and says what is wrong with it: a reason to count and the text of the reject.
func (t *replayTalk) wanted(fields []fixField) (first, last uint64, why, text string) {
	number := func(tag int) (uint64, bool) {
		n, ok := digits(fixValue(fields, tag))
		return n, ok && n >= 1 && n <= 1<<32-1
	}
	var ok1, ok2 bool
	first, ok1 = number(1182)
	last, ok2 = number(1183)
	switch {
	case fixValue(fields, 35) != "V":
		return 0, 0, "not_a_request", "Market Data Request (35=V) expected"
	case fixValue(fields, 1180) != strconv.Itoa(int(t.cfg.Market.Channel)):
		return 0, 0, "other_channel", "ApplID (1180) is not this channel"
	case fixValue(fields, 262) == "":
		return 0, 0, "no_request_id", "MDReqID (262) is missing"
	case !ok1 || !ok2 || last < first:
		return 0, 0, "bad_range", "ApplBegSeqNum (1182) and ApplEndSeqNum (1183) are no range"
	case last-first >= uint64(t.cfg.ReplayPackets):
		return 0, 0, "too_many_packets", fmt.Sprintf("At most %d packets a request", t.cfg.ReplayPackets)
	}
	return first, last, "", ""
}

// answer sends the packets, with what the fault makes of them.
func (t *replayTalk) answer(d *day, x piece) error {
	if t.fault == OnlyHeartbeat {
		return t.say(appendAlive(nil))
	}
	at := len(x.units) / 2 // where what happens in the middle happens
	for _, part := range t.spoil(d, t.fault, []piece{x}) {
		for i := range part.units {
			number, b := uint32(part.first)+uint32(i), part.units[i].bytes
			if number == uint32(x.first)+uint32(at) {
				switch t.fault {
				case Stall:
					t.dumb()
					return errOver
				case RejectLate:
					t.bye("Replay aborted")
					return errOver
				case Disconnect:
					return t.breakOff(t.frame(number, b))
				case BadLength:
					f := t.frame(number, b)
					binary.LittleEndian.PutUint16(f, uint16(len(f)+3))
					if err := t.send(f); err != nil {
						return err
					}
					continue
				}
			}
			if err := t.packet(number, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// frame is a packet behind its size, which does not count itself.
func (t *replayTalk) frame(number uint32, packet []byte) []byte {
	f := binary.LittleEndian.AppendUint16(nil, uint16(len(packet)))
	f = append(f, packet...)
	binary.LittleEndian.PutUint32(f[2:], number)
	return f
}

func (t *replayTalk) packet(number uint32, packet []byte) error {
	f := t.frame(number, packet)
	t.answered(1, len(f))
	return t.send(f)
}

// say sends a message of our own in a packet of its own, numbered from 1.
func (t *replayTalk) say(message []byte) error {
	t.own++
	return t.send(t.frame(t.own, append(appendMDPPacket(nil, 0, t.today().now()), message...)))
}

func (t *replayTalk) bye(text string) { _ = t.say(appendLogout(nil, text)) }

// refuse counts what was wrong and says it as the venue does: by a logout.
func (t *replayTalk) refuse(why, text string) {
	t.reason(why)
	t.bye(text)
}

// message reads the client's next; what is not one is refused.
func (t *replayTalk) message(late string) ([]fixField, bool) {
	for {
		fields, n, err := readFIX(t.in)
		if err == nil {
			t.take(n)
			return fields, true
		}
		if !errors.Is(err, errFIXShort) || len(t.in) > longestFIX+64 {
			t.refuse("malformed_fix", "Malformed: "+err.Error())
			return nil, false
		}
		if err := t.fill(len(t.in)+1, t.cfg.LoginWait); err != nil {
			if isTimeout(err) {
				t.reason(late)
			} else {
				t.reason("left_before_request")
			}
			return nil, false
		}
	}
}
