package live

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/live/xdp"
)

// assignment says which worker polls each queue of an interface: as live.queues has it, else the workers that own channels
// there in turn. Where nobody does, worker 0.
func assignment(c *config.Config, iface string, queues int) []int {
	order := c.Live.Queues[iface]
	if len(order) == 0 {
		order = owners(c, iface)
	}
	workers := make([]int, queues)
	for q := range workers {
		if len(order) > 0 {
			workers[q] = order[q%len(order)]
		}
	}
	return workers
}

// owners lists the workers with channels on an interface, ascending.
func owners(c *config.Config, iface string) []int {
	var list []int
	for i := range c.Channels {
		ch := &c.Channels[i]
		if slices.Contains(interfaces(&config.Config{Live: c.Live, Channels: []config.Channel{*ch}}), iface) && !slices.Contains(list, ch.Worker) {
			list = append(list, ch.Worker)
		}
	}
	slices.Sort(list)
	return list
}

// ownersNow lists the workers of the channels at work on an interface: a reload that failed may have left some that its
// configuration has elsewhere.
func (h *Handler) ownersNow(iface string) []int {
	var list []int
	for _, f := range h.feeds {
		for i := range f.Config.Lines {
			if f.InterfaceOf(i, &h.config.Live) == iface && !slices.Contains(list, f.Worker) {
				list = append(list, f.Worker)
			}
		}
	}
	return list
}

// checkQueues holds live.queues against the interfaces' queues, which count(name) tells.
func checkQueues(c *config.Config, count func(string) int) error {
	var errs []error
	used := interfaces(c)
	for name, workers := range c.Live.Queues {
		switch n := count(name); {
		case !slices.Contains(used, name):
			errs = append(errs, fmt.Errorf("live.queues: %s: no line arrives on this interface", name))
		case n != len(workers):
			errs = append(errs, fmt.Errorf("live.queues: %s: names the workers of %d queues, and the interface has %d: name each, or 'ethtool -L %s combined %d'", name, len(workers), n, name, len(workers)))
		}
	}
	return errors.Join(errs...)
}

// place has every queue polled by the worker it is assigned to, and connects the workers that may have something for each
// other. A queue that changes hands waits meanwhile: the NIC goes on filling its ring.
func (h *Handler) place(c *config.Config) error {
	var errs []error
	for _, l := range h.links {
		workers := assignment(c, l.Name, len(l.Queues))
		for _, from := range workers {
			for _, to := range append(owners(c, l.Name), h.ownersNow(l.Name)...) {
				errs = append(errs, h.connect(from, to))
			}
		}
		for q, n := range workers {
			r := l.Queues[q]
			if r.Polled && r.Worker == n {
				continue
			}
			errs = append(errs, h.unplace(r))
			r.Worker = n
			w := h.workers[n]
			errs = append(errs, w.Do(func() {
				w.EmptyInbox() // what the queue's worker handed over before is older
				w.Receivers = append(w.Receivers, r)
				w.Queues = append(w.Queues, r)
				w.Wait.Add(r.FD())
			}))
			r.Polled = true
		}
	}
	return errors.Join(errs...)
}

// unplace takes a queue from its worker.
func (h *Handler) unplace(r *xdp.Queue) error {
	if !r.Polled {
		return nil
	}
	r.Polled = false
	w := h.workers[r.Worker]
	return w.Do(func() {
		w.Receivers = slices.DeleteFunc(slices.Clone(w.Receivers), func(other worker.Receiver) bool { return other == worker.Receiver(r) })
		w.Queues = slices.DeleteFunc(slices.Clone(w.Queues), func(other worker.Queue) bool { return other == worker.Queue(r) })
		w.Wait.Remove(r.FD())
		r.Publish()
	})
}

// unplaceAll takes a link's queues from their workers, which take what they hold first.
func (h *Handler) unplaceAll(l *steeredLink) error {
	var errs []error
	for _, r := range l.Queues {
		if r.Polled {
			w := h.workers[r.Worker]
			errs = append(errs, w.Do(func() { r.Empty(w) }))
		}
		errs = append(errs, h.unplace(r))
	}
	return errors.Join(errs...)
}

// connect makes the queue by which a worker hands over to another, once.
func (h *Handler) connect(from, to int) error {
	if from == to || h.connected[[2]int{from, to}] {
		return nil
	}
	size := h.config.Live.HandOver
	if size == 0 {
		size = config.DefaultHandOver
	}
	a, b := h.workers[from], h.workers[to]
	q := worker.NewHandover(size, a.Peer, b.Peer)
	if err := b.Do(func() { b.Inbox.Queues = append(b.Inbox.Queues, q) }); err != nil {
		return err
	}
	if err := a.Do(func() { a.Outboxes[to] = q }); err != nil {
		return err
	}
	h.connected[[2]int{from, to}] = true
	return nil
}

// rearrange makes the links those of a configuration that is about to be the running one. An interface that cannot be
// opened is left to kernel sockets.
func (h *Handler) rearrange(ctx context.Context, c *config.Config) error {
	var errs []error
	were := len(h.links)
	for _, name := range interfaces(c) {
		if h.link(name) != nil {
			continue
		}
		if err := h.addLink(name, c); err != nil {
			errs = append(errs, err)
			continue
		}
		h.link(name).register(h.counter)
	}
	errs = append(errs, h.place(c))
	h.awaitCarrier(ctx, h.links[were:])
	return errors.Join(errs...)
}

// dropLinks gives up the interfaces that no channel of a configuration needs.
func (h *Handler) dropLinks(c *config.Config) error {
	var errs []error
	used := interfaces(c)
	h.links = slices.DeleteFunc(h.links, func(l *steeredLink) bool {
		if slices.Contains(used, l.Name) {
			return false
		}
		h.countDrops()
		if err := h.unplaceAll(l); err != nil {
			errs = append(errs, err)
			return false
		}
		errs = append(errs, l.close())
		return true
	})
	return errors.Join(errs...)
}
