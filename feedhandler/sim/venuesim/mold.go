package venuesim

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"time"
)

// moldRequest answers one datagram at the re-request server. Whatever is wrong with it, the answer is silence.
func (p *post) moldRequest(from netip.AddrPort, request []byte) {
	if len(request) != moldRequestBytes {
		p.reason("not_20_bytes")
		return
	}
	d := p.today()
	session := moldSession(d.session)
	first, count := binary.BigEndian.Uint64(request[10:]), binary.BigEndian.Uint16(request[moldCountAt:])
	switch {
	case !bytes.Equal(request[:10], session[:]):
		p.reason("other_session")
		return
	case count == 0 || count == moldEnd:
		p.reason("count_without_meaning")
		return
	case first == 0:
		p.reason("sequence_zero")
		return
	}
	p.request()
	units, newest, _ := d.from(first, int(count)) // a session that is over is still served: the operator's choice
	if len(units) == 0 {
		p.reason("not_sent_yet")
		return
	}
	units = p.fitting(units)
	f := p.dice.draw(d)
	if f == OldSession {
		d = d.before
		if units, newest, _ = d.from(first, int(count)); len(units) == 0 {
			return
		}
		session, units = moldSession(d.session), p.fitting(units)
	}
	switch f {
	case Refuse, Silence:
		return
	case Late:
		first, units := first, units
		p.work.Go(func() {
			if p.sleep(p.dice.delayed) {
				p.sendMold(from, session, piece{first, units})
			}
		})
		return
	case OnlyHeartbeat:
		p.sendMold(from, session, piece{first: newest + 1})
		return
	case WrongSession:
		session[9]++
	case EndOfSession:
		half := front([]piece{{first, units}}, (len(units)+1)/2)[0]
		p.sendMold(from, session, half)
		p.sendDatagram(from, appendMoldHeader(nil, session, half.first+uint64(len(half.units)), moldEnd), 0)
		return
	case BadLength:
		b := p.moldPacket(session, piece{first, units})
		binary.BigEndian.PutUint16(b[moldHeaderBytes:], uint16(len(b)))
		p.sendDatagram(from, b, len(units))
		return
	case Spoof:
		p.stranger(from, p.moldPacket(session, piece{first, units}))
		return
	}
	for _, x := range p.spoil(d, f, []piece{{first, units}}) {
		p.sendMold(from, session, x)
	}
}

// fitting is as many of the units as one packet holds; one at least.
func (p *post) fitting(units []unit) []unit {
	size := moldHeaderBytes
	for i := range units {
		size += 2 + len(units[i].bytes)
		if size > p.cfg.Market.PayloadBytes && i > 0 {
			return units[:i]
		}
	}
	return units
}

func (p *post) moldPacket(session [10]byte, x piece) []byte {
	b := appendMoldHeader(nil, session, x.first, uint16(len(x.units)))
	for i := range x.units {
		b = appendMoldMessage(b, x.units[i].bytes)
	}
	return b
}

func (p *post) sendMold(to netip.AddrPort, session [10]byte, x piece) {
	p.sendDatagram(to, p.moldPacket(session, x), len(x.units))
}

// sendDatagram answers a request that came by UDP.
func (p *post) sendDatagram(to netip.AddrPort, b []byte, units int) {
	_ = p.udp.SetWriteDeadline(time.Now().Add(sendWait))
	if _, err := p.udp.WriteToUDPAddrPort(b, to); err != nil {
		p.reason("write_failed")
		return
	}
	p.answered(units, len(b))
}

// stranger sends an answer from a port that nobody asked.
func (p *post) stranger(to netip.AddrPort, b []byte) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.cfg.Listen, 0)))
	if err != nil {
		p.reason("write_failed")
		return
	}
	defer conn.Close()
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		p.reason("write_failed")
	}
}
