package venuesim

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"wirebook/feedhandler/sim"
)

// Transmitter is what the lines' datagrams leave by.
type Transmitter interface {
	// Send puts a datagram to a group; failed is counted when the host refuses it, now or later.
	Send(group uint32, port uint16, payload []byte, failed *uint64) error
	Flush() error
}

// PlayConfig says how a day is played.
type PlayConfig struct {
	Speed float64 // 1 by the day's own clock, 10 ten times as fast, 0 without waiting
	Out   Transmitter
	// Sessions is how many follow each other, each with a market and numbers of its own; default 1. At CME a channel reset is between.
	Sessions int
	// Progress is told now and then how many messages the day has so far; nil for nobody.
	Progress func(messages uint64)
}

// Played is what was played.
type Played struct {
	Sessions  int
	Datagrams uint64 // of the day
	Messages  uint64
	Packets   uint64 // on all lines together
	Failed    uint64 // refused by the host
	LatestNS  int64  // how late the latest packet left against its pace
	LastError string
	Lines     []sim.LineStats // of all sessions together
	Gaps      []sim.Range     // what no line brought, session by session
}

// player holds packets back until they are due, and sends them.
type player struct {
	cfg     PlayConfig
	ctx     context.Context
	start   time.Time
	firstNS uint64
	out     Played
}

// grain is the shortest pause worth a timer.
const grain = 100 * time.Microsecond

// wait sleeps until ns of the day's clock.
func (p *player) wait(ns uint64) {
	if p.start.IsZero() {
		p.start, p.firstNS = time.Now(), ns
	}
	if p.cfg.Speed <= 0 || ns <= p.firstNS {
		return
	}
	due := time.Duration(float64(ns-p.firstNS) / p.cfg.Speed)
	late := time.Since(p.start) - due
	if late >= 0 {
		p.out.LatestNS = max(p.out.LatestNS, late.Nanoseconds())
		return
	}
	p.flush()
	if late < -grain {
		t := time.NewTimer(-late)
		defer t.Stop()
		select {
		case <-t.C:
		case <-p.ctx.Done():
		}
	}
}

func (p *player) send(to uint32, port uint16, payload []byte) {
	p.out.Packets++
	p.note(p.cfg.Out.Send(to, port, payload, &p.out.Failed))
}

func (p *player) flush() { p.note(p.cfg.Out.Flush()) }

func (p *player) note(err error) {
	if err != nil {
		p.out.LastError = err.Error()
	}
}

// Bytes of an untagged frame of the simulator before its payload, and where its destination is.
const (
	frameHead   = 14 + 20 + 8
	frameDst    = 14 + 16
	frameDstPrt = 14 + 20 + 2
)

// Play carries a day over the lines and publishes each datagram to s at the moment it leaves, until the day or ctx is over. lines
// sends nothing itself: its sinks are set here.
func Play(ctx context.Context, x *sim.Exchange, lines sim.WireConfig, s *Server, cfg PlayConfig) (Played, error) {
	p := &player{cfg: cfg, ctx: ctx}
	lines.PerLine = nil
	lines.Merged = sim.SinkFunc(func(ns uint64, frame []byte) error {
		p.wait(ns)
		p.send(binary.BigEndian.Uint32(frame[frameDst:]), binary.BigEndian.Uint16(frame[frameDstPrt:]), frame[frameHead:])
		return nil
	})
	for left := max(cfg.Sessions, 1); ; {
		last, err := p.session(x, lines, s)
		if left--; err != nil || left == 0 || ctx.Err() != nil {
			p.flush()
			if ctx.Err() == nil {
				s.EndSession()
			}
			return p.out, err
		}
		lines.Seed++
		if x, err = sim.New(following(x.Config(), last.TimeNS)); err != nil {
			return p.out, err
		}
	}
}

// session plays one exchange to its end, and where another follows at CME, the reset that says so.
func (p *player) session(x *sim.Exchange, lines sim.WireConfig, s *Server) (last sim.Datagram, err error) {
	wire, err := sim.NewWire(lines)
	if err != nil {
		return last, err
	}
	put := func(d *sim.Datagram) error {
		if p.start.IsZero() {
			p.wait(d.TimeNS)
		}
		// Frames that are due before this datagram leave first; its own, with the next.
		if err := wire.Send(d); err != nil {
			return err
		}
		p.wait(d.TimeNS)
		if p.ctx.Err() != nil {
			return nil
		}
		p.out.Datagrams++
		p.out.Messages += uint64(d.Messages)
		if p.cfg.Progress != nil && p.out.Datagrams%64 == 0 {
			p.cfg.Progress(p.out.Messages)
		}
		last = sim.Datagram{TimeNS: d.TimeNS, Seq: d.Seq, Count: d.Count}
		return s.Publish(d)
	}
	var d sim.Datagram
	for p.ctx.Err() == nil && err == nil && x.Next(&d) {
		err = put(&d)
	}
	p.out.Sessions++
	if another := p.out.Sessions < p.cfg.Sessions; another && err == nil && p.ctx.Err() == nil && x.Config().Encoding == sim.MDP3 {
		reset := channelReset(&last, x.Config().Channel)
		err = put(&reset)
	}
	err = errors.Join(err, wire.Close())
	p.out.take(wire)
	return last, err
}

// channelReset is the packet after last that empties CME's channel.
func channelReset(last *sim.Datagram, channel uint32) sim.Datagram {
	d := sim.Datagram{TimeNS: last.TimeNS + 1_000_000, Seq: last.Seq + 1, Count: 1, Messages: 1}
	d.Payload = appendReset(appendMDPPacket(nil, uint32(d.Seq), d.TimeNS), d.TimeNS, channel)
	return d
}

// following is the exchange of the next session: another market under another session, a second later.
func following(c sim.Config, lastNS uint64) sim.Config {
	c.Seed++
	c.Session, c.SessionID = counted(c.Session), c.SessionID+1
	c.StartNS, c.MidnightNS = lastNS+1_000_000_000, 0
	return c
}

// counted is a name with its last character, or the digits at its end, one further.
func counted(name string) string {
	b := []byte(name)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != '9' {
			b[i]++
			break
		}
		b[i] = '0'
	}
	return string(b)
}

// take adds what a session's lines did.
func (p *Played) take(w *sim.Wire) {
	for i, l := range w.Lines() {
		if i == len(p.Lines) {
			p.Lines = append(p.Lines, l)
			continue
		}
		t := &p.Lines[i]
		t.Sent, t.Lost, t.Reordered, t.Duplicated, t.Frames = t.Sent+l.Sent, t.Lost+l.Lost, t.Reordered+l.Reordered, t.Duplicated+l.Duplicated, t.Frames+l.Frames
		t.LostRanges = append(t.LostRanges, l.LostRanges...)
	}
	p.Gaps = append(p.Gaps, w.LostOnAll()...)
}
