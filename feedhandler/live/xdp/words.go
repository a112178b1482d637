package xdp

import (
	"fmt"
	"sync/atomic"

	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler/live/worker"
)

// linkWords are where a filter's counts go in the control file.
type linkWords struct {
	filter     [bpf.CounterCount]*uint64
	reattached *uint64
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

// Register gives a link's counters their places; a link that was opened anew goes on counting in the old ones.
func (l *Link) Register(counter worker.Counting) {
	label := fmt.Sprintf("interface=%q", l.Name)
	for c := range l.words.filter {
		l.words.filter[c] = counter("xdp_filter_"+bpf.Counter(c).String(), label)
	}
	l.words.reattached, l.words.rebound = counter("xdp_reattached", label), counter("xdp_rebound", label)
	l.words.last, l.words.socketless = bpf.Counters{}, 0
	for _, r := range l.Queues {
		label := fmt.Sprintf("queue=\"%s:%d\"", l.Name, r.number)
		c := func(name string) *uint64 { return counter(name, label) }
		r.words = queueWords{
			handed: c("xdp_handed_over"), refused: c("xdp_drop_handover_full"),
			frames: c("xdp_frames"), unclaimed: c("xdp_drop_unclaimed"), nameless: c("xdp_without_metadata"), unstamped: c("xdp_unstamped"),
			wakeups: c("xdp_wakeups"), batches: c("xdp_polls"),
			dropped: c("xdp_drop_no_frame"), ringFull: c("xdp_drop_rx_ring_full"), badFill: c("xdp_rx_invalid_descs"),
			fillEmpty: c("xdp_fill_ring_empty"), badSend: c("xdp_tx_invalid_descs"), sendRingEmpty: c("xdp_tx_ring_empty"),
		}
	}
}

// Publish copies the worker's counts.
func (r *Queue) Publish() {
	c := r.sock.Counts()
	atomic.StoreUint64(r.words.wakeups, c.Wakeups)
	atomic.StoreUint64(r.words.batches, c.Polls)
	for i, p := range [...]struct {
		at *uint64
		n  uint64
	}{{r.words.frames, r.Frames}, {r.words.unclaimed, r.unclaimed}, {r.words.nameless, r.nameless}, {r.words.unstamped, r.unstamped},
		{r.words.handed, r.handed}, {r.words.refused, r.refused}} {
		atomic.AddUint64(p.at, p.n-r.words.told[i])
		r.words.told[i] = p.n
	}
}

// OtherVLAN is how many datagrams of subscribed groups came under VLANs that are not, as of the last Count.
func (l *Link) OtherVLAN() uint64 { return l.words.last[bpf.OtherVLAN] }

// Count reads the filter's counts and every queue's XDP_STATISTICS, and returns how many more frames were lost in the
// kernel, and how many between workers.
func (l *Link) Count() (more, between uint64) {
	if l.Filter == nil || l.words.reattached == nil {
		return 0, 0
	}
	if now, err := l.Filter.Counters(); err == nil {
		for c, v := range now {
			atomic.AddUint64(l.words.filter[c], v-l.words.last[c])
		}
		l.words.last = now
	}
	for _, r := range l.Queues {
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
