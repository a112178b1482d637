package cme

import (
	"encoding/binary"
	"math"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// message is one message taken apart: its root block as long as the sender made it, and the groups behind.
type message struct {
	block, rest []byte
	version     uint16
	legacy      bool  // its template is of the legacy set
	scale       int64 // makes a price mantissa 1e-9: 100 for the legacy set, 1 for the new one
}

// entries is one repeating group: n entries of size bytes in p.
type entries struct {
	p       []byte
	size, n int
}

func (e *entries) at(i int) []byte { return e.p[i*e.size : (i+1)*e.size] }

// takeGroup takes a group with a 3-byte size off rest. Entries shorter than least cannot be used.
func takeGroup(rest []byte, least int) (entries, []byte, book.Fault) {
	if len(rest) < 3 {
		return entries{}, nil, book.FaultTruncated
	}
	return cut(rest[3:], int(binary.LittleEndian.Uint16(rest)), int(rest[2]), least)
}

// takeWideGroup takes a group with an 8-byte size off rest.
func takeWideGroup(rest []byte, least int) (entries, []byte, book.Fault) {
	if len(rest) < 8 {
		return entries{}, nil, book.FaultTruncated
	}
	return cut(rest[8:], int(binary.LittleEndian.Uint16(rest)), int(rest[7]), least)
}

func cut(rest []byte, size, n, least int) (entries, []byte, book.Fault) {
	total := size * n
	if total > len(rest) || n > 0 && size < least {
		return entries{}, nil, book.FaultBadGroup
	}
	return entries{p: rest[:total], size: size, n: n}, rest[total:], book.FaultNone
}

// takeAll takes every group of a template that the message's version has.
func (t *template) takeAll(m *message, groups *[maxGroups]entries) book.Fault {
	rest := m.rest
	for i := range t.groups {
		g := &t.groups[i]
		groups[i] = entries{}
		if m.version < g.since {
			continue
		}
		take := takeGroup
		if g.eightBytes {
			take = takeWideGroup
		}
		var fault book.Fault
		if groups[i], rest, fault = take(rest, 1); fault != book.FaultNone {
			return fault
		}
	}
	return book.FaultNone
}

// lay reads a block as T: over the bytes themselves where the sender's block has all of T, else in tmp, filled up
// from null.
func lay[T any](block []byte, null, tmp *T) *T {
	if v := layout.View[T](block); v != nil {
		return v
	}
	*tmp = *null
	copy(layout.Bytes(tmp), block)
	return tmp
}

// price scales a mantissa of the message to 1e-9.
func (m *message) price(mantissa int64) int64 { return scaled(mantissa, m.scale) }

// scaled multiplies a mantissa. No price stays no price, and one that does not fit becomes none.
func scaled(mantissa, scale int64) int64 {
	if scale == 1 || mantissa == book.UndefPrice {
		return mantissa
	}
	if mantissa > math.MaxInt64/100 || mantissa < math.MinInt64/100 {
		return book.UndefPrice
	}
	return mantissa * scale
}

// size32 makes a signed quantity a quantity: absent or negative is none.
func size32(v int32) uint64 {
	if v < 0 || v == math.MaxInt32 {
		return 0
	}
	return uint64(v)
}

// size64 is size32 for the long quantities, where the highest value means absent.
func size64(v uint64) uint64 {
	if v == math.MaxUint64 {
		return 0
	}
	return v
}

// dayNS turns days since 1970 into UTC ns.
func dayNS(days uint16) uint64 {
	if days == math.MaxUint16 {
		return book.UndefTime
	}
	return uint64(days) * 86_400_000_000_000
}
