package shm

import "sync/atomic"

// MaxLatest bounds the instruments of a latest table.
const MaxLatest = 1 << 24

// latestSlotBytes is the stride of the table: seven cache lines. The others are offsets in LatestSlot.
const (
	latestSlotBytes = 448
	latestPosition  = 8 + SizeMBP10
	latestUpdates   = latestPosition + 8
)

// LatestBytes returns the bytes a latest table for capacity instruments needs, the header page included.
func LatestBytes(capacity uint32) int { return HeaderBytes + int(capacity)*latestSlotBytes }

// LatestWriter keeps the last book of every instrument. Each slot has one owner: the worker whose channel the
// instrument belongs to. Workers of one process share a LatestWriter.
type LatestWriter struct {
	slots    slotArray
	capacity uint32
	header   *LatestHeader
	mem      []byte
}

// NewLatestWriter lays out a table in mem, or takes over the one a former writer left there. Either way every slot
// starts empty: books of a run that ended are not the books of this one. Positions count in the ring of schema.
func NewLatestWriter(mem []byte, capacity uint32, schema Schema, epoch uint64) (*LatestWriter, error) {
	switch {
	case capacity == 0 || capacity > MaxLatest:
		return nil, fail("latest table", "capacity ", utoa(uint64(capacity)), " must be from 1 to ", utoa(MaxLatest))
	case len(mem) < LatestBytes(capacity):
		return nil, fail("latest table", "memory of ", utoa(uint64(len(mem))), " bytes is smaller than the ", utoa(uint64(LatestBytes(capacity))), " it needs")
	case schema >= SchemaCount:
		return nil, fail("latest table", "schema ", utoa(uint64(schema)), " does not exist")
	}
	h := view[LatestHeader](mem)
	if h == nil {
		return nil, fail("latest table", "memory is not 8-aligned")
	}
	l := &LatestWriter{slots: slotsOf(mem, latestSlotBytes), capacity: capacity, header: h, mem: mem}
	if h.check(len(mem)) != nil || h.Capacity != capacity {
		atomic.StoreUint64(&h.Magic, 0)
		clear(mem[8:LatestBytes(capacity)])
	}
	for i := uint32(0); i < capacity; i++ {
		l.empty(i)
	}
	h.ABI, h.HeaderSize, h.SlotSize, h.Capacity, h.PositionSchema = ABIVersion, HeaderBytes, latestSlotBytes, capacity, uint32(schema)
	atomic.StoreUint64(&h.Epoch, epoch)
	atomic.StoreUint64(&h.Magic, MagicLatest)
	return l, nil
}

// empty makes slot i hold no book, also when its last writer died inside it.
func (l *LatestWriter) empty(i uint32) {
	word := l.slots.word(uint64(i), 0)
	seq := atomic.LoadUint64(word)
	if seq == 0 {
		return
	}
	atomic.StoreUint64(word, seq|1)
	for off := uint64(8); off < latestSlotBytes; off += 8 {
		atomic.StoreUint64(l.slots.word(uint64(i), off), 0)
	}
	atomic.StoreUint64(word, (seq|1)+1)
}

// Update stores the book of slot index. pos is the first ring position that is not in the book: where a reader that
// took it goes on. It returns false when index is out of range.
func (l *LatestWriter) Update(index uint32, m *MBP10, pos uint64) bool {
	if index >= l.capacity {
		return false
	}
	l.slots.updateLatest(uint64(index), m, pos)
	return true
}

// Clear makes slot index hold no book: the instrument's book is not known.
func (l *LatestWriter) Clear(index uint32) {
	if index < l.capacity {
		l.empty(index)
	}
}

// Capacity returns the number of slots.
func (l *LatestWriter) Capacity() uint32 { return l.capacity }

// LatestReader reads the table. It only loads. Several goroutines may share it.
type LatestReader struct {
	slots    slotArray
	capacity uint32
	schema   Schema
	header   *LatestHeader
	mem      []byte
}

// NewLatestReader checks the table in mem.
func NewLatestReader(mem []byte) (*LatestReader, error) {
	if len(mem) < HeaderBytes {
		return nil, checkMagic("latest table", len(mem), MagicLatest, MagicLatest, ABIVersion)
	}
	shared := view[LatestHeader](mem)
	if shared == nil {
		return nil, fail("latest table", "memory is not 8-aligned")
	}
	h := *shared
	if err := h.check(len(mem)); err != nil {
		return nil, err
	}
	return &LatestReader{slots: slotsOf(mem, latestSlotBytes), capacity: h.Capacity, schema: Schema(h.PositionSchema), header: shared, mem: mem}, nil
}

// latestTries bounds how often a reader tries a slot that changes under it.
const latestTries = 1000

// Read copies the last book of slot index into m. pos is the ring position to go on from. ok is false when the slot
// holds no book, index is out of range, or the writer never left the slot alone (it died inside: no book either).
func (l *LatestReader) Read(index uint32, m *MBP10) (pos uint64, ok bool) {
	if index >= l.capacity {
		return 0, false
	}
	word := l.slots.word(uint64(index), 0)
	for try := 0; try < latestTries; try++ {
		seq := atomic.LoadUint64(word)
		if seq == 0 {
			return 0, false
		}
		if seq&1 == 0 {
			l.slots.load(Bytes(m), uint64(index))
			pos = atomic.LoadUint64(l.slots.word(uint64(index), latestPosition))
			updates := atomic.LoadUint64(l.slots.word(uint64(index), latestUpdates))
			if atomic.LoadUint64(word) == seq {
				return pos, updates != 0
			}
		}
		pause(8)
	}
	return 0, false
}

// Capacity returns the number of slots.
func (l *LatestReader) Capacity() uint32 { return l.capacity }

// Schema returns the schema whose ring positions count in.
func (l *LatestReader) Schema() Schema { return l.schema }

// Epoch returns the writer's run.
func (l *LatestReader) Epoch() uint64 { return atomic.LoadUint64(&l.header.Epoch) }

func (h *LatestHeader) check(memory int) error {
	if err := checkMagic("latest table", memory, h.Magic, MagicLatest, h.ABI); err != nil {
		return err
	}
	switch {
	case h.HeaderSize != HeaderBytes || h.SlotSize != latestSlotBytes:
		return fail("latest table", "header of ", utoa(uint64(h.HeaderSize)), " and slots of ", utoa(uint64(h.SlotSize)),
			" bytes, expected ", utoa(HeaderBytes), " and ", utoa(latestSlotBytes))
	case h.Capacity == 0 || h.Capacity > MaxLatest:
		return fail("latest table", "capacity ", utoa(uint64(h.Capacity)), " is not from 1 to ", utoa(MaxLatest))
	case h.PositionSchema >= uint32(SchemaCount):
		return fail("latest table", "positions of schema ", utoa(uint64(h.PositionSchema)), ", which does not exist")
	case memory < LatestBytes(h.Capacity):
		return fail("latest table", "truncated: ", utoa(uint64(memory)), " bytes, but its header promises ", utoa(uint64(LatestBytes(h.Capacity))))
	}
	return nil
}
