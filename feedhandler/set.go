package feedhandler

import (
	"errors"

	"wirebook/book"
	"wirebook/shm"
)

// Set is what channels of one set share: the directory, so that a definition given on one of them, or in advance, holds for
// all; and who of them shows an instrument's book in the latest table. Its channels belong to one goroutine, in one pipeline
// or in several.
type Set struct {
	dir     *book.Directory
	members uint16   // how many there were so far
	shown   []uint16 // by directory index: the member whose book the latest table has; 0 none
}

// NewSet returns a set for at most max instruments, as many as a channel has where nobody says for 0.
func NewSet(max int) *Set {
	if max == 0 {
		max = defaultInstruments
	}
	dir := book.NewDirectory(max)
	return &Set{dir: dir, shown: make([]uint16, dir.Max()+1)}
}

// membership is a channel's part in a set.
type membership struct {
	set    *Set
	number uint16
}

func (s *Set) enter() membership {
	s.members++
	return membership{s, s.members}
}

// shows says whether a record of this member is for the latest table. A snapshot, which a loop brings again and again, does
// not take the place of another member's live book.
func (m *membership) shows(instrument uint32, flags uint8) bool {
	shown := &m.set.shown[instrument]
	if *shown != m.number {
		if *shown != 0 && flags&shm.FlagSnapshot != 0 {
			return false
		}
		*shown = m.number
	}
	return true
}

// hasShown says whether the latest table has this member's book of an instrument.
func (m *membership) hasShown(instrument uint32) bool { return m.set.shown[instrument] == m.number }

// othersShow says whether an instrument's book is another member's: a channel of definitions has none to be suspect.
func (m *membership) othersShow(instrument uint32) bool {
	return m.set != nil && m.set.shown[instrument] != 0 && !m.hasShown(instrument)
}

// setsOf makes the sets that channels of one pipeline are configured to form: one for each channel, nil where it is alone
// or has been given its set.
func setsOf(channels []ChannelConfig) ([]*Set, error) {
	type key struct{ set, feed string }
	most := map[key]int{}
	var errs []error
	keys := make([]key, len(channels))
	for i := range channels {
		c := &channels[i]
		switch {
		case c.Feed == nil || c.Set == "" && c.Shared == nil:
		case c.Feed.NewMember == nil:
			errs = append(errs, errors.New("channel "+c.Name+": channels of "+c.Feed.Name+" form no sets: each tells its instruments itself"))
		case c.Shared == nil:
			keys[i] = key{c.Set, c.Feed.Name}
			n := c.Options.MaxInstruments
			if n == 0 {
				n = defaultInstruments
			}
			most[keys[i]] = max(most[keys[i]], n)
		}
	}
	sets, list := map[key]*Set{}, make([]*Set, len(channels))
	for i, k := range keys {
		if k == (key{}) {
			continue
		}
		if sets[k] == nil {
			sets[k] = NewSet(most[k])
		}
		list[i] = sets[k]
	}
	return list, errors.Join(errs...)
}

// Max is for how many instruments a set has room.
func (s *Set) Max() int { return s.dir.Max() }

// Enter has the channels take part in sets that reach beyond this pipeline. On the goroutine of the sets' other channels.
// origin is what rebuilds the pipeline, for the packets ring; nil where there is none.
func (p *Pipeline) Enter(origin []byte) {
	if p.packets != nil {
		p.packets.event(p, shm.PacketAdded, origin)
	}
	for _, c := range p.channels {
		if c.visitor {
			c.dir.Follow(c.batch)
		}
	}
}

// Leave ends what Enter began.
func (p *Pipeline) Leave() {
	if p.packets != nil {
		p.packets.event(p, shm.PacketRemoved, nil)
	}
	for _, c := range p.channels {
		if c.visitor {
			c.dir.Unfollow(c.batch)
		}
	}
}
