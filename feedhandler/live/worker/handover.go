package worker

import (
	"encoding/binary"
	"math"
	"sync/atomic"

	"wirebook/ptp"
)

// handover carries frames from the worker whose queue they arrived on to the worker that owns their channel: bounded,
// one producer, one consumer, no lock, nothing allocated after newHandover.
//
// It is a ring of bytes. A record is whole cache lines, so that the two sides share a line's news and never its change:
//
//	|length u32|id u16|source u8|bad u8|stamp u64|bound u32|queue u16|spare u16|frame ...|
//
// and never wraps: what is left of a lap and too short for the next record is skipped. Each side works on its own index,
// keeps a copy of the other's that it refreshes only when that one says full or empty, and tells its own once a batch.
type handover struct {
	buf  []byte
	mask uint64

	_ [cacheLine]byte
	// The producer's.
	head    uint64 // end of what was put
	room    uint64 // tail, as last seen
	told    uint64 // head, as last told
	pending bool   // the producer is to publish
	_       [cacheLine]byte

	published atomic.Uint64 // head for the consumer
	_         [cacheLine]byte

	// The consumer's.
	tail  uint64 // end of what was taken
	limit uint64 // head, as last seen
	freed uint64 // tail, as last told
	_     [cacheLine]byte

	released atomic.Uint64 // tail for the producer
	_        [cacheLine]byte

	from, to *peer
}

const (
	cacheLine      = 64
	handoverHeader = 24
	lapEnd         = math.MaxUint32 // as a length: the rest of the lap is skipped
)

// handedFrame is a record as the consumer gets it.
type handedFrame struct {
	frame []byte // borrowed until release
	id    uint16 // the subscription's
	queue uint16 // of the NIC, that it arrived on
	stamp ptp.Stamp
}

// NewHandover makes a queue of at least so many bytes, every page of it touched. A frame of up to half of them always
// fits once the consumer has caught up.
func NewHandover(bytes int, from, to *peer) *handover {
	size := cacheLine
	for size < bytes {
		size <<= 1
	}
	q := &handover{buf: make([]byte, size), mask: uint64(size - 1), from: from, to: to}
	for i := 0; i < size; i += 4096 {
		q.buf[i] = 0
	}
	return q
}

// put copies a frame in; the consumer sees it after publish. False: there is no room.
func (q *handover) put(id, queue uint16, stamp ptp.Stamp, frame []byte) bool {
	size := uint64(handoverHeader+len(frame)+cacheLine-1) &^ (cacheLine - 1)
	at, capacity := q.head&q.mask, uint64(len(q.buf))
	skip := uint64(0)
	if left := capacity - at; size > left {
		skip = left
	}
	if need := skip + size; q.head+need-q.room > capacity {
		if q.room = q.released.Load(); q.head+need-q.room > capacity {
			return false
		}
	}
	if skip > 0 {
		binary.LittleEndian.PutUint32(q.buf[at:], lapEnd)
		q.head += skip
		at = 0
	}
	r := q.buf[at : at+size]
	word := uint64(uint32(len(frame))) | uint64(id)<<32 | uint64(stamp.Source)<<48
	if stamp.Bad {
		word |= 1 << 56
	}
	binary.LittleEndian.PutUint64(r, word)
	binary.LittleEndian.PutUint64(r[8:], stamp.NS)
	binary.LittleEndian.PutUint64(r[16:], uint64(stamp.BoundNS)|uint64(queue)<<32)
	copy(r[handoverHeader:], frame)
	q.head += size
	return true
}

// publish shows the consumer what was put, and wakes it if it sleeps.
func (q *handover) publish() {
	if q.head != q.told {
		q.told = q.head
		q.published.Store(q.head)
		q.to.wake()
	}
}

// take gives the next frame, if there is one.
func (q *handover) take(f *handedFrame) bool {
	for {
		if q.tail == q.limit {
			if q.limit = q.published.Load(); q.tail == q.limit {
				return false
			}
		}
		at := q.tail & q.mask
		word := binary.LittleEndian.Uint64(q.buf[at:])
		length := uint64(uint32(word))
		if length == lapEnd {
			q.tail += uint64(len(q.buf)) - at
			continue
		}
		r := q.buf[at : at+handoverHeader+length]
		f.id, f.queue = uint16(word>>32), binary.LittleEndian.Uint16(r[20:])
		f.stamp = ptp.Stamp{
			NS: binary.LittleEndian.Uint64(r[8:]), BoundNS: binary.LittleEndian.Uint32(r[16:]), Source: ptp.Source(word >> 48), Bad: word>>56 != 0,
		}
		f.frame = r[handoverHeader:]
		q.tail += (handoverHeader + length + cacheLine - 1) &^ (cacheLine - 1)
		return true
	}
}

// release gives the room of what was taken back to the producer.
func (q *handover) release() {
	if q.tail != q.freed {
		q.freed = q.tail
		q.released.Store(q.tail)
	}
}

// waiting says whether there is something to take. The consumer asks.
func (q *handover) waiting() bool { return q.tail != q.limit || q.tail != q.published.Load() }
