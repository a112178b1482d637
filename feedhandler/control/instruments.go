package control

import (
	"wirebook/book"
	"wirebook/shm"
)

// sink is one channel's way into the instrument table. It belongs to the channel's worker.
type sink struct {
	inst      *Instance
	channel   uint16 // in the control file
	publisher uint16
	venue     string
	table     map[uint32]uint32 // directory index → table index
	ended     bool              // its pipeline was removed: its entries may be taken over
}

// identity is what makes an instrument the same in two lives of a channel.
type identity struct {
	publisher uint16
	id        uint32
	key       uint64
	venue     string
}

// place is an entry of the instrument table and whose it is.
type place struct {
	at    uint32
	owner *sink
}

// Instrument adds an instrument to the table, or updates its entry. One that a channel had which a reload took away goes on
// in its old entry: readers see it once, however often its channel changes. Its place in the latest table is its place in the
// instrument table.
func (s *sink) Instrument(_ int, idx uint32, ins *book.Instrument) (uint32, bool) {
	e := shm.InstrumentEntry{
		VenueKey: ins.Key, TickSize: ins.TickSize, DisplayFactor: ins.DisplayFactor, ID: ins.ID,
		LotSize: ins.LotSize, PublisherID: s.publisher, Channel: s.channel,
		Currency: ins.Currency, Status: ins.Status,
	}
	copy(e.Symbol[:], ins.Symbol[:])
	copy(e.Venue[:], s.venue)
	i := s.inst
	if at, known := s.table[idx]; known {
		e.LatestIndex = i.latest(at)
		i.seg.Control.SetInstrument(at, e)
		return e.LatestIndex, e.LatestIndex != shm.NoLatest
	}
	// The index is part of the entry, so nobody may add between the question and the answer.
	i.mu.Lock()
	same := identity{s.publisher, ins.ID, ins.Key, s.venue}
	if was, is := i.places[same]; is && was.owner != s && was.owner.ended {
		i.places[same] = place{was.at, s}
		i.claim(s.publisher, ins)
		i.mu.Unlock()
		s.table[idx] = was.at
		e.LatestIndex = i.latest(was.at)
		i.seg.Control.SetInstrument(was.at, e)
		return e.LatestIndex, e.LatestIndex != shm.NoLatest
	}
	at := i.seg.Control.Instruments()
	e.LatestIndex = i.latest(at)
	_, err := i.seg.Control.AddInstrument(e)
	if err != nil {
		*i.refused++
	} else {
		i.claim(s.publisher, ins)
		if was, is := i.places[same]; !is || was.owner.ended {
			i.places[same] = place{at, s}
		}
	}
	i.mu.Unlock()
	if err != nil {
		return 0, false
	}
	s.table[idx] = at
	return e.LatestIndex, e.LatestIndex != shm.NoLatest
}

func (i *Instance) latest(at uint32) uint32 {
	if i.seg.Latest == nil || at >= i.seg.Latest.Capacity() {
		return shm.NoLatest
	}
	return at
}
