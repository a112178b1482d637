package segment

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of futex(2). Without the private flag a word is found by file and place, so that processes meet there.
const (
	futexWait    = 0
	futexWake    = 1
	futexPrivate = 128
)

// sleepOn sleeps while word has the value, at most so long; for ever where limit is 0. It may end for no reason. Memory
// that is not there any more is an error of the kernel's, no fault.
func sleepOn(word *uint32, value uint32, limit time.Duration) (timedOut bool) {
	return futex(word, futexWait, value, limit) == unix.ETIMEDOUT
}

// wakeAt wakes everybody who sleeps on word, in any process.
func wakeAt(word *uint32) { futex(word, futexWake, math.MaxInt32, 0) }

func futex(word *uint32, op uintptr, value uint32, limit time.Duration) unix.Errno {
	var at *unix.Timespec
	if limit > 0 {
		ts := unix.NsecToTimespec(int64(limit))
		at = &ts
	}
	_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), op, uintptr(value), uintptr(unsafe.Pointer(at)), 0, 0)
	return errno
}

// wakeOwn wakes a thread of this process that sleeps on word. It does not block and is for the hot thread: the scheduler is not told.
func wakeOwn(word *atomic.Uint32) {
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake|futexPrivate, 1, 0, 0, 0)
}

// sleepOnOwn is sleepOn for a word of this process.
func sleepOnOwn(word *atomic.Uint32, value uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait|futexPrivate, uintptr(value), 0, 0, 0)
}
