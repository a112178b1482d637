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
		s, err := socket.Open(socket.Options{
			Interface: iface, Group: l.Group, Port: l.Port, Source: l.Source,
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

// assemble builds the pipeline and its place in shared memory.
func (h *Handler) assemble(f *worker.Feed) error {
	h.instance.Equip(&f.Spec, &f.Config)
	channels := []feedhandler.ChannelConfig{f.Config}
	var err error
	if f.Pipe, err = feedhandler.New(feedhandler.Config{Channels: channels, Checksums: h.config.Checksums.Live()}); err != nil {
		return err
	}
	if f.Part, err = h.instance.Register(f.Worker, f.Pipe, channels); err != nil {
		return err
	}
	f.Register(h.counter)
	return nil
}
