package afxdp

import "fmt"

// Socket is an AF_XDP socket on one queue. It belongs to one goroutine.
type Socket struct {
	fd     int
	o      Options
	umem   *UMEM
	ifname string
	report BindReport
	frames []uint64 // owned: given back on Close
	maps   [][]byte // of the rings

	rx         rxRing
	fill       fillRing
	tx         txRing
	completion completionRing
	addrMask   uint64   // takes an RX address back to what the fill ring wants
	txFree     []uint64 // frames with nothing to send
	counts     Counts
	gone       error // why the interface is no more, once Check has seen it
}

// Counts are the socket's own, beside the kernel's Statistics.
type Counts struct {
	Polls, EmptyPolls uint64
	Descriptors       uint64 // received; packets, but for those in several buffers
	Sent              uint64 // descriptors submitted
	Wakeups           uint64 // system calls made for either direction
	TxRefused         uint64 // wakeups the kernel answered with: later
}

// FD returns the file descriptor, for an XSKMAP or poll(2). The socket keeps it.
func (s *Socket) FD() int { return s.fd }

// Report says how the socket is bound, and why not better.
func (s *Socket) Report() BindReport { return s.report }

// Counts returns the socket's own counts. Call it from the owning goroutine.
func (s *Socket) Counts() Counts { return s.counts }

// where names the socket in errors.
func (s *Socket) where() string { return fmt.Sprintf("%s queue %d", s.ifname, s.o.Queue) }

// Poll fills b with what has arrived and returns the number of descriptors; 0 when nothing has. It makes no system call
// while there is work. On an empty ring it wakes the kernel if that asked for it, or always with busy polling. A batch
// must be released before it is filled again. With MultiBuffer a packet is not cut in two unless it is larger than b.
func (s *Socket) Poll(b *Batch) int {
	s.counts.Polls++
	n := s.rx.read(b.descs)
	if n == 0 {
		s.counts.EmptyPolls++
		b.n = 0
		if s.o.BusyPoll.Prefer || s.fill.needWakeup() {
			s.wakeRX()
		}
		return 0
	}
	if b.descs[n-1].Options&descContinued != 0 {
		n = s.whole(b.descs[:n])
	}
	s.rx.publish()
	b.mem, b.n = s.umem.mem, n
	if b.fetchable = !s.umem.o.Unaligned; n > 1 {
		b.meta = s.o.Metadata
		b.fetch(0)
	}
	s.counts.Descriptors += uint64(n)
	return n
}

// whole leaves the beginning of a packet that does not end in descs in the ring, unless it fills all of descs.
func (s *Socket) whole(descs []Desc) int {
	n := len(descs)
	for n > 0 && descs[n-1].Options&descContinued != 0 {
		n--
	}
	if n == 0 {
		return len(descs)
	}
	s.rx.next -= uint32(len(descs) - n)
	return n
}

// Release gives the batch's frames back for receiving, in the order they came, and empties it.
func (s *Socket) Release(b *Batch) {
	if b.n == 0 {
		return
	}
	if invariants {
		for i := range b.n {
			scribble(b.Data(i))
		}
	}
	s.fill.pushAll(b.descs[:b.n], s.addrMask)
	s.fill.publish()
	b.n = 0
	if s.fill.needWakeup() {
		s.wakeRX()
	}
}

// Reserve fills b with up to n frames to write packets into, and returns how many there were: fewer when packets are
// still on their way out. What an earlier Reserve left in b unsubmitted is kept and counts.
func (s *Socket) Reserve(b *TxBatch, n int) int {
	b.mem, b.frameBytes = s.umem.mem, s.umem.o.FrameBytes
	n = min(n, len(b.descs))
	if n-b.n > len(s.txFree) {
		s.txFree = s.completion.reap(s.txFree)
	}
	for b.n < n && len(s.txFree) > 0 {
		last := len(s.txFree) - 1
		b.descs[b.n] = Desc{Addr: s.txFree[last]}
		s.txFree = s.txFree[:last]
		b.n++
	}
	return b.n
}

// Submit sends the first n packets of b, each with the length that was set, and keeps the other frames in b. A packet
// of length 0 is an error of the caller that the kernel counts as an invalid descriptor. The error is of the wakeup; the
// packets are in the ring then, and Flush or the next Submit tries again.
func (s *Socket) Submit(b *TxBatch, n int) error {
	n = min(n, b.n)
	if room := int(s.tx.room(uint32(n))); n > room {
		return fmt.Errorf("send on %s: the TX ring has room for %d of %d packets; Flush, or raise TXRing", s.where(), room, n)
	}
	for i := range n {
		s.tx.descs[s.tx.next&s.tx.mask] = b.descs[i]
		s.tx.next++
	}
	s.tx.publish()
	b.n = copy(b.descs, b.descs[n:b.n])
	s.counts.Sent += uint64(n)
	return s.kick()
}

// Complete takes back the frames of packets that are sent and returns how many frames are free to send with.
func (s *Socket) Complete() int {
	s.txFree = s.completion.reap(s.txFree)
	return len(s.txFree)
}

// TxPending returns how many packets the kernel has not taken from the TX ring yet.
func (s *Socket) TxPending() int { return int(s.tx.pending()) }
