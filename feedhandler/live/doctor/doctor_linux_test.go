package doctor

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/config"
)

// host makes a tree of files that stands for a host.
func host(t *testing.T, files map[string]string) Options {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Options{Root: root, NoSelfTest: true, ShmRoot: t.TempDir(), Interfaces: []string{"lo"}}
}

func levels(r *Report) map[string]Level {
	m := map[string]Level{}
	for _, f := range r.Findings {
		m[f.ID] = f.Level
	}
	return m
}

// tuned is a host where everything is as it should be, as far as files tell.
var tuned = map[string]string{
	"proc/sys/kernel/osrelease":                             "6.12.0-trading",
	"sys/kernel/btf/vmlinux":                                "x",
	"proc/sys/net/core/bpf_jit_enable":                      "1",
	"proc/sys/kernel/sched_rt_runtime_us":                   "-1",
	"proc/sys/kernel/nmi_watchdog":                          "0",
	"proc/self/status":                                      "Name:\twirebook\nCapEff:\t000001ffffffffff",
	"sys/kernel/mm/transparent_hugepage/enabled":            "always [madvise] never",
	"sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "128",
	"proc/swaps":                                                      "Filename Type Size Used Priority",
	"proc/sys/kernel/numa_balancing":                                  "0",
	"sys/devices/system/cpu/isolated":                                 "2-7",
	"sys/devices/system/cpu/nohz_full":                                "2-7",
	"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "performance",
	"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor":            "performance",
	"sys/devices/system/cpu/cpu0/cpuidle/state0/latency":              "0",
	"sys/devices/system/cpu/cpu0/cpuidle/state0/name":                 "POLL",
	"sys/devices/system/cpu/cpu0/cpuidle/state0/disable":              "0",
	"sys/devices/system/cpu/cpu0/cpuidle/state1/latency":              "133",
	"sys/devices/system/cpu/cpu0/cpuidle/state1/name":                 "C6",
	"sys/devices/system/cpu/cpu0/cpuidle/state1/disable":              "1",
	"sys/devices/system/cpu/smt/active":                               "0",
	"proc/sys/net/core/rmem_max":                                      "67108864",
	"proc/sys/net/core/netdev_max_backlog":                            "20000",
	"proc/sys/net/core/netdev_budget":                                 "600",
	"proc/sys/net/core/busy_poll":                                     "50",
	"proc/sys/net/ipv4/igmp_max_memberships":                          "1024",
	"proc/sys/net/ipv4/igmp_max_msf":                                  "64",
	"proc/sys/net/ipv4/udp_early_demux":                               "1",
	"proc/sys/net/ipv4/conf/all/rp_filter":                            "0",
	"proc/sys/net/ipv4/conf/lo/rp_filter":                             "2",
	"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
	"dev/ptp0": "",
}

func TestATunedHost(t *testing.T) {
	r := Examine(host(t, tuned))
	got := levels(r)
	for _, id := range []string{
		"kernel.version", "kernel.btf", "kernel.bpf_jit", "kernel.rt_throttling", "kernel.nmi_watchdog", "rights.cap_net_admin", "rights.cap_bpf",
		"limits.memlock", "memory.thp", "memory.hugepages", "memory.swap", "memory.numa_balancing", "cpu.isolated", "cpu.nohz_full", "cpu.governor",
		"cpu.idle_states", "cpu.smt", "net.rmem_max", "net.backlog", "net.budget", "net.busy_poll", "net.igmp_max_memberships", "net.igmp_max_msf",
		"net.udp_early_demux", "net.rp_filter:lo", "time.clocksource", "time.phc",
	} {
		if got[id] != OK {
			t.Errorf("%s is %q, want ok", id, got[id])
		}
	}
	if got["nic.flow_rules:lo"] != Note {
		t.Errorf("flow rules of the loopback, which has none: %q", got["nic.flow_rules:lo"])
	}
}

func TestWhatIsWrongIsFound(t *testing.T) {
	for _, c := range []struct {
		path, text, id string
		want           Level
	}{
		{"proc/sys/kernel/osrelease", "5.4.0", "kernel.version", Fail},
		{"proc/sys/kernel/osrelease", "5.15.0", "kernel.version", Warn},
		{"proc/sys/kernel/osrelease", "6.5.0", "kernel.version", Note},
		{"proc/sys/net/core/bpf_jit_enable", "0", "kernel.bpf_jit", Warn},
		{"proc/sys/kernel/sched_rt_runtime_us", "950000", "kernel.rt_throttling", Note},
		{"proc/self/status", "CapEff:\t0000000000000000", "rights.cap_net_raw", Fail},
		{"proc/self/status", "CapEff:\t0000000000000000", "rights.cap_sys_nice", Warn},
		{"sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]", "memory.thp", Note},
		{"sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0", "memory.hugepages", Note},
		{"proc/swaps", "Filename Type\n/dev/sda2 partition", "memory.swap", Note},
		{"sys/devices/system/cpu/isolated", "", "cpu.isolated", Note},
		{"sys/devices/system/cpu/nohz_full", "(null)", "cpu.nohz_full", Note},
		{"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave", "cpu.governor", Warn},
		{"sys/devices/system/cpu/cpu0/cpuidle/state1/disable", "0", "cpu.idle_states", Warn},
		{"sys/devices/system/cpu/smt/active", "1", "cpu.smt", Note},
		{"proc/sys/net/ipv4/conf/lo/rp_filter", "1", "net.rp_filter:lo", Warn},
		{"sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet", "time.clocksource", Warn},
		{"proc/7/comm", "irqbalance", "nic.irqbalance:lo", Warn},
	} {
		files := map[string]string{"proc/interrupts": "CPU0"}
		for k, v := range tuned {
			files[k] = v
		}
		files[c.path] = c.text
		r := Examine(host(t, files))
		if got := levels(r)[c.id]; got != c.want {
			t.Errorf("%s with %s = %q: %q, want %q", c.id, c.path, c.text, got, c.want)
		}
	}
}

// TestAStrangersFolderIsFound: who made /dev/shm/wirebook first is told before a run fails over it.
func TestAStrangersFolderIsFound(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be several users; this check did not run")
	}
	o := host(t, tuned)
	base := filepath.Join(o.ShmRoot, "wirebook")
	if got := levels(Examine(o))["memory.instances"]; got != Note {
		t.Errorf("not there: %q", got)
	}
	if err := os.Mkdir(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := levels(Examine(o))["memory.instances"]; got != OK {
		t.Errorf("root's: %q", got)
	}
	if err := os.Chown(base, 4242, 4242); err != nil {
		t.Fatal(err)
	}
	r := Examine(o)
	if got := levels(r)["memory.instances"]; got != Fail {
		t.Errorf("a stranger's: %q", got)
	}
	complete(t, r)
}

// TestVLANTagsAreSeen: a NIC that takes tags off is told of; on veth they are off only where the sender put them beside.
func TestVLANTagsAreSeen(t *testing.T) {
	for _, c := range []struct {
		driver string
		on     bool
		want   Level
	}{{"ice", true, Warn}, {"ice", false, OK}, {"veth", true, OK}} {
		e := &examination{}
		e.features("eth1", c.driver, map[string]bool{"rx-vlan-hw-parse": c.on, "rx-checksum": true})
		r := &Report{Findings: e.list}
		if got := levels(r); got["nic.rxvlan:eth1"] != c.want || got["nic.rx_checksum:eth1"] != OK {
			t.Errorf("%+v: %v", c, got)
		}
		complete(t, r)
	}
}

// complete holds for every report: a finding that is not ok says what is wanted, what it costs and how to change it.
func complete(t *testing.T, r *Report) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if seen[f.ID] {
			t.Errorf("%s is there twice", f.ID)
		}
		seen[f.ID] = true
		if f.Found == "" || f.Want == "" {
			t.Errorf("%s: found %q, want %q", f.ID, f.Found, f.Want)
		}
		if f.Level != OK && f.Cost == "" || (f.Level == Warn || f.Level == Fail) && f.Fix == "" {
			t.Errorf("%s is %s without cost or fix: %+v", f.ID, f.Level, f)
		}
	}
}

func TestReportsAreComplete(t *testing.T) {
	complete(t, Examine(host(t, tuned)))
	complete(t, Examine(host(t, nil))) // a host that tells nothing
	missing := host(t, tuned)
	missing.Interfaces = []string{"nosuch0"}
	r := Examine(missing)
	complete(t, r)
	if levels(r)["nic.exists:nosuch0"] != Fail || r.Worst() != Fail {
		t.Errorf("an interface that is not there: %v", levels(r))
	}
}

// TestThisHost examines the host it runs on, self-test included.
func TestThisHost(t *testing.T) {
	r := Examine(Options{Interfaces: []string{"lo"}})
	complete(t, r)
	if l, ok := levels(r)["selftest.socket"]; !ok || l == Fail {
		t.Errorf("self-test: %q", l)
	}
	var text bytes.Buffer
	if err := Text(&text, r, true); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if !strings.Contains(text.String(), f.ID+": "+f.Found) {
			t.Errorf("the text leaves out %s", f.ID)
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back struct{ Findings []map[string]string }
	if err := json.Unmarshal(b, &back); err != nil || len(back.Findings) != len(r.Findings) {
		t.Fatalf("%d findings as JSON, %v", len(back.Findings), err)
	}
	for _, key := range []string{"id", "level", "found", "want"} {
		if back.Findings[0][key] == "" {
			t.Errorf("no %s in %v", key, back.Findings[0])
		}
	}
}

// TestFeedsAreMeasured: a configuration's channels are told with the memory for the skew of their lines.
func TestFeedsAreMeasured(t *testing.T) {
	c, err := config.Parse("feeds.yaml", []byte(`channels:
  - {name: wide, profile: nasdaq.itch50}
  - {name: narrow, profile: nasdaq.itch50, window_packets: 100}
`))
	if err != nil {
		t.Fatal(err)
	}
	for available, want := range map[string]Level{"64000000": Note, "20000": Warn} {
		files := map[string]string{"proc/meminfo": "MemTotal: 99000000 kB\nMemAvailable: " + available + " kB"}
		for k, v := range tuned {
			files[k] = v
		}
		o := host(t, files)
		o.Config = c
		r := Examine(o)
		complete(t, r)
		if got := levels(r); got["feeds.skew:wide"] != OK || got["feeds.skew:narrow"] != Warn || got["feeds.memory"] != want {
			t.Errorf("with %s kB: %q, %q, %q", available, got["feeds.skew:wide"], got["feeds.skew:narrow"], got["feeds.memory"])
		}
	}
}

// A readers file whose group is the writer's own is nobody else's.
func TestReadersWithoutAGroup(t *testing.T) {
	for _, c := range []struct {
		more string
		want Level
	}{{"", ""}, {"readers: 8\n", Note}, {"readers: 8\ngroup: trading\n", OK}} {
		cfg, err := config.Parse("x", []byte("instance: x\n"+c.more+`channels:
  - {name: one, profile: nasdaq.itch50, session_date: "2026-03-02", lines: [{name: A, group: 239.10.1.1, port: 26477}]}
`))
		if err != nil {
			t.Fatal(err)
		}
		o := host(t, tuned)
		o.Config = cfg
		if got := levels(Examine(o))["feeds.readers"]; got != c.want {
			t.Errorf("%q: feeds.readers is %q, want %q", c.more, got, c.want)
		}
	}
}
