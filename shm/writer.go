package shm

import (
	"math"
	"sync/atomic"
)

// NoPosition is what a Publish method returns when it published nothing.
const NoPosition uint64 = math.MaxUint64

// noChannel tells publishN that the slot has no channel word.
const noChannel uint64 = 1 << 63

// maxPosition is far above what any run reaches; a sequence word beyond it is damage.
const maxPosition uint64 = 1 << 62

// committed is the sequence word of a whole record at position p. With bit 0 set it marks p as being written.
func committed(p uint64) uint64 { return (p + 1) << 1 }

// Writer publishes records into one ring: mark, fill, commit a slot each. It never waits and never looks at
// readers. It belongs to one worker.
type Writer struct {
	slots    slotArray
	mask     uint64
	pos      uint64 // next position
	flushed  uint64 // what the header says of it
	channel  uint64
	bodyMax  uint64
	schema   Schema
	bodySame bool
	refused  uint64
	header   *RingHeader
	mem      []byte   // keeps heap memory alive
	aside    []uint64 // a slot beside the ring, where records cannot be built in place
}

// NewWriter lays out a ring in mem, or takes over the one a former writer left there with the same shape: then
// cfg.Epoch must be newer, and positions go on behind the highest record that was committed, so that readers go on too.
//
// mem is 8-aligned, at least RingBytes(cfg) long, and stays the caller's to unmap after the last call.
func NewWriter(mem []byte, cfg RingConfig) (*Writer, error) {
	if err := cfg.check(len(mem)); err != nil {
		return nil, err
	}
	h := ringHeader(mem)
	if h == nil {
		return nil, fail("ring", "memory is not 8-aligned")
	}
	facts := &schemas[cfg.Schema]
	w := &Writer{
		slots: slotsOf(mem, uint64(facts.slot)), mask: uint64(cfg.Slots) - 1, bodyMax: uint64(facts.bodyMax),
		schema: cfg.Schema, bodySame: facts.bodySame, header: h, mem: mem,
	}
	if h.check(len(mem)) == nil && h.Schema == uint32(cfg.Schema) && h.SlotCount == cfg.Slots {
		if cfg.Epoch <= h.Epoch {
			return nil, fail("ring", "epoch ", utoa(cfg.Epoch), " is not newer than ", utoa(h.Epoch), " of the ring's last writer")
		}
		w.pos = w.recover()
	} else {
		atomic.StoreUint64(&h.Magic, 0)
		clear(mem[8:RingBytes(cfg)])
	}
	h.ABI, h.HeaderSize = ABIVersion, HeaderBytes
	h.Schema, h.SlotSize, h.SlotCount = uint32(cfg.Schema), facts.slot, cfg.Slots
	h.Worker, h.BodySize = uint32(cfg.Worker), facts.bodyMax

	// A reader that sees a record of this run must also see the new epoch and where it starts: they are stored
	// first. One that sees the new epoch finds the right start: it is stored before.
	atomic.StoreUint64(&h.EpochStart, w.pos)
	atomic.StoreUint64(&h.Epoch, cfg.Epoch)
	atomic.StoreUint64(&h.Head, w.pos)
	w.flushed = w.pos
	atomic.StoreUint32(&h.State, StateRunning)
	atomic.StoreUint64(&h.Magic, MagicRing)
	return w, nil
}

// recover returns the position behind the highest committed slot. Slots that no writer of ours can have left
// are emptied. A slot the dead writer had only marked stays marked: its position is written again.
func (w *Writer) recover() uint64 {
	next := uint64(0)
	for i := uint64(0); i <= w.mask; i++ {
		seq := w.slots.word(i, 0)
		v := atomic.LoadUint64(seq)
		if v == 0 {
			continue
		}
		p := v>>1 - 1
		if v == 1 || p&w.mask != i || p >= maxPosition {
			atomic.StoreUint64(seq, 0)
			continue
		}
		if v&1 == 0 && p+1 > next {
			next = p + 1
		}
	}
	return next
}

// SetChannel says which channel the records that follow belong to; schemas with a channel word in their extras carry it.
func (w *Writer) SetChannel(index uint32) { w.channel = uint64(index) }

// Flush stores the head cursor, a hint for readers that are behind. Once per packet or batch is enough.
// Records are visible without it. Where nothing was published since, it costs a compare: the store is an exchange on amd64, and a
// worker has rings for every schema, of which a burst moves one or two, and flushes for each of its channels.
func (w *Writer) Flush() {
	if w.flushed != w.pos {
		w.flushed = w.pos
		atomic.StoreUint64(&w.header.Head, w.pos)
	}
}

// Position returns the position the next record gets: the number of records published since the ring was made.
func (w *Writer) Position() uint64 { return w.pos }

// Schema returns what the ring carries.
func (w *Writer) Schema() Schema { return w.schema }

// Slots returns the number of slots.
func (w *Writer) Slots() uint64 { return w.mask + 1 }

// Refused counts records not published because they were not of the ring's schema.
func (w *Writer) Refused() uint64 { return w.refused }

// Close marks the ring as ended in good order. The writer publishes no more.
func (w *Writer) Close() {
	w.Flush()
	atomic.StoreUint32(&w.header.State, StateStopped)
}

//go:noinline
func (w *Writer) refuse() uint64 {
	w.refused++
	return NoPosition
}
