package arbitration

import "math/bits"

// entry is one kept packet. Its payload lies in the store's arena at off (a running position, never reset).
type entry struct {
	session, seq, end uint64 // units seq .. end-1
	tsRecv, tsSend    uint64
	meta              uint64
	off               uint64
	size              uint32
	owned             uint32 // units of the window that name this packet
	link              uint32 // the next parked packet of the same line, index + 1
	line              Line
	live              bool
}

// count is the entry's units.
func (e *entry) count() uint64 { return e.end - e.seq }

// store keeps copies of packets in one ring of entries and one ring of bytes, both sized at start.
//
// Both rings go in order of arrival. Packets may be freed in any order; the space comes back when the
// oldest of them is free. That fits an arbiter, whose oldest packet is also the first whose time runs out.
type store struct {
	entries []entry
	arena   []byte
	head    uint64 // next entry, running
	tail    uint64 // oldest entry still live, running
	top     uint64 // next byte, running
	live    uint64
}

// newStore sizes a store; both numbers are rounded up to powers of two.
func newStore(packets, bytes int) store {
	return store{entries: make([]entry, ceilPow2(packets)), arena: make([]byte, ceilPow2(bytes))}
}

// ceilPow2 rounds n up to a power of two.
func ceilPow2(n int) int { return 1 << bits.Len(uint(n-1)) }

// put copies p and returns its index, or false when there is no room.
func (s *store) put(line Line, p *Packet) (uint32, bool) {
	size := uint64(len(s.arena))
	need := uint64(len(p.Payload))
	off, ok := s.room(need)
	if !ok {
		return 0, false
	}
	if s.head == s.tail {
		s.head, s.tail, off = 0, 0, 0 // empty: the same few pages again, and not one lap after the other
	}
	i := uint32(s.head & uint64(len(s.entries)-1))
	copy(s.arena[off&(size-1):], p.Payload)
	s.entries[i] = entry{session: p.Session, seq: p.Seq, end: p.Seq + uint64(p.Count), tsRecv: p.TsRecv, tsSend: p.TsSend,
		meta: p.Meta, off: off, size: uint32(need), line: line, live: true}
	s.head++
	s.top = off + need
	s.live++
	return i, true
}

// room finds the place for a payload of need bytes.
func (s *store) room(need uint64) (off uint64, ok bool) {
	size := uint64(len(s.arena))
	if s.head-s.tail >= uint64(len(s.entries)) || need > size {
		return 0, false
	}
	off = s.top
	if at := off & (size - 1); at+need > size {
		off += size - at // a payload is one piece: skip the rest of the lap
	}
	if s.head == s.tail {
		return off, true
	}
	return off, off+need-s.entries[s.tail&uint64(len(s.entries)-1)].off <= size
}

// free gives an entry back. Its bytes stay readable until the next put.
func (s *store) free(i uint32) {
	s.entries[i].live = false
	s.live--
	for s.tail != s.head && !s.entries[s.tail&uint64(len(s.entries)-1)].live {
		s.tail++
	}
}

// oldest is the live packet that came first, nil when there is none.
func (s *store) oldest() *entry {
	if s.head == s.tail {
		return nil
	}
	return &s.entries[s.tail&uint64(len(s.entries)-1)]
}

// packet spells an entry as the packet it was. The payload is the store's.
func (s *store) packet(e *entry, p *Packet) {
	at := e.off & uint64(len(s.arena)-1)
	*p = Packet{Session: e.session, Seq: e.seq, TsRecv: e.tsRecv, TsSend: e.tsSend, Meta: e.meta,
		Payload: s.arena[at : at+uint64(e.size) : at+uint64(e.size)], Count: uint32(e.end - e.seq), Kind: KindData}
}
