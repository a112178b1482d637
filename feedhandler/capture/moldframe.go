package capture

import "encoding/binary"

// Where the datagrams of a BinaryFILE seem to come from: Nasdaq's TotalView A line, sent by a documentation address
// (RFC 5737). The numbers are fixed so that a profile or a filter can name them.
const (
	BinaryFILEGroup  = "233.54.12.111"
	BinaryFILEPort   = 26477
	BinaryFILESource = "192.0.2.1"
)

const (
	etherHeader   = 14
	ipHeader      = 20
	udpHeader     = 8
	moldHeader    = 20
	moldAt        = etherHeader + ipHeader + udpHeader
	maxUDPPayload = 65535 - ipHeader - udpHeader
)

// moldFrame is an Ethernet frame under construction: IPv4, UDP, MoldUDP64. The memory is made once.
type moldFrame struct{ b []byte }

func newMoldFrame(session [10]byte) *moldFrame {
	b := make([]byte, moldAt+moldHeader, moldAt+maxUDPPayload)
	group, source := [4]byte{233, 54, 12, 111}, [4]byte{192, 0, 2, 1}
	copy(b, []byte{0x01, 0x00, 0x5e, group[1] & 0x7f, group[2], group[3], 0x02, 0, 0, 0, 0, 1, 0x08, 0x00})
	ip := b[etherHeader:]
	ip[0], ip[6], ip[8], ip[9] = 0x45, 0x40, 16, 17 // version and length, don't fragment, hops, UDP
	copy(ip[12:], source[:])
	copy(ip[16:], group[:])
	udp := ip[ipHeader:]
	binary.BigEndian.PutUint16(udp, BinaryFILEPort)
	binary.BigEndian.PutUint16(udp[2:], BinaryFILEPort)
	copy(udp[udpHeader:], session[:])
	return &moldFrame{b: b}
}

// session names the session of the datagrams that follow.
func (f *moldFrame) session(s [10]byte) { copy(f.b[moldAt:], s[:]) }

// start drops the messages of the frame before.
func (f *moldFrame) start() { f.b = f.b[:moldAt+moldHeader] }

// room is how many bytes of most are left in the MoldUDP64 payload.
func (f *moldFrame) room(most int) int { return most - (len(f.b) - moldAt) }

// add appends one message behind its length.
func (f *moldFrame) add(msg []byte) {
	f.b = binary.BigEndian.AppendUint16(f.b, uint16(len(msg)))
	f.b = append(f.b, msg...)
}

// finish fills in sequence, count, lengths and the IP checksum. UDP goes without one, as IPv4 allows.
func (f *moldFrame) finish(seq uint64, count uint16) []byte {
	mold := f.b[moldAt:]
	binary.BigEndian.PutUint64(mold[10:], seq)
	binary.BigEndian.PutUint16(mold[18:], count)
	ip := f.b[etherHeader:]
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[10:], 0)
	sum := uint32(0)
	for i := 0; i < ipHeader; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	sum = sum&0xffff + sum>>16
	sum += sum >> 16
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum))
	binary.BigEndian.PutUint16(ip[ipHeader+4:], uint16(len(ip)-ipHeader))
	return f.b
}
