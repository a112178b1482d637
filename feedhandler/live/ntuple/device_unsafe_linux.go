package ntuple

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Device is a NIC's table. It belongs to one goroutine.
type Device struct {
	name  string
	index uint32 // 0: there was none of the name
	fd    int    // belongs to the network namespace it was opened in
}

// Open opens the table of an interface of the calling thread's network namespace.
func Open(name string) (*Device, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return nil, fmt.Errorf("flow rules of %q: %w", name, err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("flow rules of %s: socket: %w", name, err)
	}
	d := &Device{name: name, fd: fd}
	if unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr) == nil {
		d.index = ifr.Uint32()
	}
	return d, nil
}

// Close leaves the rules as they are.
func (d *Device) Close() error { return unix.Close(d.fd) }

// Count returns how many rules there are and how many there can be, 0 where the driver does not say.
func (d *Device) Count() (rules, most int, err error) {
	r, err := d.count()
	if err != nil {
		return 0, 0, err
	}
	return int(r.Count), int(r.Data &^ locationSpecial), nil
}

func (d *Device) count() (request, error) {
	r := request{Cmd: unix.ETHTOOL_GRXCLSRLCNT}
	if err := d.do(unsafe.Pointer(&r)); err != nil {
		return r, d.explain("count the rules", err)
	}
	return r, nil
}

// locations lists the locations in use, and how many there are in all.
func (d *Device) locations() (used []uint32, most int, err error) {
	c, err := d.count()
	if err != nil {
		return nil, 0, err
	}
	if c.Count > mostRules {
		return nil, 0, fmt.Errorf("flow rules of %s: the driver says it has %d", d.name, c.Count)
	}
	// Words, so that it is aligned as the request is.
	buf := make([]uint64, (locationsOffset+4*int(c.Count)+7)/8+requestBytes/8)
	r := (*request)(unsafe.Pointer(&buf[0]))
	r.Cmd, r.Count = unix.ETHTOOL_GRXCLSRLALL, c.Count
	if err := d.do(unsafe.Pointer(r)); err != nil {
		return nil, 0, d.explain("list the rules", err)
	}
	n := min(r.Count, c.Count)
	list := unsafe.Slice((*uint32)(unsafe.Add(unsafe.Pointer(r), locationsOffset)), n)
	return append([]uint32(nil), list...), int(min(r.Data, mostRules)), nil
}

// List reads every rule.
func (d *Device) List() ([]Entry, error) {
	used, _, err := d.locations()
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(used))
	for _, at := range used {
		r := request{Cmd: unix.ETHTOOL_GRXCLSRULE, Spec: flowSpec{Location: at}}
		switch err := d.do(unsafe.Pointer(&r)); {
		case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL):
			continue // gone meanwhile
		case err != nil:
			return nil, d.explain(fmt.Sprintf("read rule %d", at), err)
		}
		r.Spec.Location = at
		entries = append(entries, r.Spec.entry())
	}
	return entries, nil
}

// Insert adds a rule where the driver, or else the lowest priority that is free, has room.
func (d *Device) Insert(rule Rule) (uint32, error) {
	c, err := d.count()
	if err != nil {
		return 0, err
	}
	r := request{Cmd: unix.ETHTOOL_SRXCLSRLINS, Spec: rule.spec()}
	if r.Spec.Location = locationAny; c.Data&locationSpecial == 0 {
		used, most, err := d.locations()
		if err != nil {
			return 0, err
		}
		if r.Spec.Location, err = freeLocation(used, most); err != nil {
			return 0, fmt.Errorf("flow rules of %s: add %s: %w", d.name, rule, err)
		}
	}
	switch err := d.do(unsafe.Pointer(&r)); {
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP):
		// There are rules, the count said so. Drivers are not of one mind about how to say which they do not take.
		return 0, fmt.Errorf("flow rules of %s: add %s: %w (%w)", d.name, rule, ErrKind, err)
	case err != nil:
		return 0, d.explain("add "+rule.String(), err)
	}
	return r.Spec.Location, nil
}

// Delete removes the rule at a location.
func (d *Device) Delete(location uint32) error {
	r := request{Cmd: unix.ETHTOOL_SRXCLSRLDEL, Spec: flowSpec{Location: location}}
	if err := d.do(unsafe.Pointer(&r)); err != nil {
		if errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("flow rules of %s: delete %d: %w", d.name, location, ErrAbsent)
		}
		return d.explain(fmt.Sprintf("delete rule %d", location), err)
	}
	return nil
}

// explain gives an error its meaning.
func (d *Device) explain(what string, err error) error {
	for errno, means := range map[syscall.Errno]error{unix.ENODEV: ErrNoDevice, unix.ENOSPC: ErrFull, unix.EOPNOTSUPP: ErrNoRules} {
		if errors.Is(err, errno) {
			return fmt.Errorf("flow rules of %s: %s: %w (%w)", d.name, what, means, err)
		}
	}
	return fmt.Errorf("flow rules of %s: %s: %w", d.name, what, err)
}

// ifreq is struct ifreq with a pointer in its union, which x/sys has and does not export.
type ifreq struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// present is the interface's name now: the kernel takes names, and one that was renamed keeps its rules.
func (d *Device) present() (string, error) {
	if d.index == 0 {
		return d.name, nil
	}
	ifr, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	ifr.SetUint32(d.index)
	if err := unix.IoctlIfreq(d.fd, unix.SIOCGIFNAME, ifr); err != nil {
		return "", err
	}
	return ifr.Name(), nil
}

func (d *Device) do(request unsafe.Pointer) error {
	name, err := d.present()
	if err != nil {
		return err
	}
	r := ifreq{data: request}
	copy(r.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&r))); errno != 0 {
		return errno
	}
	return nil
}
