//go:build !linux

package phc

import (
	"time"

	"wirebook/ptp"
)

// Clock is an open PHC; there is none here.
type Clock struct{}

// Stamping is the receive stamping of one interface; there is none here.
type Stamping struct{}

// Find gives ErrNotSupported.
func Find(iface string) (Info, error) { return Info{Interface: iface, Index: -1}, ErrNotSupported }

// NoClock gives ErrNoClock.
func NoClock(Info) error { return ErrNoClock }

// Devices lists nothing.
func Devices() []Device { return nil }

// Open gives ErrNotSupported.
func Open(string) (*Clock, error) { return nil, ErrNotSupported }

// Path returns "".
func (c *Clock) Path() string { return "" }

// Method returns MethodNone.
func (c *Clock) Method() (Method, string) { return MethodNone, ErrNotSupported.Error() }

// Sample gives ErrNotSupported.
func (c *Clock) Sample() (ptp.Sample, error) { return ptp.Sample{}, ErrNotSupported }

// Close does nothing.
func (c *Clock) Close() error { return nil }

// EnableReceiveStamps gives ErrNotSupported.
func EnableReceiveStamps(string) (*Stamping, error) { return nil, ErrNotSupported }

// Changed returns false.
func (s *Stamping) Changed() bool { return false }

// Check does nothing.
func (s *Stamping) Check() (bool, error) { return false, nil }

// Repairs returns 0.
func (s *Stamping) Repairs() int { return 0 }

// Close does nothing.
func (s *Stamping) Close() error { return nil }

// ReadHost says that nothing is known of the host's clock.
func ReadHost() (Host, error) { return Host{}, ErrNotSupported }

var start = time.Now()

// ReadHostTimes reads the host's clocks.
func ReadHostTimes() (HostTimes, error) {
	return HostTimes{UTC: uint64(time.Now().UnixNano()), Raw: uint64(time.Since(start))}, nil
}
