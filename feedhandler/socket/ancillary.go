package socket

import "encoding/binary"

// ancillary is what the kernel says beside a datagram.
type ancillary struct {
	system   uint64 // ns of CLOCK_REALTIME; 0: none
	hardware uint64 // ns of the NIC's clock; 0: none
	overflow uint32 // SO_RXQ_OVFL: drops so far, modulo 2^32
	dropped  bool   // overflow was told
}

// Control messages of level SOL_SOCKET, as in linux/socket.h and asm-generic/socket.h.
const (
	levelSocket    = 1
	typeOverflow   = 40 // SO_RXQ_OVFL: u32
	typeStamping   = 37 // SO_TIMESTAMPING, 64-bit time: three timespec of two 8-byte words: software, unused, hardware
	typeStamping64 = 65 // SO_TIMESTAMPING_NEW: the same on every architecture
	headerBytes    = 16 // cmsghdr: u64 length, i32 level, i32 type
)

// parse reads the control messages of one datagram. Foreign or cut ones are passed over.
func (a *ancillary) parse(b []byte) {
	*a = ancillary{}
	for len(b) >= headerBytes {
		length := binary.NativeEndian.Uint64(b)
		if length < headerBytes || length > uint64(len(b)) {
			return
		}
		data := b[headerBytes:length]
		if binary.NativeEndian.Uint32(b[8:]) == levelSocket {
			switch kind := binary.NativeEndian.Uint32(b[12:]); {
			case (kind == typeStamping || kind == typeStamping64) && len(data) >= 48:
				a.system, a.hardware = timespec(data), timespec(data[32:])
			case kind == typeOverflow && len(data) >= 4:
				a.overflow, a.dropped = binary.NativeEndian.Uint32(data), true
			}
		}
		step := (length + 7) &^ 7
		if step >= uint64(len(b)) {
			return
		}
		b = b[step:]
	}
}

func timespec(b []byte) uint64 {
	return binary.NativeEndian.Uint64(b)*1_000_000_000 + binary.NativeEndian.Uint64(b[8:])
}
