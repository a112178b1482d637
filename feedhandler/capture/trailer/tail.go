package trailer

// EtherTypes and lengths of the headers in front of the tail.
const (
	macBytes      = 12
	etherIPv4     = 0x0800
	etherVLAN     = 0x8100
	etherQinQ     = 0x88a8
	etherQinQOld  = 0x9100
	minEthernet   = 60 // shortest frame without its FCS
	maxPadTo      = minEthernet + 4
	fcsBytes      = 4
	udpProto      = 17
	keyFrameProto = 253 // IP protocol "for experimentation", RFC 3692
)

// tail is what follows a frame's own bytes.
type tail struct {
	b     []byte // from the end of the IP datagram to the end of the frame
	slack int    // how many bytes of b may be Ethernet padding
	ipv4  bool
	proto uint8
	body  []byte // the IP payload
}

// split finds the tail of frame. Where the frame is not IPv4 its end is unknown: then everything after the MAC header
// is tail, any of it may be padding, and only the time's own sanity speaks for a trailer. ok is false where the frame
// is cut short or its lengths contradict each other.
func split(frame []byte) (t tail, ok bool) {
	if len(frame) < macBytes+2 {
		return t, false
	}
	at := macBytes
	for tagged(be16(frame[at:])) {
		if len(frame) < at+6 {
			return t, false
		}
		at += 4
	}
	ip := frame[at+2:]
	if be16(frame[at:]) != etherIPv4 || len(ip) < 20 || ip[0]>>4 != 4 {
		t.b, t.slack = ip, len(ip)
		return t, true
	}
	header, total := int(ip[0]&15)*4, int(be16(ip[2:]))
	if total == 0 && ip[9] == udpProto && len(ip) >= header+8 { // left to the NIC of the sending host: UDP says it
		total = header + int(be16(ip[header+4:]))
	}
	if header < 20 || total < header || total > len(ip) {
		return t, false
	}
	t.ipv4, t.proto, t.body, t.b = true, ip[9], ip[header:total], ip[total:]
	// A short frame is padded to 60 bytes, or to 64 where a tag was put in or taken out on the way.
	if end := at + 2 + total; end < maxPadTo {
		t.slack = maxPadTo - end
	}
	return t, true
}

func tagged(etherType uint16) bool {
	return etherType == etherVLAN || etherType == etherQinQ || etherType == etherQinQOld
}

// fits says whether a trailer of n bytes fills the tail, padding aside.
func (t *tail) fits(n int) bool {
	pad := len(t.b) - n
	return pad >= 0 && pad <= t.slack
}
