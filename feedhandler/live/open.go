package live

import (
	"errors"
	"fmt"
	"wirebook/feedhandler"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/socket"
)

// openSockets opens a socket a line. Nothing is joined.
func (h *Handler) openSockets(f *worker.Feed) error {
	live := &h.config.Live
	var errs []error
	for i := range f.Config.Lines {
		l := &f.Config.Lines[i]
		iface := f.InterfaceOf(i, live)
		at, err := h.receivedOn(iface, l.VLAN)
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %s line %s: %w", f.Name, l.Name, err))
			continue
		}
		if at.note != "" {
			h.note(at.note, "channel", f.Name, "line", l.Name)
		}
		s, err := socket.Open(socket.Options{
			Interface: at.iface, VLAN: at.vlan, Group: l.Group, Port: l.Port, Source: l.Source,
			ReceiveBuffer: live.ReceiveBuffer, Batch: live.Batch, BusyPollUS: int(live.BusyPoll / 1000),
			PreferBusyPoll: live.BusyPoll > 0, Clocks: h.clocks.of(iface),
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %s line %s: %w", f.Name, l.Name, err))
			continue
		}
		f.Sockets = append(f.Sockets, s)
		if r := (&worker.LineReceiver{Sock: s, Feed: f}); h.edge.Name == "xdp" {
			f.Spilled = append(f.Spilled, r)
		} else {
			f.Receivers = append(f.Receivers, r)
		}
		for _, note := range s.Notes() {
			h.note(note, "channel", f.Name, "line", l.Name)
		}
	}
	if err := errors.Join(errs...); err != nil {
		f.Close()
		return err
	}
	return nil
}

// reception is where the kernel has a line's datagrams, and what VLAN they are of there.
type reception struct {
	iface string
	vlan  uint16
	note  string // what of the line it does not have
}

// receivedOn finds it: a socket sees the untagged frames of an interface, or those of one VLAN on that VLAN's own. By AF_XDP
// the socket is for the membership, and for the time without AF_XDP; then it may see less than the line.
func (h *Handler) receivedOn(iface string, vlan uint16) (reception, error) {
	byXDP := h.edge.Name == "xdp"
	switch vlan {
	case 0:
		return reception{iface: iface}, nil
	case feedhandler.AnyVLAN:
		if !byXDP {
			return reception{}, errAnyVLAN
		}
		return reception{iface: iface, note: "vlan: any: the group is joined untagged, and only untagged datagrams are received while AF_XDP is not to be had"}, nil
	}
	name, err := socket.VLANInterface(iface, vlan)
	if err != nil && byXDP {
		return reception{iface: iface, note: err.Error() + ": without it the group is joined untagged, and nothing is received while AF_XDP is not to be had"}, nil
	}
	return reception{iface: name, vlan: vlan}, err
}

var errAnyVLAN = errors.New("vlan: any: a kernel socket sees one VLAN: name it, or use rx: xdp")

// assemble builds the pipeline and its place in shared memory.
func (h *Handler) assemble(f *worker.Feed) error {
	h.instance.Equip(&f.Spec, &f.Config)
	set := h.setOf(f)
	if set != nil {
		f.Config.Shared = set.Set
	}
	channels := []feedhandler.ChannelConfig{f.Config}
	var err error
	if f.Pipe, err = feedhandler.New(feedhandler.Config{Channels: channels, Checksums: h.config.Checksums.Live(), Packets: h.instance.Worker(f.Worker).Packets()}); err != nil {
		return err
	}
	if f.Part, err = h.instance.Register(f.Worker, f.Pipe, channels); err != nil {
		return err
	}
	f.Register(h.counter)
	f.Origin, err = h.originOf(f, set)
	return err
}
