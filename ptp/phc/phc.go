package phc

import (
	"errors"
	"fmt"
)

// Sentinels: what callers decide on. The errors that wrap them name the device and the fix.
var (
	ErrNoInterface  = errors.New("no such interface")
	ErrNoClock      = errors.New("no PTP hardware clock")
	ErrNoStamps     = errors.New("no hardware receive stamps for all packets")
	ErrNoDevice     = errors.New("PTP device missing")
	ErrNoRights     = errors.New("no rights")
	ErrNotSupported = errors.New("PTP hardware clocks are read on Linux only")
)

// Info is what an interface says of its time stamping (ETHTOOL_GET_TS_INFO).
type Info struct {
	Interface string `json:"interface"`
	Index     int    `json:"index"`            // of the PHC; -1 without one
	Path      string `json:"path,omitempty"`   // /dev/ptpN; empty without one
	Name      string `json:"name,omitempty"`   // what the driver calls the clock
	Driver    string `json:"driver,omitempty"` // of the interface
	RxStamps  bool   `json:"rx_stamps"`        // the hardware stamps received packets at all
	RxAll     bool   `json:"rx_all"`           // every packet, not only PTP's
}

// HasClock says whether the interface has a PHC.
func (i Info) HasClock() bool { return i.Index >= 0 }

// Method is a way of comparing the PHC with the host's clock, best first.
type Method uint8

// Methods.
const (
	MethodNone Method = iota
	MethodPrecise
	MethodExtended
	MethodPlain
)

// String returns the name used in messages and JSON.
func (m Method) String() string {
	switch m {
	case MethodPrecise:
		return "precise"
	case MethodExtended:
		return "extended"
	case MethodPlain:
		return "plain"
	}
	return "none"
}

// PreciseErrorNS is how far a precise cross timestamp is believed to be off at most. The latch itself is within some ns;
// what remains is the conversion of the host's counter to UTC.
const PreciseErrorNS = 50

// Readings is how many times the clock is read for one sample; the narrowest is taken.
const Readings = 7

// Device is a PTP clock the kernel knows.
type Device struct {
	Index int    `json:"index"`
	Path  string `json:"path"`
	Name  string `json:"name"`
}

func devicePath(index int) string { return fmt.Sprintf("/dev/ptp%d", index) }
