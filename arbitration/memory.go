package arbitration

// gapMemory remembers the newest declared gaps of the run, so that a packet of theirs is told late and
// not a duplicate. Below floor it has forgotten.
type gapMemory struct {
	gaps  [64]Gap
	n     uint64
	floor uint64
}

// add remembers a declared gap. Gaps come in ascending order.
func (m *gapMemory) add(g Gap) {
	at := &m.gaps[m.n%uint64(len(m.gaps))]
	if m.n >= uint64(len(m.gaps)) {
		m.floor = at.First + at.Count
	}
	*at = g
	m.n++
}

// lost counts the units of [seq, end) that lie in declared gaps, or below what is remembered.
func (m *gapMemory) lost(seq, end uint64) uint64 {
	var n uint64
	if seq < m.floor {
		cut := min(end, m.floor)
		n = cut - seq
		seq = cut
	}
	for i := uint64(1); i <= min(m.n, uint64(len(m.gaps))) && seq < end; i++ {
		g := m.gaps[(m.n-i)%uint64(len(m.gaps))]
		if g.First+g.Count <= seq {
			break
		}
		if from, to := max(seq, g.First), min(end, g.First+g.Count); from < to {
			n += to - from
		}
	}
	return n
}

// retired remembers the sessions that ran before, so that a line which is behind does not start them again.
type retired struct {
	ids [8]uint64
	n   int
}

func (r *retired) add(session uint64) {
	r.remove(session)
	r.ids[r.n%len(r.ids)] = session
	r.n++
}

func (r *retired) has(session uint64) bool {
	for i := range min(r.n, len(r.ids)) {
		if r.ids[i] == session {
			return true
		}
	}
	return false
}

// remove forgets a session that runs again. The place stays used by a copy of its neighbour.
func (r *retired) remove(session uint64) {
	for i := range min(r.n, len(r.ids)) {
		if r.ids[i] == session {
			r.ids[i] = r.ids[(r.n-1)%len(r.ids)]
			r.n-- // the newest moved here; its own place is written next
			return
		}
	}
}
