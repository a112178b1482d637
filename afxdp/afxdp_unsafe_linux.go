package afxdp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// All unsafe code of the package: typed views of the mapped rings, and socket options that x/sys has no call for.

// ringWords returns the words of a mapped ring.
func ringWords(mem []byte, off unix.XDPRingOffset) words {
	return words{
		producer: (*uint32)(unsafe.Pointer(&mem[off.Producer])),
		consumer: (*uint32)(unsafe.Pointer(&mem[off.Consumer])),
		flags:    (*uint32)(unsafe.Pointer(&mem[off.Flags])),
	}
}

// ringDescs returns the slots of a mapped RX or TX ring.
func ringDescs(mem []byte, off unix.XDPRingOffset, size int) []Desc {
	return unsafe.Slice((*Desc)(unsafe.Pointer(&mem[off.Desc])), size)
}

// ringAddrs returns the slots of a mapped fill or completion ring.
func ringAddrs(mem []byte, off unix.XDPRingOffset, size int) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(&mem[off.Desc])), size)
}

// registerUMEM tells the kernel of mem.
func registerUMEM(fd int, mem []byte, frameBytes, headroom int, unaligned bool) error {
	reg := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&mem[0]))), Len: uint64(len(mem)), Size: uint32(frameBytes), Headroom: uint32(headroom)}
	if unaligned {
		reg.Flags = unix.XDP_UMEM_UNALIGNED_CHUNK_FLAG
	}
	return setsockopt(fd, unix.XDP_UMEM_REG, unsafe.Pointer(&reg), unsafe.Sizeof(reg))
}

func setsockopt(fd, option int, value unsafe.Pointer, size uintptr) error {
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(option), uintptr(value), size, 0)
	if e != 0 {
		return e
	}
	return nil
}

// getsockopt fills value and returns how many bytes the kernel wrote: older kernels know fewer fields.
func getsockopt(fd, option int, value unsafe.Pointer, size uintptr) (uintptr, error) {
	n := uint32(size)
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(option), uintptr(value), uintptr(unsafe.Pointer(&n)), 0)
	if e != 0 {
		return 0, e
	}
	return uintptr(n), nil
}

func mmapOffsets(fd int) (off unix.XDPMmapOffsets, err error) {
	n, err := getsockopt(fd, unix.XDP_MMAP_OFFSETS, unsafe.Pointer(&off), unsafe.Sizeof(off))
	if err == nil && n != unsafe.Sizeof(off) {
		err = unix.EPROTO // kernels before 5.4 have no flags word
	}
	return off, err
}

// boundZeroCopy says whether a bound socket is in zero-copy mode.
func boundZeroCopy(fd int) (bool, error) {
	var flags uint32
	_, err := getsockopt(fd, unix.XDP_OPTIONS, unsafe.Pointer(&flags), unsafe.Sizeof(flags))
	return flags&unix.XDP_OPTIONS_ZEROCOPY != 0, err
}

func statistics(fd int) (unix.XDPStatistics, error) {
	var st unix.XDPStatistics
	_, err := getsockopt(fd, unix.XDP_STATISTICS, unsafe.Pointer(&st), unsafe.Sizeof(st))
	return st, err
}

// wake makes the system call that sends (SYS_SENDTO) or drives receiving (SYS_RECVFROM). It never waits, so the
// scheduler is not told: that would cost more than the call.
func wake(call uintptr, fd int) unix.Errno {
	_, _, e := unix.RawSyscall6(call, uintptr(fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	return e
}
