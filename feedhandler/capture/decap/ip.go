package decap

import "encoding/binary"

// IP protocols that carry other frames, or the feed.
const (
	protoIPIP    = 4
	protoUDP     = 17
	protoIPv6    = 41
	protoGRE     = 47
	protoESP     = 50
	protoAH      = 51
	protoEtherIP = 97
	protoL2TP    = 115
	protoMPLS    = 137
)

// ipv4 goes on with an IPv4 datagram. What the wire decoder has a name for is left to it.
func (w *walk) ipv4(b []byte) {
	if len(b) < ipBytes || b[0]>>4 != 4 {
		return
	}
	header, total := int(b[0]&15)*4, int(be16(b[2:]))
	if header < ipBytes || header > len(b) {
		return
	}
	proto := b[9]
	if be16(b[6:])&0x3fff != 0 {
		if proto != protoUDP && proto != protoGRE && proto != protoIPIP {
			return // nothing of ours travels in it
		}
		whole, ok := w.r.assembler.add(b, header, total, w.iface, w.ns)
		if !ok {
			w.held = true
			return
		}
		b, total, w.b, w.changed = whole, int(be16(whole[2:])), whole, true
		header = int(b[0]&15) * 4
	}
	if total == 0 {
		if total = w.unsaid(b, header, proto); total == 0 {
			return
		}
	}
	if total < header {
		return
	}
	if proto == protoUDP && w.udp == 0 && total >= header+udpBytes && len(b) >= total && be16(b[header+4:]) == 0 {
		w.udp, w.changed = total-header, true
	}
	w.protocol(proto, b[header:min(total, len(b))])
}

// unsaid is the total length of a datagram that does not say it: the sending host left that to its NIC. UDP's own
// length says it, or else the frame's.
func (w *walk) unsaid(b []byte, header int, proto uint8) int {
	total := len(b)
	if proto == protoUDP && len(b) >= header+udpBytes {
		if n := int(be16(b[header+4:])); n >= udpBytes {
			total = header + n
		} else if n == 0 {
			w.udp = total - header
		}
	}
	if total > 0xffff {
		w.udp = 0
		return 0 // the wire decoder's: no length, and none that could be written
	}
	w.total, w.changed = total, true
	return total
}

// mend writes the lengths that were 0 into a copy of the datagram. The header's sum stays right where it was.
func (w *walk) mend(ip []byte) {
	header := int(ip[0]&15) * 4
	right := sumRight(ip[:header])
	if w.total != 0 {
		binary.BigEndian.PutUint16(ip[2:], uint16(w.total))
	}
	if w.udp != 0 {
		binary.BigEndian.PutUint16(ip[header+4:], uint16(w.udp))
	}
	if right {
		putSum(ip[:header])
	}
}

// protocol goes on with what a datagram holds.
func (w *walk) protocol(proto uint8, b []byte) {
	switch proto {
	case protoUDP:
		w.inUDP(b)
	case protoGRE:
		w.gre(b)
	case protoIPIP:
		w.inner(typeIPv4, b)
	case protoIPv6:
		w.inner(typeIPv6, b)
	case protoMPLS:
		w.inner(typeMPLS, b)
	case protoEtherIP: // version 3 in four bits of two bytes
		if len(b) >= 2+etherBytes && b[0]>>4 == 3 {
			w.innerEthernet(b[2:])
		}
	case protoESP:
		w.not = coatESP
	case protoAH:
		w.not = coatAH
	case protoL2TP:
		w.not = coatL2TP
	}
}

// inner goes on with a datagram inside another: the addresses are those of the outer frame.
func (w *walk) inner(etherType uint16, b []byte) {
	w.changed, w.total, w.udp = true, 0, 0
	w.payload(etherType, b)
}

// innerEthernet goes on with a frame inside a datagram.
func (w *walk) innerEthernet(b []byte) {
	if len(b) < etherBytes {
		return
	}
	w.changed, w.total, w.udp = true, 0, 0
	w.ethernet(b)
}

// ipv6 looks through an IPv6 header for a tunnel. No feed here is IPv6 itself: what is not a tunnel is left to the wire
// decoder.
func (w *walk) ipv6(b []byte) {
	const header = 40
	if len(b) < header || b[0]>>4 != 6 {
		return
	}
	n := min(int(be16(b[4:])), len(b)-header)
	next, rest := b[6], b[header:header+n]
	if next == 60 && len(rest) >= 8 { // destination options, as Linux's tunnels put in front
		if at := 8 + int(rest[1])*8; at <= len(rest) {
			next, rest = rest[0], rest[at:]
		}
	}
	w.protocol(next, rest)
}

// sumRight says whether an IPv4 header's checksum is right.
func sumRight(h []byte) bool { return sum(h) == 0xffff }

// putSum makes it right.
func putSum(h []byte) {
	h[10], h[11] = 0, 0
	binary.BigEndian.PutUint16(h[10:], ^sum(h))
}

func sum(h []byte) uint16 {
	var s uint32
	for ; len(h) >= 2; h = h[2:] {
		s += uint32(be16(h))
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
