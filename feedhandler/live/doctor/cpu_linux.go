package doctor

import (
	"fmt"
	"path"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

func (e *examination) processors() {
	n := runtime.NumCPU()
	e.judge("cpu.count", n >= 4, Note, plural(int64(n), "CPU"), "one for each worker, one for the kernel's network work, one for everything else",
		"workers, softirqs and the collector share CPUs", "use a host with more cores")
	isolated, ok := e.read("sys/devices/system/cpu/isolated")
	e.judge("cpu.isolated", ok && isolated != "", Note, or(isolated, "none"), "the workers' CPUs", "the scheduler may put other tasks beside a worker: pauses of ms",
		"boot with isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST, and name the LIST in live.cpus")
	nohz, _ := e.read("sys/devices/system/cpu/nohz_full")
	nohz = strings.Trim(nohz, "() ")
	if nohz == "null" {
		nohz = ""
	}
	e.judge("cpu.nohz_full", nohz != "", Note, or(nohz, "none"), "the workers' CPUs", "a timer tick up to 1000 times a second on a worker, some µs each", "boot with nohz_full=LIST")
	e.governor()
	e.idleStates()
	if smt, ok := e.number("sys/devices/system/cpu/smt/active"); ok {
		e.judge("cpu.smt", smt == 0, Note, map[bool]string{true: "on", false: "off"}[smt != 0], "off, or siblings of workers left idle", "a busy sibling takes up to half of a worker's core",
			"echo off > /sys/devices/system/cpu/smt/control")
	}
	if turbo, ok := e.number("sys/devices/system/cpu/intel_pstate/no_turbo"); ok {
		e.judge("cpu.turbo", turbo == 0, Note, map[bool]string{true: "off", false: "on"}[turbo != 0], "on", "the CPU stays at its base clock", "echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo")
	}
}

func (e *examination) governor() {
	seen := map[string]int{}
	for _, p := range e.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor") {
		g, _ := e.read(p)
		seen[g]++
	}
	if len(seen) == 0 {
		e.add(Finding{ID: "cpu.governor", Level: Note, Found: "no cpufreq: a virtual machine, or the firmware decides", Want: "performance",
			Cost: "unknown: the clock may follow the load", Fix: "choose the maximum performance profile in the firmware or hypervisor"})
		return
	}
	e.judge("cpu.governor", len(seen) == 1 && seen["performance"] > 0, Warn, tally(seen), "performance on every CPU",
		"a CPU that was idle takes up to ms to reach its clock", "scripts/tune apply IF, or: for g in /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor; do echo performance > $g; done")
}

func (e *examination) idleStates() {
	deepest, name, states := int64(0), "", 0
	for _, p := range e.glob("sys/devices/system/cpu/cpu0/cpuidle/state*") {
		states++
		disabled, _ := e.number(path.Join(p, "disable"))
		latency, _ := e.number(path.Join(p, "latency"))
		if disabled == 0 && latency >= deepest {
			deepest = latency
			name, _ = e.read(path.Join(p, "name"))
		}
	}
	if states == 0 {
		e.add(Finding{ID: "cpu.idle_states", Level: Note, Found: "no cpuidle: a virtual machine, or one state only", Want: "shallow states only",
			Cost: "unknown: the host below may put the CPU to sleep", Fix: "idle: busy keeps the worker's CPU awake"})
		return
	}
	e.judge("cpu.idle_states", deepest <= 10, Warn, fmt.Sprintf("%s, %d µs to wake", name, deepest), "at most 10 µs to wake",
		fmt.Sprintf("a worker that sleeps, or a softirq, sees a packet up to %d µs late", deepest),
		"scripts/tune apply IF, or boot with intel_idle.max_cstate=1 processor.max_cstate=1; idle: busy avoids it on the worker's own CPU")
}

func or(s, empty string) string {
	if s == "" {
		return empty
	}
	return s
}

func tally(m map[string]int) string {
	var parts []string
	for k, n := range m {
		parts = append(parts, k+" on "+strconv.Itoa(n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
