package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"wirebook/ptp/clock"
	"wirebook/shm/segment"
)

func (e *examination) kernel() {
	release, _ := e.read("proc/sys/kernel/osrelease")
	release = or(release, "unknown")
	major, minor := version(release)
	atLeast := func(a, b int) bool { return major > a || major == a && minor >= b }
	switch {
	case !atLeast(5, 9):
		e.judge("kernel.version", false, Fail, release, "6.6 or newer", "AF_XDP is not usable: only rx: socket", "install a newer kernel")
	case !atLeast(6, 3):
		e.judge("kernel.version", false, Warn, release, "6.6 or newer", "no hardware receive stamps in XDP programs (6.3), no multi-buffer AF_XDP (6.6)", "install a newer kernel")
	default:
		e.judge("kernel.version", atLeast(6, 6), Note, release, "6.6 or newer", "no multi-buffer AF_XDP: jumbo frames need rx: socket", "install a newer kernel")
	}
	_, btf := e.read("sys/kernel/btf/vmlinux")
	e.judge("kernel.btf", btf, Warn, present(btf), "present", "hardware receive stamps in XDP programs are not available", "use a kernel with CONFIG_DEBUG_INFO_BTF=y")
	if jit, ok := e.number("proc/sys/net/core/bpf_jit_enable"); ok {
		e.judge("kernel.bpf_jit", jit >= 1, Warn, strconv.FormatInt(jit, 10), "1", "the XDP program is interpreted, several times slower", "sysctl -w net.core.bpf_jit_enable=1")
	}
	if rt, ok := e.number("proc/sys/kernel/sched_rt_runtime_us"); ok {
		e.judge("kernel.rt_throttling", rt < 0, Note, strconv.FormatInt(rt, 10), "-1 where live.realtime is used with idle: busy",
			"a SCHED_FIFO worker that never sleeps is stopped for 50 ms of each second", "sysctl -w kernel.sched_rt_runtime_us=-1")
	}
	if nmi, ok := e.number("proc/sys/kernel/nmi_watchdog"); ok {
		e.judge("kernel.nmi_watchdog", nmi == 0, Note, strconv.FormatInt(nmi, 10), "0", "an interrupt a second on each CPU, some µs", "sysctl -w kernel.nmi_watchdog=0")
	}
}

func version(release string) (major, minor int) {
	_, _ = fmt.Sscanf(release, "%d.%d", &major, &minor)
	return major, minor
}

func present(ok bool) string {
	if ok {
		return "present"
	}
	return "absent"
}

// wanted are the capabilities and what each is for.
var wanted = []struct {
	bit       uint
	name, use string
}{
	{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN", "attach XDP programs, exceed rmem_max, steer flows"},
	{unix.CAP_NET_RAW, "CAP_NET_RAW", "open AF_XDP sockets"},
	{unix.CAP_BPF, "CAP_BPF", "load XDP programs"},
	{unix.CAP_SYS_NICE, "CAP_SYS_NICE", "run workers with SCHED_FIFO"},
	{unix.CAP_IPC_LOCK, "CAP_IPC_LOCK", "keep memory locked whatever RLIMIT_MEMLOCK says"},
}

func (e *examination) rights() {
	for _, c := range wanted {
		has := e.has(c.bit)
		level := Warn
		if c.bit == unix.CAP_NET_ADMIN || c.bit == unix.CAP_NET_RAW || c.bit == unix.CAP_BPF {
			level = Fail
		}
		cost := "cannot " + c.use
		if level == Fail {
			cost += ": only rx: socket works"
		}
		e.judge("rights."+strings.ToLower(c.name), has, level, present(has), "present", cost,
			"run as root, or: setcap cap_net_admin,cap_net_raw,cap_bpf,cap_perfmon,cap_sys_nice,cap_ipc_lock+ep $(command -v wirebook)")
	}
}

// has says whether this process has a capability.
func (e *examination) has(capability uint) bool {
	status, _ := e.read("proc/self/status")
	for _, line := range strings.Split(status, "\n") {
		if v, ok := strings.CutPrefix(line, "CapEff:"); ok {
			effective, _ := strconv.ParseUint(strings.TrimSpace(v), 16, 64)
			return effective&(1<<capability) != 0
		}
	}
	return false
}

func (e *examination) limits() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &l) == nil {
		const want = 512 << 20
		found := "unlimited"
		if l.Cur != unix.RLIM_INFINITY {
			found = mib(l.Cur)
		}
		e.judge("limits.memlock", l.Cur >= want || e.has(unix.CAP_IPC_LOCK), Warn, found, "unlimited, or CAP_IPC_LOCK", "live.lock_memory and large UMEMs fail without CAP_IPC_LOCK",
			"ulimit -l unlimited; LimitMEMLOCK=infinity in the unit")
	}
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		e.judge("limits.nofile", l.Cur >= 1024, Warn, strconv.FormatUint(l.Cur, 10), "1024 or more", "a socket a line: many lines may not fit", "ulimit -n 65536; LimitNOFILE=65536 in the unit")
	}
}

func (e *examination) memory() {
	var fs unix.Statfs_t
	if unix.Statfs(e.o.ShmRoot, &fs) == nil {
		free, size := fs.Bavail*uint64(fs.Bsize), fs.Blocks*uint64(fs.Bsize)
		const want = 512 << 20
		e.judge("memory.shm", free >= want, Warn, mib(free)+" free of "+mib(size)+" in "+e.o.ShmRoot, "512 MiB free",
			"an instance with default rings takes 200 MiB and would not start", "mount -o remount,size=2G "+e.o.ShmRoot)
	}
	if e.o.ShmRoot == "/dev/shm" {
		e.instances(segment.Root("")) // WIREBOOK_SHM may name another
	} else {
		e.instances(filepath.Join(e.o.ShmRoot, "wirebook"))
	}
	if thp, ok := e.read("sys/kernel/mm/transparent_hugepage/enabled"); ok {
		e.judge("memory.thp", chosen(thp) != "never", Note, chosen(thp), "madvise", "books lie on 4 KiB pages: more TLB misses", "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
	}
	if n, ok := e.number("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"); ok {
		e.judge("memory.hugepages", n > 0, Note, plural(n, "page")+" of 2 MiB", "64 or more for AF_XDP",
			"the UMEM lies on 4 KiB pages: about 5 ns a packet more (13 instead of 9 measured on veth)", "sysctl -w vm.nr_hugepages=64")
	}
	if swap, ok := e.read("proc/swaps"); ok {
		used := strings.Count(swap, "\n") > 0
		e.judge("memory.swap", !used, Note, map[bool]string{true: "on", false: "off"}[used], "off, or live.lock_memory", "a page that was swapped out costs milliseconds", "swapoff -a, or live.lock_memory: true")
	}
	if n, ok := e.number("proc/sys/kernel/numa_balancing"); ok {
		e.judge("memory.numa_balancing", n == 0, Note, strconv.FormatInt(n, 10), "0", "pages are unmapped now and then to see who uses them: faults in the hot path", "sysctl -w kernel.numa_balancing=0")
	}
}

// instances tells whether the folder of instances can be relied on, and whether somebody else could come first to it.
func (e *examination) instances(base string) {
	err := segment.CheckBase(base)
	if errors.Is(err, segment.ErrUntrusted) {
		e.add(Finding{"memory.instances", Fail, err.Error(), base + " made by root or by the user that runs", "no instance can be written: whoever made the folder could have root write where they like, and readers believe their books",
			"remove it, then install scripts/wirebook.tmpfiles.conf: systemd-tmpfiles --create"})
		return
	}
	_, missing := os.Lstat(base)
	e.judge("memory.instances", missing == nil, Note, map[bool]string{true: base + " is there", false: base + " is not there"}[missing == nil], "made at boot by root",
		"whoever makes it first keeps all others from writing instances there", "install scripts/wirebook.tmpfiles.conf: systemd-tmpfiles --create")
}

func (e *examination) clock() {
	if cs, ok := e.read("sys/devices/system/clocksource/clocksource0/current_clocksource"); ok {
		e.judge("time.clocksource", cs == "tsc", Warn, cs, "tsc", "reading the time takes longer, with hpet or acpi_pm a µs and a system call",
			"echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource (boot with tsc=reliable where the host is known to be)")
	}
	var t unix.Timex
	if state, err := unix.Adjtimex(&t); err == nil {
		synced := state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
		found := "not synchronised"
		if synced {
			found = fmt.Sprintf("synchronised, at most %d µs off", t.Maxerror)
		}
		e.judge("time.host_clock", synced, Warn, found, "synchronised", "kernel receive stamps are flagged BAD_TS_RECV: nobody vouches for them",
			"run chronyd, or phc2sys with ptp4l")
		cost, fix := "CLOCK_TAI is UTC here: the offset is taken from the leap second table", "chronyd with leapsectz, or ptp4l with phc2sys, sets it"
		if _, _, err := clock.Leaps(); err != nil {
			cost, fix = "CLOCK_TAI is UTC here and there is no leap second table: a NIC's clock that counts TAI is believed only while ptp4l vouches for its offset", "install tzdata"
		}
		e.judge("time.tai_offset", t.Tai != 0, Note, fmt.Sprintf("%d s", t.Tai), "37 s", cost, fix)
	}
	devices := e.glob("dev/ptp*")
	e.judge("time.phc", len(devices) > 0, Note, plural(int64(len(devices)), "PTP clock"), "one for the receiving NIC", "no hardware time: stamps are the kernel's or the driver's", "use a NIC with a PTP clock and load its driver (modprobe ptp)")
}
