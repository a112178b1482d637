package live

import (
	"errors"
	"fmt"
	"net/netip"

	"wirebook/bpf"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/live/xdp"
)

// steeredLink is AF_XDP receive on one interface, and what its NIC was told to bring where.
type steeredLink struct {
	*xdp.Link
	steering *steering // nil while the interface is gone, or where the rules of an earlier run cannot be known
	rules    *uint64   // flow rules in the NIC, in the control file; nil before there is one
	toldVLAN bool      // that there are other VLANs
}

// openXDP opens every interface, or none.
func (h *Handler) openXDP() error {
	for _, name := range interfaces(h.config) {
		if err := h.addLink(name, h.config); err != nil {
			return errors.Join(err, h.closeXDP())
		}
	}
	return nil
}

// addLink opens an interface, unless it is open.
func (h *Handler) addLink(name string, c *config.Config) error {
	if h.link(name) != nil {
		return nil
	}
	l := &steeredLink{Link: xdp.New(name)}
	if err := h.openLink(l, c); err != nil {
		return err
	}
	h.links = append(h.links, l)
	return nil
}

func (h *Handler) link(name string) *steeredLink {
	for _, l := range h.links {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// openLink opens an interface's queues and has its NIC steer to them.
func (h *Handler) openLink(l *steeredLink, c *config.Config) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	live := &h.config.Live
	o := xdp.Options{
		Mode: live.XDPMode, ReceiveBuffer: live.ReceiveBuffer, Batch: live.Batch, BusyPollUS: int(live.BusyPoll / 1000), Named: &h.named,
	}
	if ic := h.clocks.find(l.Name); ic != nil {
		o.Clocks = xdp.Clocks{Hardware: h.clocks.of(l.Name).Hardware, Driver: ic.service.Driver(), Kernel: ic.service.Kernel()}
	}
	if err := l.Open(o); err != nil {
		return err
	}
	if tagsTakenOff(l.Name) {
		h.health.say(h.log, "rxvlan "+l.Name, "the NIC takes VLAN tags off before AF_XDP sees them: a line with a vlan gets nothing, and an untagged one what is under every tag: 'ethtool -K "+l.Name+" rxvlan off' (scripts/tune does it)", "interface", l.Name)
	}
	for q, n := range assignment(c, l.Name, len(l.Queues)) {
		l.Queues[q].Worker = n
	}
	if err := h.openSteering(l); err != nil {
		if c.Live.Steer == "require" {
			return fmt.Errorf("%w: %w", errSteer, err)
		}
		h.log.Warn("flow rules are left alone, also those that an earlier run may have left: the NIC's hash and hand-over serve", "interface", l.Name, "error", err)
	}
	return h.steer(l, c)
}

// subscribe sends a feed's lines to the queues' sockets. The feed is at work already.
func (h *Handler) subscribe(f *worker.Feed) error {
	if h.edge.Name != "xdp" {
		return nil
	}
	if err := h.named.Name(f); err != nil {
		return fmt.Errorf("channel %s: %w", f.Name, err)
	}
	for i := range f.Config.Lines {
		l := h.link(f.InterfaceOf(i, &h.config.Live))
		if l == nil || l.Filter == nil {
			continue // its kernel socket serves it, until the interface is back
		}
		if err := l.Filter.Subscribe(subscription(f, i)); err != nil {
			return fmt.Errorf("channel %s line %s: %w", f.Name, f.Config.Lines[i].Name, err)
		}
	}
	return nil
}

func subscription(f *worker.Feed, i int) bpf.Subscription {
	line := &f.Config.Lines[i]
	s := bpf.Subscription{Group: netip.AddrPortFrom(ipv4(line.Group), line.Port), VLAN: line.VLAN, ID: f.ID}
	if line.Source != 0 {
		s.Source = ipv4(line.Source)
	}
	return s
}

func ipv4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// unsubscribe has the filter pass a feed's lines up. What the queues still hold of it arrives before its name ends.
func (h *Handler) unsubscribe(f *worker.Feed) {
	if f.ID == 0 {
		return
	}
	for i := range f.Config.Lines {
		if l := h.link(f.InterfaceOf(i, &h.config.Live)); l != nil && l.Filter != nil {
			_ = l.Filter.Unsubscribe(subscription(f, i))
		}
	}
	for _, w := range h.workers {
		_ = w.Do(func() {
			for _, r := range w.Queues {
				r.Empty(w)
			}
		})
	}
	w := h.workers[f.Worker]
	_ = w.Do(w.EmptyInbox)
	h.named.Forget(f)
}

// String tells what it came to, and why not better.
func (l *steeredLink) String() string {
	s := l.Link.String()
	if len(l.Queues) > 0 && l.steering != nil && l.steering.why != "" {
		s += "; " + l.steering.why
	}
	return s
}

// register gives a link's counters their places; a link that was opened anew goes on counting in the old ones.
func (l *steeredLink) register(counter worker.Counting) {
	l.Link.Register(counter)
	l.rules = counter("xdp_flow_rules", fmt.Sprintf("interface=%q", l.Name))
	if l.steering != nil {
		l.steering.word = l.rules
		l.steering.publish()
	}
}

// close takes rules and filter off the interface, then closes the sockets. No worker polls them any more.
func (l *steeredLink) close() error { return errors.Join(l.unsteer(), l.Link.Close()) }

// detach takes rules and filter off the interface. The sockets stay, and get nothing more.
func (l *steeredLink) detach() error { return errors.Join(l.unsteer(), l.Link.Detach()) }

func (l *steeredLink) unsteer() error {
	if l.steering == nil {
		return nil
	}
	err := l.steering.close()
	l.steering = nil
	return err
}

func (h *Handler) closeXDP() error {
	var errs []error
	for _, l := range h.links {
		errs = append(errs, l.close())
	}
	h.links = nil
	return errors.Join(errs...)
}
