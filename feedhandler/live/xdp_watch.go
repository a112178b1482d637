package live

import (
	"fmt"
	"net"
	"sync/atomic"

	"wirebook/afxdp"
	"wirebook/bpf"
)

// linkWords are where a filter's counts go in the control file.
type linkWords struct {
	filter     [bpf.CounterCount]*uint64
	reattached *uint64
	rules      *uint64 // flow rules in the NIC
	rebound    *uint64
	last       bpf.Counters // newest reading of this filter
	socketless uint64       // NoSocket when the sockets were last put back
}

// queueWords are where a queue's counts go: the first from the worker, the others from the handler.
type queueWords struct {
	frames, unclaimed, nameless, unstamped, handed, refused       *uint64
	wakeups, batches                                              *uint64
	told                                                          [6]uint64
	refusedSeen                                                   uint64 // by the handler
	dropped, ringFull, badFill, fillEmpty, badSend, sendRingEmpty *uint64
	last                                                          afxdp.Statistics
}

// register gives a link's counters their places; a link that was opened anew goes on counting in the old ones.
func (l *xdpLink) register(h *Handler) {
	label := fmt.Sprintf("interface=%q", l.name)
	for c := range l.words.filter {
		l.words.filter[c] = h.counter("xdp_filter_"+bpf.Counter(c).String(), label)
	}
	l.words.reattached, l.words.rebound = h.counter("xdp_reattached", label), h.counter("xdp_rebound", label)
	l.words.last, l.words.socketless = bpf.Counters{}, 0
	l.words.rules = h.counter("xdp_flow_rules", label)
	if l.steering != nil {
		l.steering.word = l.words.rules
		l.steering.publish()
	}
	for _, r := range l.queues {
		label := fmt.Sprintf("queue=\"%s:%d\"", l.name, r.number)
		c := func(name string) *uint64 { return h.counter(name, label) }
		r.words = queueWords{
			handed: c("xdp_handed_over"), refused: c("xdp_drop_handover_full"),
			frames: c("xdp_frames"), unclaimed: c("xdp_drop_unclaimed"), nameless: c("xdp_without_metadata"), unstamped: c("xdp_unstamped"),
			wakeups: c("xdp_wakeups"), batches: c("xdp_polls"),
			dropped: c("xdp_drop_no_frame"), ringFull: c("xdp_drop_rx_ring_full"), badFill: c("xdp_rx_invalid_descs"),
			fillEmpty: c("xdp_fill_ring_empty"), badSend: c("xdp_tx_invalid_descs"), sendRingEmpty: c("xdp_tx_ring_empty"),
		}
	}
}

// publish copies the worker's counts.
func (r *queueReceiver) publish() {
	c := r.sock.Counts()
	atomic.StoreUint64(r.words.wakeups, c.Wakeups)
	atomic.StoreUint64(r.words.batches, c.Polls)
	for i, p := range [...]struct {
		at *uint64
		n  uint64
	}{{r.words.frames, r.frames}, {r.words.unclaimed, r.unclaimed}, {r.words.nameless, r.nameless}, {r.words.unstamped, r.unstamped},
		{r.words.handed, r.handed}, {r.words.refused, r.refused}} {
		atomic.AddUint64(p.at, p.n-r.words.told[i])
		r.words.told[i] = p.n
	}
}

// count reads the filter's counts and every queue's XDP_STATISTICS, and returns how many more frames were lost in the
// kernel, and how many between workers.
func (l *xdpLink) count() (more, between uint64) {
	if l.filter == nil || l.words.reattached == nil {
		return 0, 0
	}
	if now, err := l.filter.Counters(); err == nil {
		for c, v := range now {
			atomic.AddUint64(l.words.filter[c], v-l.words.last[c])
		}
		l.words.last = now
	}
	for _, r := range l.queues {
		refused := atomic.LoadUint64(r.words.refused)
		between += refused - r.words.refusedSeen
		r.words.refusedSeen = refused
		now, err := r.sock.Statistics()
		if err != nil {
			continue
		}
		was := r.words.last
		for _, p := range [...]struct {
			at *uint64
			n  uint64
		}{
			{r.words.dropped, now.RxDropped - was.RxDropped}, {r.words.ringFull, now.RxRingFull - was.RxRingFull},
			{r.words.badFill, now.RxInvalidDescs - was.RxInvalidDescs}, {r.words.fillEmpty, now.RxFillRingEmptyDescs - was.RxFillRingEmptyDescs},
			{r.words.badSend, now.TxInvalidDescs - was.TxInvalidDescs}, {r.words.sendRingEmpty, now.TxRingEmptyDescs - was.TxRingEmptyDescs},
		} {
			atomic.AddUint64(p.at, p.n)
		}
		more += now.Lost() - was.Lost()
		r.words.last = now
	}
	return more, between
}

// watchXDP puts a filter back that somebody took off, and opens an interface anew that went and came back. Meanwhile the
// kernel sockets receive.
func (h *Handler) watchXDP() {
	for _, l := range h.links {
		if l.filter != nil {
			err := l.filter.Check()
			ifi, gone := net.InterfaceByName(l.name)
			switch {
			case gone == nil && ifi.Index == l.ifindex && err == nil:
				// A filter does not tell: a driver may not run it on queues that came later.
				if n := rxQueues(l.name); n > len(l.queues) {
					if err := h.reopen(l, n); err != nil {
						h.health.say(h.log, "xdp "+l.name, "AF_XDP cannot be had again yet: kernel sockets receive", "interface", l.name, "error", err)
					}
					continue
				}
				h.watchRules(l)
				h.rebind(l)
				continue
			case gone == nil && ifi.Index == l.ifindex:
				h.reattach(l, err)
				continue
			}
			h.log.Warn("the interface of AF_XDP queues is gone: kernel sockets receive until it is back", "interface", l.name)
			h.countDrops()
			if err := h.unplaceAll(l); err != nil {
				h.log.Error("AF_XDP queues are not given up", "interface", l.name, "error", err)
				continue
			}
			_ = l.close()
		}
		if err := h.restore(l); err != nil {
			h.health.say(h.log, "xdp "+l.name, "AF_XDP cannot be had again yet: kernel sockets receive", "interface", l.name, "error", err)
		}
	}
}

// watchRules puts flow rules back that are gone.
func (h *Handler) watchRules(l *xdpLink) {
	if l.steering == nil || !l.steering.lost() {
		return
	}
	h.log.Warn("flow rules of ours are gone from the NIC", "interface", l.name)
	if err := h.steer(l, h.config); err != nil {
		h.health.say(h.log, "steering "+l.name, "flow rules cannot be had again", "interface", l.name, "error", err)
	}
}

func (h *Handler) reattach(l *xdpLink, why error) {
	_ = l.filter.Detach()
	report, err := l.filter.Attach()
	if err != nil {
		h.health.say(h.log, "xdp "+l.name, "the filter cannot be attached again: kernel sockets receive", "interface", l.name, "why", why, "error", err)
		return
	}
	l.report = report
	atomic.AddUint64(l.words.reattached, 1)
	h.log.Warn("the filter was attached again", "interface", l.name, "why", why, "now", report.String())
}

// restore opens a link that is closed, with the subscriptions of its feeds.
func (h *Handler) restore(l *xdpLink) error {
	if err := h.openLink(l, h.config); err != nil {
		return err
	}
	l.register(h)
	if err := h.place(h.config); err != nil {
		return err
	}
	for _, f := range h.feeds {
		for i := range f.config.Lines {
			if f.interfaceOf(i, &h.config.Live) != l.name || f.id == 0 {
				continue
			}
			if err := l.filter.Subscribe(subscription(f, i)); err != nil {
				h.log.Error("a line is left to its kernel socket", "channel", f.name, "line", f.config.Lines[i].Name, "error", err)
			}
		}
	}
	atomic.AddUint64(l.words.reattached, 1)
	h.log.Warn("the interface is back", "interface", l.name, "now", l.String())
	return nil
}
