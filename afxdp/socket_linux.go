package afxdp

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Open makes a socket on a queue, gives its receive frames to the kernel and binds it. The first socket of a UMEM
// registers it; further ones, on any queue of any device, share it and inherit its copy mode.
// Call it in the network namespace of the interface. An XDP program should be attached before, so that the report can
// tell native from generic.
func Open(o Options) (*Socket, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open an AF_XDP socket: %w", err)
	}
	l, err := queryLink(o.Ifindex)
	if err != nil {
		return nil, fmt.Errorf("open an AF_XDP socket on interface %d: %w", o.Ifindex, err)
	}
	s := &Socket{fd: -1, o: o, umem: o.UMEM, ifname: l.name}
	if err := s.open(l); err != nil {
		s.release()
		return nil, fmt.Errorf("open an AF_XDP socket on %s: %w", s.where(), err)
	}
	return s, nil
}

func (s *Socket) open(l linkInfo) (err error) {
	if s.fd, err = unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		switch {
		case errors.Is(err, unix.EPERM):
			err = fmt.Errorf("%w: CAP_NET_RAW, or root (%w)", ErrPermission, err)
		case errors.Is(err, unix.EAFNOSUPPORT):
			err = fmt.Errorf("the kernel has no AF_XDP (CONFIG_XDP_SOCKETS): %w", err)
		}
		return err
	}
	if s.frames, err = s.umem.take(s.o.RXFrames + s.o.TXFrames); err != nil {
		return err
	}
	u := s.umem
	u.mu.Lock() // one socket of a UMEM binds at a time: the second needs the first bound
	defer u.mu.Unlock()
	shared := -1
	if len(u.sockets) > 0 {
		shared = u.sockets[0].fd
		s.report.SharedUMEM = true
	} else if err = registerUMEM(s.fd, u.mem, u.o.FrameBytes, u.o.Headroom, u.o.Unaligned); err != nil {
		return explainRegister(err, len(u.mem))
	}
	if err = s.mapRings(); err != nil {
		return err
	}
	s.addrMask = unalignedMask
	if !u.o.Unaligned {
		s.addrMask = ^uint64(u.o.FrameBytes - 1)
	}
	for _, f := range s.frames[:s.o.RXFrames] {
		s.fill.push(f)
	}
	s.fill.publish()
	s.txFree = make([]uint64, 0, s.o.TXFrames)
	for i := len(s.frames) - 1; i >= s.o.RXFrames; i-- {
		s.txFree = append(s.txFree, s.frames[i])
	}
	s.report.Interface, s.report.Queue = l.name, s.o.Queue
	s.report.HugePages = u.pages.Huge
	if u.pages.Reason != "" {
		s.report.Notes = append(s.report.Notes, "no huge pages: "+u.pages.Reason)
	}
	if err = s.bind(l, shared); err != nil {
		return err
	}
	if room := u.o.FrameBytes - u.o.Headroom - xdpHeadroom; s.o.RXFrames > 0 && !s.report.MultiBuffer && l.mtu+18 > room {
		s.report.Notes = append(s.report.Notes, fmt.Sprintf("an MTU of %d does not fit frames with room for %d bytes: larger packets count as RxDropped; set MultiBuffer, or lower the MTU", l.mtu, room))
	}
	s.busyPoll()
	u.sockets = append(u.sockets, s)
	return nil
}

// mapRings sets the ring sizes and maps the rings.
func (s *Socket) mapRings() error {
	rings := []struct {
		name         string
		option, size int
		page         int64
		slot         int // bytes
	}{
		{"RX", unix.XDP_RX_RING, s.o.RXRing, unix.XDP_PGOFF_RX_RING, 16},
		{"TX", unix.XDP_TX_RING, s.o.TXRing, unix.XDP_PGOFF_TX_RING, 16},
		{"fill", unix.XDP_UMEM_FILL_RING, s.o.FillRing, unix.XDP_UMEM_PGOFF_FILL_RING, 8},
		{"completion", unix.XDP_UMEM_COMPLETION_RING, s.o.CompletionRing, unix.XDP_UMEM_PGOFF_COMPLETION_RING, 8},
	}
	for _, r := range rings {
		if r.size == 0 {
			continue
		}
		if err := unix.SetsockoptInt(s.fd, unix.SOL_XDP, r.option, r.size); err != nil {
			return fmt.Errorf("make a %s ring of %d: %w", r.name, r.size, err)
		}
	}
	off, err := mmapOffsets(s.fd)
	if err != nil {
		return fmt.Errorf("read where the rings' words are: %w", err)
	}
	s.rx.init(absent(), 0)
	s.tx.init(absent(), 0)
	for i, r := range rings {
		if r.size == 0 {
			continue
		}
		at := []unix.XDPRingOffset{off.Rx, off.Tx, off.Fr, off.Cr}[i]
		mem, err := unix.Mmap(s.fd, r.page, int(at.Desc)+r.size*r.slot, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
		if err != nil {
			return fmt.Errorf("map the %s ring: %w", r.name, err)
		}
		s.maps = append(s.maps, mem)
		w := ringWords(mem, at)
		switch r.option {
		case unix.XDP_RX_RING:
			s.rx.init(w, r.size)
			s.rx.descs = ringDescs(mem, at, r.size)
		case unix.XDP_TX_RING:
			s.tx.init(w, r.size)
			s.tx.descs = ringDescs(mem, at, r.size)
		case unix.XDP_UMEM_FILL_RING:
			s.fill.init(w, r.size)
			s.fill.addrs = ringAddrs(mem, at, r.size)
		default:
			s.completion.init(w, r.size)
			s.completion.addrs = ringAddrs(mem, at, r.size)
		}
	}
	return nil
}

// busyPoll sets what was asked for; what the kernel refuses becomes a note, for receiving works without.
func (s *Socket) busyPoll() {
	b := s.o.BusyPoll
	if !b.Prefer {
		return
	}
	for _, opt := range []struct {
		name       string
		key, value int
	}{
		{"SO_PREFER_BUSY_POLL", unix.SO_PREFER_BUSY_POLL, 1},
		{"SO_BUSY_POLL", unix.SO_BUSY_POLL, b.TimeoutUS},
		{"SO_BUSY_POLL_BUDGET", unix.SO_BUSY_POLL_BUDGET, b.Budget},
	} {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, opt.key, opt.value); err != nil {
			s.report.Notes = append(s.report.Notes, fmt.Sprintf("no busy poll: %s of %d: %v (needs CAP_NET_ADMIN and Linux 5.11)", opt.name, opt.value, err))
			s.o.BusyPoll.Prefer = false
			return
		}
	}
	s.report.BusyPoll = true
}

// wakeRX lets the kernel go on receiving: after it ran out of fill frames, or to busy-poll the queue.
func (s *Socket) wakeRX() {
	s.counts.Wakeups++
	wake(unix.SYS_RECVFROM, s.fd)
}

// kick makes the kernel take what is in the TX ring. In copy mode one call takes 32 packets or so: it is repeated while
// the kernel makes progress.
func (s *Socket) kick() error {
	for pending := s.tx.pending(); pending > 0; {
		if s.report.NeedWakeup && !s.tx.needWakeup() {
			return nil
		}
		s.counts.Wakeups++
		switch e := wake(unix.SYS_SENDTO, s.fd); e {
		case 0:
			if s.report.Mode == ModeZeroCopy {
				return nil // the driver takes them in its own time
			}
		case unix.EAGAIN, unix.EBUSY, unix.ENOBUFS, unix.EINTR:
			s.counts.TxRefused++
		case unix.ENETDOWN:
			return fmt.Errorf("send on %s: %w: the interface is down (ip link set dev %s up)", s.where(), e, s.ifname)
		case unix.EINVAL, unix.ENXIO:
			return fmt.Errorf("send on %s: %w: some drivers (igb) send in zero-copy mode only while an XDP program is attached: attach one, even one that passes everything", s.where(), e)
		default:
			return fmt.Errorf("send on %s: %w", s.where(), e)
		}
		left := s.tx.pending()
		if left == pending {
			return nil // no progress: the device is full; Flush or the next Submit goes on
		}
		pending = left
	}
	return nil
}

// Flush wakes the kernel until it has taken everything from the TX ring, for at most timeout.
// The packets may still be in the device; Complete tells when their frames are back.
func (s *Socket) Flush(timeout time.Duration) error {
	for deadline := time.Now().Add(timeout); ; {
		s.txFree = s.completion.reap(s.txFree)
		if err := s.kick(); err != nil || s.tx.pending() == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("send on %s: %d packets still wait after %v: the receiver or the device does not keep up", s.where(), s.tx.pending(), timeout)
		}
		time.Sleep(20 * time.Microsecond)
	}
}

// Wait blocks until packets have arrived or timeout is over, and says which. For those who do not spin.
func (s *Socket) Wait(timeout time.Duration) (bool, error) {
	if s.rx.ready() > 0 {
		return true, nil
	}
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(timeout.Milliseconds()))
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("wait on %s: %w", s.where(), err)
	}
	if n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		return false, fmt.Errorf("wait on %s: the interface went down or away", s.where())
	}
	return n > 0, nil
}

// Check returns an error once the interface has gone away, which Poll cannot see: it finds nothing, for ever. Open the
// socket anew then. A link that is only down comes back by itself. Cold: a system call.
func (s *Socket) Check() error {
	code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err == nil && s.gone != nil {
		err = s.gone // the kernel tells once
	}
	if err == nil {
		return nil
	}
	s.gone = err
	return fmt.Errorf("%s: %w: %w", s.where(), ErrNoLink, err)
}

// Statistics reads the kernel's counts of the socket. Cold: a system call.
func (s *Socket) Statistics() (Statistics, error) {
	st, err := statistics(s.fd)
	if err != nil {
		return Statistics{}, fmt.Errorf("read the statistics of %s: %w", s.where(), err)
	}
	return Statistics{
		RxDropped: st.Rx_dropped, RxInvalidDescs: st.Rx_invalid_descs, TxInvalidDescs: st.Tx_invalid_descs,
		RxRingFull: st.Rx_ring_full, RxFillRingEmptyDescs: st.Rx_fill_ring_empty_descs, TxRingEmptyDescs: st.Tx_ring_empty_descs,
	}, nil
}

// Close unbinds the queue and gives the frames back to the UMEM. The kernel takes some 20 ms to free the queue for
// another socket; Open waits for that.
func (s *Socket) Close() error {
	if s.fd < 0 {
		return fmt.Errorf("close %s: it is closed already", s.where())
	}
	return s.release()
}

// release frees whatever open had got hold of.
func (s *Socket) release() error {
	var errs []error
	if s.fd >= 0 {
		errs = append(errs, unix.Close(s.fd))
		s.fd = -1
	}
	s.rx = rxRing{}
	s.tx = txRing{}
	s.fill, s.completion = fillRing{}, completionRing{}
	s.rx.init(absent(), 0)
	s.tx.init(absent(), 0)
	s.fill.init(absent(), 0)
	s.completion.init(absent(), 0)
	for _, m := range s.maps {
		errs = append(errs, unix.Munmap(m))
	}
	s.maps = nil
	s.umem.forget(s)
	s.umem.give(s.frames)
	s.frames = nil
	return errors.Join(errs...)
}
