package feedhandler

import (
	"encoding/binary"
	"math/bits"
)

// Checksums are sums of 16-bit words with the carry added back (RFC 1071). They come out the same in either byte order and
// for wider words, so eight bytes at a time are added as the machine has them, and folded at the end. A right sum, checksum
// included, is 0xFFFF.

// Unchecked counts datagrams that were taken though their UDP checksum proves nothing. Only with checksum validation.
type Unchecked struct {
	Absent  uint64 // 0: the sender made none
	Partial uint64 // the sum of the pseudo header alone, that a NIC was to complete: over veth, and in captures of a sender's
}

// Add adds the counts of another pipeline.
func (u *Unchecked) Add(o Unchecked) { u.Absent, u.Partial = u.Absent+o.Absent, u.Partial+o.Partial }

const swappedUDP = protocolUDP << 8 // the protocol's word of the pseudo header, as a little-endian machine loads it

// checkSums validates the checksums of an IPv4 header and the UDP datagram behind it, UDP header included.
func (u *Unchecked) checkSums(header, udp []byte) WireFault {
	if foldSum(addWords(0, header)) != 0xFFFF {
		return WireIPChecksum
	}
	field := binary.LittleEndian.Uint16(udp[6:8])
	if field == 0 {
		u.Absent++
		return WireOK
	}
	pseudo, carry := bits.Add64(binary.LittleEndian.Uint64(header[12:20]), uint64(bits.ReverseBytes16(uint16(len(udp))))+swappedUDP, 0)
	pseudo += carry
	if foldSum(addWords(pseudo, udp)) == 0xFFFF {
		return WireOK
	}
	if foldSum(pseudo) == field {
		u.Partial++
		return WireOK
	}
	return WireUDPChecksum
}

// checkPlain does it for a frame that plainLength knows. Most of a header's work is nothing here: it has no options.
func (u *Unchecked) checkPlain(frame []byte, length int) WireFault {
	h := (*[plainHead]byte)(frame)
	addresses := binary.LittleEndian.Uint64(h[26:34])
	sum, carry := bits.Add64(binary.LittleEndian.Uint64(h[14:22]), uint64(binary.LittleEndian.Uint32(h[22:26])), 0)
	sum, carry = bits.Add64(sum, addresses, carry)
	sum, carry = bits.Add64(sum, 0, carry)
	if foldSum(sum+carry) != 0xFFFF {
		return WireIPChecksum
	}
	if h[40]|h[41] == 0 {
		u.Absent++
		return WireOK
	}
	pseudo, carry := bits.Add64(addresses, uint64(bits.ReverseBytes16(uint16(length)))+swappedUDP, 0)
	pseudo += carry
	if foldSum(addWords(pseudo, frame[34:34+length])) == 0xFFFF {
		return WireOK
	}
	if foldSum(pseudo) == binary.LittleEndian.Uint16(h[40:42]) {
		u.Partial++
		return WireOK
	}
	return WireUDPChecksum
}

// addWords adds the words of p to a sum. The carry goes from addition to addition, and from each step to the next.
func addWords(s uint64, p []byte) uint64 {
	var c uint64
	at := 0
	for ; at+64 <= len(p); at += 64 {
		q := (*[64]byte)(p[at:])
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[0:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[8:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[16:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[24:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[32:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[40:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[48:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[56:]), c)
	}
	if at+32 <= len(p) {
		q := (*[32]byte)(p[at:])
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[0:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[8:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[16:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[24:]), c)
		at += 32
	}
	if at+16 <= len(p) {
		q := (*[16]byte)(p[at:])
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[0:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(q[8:]), c)
		at += 16
	}
	if at+8 <= len(p) {
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[at:]), c)
		at += 8
	}
	s, c = bits.Add64(s, lastWord(p[at:]), c)
	s, c = bits.Add64(s, 0, c)
	return s + c
}

// lastWord is what is left, up to seven bytes, with zeros behind.
func lastWord(p []byte) uint64 {
	n := uint(len(p))
	switch {
	case n >= 4: // the last four begin within the first four
		return uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint32(p[n-4:]))<<(8*(n-4)&63)
	case n > 0: // the first, the last, and the one between
		return uint64(p[0]) | uint64(p[n/2])<<(8*(n/2)&63) | uint64(p[n-1])<<(8*(n-1)&63)
	}
	return 0
}

// foldSum brings a sum to 16 bits: each half is added to the other, so that the carry of one is in the other.
func foldSum(s uint64) uint16 {
	s += bits.RotateLeft64(s, 32)
	h := uint32(s >> 32)
	h += bits.RotateLeft32(h, 16)
	return uint16(h >> 16)
}
