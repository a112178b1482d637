package live

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
)

// Reloaded says what a reload did.
type Reloaded struct {
	Added, Removed, Changed, Kept []string
	// Ignored are keys that changed and only take effect with a restart.
	Ignored []string
}

// Reload makes the running channels those of c. A channel that is the same goes on without noticing; a changed one is
// opened anew before the old one ends. When a channel cannot be opened, the error says so, the old one stays where there
// was one, and the others are done all the same.
func (h *Handler) Reload(ctx context.Context, c *config.Config) (r Reloaded, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() {
		if err != nil {
			atomic.AddUint64(h.reloadFailures, 1)
		} else {
			atomic.AddUint64(h.reloads, 1)
		}
	}()
	if h.shutdown {
		return r, errors.New("the run is ending")
	}
	r.Ignored = fixed(h.config, c)
	next := *h.config
	next.Channels = c.Channels
	if err := Check(&next); err != nil {
		return r, err
	}
	if h.edge.Name == "xdp" {
		if err := planXDP(&next); err != nil {
			return r, noXDP(err)
		}
	}
	for _, name := range interfaces(&next) {
		if err := h.clocks.ensure(name, &next.Live, h.log); err != nil {
			return r, err
		}
	}
	errs := []error{h.recordConfig(&next)} // what it changes are records of their own, behind it
	if h.edge.Name == "xdp" {
		errs = append(errs, h.rearrange(ctx, &next))
	}
	old := map[string]*worker.Feed{}
	for _, f := range h.feeds {
		old[f.Name] = f
	}
	// First, so that a channel of another name may have their groups.
	for _, f := range slices.Clone(h.feeds) {
		if slices.ContainsFunc(c.Channels, func(ch config.Channel) bool { return ch.Name == f.Name }) {
			continue
		}
		delete(old, f.Name)
		if err := h.retire(f); err != nil {
			errs = append(errs, err)
			continue
		}
		r.Removed = append(r.Removed, f.Name)
	}
	for i := range c.Channels {
		spec := &c.Channels[i]
		was := old[spec.Name]
		delete(old, spec.Name)
		if was != nil && reflect.DeepEqual(was.Spec, *spec) {
			r.Kept = append(r.Kept, spec.Name)
			continue
		}
		if err := h.exchange(ctx, was, spec); err != nil {
			errs = append(errs, err)
			continue
		}
		if was != nil {
			r.Changed = append(r.Changed, spec.Name)
		} else {
			r.Added = append(r.Added, spec.Name)
		}
	}
	errs = append(errs, h.sharing())
	clear(old)
	h.dropSets()
	if len(r.Changed)+len(r.Removed) > 0 {
		giveBack()
	}
	h.config = &next
	for name, mtu := range h.mtus {
		h.fit(name, mtu) // a VLAN's new sockets were opened for what its own interface sends
	}
	errs = append(errs, h.steerAll(&next), h.dropLinks(&next), h.clocks.keep(h.interfacesNow()))
	return r, errors.Join(errs...)
}

// sharing says which channels at work take each other's packets. A configuration has no such, but a channel that could not
// be changed stays as it was, beside what came in its place.
func (h *Handler) sharing() error {
	var errs []error
	for i, f := range h.feeds {
		for _, other := range h.feeds[:i] {
			if x, y := shared(other, f, &h.config.Live); x != "" {
				errs = append(errs, fmt.Errorf("channels %s line %s and %s line %s have the same packets while the reload is not whole: mend what failed and reload", other.Name, x, f.Name, y))
			}
		}
	}
	return errors.Join(errs...)
}

// giveBack returns the memory of channels that have ended to the system. The collector would not look for it: a run at work
// makes no garbage, and may hold five times what it needs before that counts as much. Workers go on meanwhile.
func giveBack() { debug.FreeOSMemory() }

// interfacesNow lists the interfaces of the configuration and of the channels at work, which a reload that failed may have
// left elsewhere.
func (h *Handler) interfacesNow() []string {
	names := interfaces(h.config)
	for _, f := range h.feeds {
		for i := range f.Config.Lines {
			if name := f.InterfaceOf(i, &h.config.Live); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// exchange puts a channel to work, in the place of was where that is not nil.
func (h *Handler) exchange(ctx context.Context, was *worker.Feed, spec *config.Channel) error {
	if spec.Worker >= len(h.workers) {
		return fmt.Errorf("channel %s: worker %d does not run: live.cpus takes effect with a restart", spec.Name, spec.Worker)
	}
	f, err := h.newFeed(spec)
	if err != nil {
		return err
	}
	if was != nil {
		if err := h.retire(was); err != nil {
			_ = f.Close()
			return err
		}
	}
	if err := h.assemble(f); err != nil {
		_ = f.Close()
		return err
	}
	w := h.workers[f.Worker]
	if err := w.Do(func() { w.Add(f) }); err != nil {
		_ = f.Close()
		return err
	}
	h.feeds = append(h.feeds, f)
	if err := h.subscribe(f); err != nil {
		return errors.Join(err, h.joinAll(ctx, []*worker.Feed{f})) // its kernel sockets serve it
	}
	return h.joinAll(ctx, []*worker.Feed{f})
}

// retire takes a channel off its worker, then leaves its groups.
func (h *Handler) retire(f *worker.Feed) error {
	h.unsubscribe(f)
	w := h.workers[f.Worker]
	if err := w.Do(func() { w.Remove(f) }); err != nil {
		return fmt.Errorf("channel %s: %w", f.Name, err)
	}
	h.countDrops()
	h.forgetSilence(f.Name)
	for i, other := range h.feeds {
		if other == f {
			h.feeds = append(h.feeds[:i:i], h.feeds[i+1:]...)
			break
		}
	}
	return f.Close()
}

// fixed lists what changed and cannot change while running.
func fixed(was, is *config.Config) []string {
	var keys []string
	note := func(key string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			keys = append(keys, key)
		}
	}
	note("instance", was.Instance, is.Instance)
	note("publish", was.Publish, is.Publish)
	note("latest", was.Latest, is.Latest)
	note("digests", was.Digests, is.Digests)
	note("checksums", was.Checksums, is.Checksums)
	note("rings", was.Rings, is.Rings)
	note("readers", was.Readers, is.Readers)
	note("group", was.Group, is.Group)
	note("live", was.Live, is.Live)
	return keys
}

// ReloadFailed counts a reload whose configuration could not be read.
func (h *Handler) ReloadFailed() { atomic.AddUint64(h.reloadFailures, 1) }
