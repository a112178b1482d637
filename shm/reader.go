package shm

import (
	"encoding/binary"
	"sync/atomic"
)

// Result says what a reader's call found.
type Result uint8

// Results.
const (
	// Empty: nothing new. Wait, or do something else.
	Empty Result = iota
	// Record: a whole record was copied out and the position moved on.
	Record
	// Lapped: the writer overwrote records this reader had not read. Lost says how many, Position where it goes on.
	Lapped
	// NewEpoch: from this position on, records come from a newer run of the writer. Books must start afresh.
	NewEpoch
	// StaleWriter: nothing new, and the writer's heartbeat is old. Only readers that know the time say so.
	StaleWriter
	// Stopped: nothing new, and nothing more will come in this memory: the writer ended in good order, or a new
	// file took this one's place (State tells which).
	Stopped
	// Corrupt: the slot holds what no writer of ours leaves. The position does not move; Seek.
	Corrupt
	// ShortBuffer: the caller's buffer is smaller than PayloadSize. Nothing happened.
	ShortBuffer
)

var resultNames = [...]string{"empty", "record", "lapped", "new_epoch", "stale_writer", "stopped", "corrupt", "short_buffer"}

// String returns the result's name.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return "result"
}

// Reader follows one ring. It only loads, so it works on a read-only mapping, and cannot disturb the writer.
// It belongs to one goroutine. Another process may store anything into the memory: a reader returns nonsense
// then, but never reads outside mem and never panics.
type Reader struct {
	slots   slotArray
	header  *RingHeader
	mask    uint64
	pos     uint64
	epoch   uint64
	lost    uint64 // of the last Lapped
	lostAll uint64
	missed  uint64 // records of the epoch that were gone before the oldest one
	payload int
	bodyMax int
	schema  Schema
	mem     []byte
}

// NewReader checks the ring in mem and stands at its oldest record. An Error says what is wrong:
// a foreign file, another ABI version, a truncated file.
func NewReader(mem []byte) (*Reader, error) {
	if len(mem) < HeaderBytes {
		return nil, checkMagic("ring", len(mem), MagicRing, MagicRing, ABIVersion)
	}
	shared := ringHeader(mem)
	if shared == nil {
		return nil, fail("ring", "memory is not 8-aligned")
	}
	h := *shared // judged and used from one copy: the file may change under us
	if err := h.check(len(mem)); err != nil {
		return nil, err
	}
	s := Schema(h.Schema)
	r := &Reader{
		slots: slotsOf(mem, uint64(h.SlotSize)), header: shared, mask: uint64(h.SlotCount) - 1,
		payload: s.SlotSize() - 8, bodyMax: s.BodySize(), schema: s, mem: mem,
	}
	r.epoch = atomic.LoadUint64(&shared.Epoch)
	r.SeekOldest()
	return r, nil
}

// Next copies the record at the reader's position into dst and moves on. dst gets PayloadSize bytes: the body, then
// the extras; Body and Extra take it apart. Results other than Record leave dst undefined.
//
// Copy, then check again: a record is only accepted when its slot held the same committed sequence word before
// and after the copy. The writer marks the slot before it touches the payload, so a torn copy never passes.
func (r *Reader) Next(dst []byte) Result {
	if len(dst) < r.payload {
		return ShortBuffer
	}
	p := r.pos
	seq, want := r.slots.word(p&r.mask, 0), committed(p)
	if atomic.LoadUint64(seq) != want || atomic.LoadUint64(&r.header.Epoch) != r.epoch {
		if res := r.look(); res != Record {
			return res
		}
	}
	r.slots.load(dst[:r.payload], p&r.mask)
	if atomic.LoadUint64(seq) != want {
		if res := r.look(); res != Record {
			return res
		}
		return Empty // a committed slot went away and came back: no writer of ours does that
	}
	r.pos = p + 1
	return Record
}

// NextBatch copies up to len(dst)/PayloadSize records, one behind the other, and returns their number with Record.
// Where the first is not there, n is 0 and the result is what Next would say.
func (r *Reader) NextBatch(dst []byte) (n int, res Result) {
	if len(dst) < r.payload {
		return 0, ShortBuffer
	}
	epoch := atomic.LoadUint64(&r.header.Epoch)
	for epoch == r.epoch && len(dst) >= r.payload {
		p := r.pos
		seq, want := r.slots.word(p&r.mask, 0), committed(p)
		if atomic.LoadUint64(seq) != want {
			break
		}
		// The epoch is asked for after the sequence: a record of a new run comes with its epoch.
		epoch = atomic.LoadUint64(&r.header.Epoch)
		if epoch != r.epoch {
			break
		}
		r.slots.load(dst[:r.payload], p&r.mask)
		if atomic.LoadUint64(seq) != want {
			break
		}
		r.pos = p + 1
		dst = dst[r.payload:]
		n++
	}
	if n > 0 {
		return n, Record
	}
	if res = r.Next(dst); res == Record {
		n = 1
	}
	return n, res
}

// look judges a slot that does not simply hold the wanted record of the known epoch.
func (r *Reader) look() Result {
	p := r.pos
	seq := atomic.LoadUint64(r.slots.word(p&r.mask, 0))
	if epoch := atomic.LoadUint64(&r.header.Epoch); epoch != r.epoch {
		if start := atomic.LoadUint64(&r.header.EpochStart); p >= start {
			r.epoch = epoch
			if p > r.edge() && start < maxPosition {
				r.pos = start // the ring was laid out afresh: positions count from 0 again
			}
			return NewEpoch
		}
	}
	want := committed(p)
	switch {
	case seq == want:
		return Record
	case seq < want || seq == want|1:
		if seq == 1 || (seq != 0 && (seq>>1-1)&r.mask != p&r.mask) {
			return Corrupt
		}
		if state := r.State(); seq < want && (state == StateStopped || state == StateReplaced) && r.edge() <= p {
			return Stopped // asked again behind the state: the last record may have come in between
		}
		return Empty
	}
	newest := seq>>1 - 1
	if newest&r.mask != p&r.mask || newest >= maxPosition {
		return Corrupt
	}
	return r.lapped(newest + 1)
}

// lapped moves the reader to half a ring behind the writer: far enough from being overwritten again at once, and
// not further than needed. next is a position the writer has reached.
func (r *Reader) lapped(next uint64) Result {
	if head := r.edge(); head > next {
		next = head
	}
	resume := next - (r.mask+1)/2
	if resume <= r.pos {
		resume = r.pos + 1
	}
	r.lost = resume - r.pos
	r.lostAll += r.lost
	r.pos = resume
	return Lapped
}

// edge returns the position the next record will get, as far as it can be seen: the head hint, then slot by slot
// through what was committed since. A head that its own slots do not bear out counts as 0.
func (r *Reader) edge() uint64 {
	head := atomic.LoadUint64(&r.header.Head)
	if head == 0 || head >= maxPosition {
		head = 0
	} else if atomic.LoadUint64(r.slots.word((head-1)&r.mask, 0)) < committed(head-1) {
		return 0
	}
	for i := uint64(0); i <= r.mask; i++ {
		v := atomic.LoadUint64(r.slots.word(head&r.mask, 0))
		p := v>>1 - 1
		if v < committed(head) || p&r.mask != head&r.mask || p >= maxPosition {
			break
		}
		if head = p; v&1 != 0 {
			break // being written: all before it is committed
		}
		head++
	}
	return head
}

// SeekEdge moves to the live edge: the next record read is one not yet published. It returns the position.
func (r *Reader) SeekEdge() uint64 {
	r.pos, r.missed = r.edge(), 0
	return r.pos
}

// SeekOldest moves to the oldest record of the running epoch that is still in the ring and returns its position. What an
// earlier run of the writer left in front of it is not told: its books, and its instrument ids, are not this run's. Missed
// says how many records of this run are not there any more.
func (r *Reader) SeekOldest() uint64 {
	head := r.edge()
	r.pos = 0
	if head > r.mask+1 {
		r.pos = head - r.mask - 1
	}
	r.missed = 0
	if start := atomic.LoadUint64(&r.header.EpochStart); start <= head {
		r.pos = max(r.pos, start)
		r.missed = r.pos - start
	}
	return r.pos
}

// Missed returns how many records of the running epoch were overwritten before this reader could begin: those in front of
// where NewReader and SeekOldest stand. 0 for a reader that wants none of them (SeekEdge).
func (r *Reader) Missed() uint64 { return r.missed }

// Seek moves to position p, for example the one a latest table names. A position already overwritten shows as
// Lapped on the next call, one ahead of the writer is Empty until the writer gets there.
func (r *Reader) Seek(p uint64) {
	if p < maxPosition {
		r.pos = p
	}
}

// Position returns the position of the record Next will read.
func (r *Reader) Position() uint64 { return r.pos }

// Lost returns how many records the last Lapped skipped.
func (r *Reader) Lost() uint64 { return r.lost }

// LostTotal returns how many records all Lapped results skipped.
func (r *Reader) LostTotal() uint64 { return r.lostAll }

// Epoch returns the run of the writer that the reader has acknowledged.
func (r *Reader) Epoch() uint64 { return r.epoch }

// Behind returns how many records the writer is ahead, by its head hint.
func (r *Reader) Behind() uint64 {
	if head := r.edge(); head > r.pos {
		return head - r.pos
	}
	return 0
}

// State returns the ring's writer state.
func (r *Reader) State() uint32 { return atomic.LoadUint32(&r.header.State) }

// Schema returns what the ring carries, Slots how many records it holds, PayloadSize the bytes Next copies.
func (r *Reader) Schema() Schema { return r.schema }

// Slots returns the number of slots.
func (r *Reader) Slots() uint64 { return r.mask + 1 }

// PayloadSize returns the bytes of a body and its extras.
func (r *Reader) PayloadSize() int { return r.payload }

// Body returns the record body in a payload that Next filled: what its header says, at most the schema's largest.
func (r *Reader) Body(payload []byte) []byte {
	if len(payload) == 0 {
		return nil
	}
	if r.schema == SchemaMarks {
		if len(payload) < SizeMark {
			return nil
		}
		return payload[:SizeMark]
	}
	n := int(payload[0]) * 4
	if n < SizeHeader || n > r.bodyMax || n > len(payload) {
		return nil
	}
	return payload[:n]
}

// Extra returns the first word of the extras in a payload that Next filled: the trade id, 0 where there is none.
func (r *Reader) Extra(payload []byte) uint64 {
	if len(payload) < r.bodyMax+8 {
		return 0
	}
	var v uint64
	for i, b := range payload[r.bodyMax : r.bodyMax+8] {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// Unit returns the venue's number of the message or packet that an admin record came from, in a payload that Next filled; 0 in
// rings of other schemas, whose records tell its low half themselves.
func (r *Reader) Unit(payload []byte) uint64 {
	const at = SizeDefinition + 16 // behind body, trade id and channel
	if r.schema != SchemaAdmin || len(payload) < at+8 {
		return 0
	}
	return binary.LittleEndian.Uint64(payload[at:])
}
