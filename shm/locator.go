package shm

import "sync/atomic"

// Locator turns positions of one ring into the venue's numbers and back, by the marks of the ring's worker. It only loads. It
// belongs to one goroutine. As a Reader it returns nonsense when another process stores nonsense, and never reads outside the memory.
type Locator struct {
	ring  *Reader // for Find, and to know where the ring is; its position is not touched
	marks *Reader

	span  span
	valid bool   // span is one
	next  uint64 // the position behind the record that was located last
	round uint32 // moves when reading goes on somewhere else
	seen  []unitState
	one   []uint64 // room for a record
}

// span is one mark and the records that it covers.
type span struct {
	at       uint64 // the mark's position
	from, to uint64 // positions of the ring
	mark     Mark
}

// unitState is the unit in hand of one channel.
type unitState struct {
	unit, k uint64
	session uint32
	round   uint32
	inside  bool // its beginning was not seen
}

// NewLocator joins a ring and the marks of its worker. Both readers may be used for nothing else's sake: they are only asked where
// their rings are.
func NewLocator(ring, marks *Reader) *Locator {
	return &Locator{ring: ring, marks: marks, round: 1}
}

// Of says whether the locator is that of a ring and its marks.
func (l *Locator) Of(ring, marks *Reader) bool { return l.ring == ring && l.marks == marks }

// Locate tells the natural position of the record at position p of the ring, whose 8-aligned payload is as Reader.Next fills it. It is made
// for records in their order, several times for one that was Unmarked. Behind a jump the first record that begins a unit is placed.
func (l *Locator) Locate(p uint64, payload []byte) (n Natural, place Place) {
	if p != l.next {
		l.round++
		l.next = p
	}
	if !l.valid || p < l.span.from || p >= l.span.to {
		if place = l.move(p); place != Placed {
			if place != Unmarked {
				l.next = p + 1
				l.round++ // what it is of is not known, so neither whether the one behind it goes on with it
			}
			return n, place
		}
	}
	l.next = p + 1
	m := &l.span.mark
	unit, made, ok := m.unitOf(l.ring.schema, payload)
	switch {
	case made:
		return Natural{Unit: unit, Session: m.Session, Channel: m.Channel, Times: m.Times()}, ApplianceMade
	case m.Session == 0 || m.Channel == NoMarkChannel:
		return n, Orphan
	}
	n = Natural{Session: m.Session, Channel: m.Channel, Times: m.Times(), Filtered: m.Flags&MarkFiltered != 0}
	if !ok {
		return n, Damaged
	}
	n.Unit = unit
	st := l.channel(m.Channel)
	switch {
	case st.round == l.round && st.session == m.Session && st.unit == unit:
		st.k++
	case st.round == l.round:
		*st = unitState{unit: unit, session: m.Session, round: l.round}
	default:
		*st = unitState{unit: unit, session: m.Session, round: l.round, inside: !l.begins(p, unit)}
	}
	if st.inside {
		return n, Inside
	}
	n.K = st.k
	return n, Placed
}

// begins says whether the record at p, the first of its channel since a jump, is the first of its unit: the unit is of this mark and
// no other record of the unit is before it in the mark.
func (l *Locator) begins(p, unit uint64) bool {
	if unit < l.span.mark.First {
		return false
	}
	if l.one == nil {
		l.one = make([]uint64, l.ring.payload/8)
	}
	b := wordBytes(l.one)
	for p > l.span.from {
		if p--; !l.ring.peek(p, b) {
			return false
		}
		if u, made, ok := l.span.mark.unitOf(l.ring.schema, b); !made { // what the appliance made is of no unit
			return ok && u < unit
		}
	}
	return true
}

func (l *Locator) channel(c uint16) *unitState {
	for int(c) >= len(l.seen) {
		l.seen = append(l.seen, unitState{})
	}
	return &l.seen[c]
}

// move makes the mark of position p the one in hand.
func (l *Locator) move(p uint64) Place {
	if !l.valid || p < l.span.from {
		l.valid = false
		return l.seek(p)
	}
	for i := uint64(0); i <= l.marks.mask; i++ {
		if !l.follow(&l.span) {
			if l.marks.overwritten(l.span.at + 1) {
				l.valid = false
				l.round++
				return l.seek(p)
			}
			return Unmarked
		}
		if p < l.span.to {
			return Placed
		}
	}
	l.valid = false
	return l.seek(p) // the writer is as fast as this
}

// follow takes the mark behind s.
func (l *Locator) follow(s *span) bool {
	var m Mark
	if !l.mark(s.at+1, &m) {
		return false
	}
	to := s.to + uint64(m.Heads[l.ring.schema]-uint32(s.to))
	*s = span{at: s.at + 1, from: s.to, to: to, mark: m}
	return true
}

// backBound is how many marks are passed over at most before heads are compared: their low halves tell no more than 2^32 records.
const backBound = 1 << 13

// seek finds the mark of position p from the newest one backwards: in steps that double, then by halves.
func (l *Locator) seek(p uint64) Place {
	for try := 0; try < 8; try++ {
		end := l.marks.edge()
		if end == 0 {
			return Unmarked
		}
		hi, ok := l.last(end - 1)
		if !ok {
			continue // overwritten under our hands
		}
		if p >= hi.to {
			return Unmarked
		}
		lo, place := l.before(p, &hi)
		if place == Unmarked {
			continue
		}
		if place != Placed {
			return place
		}
		for hi.at-lo.at > 1 {
			mid := span{at: lo.at + (hi.at-lo.at)/2}
			if !l.mark(mid.at, &mid.mark) {
				break
			}
			if mid.to = hi.to - uint64(uint32(hi.to)-mid.mark.Heads[l.ring.schema]); mid.to > p {
				hi = mid
			} else {
				lo = mid
			}
		}
		if hi.at-lo.at == 1 && lo.to <= p && p < hi.to {
			hi.from = lo.to
			l.span, l.valid = hi, true
			return Placed
		}
	}
	return MarkGone
}

// last is the newest mark, the ring's edge giving its head the high half.
func (l *Locator) last(at uint64) (s span, ok bool) {
	s.at = at
	if !l.mark(at, &s.mark) {
		return s, false
	}
	edge := l.ring.edge()
	head := s.mark.Heads[l.ring.schema]
	if ahead := head - uint32(edge); ahead < 1<<31 {
		s.to = edge + uint64(ahead) // what was published since we looked
	} else {
		s.to = edge - uint64(uint32(edge)-head)
	}
	return s, s.to < maxPosition
}

// before finds a mark whose head is not beyond p, and moves hi down to one whose head is. Unmarked: the search was overtaken.
func (l *Locator) before(p uint64, hi *span) (lo span, place Place) {
	for step := uint64(1); ; step = min(2*step, backBound) {
		oldest := l.marks.oldest(1)
		if hi.at <= oldest {
			return lo, MarkGone
		}
		lo = span{at: max(hi.at-min(step, hi.at), oldest)}
		if !l.mark(lo.at, &lo.mark) {
			return lo, Unmarked
		}
		gone := uint64(uint32(hi.to) - lo.mark.Heads[l.ring.schema])
		if gone > hi.to {
			return lo, Damaged
		}
		if lo.to = hi.to - gone; lo.to <= p {
			return lo, Placed
		}
		*hi = lo
	}
}

// mark copies the mark at a position; false when it is not there, or not any more.
func (l *Locator) mark(at uint64, m *Mark) bool { return l.marks.peek(at, Bytes(m)) }

// overwritten says whether the slot of position p holds a later record.
func (r *Reader) overwritten(p uint64) bool {
	return atomic.LoadUint64(r.slots.word(p&r.mask, 0)) > committed(p)|1
}

// peek copies the payload at position p, wherever the reader stands, and says whether it was there.
func (r *Reader) peek(p uint64, dst []byte) bool {
	seq, want := r.slots.word(p&r.mask, 0), committed(p)
	if atomic.LoadUint64(seq) != want {
		return false
	}
	r.slots.load(dst, p&r.mask)
	return atomic.LoadUint64(seq) == want
}

// oldest returns the first position that is not overwritten, or about to be: spare more than that stay away.
func (r *Reader) oldest(spare uint64) uint64 {
	if edge := r.edge(); edge > r.mask+1 {
		return edge - r.mask - 1 + spare
	}
	return 0
}
