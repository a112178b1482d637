package live

import (
	"errors"
	"fmt"
	"net"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
)

// Edge is how datagrams are received, and why so.
type Edge struct {
	Name string // socket or xdp
	Why  string
}

// ChooseEdge decides between AF_XDP and sockets, as far as that can be told before anything is opened. With rx: auto, Start
// may still fall back to sockets when the kernel or the driver refuses.
func ChooseEdge(c *config.Config) (Edge, error) {
	e, err := chooseEdge(c)
	if err == nil && e.Name != "xdp" && c.Live.Steer == "require" {
		return Edge{}, fmt.Errorf("%w: only AF_XDP is steered, and kernel sockets would receive (%s): use steer: auto", errSteer, e.Why)
	}
	return e, err
}

func chooseEdge(c *config.Config) (Edge, error) {
	if c.Live.RX == "socket" {
		return Edge{"socket", "asked for by rx: socket"}, nil
	}
	err := planXDP(c)
	if err == nil {
		err = xdpRights()
	}
	if err == nil && c.Live.RX != "xdp" {
		err = loopback(c)
	}
	switch {
	case err == nil && c.Live.RX == "xdp":
		return Edge{"xdp", "asked for by rx: xdp"}, nil
	case err == nil:
		return Edge{"xdp", "rx: auto prefers it"}, nil
	case c.Live.RX == "xdp":
		return Edge{}, noXDP(err)
	}
	return Edge{"socket", "AF_XDP is not to be had: " + err.Error()}, nil
}

// loopback is where AF_XDP gains nothing: there is no queue of a NIC.
func loopback(c *config.Config) error {
	for _, name := range interfaces(c) {
		if ifi, err := net.InterfaceByName(name); err == nil && ifi.Flags&net.FlagLoopback != 0 {
			return fmt.Errorf("interface %s is the loopback", name)
		}
	}
	return nil
}

func noXDP(err error) error { return fmt.Errorf("rx: xdp: %w; or use rx: socket", err) }

// planXDP says what of a configuration AF_XDP cannot serve: a frame has one taker.
func planXDP(c *config.Config) error {
	type taken struct {
		line           *feedhandler.LineConfig
		iface, channel string
	}
	var all []taken
	var errs []error
	for i := range c.Channels {
		cfg, err := c.Channels[i].Build() // with the lines that its profile brings
		if err != nil {
			return err
		}
		for l := range cfg.Lines {
			line, iface := &cfg.Lines[l], (&worker.Feed{Spec: c.Channels[i]}).InterfaceOf(l, &c.Live)
			for _, t := range all {
				if t.iface == iface && t.line.Overlaps(line) {
					errs = append(errs, fmt.Errorf("channel %s line %s: channel %s takes %s:%d on %s already, and a frame goes to one channel", c.Channels[i].Name, line.Name, t.channel, ipv4(line.Group), line.Port, iface))
				}
			}
			all = append(all, taken{line, iface, c.Channels[i].Name})
		}
	}
	return errors.Join(errs...)
}
