package trailer

// Arista 7130 MetaWatch, big-endian, read from the end:
//
//	0        4            4+4n     8+4n    12+4n   13+4n    15+4n  16+4n
//	| orig.  | n words of | sec    | ns    | flags | device | port | (FCS)
//	| FCS    | extensions | u32    | u32   | u8    | u16    | u8   |
const (
	metaBase  = 16 // without extensions
	metaFixed = 12 // from sec to port

	metaHasTLV   = 0x02
	metaDegraded = 0x10
	metaReserved = 0xc8

	tlvLast      = 0x20
	tlvTagMask   = 0x1f
	tlvSubNS     = 1
	tlvSecondary = 0x1f
)

// metaWatch reads the trailer without and with the FCS behind it. The wrong one of the two cannot pass for a time:
// it would take seconds for nanoseconds, or the other way about.
func (t *tail) metaWatch(captureNS uint64, s *Stamp) bool {
	for fcs := 0; fcs <= fcsBytes; fcs += fcsBytes {
		if len(t.b) < metaBase+fcs {
			return false
		}
		b := t.b[:len(t.b)-fcs]
		w := b[len(b)-metaFixed:]
		ns, ok := seconds(be32(w), be32(w[4:]), captureNS)
		if !ok {
			continue
		}
		sub, words := uint32(0), 0
		if w[8]&metaHasTLV != 0 {
			if sub, words, ok = extensions(b[:len(b)-metaFixed]); !ok {
				continue
			}
		}
		if !t.fits(metaBase + 4*words + fcs) {
			continue
		}
		s.NS, s.SubNS = ns, sub
		s.Device, s.Port = be16(w[9:]), uint16(w[11])
		s.Degraded = w[8]&metaDegraded != 0
		s.OK = true
		return true
	}
	return false
}

// extensions walks the type-length-value words backwards from the end of b. The low byte of a value's last word is its
// header: 2 bits of length in further words, the last-one bit, 5 bits of tag. Tag 0x1f opens a longer header with
// 10 bits of length (plus one) and 16 bits of tag. It returns the sub-nanoseconds in 2^-32 and the words walked.
func extensions(b []byte) (sub uint32, words int, ok bool) {
	for end := len(b); end >= 4; {
		word := be32(b[end-4:])
		more := int(word>>6) & 3
		if word&tlvTagMask == tlvSecondary {
			more = int(word>>6)&0x3ff + 1
		} else if word&tlvTagMask == tlvSubNS && more == 0 {
			sub = word &^ 0xff // 24 bits of fraction, so that they stand at the top of 32
		}
		words += 1 + more
		end -= 4 * (1 + more)
		if end < fcsBytes { // the original FCS must still be there
			return 0, 0, false
		}
		if word&tlvLast != 0 {
			return sub, words, true
		}
	}
	return 0, 0, false
}
