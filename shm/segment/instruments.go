package segment

import (
	"math"

	"wirebook/shm"
)

// instruments remembers where in the table each id stands: an id has an entry for each instrument it ever meant.
type instruments struct {
	byID map[uint64][]uint32
	read int    // entries that are in byID, or were
	at   uint64 // when reading began, ns
}

// relearnNS is how often at most the table is read again for an id that is not in it.
const relearnNS = 10_000_000

// Instrument returns what a publisher's instrument id means now. Entries added since the last call are found.
// Cold: it may allocate.
func (r *Reader) Instrument(publisher uint16, id uint32) (shm.InstrumentEntry, bool) {
	e, _, ok := r.instrument(publisher, id, func(e *shm.InstrumentEntry) bool { return e.Next == 0 })
	return e, ok
}

// Meaning is what an instrument id means in some records of a ring.
type Meaning struct {
	Entry shm.InstrumentEntry
	Index int    // of the entry, in the table
	Since uint64 // the first of the records
	Until uint64 // the position from which the id means something else, as far as the table says now
}

// InstrumentAt returns what the id meant in the record at a position of the ring that the last result came from. ok is
// false where no entry holds there: no message had named the instrument yet. Cold: it may allocate.
func (r *Reader) InstrumentAt(publisher uint16, id uint32, position uint64) (m Meaning, ok bool) {
	schema, worker := r.opts.Schema, uint32(r.Worker())
	m.Until = math.MaxUint64
	m.Entry, m.Index, ok = r.instrument(publisher, id, func(e *shm.InstrumentEntry) bool {
		c, known := r.view.Control.Channel(int(e.Channel))
		if !known || c.Worker != worker {
			return true // its positions are another ring's
		}
		if e.Since[schema] > position {
			m.Until = min(m.Until, e.Since[schema])
		}
		return e.Since[schema] <= position
	})
	m.Since = m.Entry.Since[schema]
	return m, ok
}

// instrument returns the entry of an id that holds and began last.
func (r *Reader) instrument(publisher uint16, id uint32, holds func(*shm.InstrumentEntry) bool) (best shm.InstrumentEntry, index int, ok bool) {
	key := uint64(publisher)<<32 | uint64(id)
	r.found.learn(r.view.Control)
	if len(r.found.byID[key]) == 0 && nowNS() > r.found.at+relearnNS {
		r.found = instruments{} // it may be in an entry that was another instrument's
		r.found.learn(r.view.Control)
	}
	for _, again := range [...]bool{false, true} {
		if again {
			// An entry of the id was given to another instrument, for want of room: the id may have others we have not seen.
			r.found = instruments{}
			r.found.learn(r.view.Control)
		}
		moved := false
		for _, i := range r.found.byID[key] {
			e, whole := r.view.Control.Instrument(int(i))
			switch {
			case !whole || e.PublisherID != publisher || e.ID != id:
				moved = true
				continue
			case e.Next != 0 && !r.found.has(key, e.Next-1):
				moved = true
			}
			if holds(&e) && (!ok || later(&e, &best)) {
				best, index, ok = e, int(i), true
			}
		}
		if !moved {
			break
		}
		if !again {
			ok = false
		}
	}
	return best, index, ok
}

// later says whether an entry holds from later on than another of the same id.
func later(e, other *shm.InstrumentEntry) bool {
	for s := range e.Since {
		if e.Since[s] != other.Since[s] {
			return e.Since[s] > other.Since[s]
		}
	}
	return e.Next == 0 || other.Next != 0 // both from the same record on: one that is not over, and of those the newer
}

// learn takes in the entries added since.
func (f *instruments) learn(c *shm.ControlView) {
	n := c.Instruments()
	if f.byID == nil {
		f.at = nowNS()
		f.byID = make(map[uint64][]uint32, n)
	}
	for ; f.read < n; f.read++ {
		if e, ok := c.Instrument(f.read); ok {
			key := uint64(e.PublisherID)<<32 | uint64(e.ID)
			f.byID[key] = append(f.byID[key], uint32(f.read))
		}
	}
}

func (f *instruments) has(key uint64, index uint32) bool {
	for _, i := range f.byID[key] {
		if i == index {
			return true
		}
	}
	return false
}
