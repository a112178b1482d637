package main

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// pin ties the calling goroutine to its thread, and that to a core.
func pin(core int) error {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	return nil
}

// realtime gives the calling thread SCHED_FIFO or takes it back; threads made meanwhile do not inherit it. The text
// says why it could not.
func realtime(on bool) string {
	const resetOnFork = 1 // SCHED_FLAG_RESET_ON_FORK
	a := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	if on {
		a.Policy, a.Priority, a.Flags = unix.SCHED_FIFO, 10, resetOnFork
	}
	if err := unix.SchedSetAttr(0, &a, 0); err != nil {
		return err.Error()
	}
	return ""
}

// threadCPU is the CPU time of the calling thread, ns.
func threadCPU() uint64 { return clockOf(unix.CLOCK_THREAD_CPUTIME_ID) }

func clockOf(id int32) uint64 {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return uint64(t.Sec)*1e9 + uint64(t.Nsec)
}

// clock is CLOCK_MONOTONIC, which all processes share, read without a system call: package time does that, but gives
// only differences.
type clock struct {
	base time.Time
	zero uint64
}

// newClock pins the difference to the clock's own reading; of many tries the one that took least is the best.
func newClock() clock {
	var c clock
	best := uint64(1 << 63)
	for range 2000 {
		before := clockOf(unix.CLOCK_MONOTONIC)
		base := time.Now()
		after := clockOf(unix.CLOCK_MONOTONIC)
		if after-before < best {
			best, c = after-before, clock{base, before + (after-before)/2}
		}
	}
	return c
}

func (c *clock) now() uint64 { return c.zero + uint64(time.Since(c.base)) }
