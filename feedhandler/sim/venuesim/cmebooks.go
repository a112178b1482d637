package venuesim

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// cmeBooks is what CME's loops tell: definitions, and of every instrument that had an order or a trade its orders and figures.
type cmeBooks struct {
	futures []*cmeFuture // in the order of their definitions
	by      map[int32]*cmeFuture
	orders  map[uint64]*cmeOrder
	inEvent bool // the newest message does not end its event
}

// cmeFuture is one instrument.
type cmeFuture struct {
	id         int32
	definition []byte // template 54 as it was sent
	updatedNS  uint64 // of the definition
	depth      int
	active     bool // it had an order or a trade
	rptSeq     uint32
	eventNS    uint64 // TransactTime of the newest event
	status     uint8
	volume     int32
	figures    map[byte]cmeFigure // open, high, low by their entry type
	orders     map[uint64]*cmeOrder
}

type cmeFigure struct {
	price int64
	flag  uint8
}

// cmeOrder is a resting order.
type cmeOrder struct {
	id, priority uint64
	price        int64
	qty          int32
	side         byte // 0 bid, 1 offer, as characters
	of           *cmeFuture
}

func newCMEBooks() *cmeBooks {
	return &cmeBooks{by: map[int32]*cmeFuture{}, orders: map[uint64]*cmeOrder{}}
}

func (b *cmeBooks) whole() bool { return !b.inEvent }

// future returns an instrument, nil where it was never defined.
func (b *cmeBooks) future(id []byte) *cmeFuture { return b.by[int32(binary.LittleEndian.Uint32(id))] }

func (b *cmeBooks) add(_ uint64, u *unit) {
	_ = eachMDP(u.bytes, func(m mdpMessage) {
		indicator := byte(mdpEndOfEvent)
		switch m.template {
		case mdpFuture:
			indicator = b.define(&m)
		case mdpStatus:
			if len(m.root) >= 30 {
				if f := b.future(m.root[20:]); f != nil {
					f.status, f.eventNS = m.root[27], binary.LittleEndian.Uint64(m.root)
				}
				indicator = m.root[26]
			}
		case mdpVolume, mdpBook, mdpOrders, mdpTrades, mdpSession:
			if len(m.root) >= 9 {
				b.incremental(&m)
				indicator = m.root[8]
			}
		}
		b.inEvent = indicator&mdpEndOfEvent == 0
	})
}

// define keeps template 54: LastUpdateTime 6/8, status 14, SecurityID 55/4; market depth in the feed types' group.
func (b *cmeBooks) define(m *mdpMessage) byte {
	if len(m.root) < 59 {
		return mdpEndOfEvent
	}
	id := int32(binary.LittleEndian.Uint32(m.root[55:]))
	f := b.by[id]
	if f == nil {
		f = &cmeFuture{id: id, figures: map[byte]cmeFigure{}, orders: map[uint64]*cmeOrder{}}
		b.by[id] = f
		b.futures = append(b.futures, f)
	}
	f.definition, f.updatedNS, f.status = m.whole, binary.LittleEndian.Uint64(m.root[6:]), m.root[14]
	m.group(false) // events
	for _, feed := range m.group(false) {
		if len(feed) >= 4 && string(feed[:3]) == "GBX" {
			f.depth = int(feed[3])
		}
	}
	return m.root[0]
}

// cmeEntries says where an entry has its security and its RptSeq (-1: none), and how long it is at least.
var cmeEntries = map[uint16][3]int{
	mdpVolume: {4, 8, 16}, mdpBook: {12, 16, 32}, mdpOrders: {28, -1, 40}, mdpTrades: {12, 16, 32}, mdpSession: {8, 12, 24},
}

// incremental applies one of the templates whose root is TransactTime 0/8, MatchEventIndicator 8.
func (b *cmeBooks) incremental(m *mdpMessage) {
	at := cmeEntries[m.template]
	ns := binary.LittleEndian.Uint64(m.root)
	entries := m.group(false)
	for _, e := range entries {
		if len(e) < at[2] {
			return
		}
		f := b.future(e[at[0]:])
		if f == nil {
			continue
		}
		f.eventNS = ns
		if at[1] >= 0 {
			f.rptSeq = binary.LittleEndian.Uint32(e[at[1]:])
		}
		switch m.template {
		case mdpVolume:
			f.volume, f.active = int32(binary.LittleEndian.Uint32(e)), true
		case mdpTrades, mdpBook:
			f.active = true
		case mdpSession:
			f.figures[e[18]] = cmeFigure{int64(binary.LittleEndian.Uint64(e)), e[16]}
		case mdpOrders:
			b.order(f, e, e[8:], e[33], int64(binary.LittleEndian.Uint64(e[16:])), e[24:], e[32])
		}
	}
	if m.template != mdpBook {
		return
	}
	// Orders of the price entries they refer to by number, from 1.
	for _, o := range m.group(true) {
		if len(o) < 24 || o[20] == 0 || int(o[20]) > len(entries) {
			continue
		}
		e := entries[o[20]-1]
		if f := b.future(e[12:]); f != nil {
			b.order(f, o, o[8:], e[26], int64(binary.LittleEndian.Uint64(e)), o[16:], o[21])
		}
	}
}

// order takes an order's change: 0 new, 1 changed, 2 gone.
func (b *cmeBooks) order(f *cmeFuture, id, priority []byte, side byte, price int64, qty []byte, action byte) {
	f.active = true
	n := binary.LittleEndian.Uint64(id)
	if action == 2 {
		delete(b.orders, n)
		delete(f.orders, n)
		return
	}
	o := b.orders[n]
	if o == nil {
		o = &cmeOrder{id: n, of: f}
		b.orders[n], f.orders[n] = o, o
	}
	o.priority, o.price, o.qty, o.side = binary.LittleEndian.Uint64(priority), price, int32(binary.LittleEndian.Uint32(qty)), side
}

// cmeImage is a copy of one instrument for the loop.
type cmeImage struct {
	last       uint32 // number of the newest packet that is in it
	nowNS      uint64 // time of that packet
	id         int32
	volume     int32
	rptSeq     uint32
	eventNS    uint64
	updatedNS  uint64
	status     uint8
	depth      int
	figures    map[byte]cmeFigure
	bids, asks []cmeOrder // best first, in priority order
}

func (f *cmeFuture) image() *cmeImage {
	i := &cmeImage{
		id: f.id, volume: f.volume, rptSeq: f.rptSeq, eventNS: f.eventNS, updatedNS: f.updatedNS, status: f.status, depth: f.depth,
		figures: map[byte]cmeFigure{},
	}
	for k, v := range f.figures {
		i.figures[k] = v
	}
	for _, o := range f.orders {
		if o.side == '0' {
			i.bids = append(i.bids, *o)
		} else {
			i.asks = append(i.asks, *o)
		}
	}
	return i
}

func (i *cmeImage) sort() {
	slices.SortFunc(i.bids, func(a, b cmeOrder) int {
		return cmp.Or(cmp.Compare(b.price, a.price), cmp.Compare(a.priority, b.priority))
	})
	slices.SortFunc(i.asks, func(a, b cmeOrder) int {
		return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(a.priority, b.priority))
	})
}

// cmeLevel is a price of template 52.
type cmeLevel struct {
	price       int64
	qty, orders int32
}

// levels are the best depth prices of a side that is in order.
func levels(orders []cmeOrder, depth int) (list []cmeLevel) {
	for i := range orders {
		if n := len(list); n == 0 || list[n-1].price != orders[i].price {
			if n == depth {
				return list
			}
			list = append(list, cmeLevel{price: orders[i].price})
		}
		l := &list[len(list)-1]
		l.qty += orders[i].qty
		l.orders++
	}
	return list
}
