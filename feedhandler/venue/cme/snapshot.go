package cme

import (
	"math"

	"wirebook/book"
)

const (
	snapshotLeast       = 24 // to transact_time
	snapshotTCPLeast    = 13 // to security_id
	snapshotOrdersLeast = 28 // to transact_time
	topOrdersLeast      = 13 // to security_id
)

var (
	blankSnapshot          = blank[snapshot]()
	blankSnapshotTCP       = blank[snapshotTCP]()
	blankSnapshotOrders    = blank[snapshotOrders]()
	blankTopOrders         = blank[topOrders]()
	blankSnapshotEntry     = blank[snapshotEntry]()
	blankSnapshotLongEntry = blank[snapshotLongEntry]()
	blankSnapshotTCPEntry  = blank[snapshotTCPEntry]()
	blankSnapshotOrder     = blank[snapshotOrder]()
)

// snapshotLevel is one snapshot entry whatever its template.
type snapshotLevel struct {
	statistic
	count uint32
	level uint8 // 0: none
}

// snapshotRefresh is templates 38, 52 and 69: the whole price book of one instrument, and its figures.
func (d *MDP3) snapshotRefresh(b *book.Batch, m *message, id uint16, group *entries) book.Fault {
	if len(m.block) < snapshotLeast {
		return book.FaultTruncated
	}
	var room snapshot
	root := lay(m.block, &blankSnapshot, &room)
	security := root.SecurityID.Get()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	d.status(index, root.MdSecurityTradingStatus.Get())
	fault := d.snapshotLevels(b, m, id, group, index, root.TransactTime.Get(),
		m.price(root.HighLimitPrice.Get()), m.price(root.LowLimitPrice.Get()))
	s := &d.state[index]
	s.rptSeq, s.gap = root.RptSeq.Get(), d.gap
	return fault
}

// snapshotTCPRefresh is templates 61 and 68, the snapshots of the conflated feed, which has no RptSeq.
func (d *MDP3) snapshotTCPRefresh(b *book.Batch, m *message, id uint16, group *entries) book.Fault {
	if len(m.block) < snapshotTCPLeast {
		return book.FaultTruncated
	}
	var room snapshotTCP
	root := lay(m.block, &blankSnapshotTCP, &room)
	security := root.SecurityID.Get()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	fault := d.snapshotLevels(b, m, id, group, index, root.TransactTime.Get(),
		m.price(root.HighLimitPrice.Get()), m.price(root.LowLimitPrice.Get()))
	d.state[index].gap = d.gap
	return fault
}

// snapshotLevels appends the clear, the levels, the figures and the end of a price book's snapshot.
// An entry of type 2, the last trade, is old news and gives no event; g only repeats the root's limits.
func (d *MDP3) snapshotLevels(b *book.Batch, m *message, id uint16, group *entries, index uint32, ts uint64, high, low int64) book.Fault {
	fault := book.FaultNone
	d.plain(b, book.KindClear, index, ts).Flags = book.FlagSnapshot | book.FlagMBP
	for i := range group.n {
		s := snapshotEntryOf(m, id, group.at(i))
		t := &entryTypes[s.code]
		switch {
		case t.level && s.level != 0:
			e := d.plain(b, book.KindLevelNew, index, ts)
			e.Flags, e.Side, e.Attr = book.FlagSnapshot|book.FlagMBP, t.side, t.attr
			e.Price, e.Qty, e.Count, e.Level = s.price, size64(s.size), s.count, s.level
		case t.level:
			fault = book.FaultBadValue
		case !t.unexpected || s.code == '2' || s.code == 'g':
		case !d.statistic(b, index, ts, book.FlagSnapshot, &s.statistic):
			fault = book.FaultBadValue
		}
	}
	if high != book.UndefPrice || low != book.UndefPrice {
		d.limits(b, index, ts, book.FlagSnapshot, high, low)
	}
	d.plain(b, book.KindRebuilt, index, ts).Flags = book.FlagSnapshot | book.FlagMBP | book.FlagLast
	return fault
}

// snapshotEntryOf reads an entry of one of the three layouts. Levels come signed in the older ones.
func snapshotEntryOf(m *message, id uint16, block []byte) snapshotLevel {
	switch id {
	case 61:
		var room snapshotTCPEntry
		e := lay(block, &blankSnapshotTCPEntry, &room)
		return snapshotLevel{
			statistic: statistic{
				code: e.MdEntryType.Get(), price: e.MdEntryPxOptionalEx.Get(), size: optional32(e.MdEntrySizeShortOptional.Get()),
				flag: e.OpenCloseSettlFlag.Get(), settl: e.SettlPriceType.Get(), day: e.TradingReferenceDate.Get(),
			},
			count: uint32(size32(e.NumberOfOrdersOptional.Get())), level: signedLevel(e.MdPriceLevelOptional.Get()),
		}
	case 68, 69:
		var room snapshotLongEntry
		e := lay(block, &blankSnapshotLongEntry, &room)
		level := e.MdPriceLevelUnsignedOptional.Get()
		if level == math.MaxUint8 {
			level = 0
		}
		return snapshotLevel{
			statistic: statistic{
				code: e.MdEntryType.Get(), price: e.MdEntryPxOptionalEx.Get(), size: e.MdEntrySizeOptional.Get(),
				flag: e.OpenCloseSettlFlag.Get(), day: math.MaxUint16,
			},
			count: uint32(size32(e.NumberOfOrdersOptional.Get())), level: level,
		}
	}
	var room snapshotEntry
	e := lay(block, &blankSnapshotEntry, &room)
	return snapshotLevel{
		statistic: statistic{
			code: e.MdEntryType.Get(), price: m.price(e.MdEntryPxOptionalEx.Get()), size: optional32(e.MdEntrySizeShortOptional.Get()),
			flag: e.OpenCloseSettlFlag.Get(), settl: e.SettlPriceType.Get(), day: e.TradingReferenceDate.Get(),
		},
		count: uint32(size32(e.NumberOfOrdersOptional.Get())), level: signedLevel(e.MdPriceLevelOptional.Get()),
	}
}

func signedLevel(level int8) uint8 {
	if level < 0 || level == math.MaxInt8 {
		return 0
	}
	return uint8(level)
}

// snapshotOrdersRefresh is templates 53 and 44: one chunk of the orders of one instrument, in priority order.
func (d *MDP3) snapshotOrdersRefresh(b *book.Batch, m *message, group *entries) book.Fault {
	if len(m.block) < snapshotOrdersLeast {
		return book.FaultTruncated
	}
	var room snapshotOrders
	root := lay(m.block, &blankSnapshotOrders, &room)
	security := root.SecurityID.Get()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	ts, chunk, state := root.TransactTime.Get(), root.CurrentChunk.Get(), &d.state[index]
	switch {
	case chunk <= 1:
		d.plain(b, book.KindClear, index, ts).Flags = book.FlagSnapshot
		state.chunk = 1
	case state.chunk != 0 && chunk == state.chunk+1:
		state.chunk = chunk
	default:
		state.chunk = 0 // a chunk before this one did not come: what is built is not the whole book
	}
	fault := book.FaultNone
	var entryRoom snapshotOrder
	for i := range group.n {
		e := lay(group.at(i), &blankSnapshotOrder, &entryRoom)
		d.snapshotOrder(b, index, ts, e.MdEntryTypeBook.Get(), &fault, order{
			id: e.OrderID.Get(), priority: e.MdOrderPriorityOptional.Get(),
			price: m.price(e.MdEntryPxEx.Get()), qty: size32(e.MdDisplayQty.Get()),
		})
	}
	if chunk >= root.NoChunks.Get() {
		kind := book.KindRebuilt
		if state.chunk == 0 {
			kind = book.KindNone
		}
		d.plain(b, kind, index, ts).Flags = book.FlagSnapshot | book.FlagLast
		state.chunk = 0
	}
	return fault
}

// topOrdersRefresh is template 59: some orders at the top of one instrument's book. They are not the whole book, and
// the orders it leaves out have not gone: no event can say that, so inspect alone shows them.
func (d *MDP3) topOrdersRefresh(b *book.Batch, m *message) book.Fault {
	if len(m.block) < topOrdersLeast {
		return book.FaultTruncated
	}
	var room topOrders
	root := lay(m.block, &blankTopOrders, &room)
	security := root.SecurityID.Get()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	d.plain(b, book.KindNone, index, root.TransactTime.Get()).Flags = book.FlagSnapshot | book.FlagLast
	return book.FaultNone
}

// snapshotOrder appends one order of a snapshot. Entries that are no order of the book are left out.
func (d *MDP3) snapshotOrder(b *book.Batch, index uint32, ts uint64, code byte, fault *book.Fault, o order) {
	t := &entryTypes[code]
	if !t.level {
		if t.unexpected {
			*fault = book.FaultBadValue
		}
		return
	}
	e := d.plain(b, book.KindAdd, index, ts)
	e.Flags, e.Side, e.Attr = book.FlagSnapshot, t.side, t.attr
	e.OrderID, e.Price, e.Qty = o.id, o.price, o.qty
	if o.priority != math.MaxUint64 {
		e.Ref = o.priority
	}
}
