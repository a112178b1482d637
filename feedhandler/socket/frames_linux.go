package socket

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// FrameSender sends whole Ethernet frames as they are, right or wrong, by a packet socket: for labs and tests. It belongs
// to one goroutine.
type FrameSender struct{ fd int }

// OpenFrameSender opens a packet socket on an interface. It needs CAP_NET_RAW.
func OpenFrameSender(name string) (*FrameSender, error) {
	ifi, err := Interface(name)
	if err != nil {
		return nil, noInterface(name, err)
	}
	// Protocol 0: it sends, and receives nothing.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("send frames on %s: socket: %w (root, or CAP_NET_RAW)", name, err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: ifi.Index}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("send frames on %s: bind: %w", name, err)
	}
	return &FrameSender{fd: fd}, nil
}

// Send sends a frame, waiting for room.
func (s *FrameSender) Send(frame []byte) error {
	for {
		_, err := unix.Write(s.fd, frame)
		switch err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			return os.NewSyscallError("send", err)
		}
	}
}

// Close closes the socket.
func (s *FrameSender) Close() error { return unix.Close(s.fd) }
