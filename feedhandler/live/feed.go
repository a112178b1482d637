package live

import (
	"errors"
	"fmt"
	"sync/atomic"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/socket"
)

// feed is one channel at work.
type feed struct {
	name      string
	worker    int
	id        uint16         // its name to the filter; 0: none. The handler's
	spec      config.Channel // as configured, for the next reload
	config    feedhandler.ChannelConfig
	pipe      *feedhandler.Pipeline
	part      *control.Part
	sockets   []*socket.Socket
	receivers []receiver
	spilled   []*lineReceiver // polled by the worker's spill: their lines come by AF_XDP
	counters  []socketCounters
	dirty     bool
	mended    [4]uint64 // when panics were mended, newest last
}

// socketCounters are where a socket's counts go in the control file.
type socketCounters struct {
	datagrams, truncated, unstamped, errors *uint64 // the worker's
	drops, buffer                           *uint64 // the handler's
	dropped                                 uint32  // newest reading, which wraps
}

// build makes a channel's pipeline and opens its sockets. Nothing is joined. instance may be nil: then nothing is
// published until equip.
func (h *Handler) openSockets(f *feed) error {
	live := &h.config.Live
	var errs []error
	for i := range f.config.Lines {
		l := &f.config.Lines[i]
		iface := f.interfaceOf(i, live)
		s, err := socket.Open(socket.Options{
			Interface: iface, Group: l.Group, Port: l.Port, Source: l.Source,
			ReceiveBuffer: live.ReceiveBuffer, Batch: live.Batch, BusyPollUS: int(live.BusyPoll / 1000),
			PreferBusyPoll: live.BusyPoll > 0, Clocks: h.clocks.of(iface),
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %s line %s: %w", f.name, l.Name, err))
			continue
		}
		f.sockets = append(f.sockets, s)
		if r := (&lineReceiver{sock: s, feed: f}); h.edge.Name == "xdp" {
			f.spilled = append(f.spilled, r)
		} else {
			f.receivers = append(f.receivers, r)
		}
		for _, note := range s.Notes() {
			h.note(note, "channel", f.name, "line", l.Name)
		}
	}
	if err := errors.Join(errs...); err != nil {
		f.close()
		return err
	}
	return nil
}

// interfaceOf returns where line i arrives.
func (f *feed) interfaceOf(i int, l *config.Live) string {
	if i < len(f.spec.Lines) && f.spec.Lines[i].Interface != "" {
		return f.spec.Lines[i].Interface
	}
	return l.Interface
}

// assemble builds the pipeline and its place in shared memory.
func (h *Handler) assemble(f *feed) error {
	h.instance.Equip(&f.spec, &f.config)
	channels := []feedhandler.ChannelConfig{f.config}
	var err error
	if f.pipe, err = feedhandler.New(feedhandler.Config{Channels: channels, Checksums: h.config.Checksums.Live()}); err != nil {
		return err
	}
	if f.part, err = h.instance.Register(f.worker, f.pipe, channels); err != nil {
		return err
	}
	f.counters = nil
	for i := range f.sockets {
		label := fmt.Sprintf("channel=%q,line=%q", f.name, f.config.Lines[i].Name)
		c := func(name string) *uint64 { return h.counter(name, label) }
		f.counters = append(f.counters, socketCounters{
			datagrams: c("socket_datagrams"), truncated: c("socket_truncated"), unstamped: c("socket_unstamped"),
			errors: c("socket_errors"), drops: c("socket_drops"), buffer: c("socket_buffer_bytes"),
		})
		atomic.StoreUint64(f.counters[i].buffer, uint64(f.sockets[i].Buffer()))
	}
	return nil
}

// publish copies the sockets' counts. On the worker's goroutine.
func (f *feed) publish() {
	for i, s := range f.sockets {
		c, n := &f.counters[i], &s.Counters
		atomic.StoreUint64(c.datagrams, n.Datagrams)
		atomic.StoreUint64(c.truncated, n.Truncated)
		atomic.StoreUint64(c.unstamped, n.Unstamped)
		atomic.StoreUint64(c.errors, n.Errors)
	}
}

// countDrops asks the kernel what it had no room for. On the handler's goroutine.
func (f *feed) countDrops() (more uint64) {
	for i, s := range f.sockets {
		n, err := s.Drops()
		if err != nil {
			continue
		}
		c := &f.counters[i]
		atomic.AddUint64(c.drops, uint64(n-c.dropped))
		more += uint64(n - c.dropped)
		c.dropped = n
	}
	return more
}

// mend puts a channel that panicked back to work: empty books, flagged until the feed makes them whole again. It gives up,
// false, on a channel that panics again and again, or while it is mended.
func (f *feed) mend(now uint64) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	const within = 10_000_000_000
	if f.mended[0] != 0 && now-f.mended[0] < within {
		return false
	}
	copy(f.mended[:], f.mended[1:])
	f.mended[len(f.mended)-1] = now
	f.pipe.Abandon()
	return true
}

// close leaves the groups and closes the sockets. No worker polls them any more.
func (f *feed) close() error {
	var errs []error
	for _, s := range f.sockets {
		errs = append(errs, s.Close())
	}
	f.sockets = nil
	return errors.Join(errs...)
}
