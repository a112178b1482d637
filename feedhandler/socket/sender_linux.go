package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// SenderOptions describe a Sender.
type SenderOptions struct {
	Interface string
	TTL       int
	Checksums bool // else datagrams go without a UDP checksum, which receivers of partial ones cannot mistake
}

// Sender sends datagrams in batches, for labs and tests. It belongs to one goroutine.
type Sender struct {
	fd    int
	batch *sendBatch
}

// OpenSender makes a socket that sends multicast from an interface.
func OpenSender(o SenderOptions) (*Sender, error) {
	ifi, err := Interface(o.Interface)
	if err != nil {
		return nil, noInterface(o.Interface, err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("send on %s: socket: %w", o.Interface, err)
	}
	noCheck := 1
	if o.Checksums {
		noCheck = 0
	}
	err = errors.Join(
		os.NewSyscallError("SO_BINDTODEVICE", unix.BindToDevice(fd, o.Interface)),
		os.NewSyscallError("IP_MULTICAST_IF", unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(ifi.Index)})),
		os.NewSyscallError("IP_MULTICAST_TTL", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, max(o.TTL, 1))),
		os.NewSyscallError("SO_NO_CHECK", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, noCheck)),
	)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("send on %s: %w", o.Interface, err)
	}
	return &Sender{fd: fd, batch: newSendBatch(DefaultBatch, maxPayload)}, nil
}

// Send queues a datagram, and sends the queue when it is full. failed counts what the host refuses, now or later.
func (s *Sender) Send(group uint32, port uint16, payload []byte, failed *uint64) error {
	if len(payload) > maxPayload {
		*failed++
		return fmt.Errorf("datagram of %d bytes is longer than %d", len(payload), maxPayload)
	}
	b := s.batch
	i := b.n
	copy(b.payload[i*b.stride:], payload)
	binary.BigEndian.PutUint32(b.names[i].Addr[:], group)
	b.names[i].Port = port<<8 | port>>8
	b.vectors[i].SetLen(len(payload))
	b.failed[i] = failed
	if b.n++; b.n == len(b.heads) {
		return s.Flush()
	}
	return nil
}

// Flush sends what is queued. A datagram the host refuses is counted and passed over; the error is the last refusal.
func (s *Sender) Flush() (last error) {
	b := s.batch
	for at := 0; at < b.n; {
		n, errno := b.send(s.fd, at)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			last = os.NewSyscallError("sendmmsg", errno)
			*b.failed[at]++
			at++
		default:
			at += n
		}
	}
	b.n = 0
	return last
}

// Close closes the socket.
func (s *Sender) Close() error { return unix.Close(s.fd) }
