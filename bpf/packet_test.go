package bpf

import (
	"encoding/binary"
	"net/netip"
)

// packet describes a test frame; zero values make a good one for group and port.
type packet struct {
	vlans    []uint16 // EtherTypes of the tags, outermost first
	tci      []uint16 // their priorities and numbers; 100, 101 where there are none
	ethType  uint16   // 0: IPv4
	version  byte     // 0: 4
	options  int      // bytes of IPv4 options
	headerAs int      // header length field in words, if it is to lie
	proto    byte     // 0: UDP
	fragment uint16   // flags and offset
	source   netip.Addr
	group    netip.AddrPort
	payload  int
}

var (
	groupA  = netip.MustParseAddrPort("233.54.12.111:26477")
	groupB  = netip.MustParseAddrPort("233.54.12.111:26478")
	sender1 = netip.MustParseAddr("10.1.2.3")
	sender2 = netip.MustParseAddr("10.1.2.4")
)

func (p packet) bytes() []byte {
	b := []byte{0x01, 0, 0x5e, 0x36, 0x0c, 0x6f, 2, 0, 0, 0, 0, 1}
	for i, t := range p.vlans {
		b = binary.BigEndian.AppendUint16(b, t)
		tci := uint16(100 + i)
		if i < len(p.tci) {
			tci = p.tci[i]
		}
		b = binary.BigEndian.AppendUint16(b, tci)
	}
	if p.ethType == 0 {
		p.ethType = 0x0800
	}
	b = binary.BigEndian.AppendUint16(b, p.ethType)
	if p.version == 0 {
		p.version = 4
	}
	words := 5 + p.options/4
	if p.headerAs != 0 {
		words = p.headerAs
	}
	if p.proto == 0 {
		p.proto = 17
	}
	if !p.source.IsValid() {
		p.source = sender1
	}
	if !p.group.IsValid() {
		p.group = groupA
	}
	b = append(b, p.version<<4|byte(words), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(20+p.options+8+p.payload))
	b = append(b, 0, 1)
	b = binary.BigEndian.AppendUint16(b, p.fragment)
	b = append(b, 16, p.proto, 0, 0)
	src, dst := p.source.As4(), p.group.Addr().As4()
	b = append(append(b, src[:]...), dst[:]...)
	b = append(b, make([]byte, p.options)...)
	b = binary.BigEndian.AppendUint16(b, 40000)
	b = binary.BigEndian.AppendUint16(b, p.group.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+p.payload))
	b = append(b, 0, 0)
	for i := range p.payload {
		b = append(b, byte(i))
	}
	return b
}
