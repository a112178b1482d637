package segment

import "wirebook/shm"

// instruments remembers where in the table each id stands.
type instruments struct {
	byID map[uint64]uint32
	read int
}

// Instrument returns the table entry of a publisher's instrument. Entries added since the last call are found.
// Cold: it may allocate.
func (r *Reader) Instrument(publisher uint16, id uint32) (shm.InstrumentEntry, bool) {
	key := uint64(publisher)<<32 | uint64(id)
	if i, ok := r.found.byID[key]; ok {
		return r.view.Control.Instrument(int(i))
	}
	n := r.view.Control.Instruments()
	if r.found.byID == nil {
		r.found.byID = make(map[uint64]uint32, n)
	}
	for ; r.found.read < n; r.found.read++ {
		if e, ok := r.view.Control.Instrument(r.found.read); ok {
			r.found.byID[uint64(e.PublisherID)<<32|uint64(e.ID)] = uint32(r.found.read)
		}
	}
	if i, ok := r.found.byID[key]; ok {
		return r.view.Control.Instrument(int(i))
	}
	return shm.InstrumentEntry{}, false
}
