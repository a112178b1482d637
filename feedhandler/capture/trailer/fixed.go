package trailer

import "math/bits"

// cPacket, big-endian: | orig. FCS 4 | sec u32 | ns u32 | version u8 | device u16 | port u8 | (FCS).
// Where its version byte looks like MetaWatch flags the two shapes are one and so is the time.
const cPacketBytes = 16

func (t *tail) cPacket(captureNS uint64, s *Stamp) bool {
	for fcs := 0; fcs <= fcsBytes; fcs += fcsBytes {
		if !t.fits(cPacketBytes + fcs) {
			continue
		}
		w := t.b[len(t.b)-fcs-cPacketBytes:]
		if ns, ok := seconds(be32(w[4:]), be32(w[8:]), captureNS); ok {
			s.NS, s.Device, s.Port, s.OK = ns, be16(w[13:]), uint16(w[15]), true
			return true
		}
	}
	return false
}

// Exablaze HPT, big-endian: | orig. FCS 4 | device u8 | port u8 | sec u32 | fraction of a second u40 | reserved u8 | (FCS).
const exablazeBytes = 16

func (t *tail) exablaze(captureNS uint64, s *Stamp) bool {
	for fcs := 0; fcs <= fcsBytes; fcs += fcsBytes {
		if !t.fits(exablazeBytes + fcs) {
			continue
		}
		w := t.b[len(t.b)-fcs-exablazeBytes:]
		// 2^-40 of a second times 1e9, kept with 32 bits below the point.
		fraction := uint64(be32(w[10:]))<<8 | uint64(w[14])
		hi, lo := bits.Mul64(fraction<<24, nsPerSecond)
		if ns, ok := seconds(be32(w[6:]), uint32(hi), captureNS); ok {
			s.NS, s.SubNS = ns, uint32(lo>>32)
			s.Device, s.Port, s.OK = uint16(w[4]), uint16(w[5]), true
			return true
		}
	}
	return false
}

// VSS Monitoring, big-endian: | sec u32 | clock source 2 bits, ns 30 bits | (port 1 or 2 bytes) | (FCS).
// The clock source is 0 while the device is not synchronised; then it may be counting its uptime.
const vssBytes = 8

func (t *tail) vss(captureNS uint64, s *Stamp) bool {
	for fcs := 0; fcs <= fcsBytes; fcs += fcsBytes {
		for port := 0; port <= 2; port++ {
			n := vssBytes + port + fcs
			if !t.fits(n) {
				continue
			}
			w := t.b[len(t.b)-n:]
			ns, ok := seconds(be32(w), be32(w[4:])&(1<<30-1), captureNS)
			if !ok {
				continue
			}
			switch port {
			case 1:
				s.Port = uint16(w[8])
			case 2:
				s.Port = be16(w[8:])
			}
			s.NS, s.OK, s.Degraded = ns, true, w[4]>>6 == 0
			return true
		}
	}
	return false
}
