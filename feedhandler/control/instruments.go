package control

import (
	"wirebook/book"
	"wirebook/shm"
)

// Instrument adds a channel's instrument to the table, or updates its entry. Its place in the latest table is its
// place in the instrument table.
func (i *Instance) Instrument(channel int, idx uint32, ins *book.Instrument) (uint32, bool) {
	e := shm.InstrumentEntry{
		VenueKey: ins.Key, TickSize: ins.TickSize, DisplayFactor: ins.DisplayFactor, ID: ins.ID,
		LotSize: ins.LotSize, PublisherID: i.channels[channel].publisher, Channel: uint16(channel),
		Currency: ins.Currency, Status: ins.Status,
	}
	copy(e.Symbol[:], ins.Symbol[:])
	copy(e.Venue[:], i.venues[channel])
	key := instrumentKey{channel, idx}
	if at, known := i.table[key]; known {
		e.LatestIndex = i.latest(at)
		i.seg.Control.SetInstrument(at, e)
		return e.LatestIndex, e.LatestIndex != shm.NoLatest
	}
	at := i.seg.Control.Instruments()
	e.LatestIndex = i.latest(at)
	if _, err := i.seg.Control.AddInstrument(e); err != nil {
		*i.refused++
		return 0, false
	}
	i.table[key] = at
	return e.LatestIndex, e.LatestIndex != shm.NoLatest
}

func (i *Instance) latest(at uint32) uint32 {
	if i.seg.Latest == nil || at >= i.seg.Latest.Capacity() {
		return shm.NoLatest
	}
	return at
}
