package decap

import "encoding/binary"

// Bounds of what waits for its other fragments. Times are the capture's own.
const (
	mostPending   = 64
	mostFragments = 512 // of one datagram
	fragmentAgeNS = 2_000_000_000
	mostDatagram  = 65535
)

// Fragments counts what became of fragments.
type Fragments struct {
	Whole      uint64 // datagrams put together
	Incomplete uint64 // datagrams given up: a fragment did not come in time, or too many waited
	Overlap    uint64 // datagrams refused: two fragments claim the same bytes
	Bounds     uint64 // datagrams refused: longer than a datagram can be, or in too many or impossible pieces
	Cut        uint64 // fragments refused: the capture did not keep all of them
	Duplicate  uint64 // fragments that came twice, the same each time
}

// assembler puts fragments together again.
type assembler struct {
	counts  Fragments
	pending []*pending
	free    []*pending
	out     []byte
}

type fragmentKey struct {
	src, dst uint32
	iface    uint32
	id       uint16
	proto    uint8
}

type span struct{ from, to int }

// pending is one datagram of which fragments are missing.
type pending struct {
	key    fragmentKey
	ns     uint64 // of its first fragment to come
	header [60]byte
	head   int // bytes of header, 0 until the first fragment is there
	sums   bool
	size   int // of the payload, 0 until the last fragment is there
	got    int
	spans  []span
	body   []byte
	dead   bool // refused: what still comes of it is dropped
}

// add takes a fragment, a datagram with its header. It returns the whole datagram where this was its last missing piece.
func (a *assembler) add(b []byte, header, total int, iface uint32, ns uint64) ([]byte, bool) {
	if total == 0 || total > len(b) || total < header {
		a.counts.Cut++
		return nil, false
	}
	word := be16(b[6:])
	piece := span{from: int(word&0x1fff) * 8}
	piece.to = piece.from + total - header
	last := word&0x2000 == 0
	a.age(ns)
	p := a.find(fragmentKey{be32(b[12:]), be32(b[16:]), iface, be16(b[4:]), b[9]}, ns)
	if p.dead {
		return nil, false
	}
	at := 0
	for ; at < len(p.spans) && p.spans[at].from < piece.from; at++ {
	}
	switch {
	case at < len(p.spans) && p.spans[at] == piece && string(p.body[piece.from:piece.to]) == string(b[header:total]):
		a.counts.Duplicate++
		return nil, false
	case at < len(p.spans) && p.spans[at].from < piece.to, at > 0 && p.spans[at-1].to > piece.from:
		a.counts.Overlap++
		p.dead = true
		return nil, false
	case piece.to == piece.from, !last && (total-header)%8 != 0, piece.to > mostDatagram-ipBytes, len(p.spans) == mostFragments,
		last && p.size != 0, p.size != 0 && piece.to > p.size, last && at < len(p.spans):
		a.counts.Bounds++
		p.dead = true
		return nil, false
	}
	p.spans = append(p.spans, span{})
	copy(p.spans[at+1:], p.spans[at:])
	p.spans[at] = piece
	if len(p.body) < piece.to {
		p.body = append(p.body, make([]byte, piece.to-len(p.body))...)
	}
	copy(p.body[piece.from:], b[header:total])
	p.got += piece.to - piece.from
	p.sums = p.sums && sumRight(b[:header])
	if last {
		p.size = piece.to
	}
	if piece.from == 0 {
		p.head = copy(p.header[:], b[:header])
	}
	if p.size == 0 || p.got < p.size {
		return nil, false
	}
	return a.whole(p)
}

// whole makes the datagram: the first fragment's header, and all payload.
func (a *assembler) whole(p *pending) ([]byte, bool) {
	total := p.head + p.size
	if total > mostDatagram {
		a.counts.Bounds++
		p.dead = true
		return nil, false
	}
	a.out = append(append(a.out[:0], p.header[:p.head]...), p.body[:p.size]...)
	binary.BigEndian.PutUint16(a.out[2:], uint16(total))
	binary.BigEndian.PutUint16(a.out[6:], be16(a.out[6:])&0x4000)
	if p.sums { // a wrong one stays wrong, for whoever looks
		putSum(a.out[:p.head])
	}
	a.counts.Whole++
	a.drop(p)
	return a.out, true
}

// find gives the datagram of a fragment. Where too many wait the oldest is given up.
func (a *assembler) find(key fragmentKey, ns uint64) *pending {
	for _, p := range a.pending {
		if p.key == key {
			return p
		}
	}
	if len(a.pending) == mostPending {
		a.giveUp(a.pending[0])
	}
	var p *pending
	if n := len(a.free); n > 0 {
		p, a.free = a.free[n-1], a.free[:n-1]
	} else {
		p = &pending{}
	}
	*p = pending{key: key, ns: ns, sums: true, spans: p.spans[:0], body: p.body[:0]}
	a.pending = append(a.pending, p)
	return p
}

// age gives up what waits too long. They wait in the order of their coming.
func (a *assembler) age(ns uint64) {
	for len(a.pending) > 0 && ns > a.pending[0].ns+fragmentAgeNS {
		a.giveUp(a.pending[0])
	}
}

func (a *assembler) giveUp(p *pending) {
	if !p.dead {
		a.counts.Incomplete++
	}
	a.drop(p)
}

func (a *assembler) drop(p *pending) {
	for i := range a.pending {
		if a.pending[i] == p {
			a.pending = append(a.pending[:i], a.pending[i+1:]...)
			break
		}
	}
	a.free = append(a.free, p)
}

// Fragments says what became of the fragments so far.
func (r *Reader) Fragments() *Fragments { return &r.assembler.counts }

// End gives up the datagrams that are not whole.
func (r *Reader) End() {
	for len(r.assembler.pending) > 0 {
		r.assembler.giveUp(r.assembler.pending[0])
	}
}
