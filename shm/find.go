package shm

// Find is the inverse of Locate: the first position of the ring at or behind which the records of a unit and of what follows it
// stand, in a session of a channel. Who consumed up to a unit goes on by it.
//
// Placed: from p on nothing of the unit or behind it is missing. Unmarked: the unit was not taken yet; its records will stand at p
// or behind. MarkGone, RecordGone: some of it was overwritten, p is where the rest begins; the journal has what is missing. Orphan:
// no mark tells of the session at all. Damaged: marks claim more than a ring holds.
func (l *Locator) Find(channel uint16, session uint32, unit uint64) (p uint64, place Place) {
	end := l.marks.edge()
	if end == 0 {
		return 0, Orphan
	}
	s, ok := l.last(end - 1)
	if !ok {
		return 0, MarkGone
	}
	f := finder{l: l, channel: channel, session: session, unit: unit}
	until := s.to // where records that are not marked begin
	if place := f.back(s); place != Placed {
		return until, place
	}
	switch {
	case !f.mine:
		return until, Orphan
	case !f.found:
		return until, Unmarked
	}
	p, place = f.records()
	if place == Placed && !f.whole {
		place = MarkGone
	}
	return p, place
}

// finder is one Find on its way.
type finder struct {
	l       *Locator
	channel uint16
	session uint32
	unit    uint64
	first   span // the session's first mark that reaches to the unit or beyond
	found   bool // first is one
	mine    bool // a mark is the session's
	whole   bool // what is known reaches back to before the unit
}

// back goes back over the marks from s on, until they are of before the unit.
func (f *finder) back(s span) Place {
	for oldest := f.l.marks.oldest(1); ; {
		m := &s.mark
		ours := m.Channel == f.channel && m.Session == f.session
		f.mine = f.mine || ours
		if ours && m.First+uint64(m.Units) <= f.unit || f.mine && (m.Flags&MarkRun != 0 || m.Channel == f.channel && m.Session < f.session) {
			f.whole = true // or the session began behind it
			return Placed
		}
		var before Mark
		if s.at <= oldest || !f.l.mark(s.at-1, &before) {
			return Placed
		}
		gone := uint64(uint32(s.to) - before.Heads[f.l.ring.schema])
		if gone > s.to {
			return Damaged
		}
		s.from = s.to - gone
		if ours {
			f.first, f.found = s, true
		}
		s = span{at: s.at - 1, to: s.from, mark: before}
	}
}

// records looks through the records of the first mark, and of those behind it, for the unit or the first behind it.
func (f *finder) records() (uint64, Place) {
	ring, s := f.l.ring, f.first
	payload := make([]uint64, ring.payload/8)
	b := wordBytes(payload)
	place := Placed
	left := 2 * (ring.mask + 1) // the ring, and as much as a writer adds meanwhile: marks that claim more are damaged
	for i := uint64(0); i <= f.l.marks.mask; i++ {
		if s.mark.Channel == f.channel && s.mark.Session >= f.session {
			oldest := ring.oldest(0)
			if held := s.to - min(s.to, ring.mask+1); held > oldest {
				oldest = held
			}
			if s.from < oldest {
				place = RecordGone
				s.from = min(oldest, s.to)
			}
			for p := s.from; p < s.to; p++ {
				if left--; left == 0 {
					return p, Damaged
				}
				if !ring.peek(p, b) {
					if ring.overwritten(p) {
						place = RecordGone
					}
					continue
				}
				switch u, made, ok := s.mark.unitOf(ring.schema, b); {
				case !ok || made:
				case u >= f.unit || s.mark.Session > f.session:
					return p, place
				default:
					place, f.whole = Placed, true // what is gone was of before it
				}
			}
		}
		if !f.l.follow(&s) {
			break
		}
	}
	if place == Placed {
		place = Unmarked
	}
	return s.to, place
}
