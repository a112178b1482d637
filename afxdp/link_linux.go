package afxdp

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// linkInfo is what binding and its errors want to know of an interface.
type linkInfo struct {
	name               string
	mtu                int
	rxQueues, txQueues int
	hook               int // of the attached XDP program: XDP_ATTACHED_* of linux/if_link.h
}

const (
	hookNone    = 0
	hookNative  = 1
	hookGeneric = 2
)

// queryLink asks the kernel (RTM_GETLINK) in the network namespace of the calling thread. /sys would answer for the
// namespace it was mounted in.
func queryLink(ifindex int) (linkInfo, error) {
	var l linkInfo
	req := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(req[0:], uint32(len(req)))
	binary.NativeEndian.PutUint16(req[4:], unix.RTM_GETLINK)
	binary.NativeEndian.PutUint16(req[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(req[unix.SizeofNlMsghdr+4:], uint32(ifindex))
	err := netlink(unix.NETLINK_ROUTE, req, func(kind uint16, msg []byte) {
		if kind != unix.RTM_NEWLINK || len(msg) < unix.SizeofIfInfomsg {
			return
		}
		attributes(msg[unix.SizeofIfInfomsg:], func(kind uint16, v []byte) {
			switch {
			case kind == unix.IFLA_IFNAME && len(v) > 0:
				l.name = string(v[:len(v)-1])
			case kind == unix.IFLA_MTU && len(v) >= 4:
				l.mtu = int(binary.NativeEndian.Uint32(v))
			case kind == unix.IFLA_NUM_RX_QUEUES && len(v) >= 4:
				l.rxQueues = int(binary.NativeEndian.Uint32(v))
			case kind == unix.IFLA_NUM_TX_QUEUES && len(v) >= 4:
				l.txQueues = int(binary.NativeEndian.Uint32(v))
			case kind == unix.IFLA_XDP:
				attributes(v, func(kind uint16, v []byte) {
					if kind == unix.IFLA_XDP_ATTACHED && len(v) >= 1 {
						l.hook = int(v[0])
					}
				})
			}
		})
	})
	if err == unix.ENODEV {
		return l, fmt.Errorf("%w (ip -br link shows those there are): %w", ErrNoLink, err)
	}
	if err != nil {
		return l, fmt.Errorf("ask the kernel about it: %w", err)
	}
	return l, nil
}

// netlink sends one request and calls visit for each message of the answer.
func netlink(protocol int, req []byte, visit func(kind uint16, msg []byte)) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	timeout := unix.Timeval{Sec: 1}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return err
	}
	if err := unix.Sendto(fd, req, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	dump := binary.NativeEndian.Uint16(req[6:])&unix.NLM_F_DUMP == unix.NLM_F_DUMP
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for b := buf[:n]; len(b) >= unix.SizeofNlMsghdr; {
			size, kind := int(binary.NativeEndian.Uint32(b)), binary.NativeEndian.Uint16(b[4:])
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return unix.EPROTO
			}
			msg := b[unix.SizeofNlMsghdr:size]
			switch kind {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				if len(msg) < 4 {
					return unix.EPROTO
				}
				if e := int32(binary.NativeEndian.Uint32(msg)); e != 0 {
					return unix.Errno(-e)
				}
				return nil
			}
			visit(kind, msg)
			b = b[min((size+3)&^3, len(b)):]
		}
		if !dump {
			return nil
		}
	}
}

// attributes calls visit for each attribute in b.
func attributes(b []byte, visit func(kind uint16, value []byte)) {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return
		}
		visit(binary.NativeEndian.Uint16(b[2:])&^unix.NLA_F_NESTED, b[unix.SizeofRtAttr:size])
		b = b[min((size+3)&^3, len(b)):]
	}
}
