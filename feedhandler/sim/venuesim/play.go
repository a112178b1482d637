package venuesim

import (
	"context"
	"encoding/binary"
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
	// Progress is told now and then how many messages the day has so far; nil for nobody.
	Progress func(messages uint64)
}

// Played is what was played.
type Played struct {
	Datagrams uint64 // of the day
	Messages  uint64
	Packets   uint64 // on all lines together
	Failed    uint64 // refused by the host
	LatestNS  int64  // how late the latest packet left against its pace
	LastError string
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
func Play(ctx context.Context, x *sim.Exchange, lines sim.WireConfig, s *Server, cfg PlayConfig) (Played, []sim.LineStats, []sim.Range, error) {
	p := &player{cfg: cfg, ctx: ctx}
	lines.PerLine = nil
	lines.Merged = sim.SinkFunc(func(ns uint64, frame []byte) error {
		p.wait(ns)
		p.send(binary.BigEndian.Uint32(frame[frameDst:]), binary.BigEndian.Uint16(frame[frameDstPrt:]), frame[frameHead:])
		return nil
	})
	wire, err := sim.NewWire(lines)
	if err != nil {
		return p.out, nil, nil, err
	}
	var d sim.Datagram
	for ctx.Err() == nil && x.Next(&d) {
		if p.start.IsZero() {
			p.wait(d.TimeNS)
		}
		// Frames that are due before this datagram leave first; its own, with the next.
		if err := wire.Send(&d); err != nil {
			return p.out, nil, nil, err
		}
		p.wait(d.TimeNS)
		if err := s.Publish(&d); err != nil {
			return p.out, nil, nil, err
		}
		p.out.Datagrams++
		p.out.Messages += uint64(d.Messages)
		if cfg.Progress != nil && p.out.Datagrams%64 == 0 {
			cfg.Progress(p.out.Messages)
		}
	}
	err = wire.Close()
	p.flush()
	if ctx.Err() == nil {
		s.EndSession()
	}
	return p.out, wire.Lines(), wire.LostOnAll(), err
}
