package afxdp

// txRing carries descriptors of packets to send.
type txRing struct {
	producing
	descs []Desc // the ring's slots
}

// TxBatch holds frames to write packets into. It is filled by Reserve and emptied by Submit.
type TxBatch struct {
	mem        []byte
	frameBytes int
	descs      []Desc
	n          int
}

// NewTxBatch makes a batch of up to size packets.
func NewTxBatch(size int) *TxBatch { return &TxBatch{descs: make([]Desc, max(size, 1))} }

// Len returns how many frames the batch holds.
func (b *TxBatch) Len() int { return b.n }

// Frame returns the memory of frame i, to write a packet into; then SetLen.
func (b *TxBatch) Frame(i int) []byte {
	at := b.descs[i].Addr
	end := at + uint64(b.frameBytes)
	return b.mem[at:end:end]
}

// SetLen says how many bytes of frame i are the packet.
func (b *TxBatch) SetLen(i, n int) { b.descs[i].Len = uint32(n) }

// SetMore says that the packet goes on in frame i+1 (MultiBuffer).
func (b *TxBatch) SetMore(i int, more bool) {
	b.descs[i].Options &^= descContinued
	if more {
		b.descs[i].Options |= descContinued
	}
}

// Put copies a packet into frame i and sets its length. It returns false when the packet is longer than a frame.
func (b *TxBatch) Put(i int, packet []byte) bool {
	frame := b.Frame(i)
	if len(packet) > len(frame) {
		return false
	}
	b.SetLen(i, copy(frame, packet))
	return true
}
