package sim

import (
	"bytes"
	"encoding/binary"

	"wirebook/feedhandler/checksum"
)

// Harm is one thing that should not be on the wire.
type Harm uint8

// What a Hostile sends. None of it may change a book, and each must be in a counter with a name.
const (
	HarmGarbage     Harm = iota // bytes of chance to the group and port, whole as a datagram
	HarmCut                     // a datagram of the day that ends inside its last message
	HarmLong                    // a datagram of the day with bytes after its last message
	HarmFarClaim                // the day's datagram under a sequence number a thousand million ahead
	HarmNearClaim               // a heartbeat that says two thousand units more than there are exist
	HarmYesterday               // the day's first datagrams, one after the other, as of another session
	HarmForeignVLAN             // the day's datagram, one byte changed, under VLAN tag 99
	HarmUDPChecksum             // the day's datagram, one byte changed, under the old checksum
	HarmIPChecksum              // the same with a wrong checksum of the IPv4 header
	HarmFragment                // the first fragment of a datagram whose rest never comes
	HarmUDPLength               // a UDP length beyond the IP packet's end
	HarmPort                    // the day's datagram to the next port
	harmCount                   //
)

var harmNames = [harmCount]string{
	"garbage", "cut", "long", "far_claim", "near_claim", "yesterday", "foreign_vlan", "udp_checksum", "ip_checksum", "fragment",
	"udp_length", "port",
}

func (h Harm) String() string { return harmNames[h] }

// yesterdayDatagrams is how many of the day's first datagrams are kept to be sent again as yesterday's.
const yesterdayDatagrams = 4096

// Hostile makes harmful frames beside a day's. It is a Sink for the day's frames (of all lines, untagged), after each of
// which it may write one of its own. It belongs to one goroutine.
type Hostile struct {
	encoding Encoding
	sink     Sink
	rng      random
	ppm      uint32
	counts   [harmCount]uint64
	first    [][]byte // whole frames of the day's beginning, in order
	again    int      // the next of them to send
	frame    []byte
}

// NewHostile writes harmful frames to sink, so many for a million of the day's.
func NewHostile(seed uint64, encoding Encoding, ppm uint32, sink Sink) *Hostile {
	return &Hostile{encoding: encoding, sink: sink, rng: newRandom(seed, 1<<20), ppm: ppm}
}

// Counts tells the frames written, by the name of their harm.
func (h *Hostile) Counts() map[string]uint64 {
	m := map[string]uint64{}
	for i, n := range h.counts {
		if n > 0 {
			m[Harm(i).String()] = n
		}
	}
	return m
}

// WriteFrame takes a frame of the day, borrowed.
func (h *Hostile) WriteFrame(ts uint64, frame []byte) error {
	const head = ethernetBytes + ipv4Bytes + udpBytes
	if len(frame) <= head || frame[12] != 0x08 {
		return nil
	}
	if len(h.first) < yesterdayDatagrams && h.isFirst(frame) {
		h.first = append(h.first, bytes.Clone(frame))
	}
	if !h.rng.chance(h.ppm) {
		return nil
	}
	harm := Harm(h.rng.below(uint32(harmCount)))
	if harm.lies() && !h.isFirst(frame) || !h.make(harm, frame) {
		return nil
	}
	h.counts[harm]++
	return h.sink.WriteFrame(ts, h.frame)
}

// lies says that a harm is a claim about the sequence. Only one line lies: what all lines say is the sequence.
func (h Harm) lies() bool { return h == HarmFarClaim || h == HarmNearClaim || h == HarmYesterday }

// isFirst says whether a frame goes where the kept ones went, so that they are one line's.
func (h *Hostile) isFirst(frame []byte) bool {
	return len(h.first) == 0 || bytes.Equal(frame[:6], h.first[0][:6])
}

// make fills h.frame; false where the encoding has no such harm.
func (h *Hostile) make(harm Harm, frame []byte) bool {
	const ip, udp, body = ethernetBytes, ethernetBytes + ipv4Bytes, ethernetBytes + ipv4Bytes + udpBytes
	f := append(h.frame[:0], frame...)
	switch harm {
	case HarmGarbage:
		f = f[:body]
		for range 1 + h.rng.below(1400) {
			f = append(f, byte(h.rng.below(256)))
		}
		seal(f)
	case HarmCut:
		f = f[:len(f)-1-int(h.rng.below(8))]
		seal(f)
	case HarmLong:
		for range 1 + h.rng.below(8) {
			f = append(f, byte(h.rng.below(256)))
		}
		seal(f)
	case HarmFarClaim:
		h.claim(f[body:], 1_000_000_000+uint64(h.rng.below(1_000_000_000)))
		seal(f)
	case HarmNearClaim:
		f = h.heartbeat(f, body)
		if f == nil {
			return false
		}
		h.claim(f[body:], 2000)
		seal(f)
	case HarmYesterday:
		if h.encoding == MDP3 {
			return false // its packets name no session
		}
		f = append(f[:0], h.first[h.again]...)
		h.again = (h.again + 1) % len(h.first)
		if h.encoding == ITCH50 {
			f[body+9]++ // the session's last letter
		} else {
			f[body+8]++ // the session id's low byte
		}
		seal(f)
	case HarmForeignVLAN:
		f[len(f)-1] ^= 1 + byte(h.rng.below(255))
		seal(f)
		f = append(f, 0, 0, 0, 0)
		copy(f[16:], f[12:len(f)-vlanBytes])
		binary.BigEndian.PutUint32(f[12:], 0x8100<<16|99)
	case HarmUDPChecksum:
		f[len(f)-1] ^= 1 + byte(h.rng.below(255))
	case HarmIPChecksum:
		f[ip+10] ^= 0x55
	case HarmFragment:
		f[ip+6] |= 0x20 // more fragments
		f = f[:body+(len(f)-body)/8*8]
		sealIP(f)
	case HarmUDPLength:
		binary.BigEndian.PutUint16(f[udp+4:], uint16(len(f)-udp+1+int(h.rng.below(1000))))
	case HarmPort:
		binary.BigEndian.PutUint16(f[udp+2:], binary.BigEndian.Uint16(f[udp+2:])+1)
		seal(f)
	}
	h.frame = f
	return true
}

// claim moves the sequence number of a payload ahead.
func (h *Hostile) claim(payload []byte, by uint64) {
	switch h.encoding {
	case ITCH50: // MoldUDP64: sequence number u64 at 10
		binary.BigEndian.PutUint64(payload[10:], binary.BigEndian.Uint64(payload[10:])+by)
	case MDP3: // packet number u32 at 0
		binary.LittleEndian.PutUint32(payload, binary.LittleEndian.Uint32(payload)+uint32(by))
	default: // IEX-TP: first message's sequence number i64 at 24
		binary.LittleEndian.PutUint64(payload[24:], binary.LittleEndian.Uint64(payload[24:])+by)
	}
}

// heartbeat makes a frame one without messages; nil where a heartbeat names no sequence number.
func (h *Hostile) heartbeat(f []byte, body int) []byte {
	switch h.encoding {
	case ITCH50:
		f = f[:body+20]
		binary.BigEndian.PutUint16(f[body+18:], 0)
	case Deep, DeepPlus:
		f = f[:body+40]
		binary.LittleEndian.PutUint32(f[body+12:], 0) // payload length and message count
	default:
		return nil
	}
	return f
}

// seal makes the lengths and checksums of an untagged frame right.
func seal(f []byte) {
	const ip, udp = ethernetBytes, ethernetBytes + ipv4Bytes
	length := uint32(len(f) - udp)
	binary.BigEndian.PutUint16(f[udp+4:], uint16(length))
	binary.BigEndian.PutUint16(f[udp+6:], 0)
	sum := checksum.Sum(checksum.Sum(17+length, f[ip+12:udp]), f[udp:])
	binary.BigEndian.PutUint16(f[udp+6:], checksum.UDP(sum))
	sealIP(f)
}

// sealIP makes length and checksum of the IPv4 header right.
func sealIP(f []byte) {
	h := f[ethernetBytes : ethernetBytes+ipv4Bytes]
	binary.BigEndian.PutUint16(h[2:], uint16(len(f)-ethernetBytes))
	binary.BigEndian.PutUint16(h[10:], 0)
	binary.BigEndian.PutUint16(h[10:], checksum.Header(checksum.Sum(0, h)))
}
