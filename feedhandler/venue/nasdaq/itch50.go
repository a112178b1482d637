package nasdaq

import (
	"encoding/binary"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// priceUnit scales a four-decimal wire price to 1e-9.
const priceUnit = 100_000

// ITCH50 decodes TotalView-ITCH 5.0. It keeps the locate codes, the directory and the trading date, and belongs to
// one channel. It is about 260 KB beside the directory.
type ITCH50 struct {
	tables *[256]*layout.Message
	tradingDay
	locates
}

// NewITCH50 returns a decoder for Nasdaq, BX and Nasdaq Texas with room for maxInstruments stocks. sessionDate is
// any moment (UTC ns) of the trading date; 0 takes the date in New York of the first packet after a Reset. Times of day
// lead over midnight from there.
func NewITCH50(maxInstruments int, sessionDate uint64) *ITCH50 {
	d := &ITCH50{tables: &itchTables, tradingDay: tradingDay{date: sessionDate}}
	d.dir = book.NewDirectory(maxInstruments)
	d.Reset()
	return d
}

// NewPSXITCH50 is NewITCH50 for PSX: the same bytes, with the names of the PSX specification in Inspect.
func NewPSXITCH50(maxInstruments int, sessionDate uint64) *ITCH50 {
	d := NewITCH50(maxInstruments, sessionDate)
	d.tables = &psxTables
	return d
}

// Directory is the channel's instruments: key and published id are the locate code.
func (d *ITCH50) Directory() *book.Directory { return d.dir }

// Reset makes the next packet decide the date again, unless it is configured, and begins a new directory: date and locate
// codes are good for one day only.
func (d *ITCH50) Reset() {
	d.tradingDay.restart()
	d.locates.reset()
}

// Decode appends the events of one message. Order flow goes through its plan, everything else to decodeRest.
// A message longer than its layout is refused: versions of ITCH have names of their own, and what is longer is another feed
// in the same framing.
func (d *ITCH50) Decode(b *book.Batch, msg []byte) book.Fault {
	if len(msg) == 0 {
		return book.FaultTruncated
	}
	p := plans[msg[0]]
	if p.size == notOrder {
		if m := d.tables[msg[0]]; m != nil && len(msg) > m.Size {
			return book.FaultTooLong
		}
		d.place(b, msg, itchTimeAt)
		return d.decodeRest(b, msg)
	}
	if len(msg) != int(p.size) {
		return wrongSize(len(msg), int(p.size))
	}
	d.place(b, msg, itchTimeAt)
	m := layout.View[orderDelete](msg) // every order message starts like this one
	if m == nil {
		return book.FaultTruncated
	}
	tail := sides[msg[p.side]]
	if tail&p.told == 0 {
		return book.FaultBadValue
	}
	idx := d.index[m.StockLocate.Get()]
	if int32(idx) <= 0 { // never seen, or seen without its name
		var fault book.Fault
		if idx, fault = d.resolve(m.StockLocate.Get(), msg); fault != book.FaultNone {
			return fault
		}
	}
	e := b.Add(book.KindNone)
	p.numbers(e, m)
	e.TsEvent = d.midnight + p.time(m)
	e.Instrument = idx
	setTail(e, uint64(e.Packet)*packetUnit|tail|p.kind)
	return book.FaultNone
}

func wrongSize(have, want int) book.Fault {
	if have < want {
		return book.FaultTruncated
	}
	return book.FaultTooLong
}

// Concerns says whose book a refused message of the order flow would have changed: the locate code stands in front. Of an
// instrument that is not known yet nobody can tell.
func (d *ITCH50) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	switch {
	case len(msg) == 0:
		return 0, true // any message may have stood here
	case plans[msg[0]].size == notOrder && msg[0] != 'C', fault == book.FaultDirectoryFull:
		return 0, false
	case len(msg) < 3:
		return 0, true
	}
	return d.index[binary.BigEndian.Uint16(msg[1:])] &^ unnamed, true
}

// resolve is the road of an order message whose locate code has no named index.
func (d *ITCH50) resolve(locate uint16, msg []byte) (uint32, book.Fault) {
	if m := layout.View[addOrder](msg); m != nil && (msg[0] == 'A' || msg[0] == 'F') {
		return d.name(locate, &m.Stock)
	}
	return d.number(locate)
}

// packetTime is the receive time of the packet being decoded, 0 where there is none.
func packetTime(b *book.Batch) uint64 {
	if len(b.Packets) == 0 {
		return 0
	}
	return b.Packet().TsRecv
}
