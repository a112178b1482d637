package phc

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sysOffset is PTP_SYS_OFFSET2, which x/sys has the number and the structure of, and no function (linux/ptp_clock.h).
// The answer alternates: host, PHC, host, PHC, ..., host.
func sysOffset(fd int, readings uint32) (*unix.PtpSysOffset, error) {
	v := &unix.PtpSysOffset{Samples: readings}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PTP_SYS_OFFSET2, uintptr(unsafe.Pointer(v))); errno != 0 {
		return nil, errno
	}
	return v, nil
}
