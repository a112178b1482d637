package afxdp

import "sync/atomic"

// Desc is a descriptor of the RX and TX rings, laid out as the kernel has it (struct xdp_desc).
type Desc struct {
	Addr    uint64 // offset into the UMEM; with unaligned frames the upper 16 bits are added to the rest
	Len     uint32
	Options uint32 // bit 0: the packet goes on in the next descriptor
}

const (
	descContinued = 1

	ringNeedWakeup = 1 // in the flags word

	unalignedShift = 48
	unalignedMask  = 1<<unalignedShift - 1
)

// offset returns where the data of an address starts in the UMEM.
func offset(addr uint64) uint64 { return addr&unalignedMask + addr>>unalignedShift }

// words are the three words of a ring that both sides see. They stand on cache lines of their own.
type words struct {
	producer *uint32 // written by the producing side
	consumer *uint32 // written by the consuming side
	flags    *uint32 // written by the kernel
}

// absent stands for the words of a ring the socket does not have: with size 0 it has neither room nor anything to read.
func absent() words { return words{new(uint32), new(uint32), new(uint32)} }

func (w words) needWakeup() bool { return atomic.LoadUint32(w.flags)&ringNeedWakeup != 0 }

// producing is our end of a ring we fill: fill and TX. Indexes run freely and wrap at 2^32.
type producing struct {
	words
	size, mask uint32
	next       uint32 // first slot not yet written by us
	freeUntil  uint32 // consumer + size when last read: slots below it may be written
}

func (p *producing) init(w words, size int) {
	*p = producing{words: w, size: uint32(size), mask: uint32(size - 1)}
	p.next = atomic.LoadUint32(w.producer)
	p.freeUntil = atomic.LoadUint32(w.consumer) + p.size
}

// room returns how many slots may be written, reading the kernel's word only when fewer than n are known to be free.
func (p *producing) room(n uint32) uint32 {
	if known := p.freeUntil - p.next; known >= n {
		return known
	}
	p.freeUntil = atomic.LoadUint32(p.consumer) + p.size
	return p.freeUntil - p.next
}

// publish hands everything below next to the kernel. The atomic store orders the slots before the index.
func (p *producing) publish() { atomic.StoreUint32(p.producer, p.next) }

// pending returns how many slots the kernel has not taken.
func (p *producing) pending() uint32 { return p.next - atomic.LoadUint32(p.consumer) }

// consuming is our end of a ring the kernel fills: RX and completion.
type consuming struct {
	words
	mask   uint32
	next   uint32 // first slot not yet read by us
	filled uint32 // producer when last read: slots below it may be read
}

func (c *consuming) init(w words, size int) {
	*c = consuming{words: w, mask: uint32(size - 1)}
	c.next = atomic.LoadUint32(w.consumer)
	c.filled = atomic.LoadUint32(w.producer)
}

// ready returns how many slots may be read, reading the kernel's word only when none is known of.
func (c *consuming) ready() uint32 {
	if c.filled == c.next {
		c.filled = atomic.LoadUint32(c.producer)
	}
	return c.filled - c.next
}

// publish gives everything below next back to the kernel.
func (c *consuming) publish() { atomic.StoreUint32(c.consumer, c.next) }
