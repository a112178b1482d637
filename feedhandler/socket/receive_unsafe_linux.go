package socket

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlBytes holds a stamp (64 bytes) and a drop count (24), with room for one message nobody asked for.
const controlBytes = 128

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// batch is the memory of one recvmmsg: headers that point to names, payloads and control messages beside them. It is
// reached from the Socket alone and does not move, so the pointers stay good.
type batch struct {
	heads   []mmsghdr
	names   []unix.RawSockaddrInet4
	vectors []unix.Iovec
	control []byte
	payload []byte
	stride  int
}

func newBatch(n, bytes int) *batch {
	stride := (bytes + 63) &^ 63
	b := &batch{
		heads: make([]mmsghdr, n), names: make([]unix.RawSockaddrInet4, n), vectors: make([]unix.Iovec, n),
		control: make([]byte, n*controlBytes), payload: make([]byte, n*stride), stride: stride,
	}
	for i := range b.heads {
		b.vectors[i].Base = &b.payload[i*stride]
		b.vectors[i].SetLen(bytes)
		h := &b.heads[i].hdr
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.names[i])), unix.SizeofSockaddrInet4
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Control = &b.control[i*controlBytes]
		h.SetControllen(controlBytes)
	}
	return b
}

// receive takes what waits, at most a batch. The call never blocks, so the scheduler is not told of it.
func (b *batch) receive(fd int) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.heads[0])), uintptr(len(b.heads)),
		unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// reset makes the first n headers ready for the next call: the kernel wrote its own lengths into them.
func (b *batch) reset(n int) {
	for i := range b.heads[:n] {
		h := &b.heads[i].hdr
		h.Namelen = unix.SizeofSockaddrInet4
		h.SetControllen(controlBytes)
	}
}
