package live

import (
	"errors"

	"wirebook/feedhandler/live/xdp"
)

// watchXDP puts a filter back that somebody took off, and opens an interface anew that went and came back. Meanwhile the
// kernel sockets receive.
func (h *Handler) watchXDP() {
	for _, l := range h.links {
		if l.Filter == nil {
			h.tryRestore(l)
			continue
		}
		switch seen := l.Look(); seen.State {
		case xdp.Well:
			h.watchRules(l)
			h.rebind(l)
		case xdp.Bare:
			h.reattach(l, seen.Why)
		case xdp.Outgrown:
			if err := h.reopen(l, seen.Now); err != nil {
				h.notYet(l, err)
			}
		case xdp.Unknown:
			h.health.say(h.log, "unknown "+l.Name, "the interface of AF_XDP queues cannot be looked at: they go on as they are", "interface", l.Name, "error", seen.Why)
		case xdp.Gone:
			h.log.Warn("the interface of AF_XDP queues is gone: kernel sockets receive until it is back", "interface", l.Name)
			h.countDrops()
			if err := h.unplaceAll(l); err != nil {
				h.log.Error("AF_XDP queues are not given up", "interface", l.Name, "error", err)
				continue
			}
			_ = l.close()
			h.tryRestore(l)
		}
	}
}

func (h *Handler) tryRestore(l *steeredLink) {
	if err := h.restore(l); err != nil {
		h.notYet(l, err)
	}
}

func (h *Handler) notYet(l *steeredLink, err error) {
	h.health.say(h.log, "xdp "+l.Name, "AF_XDP cannot be had again yet: kernel sockets receive", "interface", l.Name, "error", err)
}

// watchRules puts flow rules back that are gone.
func (h *Handler) watchRules(l *steeredLink) {
	if l.steering == nil || !l.steering.lost() {
		return
	}
	h.log.Warn("flow rules of ours are gone from the NIC", "interface", l.Name)
	if err := h.steer(l, h.config); err != nil {
		h.health.say(h.log, "steering "+l.Name, "flow rules cannot be had again", "interface", l.Name, "error", err)
	}
}

func (h *Handler) rebind(l *steeredLink) {
	switch cause, err := l.Rebind(); {
	case err != nil:
		h.health.say(h.log, "queues "+l.Name, "a queue's socket is not in the filter's map and cannot be put back: kernel sockets receive", "interface", l.Name, "error", err)
	case cause:
		h.health.say(h.log, "rebound "+l.Name, "frames came by a queue without its AF_XDP socket: the sockets were put back", "interface", l.Name)
	}
}

func (h *Handler) reattach(l *steeredLink, why error) {
	if err := l.Reattach(); err != nil {
		h.health.say(h.log, "xdp "+l.Name, "the filter cannot be attached again: kernel sockets receive", "interface", l.Name, "why", why, "error", err)
		return
	}
	h.log.Warn("the filter was attached again", "interface", l.Name, "why", why, "now", l.Report.String())
}

// reopen makes a link what its interface is now: it closes the link and opens it anew. What the queues hold arrives first.
func (h *Handler) reopen(l *steeredLink, now string) error {
	h.log.Warn("the interface has outgrown its AF_XDP sockets: it is opened anew, and kernel sockets receive meanwhile", "interface", l.Name, "now", now)
	_ = l.Filter.Detach()
	if err := h.unplaceAll(l); err != nil {
		return err
	}
	h.countDrops()
	return errors.Join(l.close(), h.restore(l))
}

// restore opens a link that is closed, with the subscriptions of its feeds.
func (h *Handler) restore(l *steeredLink) error {
	if err := h.openLink(l, h.config); err != nil {
		return err
	}
	l.register(h.counter)
	if err := h.place(h.config); err != nil {
		return err
	}
	for _, f := range h.feeds {
		for i := range f.Config.Lines {
			if f.InterfaceOf(i, &h.config.Live) != l.Name || f.ID == 0 {
				continue
			}
			if err := l.Filter.Subscribe(subscription(f, i)); err != nil {
				h.log.Error("a line is left to its kernel socket", "channel", f.Name, "line", f.Config.Lines[i].Name, "error", err)
			}
		}
	}
	l.Restored()
	h.log.Warn("the interface is back", "interface", l.Name, "now", l.String())
	return nil
}
