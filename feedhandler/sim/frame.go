package sim

import (
	"encoding/binary"
	"net/netip"

	"wirebook/feedhandler/checksum"
)

// Headers in front of a payload, without VLAN tag.
const (
	ethernetBytes = 14
	vlanBytes     = 4
	ipv4Bytes     = 20
	udpBytes      = 8
)

// frameMaker makes one line's frames: a template of all headers, completed for each datagram.
type frameMaker struct {
	template []byte
	ip       int // offset of the IPv4 header
	ident    uint16
	ipSum    uint32 // of the template's IPv4 header, length and identification still 0
	pseudo   uint32 // of addresses, protocol and ports: what never changes in the UDP checksum
}

func newFrameMaker(source, group netip.AddrPort, mac [6]byte, vlan uint16) frameMaker {
	src, dst := source.Addr().As4(), group.Addr().As4()
	t := []byte{0x01, 0x00, 0x5e, dst[1] & 0x7f, dst[2], dst[3]} // RFC 1112: the group's low 23 bits
	t = append(t, mac[:]...)
	if vlan != 0 {
		t = binary.BigEndian.AppendUint16(append(t, 0x81, 0x00), vlan)
	}
	t = append(t, 0x08, 0x00)
	ip := len(t)
	t = append(t, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 16, 17, 0, 0) // no fragments, TTL 16, UDP
	t = append(append(t, src[:]...), dst[:]...)
	t = binary.BigEndian.AppendUint16(t, source.Port())
	t = binary.BigEndian.AppendUint16(t, group.Port())
	t = append(t, 0, 0, 0, 0)
	return frameMaker{
		template: t, ip: ip, ipSum: checksum.Sum(0, t[ip:ip+ipv4Bytes]), pseudo: checksum.Sum(17, t[ip+12:ip+ipv4Bytes+4]),
	}
}

// append builds the frame around payload at the end of dst. It counts IPv4 identifications.
func (f *frameMaker) append(dst, payload []byte) []byte {
	start := len(dst)
	dst = append(append(dst, f.template...), payload...)
	ip := dst[start+f.ip:]
	udp := ip[ipv4Bytes:]
	f.ident++
	total := uint16(len(ip))
	binary.BigEndian.PutUint16(ip[2:], total)
	binary.BigEndian.PutUint16(ip[4:], f.ident)
	binary.BigEndian.PutUint16(ip[10:], checksum.Header(f.ipSum+uint32(total)+uint32(f.ident)))
	length := uint32(len(udp))
	binary.BigEndian.PutUint16(udp[4:], uint16(length))
	binary.BigEndian.PutUint16(udp[6:], checksum.UDP(checksum.Sum(f.pseudo+length+length, udp[udpBytes:])))
	return dst
}
