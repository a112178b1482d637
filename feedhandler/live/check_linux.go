package live

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"runtime"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/live/xdp"
	"wirebook/feedhandler/socket"
)

// Check says everything that is wrong with running c on this host, before anything is opened.
func Check(c *config.Config) error {
	var errs []error
	for _, name := range interfaces(c) {
		errs = append(errs, checkInterface(name))
	}
	if c.Live.RX != "socket" {
		errs = append(errs, checkQueues(c, xdp.RXQueues))
	}
	for i := range c.Channels {
		if !c.Channels[i].HasLines() {
			errs = append(errs, fmt.Errorf("channel %s has no lines, nor has its profile: say with channels[%d].lines to which groups and ports it is sent", c.Channels[i].Name, i))
		}
		for _, l := range c.Channels[i].Lines {
			if err := checkVLAN(&c.Live, &l); err != nil {
				errs = append(errs, fmt.Errorf("channel %s line %s: %w", c.Channels[i].Name, l.Name, err))
			}
			if err := checkGroup(l.Group); err != nil {
				errs = append(errs, fmt.Errorf("channel %s line %s: %w", c.Channels[i].Name, l.Name, err))
			}
		}
	}
	errs = append(errs, checkTakers(c), checkCPUs(c.Live.CPUs), checkRealtime(c.Live.Realtime))
	return errors.Join(errs...)
}

// checkTakers refuses a line of one source beside one of any: a filter gives such a datagram to the one, sockets to both.
// The configuration was asked already, without the groups that profiles bring.
func checkTakers(c *config.Config) error {
	var errs []error
	var before []*worker.Feed
	for i := range c.Channels {
		cfg, err := c.Channels[i].Build()
		if err != nil {
			return err
		}
		f := &worker.Feed{Name: c.Channels[i].Name, Spec: c.Channels[i], Config: cfg}
		for _, other := range before {
			if x, y := shared(other, f, &c.Live); x != "" {
				errs = append(errs, fmt.Errorf("channel %s line %s: it shares packets with channel %s line %s: of one group and port either every line names its source or one takes all", f.Name, y, other.Name, x))
			}
		}
		before = append(before, f)
	}
	return errors.Join(errs...)
}

// shared names a line of each of two channels, one of which takes any source and the other one of them.
func shared(a, b *worker.Feed, live *config.Live) (x, y string) {
	for i := range a.Config.Lines {
		for k := range b.Config.Lines {
			if l, m := &a.Config.Lines[i], &b.Config.Lines[k]; l.Source != m.Source && l.Overlaps(m) && a.InterfaceOf(i, live) == b.InterfaceOf(k, live) {
				return l.Name, m.Name
			}
		}
	}
	return "", ""
}

func checkInterface(name string) error {
	if name == "" {
		return fmt.Errorf("no interface named: say where the lines arrive with --interface or live.interface (this host has %s)", interfaceNames())
	}
	ifi, err := socket.Interface(name)
	if err != nil && !errors.Is(err, socket.ErrNoInterface) {
		return err
	}
	if err != nil {
		return fmt.Errorf("no interface %q: this host has %s", name, interfaceNames())
	}
	if ifi.Flags&net.FlagUp == 0 {
		return fmt.Errorf("interface %s is down: 'ip link set %s up'", name, name)
	}
	if ifi.Flags&net.FlagMulticast == 0 && ifi.Flags&net.FlagLoopback == 0 {
		return fmt.Errorf("interface %s does no multicast: 'ip link set %s multicast on', or choose another", name, name)
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return fmt.Errorf("interface %s: %w", name, err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return nil
		}
	}
	return fmt.Errorf("interface %s has no IPv4 address, and so cannot be a member of a group: 'ip addr add ADDRESS/LENGTH dev %s'", name, name)
}

// checkVLAN says what of a line's VLAN kernel sockets cannot do, where they were chosen.
func checkVLAN(l *config.Live, line *config.Line) error {
	switch {
	case l.RX != "socket" || line.VLAN == 0:
		return nil
	case line.VLAN == config.AnyVLAN:
		return errAnyVLAN
	}
	name, err := socket.VLANInterface(cmp.Or(line.Interface, l.Interface), uint16(line.VLAN))
	if err != nil {
		return err
	}
	return checkInterface(name)
}

// checkGroup takes a multicast group, or an address of this host for a venue that sends unicast.
func checkGroup(group string) error {
	ip := net.ParseIP(group)
	if ip.IsMulticast() {
		return nil
	}
	ours, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, a := range ours {
		if n, ok := a.(*net.IPNet); ok && (n.IP.Equal(ip) || n.IP.IsLoopback() && n.Contains(ip)) {
			return nil
		}
	}
	return fmt.Errorf("%s is neither a multicast group nor an address of this host: groups lie in 224.0.0.0 to 239.255.255.255", group)
}

func interfaceNames() string {
	list, _ := net.Interfaces()
	names := ""
	for i := range list {
		if i > 0 {
			names += ", "
		}
		names += list[i].Name
	}
	return names
}

// checkCPUs asks for them on a thread that ends with the question. The affinity of this process says nothing: CPUs that were
// isolated at boot are not in it, nor are the workers' once everything cold has moved away from them.
func checkCPUs(cpus []int) error {
	answer := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: nobody else is to run there
		answer <- askForCPUs(cpus)
	}()
	return <-answer
}

// askForCPUs adds CPUs to those of the calling thread, which may stay where it is: it does not wait for one that is busy. The
// kernel leaves out what it does not allow.
func askForCPUs(cpus []int) error {
	var want, have unix.CPUSet // the kernel fills in only as many as there can be
	if err := unix.SchedGetaffinity(0, &want); err != nil {
		return err
	}
	for _, cpu := range cpus {
		want.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return err
	}
	if err := unix.SchedGetaffinity(0, &have); err != nil {
		return err
	}
	var errs []error
	for _, cpu := range cpus {
		if !have.IsSet(cpu) {
			errs = append(errs, fmt.Errorf("CPU %d is not one this process may use (%s): choose with --cpu or live.cpus, or change its cpuset", cpu, cpuList(&have)))
		}
	}
	return errors.Join(errs...)
}

// checkRealtime asks for the priority on a thread of its own.
func checkRealtime(priority int) error {
	if priority == 0 {
		return nil
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_RTPRIO, &limit); err == nil && limit.Cur >= uint64(priority) {
		return nil
	}
	if hasCapability(unix.CAP_SYS_NICE) {
		return nil
	}
	return fmt.Errorf("live.realtime %d: SCHED_FIFO needs CAP_SYS_NICE or RLIMIT_RTPRIO (now %d): run as root, 'ulimit -r %d', LimitRTPRIO=%d in the unit, or set it to 0",
		priority, limit.Cur, priority, priority)
}

func hasCapability(c uint) bool {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&hdr, &data[0]) != nil {
		return false
	}
	return data[c/32].Effective&(1<<(c%32)) != 0
}
