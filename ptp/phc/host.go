package phc

// Host is what the kernel says of the host's own clock. It is read, never set.
type Host struct {
	Synchronised bool   `json:"synchronised"` // somebody (chrony, ptp4l, phc2sys, ntpd) keeps it and says so
	MaxErrorNS   uint64 `json:"max_error_ns"` // the keeper's bound, which grows by 500 ppm when he does not come back
	TAIOffset    int16  `json:"tai_offset"`   // what CLOCK_TAI is ahead; 0 where nobody told the kernel
}

// HostTimes are the host's clocks, read at nearly the same moment.
type HostTimes struct {
	UTC uint64 // CLOCK_REALTIME
	Raw uint64 // CLOCK_MONOTONIC_RAW
}
