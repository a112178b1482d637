package bench

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// counters are the processor's own, of the calling thread, where the kernel and the machine give them. A nil *counters
// counts nothing.
type counters struct {
	fds   []int
	names []string
	sums  []float64
	began []uint64
}

var counterEvents = []struct {
	name   string
	config uint64
}{
	{"cycles", unix.PERF_COUNT_HW_CPU_CYCLES},
	{"instructions", unix.PERF_COUNT_HW_INSTRUCTIONS},
	{"cache_misses", unix.PERF_COUNT_HW_CACHE_MISSES},
	{"branch_misses", unix.PERF_COUNT_HW_BRANCH_MISSES},
}

// openCounters opens what there is for the calling thread; the text says "perf" or why there is nothing.
func openCounters() (*counters, string) {
	c := &counters{}
	var failed error
	for _, e := range counterEvents {
		attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_HARDWARE, Config: e.config, Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv}
		attr.Size = uint32(unsafe.Sizeof(attr))
		fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			failed = err
			continue
		}
		c.fds, c.names = append(c.fds, fd), append(c.names, e.name)
	}
	if len(c.fds) == 0 {
		return nil, fmt.Sprintf("none: perf_event_open says %v", failed)
	}
	c.sums, c.began = make([]float64, len(c.fds)), make([]uint64, len(c.fds))
	return c, "perf"
}

func (c *counters) read(i int) uint64 {
	var b [8]byte
	if n, err := unix.Read(c.fds[i], b[:]); n != 8 || err != nil {
		return 0
	}
	return binary.NativeEndian.Uint64(b[:])
}

func (c *counters) start() {
	if c == nil {
		return
	}
	for i := range c.fds {
		c.began[i] = c.read(i)
	}
}

func (c *counters) stop() {
	if c == nil {
		return
	}
	for i := range c.fds {
		c.sums[i] += float64(c.read(i) - c.began[i])
	}
}

// per returns the sums per unit and starts afresh.
func (c *counters) per(units uint64) map[string]float64 {
	if c == nil {
		return nil
	}
	m := map[string]float64{}
	for i, name := range c.names {
		m[name] = round(c.sums[i] / float64(units))
		c.sums[i] = 0
	}
	return m
}

func (c *counters) close() {
	if c == nil {
		return
	}
	for _, fd := range c.fds {
		_ = unix.Close(fd)
	}
}
