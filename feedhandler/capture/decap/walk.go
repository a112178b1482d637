package decap

import "encoding/binary"

const (
	macBytes   = 12
	etherBytes = 14
	ipBytes    = 20
	udpBytes   = 8

	typeIPv4  = 0x0800
	typeIPv6  = 0x86dd
	typeMPLS  = 0x8847
	typeMPLSM = 0x8848
	noType    = 0xffff // reserved: no protocol has it

	// mostDepth bounds how often a frame is unwrapped: nobody mirrors a mirror more often than that.
	mostDepth = 16
	// mostLLC is the largest 802.3 length; what is larger is an EtherType.
	mostLLC = 1500
)

// tag is one VLAN tag.
type tag struct{ tpid, tci uint16 }

// walk is the way through one frame's headers: what has been found so far.
type walk struct {
	r     *Reader
	iface uint32
	ns    uint64

	mac       []byte // the addresses of the innermost Ethernet header
	made      [macBytes]byte
	tags      [2]tag // the last two of the innermost frame, which the wire decoder reads
	tagged    int
	etherType uint16
	b         []byte // what follows the EtherType
	depth     int
	changed   bool // what was found is not the frame as it came
	total     int  // the IPv4 total length where it was 0, else 0
	udp       int  // the UDP length where it was 0
	held      bool
	not       *Coat
}

// short leaves a frame that ends inside a header as far as it got: the wire decoder counts it.
func (w *walk) short() {}

// ethernet goes on with an Ethernet frame.
func (w *walk) ethernet(b []byte) {
	if len(b) < etherBytes {
		w.short()
		return
	}
	w.mac, w.tagged = b[:macBytes], 0
	w.payload(be16(b[macBytes:]), b[etherBytes:])
}

// payload goes on behind an EtherType.
func (w *walk) payload(etherType uint16, b []byte) {
	for {
		w.etherType, w.b = etherType, b
		if w.depth++; w.depth > mostDepth {
			w.not = coatDepth
			return
		}
		switch etherType {
		case typeIPv4:
			w.ipv4(b)
			return
		case typeIPv6:
			w.ipv6(b)
			return
		case typeMPLS, typeMPLSM:
			w.mpls(b)
			return
		case 0x8100, 0x88a8, 0x9100, 0x9200, 0x9300:
			if len(b) < 4 {
				w.short()
				return
			}
			if etherType > 0x9100 {
				etherType, w.changed = 0x88a8, true // as it was numbered before 802.1ad
			}
			w.pushTag(tag{etherType, be16(b)})
			etherType, b = be16(b[2:]), b[4:]
		case 0x8926: // VN-tag
			if len(b) < 6 {
				w.short()
				return
			}
			etherType, b, w.changed = be16(b[4:]), b[6:], true
		case 0x893f: // E-tag, 802.1BR
			if len(b) < 8 {
				w.short()
				return
			}
			etherType, b, w.changed = be16(b[6:]), b[8:], true
		case 0x8864: // PPPoE session: version and type, code, session, length
			if len(b) < 8 || b[0] != 0x11 || b[1] != 0 {
				w.short()
				return
			}
			w.changed = true
			n := min(int(be16(b[4:])), len(b)-6)
			w.ppp(b[6 : 6+n])
			return
		default:
			if etherType <= mostLLC {
				w.llc(b[:min(len(b), int(etherType))])
				return
			}
			w.not = w.r.coats.etherType(etherType)
			return
		}
	}
}

// pushTag keeps the last two tags.
func (w *walk) pushTag(t tag) {
	if w.tagged < len(w.tags) {
		w.tags[w.tagged] = t
		w.tagged++
		return
	}
	w.tags[0], w.tags[1], w.changed = w.tags[1], t, true
}

// llc goes on behind an 802.2 header where it leads to IP.
func (w *walk) llc(b []byte) {
	switch {
	case len(b) >= 8 && b[0] == 0xaa && b[1] == 0xaa && b[2] == 0x03 && b[3] == 0 && b[4] == 0 && (b[5] == 0 || b[5] == 0xf8):
		if t := be16(b[6:]); t > mostLLC {
			w.changed = true
			w.payload(t, b[8:])
		}
	case len(b) >= 3 && b[0] == 0x06 && b[1] == 0x06 && b[2] == 0x03:
		w.changed = true
		w.payload(typeIPv4, b[3:])
	}
}

// mpls passes the labels. What follows says nothing of itself: IP has its version in the first four bits, an Ethernet
// pseudowire with a control word has 0 there, and one without begins with addresses.
func (w *walk) mpls(b []byte) {
	for bottom := false; !bottom; b = b[4:] {
		if len(b) < 4 {
			w.short()
			return
		}
		bottom = b[2]&1 != 0
	}
	if len(b) == 0 {
		return
	}
	w.changed = true
	w.tagged = 0
	switch {
	case looksIPv4(b):
		w.payload(typeIPv4, b)
	case len(b) > 4 && b[0]>>4 == 0 && looksEthernet(b[4:]):
		w.ethernet(b[4:])
	case looksEthernet(b):
		w.ethernet(b)
	case b[0]>>4 == 6:
		w.payload(typeIPv6, b)
	default:
		w.changed = false
		w.not = coatMPLS
	}
}

// looksIPv4 says whether b begins with an IPv4 header that holds together.
func looksIPv4(b []byte) bool {
	if len(b) < ipBytes || b[0]>>4 != 4 {
		return false
	}
	header, total := int(b[0]&15)*4, int(be16(b[2:]))
	return header >= ipBytes && header <= len(b) && (total == 0 || total >= header)
}

// looksEthernet says whether b begins with addresses and an EtherType that leads on.
func looksEthernet(b []byte) bool {
	if len(b) < etherBytes+1 {
		return false
	}
	switch t, rest := be16(b[macBytes:]), b[etherBytes:]; t {
	case typeIPv4:
		return looksIPv4(rest)
	case typeIPv6:
		return rest[0]>>4 == 6
	case 0x8100, 0x88a8, 0x9100, typeMPLS, typeMPLSM:
		return true
	default:
		return ethers[t] != nil || talk(t) || t <= mostLLC && len(rest) >= 3 && int(t) <= len(rest)+4 && rest[2] == 0x03
	}
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
