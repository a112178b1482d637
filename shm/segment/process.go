package segment

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// processStart returns when process pid started, in clock ticks since boot: field 22 of /proc/PID/stat, which with
// the pid names a process for good. 0 where it cannot be told.
func processStart(pid int) uint64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is the command in brackets and may hold blanks: count from its end.
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return 0
	}
	fields := bytes.Fields(b[i+1:])
	if len(fields) < 20 {
		return 0
	}
	v, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return 0
	}
	return v
}

// alive says whether the process that wrote pid and start still runs. Processes of another PID namespace look dead.
func alive(pid uint32, start uint64) bool {
	return pid != 0 && start != 0 && processStart(int(pid)) == start
}
