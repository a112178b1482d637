package nasdaq

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
)

// DecodePacket appends the events of a packet's messages, in order, as Decode would one by one. seq numbers the packet's
// first unit; faults are counted by name.
func (d *ITCH50) DecodePacket(b *book.Batch, payload []byte, spans []framing.Span, seq uint64, faults *[book.FaultCount]uint64) {
	for {
		n := d.orders(b, payload, spans, seq)
		if n == len(spans) {
			return
		}
		s := &spans[n]
		b.Seq = seq + uint64(s.Unit)
		msg := payload[s.Off : int(s.Off)+int(s.Len)]
		if fault := d.Decode(b, msg); fault != book.FaultNone {
			faults[fault]++
			if instrument, lost := d.Concerns(msg, fault); lost {
				b.Lost(instrument)
			}
		}
		spans = spans[n+1:]
	}
}

// orders decodes the order messages that spans begin with, as long as they are whole and of a named stock, and says how
// many they were. It calls nothing: that keeps what it needs of a packet in registers from message to message. Without
// room in the batch there are none: Decode makes some.
func (d *ITCH50) orders(b *book.Batch, payload []byte, spans []framing.Span, seq uint64) int {
	events := b.Room()
	if d.midnight == 0 || len(events) < len(spans) {
		return 0
	}
	midnight, packet := d.midnight, uint64(b.Last())*packetUnit
	lo, width := d.window(b)
	n := 0
	for ; n < len(spans); n++ {
		s := spans[n]
		if int(s.Off)+int(s.Len) > len(payload) || s.Len == 0 {
			break // no framing gives such a span: Decode finds out
		}
		m := messageAt(payload, s.Off)
		p := plans[m.MessageType.Get()]
		if uint32(s.Len) != p.size {
			break
		}
		tail := sides[p.u8(m, p.side)]
		idx := d.index[m.StockLocate.Get()]
		if tail&p.told == 0 || int32(idx) <= 0 {
			break
		}
		ts := midnight + p.time(m)
		if ts-lo >= width {
			break // of another day
		}
		if d.apart {
			d.last, lo = ts, lowest(ts)
		}
		e := &events[n]
		p.numbers(e, m)
		e.TsEvent = ts
		e.Instrument = idx
		e.Seq = uint32(seq) + s.Unit
		e.Count, e.Aux = 0, 0
		setTail(e, tail|p.kind|packet)
	}
	b.Took(n)
	return n
}

// numbers sets what the plan says where to find.
func (p *plan) numbers(e *book.Event, m *orderDelete) {
	e.OrderID = p.u64(m, p.id)
	e.Price = int64(p.u64(m, p.price)&p.priceMask) * priceUnit
	e.Ref = p.u64(m, p.ref) & p.refMask
	e.Qty = p.u64(m, p.qty) & p.qtyMask
}
