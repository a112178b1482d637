package xdpsend

import (
	"encoding/binary"
	"errors"

	"wirebook/feedhandler/checksum"
)

const (
	ethernetBytes = 14
	ipv4Bytes     = 20
	udpBytes      = 8
	headerBytes   = ethernetBytes + ipv4Bytes + udpBytes

	sourcePort = 49152 // the first that belongs to nobody
)

// ErrNotMulticast is of a destination that needs a neighbour's address: the kernel knows those, a UDP socket asks it.
var ErrNotMulticast = errors.New("not a multicast group: AF_XDP frames go to groups only; use a UDP socket")

// headers makes the headers of one source's frames.
type headers struct {
	template  [headerBytes]byte
	ipSum     uint32 // of the template's IPv4 header
	udpSum    uint32 // of the source's part in the UDP checksum
	checksums bool
}

func newHeaders(mac [6]byte, source uint32, ttl int, checksums bool) headers {
	h := headers{checksums: checksums}
	t := h.template[:]
	copy(t, []byte{0x01, 0x00, 0x5e})
	copy(t[6:], mac[:])
	binary.BigEndian.PutUint16(t[12:], 0x0800)
	ip := t[ethernetBytes:]
	ip[0] = 0x45
	ip[6] = 0x40 // not to be fragmented
	ip[8] = byte(ttl)
	ip[9] = 17
	binary.BigEndian.PutUint32(ip[12:], source)
	binary.BigEndian.PutUint16(ip[ipv4Bytes:], sourcePort)
	h.ipSum = checksum.Sum(0, ip[:ipv4Bytes])
	h.udpSum = checksum.Sum(17+sourcePort, ip[12:16])
	return h
}

// write writes the headers of a datagram to the beginning of frame.
func (h *headers) write(frame []byte, group uint32, port uint16, payload []byte) {
	t := frame[:headerBytes]
	copy(t, h.template[:])
	t[3], t[4], t[5] = byte(group>>16)&0x7f, byte(group>>8), byte(group) // RFC 1112: the group's low 23 bits
	ip := t[ethernetBytes:]
	length := uint16(udpBytes + len(payload))
	total := ipv4Bytes + length
	binary.BigEndian.PutUint16(ip[2:], total)
	binary.BigEndian.PutUint32(ip[16:], group)
	binary.BigEndian.PutUint16(ip[10:], checksum.Header(h.ipSum+uint32(total)+group>>16+group&0xffff))
	udp := ip[ipv4Bytes:]
	binary.BigEndian.PutUint16(udp[2:], port)
	binary.BigEndian.PutUint16(udp[4:], length)
	if !h.checksums {
		return // 0: none
	}
	binary.BigEndian.PutUint16(udp[6:], checksum.UDP(checksum.Sum(h.udpSum+group>>16+group&0xffff+uint32(port)+2*uint32(length), payload)))
}
