package venuesim

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// DEEP and DEEP+, little endian. Every message begins: type 1, flag or code 1, timestamp 8 (ns UTC); all but S go on: symbol 8.
//
//	a add       38  side 1, order 18/8, size 26/4, price 30/8      8 5 level  30  flag 1 (1: event is over), size 18/4, price 22/8
//	M modify    38  flags 1 (bit 0: keeps its priority), as add    R delete   26  order 18/8
//	L executed  46  order 18/8, size 26/4, price 30/8, trade 38/8  C clear book  18
//	D directory, H status, O operational halt, P short sale, E security event, X official price, I retail: the newest is told
const (
	iexSymbolAt = 10
	iexOrderAt  = 18
)

// told is a message with the number, time and offset it had on the feed.
type told struct {
	msg []byte
	seq uint64
	u   unit
}

// iexBooks is what SNAP tells.
type iexBooks struct {
	states  map[byte]map[[8]byte]told // by type and symbol
	system  told
	orders  map[uint64]*iexOrder
	levels  map[iexLevel]told
	inEvent bool
}

type iexLevel struct {
	symbol [8]byte
	side   byte
	price  int64
}

// iexOrder is an order as its AddOrder would tell it now.
type iexOrder struct{ told }

func newIEXBooks() *iexBooks {
	b := &iexBooks{states: map[byte]map[[8]byte]told{}, orders: map[uint64]*iexOrder{}, levels: map[iexLevel]told{}}
	for _, kind := range []byte(iexStates) {
		b.states[kind] = map[[8]byte]told{}
	}
	return b
}

// iexStates are the types of which the newest counts, in SNAP's order; orders and levels come before I.
const iexStates = "DHEOPXI"

// iexLengths of the messages that SNAP depends on.
var iexLengths = map[byte]int{
	'S': 10, 'D': 31, 'H': 22, 'I': 18, 'O': 18, 'P': 19, 'E': 18, 'X': 26, 'a': 38, 'M': 38, 'R': 26, 'L': 46, 'C': 18, '8': 30, '5': 30,
}

func (b *iexBooks) whole() bool { return !b.inEvent }

func (b *iexBooks) add(seq uint64, u *unit) {
	m := u.bytes
	if len(m) == 0 || iexLengths[m[0]] == 0 || len(m) < iexLengths[m[0]] {
		return
	}
	t := told{msg: m, seq: seq, u: *u}
	if m[0] == 'S' {
		b.system = t
		return
	}
	symbol := [8]byte(m[iexSymbolAt:])
	switch m[0] {
	case '8', '5':
		b.inEvent = m[1]&1 == 0
		key := iexLevel{symbol, m[0], int64(binary.LittleEndian.Uint64(m[22:]))}
		if binary.LittleEndian.Uint32(m[18:]) == 0 {
			delete(b.levels, key)
			return
		}
		t.msg = slices.Clone(m)
		t.msg[1] = 1 // there is no half of an event in a snapshot
		b.levels[key] = t
	case 'a', 'M', 'R', 'L':
		b.order(t)
	case 'C':
		for id, o := range b.orders {
			if [8]byte(o.msg[iexSymbolAt:]) == symbol {
				delete(b.orders, id)
			}
		}
	default:
		b.states[m[0]][symbol] = t
	}
}

func (b *iexBooks) order(t told) {
	m := t.msg
	id := binary.LittleEndian.Uint64(m[iexOrderAt:])
	if m[0] == 'a' {
		t.msg = slices.Clone(m)
		b.orders[id] = &iexOrder{t}
		return
	}
	o := b.orders[id]
	if o == nil {
		return
	}
	o.seq, o.u = t.seq, t.u
	switch m[0] {
	case 'R':
		delete(b.orders, id)
	case 'M':
		if m[1]&1 == 0 {
			copy(o.msg[2:10], m[2:10]) // its place is that of now
		}
		copy(o.msg[26:38], m[26:38])
	case 'L':
		size := binary.LittleEndian.Uint32(o.msg[26:])
		left := size - min(size, binary.LittleEndian.Uint32(m[26:]))
		binary.LittleEndian.PutUint32(o.msg[26:], left)
		if left == 0 {
			delete(b.orders, id)
		}
	}
}

// iexImage is a copy of the books, in the order it is told.
type iexImage struct {
	list        []told
	from, until int // of list: orders or levels
}

func (b *iexBooks) image() *iexImage {
	i := &iexImage{}
	states := func(kind byte) {
		at := len(i.list)
		for _, t := range b.states[kind] {
			i.list = append(i.list, t)
		}
		bySymbol(i.list[at:])
	}
	states('D')
	if b.system.msg != nil {
		i.list = append(i.list, b.system)
	}
	for _, kind := range []byte("HEOPX") {
		states(kind)
	}
	i.from = len(i.list)
	for _, o := range b.orders {
		t := o.told
		t.msg = slices.Clone(t.msg)
		i.list = append(i.list, t)
	}
	for _, t := range b.levels {
		i.list = append(i.list, t)
	}
	i.until = len(i.list)
	bySymbol(i.list[i.from:])
	states('I')
	return i
}

// bySymbol orders messages by symbol, and within by their bytes from there on, which is no order of priority.
func bySymbol(list []told) {
	slices.SortFunc(list, func(a, b told) int {
		return cmp.Or(slices.Compare(a.msg[iexSymbolAt:], b.msg[iexSymbolAt:]), cmp.Compare(a.msg[0], b.msg[0]))
	})
}
