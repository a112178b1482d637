package nasdaq

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
)

// DecodePacket appends the events of a packet's messages, in order, as Decode would one by one. seq numbers the packet's
// first unit; faults are counted by name.
func (d *ITCH50) DecodePacket(b *book.Batch, payload []byte, spans []framing.Span, seq uint64, faults *[book.FaultCount]uint64) {
	for len(spans) > 0 {
		if n := d.orders(b.Room(len(spans)), uint64(b.Last())*packetUnit, payload, spans, seq); n > 0 {
			b.Took(n)
			if spans = spans[n:]; len(spans) == 0 {
				return
			}
		}
		s := &spans[0]
		b.Seq = seq + uint64(s.Unit)
		if fault := d.Decode(b, payload[s.Off:int(s.Off)+int(s.Len)]); fault != book.FaultNone {
			faults[fault]++
		}
		spans = spans[1:]
	}
}

// orders decodes the order messages that spans begin with, as long as they are whole and of a named stock, and says how
// many they were. It calls nothing: that keeps what it needs of a packet in registers from message to message.
func (d *ITCH50) orders(events []book.Event, packet uint64, payload []byte, spans []framing.Span, seq uint64) int {
	if d.midnight == 0 || outside(spans, payload) {
		return 0
	}
	events = events[:len(spans)]
	midnight := d.midnight
	for i := range spans {
		s := spans[i]
		m := messageAt(payload, s.Off)
		p := plans[m.MessageType.Get()]
		if uint32(s.Len) < p.size {
			return i
		}
		tail := sides[p.u8(m, p.side)]
		idx := d.index[m.StockLocate.Get()]
		if tail&p.told == 0 || int32(idx) <= 0 {
			return i
		}
		e := &events[i]
		p.numbers(e, m)
		e.TsEvent = midnight + p.time(m)
		e.Instrument = idx
		e.Seq = uint32(seq) + s.Unit
		e.Count, e.Aux = 0, 0
		setTail(e, tail|p.kind|packet)
	}
	return len(spans)
}

// numbers sets what the plan says where to find.
func (p *plan) numbers(e *book.Event, m *orderDelete) {
	e.OrderID = p.u64(m, p.id)
	e.Price = int64(p.u64(m, p.price)&p.priceMask) * priceUnit
	e.Ref = p.u64(m, p.ref) & p.refMask
	e.Qty = p.u64(m, p.qty) & p.qtyMask
}

// outside tells whether spans, which are in order, end beyond payload: then whoever takes them one by one finds out.
func outside(spans []framing.Span, payload []byte) bool {
	s := &spans[len(spans)-1]
	return int(s.Off)+int(s.Len) > len(payload)
}
