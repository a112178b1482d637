package socket

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Sizes of struct group_req and group_source_req (RFC 3678): interface index, padding, and sockaddr_storage of 128 bytes.
const (
	storageBytes = 128
	storageAt    = 8
)

// request builds group_req, or group_source_req where a source is wanted.
func (s *Socket) request() string {
	n := storageAt + storageBytes
	if s.opts.Source != 0 {
		n += storageBytes
	}
	b := make([]byte, n)
	binary.NativeEndian.PutUint32(b, uint32(s.ifindex))
	put := func(at int, a uint32) {
		binary.NativeEndian.PutUint16(b[at:], unix.AF_INET)
		binary.BigEndian.PutUint32(b[at+4:], a)
	}
	put(storageAt, s.opts.Group)
	if s.opts.Source != 0 {
		put(storageAt+storageBytes, s.opts.Source)
	}
	return string(b)
}

// Join becomes a member of the group on the interface: of one source where Options name it (IGMPv3), else of any. A
// unicast destination needs none. Joining again is no error.
func (s *Socket) Join() error {
	if !s.opts.Multicast() {
		return nil
	}
	opt, what := unix.MCAST_JOIN_GROUP, s.opts.Address()
	if s.opts.Source != 0 {
		opt, what = unix.MCAST_JOIN_SOURCE_GROUP, what+" from "+addr(s.opts.Source).String()
	}
	err := unix.SetsockoptString(s.fd, unix.IPPROTO_IP, opt, s.request())
	switch {
	case err == nil, errors.Is(err, unix.EADDRINUSE), s.joined.Load() && errors.Is(err, unix.EADDRNOTAVAIL):
		s.joined.Store(true)
		return nil
	case errors.Is(err, unix.ENOBUFS):
		return fmt.Errorf("join %s on %s: too many memberships: raise 'sysctl -w net.ipv4.igmp_max_memberships' (or igmp_max_msf for sources): %w",
			what, s.opts.Interface, err)
	case errors.Is(err, unix.ENODEV):
		return fmt.Errorf("join %s on %s: the interface is gone or has no IPv4: give it an address with 'ip addr add ADDRESS/LENGTH dev %s' and bring it up: %w",
			what, s.opts.Interface, s.opts.Interface, err)
	}
	return fmt.Errorf("join %s on %s: %w", what, s.opts.Interface, err)
}

// Leave ends the membership. It is no error where there is none.
func (s *Socket) Leave() error {
	if !s.joined.Swap(false) {
		return nil
	}
	opt := unix.MCAST_LEAVE_GROUP
	if s.opts.Source != 0 {
		opt = unix.MCAST_LEAVE_SOURCE_GROUP
	}
	err := unix.SetsockoptString(s.fd, unix.IPPROTO_IP, opt, s.request())
	if err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("leave %s on %s: %w", s.opts.Address(), s.opts.Interface, err)
	}
	return nil
}

// Joined says whether this socket asked for the membership.
func (s *Socket) Joined() bool { return s.joined.Load() }

// Rejoin joins again after the interface went and came back, perhaps under another number.
func (s *Socket) Rejoin() error {
	ifi, err := Interface(s.opts.Interface)
	if err != nil {
		return noInterface(s.opts.Interface, err)
	}
	_ = s.Leave() // of the old interface; what it held is gone with it
	if ifi.Index != s.ifindex {
		// The binding named the old interface by its number.
		if err := unix.BindToDevice(s.fd, s.opts.Interface); err != nil {
			return fmt.Errorf("receive %s: bind to %s, which went and came back: %w (needs CAP_NET_RAW)", s.opts.Address(), s.opts.Interface, err)
		}
		s.ifindex = ifi.Index // now: a socket that is bound to the old one would be a member, and get nothing
	}
	return s.Join()
}
