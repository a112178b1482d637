package main

import "golang.org/x/sys/unix"

// monotonicUS is the clock the service manager compares reloads with.
func monotonicUS() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return ts.Nano() / 1000
}
