package export

import (
	"cmp"
	"encoding/binary"
	"slices"

	"wirebook/book"
	"wirebook/shm"
)

// Channel is one channel's part in an export: a feedhandler.Tap of its records and a feedhandler.InstrumentSink of its
// names, which change between records.
type Channel struct {
	w     *Writer
	names map[uint32]*named // by instrument_id
}

// named is an instrument and the name it has now.
type named struct {
	symbol  string
	unnamed bool // the symbol is the venue's number only
	history *history
}

// Channel returns a new channel's part.
func (w *Writer) Channel() *Channel { return &Channel{w: w, names: map[uint32]*named{}} }

// Record writes a record, under the name that its instrument has now.
func (c *Channel) Record(_ shm.Schema, body []byte, _ uint64) { c.w.record(c, body) }

// Instrument says what an instrument is called from now on. There is no latest table.
func (c *Channel) Instrument(_ int, _ uint32, ins *book.Instrument) (uint32, bool) {
	n := c.names[ins.ID]
	if n == nil {
		n = &named{}
		c.names[ins.ID] = n
	}
	n.unnamed = ins.Unnamed
	if symbol := ins.Symbol.String(); symbol != n.symbol {
		n.symbol = symbol
	}
	return 0, false
}

// named returns the instrument of a record.
func (c *Channel) named(body []byte) *named {
	id := binary.LittleEndian.Uint32(body[4:])
	n := c.names[id]
	if n == nil {
		n = &named{} // the channel as a whole
		c.names[id] = n
	}
	if n.history == nil {
		key := uint64(binary.LittleEndian.Uint16(body[2:]))<<32 | uint64(id)
		if n.history = c.w.names[key]; n.history == nil {
			n.history = &history{}
			c.w.names[key] = n.history
		}
	}
	return n
}

const dayNS = 24 * 3600 * 1_000_000_000

// history is what an instrument id was called, day by day (UTC), in the order in which the names came.
type history struct{ days []dayName }

type dayName struct {
	day     uint64 // since 1970
	symbol  string
	unnamed bool
	records uint64
}

// note counts a record of the time ts.
func (h *history) note(ts uint64, n *named) {
	day := ts / dayNS
	for i := len(h.days) - 1; i >= 0 && h.days[i].day == day; i-- {
		if h.days[i].symbol == n.symbol {
			h.days[i].records++
			return
		}
	}
	h.days = append(h.days, dayName{day, n.symbol, n.unnamed, 1})
}

// mappings appends the intervals of an id. A day has one name: the last that a message gave the instrument, else its
// number. misnamed are the records of that day which another message had named otherwise.
func (h *history) mappings(list []Mapping, id uint32) (_ []Mapping, misnamed uint64) {
	days := slices.Clone(h.days)
	slices.SortStableFunc(days, func(a, b dayName) int { return cmp.Compare(a.day, b.day) })
	first := len(list)
	for from := 0; from < len(days); {
		best, to := from, from+1
		for ; to < len(days) && days[to].day == days[from].day; to++ {
			if !days[to].unnamed || days[best].unnamed {
				best = to
			}
		}
		for i := from; i < to; i++ {
			if i != best && !days[i].unnamed {
				misnamed += days[i].records
			}
		}
		from = to
		name := days[best].symbol
		switch n := len(list); {
		case name == "":
		case n == first:
			list = append(list, Mapping{Symbol: name, ID: id})
		case list[n-1].Symbol != name:
			list[n-1].To = days[best].day * dayNS
			list = append(list, Mapping{Symbol: name, ID: id, From: list[n-1].To})
		}
	}
	return list, misnamed
}
