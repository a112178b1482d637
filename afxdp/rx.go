package afxdp

// rxRing brings descriptors of packets received.
type rxRing struct {
	consuming
	descs []Desc // the ring's slots
}

// read copies up to len(dst) descriptors out of the ring, oldest first, and frees their slots.
func (r *rxRing) read(dst []Desc) int {
	n := min(r.ready(), uint32(len(dst)))
	if n == 0 {
		return 0
	}
	at := r.next & r.mask
	first := copy(dst[:n], r.descs[at:])
	copy(dst[first:n], r.descs)
	r.next += n
	return int(n)
}

// Batch holds the descriptors of packets that Poll brought. Its frames are borrowed until Release. The rings and the
// UMEM are shared with the kernel, but what a batch names is ours alone.
type Batch struct {
	mem   []byte // of the UMEM
	descs []Desc
	n     int

	fetchable, meta bool
}

// NewBatch makes a batch of up to size descriptors. With MultiBuffer use 64 or more: a packet may take dozens.
func NewBatch(size int) *Batch { return &Batch{descs: make([]Desc, max(size, 1))} }

// Len returns how many descriptors the batch holds.
func (b *Batch) Len() int { return b.n }

// Cap returns how many it can hold.
func (b *Batch) Cap() int { return len(b.descs) }

// fetchAhead is how many packets are asked for together, and how far ahead of the one in hand. More would not stay in the
// first-level cache: the first lines of frames of 2048 and 4096 bytes share one or two of its sets.
const fetchAhead = 8

// Fetch, called for descriptor i before it is handled, lets the processor bring packets a little further on into its
// cache meanwhile. Poll does so for the first few. A hint for whoever goes through a batch by Data; Packet has it in it.
func (b *Batch) Fetch(i int) {
	if uint(i)%fetchAhead == 0 {
		b.fetch(i + fetchAhead)
	}
}

// fetch asks for fetchAhead packets from i on. The end of a batch that is not as many is left out.
func (b *Batch) fetch(i int) {
	if b.fetchable && i+fetchAhead <= b.n {
		fetchEight(&b.mem[0], &b.descs[i], b.meta)
	}
}

// Data returns the bytes of descriptor i: a whole packet, or a part of one (More).
// The capacity ends with the data: appending cannot run into the next frame.
func (b *Batch) Data(i int) []byte {
	d := &b.descs[i]
	at := offset(d.Addr)
	end := at + uint64(d.Len)
	if end > uint64(len(b.mem)) || at > end {
		return nil // not from a kernel that works
	}
	return b.mem[at:end:end]
}

// Meta returns the n bytes before the data of descriptor i, where an XDP program's metadata stands. The descriptor does
// not say how much of that the program wrote, nor whether it did for this packet: the program's metadata should say so.
func (b *Batch) Meta(i, n int) []byte {
	at := offset(b.descs[i].Addr)
	if n < 0 || uint64(n) > at || at > uint64(len(b.mem)) {
		return nil
	}
	return b.mem[at-uint64(n) : at : at]
}

// More says that descriptor i is not the last of its packet: it goes on in i+1.
func (b *Batch) More(i int) bool { return b.descs[i].Options&descContinued != 0 }

// Packet returns the packet that starts at descriptor i and where the next one starts. A packet in one buffer is
// returned in place; one in several is put together in scratch, and cut off where scratch ends.
func (b *Batch) Packet(i int, scratch []byte) (data []byte, next int) {
	b.Fetch(i)
	if !b.More(i) {
		return b.Data(i), i + 1
	}
	n := 0
	for ; i < b.n; i++ {
		n += copy(scratch[n:], b.Data(i))
		if !b.More(i) {
			i++
			break
		}
	}
	return scratch[:n], i
}
