package arbitration

// window holds the packets that came early, by unit.
//
// Every unit from the next expected one up to windowUnits ahead has a place that names the packet which
// brought it first. So a duplicate is seen by one look, and what comes next is found by one look, however
// the lines cut their units into packets. A packet that is held owns at least one unit at or beyond next.
type window struct {
	store
	units []uint32 // entry index + 1 of the packet that owns the unit, 0: missing
	high  uint64   // end of the highest unit held
}

// windowUnits is how many units ahead a packet can be held; maxCount the largest believable packet.
// The count field of every framing we know has 16 bits.
const (
	windowUnits = 1 << 17
	windowMask  = windowUnits - 1
	maxCount    = 1<<16 - 1
)

// newWindow sizes a window.
func newWindow(packets, bytes int) window {
	return window{store: newStore(packets, bytes), units: make([]uint32, windowUnits)}
}

// has tells whether a unit is held.
func (w *window) has(unit uint64) bool { return w.units[unit&windowMask] != 0 }

// holder is the entry that owns a unit; the unit must be held.
func (w *window) holder(unit uint64) *entry { return &w.entries[w.units[unit&windowMask]-1] }

// covers tells whether every unit of [seq, end) is held.
func (w *window) covers(seq, end uint64) bool {
	if seq >= w.high || end > w.high {
		return false
	}
	if w.has(seq) && w.holder(seq).end >= end {
		return true // the usual duplicate: the same packet of another line
	}
	for u := seq; u != end; u++ {
		if !w.has(u) {
			return false
		}
	}
	return true
}

// own gives the missing units of [seq, end) to an entry.
func (w *window) own(seq, end uint64, i uint32) {
	for u := seq; u != end; u++ {
		if at := &w.units[u&windowMask]; *at == 0 {
			*at = i + 1
			w.entries[i].owned++
		}
	}
	w.high = max(w.high, end)
}
