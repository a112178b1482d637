package trailer

// Arista 7150 key frames: IPv4 protocol 253, big-endian. Version 1 is 46 bytes, version 2 (EOS 4.13) puts the two skew
// words after last_sync and is 62 bytes long.
//
//	asic_time u64 | utc_ns u64 | last_sync_ns u64 | (skew_num u64 | skew_den u64) | keyframe_ts_ns u64 |
//	egress drops u64 | device u16 | interface u16 | fcs_type u8 | reserved u8
const (
	keyFrameV1 = 46
	keyFrameV2 = 62
)

// fcsType says what the switch does with its ticks on the port that sent the key frame.
const (
	fcsOff      = 0 // no ticks
	fcsAppend   = 1 // ticks stand before the FCS
	fcsOverride = 2 // ticks stand in the place of the FCS
)

// keyFrame is the part of a key frame we use.
type keyFrame struct {
	ticks    uint64 // the switch's counter, 64 bits of what frames carry 31 of
	utcNS    uint64
	num, den uint64 // ns a tick as the switch measured it; 0 where it does not say
	device   uint16
	port     uint16
	fcsType  uint8
	captured uint64 // the capture's time of it
}

// parse reads the IP payload of a protocol 253 datagram.
func (k *keyFrame) parse(body []byte, captureNS uint64) bool {
	if len(body) != keyFrameV1 && len(body) != keyFrameV2 {
		return false
	}
	end := body[len(body)-6:]
	*k = keyFrame{
		ticks: be64(body), utcNS: be64(body[8:]), captured: captureNS,
		device: be16(end), port: be16(end[2:]), fcsType: end[4],
	}
	if len(body) == keyFrameV2 {
		k.num, k.den = skewed(be64(body[24:]), be64(body[32:]))
	}
	return k.fcsType <= fcsOverride && k.utcNS > 3600*nsPerSecond && near(k.utcNS, captureNS)
}

// skewed is the nominal 20/7 ns a tick times the skew that version 2 tells. A skew that no clock has is none: the word is
// 0 until the switch has measured it.
func skewed(num, den uint64) (n, d uint64) {
	const most = 1 << 56 // so that the products below fit
	if num == 0 || den == 0 || num > most || den > most || num/2 > den || den/2 > num {
		return 0, 0
	}
	return nominalNum * num, nominalDen * den
}
