package venuesim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/sim"
)

// Recording is a day out of captures: its units by number, and what to ask about it.
type Recording struct {
	Market sim.Config // encoding, session and channel as the captures have them
	units  []unit
	paths  []string
	o      capture.Options
}

// Record reads a day. played are the captures that will be sent; whole, where named, has every unit that they lack: the clean
// capture of 'wirebook sim --clean'. Captures are read whole, twice, so they are files.
func Record(e sim.Encoding, played, whole []string, o capture.Options) (*Recording, error) {
	r := &Recording{Market: sim.Config{Encoding: e}, paths: played, o: o}
	from := played
	if len(whole) > 0 {
		from = whole
	}
	known := 0
	first := true
	err := eachDatagram(from, o, func(d *feedhandler.Datagram, ns uint64) error {
		x, err := readPacket(e, bytes.Clone(d.Payload), ns)
		if err != nil {
			return nil // of another feed, perhaps
		}
		if first {
			r.Market.Session, r.Market.SessionID, r.Market.Channel = x.session, x.id, x.channel
			first = false
		}
		if r.Market.Channel == 0 {
			r.Market.Channel = x.channel // CME's packets do not say it, its definitions do
		}
		if x.session != r.Market.Session || x.id != r.Market.SessionID || x.first == 0 || x.first > uint64(len(r.units))+maxAhead {
			return nil
		}
		for i, u := range x.units {
			n := int(x.first) + i
			for len(r.units) < n {
				r.units = append(r.units, unit{})
			}
			if r.units[n-1].bytes == nil {
				r.units[n-1] = u
				known++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(r.units) == 0 {
		return nil, fmt.Errorf("venue: nothing in %v is a packet of %s", from, e)
	}
	if lacking := len(r.units) - known; lacking > 0 {
		return nil, fmt.Errorf("venue: %d of %d numbers are in none of %v: name the day's clean capture too ('wirebook sim --clean'), or nobody could ask for them",
			lacking, len(r.units), from)
	}
	return r, nil
}

// maxAhead bounds how far a packet may be ahead of all before it: more is another numbering.
const maxAhead = 10_000_000

// eachDatagram hands out every whole UDP datagram of the captures.
func eachDatagram(paths []string, o capture.Options, take func(d *feedhandler.Datagram, ns uint64) error) error {
	src, err := capture.Open(paths, o)
	if err != nil {
		return err
	}
	defer src.Close()
	var pkt capture.Packet
	var d feedhandler.Datagram
	for {
		err := src.Next(&pkt)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if feedhandler.ParseFrame(pkt.Data, false, &d) != feedhandler.WireOK {
			continue
		}
		if err := take(&d, pkt.Recv().NS); err != nil {
			return err
		}
	}
}

// Units is how many the day has.
func (r *Recording) Units() uint64 { return uint64(len(r.units)) }

// Play sends the captures' datagrams where they went, and publishes every unit no later than a packet that holds it or a later one.
func (r *Recording) Play(ctx context.Context, s *Server, cfg PlayConfig) (Played, error) {
	p := &player{cfg: cfg, ctx: ctx}
	publish := func(through, ns uint64) error {
		have := s.Newest()
		through = min(through, uint64(len(r.units)))
		if through <= have {
			return nil
		}
		p.out.Messages = through
		return s.today().add(have+1, r.units[have:through], ns, false)
	}
	err := eachDatagram(r.paths, r.o, func(d *feedhandler.Datagram, ns uint64) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.wait(ns)
		x, err := readPacket(r.Market.Encoding, d.Payload, ns)
		if err == nil && x.session == r.Market.Session && x.id == r.Market.SessionID {
			last := x.first + uint64(len(x.units))
			if err := publish(last-min(last, 1), ns); err != nil {
				return err
			}
			p.out.Datagrams++
		}
		p.send(d.Dst, d.DstPort, d.Payload)
		if cfg.Progress != nil && p.out.Packets%64 == 0 {
			cfg.Progress(p.out.Messages)
		}
		return nil
	})
	p.flush()
	if ctx.Err() != nil {
		return p.out, nil
	}
	if err == nil {
		err = publish(uint64(len(r.units)), s.today().now())
		s.EndSession()
	}
	return p.out, err
}
