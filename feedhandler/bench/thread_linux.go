package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

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

// confine ties every other thread of this process to a core, and with them the threads they will start. A goroutine that has
// a thread to itself may be stopped by the runtime all the same; another thread must then run before it goes on, and must not
// wait for a core that a real-time thread of the other process spins on: it did, for the 0.7 s of a slice. It is for a process
// whose other threads are not real-time themselves.
func confine(core int) {
	var set unix.CPUSet
	set.Set(core)
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		if tid, err := strconv.Atoi(t.Name()); err == nil && tid != unix.Gettid() {
			_ = unix.SchedSetaffinity(tid, &set) // one that has ended meanwhile needs none
		}
	}
}

// realtime gives the calling thread SCHED_FIFO or takes it back; threads made meanwhile do not inherit it. Never for as
// long as a second: the kernel takes the core from real-time threads after 0.95 s.
func realtime(on bool) error {
	const resetOnFork = 1 // SCHED_FLAG_RESET_ON_FORK
	a := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	if on {
		a.Policy, a.Priority, a.Flags = unix.SCHED_FIFO, 10, resetOnFork
	}
	return unix.SchedSetAttr(0, &a, 0)
}

// lockMemory faults everything mapped in and keeps it: a page fault of a real-time thread may wait for a lock that a
// starved one has. Advice; where it is refused, faults show as such.
func lockMemory() { _ = unix.Mlockall(unix.MCL_CURRENT) }

// sleep keeps the thread's policy, and so comes back on time where a goroutine's would wait for another thread first.
func sleep(ns int64) {
	if ns > 0 {
		t := unix.NsecToTimespec(ns)
		_ = unix.Nanosleep(&t, nil)
	}
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
