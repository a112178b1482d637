// Package checksum makes the Internet checksums of frames that we send or write (RFC 1071). The core, which checks those of
// others, has a loop of its own: tests hold the two against each other.
package checksum

// Sum adds the 16-bit words of p to s; p up to 64 KB cannot overflow it.
func Sum(s uint32, p []byte) uint32 {
	for len(p) >= 2 {
		s += uint32(p[0])<<8 | uint32(p[1])
		p = p[2:]
	}
	if len(p) == 1 {
		s += uint32(p[0]) << 8
	}
	return s
}

// Header is the checksum of a sum, as an IPv4 header carries it.
func Header(s uint32) uint16 {
	s = s>>16 + s&0xffff
	return ^uint16(s + s>>16)
}

// UDP is the checksum of a sum, as a UDP header carries it: 0 would say that there is none.
func UDP(s uint32) uint16 {
	if c := Header(s); c != 0 {
		return c
	}
	return 0xffff
}
