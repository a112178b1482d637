package config

import (
	"fmt"
	"strings"
	"time"
)

// Live says how 'wirebook run' receives.
type Live struct {
	Interface     string           `yaml:"interface,omitempty" json:"interface,omitempty" jsonschema:"description=Where the lines arrive; a line may name its own,maxLength=15"`
	RX            string           `yaml:"rx,omitempty" json:"rx,omitempty" jsonschema:"description=Edge: AF_XDP or kernel UDP sockets; auto says what it chose and why,enum=auto,enum=xdp,enum=socket,default=auto"`
	XDPMode       string           `yaml:"xdp_mode,omitempty" json:"xdp_mode,omitempty" jsonschema:"description=How AF_XDP gets frames; all but auto are demands: zerocopy: the NIC writes them where they are read; native: the kernel copies them below its network stack; generic: works with every driver,enum=auto,enum=zerocopy,enum=native,enum=generic,default=auto"`
	CPUs          []int            `yaml:"cpus,omitempty" json:"cpus,omitempty" jsonschema:"description=One worker a CPU\\, pinned to it; none: one worker that is not pinned"`
	Queues        map[string][]int `yaml:"queues,omitempty" json:"queues,omitempty" jsonschema:"description=By interface: the worker that polls each of its receive queues with AF_XDP\\, queue 0 first; default: the workers that own channels there\\, in turn"`
	Steer         string           `yaml:"steer,omitempty" json:"steer,omitempty" jsonschema:"description=Rules in the NIC (ethtool -N) that bring a channel's groups to a queue of its worker\\, where several workers share an interface; what arrives elsewhere is handed over between workers: auto: where the NIC can; require: fail where it cannot; off: leave it to the NIC's hash,enum=auto,enum=off,enum=require,default=auto"`
	HandOver      int              `yaml:"handover,omitempty" json:"handover,omitempty" jsonschema:"description=Bytes of the queue by which a worker hands frames over to another\\, rounded up to a power of two,default=4194304,minimum=262144"`
	Idle          string           `yaml:"idle,omitempty" json:"idle,omitempty" jsonschema:"description=busy: never leave the CPU; adaptive: spin\\, yield\\, then sleep until packets arrive,enum=busy,enum=adaptive,default=adaptive"`
	Realtime      int              `yaml:"realtime,omitempty" json:"realtime,omitempty" jsonschema:"description=SCHED_FIFO priority of workers; 0: ordinary scheduling,minimum=0,maximum=99"`
	LockMemory    bool             `yaml:"lock_memory,omitempty" json:"lock_memory,omitempty" jsonschema:"description=Keep every page in memory (mlockall); the books' tables have theirs from the start,default=false"`
	Batch         int              `yaml:"batch,omitempty" json:"batch,omitempty" jsonschema:"description=Datagrams taken at once,default=64,minimum=1,maximum=1024"`
	ReceiveBuffer int              `yaml:"receive_buffer,omitempty" json:"receive_buffer,omitempty" jsonschema:"description=Bytes of queue of each socket in the kernel; with AF_XDP also of each queue's UMEM\\, 4096 a frame,default=16777216"`
	BusyPoll      Duration         `yaml:"busy_poll,omitempty" json:"busy_poll,omitempty" jsonschema:"description=The kernel polls the NIC so long for an empty socket; 0: leaves it to interrupts"`
	JoinRate      int              `yaml:"join_rate,omitempty" json:"join_rate,omitempty" jsonschema:"description=Memberships joined a second at most,default=200,minimum=1"`
	StallTimeout  Duration         `yaml:"stall_timeout,omitempty" json:"stall_timeout,omitempty" jsonschema:"description=A worker without progress for so long is replaced; at least 100ms,default=2s"`
	Clock         string           `yaml:"clock,omitempty" json:"clock,omitempty" jsonschema:"description=auto: the NIC's PTP clock where it has one; nic: demand it; host: the host's clock only,enum=auto,enum=nic,enum=host,default=auto"`
	TrustHost     bool             `yaml:"trust_host,omitempty" json:"trust_host,omitempty" jsonschema:"description=Take the host's clock for UTC within a millisecond even when nobody keeps it: a laptop\\, a lab,default=false"`
	PTP4L         string           `yaml:"ptp4l,omitempty" json:"ptp4l,omitempty" jsonschema:"description=Management socket of ptp4l (uds_address\\, uds_ro_address); default: /var/run/ptp4lro\\, else /var/run/ptp4l"`
	Privileges    string           `yaml:"privileges,omitempty" json:"privileges,omitempty" jsonschema:"description=drop: give up every capability that the receive mode does not need\\, and refuse the system calls that no run makes; keep: leave them,enum=drop,enum=keep,default=drop"`
	User          string           `yaml:"user,omitempty" json:"user,omitempty" jsonschema:"description=Started by root\\, a run becomes this user before it opens anything\\, with the capabilities it needs; default: it stays who it is"`
}

// Bounds of Live.
const (
	maxWorkers  = 64
	maxCPU      = 1023
	maxBusyPoll = 10 * time.Millisecond
	leastStall  = 100 * time.Millisecond

	// DefaultReceiveBuffer is receive_buffer where it is not set.
	DefaultReceiveBuffer = 16 << 20
	// DefaultHandOver is handover where it is not set: some 16000 frames of 200 bytes.
	DefaultHandOver = 4 << 20
	leastHandOver   = 256 << 10 // twice the largest frame
)

func (l *Live) check(r *report) {
	one := func(key, value string, list ...string) {
		for _, v := range append(list, "") {
			if v == value {
				return
			}
		}
		r.add("must be one of "+strings.Join(list, ", "), value, "live", key)
	}
	one("rx", l.RX, "auto", "xdp", "socket")
	one("xdp_mode", l.XDPMode, "auto", "zerocopy", "native", "generic")
	one("idle", l.Idle, "busy", "adaptive")
	one("clock", l.Clock, "auto", "nic", "host")
	one("steer", l.Steer, "auto", "off", "require")
	one("privileges", l.Privileges, "drop", "keep")
	if len(l.Interface) > 15 {
		r.add("an interface name has at most 15 characters", l.Interface, "live", "interface")
	}
	if len(l.CPUs) > maxWorkers {
		r.add(fmt.Sprintf("at most %d workers", maxWorkers), len(l.CPUs), "live", "cpus")
	}
	seen := map[int]bool{}
	for i, cpu := range l.CPUs {
		switch {
		case cpu < 0 || cpu > maxCPU:
			r.add(fmt.Sprintf("must be 0 to %d", maxCPU), cpu, "live", "cpus", i)
		case seen[cpu]:
			r.add("another worker is on this CPU already", cpu, "live", "cpus", i)
		}
		seen[cpu] = true
	}
	for name, workers := range l.Queues {
		for q, w := range workers {
			if w < 0 || w >= l.Workers() {
				r.add(fmt.Sprintf("live.cpus names %d workers, counted from 0", l.Workers()), w, "live", "queues", name, q)
			}
		}
		if len(workers) == 0 {
			r.add("the worker of each queue, as in [0, 1]", "[]", "live", "queues", name)
		}
	}
	if l.HandOver != 0 && (l.HandOver < leastHandOver || l.HandOver > 1<<30) {
		r.add(fmt.Sprintf("must be %d to %d", leastHandOver, 1<<30), l.HandOver, "live", "handover")
	}
	for _, f := range []struct {
		key            string
		v, least, most int
	}{
		{"realtime", l.Realtime, 0, 99}, {"batch", l.Batch, 0, 1024}, {"receive_buffer", l.ReceiveBuffer, 0, 1 << 30}, {"join_rate", l.JoinRate, 0, 100_000},
	} {
		if f.v < f.least || f.v > f.most {
			r.add(fmt.Sprintf("must be %d to %d", f.least, f.most), f.v, "live", f.key)
		}
	}
	if time.Duration(l.BusyPoll) > maxBusyPoll {
		r.add("at most 10ms", time.Duration(l.BusyPoll), "live", "busy_poll")
	}
	if l.StallTimeout != 0 && time.Duration(l.StallTimeout) < leastStall {
		r.add("at least 100ms", time.Duration(l.StallTimeout), "live", "stall_timeout")
	}
}

// Workers returns how many workers the configuration asks for.
func (l *Live) Workers() int { return max(len(l.CPUs), 1) }
