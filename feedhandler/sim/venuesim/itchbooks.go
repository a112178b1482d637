package venuesim

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// TotalView-ITCH 5.0, big endian. Every message begins: type 1, stock locate 2, tracking number 2, timestamp 6 (ns of day).
//
//	R directory  39  stock 11/8 …          H action  25  stock 11/8, state 19 …
//	Y Reg SHO    20  stock 11/8, action 19  h halt   21  stock 11/8, market 19, action 20
//	S system     12  event 11
//	A add        36  reference 11/8, side 19, shares 20/4, stock 24/8, price 32/4
//	F add        40  as A, participant 36/4
//	E executed   31  reference 11/8, shares 19/4, match 23/8
//	C executed   36  as E, printable 31, price 32/4
//	X cancel     23  reference 11/8, shares 19/4
//	D delete     19  reference 11/8
//	U replace    35  old 11/8, new 19/8, shares 27/4, price 31/4
const (
	itchLocateAt    = 1
	itchReferenceAt = 11
	itchAddBytes    = 36
)

// itchBooks is what a spin tells: the newest of each state message, every system event, every order.
type itchBooks struct {
	directory, action, regSHO, halt map[uint16][]byte // messages as they were sent, by locate
	system                          [][]byte
	orders                          map[uint64]*itchOrder
}

// itchOrder is a displayed order as its next add would tell it.
type itchOrder struct {
	add     []byte // A or F with the shares and price of now
	arrival uint64 // number of the message that gave it its place
}

func newITCHBooks() *itchBooks {
	return &itchBooks{
		directory: map[uint16][]byte{}, action: map[uint16][]byte{}, regSHO: map[uint16][]byte{}, halt: map[uint16][]byte{},
		orders: map[uint64]*itchOrder{},
	}
}

func (b *itchBooks) whole() bool { return true } // every message is

// itchLengths of the messages that a spin depends on.
var itchLengths = map[byte]int{'R': 39, 'H': 25, 'Y': 20, 'h': 21, 'S': 12, 'A': 36, 'F': 40, 'E': 31, 'C': 36, 'X': 23, 'D': 19, 'U': 35}

func (b *itchBooks) add(seq uint64, u *unit) {
	m := u.bytes
	if len(m) == 0 || itchLengths[m[0]] == 0 || len(m) < itchLengths[m[0]] {
		return
	}
	locate := binary.BigEndian.Uint16(m[itchLocateAt:])
	switch m[0] {
	case 'R':
		b.directory[locate] = m
	case 'H':
		b.action[locate] = m
	case 'Y':
		b.regSHO[locate] = m
	case 'h':
		if m[20] == 'H' || b.halt[locate] != nil { // told only where an operational halt happened
			b.halt[locate] = m
		}
	case 'S':
		b.system = append(b.system, m)
	default:
		b.order(seq, m)
	}
}

func (b *itchBooks) order(seq uint64, m []byte) {
	id := binary.BigEndian.Uint64(m[itchReferenceAt:])
	switch m[0] {
	case 'A', 'F':
		b.orders[id] = &itchOrder{add: slices.Clone(m), arrival: seq}
	case 'E', 'C', 'X':
		if o := b.orders[id]; o != nil {
			left := o.shares() - min(binary.BigEndian.Uint32(m[19:]), o.shares())
			binary.BigEndian.PutUint32(o.add[20:], left)
			if left == 0 {
				delete(b.orders, id)
			}
		}
	case 'D':
		delete(b.orders, id)
	case 'U':
		if o := b.orders[id]; o != nil {
			delete(b.orders, id)
			o.arrival = seq
			copy(o.add[3:11], m[3:11])              // tracking number and time
			copy(o.add[itchReferenceAt:], m[19:27]) // its new reference
			copy(o.add[20:24], m[27:31])
			copy(o.add[32:36], m[31:35])
			b.orders[binary.BigEndian.Uint64(m[19:])] = o
		}
	}
}

func (o *itchOrder) locate() uint16 { return binary.BigEndian.Uint16(o.add[itchLocateAt:]) }
func (o *itchOrder) side() byte     { return o.add[19] }
func (o *itchOrder) shares() uint32 { return binary.BigEndian.Uint32(o.add[20:]) }
func (o *itchOrder) price() uint32  { return binary.BigEndian.Uint32(o.add[32:]) }

// itchImage is a copy of the books for one spin.
type itchImage struct {
	reference [][]byte // R, H, Y, h, S
	adds      []itchOrder
}

// image copies what a spin needs; sort puts it in order, without the day's lock.
func (b *itchBooks) image() *itchImage {
	i := &itchImage{}
	for _, m := range []map[uint16][]byte{b.directory, b.action, b.regSHO, b.halt} {
		from := len(i.reference)
		for _, msg := range m {
			i.reference = append(i.reference, msg)
		}
		slices.SortFunc(i.reference[from:], func(a, b []byte) int {
			return cmp.Compare(binary.BigEndian.Uint16(a[itchLocateAt:]), binary.BigEndian.Uint16(b[itchLocateAt:]))
		})
	}
	i.reference = append(i.reference, b.system...)
	for _, o := range b.orders {
		i.adds = append(i.adds, itchOrder{add: slices.Clone(o.add), arrival: o.arrival})
	}
	return i
}

// sort puts orders as they are told: stock by stock, bids then offers, best price first, and in a level as they arrived.
func (i *itchImage) sort() {
	slices.SortFunc(i.adds, func(a, b itchOrder) int {
		price := cmp.Compare(a.price(), b.price())
		if a.side() == 'B' {
			price = -price
		}
		return cmp.Or(cmp.Compare(a.locate(), b.locate()), cmp.Compare(a.side(), b.side()), price, cmp.Compare(a.arrival, b.arrival))
	})
}
