package trailer

// Arista 7280R and 7500R put a header behind the MAC addresses, big-endian:
//
//	| dst 6 | src 6 | 0xd28b | subtype 0x0001 | version u16 | stamp | original EtherType ...
//
// The stamp is sec u32, ns u32, or in the 48-bit forms sec modulo 65536 u16, ns u32. The version's digits say which:
//
//	00xx in TAI, 01xx in UTC | xx1x 64 bits, xx2x 48 bits | xxx0 R and R2, xxx1 R3 hardware
const (
	etherArista   = 0xd28b
	aristaSubtype = 0x0001

	arista64TAI = 0x0010
	arista64UTC = 0x0110
	arista48TAI = 0x0020
	arista48UTC = 0x0120
	aristaR3    = 0x0001

	aristaHeader64 = 14
	aristaHeader48 = 12
)

// header7280 is the reader of that header. It watches for one known fault: a 64-bit stamp can be about 4 s late when
// the counter's low bits roll over while the frame is in flight. Such a stamp is flagged, not mended.
type header7280 struct {
	taiNS   int64 // TAI minus UTC
	taiOK   bool
	aheadNS int64 // last sound stamp minus capture time
	have    bool
}

const (
	lateFromNS = 3_500_000_000
	lateToNS   = 4_800_000_000
)

func (h *header7280) read(frame []byte, captureNS uint64, s *Stamp) {
	if len(frame) < macBytes+aristaHeader48+2 || be16(frame[macBytes:]) != etherArista || be16(frame[macBytes+2:]) != aristaSubtype {
		return
	}
	s.Version = be16(frame[macBytes+4:])
	version, w := s.Version&^aristaR3, frame[macBytes+6:]
	tai := version == arista64TAI || version == arista48TAI
	shift := int64(0)
	if tai {
		shift = h.taiNS
	}
	var ns uint64
	ok := true
	switch version {
	case arista64TAI, arista64UTC:
		if len(frame) < macBytes+aristaHeader64+2 {
			return
		}
		s.Header = aristaHeader64
		// Sanity is judged in the stamp's own scale; the two are under a minute apart.
		ns, ok = seconds(be32(w), be32(w[4:]), captureNS)
	case arista48TAI, arista48UTC:
		s.Header = aristaHeader48
		if captureNS == 0 || be32(w[2:]) >= nsPerSecond {
			return
		}
		// The nearest second to the capture's that ends in the 16 bits we have.
		host := int64(captureNS) + shift
		sec := host / nsPerSecond
		sec += int64(int16(be16(w) - uint16(sec)))
		ns = uint64(sec)*nsPerSecond + uint64(be32(w[2:]))
	default:
		s.Unknown = true
		return
	}
	if !ok || tai && !h.taiOK {
		return
	}
	s.NS, s.OK = ns-uint64(shift), true
	if s.Header == aristaHeader64 && captureNS != 0 {
		ahead := int64(s.NS - captureNS)
		if late := ahead - h.aheadNS; h.have && late > lateFromNS && late < lateToNS {
			s.Degraded = true
			return
		}
		h.aheadNS, h.have = ahead, true
	}
}

// Strip writes frame without the n bytes after its two MAC addresses into dst and returns what it wrote: the frame as
// it was before the switch. dst must hold len(frame)-n bytes; frame is not changed. A frame too short for that comes
// back as it is.
func Strip(dst, frame []byte, n int) []byte {
	if n <= 0 || len(frame) < macBytes+n || len(dst) < len(frame)-n {
		return frame
	}
	copy(dst, frame[:macBytes])
	return dst[:macBytes+copy(dst[macBytes:], frame[macBytes+n:])]
}
