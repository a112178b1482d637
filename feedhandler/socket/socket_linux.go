package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler"
	"wirebook/ptp"
)

// Socket receives one line.
type Socket struct {
	Counters Counters
	Held     func() // called where set when a batch was taken and is about to be handed on: what it holds is older than that moment

	opts     Options
	fd       int
	ifindex  int
	buffer   int
	joined   atomic.Bool
	batch    *batch
	datagram feedhandler.Datagram
	hardware ptp.Reader
	system   ptp.Reader
	last     uint64 // newest stamp
	overflow uint32
	notes    []string
}

// Open makes and binds a socket. Nothing is joined yet. What could not be had but is not needed is told by Notes.
func Open(o Options) (*Socket, error) {
	ifi, err := Interface(o.Interface)
	if err != nil {
		return nil, noInterface(o.Interface, err)
	}
	if err := o.normal(ifi.MTU); err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("receive %s: socket: %w", o.Address(), err)
	}
	s := &Socket{opts: o, fd: fd, ifindex: ifi.Index, batch: newBatch(o.Batch, o.MaxPayload)}
	if o.Clocks.Hardware != nil {
		s.hardware = ptp.NewReader(o.Clocks.Hardware)
	}
	if o.Clocks.System != nil {
		s.system = ptp.NewReader(o.Clocks.System)
	}
	if err := s.bind(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func noInterface(name string, err error) error {
	if !errors.Is(err, ErrNoInterface) {
		return err
	}
	list, _ := net.Interfaces()
	names := ""
	for i := range list {
		if i > 0 {
			names += ", "
		}
		names += list[i].Name
	}
	if name == "" {
		return fmt.Errorf("no interface named: say where the lines arrive with --interface or live.interface (there are %s)", names)
	}
	return fmt.Errorf("no interface %q (there are %s): %w", name, names, err)
}

func (s *Socket) bind() error {
	o := &s.opts
	fail := func(what string, err error) error {
		return fmt.Errorf("receive %s on %s: %s: %w", o.Address(), o.Interface, what, err)
	}
	// Several receivers of one group live side by side, this process's after a restart among them.
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fail("SO_REUSEADDR", err)
	}
	if err := unix.BindToDevice(s.fd, o.Interface); err != nil {
		return fail("SO_BINDTODEVICE", err)
	}
	// Only what this socket joined: without this it gets every group that any process of the host joined.
	if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0); err != nil {
		return fail("IP_MULTICAST_ALL", err)
	}
	const stamping = unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_RX_HARDWARE |
		unix.SOF_TIMESTAMPING_RAW_HARDWARE
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, stamping); err != nil {
		return fail("SO_TIMESTAMPING", err)
	}
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1); err != nil {
		return fail("SO_RXQ_OVFL", err)
	}
	s.setBuffer()
	s.setBusyPoll()
	addr := unix.SockaddrInet4{Port: int(o.Port)}
	binary.BigEndian.PutUint32(addr.Addr[:], o.Group)
	err := unix.Bind(s.fd, &addr)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("receive %s on %s: %w by a socket that does not share it: find it with 'ss -ulpn sport = :%d' and stop it, or choose another port",
			o.Address(), o.Interface, ErrPortTaken, o.Port)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("receive %s on %s: ports below 1024 need CAP_NET_BIND_SERVICE: run as root, or lower net.ipv4.ip_unprivileged_port_start: %w",
			o.Address(), o.Interface, err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("receive %s on %s: neither a multicast group nor an address of this host: %w", o.Address(), o.Interface, err)
	case err != nil:
		return fail("bind", err)
	}
	return nil
}

// setBuffer asks for the queue, beyond the sysctl where we may.
func (s *Socket) setBuffer() {
	want := s.opts.ReceiveBuffer
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, want) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, want)
	}
	got, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err == nil {
		s.buffer = got / 2 // the kernel doubles what it is asked for and counts its own overhead in
	}
	if s.buffer < want {
		s.notes = append(s.notes, fmt.Sprintf("receive buffer of %d bytes instead of %d: raise it with 'sysctl -w net.core.rmem_max=%d' or give CAP_NET_ADMIN",
			s.buffer, want, want))
	}
}

func (s *Socket) setBusyPoll() {
	set := func(name string, opt, value int) {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, opt, value); err != nil {
			s.notes = append(s.notes, fmt.Sprintf("%s: %v: busy polling by the kernel is off (needs CAP_NET_ADMIN)", name, err))
		}
	}
	if s.opts.BusyPollUS > 0 {
		set("SO_BUSY_POLL", unix.SO_BUSY_POLL, s.opts.BusyPollUS)
	}
	if s.opts.PreferBusyPoll {
		set("SO_PREFER_BUSY_POLL", unix.SO_PREFER_BUSY_POLL, 1)
		set("SO_BUSY_POLL_BUDGET", unix.SO_BUSY_POLL_BUDGET, min(s.opts.Batch, 64))
	}
}

// Poll hands what waits to the pipeline, at most a batch, and returns how many datagrams it was. It does not block.
func (s *Socket) Poll(pipe *feedhandler.Pipeline) int {
	s.Counters.Calls++
	n, errno := s.batch.receive(s.fd)
	if errno != 0 {
		if errno != unix.EAGAIN && errno != unix.EINTR {
			s.Counters.Errors++
		}
		return 0
	}
	if s.Held != nil {
		s.Held()
	}
	var hardware, system *ptp.Model
	if s.opts.Clocks.Hardware != nil {
		hardware = s.hardware.Model()
	}
	if s.opts.Clocks.System != nil {
		system = s.system.Model()
	}
	d := &s.datagram
	d.Dst, d.DstPort, d.VLAN = s.opts.Group, s.opts.Port, s.opts.VLAN
	var anc ancillary
	b := s.batch
	for i := range b.heads[:n] {
		h := &b.heads[i]
		anc.parse(b.control[i*controlBytes : i*controlBytes+min(int(h.hdr.Controllen), controlBytes)])
		if anc.dropped {
			s.Counters.Overflow += uint64(anc.overflow - s.overflow) // the kernel's count wraps at 2^32
			s.overflow = anc.overflow
		}
		if h.hdr.Flags&unix.MSG_TRUNC != 0 {
			s.Counters.Truncated++
			continue
		}
		stamp := ptp.Stamp{Bad: true}
		switch {
		case anc.hardware != 0 && hardware != nil:
			stamp = hardware.Stamp(anc.hardware)
		case anc.system != 0 && system != nil:
			stamp = system.Stamp(anc.system)
		default:
			s.Counters.Unstamped++
		}
		s.last = stamp.NS
		name := &b.names[i]
		d.Src, d.SrcPort = binary.BigEndian.Uint32(name.Addr[:]), name.Port<<8|name.Port>>8
		d.Payload = b.payload[i*b.stride : i*b.stride+int(h.len)]
		s.Counters.Bytes += uint64(h.len)
		pipe.OnDatagram(d, stamp)
	}
	s.Counters.Datagrams += uint64(n)
	b.reset(n)
	return n
}

// Fit makes room for the datagrams of an MTU that was raised. What it returns is to be run between two polls, by who polls;
// nil where there is room already.
func (s *Socket) Fit(mtu int) (swap func()) {
	payload := min(mtu-28, maxPayload)
	if payload <= s.opts.MaxPayload {
		return nil
	}
	s.opts.MaxPayload = payload
	larger := newBatch(s.opts.Batch, payload)
	return func() { s.batch = larger }
}

// Full says whether a Poll that returned n may have left something.
func (s *Socket) Full(n int) bool { return n == len(s.batch.heads) }

// LastNS returns the newest datagram's stamp, UTC.
func (s *Socket) LastNS() uint64 { return s.last }

// FD returns the descriptor, for waiting on it.
func (s *Socket) FD() int { return s.fd }

// Buffer returns the bytes of queue the kernel gave.
func (s *Socket) Buffer() int { return s.buffer }

// Notes lists what was asked for and not had, each with its remedy.
func (s *Socket) Notes() []string { return s.notes }

// Options returns what the socket was opened with, defaults filled in.
func (s *Socket) Options() Options { return s.opts }

// Close leaves the group and closes the socket.
func (s *Socket) Close() error {
	err := s.Leave()
	return errors.Join(err, unix.Close(s.fd))
}
