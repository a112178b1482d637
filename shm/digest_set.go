package shm

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Set is a set digest: the sum modulo 2^128 of a hash of each record's position and content. Sums of parts add up to that of
// the whole, whatever they were cut by and in whatever order they are added; equal sets are ==.
type Set struct{ Lo, Hi uint64 }

// Add takes in one record by where it stands and its hash (RecordHash, ContentHash).
//
//	x = fold(unit xor a, k xor b); hi, lo = the halves of x * (h xor k2); the record's hash is (hi xor h, lo xor x)
func (s *Set) Add(at *Position, h uint64) {
	x := fold(at.Unit^at.Key.A, at.K^at.Key.B)
	hi, lo := bits.Mul64(x, h^digestK2)
	var carry uint64
	s.Lo, carry = bits.Add64(s.Lo, lo^x, 0)
	s.Hi, _ = bits.Add64(s.Hi, hi^h, carry)
}

// Merge takes in all that another set has.
func (s *Set) Merge(o Set) {
	var carry uint64
	s.Lo, carry = bits.Add64(s.Lo, o.Lo, 0)
	s.Hi, _ = bits.Add64(s.Hi, o.Hi, carry)
}

// String spells the sum in 32 hexadecimal digits.
func (s Set) String() string {
	const digits = "0123456789abcdef"
	var text [32]byte
	for i := range 16 {
		text[i], text[16+i] = digits[s.Hi>>(60-4*i)&15], digits[s.Lo>>(60-4*i)&15]
	}
	return string(text[:])
}

// Stream is one run of the venue's numbers: what positions in it have in common.
type Stream struct {
	PublisherID uint16 // of the records: the dataset and venue
	ChannelID   uint8  // channel_id of the records: tells channels of one publisher apart
	Session     string // as the venue spells it, of which the first 32 bytes count
	Resets      uint32 // how many times the numbering had begun again under this name
}

// Key is the part of a position that a stream's records of one schema share.
type Key struct{ A, B uint64 }

// Key hashes what names the stream:
//
//	0           2          3      4      8                40
//	|publisher_id|channel_id|schema|resets|session, NUL padded|
//
// a is the RecordHash of these 40 bytes, little-endian, and b = fold(a xor k1, k2).
func (s *Stream) Key(schema Schema) Key {
	var b [40]uint8
	binary.LittleEndian.PutUint16(b[0:], s.PublisherID)
	b[2], b[3] = s.ChannelID, uint8(schema)
	binary.LittleEndian.PutUint32(b[4:], s.Resets)
	copy(b[8:], s.Session)
	a := RecordHash(b[:])
	return Key{a, fold(a^digestK1, digestK2)}
}

// Position is the natural position of a record.
type Position struct {
	Key
	Unit uint64 // the venue's number: a message's, at CME and others a packet's
	K    uint64 // the record's place among those of the unit in its channel and schema, from 0
}

// noUnit is a number that no venue reaches.
const noUnit = 1<<64 - 1

// Begin makes p stand before the first record of a stream: Next leads to it.
func (p *Position) Begin(k Key) { *p = Position{Key: k, Unit: noUnit} }

// Next leads to the next record, which is of the given unit.
func (p *Position) Next(unit uint64) {
	k := p.K + 1
	if unit != p.Unit {
		k = 0
	}
	p.Unit, p.K = unit, k
}

// Stream returns the stream that a session's records are of in the set digests of its channel.
func (e *SessionEntry) Stream() Stream {
	name := e.Name[:]
	if n := bytes.IndexByte(name, 0); n >= 0 {
		name = name[:n]
	}
	return Stream{PublisherID: e.PublisherID, ChannelID: e.ChannelID, Session: string(name), Resets: e.RunResets}
}
