package bench

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// describe says what machine this is, as far as its files tell.
func describe(cores []int, c *clock, counters string) Machine {
	m := Machine{
		CPU: fileValue("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Used: cores, Arch: runtime.GOARCH, Go: runtime.Version(),
		Clock: c.name(), Counters: counters, Time: time.Now().UTC().Format(time.RFC3339),
		Kernel: fileText("/proc/sys/kernel/osrelease"), Load: fileText("/proc/loadavg"),
	}
	if kb, err := strconv.ParseFloat(strings.TrimSuffix(fileValue("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		m.MemoryGiB = round(kb / (1 << 20))
	}
	if text := fileText("/sys/kernel/mm/transparent_hugepage/enabled"); text != "" {
		if i, k := strings.IndexByte(text, '['), strings.IndexByte(text, ']'); i >= 0 && k > i {
			m.HugePages = text[i+1 : k]
		}
	}
	return m
}

// taken is what interrupts and the host took of a core since the machine started, ms.
type taken struct{ interrupts, host uint64 }

// takenFrom reads it; zero where the system does not tell.
func takenFrom(core int) (t taken) {
	name := "cpu" + strconv.Itoa(core)
	for line := range strings.SplitSeq(fileText("/proc/stat"), "\n") {
		f := strings.Fields(line)
		if len(f) < 9 || f[0] != name {
			continue
		}
		const tickMS = 10 // USER_HZ is 100
		for i, to := range map[int]*uint64{6: &t.interrupts, 7: &t.interrupts, 8: &t.host} {
			n, _ := strconv.ParseUint(f[i], 10, 64)
			*to += n * tickMS
		}
	}
	return t
}

func fileText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// fileValue returns what follows the first "key: " of a file.
func fileValue(path, key string) string {
	for line := range strings.SplitSeq(fileText(path), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
