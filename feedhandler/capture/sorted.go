package capture

import "fmt"

// sortPackets is how far, in packets, a packet is moved to its place in time. Cards with several queues, and captures of
// several ports put into one file, mix packets of a few milliseconds.
const sortPackets = 4096

// sorted puts the packets of one file into the order of their stamps, the switch's where there are such; equal ones keep
// the file's order. It is a delay line: a packet waits until sortPackets more have been read, and one that is late goes
// in front of those it is earlier than.
type sorted struct {
	Source
	mapped []byte    // what lives as long as the file, so that no copy is needed; nil for a stream
	line   []waiting // a ring of a power of two
	head   int
	n      int
	slots  []slot // one more than wait: that of the packet last handed out
	free   []int32
	given  int32 // slot of the packet last handed out; -1 before the first
	time   clock
	last   uint64 // time of the newest packet handed out
	end    error  // what the file said after those that wait
	moved  int64  // packets that came to another place
	beyond int64  // packets that were too late for theirs
	name   string
	warn   func(Warning)
}

type waiting struct {
	key  uint64
	slot int32
}

type slot struct {
	p   Packet
	own []byte
}

// clock is the place in time of a file's packets. In a file with switch stamps a packet without one keeps the place of the
// packet before it: two clocks are not mixed.
type clock struct {
	key    uint64
	stamps bool // the file has given switch stamps
}

func (c *clock) of(p *Packet) uint64 {
	switch {
	case p.StampOK:
		c.key, c.stamps = p.Stamp, true
	case !c.stamps && p.TS != 0:
		c.key = p.TS
	}
	return c.key
}

func newSorted(s Source, f *file) *sorted {
	out := &sorted{Source: s, line: make([]waiting, sortPackets), slots: make([]slot, sortPackets+1), given: -1, name: f.name, warn: f.warn}
	for i := range out.slots {
		out.free = append(out.free, int32(i))
	}
	if f.w.src == nil {
		out.mapped = f.w.buf
	}
	return out
}

// Next gives the earliest packet of those that wait.
func (s *sorted) Next(p *Packet) error {
	if s.given >= 0 {
		s.free = append(s.free, s.given)
		s.given = -1
	}
	for s.end == nil && s.n < len(s.line) {
		s.read()
	}
	if s.n == 0 {
		return s.end
	}
	first := s.line[s.head]
	s.head = (s.head + 1) & (len(s.line) - 1)
	s.n--
	s.given = first.slot
	*p = s.slots[first.slot].p
	if first.key < s.last {
		s.late(p, s.last-first.key)
	} else {
		s.last = first.key
	}
	return nil
}

// read brings one more packet to its place.
func (s *sorted) read() {
	at := s.free[len(s.free)-1]
	sl := &s.slots[at]
	if s.end = s.Source.Next(&sl.p); s.end != nil {
		return
	}
	s.free = s.free[:len(s.free)-1]
	if !within(s.mapped, sl.p.Data) {
		sl.own = append(sl.own[:0], sl.p.Data...)
		sl.p.Data = sl.own
	}
	key, mask := s.time.of(&sl.p), len(s.line)-1
	i := s.head + s.n
	for ; i > s.head && key < s.line[(i-1)&mask].key; i-- {
		s.line[i&mask] = s.line[(i-1)&mask]
	}
	if i != s.head+s.n {
		s.moved++
	}
	s.line[i&mask] = waiting{key, at}
	s.n++
}

// late counts a packet that came after its place had gone by.
func (s *sorted) late(p *Packet, ns uint64) {
	if s.beyond++; s.beyond == 1 && s.warn != nil {
		s.warn(Warning{File: s.name, Offset: p.Offset, Trouble: TimeBackwards, Text: fmt.Sprintf(
			"packet %d is %d ns earlier than one more than %d packets before it, too far to be put in its place: which line was first cannot be told there", p.Index, ns, sortPackets)})
	}
}

// Files adds what was out of order.
func (s *sorted) Files() []FileInfo {
	files := s.Source.Files()
	files[0].Moved, files[0].Beyond = s.moved, s.beyond
	return files
}
