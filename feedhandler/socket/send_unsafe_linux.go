package socket

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendBatch is the memory of one sendmmsg, laid out as batch is.
type sendBatch struct {
	batch
	n      int
	failed []*uint64
}

func newSendBatch(n, bytes int) *sendBatch {
	b := &sendBatch{batch: *newBatch(n, bytes), failed: make([]*uint64, n)}
	for i := range b.heads {
		h := &b.heads[i].hdr
		h.Control = nil
		h.SetControllen(0)
		b.names[i].Family = unix.AF_INET
	}
	return b
}

// send sends from datagram at on, and returns how many went.
func (b *sendBatch) send(fd, at int) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.heads[at])), uintptr(b.n-at), 0, 0, 0)
	return int(n), errno
}
