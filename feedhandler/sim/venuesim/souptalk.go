package venuesim

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"time"
)

// soupTalk is one SoupBinTCP connection after its login.
type soupTalk struct {
	*client
	day  *day          // the session it is about
	out  []byte        // frames not yet written
	last time.Time     // of the newest write
	gone chan struct{} // closed when the client has left or broken the rules
	at   int           // the message at which the fault happens
	held []byte        // by Shuffle
}

// login reads the login and answers a wrong one; ok says that the client is in, with what it asked for.
func (c *client) login() (l soupLogin, d *day, ok bool) {
	if err := c.fill(soupHeaderBytes, c.cfg.LoginWait); err != nil {
		c.reason(map[bool]string{true: "no_login_in_time", false: "left_before_login"}[isTimeout(err)])
		return l, nil, false
	}
	length, kind := int(binary.BigEndian.Uint16(c.in)), c.in[2]
	if kind != 'L' || length != soupLoginBytes-2 {
		c.reason("not_a_login")
		return l, nil, false
	}
	if err := c.fill(soupLoginBytes, c.cfg.LoginWait); err != nil {
		c.reason("left_before_login")
		return l, nil, false
	}
	if l, ok = readLogin(c.take(soupLoginBytes)[soupHeaderBytes:]); !ok {
		c.reason("sequence_is_no_number")
		return l, nil, false
	}
	reject := func(code byte, why string) (soupLogin, *day, bool) {
		c.reason(why)
		_ = c.send(appendSoup(nil, 'J', []byte{code}))
		return l, nil, false
	}
	if c.cfg.User != "" && (!strings.EqualFold(l.user, c.cfg.User) || !strings.EqualFold(l.password, c.cfg.Password)) {
		return reject('A', "not_authorised")
	}
	d = c.today()
	if l.session != "" && l.session != d.session {
		return reject('S', "other_session")
	}
	if c.name == Glimpse && l.first != 1 {
		return reject('S', "sequence_is_not_1") // a spin has no other beginning
	}
	c.request()
	if c.fault = c.dice.draw(d); c.fault == OldSession {
		d = d.before
	}
	switch c.fault {
	case Refuse:
		_ = c.send(appendSoup(nil, 'J', []byte{'A'}))
		return l, nil, false
	case Silence:
		c.dumb()
		return l, nil, false
	case Late:
		return l, d, c.sleep(c.dice.delayed)
	}
	return l, d, true
}

// listen starts reading what the client sends, whose silence or leaving ends the talk.
func (c *client) listen(d *day) *soupTalk {
	t := &soupTalk{client: c, day: d, last: time.Now(), gone: make(chan struct{}), at: math.MaxInt}
	c.work.Go(func() {
		defer close(t.gone)
		for {
			if err := c.fill(soupHeaderBytes, c.cfg.ClientSilence); err != nil {
				switch {
				case isTimeout(err):
					c.reason("client_silent")
				case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed):
					c.reason("connection_lost")
				}
				return
			}
			length := int(binary.BigEndian.Uint16(c.in))
			if length == 0 || c.fill(2+length, c.cfg.ClientSilence) != nil {
				c.reason("frame_is_cut")
				return
			}
			switch kind := c.take(2 + length)[2]; kind {
			case 'R':
				if length != 1 {
					c.reason("heartbeat_with_payload")
					return
				}
			case '+', 'U': // nothing here takes unsequenced data
			case 'O':
				return
			case 'L':
				c.reason("login_twice")
				return
			default:
				c.reason("unknown_packet")
				return
			}
		}
	})
	return t
}

// accept says A, where the fault lets it.
func (t *soupTalk) accept(next uint64) error {
	session := t.day.session
	switch t.fault {
	case NoAck:
		return nil
	case WrongSession:
		b := moldSession(session)
		b[9]++
		session = string(b[:])
	case OffByOne:
		if t.name == Soup {
			next++
		}
	}
	if err := t.send(appendAccepted(nil, session, next)); err != nil {
		return err
	}
	t.last = time.Now()
	return nil
}

// flushAt is how much is gathered before it is written.
const flushAt = 32 << 10

// data puts an S frame.
func (t *soupTalk) data(msg []byte) error {
	before := len(t.out)
	t.out = appendSoup(t.out, 'S', msg)
	t.answered(1, len(t.out)-before)
	if len(t.out) >= flushAt {
		return t.flush()
	}
	return nil
}

func (t *soupTalk) flush() error {
	if len(t.out) == 0 {
		return nil
	}
	err := t.send(t.out)
	t.out, t.last = t.out[:0], time.Now()
	return err
}

var errOver = errors.New("nothing more is said")

// tell sends message k of the answer with what the fault makes of it. errOver says that there the answer ends.
func (t *soupTalk) tell(k int, msg []byte) error {
	if t.held != nil {
		held := t.held
		t.held = nil
		return errors.Join(t.data(msg), t.data(held))
	}
	if k != t.at {
		return t.data(msg)
	}
	switch t.fault {
	case Hole:
		return nil
	case Duplicate:
		return errors.Join(t.data(msg), t.data(msg))
	case Shuffle:
		t.held = msg
		return nil
	case Lie:
		return t.data(t.lie(msg))
	case BadLength:
		err := t.flush()
		t.answered(1, soupHeaderBytes+len(msg))
		t.out = appendSoup(t.out, 'S', msg)
		t.out[1] += 7
		return err
	case EndOfSession:
		t.out = appendSoup(t.out, 'Z', nil)
		return errors.Join(t.flush(), errOver)
	case RejectLate:
		t.out = appendSoup(t.out, 'J', []byte{'S'})
		return errors.Join(t.flush(), errOver)
	case Stall:
		if err := t.flush(); err != nil {
			return err
		}
		t.wait(nil)
		return errOver
	case Mute:
		_ = t.flush()
		<-t.gone
		return errOver
	case Disconnect:
		_ = t.flush()
		return t.breakOff(appendSoup(nil, 'S', msg))
	}
	return t.data(msg)
}

// wait sleeps until there is more, and says it lives meanwhile; false when the talk is over.
func (t *soupTalk) wait(more <-chan struct{}) bool {
	for {
		timer := time.NewTimer(time.Until(t.last.Add(t.cfg.Heartbeat)))
		select {
		case <-more:
			timer.Stop()
			return true
		case <-t.gone:
			timer.Stop()
			return false
		case <-t.ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			if t.fault != Mute && t.send(appendSoup(nil, 'H', nil)) != nil {
				return false
			}
			t.last = time.Now()
		}
	}
}
