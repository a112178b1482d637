package control

import "sync/atomic"

// publishedID is how a record names its instrument.
type publishedID struct {
	publisher uint16
	id        uint32
}

// collide counts an instrument that is published under the id of another one. Readers cannot tell the two apart; the cure is
// a publisher_id of its own for one of the channels. The caller holds the lock.
func (i *Instance) collide(key publishedID, m *meaning) {
	if m.collided || m.unnamed {
		return
	}
	for _, other := range i.meanings[key] {
		if other != m && other.symbol != m.symbol && !other.unnamed && !i.ended(other.owner) {
			m.collided = true
			atomic.AddUint64(i.collisions, 1)
			return
		}
	}
}

// Refused is how many instruments found no room in the instrument table.
func (i *Instance) Refused() uint64 { return atomic.LoadUint64(i.refused) }

// Collisions is how many instruments share publisher and id with another of a different symbol.
func (i *Instance) Collisions() uint64 { return atomic.LoadUint64(i.collisions) }
