package control

import (
	"sync/atomic"

	"wirebook/book"
	"wirebook/shm"
)

// sink is one channel's way into the instrument table. It belongs to the channel's worker.
type sink struct {
	inst      *Instance
	set       string // the set of channels it belongs to; "": none
	channel   uint16 // in the control file
	ended     bool   // its pipeline was removed: its entries may be taken over
	publisher uint16
	venue     string
	rings     [shm.SchemaCount]*shm.Writer
	standing  *shm.ChannelEntry // nil before it is registered
	places    []uint32          // by the directory's index: 1 + the place in the instrument table
}

// meaning is what an instrument id means now to its owner, and its entry. Two channels may use one id, by mistake.
type meaning struct {
	owner   *sink
	at      uint32
	room    bool // it has an entry
	symbol  book.Symbol
	unnamed bool
	former  bool // the id meant another instrument before
	refused bool // there was no room, and it was counted

	collided bool // another means something else by the id, and it was counted
}

// Instrument adds an instrument to the table, or updates its entry. Its place in the latest table is its place in the
// instrument table.
//
// An entry belongs to an instrument, whatever run of the channel publishes it: a reload finds the entries it left. When an
// id comes to mean another instrument, as locate codes do every day, that one gets an entry of its own, so that readers
// name older records right. Without room it takes the entry that has been over for the longest time.
func (s *sink) Instrument(_ int, idx uint32, ins *book.Instrument) (uint32, bool) {
	at, room, latest := s.place(ins)
	if grow := int(idx) + 1 - len(s.places); grow > 0 {
		s.places = append(s.places, make([]uint32, grow)...)
	}
	if s.places[idx] = 0; room {
		s.places[idx] = at + 1
	}
	return latest, latest != shm.NoLatest
}

// ChannelState stores how the channel stands.
func (s *sink) ChannelState(st shm.ChannelState) {
	if s.standing != nil {
		s.standing.SetState(st)
	}
}

// InstrumentState stores how an instrument stands.
func (s *sink) InstrumentState(idx uint32, st shm.InstrumentState) {
	if int(idx) < len(s.places) && s.places[idx] != 0 {
		s.inst.seg.Control.SetInstrumentState(s.places[idx]-1, st)
	}
}

// place finds an instrument's entry, or makes it.
func (s *sink) place(ins *book.Instrument) (at uint32, room bool, latest uint32) {
	i := s.inst
	i.mu.Lock()
	defer i.mu.Unlock()
	key := publishedID{s.publisher, ins.ID}
	m := i.meaning(key, s)
	switch {
	case m == nil:
		m = &meaning{owner: s, symbol: ins.Symbol, unnamed: ins.Unnamed}
		i.meanings[key] = append(i.meanings[key], m)
		i.add(m, s.entry(ins))
	case m.symbol == ins.Symbol && m.room:
		e := s.entry(ins)
		was := i.seg.Control.Instrument(m.at)
		e.State = was.State
		switch e.Since = was.Since; {
		case i.workerOf(was.Channel) != i.workerOf(s.channel):
			e.Since = [5]uint64{} // positions of another worker's rings say nothing
		case s.set != "" && m.owner != s:
			e.Channel = was.Channel
		}
		i.set(m.at, e)
	case m.symbol == ins.Symbol:
		i.add(m, s.entry(ins))
	case s.set != "" && ins.Unnamed:
		// Another channel of the set was first to say what its definitions have named: this is older.
	case m.unnamed && !m.former && m.room:
		m.symbol, m.unnamed = ins.Symbol, ins.Unnamed
		i.set(m.at, s.entry(ins))
	default:
		was := *m
		*m = meaning{owner: m.owner, symbol: ins.Symbol, unnamed: ins.Unnamed, former: true}
		if was.room {
			i.over = append(i.over, was.at)
		}
		i.add(m, s.entry(ins))
		if was.room {
			i.succeed(was.at, m)
		}
	}
	i.collide(key, m)
	latest = shm.NoLatest
	if m.room {
		latest = i.latest(m.at)
	}
	return m.at, m.room, latest
}

// meaning finds what an id means to a channel, to the set it belongs to, or to channels that are gone and left it.
func (i *Instance) meaning(key publishedID, s *sink) *meaning {
	for _, m := range i.meanings[key] {
		if m.owner == s || s.set != "" && m.owner.set == s.set {
			return m
		}
	}
	for _, m := range i.meanings[key] {
		if m.owner.venue == s.venue && i.ended(m.owner) {
			m.owner = s
			return m
		}
	}
	return nil
}

// ended says that nobody publishes any more what an owner published.
func (i *Instance) ended(owner *sink) bool {
	return owner.ended && (owner.set == "" || i.sets[owner.set] == 0)
}

// entry is an instrument's entry from the next record on.
func (s *sink) entry(ins *book.Instrument) shm.InstrumentEntry {
	e := shm.InstrumentEntry{
		VenueKey: ins.Key, TickSize: ins.TickSize, DisplayFactor: ins.DisplayFactor, ID: ins.ID,
		LotSize: ins.LotSize, PublisherID: s.publisher, Channel: s.channel,
		Currency: ins.Currency, Status: ins.Status,
	}
	copy(e.Symbol[:], ins.Symbol[:])
	copy(e.Venue[:], s.venue)
	for schema, ring := range &s.rings {
		if ring != nil {
			e.Since[schema] = ring.Position()
		}
	}
	return e
}

// set writes an entry in its place.
func (i *Instance) set(at uint32, e shm.InstrumentEntry) {
	e.LatestIndex = i.latest(at)
	i.seg.Control.SetInstrument(at, e)
}

// add gives a meaning an entry: a new one, or else the one that has been over for the longest time.
func (i *Instance) add(m *meaning, e shm.InstrumentEntry) {
	m.at, m.room = i.seg.Control.Instruments(), true
	e.LatestIndex = i.latest(m.at)
	if _, err := i.seg.Control.AddInstrument(e); err == nil {
		return
	}
	if len(i.over) > 0 {
		m.at, i.over = i.over[0], i.over[1:]
		i.set(m.at, e)
		return
	}
	if m.room = false; !m.refused {
		m.refused = true
		atomic.AddUint64(i.refused, 1)
	}
}

// succeed says in an entry which one follows it, unless it was given to that one, and that its book is gone.
func (i *Instance) succeed(at uint32, next *meaning) {
	if at != next.at {
		e := i.seg.Control.Instrument(at)
		e.Next = next.at + 1
		i.seg.Control.SetInstrument(at, e)
	}
	if i.seg.Latest != nil {
		i.seg.Latest.Clear(i.latest(at))
	}
}

func (i *Instance) latest(at uint32) uint32 {
	if i.seg.Latest == nil || at >= i.seg.Latest.Capacity() {
		return shm.NoLatest
	}
	return at
}

// workerOf returns the worker of a channel of the control file.
func (i *Instance) workerOf(channel uint16) uint32 {
	return i.seg.Control.ChannelWorker(uint32(channel))
}
