package live

import (
	"errors"
	"sync/atomic"

	"wirebook/bpf"
)

// rebind gives the queues their sockets back once frames came by a queue that has none in the filter's map: somebody took
// it out. Meanwhile the kernel sockets receive.
func (h *Handler) rebind(l *xdpLink) {
	seen := l.words.last[bpf.NoSocket]
	if seen == l.words.socketless {
		return
	}
	l.words.socketless = seen
	var errs []error
	for q, r := range l.queues {
		errs = append(errs, l.filter.SetSocket(q, r.sock.FD()))
	}
	if err := errors.Join(errs...); err != nil {
		h.health.say(h.log, "queues "+l.name, "a queue's socket is not in the filter's map and cannot be put back: kernel sockets receive", "interface", l.name, "error", err)
		return
	}
	atomic.AddUint64(l.words.rebound, 1)
	h.health.say(h.log, "rebound "+l.name, "frames came by a queue without its AF_XDP socket: the sockets were put back", "interface", l.name)
}

// reopen gives every queue an interface has now a socket: it closes the link and opens it anew. What the queues hold
// arrives first.
func (h *Handler) reopen(l *xdpLink, queues int) error {
	h.log.Warn("the interface has more queues than before: it is opened anew, and kernel sockets receive meanwhile", "interface", l.name, "queues", queues, "served", len(l.queues))
	_ = l.filter.Detach()
	if err := h.unplaceAll(l); err != nil {
		return err
	}
	h.countDrops()
	return errors.Join(l.close(), h.restore(l))
}
