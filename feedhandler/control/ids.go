package control

import (
	"sync/atomic"

	"wirebook/book"
)

// publishedID is how a record names its instrument.
type publishedID struct {
	publisher uint16
	id        uint32
}

// claim notes that an instrument is published under an id. Two instruments of one publisher under one id cannot be told
// apart by readers: that is counted, and the cure is a publisher_id of its own for one of the channels. The caller holds
// the lock.
func (i *Instance) claim(publisher uint16, ins *book.Instrument) {
	key := publishedID{publisher, ins.ID}
	if other, taken := i.ids[key]; taken && other != ins.Symbol {
		atomic.AddUint64(i.collisions, 1)
		return
	}
	i.ids[key] = ins.Symbol
}

// Refused is how many instruments found no room in the instrument table.
func (i *Instance) Refused() uint64 { return atomic.LoadUint64(i.refused) }

// Collisions is how many instruments share publisher and id with another of a different symbol.
func (i *Instance) Collisions() uint64 { return atomic.LoadUint64(i.collisions) }
