package decap

// UDP ports of tunnels.
const (
	portVXLAN      = 4789
	portVXLANLinux = 8472 // before there was a number for it
	portGPE        = 4790
	portGeneve     = 6081
)

func tunnelPort(port uint16) bool {
	return port == portVXLAN || port == portVXLANLinux || port == portGPE || port == portGeneve
}

// inUDP looks for a tunnel in a UDP datagram. The port alone does not say: a feed may use it, so the tunnel's header
// and the frame inside must hold together too.
func (w *walk) inUDP(b []byte) {
	if len(b) < udpBytes || !tunnelPort(be16(b[2:])) {
		return
	}
	port := be16(b[2:])
	if n := int(be16(b[4:])); n >= udpBytes && n < len(b) {
		b = b[:n]
	}
	b = b[udpBytes:]
	switch port {
	case portVXLAN, portVXLANLinux:
		if vxlan(b) {
			w.innerEthernet(b[8:])
		}
	case portGPE:
		w.gpe(b)
	case portGeneve:
		w.geneve(b)
	}
}

// vxlan knows the header: flags with the bit of a valid network number, the rest reserved, network u24, reserved; or
// with a group policy, whose bits and number stand in the reserved ones.
func vxlan(b []byte) bool {
	const (
		valid  = 0x08
		policy = 0x80
	)
	if len(b) < 8+etherBytes || b[7] != 0 || !looksEthernet(b[8:]) {
		return false
	}
	return b[0] == valid && b[1] == 0 && b[2] == 0 && b[3] == 0 || b[0] == valid|policy && b[1]&^0x48 == 0
}

// gpe is VXLAN with a next protocol.
func (w *walk) gpe(b []byte) {
	if len(b) < 8 || b[0]&0x0c != 0x0c || b[1] != 0 || b[2] != 0 || b[7] != 0 {
		return
	}
	switch inside := b[8:]; b[3] {
	case 1:
		if looksIPv4(inside) {
			w.inner(typeIPv4, inside)
		}
	case 3:
		if looksEthernet(inside) {
			w.innerEthernet(inside)
		}
	case 4:
		w.not = coatNSH
	}
}

// geneve: version u2, length of the options in words u6, flags u8, protocol u16, network u24, reserved u8.
func (w *walk) geneve(b []byte) {
	if len(b) < 8 || b[0]>>6 != 0 || b[1]&0x3f != 0 || b[7] != 0 {
		return
	}
	at := 8 + int(b[0]&0x3f)*4
	if len(b) < at {
		return
	}
	switch inside := b[at:]; be16(b[2:]) {
	case typeTEB:
		if looksEthernet(inside) {
			w.innerEthernet(inside)
		}
	case typeIPv4:
		if looksIPv4(inside) {
			w.inner(typeIPv4, inside)
		}
	}
}

// Protocols of GRE that are not EtherTypes elsewhere.
const (
	typeTEB     = 0x6558 // transparent Ethernet bridging: a frame
	typeERSPAN  = 0x88be // types I and II
	typeERSPAN3 = 0x22eb
)

// gre: flags u16, protocol u16, then checksum, key and sequence number, of 4 bytes each, where the flags say so.
func (w *walk) gre(b []byte) {
	const checksum, routing, key, sequence, version = 0x8000, 0x4000, 0x2000, 0x1000, 0x0007
	if len(b) < 4 {
		return
	}
	flags, protocol := be16(b), be16(b[2:])
	if flags&(routing|version) != 0 {
		w.not = w.r.coats.numbered("gre_0x%04x", "GRE with the flags 0x%04x (version 1, or source routed)", flags)
		return
	}
	at := 4
	for _, flag := range [...]uint16{checksum, key, sequence} {
		if flags&flag != 0 {
			at += 4
		}
	}
	if len(b) < at {
		return
	}
	b = b[at:]
	switch protocol {
	case typeIPv4, typeIPv6, typeMPLS, typeMPLSM:
		w.inner(protocol, b)
	case typeTEB:
		w.innerEthernet(b)
	case typeERSPAN:
		if flags&sequence == 0 { // type I has no header of its own
			w.innerEthernet(b)
			return
		}
		w.erspan(b, 1, 8)
	case typeERSPAN3:
		w.erspan(b, 2, 12)
	default:
		w.not = w.r.coats.numbered("gre_protocol_0x%04x", "GRE with protocol 0x%04x", protocol)
	}
}

// erspan passes the header of type II (version 1) or III (version 2). Type III may have 8 bytes more for the platform,
// and may say that it mirrors something other than Ethernet.
func (w *walk) erspan(b []byte, version uint8, header int) {
	if len(b) < header {
		return
	}
	if b[0]>>4 != version {
		w.not = w.r.coats.numbered("erspan_version_%d", "ERSPAN version %d", uint16(b[0]>>4))
		return
	}
	if version == 2 {
		if b[11]&1 != 0 {
			header += 8
		}
		switch kind := b[10] >> 2 & 0x1f; kind {
		case 0:
		case 2:
			if len(b) > header {
				w.changed = true
				w.ip(b[header:])
			}
			return
		default:
			w.not = w.r.coats.numbered("erspan_frame_%d", "ERSPAN type III with frames of type %d", uint16(kind))
			return
		}
	}
	if len(b) > header {
		w.innerEthernet(b[header:])
	}
}
