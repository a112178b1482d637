package worker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// bell wakes a worker that sleeps in its waiter. Others ring it; the handler closes it, when no worker runs any more.
type bell struct{ fd int }

func newBell() (*bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return &bell{fd}, nil
}

var stroke = [8]byte{1} // an eventfd counts in host order, and any number but 0 wakes

func (b *bell) ring() { _, _ = unix.Write(b.fd, stroke[:]) }

func (b *bell) Close() { unix.Close(b.fd) }
