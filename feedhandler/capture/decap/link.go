package decap

// Link types that are read, as numbered by the pcap registry (LINKTYPE_ and, where systems differ, DLT_).
const (
	LinkNull     = 0
	LinkEthernet = 1
	linkPPP      = 9
	linkRawBSD   = 12
	linkRawOpen  = 14
	linkPPPHDLC  = 50
	linkRaw      = 101
	linkCHDLC    = 104
	linkLoop     = 108
	linkSLL      = 113
	linkERF      = 197
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

const (
	sllBytes  = 16
	sll2Bytes = 20
	afINET    = 2
)

// noMAC stands in for addresses that a link type does not have.
var noMAC [macBytes]byte

// enter reads what the link type puts in front.
func (w *walk) enter(link uint16, b []byte) {
	if link == LinkEthernet {
		w.ethernet(b)
		return
	}
	w.changed = true
	w.mac = noMAC[:]
	switch link {
	case LinkNull, linkLoop:
		// The address family in the capturing host's byte order, or big-endian for loop. 2 is IPv4 everywhere, IPv6
		// is another number on every system.
		if len(b) < 4 {
			w.short()
			return
		}
		if be32(b) == afINET || be32(b) == afINET<<24 {
			w.payload(typeIPv4, b[4:])
			return
		}
		w.ip(b[4:])
	case linkRawBSD, linkRawOpen, linkRaw, linkIPv4, linkIPv6:
		w.ip(b)
	case linkSLL:
		if len(b) < sllBytes {
			w.short()
			return
		}
		w.cooked(be16(b[4:]), b[6:14], be16(b[14:]), b[sllBytes:])
	case linkSLL2:
		if len(b) < sll2Bytes {
			w.short()
			return
		}
		w.cooked(uint16(b[11]), b[12:20], be16(b), b[sll2Bytes:])
	case linkPPP, linkPPPHDLC:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
			b = b[2:]
		}
		w.ppp(b)
	case linkCHDLC:
		if len(b) < 4 {
			w.short()
			return
		}
		w.payload(be16(b[2:]), b[4:])
	case linkERF:
		w.erf(b)
	default:
		w.foreign(b)
		w.not = w.r.coats.link(link)
	}
}

// foreign puts what is not read into a frame of no EtherType, so that it is not taken for one by chance.
func (w *walk) foreign(b []byte) { w.etherType, w.b = noType, b }

// ip tells IPv4 from IPv6 by the version, where the link type does not.
func (w *walk) ip(b []byte) {
	if len(b) > 0 && b[0]>>4 == 6 {
		w.payload(typeIPv6, b)
		return
	}
	w.payload(typeIPv4, b)
}

// cooked goes on behind a Linux cooked header. It has the sender's address only.
func (w *walk) cooked(addrLen uint16, addr []byte, protocol uint16, b []byte) {
	if addrLen == 6 {
		copy(w.made[6:], addr[:6])
		w.mac = w.made[:]
	}
	switch protocol {
	case 0x0001: // 802.3 without LLC
		w.b = b
	case 0x0004: // 802.2 LLC
		w.llc(b)
	default:
		w.payload(protocol, b)
	}
}

// ppp goes on behind the PPP protocol word.
func (w *walk) ppp(b []byte) {
	if len(b) < 2 {
		w.short()
		return
	}
	switch protocol := be16(b); protocol {
	case 0x0021:
		w.payload(typeIPv4, b[2:])
	case 0x0057:
		w.payload(typeIPv6, b[2:])
	case 0x0281:
		w.payload(typeMPLS, b[2:])
	default: // its own control protocols, and what is compressed or encrypted
		w.not = w.r.coats.numbered("ppp_0x%04x", "PPP protocol 0x%04x", protocol)
	}
}

// erf goes on behind an Endace record header that stands inside another file format.
func (w *walk) erf(b []byte) {
	const header, ext, pad, more = 16, 8, 2, 0x80
	if len(b) < header {
		w.short()
		return
	}
	kind, wire := b[8]&0x7f, int(be16(b[14:]))
	at := header
	for again := b[8]&more != 0; again; at += ext {
		if len(b) < at+ext {
			w.short()
			return
		}
		again = b[at]&more != 0
	}
	switch kind {
	case 2, 11, 16, 20: // Ethernet, plain, coloured, steered, hashed
		if len(b) < at+pad {
			w.short()
			return
		}
		b = b[at+pad:]
		w.ethernet(b[:min(len(b), wire)])
	default:
		w.foreign(b)
		w.not = w.r.coats.numbered("erf_type_%d", "ERF record type %d", uint16(kind))
	}
}
