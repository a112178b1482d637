package doctor

import (
	"fmt"
	"net"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"

	"wirebook/feedhandler/live/ntuple"
)

// zeroCopy are drivers known to have AF_XDP zero copy, with the kernel since when.
var zeroCopy = map[string]string{
	"i40e": "4.20", "ixgbe": "4.20", "mlx5_core": "5.3", "ice": "5.5", "igc": "5.14", "stmmac": "5.13", "st_gmac": "5.13", "tsnep": "6.3",
	"igb": "6.14", "virtio_net": "6.11", "gve": "6.4", "idpf": "6.18", "am65-cpsw-nuss": "6.17", "bnxt_en": "not yet", "netdevsim": "none",
}

// nativeXDP are drivers that run XDP programs but have no zero copy.
var nativeXDP = map[string]bool{
	"veth": true, "tun": true, "bnxt_en": true, "ena": true, "nfp": true, "qede": true, "sfc": true, "mlx4_en": true, "thunderx": true, "hv_netvsc": true,
	"xen_netfront": true, "vif": true, "enetc": true, "dpaa2-eth": true, "mvneta": true, "mvpp2": true, "bonding": true, "bond": true, "fsl_enetc": true,
}

func (e *examination) nic(name string) {
	id := func(thing string) string { return "nic." + thing + ":" + name }
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		e.add(Finding{id("exists"), Fail, "no such interface", "present", "nothing is received", "ip -br link lists the interfaces"})
		return
	}
	state, _ := e.read("sys/class/net/" + name + "/operstate")
	up := ifi.Flags&net.FlagUp != 0 && state != "down"
	e.judge(id("link"), up, Fail, or(state, "unknown"), "up", "nothing is received", "ip link set "+name+" up, and look at the cable")
	e.judge(id("multicast"), ifi.Flags&net.FlagMulticast != 0, Fail, flagWord(ifi.Flags&net.FlagMulticast != 0), "on", "no group can be joined", "ip link set "+name+" multicast on")
	e.judge(id("ipv4"), hasIPv4(ifi), Fail, map[bool]string{true: "has an address", false: "no address"}[hasIPv4(ifi)], "an address", "no group can be joined: IGMP needs a source",
		"ip addr add ADDRESS/LENGTH dev "+name)
	e.judge(id("mtu"), ifi.MTU <= 3498, Note, strconv.Itoa(ifi.MTU), "at most 3498 for single-buffer AF_XDP", "frames of several buffers: a driver without XDP frags refuses the program", "ip link set "+name+" mtu 1500")
	e.reversePath(name)
	e.errors(name)
	e.interrupts(name)
	if node, ok := e.number("sys/class/net/" + name + "/device/numa_node"); ok && node >= 0 {
		cpus, _ := e.read(fmt.Sprintf("sys/devices/system/node/node%d/cpulist", node))
		e.add(Finding{ID: id("numa"), Level: OK, Found: fmt.Sprintf("node %d: CPUs %s", node, cpus), Want: "workers on these CPUs"})
	}
	tool, err := ethtool.NewEthtool()
	if err != nil {
		return
	}
	defer tool.Close()
	driver := ""
	if d, err := tool.DriverInfo(name); err == nil {
		driver = d.Driver
		e.add(Finding{ID: id("driver"), Level: OK, Found: strings.TrimSpace(d.Driver + " " + d.Version + " firmware " + or(d.FwVersion, "-")), Want: "one with AF_XDP zero copy"})
	}
	e.modes(name, driver)
	e.queues(name, tool)
	if c, err := tool.GetCoalesce(name); err == nil {
		e.judge(id("coalescing"), c.RxCoalesceUsecs <= 5 && c.UseAdaptiveRxCoalesce == 0, Warn,
			fmt.Sprintf("rx-usecs %d, adaptive %s", c.RxCoalesceUsecs, flagWord(c.UseAdaptiveRxCoalesce != 0)), "rx-usecs 0 to 5, adaptive off",
			fmt.Sprintf("an interrupt, and with it a packet, waits up to %d µs", c.RxCoalesceUsecs), "ethtool -C "+name+" adaptive-rx off rx-usecs 0 rx-frames 1")
	}
	if f, err := tool.Features(name); err == nil {
		e.features(name, driver, f)
	}
	e.flowRules(name)
	if ts, err := tool.GetTimestampingInformation(name); err == nil {
		hardware := ts.SoTimestamping&unix.SOF_TIMESTAMPING_RX_HARDWARE != 0
		all := ts.RxFilters&(1<<unix.HWTSTAMP_FILTER_ALL) != 0
		found := "software only"
		if hardware {
			found = map[bool]string{true: "every packet", false: "PTP packets only"}[all]
		}
		e.judge(id("hardware_stamps"), hardware && all, Warn, found, "every packet", "receive stamps are the driver's or the kernel's: later by the interrupt and its jitter, some µs",
			"use a NIC that stamps every packet (HWTSTAMP_FILTER_ALL); 'ethtool -T "+name+"' shows what it can")
		e.judge(id("phc"), ts.PhcIndex >= 0, Warn, map[bool]string{true: fmt.Sprintf("/dev/ptp%d", ts.PhcIndex), false: "none"}[ts.PhcIndex >= 0], "a PTP clock",
			"no hardware time on this interface", "use a NIC with a PTP clock; ptp4l -i "+name+" keeps it")
	}
}

func flagWord(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func hasIPv4(ifi *net.Interface) bool {
	list, _ := ifi.Addrs()
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return true
		}
	}
	return false
}

// modes tells what AF_XDP comes to with a driver.
func (e *examination) modes(name, driver string) {
	id := "nic.zero_copy:" + name
	since, known := zeroCopy[driver]
	switch {
	case known && since != "not yet" && since != "none":
		release, _ := e.read("proc/sys/kernel/osrelease")
		a, b := version(since)
		x, y := version(release)
		e.judge(id, x > a || x == a && y >= b, Warn, driver+": since "+since+" (this is "+release+")", "zero copy", "native copy: about 30 ns a packet more", "install a newer kernel")
	case nativeXDP[driver]:
		e.add(Finding{id, Warn, driver + ": native XDP, no zero copy", "zero copy", "the kernel copies each frame: some 30 to 100 ns a packet", "use a NIC with zero copy: ice, i40e, ixgbe, mlx5, igc, igb"})
	default:
		e.add(Finding{id, Warn, or(driver, "unknown driver") + ": not known to run XDP programs", "zero copy",
			"generic mode: the kernel builds its packet buffer first, near the cost of a UDP socket", "use a NIC with zero copy: ice, i40e, ixgbe, mlx5, igc, igb"})
	}
}

func (e *examination) queues(name string, tool *ethtool.Ethtool) {
	if c, err := tool.GetChannels(name); err == nil {
		now, most := c.CombinedCount+c.RxCount, c.MaxCombined+c.MaxRx
		e.judge("nic.queues:"+name, now >= 1, Note, fmt.Sprintf("%d of %d", now, most), "one for each worker", "", "ethtool -L "+name+" combined N")
	} else {
		n := len(e.glob("sys/class/net/" + name + "/queues/rx-*"))
		e.add(Finding{ID: "nic.queues:" + name, Level: OK, Found: plural(int64(n), "queue"), Want: "one for each worker"})
	}
	if r, err := tool.GetRing(name); err == nil && r.RxMaxPending > 0 {
		e.judge("nic.rings:"+name, r.RxPending >= min(r.RxMaxPending, 2048), Warn, fmt.Sprintf("%d of %d", r.RxPending, r.RxMaxPending), "2048 or the most there is",
			"a burst longer than the ring is dropped by the NIC (rx_missed)", fmt.Sprintf("ethtool -G %s rx %d", name, min(r.RxMaxPending, 4096)))
	}
}

func (e *examination) features(name, driver string, f map[string]bool) {
	on := func(keys ...string) []string {
		var list []string
		for _, k := range keys {
			if f[k] {
				list = append(list, k)
			}
		}
		return list
	}
	merge := on("rx-gro-hw", "rx-lro", "rx-udp-gro-forwarding")
	e.judge("nic.merging:"+name, len(merge) == 0, Warn, or(strings.Join(merge, ", "), "off"), "off", "packets wait to be merged with later ones", "ethtool -K "+name+" lro off rx-gro-hw off")
	if v, ok := f["rx-ntuple-filter"]; ok {
		e.judge("nic.ntuple:"+name, v, Note, flagWord(v), "on", "a channel's groups arrive on whichever queue RSS chooses: hand-over between workers", "ethtool -K "+name+" ntuple on")
	}
	if v, ok := f["rx-vlan-hw-parse"]; ok {
		e.judge("nic.rxvlan:"+name, !v || driver == "veth", Warn, flagWord(v), "off",
			"by AF_XDP a line with a vlan gets nothing, and an untagged one what is under every tag: the NIC takes tags off before an XDP program sees them", "ethtool -K "+name+" rxvlan off")
	}
	if v, ok := f["rx-checksum"]; ok {
		found := map[bool]string{
			true:  "the NIC does: kernel sockets have it for nothing; AF_XDP is not told, so that checksums: auto adds them up again",
			false: "the NIC does not: the kernel adds them up for sockets, checksums: auto for AF_XDP",
		}
		e.add(Finding{ID: "nic.rx_checksum:" + name, Level: OK, Found: found[v], Want: "somebody validates: 10 ns a packet of 100 bytes with checksums: auto"})
	}
}

// flowRules tells whether groups can be steered. Only an attempt would say whether the driver takes rules by UDP port, and
// nothing is changed here.
func (e *examination) flowRules(name string) {
	d, err := ntuple.Open(name)
	if err != nil {
		return
	}
	defer d.Close()
	n, most, err := d.Count()
	found := "none: the driver has no table of them"
	if err == nil {
		found = plural(int64(n), "rule")
		if most > 0 {
			found += fmt.Sprintf(", room for %d", most)
		}
	}
	e.judge("nic.flow_rules:"+name, err == nil, Note, found, "a table, so that live.steer brings a channel's groups to its worker",
		"with several workers on this interface some 30 ns and a cache miss for each packet that arrives on another's queue", "use a NIC that steers UDP: ice, i40e, ixgbe, mlx5; or give the interface's channels one worker")
}

// errors reads what the NIC has lost so far.
func (e *examination) errors(name string) {
	lost := map[string]int64{}
	for _, k := range []string{"rx_missed_errors", "rx_fifo_errors", "rx_over_errors", "rx_crc_errors", "rx_dropped"} {
		if n, _ := e.number("sys/class/net/" + name + "/statistics/" + k); n > 0 {
			lost[k] = n
		}
	}
	var parts []string
	for k, n := range lost {
		parts = append(parts, fmt.Sprintf("%s %d", k, n))
	}
	sort.Strings(parts)
	e.judge("nic.losses:"+name, len(lost) == 0, Note, or(strings.Join(parts, ", "), "none"), "none", "packets that no program ever saw", "longer rings (ethtool -G), a worker of its own CPU, and look at the cable for rx_crc_errors")
}

// interrupts tells where the NIC's interrupts are handled.
func (e *examination) interrupts(name string) {
	table, ok := e.read("proc/interrupts")
	if !ok {
		return
	}
	where := map[string]int{}
	for _, line := range strings.Split(table, "\n") {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.HasPrefix(f[len(f)-1], name) {
			continue
		}
		if cpus, ok := e.read(path.Join("proc/irq", strings.TrimSuffix(f[0], ":"), "smp_affinity_list")); ok {
			where[cpus]++
		}
	}
	balance := false
	for _, p := range e.glob("proc/[0-9]*/comm") {
		if comm, _ := e.read(p); comm == "irqbalance" {
			balance = true
			break
		}
	}
	e.judge("nic.irqbalance:"+name, !balance, Warn, map[bool]string{true: "irqbalance runs", false: "irqbalance does not run"}[balance], "off", "interrupts move between CPUs, onto workers' too", "systemctl disable --now irqbalance")
	if len(where) == 0 {
		e.add(Finding{ID: "nic.irq_affinity:" + name, Level: Note, Found: "no interrupts of its own", Want: "each queue's interrupt on the CPU beside its worker", Cost: "none for a virtual link: packets come on the sender's CPU", Fix: ""})
		return
	}
	spread := false
	for cpus := range where {
		spread = spread || strings.ContainsAny(cpus, ",-")
	}
	e.judge("nic.irq_affinity:"+name, !spread, Note, "CPUs "+tally(where), "each queue's interrupt on one CPU, not a worker's", "the interrupt may land on a worker's CPU, or far from its cache",
		"scripts/tune apply "+name+", or: echo CPU > /proc/irq/N/smp_affinity_list")
}
