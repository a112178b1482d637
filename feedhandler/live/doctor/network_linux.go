package doctor

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

func (e *examination) network() {
	if n, ok := e.number("proc/sys/net/core/rmem_max"); ok {
		const want = 16 << 20
		e.judge("net.rmem_max", n >= want || e.has(unix.CAP_NET_ADMIN), Warn, strconv.FormatInt(n, 10), strconv.Itoa(want)+" or more", "without CAP_NET_ADMIN sockets get a shorter queue: bursts are dropped (socket_drops)",
			fmt.Sprintf("sysctl -w net.core.rmem_max=%d", want))
	}
	if n, ok := e.number("proc/sys/net/core/netdev_max_backlog"); ok {
		e.judge("net.backlog", n >= 10000, Note, strconv.FormatInt(n, 10), "10000 or more", "virtual links and RPS drop bursts beyond it", "sysctl -w net.core.netdev_max_backlog=10000")
	}
	if n, ok := e.number("proc/sys/net/core/netdev_budget"); ok {
		e.judge("net.budget", n >= 300, Note, strconv.FormatInt(n, 10), "300 or more", "a softirq round ends after so many packets", "sysctl -w net.core.netdev_budget=600")
	}
	if n, ok := e.number("proc/sys/net/core/busy_poll"); ok {
		e.judge("net.busy_poll", n > 0, Note, strconv.FormatInt(n, 10)+" µs", "50 µs with rx: socket", "epoll and poll wait for an interrupt: some µs later", "sysctl -w net.core.busy_poll=50, or live.busy_poll: 50us")
	}
	if n, ok := e.number("proc/sys/net/ipv4/igmp_max_memberships"); ok {
		e.judge("net.igmp_max_memberships", n >= 20, Warn, strconv.FormatInt(n, 10), "20 or more", "joins fail with ENOBUFS: every socket joins one group, other programs may need more", "sysctl -w net.ipv4.igmp_max_memberships=1024")
	}
	if n, ok := e.number("proc/sys/net/ipv4/igmp_max_msf"); ok {
		e.judge("net.igmp_max_msf", n >= 10, Note, strconv.FormatInt(n, 10), "10 or more", "source-specific joins fail with ENOBUFS", "sysctl -w net.ipv4.igmp_max_msf=64")
	}
	if n, ok := e.number("proc/sys/net/ipv4/udp_early_demux"); ok {
		e.judge("net.udp_early_demux", n == 1, Note, strconv.FormatInt(n, 10), "1", "each datagram looks its route up", "sysctl -w net.ipv4.udp_early_demux=1")
	}
}

// reversePath tells whether the kernel drops multicast whose sender it would not reach over the interface.
func (e *examination) reversePath(name string) {
	all, ok1 := e.number("proc/sys/net/ipv4/conf/all/rp_filter")
	own, ok2 := e.number("proc/sys/net/ipv4/conf/" + name + "/rp_filter")
	if !ok1 || !ok2 {
		return
	}
	found := max(all, own)
	e.judge("net.rp_filter:"+name, found != 1, Warn, strconv.FormatInt(found, 10), "0, or 2 (loose)",
		"with rx: socket datagrams of sources that are not routed over "+name+" are dropped uncounted: usual for multicast",
		fmt.Sprintf("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.%s.rp_filter=2", name))
}
