package segment

import (
	"fmt"

	"wirebook/shm"
)

// Position is a record's place in the venue's own numbering, with the names that go with it.
type Position struct {
	shm.Natural
	Place       shm.Place
	Named       bool // the session table has the session: what follows is known
	ChannelName string
	Publisher   uint16
	SessionName string // as the venue spells it; "" where it has no name
	Resets      uint32 // how often the numbering had begun again under that name
}

// Positions tells the natural positions of the records that a Reader brings. It follows the Reader through restarts of the writer
// and belongs to its goroutine.
type Positions struct {
	r        *Reader
	marks    *Reader
	view     *View // of r, as it was when locators were made
	locators []*shm.Locator
	sessions map[uint32]shm.SessionEntry
}

// Positions opens the marks of the reader's rings. ErrNotFound: the instance writes none. Close it before the reader.
func (r *Reader) Positions() (*Positions, error) {
	marks, err := openReader(ReaderOptions{Root: r.opts.Root, Name: r.opts.Name, Schema: shm.SchemaMarks, Worker: r.opts.Worker, From: FromEdge})
	if err != nil {
		return nil, fmt.Errorf("positions: %w", err)
	}
	q := &Positions{r: r, marks: marks}
	q.refresh()
	return q, nil
}

// Close unmaps the marks.
func (q *Positions) Close() { q.marks.Close() }

// refresh makes locators for the rings that the reader has now. What goes on keeps its locator.
func (q *Positions) refresh() {
	// Marks of another run than the reader's may be of other rings.
	fit := q.marks.follow() && q.marks.view.Control.Epoch() == q.r.view.Control.Epoch()
	q.marks.fresh = false
	var next []*shm.Locator
	for _, s := range q.r.sources {
		var l *shm.Locator
		for _, m := range q.marks.sources {
			if !fit || m.worker != s.worker {
				continue
			}
			l = shm.NewLocator(s.r, m.r)
			for _, old := range q.locators {
				if old != nil && old.Of(s.r, m.r) {
					l = old
				}
			}
		}
		next = append(next, l)
	}
	q.locators, q.view, q.sessions = next, q.r.view, map[uint32]shm.SessionEntry{}
}

// At tells the position of a record that the reader's last Next or NextBatch brought: its ring position, and its payload. Ask for the
// records in their order, all of them, and again for one that was Unmarked.
func (q *Positions) At(position uint64, payload []byte) (p Position) {
	if q.view != q.r.view {
		q.refresh()
	}
	l := q.locators[q.r.current]
	if l == nil {
		p.Place = shm.MarkGone // a worker without marks
		return p
	}
	if p.Natural, p.Place = l.Locate(position, payload); p.Session != 0 {
		q.name(&p)
	}
	return p
}

// name adds the names of channel and session.
func (q *Positions) name(p *Position) {
	e, ok := q.sessions[p.Session]
	if !ok {
		if e, ok = q.r.view.Control.Session(p.Session); ok {
			q.sessions[p.Session] = e
		}
	}
	if ok {
		p.Named = true
		p.ChannelName, p.Publisher, p.SessionName, p.Resets = shm.Text(e.ChannelName[:]), e.PublisherID, shm.Text(e.Name[:]), e.Resets
	}
}

// Start is where in which ring the records of a unit begin.
type Start struct {
	Worker   int
	Position uint64
	// Place is Placed where nothing from the unit on is missing, and as shm.Locator.Find says otherwise.
	Place shm.Place
}

// Find is the inverse of At: from which position on the records of a unit, and of what follows, stand in the reader's ring. session
// and resets are as in Position. It is how a consumer goes on behind what it has. ErrNotFound: the session table has no such session.
func (q *Positions) Find(channel, session string, resets uint32, unit uint64) (s Start, err error) {
	if q.view != q.r.view {
		q.refresh()
	}
	list := q.numbers(channel, session, resets)
	if len(list) == 0 {
		return s, fmt.Errorf("%w session %q of channel %s (after %d resets): the session table of instance %s does not have it", ErrNotFound, session, channel, resets, q.r.opts.Name)
	}
	// Each run of the writer has its own number for it. The unit is in the last that began before it, or behind.
	first := 0
	for i, e := range list {
		if e.First <= unit {
			first = i
		}
	}
	gone := list[first].First > max(unit, 1) // joined later than that
	for _, e := range list[first:] {
		s = Start{Worker: int(e.Worker), Place: shm.MarkGone}
		for i, src := range q.r.sources {
			if src.worker == e.Worker && q.locators[i] != nil {
				s.Position, s.Place = q.locators[i].Find(uint16(e.Channel), e.Number, unit)
			}
		}
		switch s.Place {
		case shm.Placed:
			if gone {
				s.Place = shm.MarkGone
			}
			return s, nil
		case shm.RecordGone:
			return s, nil
		case shm.MarkGone, shm.Orphan, shm.Damaged:
			gone = true
		}
	}
	if gone {
		s.Place = shm.MarkGone
	}
	return s, nil
}

// numbers lists what the runs of the writer call a session, the oldest first.
func (q *Positions) numbers(channel, session string, resets uint32) (list []shm.SessionEntry) {
	for _, e := range q.r.view.Control.SessionList() {
		if e.Resets == resets && shm.Text(e.ChannelName[:]) == channel && shm.Text(e.Name[:]) == session {
			list = append(list, e)
		}
	}
	return list
}
