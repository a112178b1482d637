package shm

import "sync/atomic"

// latestFlagsWord and latestFlagsShift place the flags byte of an MBP-10 body (offset 30) in its slot, body at 8.
const (
	latestFlagsWord  = 8 + 24
	latestFlagsShift = 8 * 6
)

// SetFlags adds flags to the book of slot index and leaves the rest as it is; an empty slot stays empty.
// A gap marks books nothing arrives for as suspect this way. Cold: every word by an atomic operation.
func (l *LatestWriter) SetFlags(index uint32, flags uint8) {
	if index >= l.capacity || atomic.LoadUint64(l.slots.word(uint64(index), 8)) == 0 {
		return
	}
	lock, word := l.slots.word(uint64(index), 0), l.slots.word(uint64(index), latestFlagsWord)
	seq := atomic.LoadUint64(lock)
	atomic.StoreUint64(lock, seq|1)
	atomic.StoreUint64(word, atomic.LoadUint64(word)|uint64(flags)<<latestFlagsShift)
	atomic.StoreUint64(lock, (seq|1)+1)
}
