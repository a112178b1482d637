package worker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// waiter sleeps until a receiver has something. It belongs to one worker.
type waiter struct {
	fd     int
	events [16]unix.EpollEvent
}

func newWaiter() (*waiter, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	return &waiter{fd: fd}, nil
}

func (w *waiter) Add(fd int) {
	if fd >= 0 {
		_ = unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	}
}

func (w *waiter) Remove(fd int) {
	if fd >= 0 {
		_ = unix.EpollCtl(w.fd, unix.EPOLL_CTL_DEL, fd, nil)
	}
}

// addBell has a ring end the sleep. Each ring is an edge of its own: the bell need not be read.
func (w *waiter) addBell(b *bell) error {
	const edge = 1 << 31 // EPOLLET, which x/sys has as a negative constant
	if err := unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, b.fd, &unix.EpollEvent{Events: unix.EPOLLIN | edge, Fd: int32(b.fd)}); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (w *waiter) sleep(ms int) { _, _ = unix.EpollWait(w.fd, w.events[:], ms) }

// ready returns the receivers that have something, some of them where there are many. It does not block.
func (w *waiter) ready() []unix.EpollEvent {
	n, err := unix.EpollWait(w.fd, w.events[:], 0)
	if err != nil {
		return nil
	}
	return w.events[:n]
}

func (w *waiter) descriptor() int { return w.fd }

func (w *waiter) yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

func (w *waiter) close() { unix.Close(w.fd) }
