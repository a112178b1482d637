package control

import (
	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// sessions is how many sessions the table remembers. A channel that repeats itself, such as one of snapshots, begins one a round.
const sessions = 4096

// sessionSink enters a channel's sessions in the table.
type sessionSink struct {
	inst      *Instance
	name      string
	publisher uint16
	channelID uint8
	worker    int
	resets    uint32 // of the running session
}

// Session is feedhandler.SessionSink's.
func (s *sessionSink) Session(channel uint32, start *feedhandler.SessionStart) uint32 {
	c := s.inst.seg.Control
	e := shm.SessionEntry{
		Epoch: s.inst.Epoch(), Channel: channel, Worker: uint32(s.worker), PublisherID: s.publisher, ChannelID: s.channelID,
		First: start.First, FirstSentNS: start.SentNS, FirstRecvNS: start.RecvNS, Mark: start.Mark, Since: start.Since,
	}
	copy(e.ChannelName[:], s.name)
	copy(e.Name[:], start.Name)
	if start.Reset {
		s.resets++
	} else {
		s.resets = c.Resets(&e)
	}
	e.Resets, e.RunResets = s.resets, start.Resets
	return c.BeginSession(e)
}

// markSlots is the size of the marks' rings: where nothing is said, half of the largest ring's. 0: there are none.
func markSlots(c *config.Config, rings []segment.RingSpec) uint32 {
	if c.Rings.Marks != nil {
		if *c.Rings.Marks == 0 {
			return 0
		}
		return powerOfTwo(*c.Rings.Marks)
	}
	slots := uint32(2)
	for _, r := range rings {
		slots = max(slots, r.Slots/2)
	}
	return slots
}

// makeMarks makes each worker's marks, where there are rings for them.
func (i *Instance) makeMarks(workers int) {
	for w := range workers {
		var rings [shm.SchemaCount]*shm.Writer
		for _, schema := range i.rings {
			rings[schema] = i.seg.Writer(schema, uint16(w))
		}
		if m := shm.NewMarks(i.seg.Writer(shm.SchemaMarks, uint16(w)), rings); m != nil {
			i.marks = append(i.marks, m)
		}
	}
}

// Marks returns the marks of the worker, nil where none are written: a live worker gives them its clock.
func (w *Worker) Marks() *shm.Marks {
	if len(w.inst.marks) == 0 {
		return nil
	}
	return w.inst.marks[w.number]
}
