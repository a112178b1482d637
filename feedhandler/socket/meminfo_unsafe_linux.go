package socket

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memInfoDrops is SK_MEMINFO_DROPS of linux/sock_diag.h: the last of SO_MEMINFO's nine words.
const memInfoDrops = 8

// Drops asks the kernel how many datagrams of this socket it had no room for, or whose checksum was wrong, modulo
// 2^32: RefusedCounts tells which. Unlike Counters.Overflow it is current without a further datagram. Cold.
func (s *Socket) Drops() (uint32, error) {
	var info [memInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, os.NewSyscallError("getsockopt SO_MEMINFO", errno)
	}
	return info[memInfoDrops], nil
}
