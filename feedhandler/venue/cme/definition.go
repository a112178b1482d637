package cme

import (
	"math"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// Groups every definition begins with, in this order.
const (
	groupEvents = iota
	groupFeedTypes
	groupAttributes
	groupLotRules
	groupOwn // underlyings of options and repurchase agreements
)

// Event types, lot types and the least of an entry that says something.
const (
	eventActivation = 5
	eventLastTrade  = 7
	lotRound        = 2
	lotBlock        = 3

	eventLeast     = 9
	feedTypeLeast  = 4
	attributeLeast = 4
	lotRuleLeast   = 5
)

// definition reads the definitions of all instrument types: the root block through the setters of its field names,
// then what DBN has a place for in the groups.
func (d *MDP3) definition(b *book.Batch, id uint16, m *message, groups *[maxGroups]entries) book.Fault {
	x := &d.defining
	*x = defining{body: book.NewDefinition(), scale: m.scale}
	for _, f := range setters[id] {
		if f.off+f.size <= len(m.block) {
			f.set(x, m.block[f.off:f.off+f.size])
		}
	}
	security := int32(uint32(x.body.RawInstrumentID))
	known := d.dir.Len()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	if d.dir.Len() == known && x.endsLife(d.dir.At(index)) {
		d.endLife(b, index, x.lastUpdate)
	}
	x.depth, x.impliedDepth = usualDepth, impliedDepth
	x.eventsAndDepth(&groups[groupEvents], &groups[groupFeedTypes])
	x.attributesAndLots(&groups[groupAttributes], &groups[groupLotRules])
	x.underlying(templates[id].class, &groups[groupOwn])
	x.body.InstrumentClass = x.class(templates[id].class)
	d.enter(index, x)
	event, body := b.AddDefinition()
	event.Instrument, event.TsEvent, event.Flags = index, x.lastUpdate, book.FlagLast
	event.Level, event.Count = x.depth, uint32(x.impliedDepth)
	*body = x.body
	return book.FaultNone
}

// deleted is the update action of an instrument that is no more.
const deleted = 'D'

// endsLife says whether a definition ends the instrument that had its id so far: it deletes it, or is another's.
func (x *defining) endsLife(entry *book.Instrument) bool {
	return x.body.SecurityUpdateAction == deleted || entry.Defined && x.symbol != (book.Symbol{}) && x.symbol != entry.Symbol
}

// endLife empties the book of an instrument that is no more: the next one of its id inherits nothing, and numbers anew.
func (d *MDP3) endLife(b *book.Batch, index uint32, ts uint64) {
	d.plain(b, book.KindClear, index, ts).Flags = book.FlagLast
	entry, s := d.dir.At(index), &d.state[index]
	if entry.Defined || entry.Unnamed {
		// Said once: a loop of definitions repeats it, and the other channels of the set may have the next instrument by then.
		entry.Life, entry.Began = entry.Life+1, ts
		d.dir.Touch(index)
	}
	s.rptSeq, s.gap, s.chunk, s.life = 0, d.gap, 0, entry.Life
}

func (x *defining) eventsAndDepth(events, feeds *entries) {
	for i := 0; i < events.n && events.size >= eventLeast; i++ {
		e := layout.View[definitionEvent](events.at(i))
		switch e.EventType.Get() {
		case eventActivation:
			x.body.Activation = e.EventTime.Get()
		case eventLastTrade:
			x.body.Expiration = e.EventTime.Get()
		}
	}
	for i := 0; i < feeds.n && feeds.size >= feedTypeLeast; i++ {
		e := layout.View[definitionFeedType](feeds.at(i))
		depth := e.MarketDepth.Get()
		if depth <= 0 {
			continue // a feed without price levels
		}
		switch string(e.MdFeedType[:]) {
		case "GBX":
			x.body.MarketDepth, x.depth = int32(depth), uint8(depth)
		case "GBI":
			x.body.MarketDepthImplied, x.impliedDepth = int32(depth), uint8(depth)
		}
	}
}

func (x *defining) attributesAndLots(attributes, lots *entries) {
	if attributes.n > 0 && attributes.size >= attributeLeast {
		x.body.InstAttribValue = int32(layout.View[definitionAttribute](attributes.at(0)).InstAttribValue.Get())
	}
	for i := 0; i < lots.n && lots.size >= lotRuleLeast; i++ {
		e := layout.View[definitionLotRule](lots.at(i))
		size := e.MinLotSizeDecimalQty.Get()
		if size == math.MaxInt32 {
			continue
		}
		switch size /= 10_000; e.LotType.Get() {
		case lotRound:
			x.body.MinLotSizeRoundLot = size
		case lotBlock:
			x.body.MinLotSizeBlock = size
		}
	}
}

// underlying takes the first underlying of an option.
func (x *defining) underlying(class byte, group *entries) {
	if class != 'C' || group.n == 0 {
		return
	}
	var room definitionUnderlying
	e := lay(group.at(0), &room, &definitionUnderlying{})
	x.body.UnderlyingID = uint32(e.UnderlyingSecurityID.Get())
	setText(x.body.Underlying[:], e.UnderlyingSymbol[:])
}

// class refines a template's instrument class: puts, and spreads by their CFI code.
func (x *defining) class(class byte) byte {
	switch {
	case class == 'C' && x.put:
		return 'P'
	case class == 'S' && x.body.CFI[0] == 'O':
		return 'T'
	case class == 'S' && x.body.CFI[0] != 'F':
		return 'M'
	}
	return class
}

// enter brings the directory up to date.
func (d *MDP3) enter(index uint32, x *defining) {
	entry := d.dir.At(index)
	was := *entry
	if x.symbol != (book.Symbol{}) {
		entry.Symbol, entry.Unnamed = x.symbol, false
	}
	if x.body.Currency[0] != 0 {
		entry.Currency = x.body.Currency
	}
	if x.body.MinPriceIncrement != book.UndefPrice {
		entry.TickSize = x.body.MinPriceIncrement
	}
	if x.body.DisplayFactor != book.UndefPrice {
		entry.DisplayFactor = x.body.DisplayFactor
	}
	if lot := x.body.MinLotSizeRoundLot; lot > 0 && lot != math.MaxInt32 {
		entry.LotSize = uint32(lot)
	}
	if action := statusAction(x.status); action != 0 {
		entry.Status = uint8(action)
	}
	entry.Depth, entry.ImpliedDepth, entry.Defined = x.depth, x.impliedDepth, x.body.SecurityUpdateAction != deleted
	if *entry != was {
		d.dir.Touch(index)
	}
}
