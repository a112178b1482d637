package phc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ReadHost returns the state of the host's clock (adjtimex with nothing to adjust, which needs no rights).
func ReadHost() (Host, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return Host{}, fmt.Errorf("state of the host's clock: %w", err)
	}
	const timeError = 5 // TIME_ERROR of timex.h
	h := Host{
		Synchronised: state != timeError && t.Status&unix.STA_UNSYNC == 0,
		TAIOffset:    int16(t.Tai),
	}
	if t.Maxerror > 0 {
		h.MaxErrorNS = uint64(t.Maxerror) * 1000
	}
	return h, nil
}

// ReadHostTimes reads the host's clocks.
func ReadHostTimes() (HostTimes, error) {
	raw, utc, err := rawAndHost()
	return HostTimes{UTC: utc, Raw: raw}, err
}
