package afxdp

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel frees a queue some time after the socket that held it is closed: 13 ms in the median, 19 ms at worst on
// the machine where it was measured, more than half a second where real-time threads kept its kernel threads off the
// processor. Past this limit somebody else has it.
const (
	busyLimit = 2 * time.Second
	busyPause = 2 * time.Millisecond
)

// bind binds in the best mode allowed and writes the report.
func (s *Socket) bind(l linkInfo, shared int) error {
	r := &s.report
	if shared >= 0 {
		return s.bindShared(l, shared)
	}
	var flags uint16
	if !s.o.NoNeedWakeup {
		flags |= unix.XDP_USE_NEED_WAKEUP
		r.NeedWakeup = true
	}
	if s.o.MultiBuffer {
		flags |= unix.XDP_USE_SG
		r.MultiBuffer = true
	}
	generic := l.hook == hookGeneric
	if s.o.Mode == ModeAuto || s.o.Mode == ModeZeroCopy {
		err := fmt.Errorf("%w: the XDP program sits on the generic hook", ErrNoZeroCopy)
		if !generic {
			err = s.bindWait(l, &unix.SockaddrXDP{Flags: flags | unix.XDP_ZEROCOPY, Ifindex: uint32(s.o.Ifindex), QueueID: uint32(s.o.Queue)})
			if err == nil {
				r.Mode = ModeZeroCopy
				return nil
			}
		}
		if s.o.Mode == ModeZeroCopy || errors.Is(err, ErrQueueBusy) || errors.Is(err, ErrNoQueue) {
			return err
		}
		r.Attempts = append(r.Attempts, Attempt{ModeZeroCopy, err})
	}
	receives := s.o.RXFrames > 0 // the hook is nothing to a socket that only sends
	switch {
	case receives && generic && s.o.Mode == ModeNativeCopy:
		return errors.New("native copy is demanded, but the XDP program sits on the generic hook: attach it natively")
	case receives && l.hook == hookNative && s.o.Mode == ModeGeneric:
		return errors.New("generic mode is demanded, but the XDP program sits on the native hook: attach it generically")
	}
	if err := s.bindWait(l, &unix.SockaddrXDP{Flags: flags | unix.XDP_COPY, Ifindex: uint32(s.o.Ifindex), QueueID: uint32(s.o.Queue)}); err != nil {
		return err
	}
	s.copyMode(l)
	return nil
}

// copyMode writes into the report which of the copy modes it is: the program's hook decides.
func (s *Socket) copyMode(l linkInfo) {
	r := &s.report
	switch {
	case l.hook == hookGeneric:
		r.Mode = ModeGeneric
		if s.o.Mode == ModeAuto {
			r.Attempts = append(r.Attempts, Attempt{ModeNativeCopy, errors.New("the XDP program sits on the generic hook")})
		}
	case l.hook == hookNone && s.o.Mode == ModeGeneric:
		r.Mode = ModeGeneric
	default:
		r.Mode = ModeNativeCopy
		if l.hook == hookNone && s.o.RXFrames > 0 {
			r.Notes = append(r.Notes, "no XDP program is attached yet: if it comes on the generic hook, the mode is generic")
		}
	}
}

// bindShared binds to the UMEM of another socket. The kernel takes XDP_SHARED_UMEM alone and gives the new socket that
// UMEM's copy mode and flags; XDP_COPY beside it is EINVAL.
func (s *Socket) bindShared(l linkInfo, shared int) error {
	first := s.umem.sockets[0]
	zero := first.report.Mode == ModeZeroCopy
	if s.o.Mode != ModeAuto && zero != (s.o.Mode == ModeZeroCopy) {
		return fmt.Errorf("%s is demanded, but the UMEM is shared with %s in %s mode: use the same mode, or another UMEM", s.o.Mode, first.where(), first.report.Mode)
	}
	if err := s.bindWait(l, &unix.SockaddrXDP{Flags: unix.XDP_SHARED_UMEM, Ifindex: uint32(s.o.Ifindex), QueueID: uint32(s.o.Queue), SharedUmemFD: uint32(shared)}); err != nil {
		return err
	}
	s.report.NeedWakeup, s.report.MultiBuffer = first.report.NeedWakeup, first.report.MultiBuffer
	if s.o.MultiBuffer && !s.report.MultiBuffer {
		s.report.Notes = append(s.report.Notes, "no multi-buffer: the UMEM's first socket was opened without")
	}
	got, err := boundZeroCopy(s.fd)
	if err != nil {
		return fmt.Errorf("read the mode: %w", err)
	}
	if got {
		s.report.Mode = ModeZeroCopy
		return nil
	}
	s.report.Attempts = append(s.report.Attempts, Attempt{ModeZeroCopy, fmt.Errorf("%w: the UMEM is shared with %s in %s mode", ErrNoZeroCopy, first.where(), first.report.Mode)})
	s.copyMode(l)
	return nil
}

// bindWait binds, waiting for a queue that an earlier socket is leaving.
func (s *Socket) bindWait(l linkInfo, at *unix.SockaddrXDP) error {
	deadline := time.Now().Add(busyLimit)
	for {
		err := unix.Bind(s.fd, at)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) {
			return s.explainBind(err, l, at.Flags)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: %s (%w, tried for %v)", ErrQueueBusy, queueHolder(s.o.Ifindex, s.o.Queue, s.fd), err, busyLimit)
		}
		s.report.BusyRetries++
		time.Sleep(busyPause)
	}
}

// explainBind says what stands behind the kernel's number.
func (s *Socket) explainBind(err error, l linkInfo, flags uint16) error {
	queues := max(l.rxQueues, l.txQueues)
	switch {
	case s.o.Queue >= queues:
		return fmt.Errorf("%w: %s has %d, counted from 0 (ethtool -l %s): %w", ErrNoQueue, l.name, queues, l.name, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: CAP_NET_ADMIN and CAP_NET_RAW, or root: %w", ErrPermission, err)
	case flags&unix.XDP_ZEROCOPY != 0 && errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("%w: the driver has none, or not with these frames, this MTU or multi-buffer: %w", ErrNoZeroCopy, err)
	case flags&unix.XDP_ZEROCOPY != 0:
		return fmt.Errorf("%w: %w", ErrNoZeroCopy, err)
	case errors.Is(err, unix.ENETDOWN):
		return fmt.Errorf("%w (ip link set dev %s up)", err, l.name)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("bind: %w (the queue may be switched off: ethtool -l %s; multi-buffer needs Linux 6.6; an unaligned or shared UMEM may not fit the driver)", err, l.name)
	}
	return fmt.Errorf("bind: %w", err)
}

func explainRegister(err error, size int) error {
	var limit unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) // a number for the message only
	switch {
	case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EPERM):
		return fmt.Errorf("register a UMEM of %d bytes: %w: RLIMIT_MEMLOCK is %d bytes; raise it (ulimit -l, LimitMEMLOCK=infinity) or give CAP_IPC_LOCK (%w)", size, ErrNoMemory, limit.Cur, err)
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("register a UMEM of %d bytes: %w (%w)", size, ErrNoMemory, err)
	}
	return fmt.Errorf("register a UMEM of %d bytes: %w", size, err)
}
