package bench

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// allowed lists the cores this process may use.
func allowed() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return []int{0}
	}
	var list []int
	for i := 0; i < 1024; i++ {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list
}

// pin ties the calling goroutine to a thread and the thread to a core, until the returned function is called.
func pin(core int) (func(), error) {
	runtime.LockOSThread()
	var before, set unix.CPUSet
	_ = unix.SchedGetaffinity(0, &before)
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("pin to core %d: %w", core, err)
	}
	return func() {
		_ = unix.SchedSetaffinity(0, &before)
		runtime.UnlockOSThread()
	}, nil
}

func monotonic() uint64 { return clockOf(unix.CLOCK_MONOTONIC) }

// threadCPU is the CPU time of the calling thread, ns.
func threadCPU() uint64 { return clockOf(unix.CLOCK_THREAD_CPUTIME_ID) }

func clockOf(id int32) uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(id, &ts) != nil {
		return 0
	}
	return uint64(ts.Sec)*1e9 + uint64(ts.Nsec)
}

// interruptions are what the kernel did to a thread since it began.
type interruptions struct{ switches, faults int64 }

func interrupted() interruptions {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &r) != nil {
		return interruptions{}
	}
	return interruptions{switches: r.Nivcsw + r.Nvcsw, faults: r.Minflt + r.Majflt}
}
