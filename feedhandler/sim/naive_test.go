package sim

import (
	"fmt"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/cme"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/iex"
	"wirebook/feedhandler/venue/nasdaq"
)

// reader decodes datagrams with the venue packages and keeps books in the most obvious way: a list of orders in
// priority order for each side, searched from end to end, and lists of levels.
type reader struct {
	t         testing.TB
	framing   unframer
	decoder   decoder
	batch     *book.Batch
	books     map[uint32]*naiveBook
	types     map[string]int // messages by type as on the wire
	events    map[book.Kind]int
	next      uint64
	datagrams int
	depth     int // levels MDP3 publishes
	heads     map[framing.Kind]int
}

type unframer interface {
	Header([]byte, *framing.Header) framing.Fault
	Split([]framing.Span, []byte, *framing.Header) ([]framing.Span, framing.Fault)
}

type decoder interface {
	Decode(*book.Batch, []byte) book.Fault
	Directory() *book.Directory
}

type naiveOrder struct {
	id    uint64
	side  book.Side
	price int64
	qty   uint64
}

type naiveLevel struct {
	price int64
	qty   uint64
	count uint32
}

type naiveBook struct {
	orders []naiveOrder               // oldest first
	levels map[book.Side][]naiveLevel // as the venue tells them, best first
	trade  *book.Event
	volume uint64
	status uint16
}

func newReader(t testing.TB, cfg Config) *reader {
	r := &reader{
		t: t, batch: book.NewBatch(4096), books: map[uint32]*naiveBook{}, types: map[string]int{},
		events: map[book.Kind]int{}, next: 1, depth: cfg.Depth, heads: map[framing.Kind]int{},
	}
	switch cfg.Encoding {
	case ITCH50:
		r.framing, r.decoder = &framing.MoldUDP64{}, nasdaq.NewITCH50(cfg.Symbols, cfg.StartNS)
	case DeepPlus:
		r.framing, r.decoder = iex.TP{ProtocolID: iex.ProtocolDEEPPlus}, iex.NewDEEPPlus(cfg.Symbols)
	case Deep:
		r.framing, r.decoder = iex.TP{ProtocolID: iex.ProtocolDEEP}, iex.NewDEEP(cfg.Symbols)
	case MDP3:
		r.framing, r.decoder = cme.MDP3Framing{}, cme.NewMDP3(cfg.Symbols)
	}
	return r
}

// read takes one payload; every fault and every hole in the sequence is an error.
func (r *reader) read(payload []byte) {
	r.t.Helper()
	var h framing.Header
	if f := r.framing.Header(payload, &h); f != 0 {
		r.t.Fatalf("datagram %d: header fault %v", r.datagrams, f)
	}
	spans, f := r.framing.Split(nil, payload, &h)
	if f != 0 {
		r.t.Fatalf("datagram %d: framing fault %v", r.datagrams, f)
	}
	if h.Seq != r.next {
		r.t.Fatalf("datagram %d: sequence %d, want %d", r.datagrams, h.Seq, r.next)
	}
	r.heads[h.Kind]++
	if h.Kind == framing.Data {
		r.next += uint64(h.Count)
	}
	r.datagrams++
	r.batch.Reset()
	r.batch.BeginPacket(book.Packet{Seq: h.Seq})
	for _, s := range spans {
		msg := payload[s.Off : s.Off+s.Len]
		r.types[typeOf(r.decoder, msg)]++
		r.batch.Seq = h.Seq + uint64(s.Unit)
		if f := r.decoder.Decode(r.batch, msg); f != 0 {
			r.t.Fatalf("datagram %d: message %x: fault %v", r.datagrams, msg, f)
		}
	}
	for i := range r.batch.Events {
		r.apply(&r.batch.Events[i])
	}
}

func typeOf(d decoder, msg []byte) string {
	if _, ok := d.(*cme.MDP3); ok {
		return fmt.Sprint(int(msg[4]) | int(msg[5])<<8)
	}
	return string(msg[:1])
}

func (r *reader) apply(e *book.Event) {
	r.events[e.Kind]++
	b := r.books[e.Instrument]
	if b == nil {
		b = &naiveBook{levels: map[book.Side][]naiveLevel{}}
		r.books[e.Instrument] = b
	}
	find := func(id uint64) int {
		i := slices.IndexFunc(b.orders, func(o naiveOrder) bool { return o.id == id })
		if i < 0 {
			r.t.Fatalf("datagram %d: event %d names unknown order %d", r.datagrams, e.Kind, id)
		}
		return i
	}
	take := func(i int, qty uint64) {
		if b.orders[i].qty < qty {
			r.t.Fatalf("datagram %d: %d of %d taken off order %d", r.datagrams, qty, b.orders[i].qty, b.orders[i].id)
		}
		if b.orders[i].qty -= qty; b.orders[i].qty == 0 {
			b.orders = slices.Delete(b.orders, i, i+1)
		}
	}
	switch e.Kind {
	case book.KindAdd:
		b.orders = append(b.orders, naiveOrder{e.OrderID, e.Side, e.Price, e.Qty})
	case book.KindExecute, book.KindExecuteAt:
		i := find(e.OrderID)
		t := *e
		if e.Kind == book.KindExecute {
			t.Price = b.orders[i].price
		}
		b.print(&t)
		take(i, e.Qty)
	case book.KindReduce:
		take(find(e.OrderID), e.Qty)
	case book.KindDelete:
		i := find(e.OrderID)
		b.orders = slices.Delete(b.orders, i, i+1)
	case book.KindReplace:
		i := find(e.Ref)
		o := naiveOrder{e.OrderID, b.orders[i].side, e.Price, e.Qty}
		b.orders = append(slices.Delete(b.orders, i, i+1), o)
	case book.KindModify:
		i := find(e.OrderID)
		o := naiveOrder{e.OrderID, b.orders[i].side, e.Price, e.Qty}
		if e.Attr&book.AttrKeepPriority != 0 ||
			e.Attr&book.AttrPriorityByRule != 0 && o.price == b.orders[i].price && o.qty <= b.orders[i].qty {
			b.orders[i] = o
		} else {
			b.orders = append(slices.Delete(b.orders, i, i+1), o)
		}
	case book.KindTrade:
		b.print(e)
	case book.KindStatus:
		b.status = r.batch.Statuses[e.Aux].Action
	case book.KindLevelSet, book.KindLevelNew, book.KindLevelChange, book.KindLevelDelete:
		b.level(r, e)
	case book.KindStale, book.KindRebuilt, book.KindClear, book.KindClearAll, book.KindQuote, book.KindLevelOverlay,
		book.KindLevelDeleteFrom, book.KindLevelDeleteThru:
		r.t.Fatalf("datagram %d: event of kind %d: the simulator never means that", r.datagrams, e.Kind)
	}
}

func (b *naiveBook) print(e *book.Event) {
	if e.Attr&book.AttrNonPrintable != 0 {
		return
	}
	b.volume += e.Qty
	t := *e
	b.trade = &t
}

func (b *naiveBook) level(r *reader, e *book.Event) {
	l := b.levels[e.Side]
	i := int(e.Level) - 1
	v := naiveLevel{e.Price, e.Qty, e.Count}
	switch e.Kind {
	case book.KindLevelSet:
		i, found := slices.BinarySearchFunc(l, e.Price, func(v naiveLevel, p int64) int {
			if e.Side == book.Bid {
				return int(min(max(p-v.price, -1), 1))
			}
			return int(min(max(v.price-p, -1), 1))
		})
		switch {
		case found && e.Qty == 0:
			l = slices.Delete(l, i, i+1)
		case found:
			l[i] = v
		case e.Qty != 0:
			l = slices.Insert(l, i, v)
		default:
			r.t.Fatalf("datagram %d: level %d removed that is not there", r.datagrams, e.Price)
		}
	case book.KindLevelNew:
		if i > len(l) {
			r.t.Fatalf("datagram %d: new level %d of %d", r.datagrams, i+1, len(l))
		}
		l = slices.Insert(l, i, v)
		l = l[:min(len(l), r.depth)]
	default:
		if i >= len(l) || l[i].price != e.Price {
			r.t.Fatalf("datagram %d: change of level %d at %d: have %v", r.datagrams, i+1, e.Price, l)
		}
		if e.Kind == book.KindLevelChange {
			l[i] = v
		} else {
			l = slices.Delete(l, i, i+1)
		}
	}
	b.levels[e.Side] = l
}

// compare holds the books against the truth.
func (r *reader) compare(truth *Books) {
	r.t.Helper()
	dir := r.decoder.Directory()
	seen := map[string]uint32{}
	for idx := 1; idx < dir.Len(); idx++ {
		seen[dir.At(uint32(idx)).Symbol.String()] = uint32(idx)
	}
	for i := range truth.Instruments {
		in := &truth.Instruments[i]
		idx, ok := seen[in.Symbol]
		if !ok {
			r.t.Fatalf("%s is not in the directory", in.Symbol)
		}
		if key := dir.At(idx).Key; in.Key != 0 && in.Key != key {
			r.t.Fatalf("%s has key %d, want %d", in.Symbol, key, in.Key)
		}
		b := r.books[idx]
		r.compareSide(truth, in, b, book.Bid, in.Bids)
		r.compareSide(truth, in, b, book.Ask, in.Asks)
		if t := in.LastTrade; t != nil {
			if b.trade == nil || b.trade.Price != t.Price || b.trade.Ref != t.Match || b.trade.TsEvent != t.TimeNS || b.trade.Qty != uint64(t.Qty) {
				r.t.Fatalf("%s: last trade %+v, want %+v", in.Symbol, b.trade, t)
			}
		}
		if b.volume != in.Counts.Volume {
			r.t.Fatalf("%s: volume %d, want %d", in.Symbol, b.volume, in.Counts.Volume)
		}
	}
}

func (r *reader) compareSide(truth *Books, in *Instrument, b *naiveBook, side book.Side, want []Level) {
	r.t.Helper()
	if truth.Encoding != Deep {
		var have []Level
		for _, o := range b.orders {
			if o.side != side {
				continue
			}
			i := slices.IndexFunc(have, func(l Level) bool { return l.Price == o.price })
			if i < 0 {
				i = len(have)
				have = append(have, Level{Price: o.price})
			}
			have[i].Qty += o.qty
			have[i].Orders = append(have[i].Orders, Order{ID: o.id, Qty: uint32(o.qty)})
		}
		slices.SortFunc(have, func(x, y Level) int {
			if side == book.Bid {
				return int(min(max(y.Price-x.Price, -1), 1))
			}
			return int(min(max(x.Price-y.Price, -1), 1))
		})
		same := slices.EqualFunc(have, want, func(x, y Level) bool {
			return x.Price == y.Price && x.Qty == y.Qty && slices.EqualFunc(x.Orders, y.Orders, func(a, b Order) bool {
				return a.ID == b.ID && a.Qty == b.Qty
			})
		})
		if !same {
			r.t.Fatalf("%s %c: orders\n%v\nwant\n%v", in.Symbol, side, have, want)
		}
	}
	if truth.Encoding == Deep || truth.Encoding == MDP3 {
		if truth.Encoding == MDP3 {
			want = want[:min(len(want), r.depth)]
		}
		have := b.levels[side]
		same := slices.EqualFunc(have, want, func(x naiveLevel, y Level) bool {
			return x.price == y.Price && x.qty == y.Qty && (x.count == 0 || int(x.count) == len(y.Orders))
		})
		if !same {
			r.t.Fatalf("%s %c: levels\n%v\nwant\n%v", in.Symbol, side, have, want)
		}
	}
}
