package cme

import (
	"strconv"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// Levels the venue maintains where no definition says otherwise.
const (
	usualDepth   = 10
	impliedDepth = 2
)

// endOfEvent is bit 7 of MatchEventIndicator.
const endOfEvent = 0x80

// MDP3 decodes the messages of one channel. Its state is what the protocol numbers per instrument and which
// instruments the venue's event in progress has touched.
type MDP3 struct {
	dir   *book.Directory
	state []instrument // by directory index
	open  []uint32     // indexes touched by the event in progress, in order
	gap   uint32       // counts OnGap

	lastID, lastIndex uint32 // the instrument asked for last: entries of one message mostly share it
	defining          defining
}

// instrument is the protocol's state of one instrument.
type instrument struct {
	rptSeq uint32 // of the last entry; 0: none seen
	gap    uint32 // MDP3.gap when rptSeq was last proved whole
	chunk  uint32 // of an order snapshot, the last that came in its place; 0: none is under way
	mark   mark
	life   uint8 // book.Instrument.Life of the instrument that is numbered
}

// mark is an instrument's part in the event in progress.
type mark uint8

const (
	untouched mark = iota
	touched
	closed // only while the event's last message is being finished
)

// NewMDP3 returns a decoder for at most maxInstruments instruments.
func NewMDP3(maxInstruments int) *MDP3 { return NewMember(book.NewDirectory(maxInstruments)) }

// NewMember returns a decoder that shares a directory with those of other channels: definitions come on a channel of their
// own, and their security ids mean the same on all. The directory stays when the channel's sequence begins anew.
func NewMember(dir *book.Directory) *MDP3 {
	return &MDP3{
		dir:   dir,
		state: make([]instrument, dir.Max()+1),
		open:  make([]uint32, 0, dir.Max()+1),
	}
}

// Directory is the channel's instruments.
func (d *MDP3) Directory() *book.Directory { return d.dir }

// Reset forgets numbering and the event in progress; the directory stays.
func (d *MDP3) Reset() {
	clear(d.state)
	d.open = d.open[:0]
	d.gap = 0
}

// OnGap says that packets of the channel were lost: every instrument is suspect until its RptSeq goes on without a
// hole.
func (d *MDP3) OnGap() { d.gap++ }

// Decode appends the events of one message, which begins at its size, to b.
func (d *MDP3) Decode(b *book.Batch, msg []byte) book.Fault {
	h := layout.View[messageHeader](msg)
	if h == nil {
		return book.FaultTruncated
	}
	if h.SchemaID.Get() != schemaID {
		return book.FaultUnknownSchema
	}
	body, n := msg[messageHeaderSize:], int(h.BlockLength.Get())
	if n > len(body) {
		return book.FaultTruncated
	}
	m := message{block: body[:n], rest: body[n:], version: h.Version.Get(), scale: 1}
	id := h.TemplateID.Get()
	if id < 46 {
		m.legacy, m.scale = true, 100
	}
	switch id {
	case 46, 32:
		return d.bookRefresh(b, &m)
	case 47, 43:
		return d.orderRefresh(b, &m)
	case 48, 42:
		return d.tradeSummary(b, &m)
	case 64:
		return d.bookLongRefresh(b, &m)
	case 65:
		return d.tradeLongSummary(b, &m)
	}
	return d.decodeCold(b, id, &m)
}

// Concerns says that a refused message of a book may have changed any: its entries are of many instruments, and where one
// is cut the others cannot be told. An entry that makes no sense says so itself, in the events of its message.
func (d *MDP3) Concerns(msg []byte, fault book.Fault) (uint32, bool) {
	if fault != book.FaultTruncated && fault != book.FaultBadGroup {
		return 0, false
	}
	h := layout.View[messageHeader](msg)
	if h == nil {
		return 0, true
	}
	switch h.TemplateID.Get() {
	case 32, 43, 46, 47, 64, 4: // books, orders, and the reset of all
		return 0, true
	}
	return 0, false
}

// decodeCold is Decode for everything but book and trades.
func (d *MDP3) decodeCold(b *book.Batch, id uint16, m *message) book.Fault {
	t := templateOf(id)
	if t == nil {
		return book.FaultUnknownType
	}
	var groups [maxGroups]entries
	if fault := t.takeAll(m, &groups); fault != book.FaultNone {
		return fault
	}
	switch id {
	case 12, 15, 16:
		return book.FaultNone
	case 4:
		return d.channelReset(b, m)
	case 30:
		return d.securityStatus(b, m)
	case 60:
		return d.workupStatus(b, m)
	case 39:
		return d.quoteRequest(b, m, &groups[0])
	case 62:
		return d.collateralValue(b, m)
	case 36:
		return d.singleTrade(b, m, &groups[0])
	case 33, 49:
		return d.dailyStatistics(b, m, &groups[0])
	case 34, 50:
		return d.limitsBanding(b, m, &groups[0])
	case 35, 51:
		return d.sessionStatistics(b, m, &groups[0])
	case 67:
		return d.sessionLongStatistics(b, m, &groups[0])
	case 37:
		return d.volume(b, m, &groups[0])
	case 66:
		return d.volumeLong(b, m, &groups[0])
	case 38, 52, 69:
		return d.snapshotRefresh(b, m, id, &groups[0])
	case 61, 68:
		return d.snapshotTCPRefresh(b, m, id, &groups[0])
	case 44, 53:
		return d.snapshotOrdersRefresh(b, m, &groups[0])
	case 59:
		return d.topOrdersRefresh(b, m)
	}
	return d.definition(b, id, m, &groups)
}

// index returns the directory index of a security and makes an entry when there is none; 0 when it cannot be.
func (d *MDP3) index(securityID int32) uint32 {
	if id := uint32(securityID); id != d.lastID {
		d.lookup(id)
	}
	return d.lastIndex
}

func (d *MDP3) lookup(id uint32) {
	index := d.dir.Lookup(uint64(id))
	if index == 0 && id != 0 {
		var text [11]byte
		if index = d.dir.Add(uint64(id), id, book.MakeSymbol(strconv.AppendUint(append(text[:0], '#'), uint64(id), 10))); index != 0 {
			entry := d.dir.At(index)
			entry.Depth, entry.ImpliedDepth, entry.Unnamed = usualDepth, impliedDepth, true
			d.dir.Touch(index)
		}
	}
	if index == 0 {
		id = 0 // ask again next time
	}
	d.lastID, d.lastIndex = id, index
}

// noIndex is the fault of a security for which index gave 0.
func noIndex(securityID int32) book.Fault {
	if securityID == 0 {
		return book.FaultBadValue
	}
	return book.FaultDirectoryFull
}

// touch makes an instrument part of the event in progress.
func (d *MDP3) touch(index uint32) *instrument {
	s := &d.state[index]
	if s.mark == untouched {
		s.mark = touched
		d.open = append(d.open, index)
	}
	return s
}

// number takes an entry of an instrument into its numbering, before the entry's own event.
func (d *MDP3) number(b *book.Batch, index uint32, ts uint64, rptSeq uint32) {
	s := d.touch(index)
	if rptSeq == s.rptSeq+1 && s.gap == d.gap {
		s.rptSeq = rptSeq
		return
	}
	if rptSeq != 0 {
		d.renumber(b, s, index, ts, rptSeq)
	}
}

func (d *MDP3) renumber(b *book.Batch, s *instrument, index uint32, ts uint64, rptSeq uint32) {
	first, next := s.rptSeq == 0, s.rptSeq+1
	if life := d.dir.At(index).Life; s.life != life {
		s.life, first = life, true // another channel of the set told that the id is another instrument's
	}
	s.rptSeq, s.gap = rptSeq, d.gap
	switch {
	case rptSeq == next:
		// RptSeq counts price entries, trades and figures; order messages have no number of their own.
		d.plain(b, book.KindUnaffected, index, ts).Flags = book.FlagMBP
	case !first:
		d.plain(b, book.KindStale, index, ts).Attr = book.AttrMissing
	}
}

// plain appends an event that has no more than an instrument and a time.
func (d *MDP3) plain(b *book.Batch, kind book.Kind, index uint32, ts uint64) *book.Event {
	e := b.Add(kind)
	e.Instrument, e.TsEvent = index, ts
	return e
}

// finish ends a message whose events begin at start. When it ends the venue's event too, every instrument that the
// event touched gets its FlagLast.
func (d *MDP3) finish(b *book.Batch, start int, indicator uint8, ts uint64) {
	if indicator&endOfEvent == 0 {
		return
	}
	events := b.Events[start:]
	for i := len(events) - 1; i >= 0; i-- {
		if s := &d.state[events[i].Instrument]; s.mark == touched {
			s.mark = closed
			events[i].Flags |= book.FlagLast
		}
	}
	for _, index := range d.open {
		if d.state[index].mark == touched {
			d.plain(b, book.KindNone, index, ts).Flags = book.FlagLast
		}
		d.state[index].mark = untouched
	}
	d.open = d.open[:0]
}
