package venuesim

import (
	"encoding/binary"
	"net/netip"

	"wirebook/feedhandler/sim"
)

// tp is the header of a session.
func (s *Server) tp(d *day) tp {
	m := &s.cfg.Market
	protocol := uint16(protocolDEEPPlus)
	if m.Encoding == sim.Deep {
		protocol = protocolDEEP
	}
	return tp{protocol: protocol, channel: m.Channel, session: d.id}
}

// gapRequest answers one datagram at the UDP gap fill server. An invalid one is ignored.
func (p *post) gapRequest(from netip.AddrPort, request []byte) {
	d := p.today()
	h := p.tp(d)
	if len(request) < gapHeaderBytes {
		p.reason("short_request")
		return
	}
	n, why := h.readGapHeader(request)
	if why == "" && len(request) != gapHeaderBytes+n*gapRangeBytes {
		why = "length_is_not_that_of_ranges"
	}
	var ranges []gapRange
	if why == "" {
		ranges, why = readGapRanges(request[gapHeaderBytes:], 0)
	}
	if why != "" {
		p.reason(why)
		return
	}
	p.request()
	if n == 0 { // the test: where the feed stands
		p.sendDatagram(from, d.heartbeat(h), 0)
		return
	}
	list := p.wantedUnits(d, ranges, p.cfg.IEXUDPLimit)
	if len(list) == 0 {
		p.reason("not_sent_yet")
		return
	}
	f := p.dice.draw(d)
	if f == OldSession {
		d = d.before
		h, list = p.tp(d), p.wantedUnits(d, ranges, p.cfg.IEXUDPLimit)
	}
	switch f {
	case Refuse, Silence:
		return
	case Late:
		p.work.Go(func() {
			if p.sleep(p.dice.delayed) {
				p.sendSegments(from, h, list)
			}
		})
		return
	case OnlyHeartbeat:
		p.sendDatagram(from, d.heartbeat(h), 0)
		return
	case WrongSession:
		h.session++
	case BadLength:
		for _, x := range p.segments(list, p.cfg.Market.PayloadBytes) {
			p.sendDatagram(from, tooLong(h.segment(x)), len(x.units))
		}
		return
	case Spoof:
		for _, x := range p.segments(list, p.cfg.Market.PayloadBytes) {
			p.stranger(from, h.segment(x))
		}
		return
	}
	p.sendSegments(from, h, p.spoil(d, f, list))
}

// wantedUnits finds what was asked for as far as it was sent, limit messages at most.
func (p *post) wantedUnits(d *day, ranges []gapRange, limit int) (list []piece) {
	for _, r := range ranges {
		units, newest, _ := d.from(uint64(r.first), int(min(uint64(r.last-r.first)+1, uint64(limit))))
		if len(units) > 0 {
			list = append(list, piece{uint64(r.first), units})
			limit -= len(units)
		}
		if limit == 0 {
			p.reason("cut_at_the_limit")
			break
		}
		if uint64(r.last) > newest {
			break
		}
	}
	return list
}

// segments cuts pieces into as much as a segment of so many bytes holds.
func (p *post) segments(list []piece, bytes int) (cut []piece) {
	for _, x := range list {
		size, from := tpHeaderBytes, 0
		for i := range x.units {
			n := 2 + len(x.units[i].bytes)
			if size+n > bytes && i > from {
				cut = append(cut, piece{x.first + uint64(from), x.units[from:i]})
				size, from = tpHeaderBytes, i
			}
			size += n
		}
		cut = append(cut, piece{x.first + uint64(from), x.units[from:]})
	}
	return cut
}

// segment is a piece as an ordinary segment, with the send time of its first message.
func (h tp) segment(x piece) []byte {
	return h.appendSegment(nil, x.first, x.units[0].offset, x.units[0].sentNS, x.units)
}

// tooLong makes a segment's first message reach beyond its end.
func tooLong(segment []byte) []byte {
	binary.LittleEndian.PutUint16(segment[tpHeaderBytes:], uint16(len(segment)))
	return segment
}

func (p *post) sendSegments(to netip.AddrPort, h tp, list []piece) {
	for _, x := range p.segments(list, p.cfg.Market.PayloadBytes) {
		p.sendDatagram(to, h.segment(x), len(x.units))
	}
}

// heartbeat is a header without messages: the next number and the next offset.
func (d *day) heartbeat(h tp) []byte {
	d.mu.Lock()
	next, offset, now := uint64(len(d.units))+1, d.offset, d.nowNS
	d.mu.Unlock()
	return h.appendSegment(nil, next, offset, now, nil)
}
