package phc

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Stamping is the receive stamping of one interface, switched on. Close puts back what was there before.
type Stamping struct {
	iface   string
	fd      int
	before  unix.HwTstampConfig
	changed bool
	mu      sync.Mutex
	repairs int
}

// EnableReceiveStamps makes the NIC stamp every received packet (SIOCSHWTSTAMP, filter ALL). The transmit side stays as it
// is, since ptp4l needs it. It wants CAP_NET_ADMIN where something has to change.
func EnableReceiveStamps(iface string) (*Stamping, error) {
	info, err := Find(iface)
	if err != nil {
		return nil, err
	}
	fd, err := controlSocket()
	if err != nil {
		return nil, err
	}
	s := &Stamping{iface: iface, fd: fd}
	now, err := unix.IoctlGetHwTstamp(fd, iface)
	if err == nil {
		s.before = *now
		s.changed, err = s.set(*now)
	} else if unsupported(err) && info.RxAll {
		// Some old drivers can set and not tell; then nothing is known to put back but silence.
		s.changed, err = s.set(unix.HwTstampConfig{})
	}
	if err != nil {
		unix.Close(fd)
		return nil, s.explain(info, err)
	}
	return s, nil
}

// set asks for filter ALL and believes only what the driver answers.
func (s *Stamping) set(now unix.HwTstampConfig) (changed bool, err error) {
	if now.Rx_filter == unix.HWTSTAMP_FILTER_ALL {
		return false, nil
	}
	want := now
	want.Rx_filter = unix.HWTSTAMP_FILTER_ALL
	if err := unix.IoctlSetHwTstamp(s.fd, s.iface, &want); err != nil {
		return false, err
	}
	if want.Rx_filter != unix.HWTSTAMP_FILTER_ALL {
		_ = unix.IoctlSetHwTstamp(s.fd, s.iface, &now)
		return false, fmt.Errorf("the driver took filter %d instead: %w", want.Rx_filter, unix.ERANGE)
	}
	return true, nil
}

func (s *Stamping) explain(info Info, err error) error {
	name := s.iface
	if info.Driver != "" {
		name += " (driver " + info.Driver + ")"
	}
	switch {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s: %w to switch receive stamps on: run as root or with CAP_NET_ADMIN", name, ErrNoRights)
	case unsupported(err), errors.Is(err, unix.ERANGE):
		return fmt.Errorf("%s: %w (%v): stamps come from the driver or the kernel; "+
			"'ethtool -T %s' shows what the NIC has under Hardware Receive Filter Modes, where \"all\" is needed", name, ErrNoStamps, err, s.iface)
	}
	return fmt.Errorf("%s: switching receive stamps on: %w", name, err)
}

// Changed says whether stamping was off before.
func (s *Stamping) Changed() bool { return s.changed }

// Check looks whether every packet is still stamped and switches it on again where somebody, ptp4l most likely, has
// changed it. repaired says that it had to. Call it now and then from one goroutine.
func (s *Stamping) Check() (repaired bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return false, nil
	}
	now, err := unix.IoctlGetHwTstamp(s.fd, s.iface)
	if err != nil {
		if unsupported(err) {
			return false, nil
		}
		return false, fmt.Errorf("receive stamps of %s: %w", s.iface, err)
	}
	repaired, err = s.set(*now)
	if err != nil {
		return false, fmt.Errorf("receive stamps of %s were switched off by another program (ptp4l? set hwts_filter full) and cannot be switched on: %w", s.iface, err)
	}
	if repaired {
		s.repairs++
		// What the other program wants is what it should find afterwards.
		s.before, s.changed = *now, true
	}
	return repaired, nil
}

// Repairs returns how often Check had to switch stamping on again.
func (s *Stamping) Repairs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.repairs
}

// Close puts the configuration back, unless somebody else has changed it meanwhile: another filter, or a transmit side that
// was off before, which ptp4l switches on when it starts. Where the driver stamps all or nothing ptp4l finds our filter and
// relies on it.
func (s *Stamping) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return nil
	}
	fd := s.fd
	s.fd = -1
	defer unix.Close(fd)
	if !s.changed {
		return nil
	}
	if now, err := unix.IoctlGetHwTstamp(fd, s.iface); err == nil {
		if now.Rx_filter != unix.HWTSTAMP_FILTER_ALL || now.Tx_type != s.before.Tx_type {
			return nil
		}
	}
	if err := unix.IoctlSetHwTstamp(fd, s.iface, &s.before); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("putting the receive stamps of %s back: %w", s.iface, err)
	}
	return nil
}
