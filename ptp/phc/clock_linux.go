package phc

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"wirebook/ptp"
)

// Clock is an open PHC. It belongs to one goroutine.
type Clock struct {
	file   *os.File
	path   string
	method Method
	why    string
	failed int // comparisons in a row that a better method than plain has failed
}

// Open opens a PTP device for reading and finds the best way to compare it with the host's clock.
func Open(path string) (*Clock, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: is the NIC's driver loaded, and the device passed into this container? "+
			"'ls /sys/class/ptp' lists the clocks the kernel has", path, ErrNoDevice)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s: %w to read it: run as root, or give the group read access, "+
			`for example with the udev rule SUBSYSTEM=="ptp", GROUP="wirebook", MODE="0640"`, path, ErrNoRights)
	case err != nil:
		return nil, fmt.Errorf("PTP device: %w", err)
	}
	c := &Clock{file: file, path: path}
	if err := c.choose(); err != nil {
		file.Close()
		return nil, err
	}
	return c, nil
}

// Path returns the device's path.
func (c *Clock) Path() string { return c.path }

// Method returns the way of comparing in use, and why it is not a better one.
func (c *Clock) Method() (m Method, why string) { return c.method, c.why }

// Close closes the device.
func (c *Clock) Close() error { return c.file.Close() }

// choose tries the methods, best first.
func (c *Clock) choose() error {
	refused := ""
	for m := MethodPrecise; m <= MethodPlain; m++ {
		_, err := c.compare(m)
		if err == nil {
			c.method, c.why = m, "the driver has it"
			if refused != "" {
				c.why = "the driver has no " + refused
			}
			return nil
		}
		// A method that is there and fails, as PTM does where the root port has none (ETIMEDOUT of igc), leaves the others.
		if !unsupported(err) && (m == MethodPlain || errors.Is(err, unix.ENODEV)) {
			return fmt.Errorf("%s: comparing with the host's clock (%s): %w", c.path, m, err)
		}
		if refused != "" {
			refused += " and no "
		}
		refused += fmt.Sprintf("%s comparison (%v)", m, err)
	}
	return fmt.Errorf("%s: %w: is this a PTP device? It has no %s", c.path, ErrNoDevice, refused)
}

// unsupported tells a driver that lacks a method from a clock that does not answer.
func unsupported(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS)
}

// giveUpAfter is how often a method may fail in a row before the next one is taken for good.
const giveUpAfter = 3

// Sample takes one cross timestamp: the narrowest of several readings. It blocks for some microseconds, or milliseconds
// where a NIC is slow. A clock that went away gives ErrNoDevice.
func (c *Clock) Sample() (ptp.Sample, error) {
	s, err := c.compare(c.method)
	if err == nil {
		c.failed = 0
	} else if !errors.Is(err, unix.ENODEV) && c.method < MethodPlain {
		if other, otherErr := c.compare(c.method + 1); otherErr == nil {
			if c.failed++; c.failed >= giveUpAfter {
				c.why = fmt.Sprintf("%s comparison worked at first and fails now (%v)", c.method, err)
				c.method, c.failed = c.method+1, 0
			}
			return other, nil
		}
	}
	if errors.Is(err, unix.ENODEV) {
		return s, fmt.Errorf("%s: %w: its driver was unloaded or the NIC removed", c.path, ErrNoDevice)
	}
	if err != nil {
		return s, fmt.Errorf("%s: comparing with the host's clock (%s): %w", c.path, c.method, err)
	}
	return s, nil
}

func (c *Clock) compare(m Method) (best ptp.Sample, err error) {
	fd := int(c.file.Fd())
	raw, host, err := rawAndHost()
	if err != nil {
		return best, err
	}
	switch m {
	case MethodPrecise:
		p, err := unix.IoctlPtpSysOffsetPrecise(fd)
		if err != nil {
			return best, err
		}
		at := nanoseconds(p.Realtime)
		return ptp.Sample{BeforeNS: at - PreciseErrorNS, PHC: nanoseconds(p.Device), AfterNS: at + PreciseErrorNS,
			RawNS: nanoseconds(p.Monoraw)}, nil
	case MethodExtended:
		e, err := unix.IoctlPtpSysOffsetExtended(fd, Readings)
		if err != nil {
			return best, err
		}
		for i := range e.Ts[:Readings] {
			best = narrower(best, ptp.Sample{BeforeNS: nanoseconds(e.Ts[i][0]), PHC: nanoseconds(e.Ts[i][1]), AfterNS: nanoseconds(e.Ts[i][2])})
		}
	default:
		p, err := sysOffset(fd, Readings)
		if err != nil {
			return best, err
		}
		for i := 0; i < Readings; i++ {
			best = narrower(best, ptp.Sample{BeforeNS: nanoseconds(p.Ts[2*i]), PHC: nanoseconds(p.Ts[2*i+1]), AfterNS: nanoseconds(p.Ts[2*i+2])})
		}
	}
	best.RawNS = raw + (best.MidNS() - host)
	return best, nil
}

// narrower returns the better of two readings; one that ran backwards is the worst.
func narrower(a, b ptp.Sample) ptp.Sample {
	if a.PHC == 0 && a.AfterNS == 0 || a.AfterNS < a.BeforeNS || b.AfterNS >= b.BeforeNS && b.WidthNS() < a.WidthNS() {
		return b
	}
	return a
}

func nanoseconds(t unix.PtpClockTime) uint64 { return uint64(t.Sec)*1_000_000_000 + uint64(t.Nsec) }

// rawAndHost reads CLOCK_MONOTONIC_RAW and CLOCK_REALTIME at nearly the same moment. A thread taken off its core between
// the two would make it look as if the host's clock had jumped, so it tries a few times for a narrow one.
func rawAndHost() (raw, host uint64, err error) {
	const enoughNS, tries = 2000, 5
	best := int64(math.MaxInt64)
	for i := 0; i < tries && best > enoughNS; i++ {
		var before, real, after unix.Timespec
		if err = unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &before); err == nil {
			err = unix.ClockGettime(unix.CLOCK_REALTIME, &real)
		}
		if err == nil {
			err = unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &after)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("reading the host's clocks: %w", err)
		}
		if width := after.Nano() - before.Nano(); width < best {
			best, raw, host = width, uint64(before.Nano()+width/2), uint64(real.Nano())
		}
	}
	return raw, host, nil
}
