package live

import (
	"fmt"
	"sync/atomic"

	"wirebook/feedhandler/socket"
)

// watchMTU makes room for larger datagrams where an interface's MTU was raised, and says so: what came before that was cut,
// or had no room in a frame. Call it before drops are counted.
func (h *Handler) watchMTU() {
	for _, name := range h.interfacesNow() {
		ifi, err := socket.Interface(name)
		if err != nil {
			continue // who looks after links and memberships says so
		}
		was, known := h.mtus[name]
		h.mtus[name] = ifi.MTU
		if !known {
			h.fit(name, ifi.MTU)
			continue
		}
		if was == ifi.MTU {
			continue
		}
		atomic.AddUint64(h.counter("mtu_changes", fmt.Sprintf("interface=%q", name)), 1)
		h.log.Warn("the MTU of an interface changed", "interface", name, "from", was, "to", ifi.MTU)
		if ifi.MTU < was {
			continue
		}
		h.countDropsAs("datagrams were lost while the MTU was raised: those larger than it was had no room")
		h.fit(name, ifi.MTU)
	}
}

// noteMTUs remembers what sockets were opened for.
func (h *Handler) noteMTUs() {
	for _, name := range h.interfacesNow() {
		if ifi, err := socket.Interface(name); err == nil {
			h.mtus[name] = ifi.MTU
			h.fit(name, ifi.MTU) // it may have been raised since they were opened
		}
	}
}

// fit has the sockets of an interface, and of the VLANs on it, take datagrams of its MTU: what comes under a tag may be as large,
// whatever the VLAN's own interface sends.
func (h *Handler) fit(name string, mtu int) {
	for _, f := range h.feeds {
		for i, s := range f.Sockets {
			if f.InterfaceOf(i, &h.config.Live) != name {
				continue
			}
			swap := s.Fit(mtu)
			if swap == nil {
				continue
			}
			if err := h.workers[f.Worker].Do(swap); err != nil {
				h.log.Error("a line's socket does not take the larger datagrams", "channel", f.Name, "interface", name, "error", err)
			}
		}
	}
}

// countCut adds up the datagrams that were larger than their socket had room for.
func (h *Handler) countCut() {
	var cut uint64
	for _, f := range h.feeds {
		cut += f.CountCut()
	}
	if cut > 0 {
		h.dropped["socket_truncated"] += cut
		h.health.say(h.log, "cut", "datagrams were larger than the MTU of their interface was when it was last looked at, and were given to nobody: the MTU was raised, or they came in fragments",
			"datagrams", cut)
	}
}
