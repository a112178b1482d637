package bench

import (
	"fmt"

	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/shm"
)

// burst is how many events the core gathers before it applies them.
const burst = 256

// decoding is a channel's decoder and books without the core around them.
type decoding struct {
	split   venue.Framing
	decoder venue.Decoder
	packets venue.PacketDecoder
	books   *book.Books
	batch   *book.Batch
	faults  [book.FaultCount]uint64
	h       framing.Header
	spans   []framing.Span
	tops    int // changes of a best price
	room    int // live orders the books were made for
	peak    int // most there were
}

func newDecodings(in *Input, books bool) ([]decoding, error) {
	configs, err := in.build()
	if err != nil {
		return nil, err
	}
	list := make([]decoding, len(configs))
	for i := range configs {
		c := &configs[i]
		if c.Options.MaxInstruments == 0 {
			c.Options.MaxInstruments = 1 << 16 // what the core takes
		}
		list[i] = decoding{split: c.Feed.NewFraming(), decoder: c.Feed.NewDecoder(c.Options), batch: book.NewBatch(2 * burst),
			spans: make([]framing.Span, 0, 1024)}
		list[i].packets = venue.Packets(list[i].decoder)
		if !books {
			continue
		}
		c.Books.MaxInstruments, c.Books.TopOnly = c.Options.MaxInstruments, true
		if list[i].books, err = book.New(c.Books); err != nil {
			return nil, err
		}
		list[i].room = c.Books.InitialOrders
		list[i].books.SetView(book.View(c.Feed.Depth))
	}
	return list, nil
}

// decode appends a payload's events to the batch and returns how many messages there were.
func (d *decoding) decode(p *packet) int {
	if d.split.Header(p.payload, &d.h) != framing.FaultNone {
		return 0
	}
	d.spans, _ = d.split.Split(d.spans[:0], p.payload, &d.h)
	d.batch.BeginPacket(book.Packet{TsRecv: p.ns, TsSend: d.h.TsSend, Seq: d.h.Seq, Line: p.line})
	d.packets.DecodePacket(d.batch, p.payload, d.spans, d.h.Seq, &d.faults)
	return len(d.spans)
}

// wireFloors measures the framing walk and the decode by hand over a MoldUDP64 input.
func (b *bencher) wireFloors(in *Input) {
	pass := func(one func(payload []byte) int) float64 {
		var p packet
		messages := 0
		cpu := threadCPU()
		for at := 0; at < in.arena.used; {
			at = in.arena.next(at, &p)
			if p.channel != noChannel {
				messages += one(p.payload)
			}
		}
		return float64(threadCPU()-cpu) / float64(max(messages, 1))
	}
	b.floor("framing", pass(func(payload []byte) int {
		n, sum := walkMold(payload)
		sink.sum += sum
		return n
	}), "length and type of every MoldUDP64 message, a message")
	b.floor("decode", pass(func(payload []byte) int { return decodeMold(&sink.event, payload) }),
		"every field of every ITCH order message by hand, no checks, a message")
}

// eachPacket runs over the packets of first lines and laps the meter about every lapMessages.
func eachPacket(in *Input, m *meter, one func(p *packet) int) {
	var p packet
	n := 0
	for at := 0; at < in.arena.used; {
		at = in.arena.next(at, &p)
		in.arena.ask(at)
		if p.channel == noChannel || p.line != 0 {
			continue
		}
		if n += one(&p); n >= lapMessages {
			m.lap(n)
			n = 0
		}
	}
}

// decode is framing and decoding, events thrown away.
func (b *bencher) decode(in *Input) error {
	s := Stage{Name: "decode", Input: in.Name}
	err := b.repeat(in, &s, func() (func(*meter), error) {
		list, err := newDecodings(in, false)
		return func(m *meter) {
			eachPacket(in, m, func(p *packet) int {
				d := &list[p.channel]
				n := d.decode(p)
				if len(d.batch.Events) >= burst || len(d.batch.Packets) >= burst {
					d.batch.Reset()
				}
				return n
			})
		}, err
	})
	floor := ""
	if in.Profile == "nasdaq.itch50" {
		floor = "decode"
	}
	b.stage(s, floor, s.NSPerMessage)
	return err
}

// book decodes and applies, in bursts with lookahead, and again with packets that come alone: the lookahead has a packet's
// messages. Every event asks for the top of book's change; nothing is published.
func (b *bencher) book(in *Input) error {
	err := b.books(in, "book", in.Name, func(d *decoding, changes *[2]book.Change) {
		if len(d.batch.Events) < burst && len(d.batch.Packets) < burst {
			return
		}
		d.books.Stage(d.batch.Events)
		d.apply(changes)
	})
	if err != nil || !in.feed.ByOrder {
		return err
	}
	return b.books(in, "book", in.Name+", by packet", func(d *decoding, changes *[2]book.Change) {
		d.books.Stage(d.batch.Events)
		d.apply(changes)
	})
}

// bookSingle is the same without lookahead: packets are decoded as they come and applied message by message.
func (b *bencher) bookSingle(in *Input) error {
	return b.books(in, "book-single", in.Name, func(d *decoding, changes *[2]book.Change) { d.apply(changes) })
}

func (d *decoding) apply(changes *[2]book.Change) {
	events := d.batch.Events
	for i := range events {
		n := d.books.Apply(&events[i], changes)
		for k := range n {
			if c := &changes[k]; c.Top && c.Action != shm.ActionNone {
				d.tops++
			}
		}
	}
	d.batch.Reset()
}

func (b *bencher) books(in *Input, name, input string, step func(*decoding, *[2]book.Change)) error {
	s := Stage{Name: name, Input: input}
	var list []decoding
	err := b.repeat(in, &s, func() (func(*meter), error) {
		var err error
		list, err = newDecodings(in, true)
		return func(m *meter) {
			var changes [2]book.Change
			eachPacket(in, m, func(p *packet) int {
				d := &list[p.channel]
				n := d.decode(p)
				step(d, &changes)
				if live := d.books.LiveOrders(); live > d.peak {
					d.peak = live
				}
				return n
			})
			for i := range list {
				list[i].apply(&changes)
			}
		}, err
	})
	if err != nil {
		return err
	}
	bytes, room, peak, tops, faults := 0, 0, 0, 0, uint64(0)
	for i := range list {
		tops += list[i].tops
		for _, n := range list[i].faults {
			faults += n
		}
		bytes += list[i].books.Bytes()
		room += list[i].room
		peak += list[i].peak
	}
	if in.feed.ByOrder && 2*peak > room { // else it is the tables' size that counts
		s.BytesPerOrder = round(float64(bytes) / float64(peak))
	}
	s.Note = fmt.Sprintf("%d changes of a best price, %d live orders at the peak", tops, peak)
	if faults > 0 {
		s.Note += fmt.Sprintf(", %d messages not decoded", faults)
	}
	b.stage(s, "load", s.NSPerMessage)
	return nil
}
