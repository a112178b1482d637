package live

import (
	"errors"
	"fmt"
	"golang.org/x/sys/unix"
	"os"
	"runtime"
	"strconv"
)

// allowedCPUs are those this process may run on.
func allowedCPUs() (unix.CPUSet, error) {
	var set unix.CPUSet
	err := unix.SchedGetaffinity(os.Getpid(), &set)
	return set, err
}

// cpuList spells a set: 0-3,8.
func cpuList(set *unix.CPUSet) string {
	out := ""
	for i := 0; i < 1024; i++ {
		if !set.IsSet(i) {
			continue
		}
		last := i
		for last+1 < 1024 && set.IsSet(last+1) {
			last++
		}
		if out != "" {
			out += ","
		}
		out += strconv.Itoa(i)
		if last > i {
			out += "-" + strconv.Itoa(last)
		}
		i = last
	}
	return out
}

// clearCPUs moves every thread of the process off the workers' CPUs, so that the collector and everything cold run
// elsewhere: new threads inherit from these. It says what it did, or why it could not.
func clearCPUs(workers []int) (string, error) {
	set, err := allowedCPUs()
	if err != nil {
		return "", err
	}
	rest := set
	for _, cpu := range workers {
		rest.Clear(cpu)
	}
	if rest.Count() == 0 {
		return "no CPU is left beside the workers': the collector and everything cold share theirs", nil
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return "", err
	}
	var errs []error
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(tid, &rest); err != nil && !errors.Is(err, unix.ESRCH) {
			errs = append(errs, err)
		}
	}
	// One P for each worker and for each CPU that is left: a worker never waits for a P that the collector holds.
	runtime.GOMAXPROCS(len(workers) + max(min(rest.Count(), 4), 2))
	return "everything but the workers runs on CPUs " + cpuList(&rest), errors.Join(errs...)
}

// lockMemory keeps pages in memory from their first touch on.
func lockMemory() error {
	const onFault = 4 // MCL_ONFAULT: reserved address space is not filled
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | onFault); err != nil {
		var limit unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit)
		return fmt.Errorf("lock memory: %w: the limit is %d bytes: raise it ('ulimit -l unlimited', LimitMEMLOCK=infinity in the unit), give CAP_IPC_LOCK, or set live.lock_memory to false",
			err, limit.Cur)
	}
	return nil
}
