package cme

import (
	"math"

	"wirebook/book"
)

// What of an entry must be there for it to mean anything: everything up to the entry type, or action.
const (
	incrementalLeast = 9  // transact time, match event indicator
	bookEntryLeast   = 27 // to md_entry_type_book
	bookLongLeast    = 31
	bookOrderLeast   = 22 // to order_update_action
	orderEntryLeast  = 34 // to md_entry_type_book
)

var (
	blankIncremental   = blank[incremental]()
	blankBookEntry     = blank[bookEntry]()
	blankBookLongEntry = blank[bookLongEntry]()
	blankBookOrder     = blank[bookOrder]()
	blankOrderEntry    = blank[orderEntry]()
)

// levelKinds is what MDUpdateAction does to a level.
var levelKinds = [...]book.Kind{
	book.KindLevelNew, book.KindLevelChange, book.KindLevelDelete,
	book.KindLevelDeleteThru, book.KindLevelDeleteFrom, book.KindLevelOverlay,
}

// entryType is what md_entry_type_book says.
type entryType struct {
	side       book.Side
	attr       uint8
	level      bool
	kind       book.Kind // of the entries that are no level
	unexpected bool
}

// entryTypes is every entry type of a book by its code. Codes that no version knows are unexpected.
var entryTypes = bookEntryTypes()

func bookEntryTypes() (t [256]entryType) {
	for i := range t {
		t[i] = entryType{side: book.NoSide, kind: book.KindStale, unexpected: true}
	}
	t['0'] = entryType{side: book.Bid, level: true}
	t['1'] = entryType{side: book.Ask, level: true}
	t['E'] = entryType{side: book.Bid, level: true, attr: book.AttrImplied}
	t['F'] = entryType{side: book.Ask, level: true, attr: book.AttrImplied}
	t['J'] = entryType{side: book.NoSide, kind: book.KindClear}
	t['w'] = entryType{side: book.NoSide, kind: book.KindNone}
	t['x'] = t['w']
	return t
}

// bookRefresh is templates 46 and 32: price levels, then the orders behind them.
func (d *MDP3) bookRefresh(b *book.Batch, m *message) book.Fault {
	levels, orders, fault := m.bookGroups(bookEntryLeast)
	if fault != book.FaultNone {
		return fault
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts, indicator := root.TransactTime.Get(), root.MatchEventIndicator.Get()
	start := len(b.Events)
	var room bookEntry
	for i := range levels.n {
		e := lay(levels.at(i), &blankBookEntry, &room)
		security := e.SecurityID.Get()
		index := d.index(security)
		if index == 0 {
			fault = noIndex(security)
			continue
		}
		d.number(b, index, ts, e.RptSeq.Get())
		event := d.level(b, index, ts, e.MdEntryTypeBook.Get(), e.MdUpdateAction.Get(), &fault)
		event.Price = m.price(e.MdEntryPxOptionalEx.Get())
		event.Qty = size32(e.MdEntrySizeShortOptional.Get())
		event.Count = uint32(size32(e.NumberOfOrdersOptional.Get()))
		event.Level = e.MdPriceLevel.Get()
	}
	for i := range orders.n {
		reference := levels.at(int(orders.at(i)[bookOrderReference]) - 1)
		e := lay(reference, &blankBookEntry, &room)
		if index := d.index(e.SecurityID.Get()); index != 0 {
			d.levelOrder(b, index, ts, orders.at(i), m.price(e.MdEntryPxOptionalEx.Get()), e.MdEntryTypeBook.Get(), &fault)
		}
	}
	d.finish(b, start, indicator, ts)
	return fault
}

// bookLongRefresh is template 64, which differs from 46 in the width of the size.
func (d *MDP3) bookLongRefresh(b *book.Batch, m *message) book.Fault {
	levels, orders, fault := m.bookGroups(bookLongLeast)
	if fault != book.FaultNone {
		return fault
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts, indicator := root.TransactTime.Get(), root.MatchEventIndicator.Get()
	start := len(b.Events)
	var room bookLongEntry
	for i := range levels.n {
		e := lay(levels.at(i), &blankBookLongEntry, &room)
		security := e.SecurityID.Get()
		index := d.index(security)
		if index == 0 {
			fault = noIndex(security)
			continue
		}
		d.number(b, index, ts, e.RptSeq.Get())
		event := d.level(b, index, ts, e.MdEntryTypeBook.Get(), e.MdUpdateAction.Get(), &fault)
		event.Price = e.MdEntryPxOptionalEx.Get()
		event.Qty = size64(e.MdEntrySizeOptional.Get())
		event.Count = uint32(size32(e.NumberOfOrdersOptional.Get()))
		event.Level = e.MdPriceLevel.Get()
	}
	for i := range orders.n {
		reference := levels.at(int(orders.at(i)[bookOrderReference]) - 1)
		e := lay(reference, &blankBookLongEntry, &room)
		if index := d.index(e.SecurityID.Get()); index != 0 {
			d.levelOrder(b, index, ts, orders.at(i), e.MdEntryPxOptionalEx.Get(), e.MdEntryTypeBook.Get(), &fault)
		}
	}
	d.finish(b, start, indicator, ts)
	return fault
}

// bookOrderReference is the offset of reference_id in a bookOrder.
const bookOrderReference = 20

// bookGroups takes the two groups of a book message and holds every order's reference against the levels.
func (m *message) bookGroups(least int) (levels, orders entries, fault book.Fault) {
	if len(m.block) < incrementalLeast {
		return levels, orders, book.FaultTruncated
	}
	levels, rest, fault := takeGroup(m.rest, least)
	if fault != book.FaultNone || m.legacy && m.version < 8 { // versions before 8 have no orders
		return levels, orders, fault
	}
	if orders, _, fault = takeWideGroup(rest, bookOrderLeast); fault != book.FaultNone {
		return levels, orders, fault
	}
	for i := range orders.n {
		if reference := int(orders.at(i)[bookOrderReference]); reference == 0 || reference > levels.n {
			return levels, orders, book.FaultBadGroup
		}
	}
	return levels, orders, book.FaultNone
}

// level appends what a price entry does; the caller fills in the level.
func (d *MDP3) level(b *book.Batch, index uint32, ts uint64, code byte, action uint8, fault *book.Fault) *book.Event {
	t := &entryTypes[code]
	kind, flags := t.kind, uint8(0)
	switch {
	case t.level && int(action) < len(levelKinds):
		kind, flags = levelKinds[action], book.FlagMBP
	case t.level || t.unexpected:
		*fault, kind = book.FaultBadValue, book.KindStale
	}
	event := d.plain(b, kind, index, ts)
	event.Side, event.Attr, event.Flags = t.side, t.attr, flags
	return event
}

// levelOrder appends what an order entry of a book message does.
func (d *MDP3) levelOrder(b *book.Batch, index uint32, ts uint64, entry []byte, price int64, code byte, fault *book.Fault) {
	var room bookOrder
	o := lay(entry, &blankBookOrder, &room)
	d.order(b, index, ts, o.OrderUpdateAction.Get(), code, fault, order{
		id: o.OrderID.Get(), priority: o.MdOrderPriorityOptional.Get(), price: price, qty: size32(o.MdDisplayQtyOptional.Get()),
	})
}

// order is one order as book messages and order messages tell it.
type order struct {
	id, priority uint64
	price        int64
	qty          uint64
}

// order appends what an action does to an order.
func (d *MDP3) order(b *book.Batch, index uint32, ts uint64, action uint8, code byte, fault *book.Fault, o order) {
	t := &entryTypes[code]
	kind, attr := t.kind, t.attr
	switch {
	case !t.level:
		if t.unexpected {
			*fault = book.FaultBadValue
		}
	case action == 0:
		kind = book.KindAdd
	case action == 1:
		kind, attr = book.KindModify, attr|book.AttrPriorityByRule
	case action == 2:
		kind = book.KindDelete
	default:
		*fault, kind = book.FaultBadValue, book.KindStale
	}
	event := d.plain(b, kind, index, ts)
	event.Side, event.Attr = t.side, attr
	event.OrderID, event.Price, event.Qty = o.id, o.price, o.qty
	if o.priority != math.MaxUint64 {
		event.Ref = o.priority
	}
}

// orderRefresh is templates 47 and 43: orders alone, outside RptSeq.
func (d *MDP3) orderRefresh(b *book.Batch, m *message) book.Fault {
	if len(m.block) < incrementalLeast {
		return book.FaultTruncated
	}
	orders, _, fault := takeGroup(m.rest, orderEntryLeast)
	if fault != book.FaultNone {
		return fault
	}
	var incrementalRoom incremental
	root := lay(m.block, &blankIncremental, &incrementalRoom)
	ts := root.TransactTime.Get()
	start := len(b.Events)
	var room orderEntry
	for i := range orders.n {
		o := lay(orders.at(i), &blankOrderEntry, &room)
		security := o.SecurityID.Get()
		index := d.index(security)
		if index == 0 {
			fault = noIndex(security)
			continue
		}
		d.touch(index)
		d.order(b, index, ts, o.MdUpdateAction.Get(), o.MdEntryTypeBook.Get(), &fault, order{
			id: o.OrderIDOptional.Get(), priority: o.MdOrderPriorityOptional.Get(),
			price: m.price(o.MdEntryPxOptionalEx.Get()), qty: size32(o.MdDisplayQtyOptional.Get()),
		})
	}
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return fault
}
