package worker

import (
	"errors"
	"fmt"
	"sync/atomic"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/socket"
)

// Feed is one channel at work.
type Feed struct {
	Name      string
	Worker    int
	ID        uint16         // its name to the filter; 0: none. The handler's
	Spec      config.Channel // as configured, for the next reload
	Config    feedhandler.ChannelConfig
	Pipe      *feedhandler.Pipeline
	Origin    []byte // what rebuilds the pipeline, where inputs are recorded
	Part      *control.Part
	Sockets   []*socket.Socket
	Receivers []Receiver
	Spilled   []*LineReceiver // polled by the worker's spill: their lines come by AF_XDP
	counters  []socketCounters
	dirty     bool
	mended    [4]uint64 // when panics were mended, newest last
}

// socketCounters are where a socket's counts go in the control file.
type socketCounters struct {
	datagrams, truncated, unstamped, errors *uint64   // the worker's
	drops, buffer                           *uint64   // the handler's
	dropped                                 uint32    // newest reading, which wraps
	fresh                                   uint64    // seen and not counted yet
	cut                                     uint64    // truncated, when it was last looked at
	before                                  [4]uint64 // what sockets that a reload closed had counted, of the worker's
}

// InterfaceOf returns where line i arrives.
func (f *Feed) InterfaceOf(i int, l *config.Live) string {
	if i < len(f.Spec.Lines) && f.Spec.Lines[i].Interface != "" {
		return f.Spec.Lines[i].Interface
	}
	return l.Interface
}

// Register gives the sockets' counts their places.
func (f *Feed) Register(counter Counting) {
	f.counters = nil
	for i := range f.Sockets {
		label := fmt.Sprintf("channel=%q,line=%q", f.Name, f.Config.Lines[i].Name)
		c := func(name string) *uint64 { return counter(name, label) }
		f.counters = append(f.counters, socketCounters{
			datagrams: c("socket_datagrams"), truncated: c("socket_truncated"), unstamped: c("socket_unstamped"),
			errors: c("socket_errors"), drops: c("socket_drops"), buffer: c("socket_buffer_bytes"),
		})
		now := &f.counters[i]
		for k, word := range []*uint64{now.datagrams, now.truncated, now.unstamped, now.errors} {
			now.before[k] = atomic.LoadUint64(word)
		}
		now.cut = now.before[1]
		atomic.StoreUint64(now.buffer, uint64(f.Sockets[i].Buffer()))
	}
}

// publish copies the sockets' counts. On the worker's goroutine.
func (f *Feed) publish() {
	for i, s := range f.Sockets {
		c, n := &f.counters[i], &s.Counters
		atomic.StoreUint64(c.datagrams, c.before[0]+n.Datagrams)
		atomic.StoreUint64(c.truncated, c.before[1]+n.Truncated)
		atomic.StoreUint64(c.unstamped, c.before[2]+n.Unstamped)
		atomic.StoreUint64(c.errors, c.before[3]+n.Errors)
	}
}

// LookAtDrops asks the kernel what it dropped of the sockets' datagrams since the last look: what there was no room for, and
// what had a wrong checksum. CountDrops then says which. On the handler's goroutine.
func (f *Feed) LookAtDrops() {
	for i, s := range f.Sockets {
		if n, err := s.Drops(); err == nil {
			c := &f.counters[i]
			c.fresh += uint64(n - c.dropped)
			c.dropped = n
		}
	}
}

// CountDrops counts what was seen as dropped for want of room, at most room in all, and forgets the rest. It returns how much
// it was. On the handler's goroutine.
func (f *Feed) CountDrops(room uint64) (more uint64) {
	for i := range f.counters {
		c := &f.counters[i]
		n := min(c.fresh, room-more)
		atomic.AddUint64(c.drops, n)
		more += n
		c.fresh = 0
	}
	return more
}

// CountCut returns how many datagrams more were larger than their socket had room for. On the handler's goroutine.
func (f *Feed) CountCut() (more uint64) {
	for i := range f.counters {
		c := &f.counters[i]
		n := atomic.LoadUint64(c.truncated)
		more += n - c.cut
		c.cut = n
	}
	return more
}

// mend puts a channel that panicked back to work: empty books, flagged until the feed makes them whole again. It gives up,
// false, on a channel that panics again and again, or while it is mended.
func (f *Feed) mend(now uint64) (ok bool) {
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
	f.Pipe.Abandon()
	return true
}

// Close leaves the groups and closes the sockets. No worker polls them any more.
func (f *Feed) Close() error {
	var errs []error
	for _, s := range f.Sockets {
		errs = append(errs, s.Close())
	}
	f.Sockets = nil
	return errors.Join(errs...)
}
