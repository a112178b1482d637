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
	if n := rxQueues(l.name); n > len(l.queues) {
		h.health.say(h.log, "queues "+l.name, "the interface has more queues than at the start: kernel sockets receive those; restart to have AF_XDP there too",
			"interface", l.name, "queues", n, "served", len(l.queues))
		return
	}
	var errs []error
	for q, r := range l.queues {
		errs = append(errs, l.filter.SetSocket(q, r.sock.FD()))
	}
	if err := errors.Join(errs...); err != nil {
		h.health.say(h.log, "queues "+l.name, "a queue's socket is not in the filter's map and cannot be put back: kernel sockets receive", "interface", l.name, "error", err)
		return
	}
	atomic.AddUint64(l.words.rebound, 1)
	h.log.Warn("frames came by a queue without its AF_XDP socket: the sockets were put back", "interface", l.name)
}
