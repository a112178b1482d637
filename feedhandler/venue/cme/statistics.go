package cme

import (
	"math"

	"wirebook/book"
)

// DBN's statistic types that MDP 3.0 has.
const (
	statOpen           = 1
	statIndicativeOpen = 2
	statSettlement     = 3
	statLow            = 4
	statHigh           = 5
	statClearedVolume  = 6
	statLowestOffer    = 7
	statHighestBid     = 8
	statOpenInterest   = 9
	statFixing         = 10
	statVWAP           = 13
	statUpperLimit     = 17
	statLowerLimit     = 18
	statVenueVolume    = 10001 // venue specific volume: what the electronic session traded so far
)

// indicativeOpen is the open_close_settl_flag of an indicative opening price.
const indicativeOpen = 5

var (
	blankDailyEntry       = blank[dailyEntry]()
	blankLimitsEntry      = blank[limitsEntry]()
	blankSessionEntry     = blank[sessionEntry]()
	blankSessionLongEntry = blank[sessionLongEntry]()
	blankVolumeEntry      = blank[volumeEntry]()
	blankVolumeLongEntry  = blank[volumeLongEntry]()
)

// statistic is one figure as the messages tell it.
type statistic struct {
	code   byte // md_entry_type
	price  int64
	size   uint64 // math.MaxUint64: absent
	flag   uint8  // open_close_settl_flag
	settl  uint8  // settl_price_type
	day    uint16 // trading_reference_date
	action uint8
}

// statType gives the DBN type of a figure and whether it is a quantity; 0 for a type unknown to us.
func (s *statistic) statType() (kind uint16, quantity bool) {
	switch s.code {
	case '4':
		if s.flag == indicativeOpen {
			return statIndicativeOpen, false
		}
		return statOpen, false
	case '6':
		return statSettlement, false
	case '7':
		return statHigh, false
	case '8':
		return statLow, false
	case '9':
		return statVWAP, false
	case 'B':
		return statClearedVolume, true
	case 'C':
		return statOpenInterest, true
	case 'N':
		return statHighestBid, false
	case 'O':
		return statLowestOffer, false
	case 'W':
		return statFixing, false
	case 'e':
		return statVenueVolume, true
	}
	return 0, false
}

// statistic appends one figure; false when its type is unknown to us.
func (d *MDP3) statistic(b *book.Batch, index uint32, ts uint64, flags uint8, s *statistic) bool {
	kind, quantity := s.statType()
	if kind == 0 {
		return false
	}
	event, body := b.AddStatistic()
	event.Instrument, event.TsEvent, event.Flags = index, ts, flags
	body.Type, body.TsRef = kind, dayNS(s.day)
	if quantity {
		body.Quantity = quantityOf(s.size)
	} else {
		body.Price = s.price
	}
	switch {
	case kind == statSettlement:
		body.StatFlags = s.settl
	case s.flag != math.MaxUint8:
		body.StatFlags = s.flag
	}
	if s.action == 2 {
		body.UpdateAction = 2
	}
	return true
}

// quantityOf is a size as DBN's statistics have it; what is absent or does not fit is DBN's null.
func quantityOf(size uint64) int64 {
	if size > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(size)
}

// optional32 widens an optional size.
func optional32(v int32) uint64 {
	if v < 0 || v == math.MaxInt32 {
		return math.MaxUint64
	}
	return uint64(v)
}

// entry appends the event of a numbered figure.
func (d *MDP3) entry(b *book.Batch, security int32, ts uint64, rptSeq uint32, s *statistic, fault *book.Fault) {
	index := d.index(security)
	if index == 0 {
		*fault = noIndex(security)
		return
	}
	d.number(b, index, ts, rptSeq)
	if !d.statistic(b, index, ts, 0, s) {
		*fault = book.FaultBadValue
		d.plain(b, book.KindNone, index, ts)
	}
}

// incrementalRoot reads the root that all incremental messages have.
func (m *message) incrementalRoot() (ts uint64, indicator uint8, fault book.Fault) {
	if len(m.block) < incrementalLeast {
		return 0, 0, book.FaultTruncated
	}
	var room incremental
	root := lay(m.block, &blankIncremental, &room)
	return root.TransactTime.Get(), root.MatchEventIndicator.Get(), book.FaultNone
}

func (d *MDP3) dailyStatistics(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room dailyEntry
	for i := range group.n {
		e := lay(group.at(i), &blankDailyEntry, &room)
		d.entry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &statistic{
			code: e.MdEntryTypeDailyStatistics.Get(), price: m.price(e.MdEntryPxOptionalEx.Get()),
			size: optional32(e.MdEntrySizeShortOptional.Get()), flag: math.MaxUint8, settl: e.SettlPriceType.Get(),
			day: e.TradingReferenceDate.Get(), action: e.MdUpdateAction.Get(),
		}, &fault)
	}
	d.finish(b, start, indicator, ts)
	return fault
}

func (d *MDP3) sessionStatistics(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room sessionEntry
	for i := range group.n {
		e := lay(group.at(i), &blankSessionEntry, &room)
		d.entry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &statistic{
			code: e.MdEntryTypeStatistics.Get(), price: m.price(e.MdEntryPxEx.Get()), size: math.MaxUint64,
			flag: e.OpenCloseSettlFlag.Get(), day: math.MaxUint16, action: e.MdUpdateAction.Get(),
		}, &fault)
	}
	d.finish(b, start, indicator, ts)
	return fault
}

func (d *MDP3) sessionLongStatistics(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room sessionLongEntry
	for i := range group.n {
		e := lay(group.at(i), &blankSessionLongEntry, &room)
		d.entry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &statistic{
			code: e.MdEntryTypeStatistics.Get(), price: m.price(e.MdEntryPxEx.Get()), size: math.MaxUint64,
			flag: e.OpenCloseSettlFlag.Get(), day: math.MaxUint16, action: e.MdUpdateAction.Get(),
		}, &fault)
	}
	d.finish(b, start, indicator, ts)
	return fault
}

func (d *MDP3) volume(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room volumeEntry
	for i := range group.n {
		e := lay(group.at(i), &blankVolumeEntry, &room)
		d.entry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &statistic{
			code: 'e', size: optional32(e.MdEntrySizeShort.Get()), flag: math.MaxUint8, day: math.MaxUint16, action: e.MdUpdateAction.Get(),
		}, &fault)
	}
	d.finish(b, start, indicator, ts)
	return fault
}

func (d *MDP3) volumeLong(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room volumeLongEntry
	for i := range group.n {
		e := lay(group.at(i), &blankVolumeLongEntry, &room)
		d.entry(b, e.SecurityID.Get(), ts, e.RptSeq.Get(), &statistic{
			code: 'e', size: e.MdEntrySize.Get(), flag: math.MaxUint8, day: math.MaxUint16, action: e.MdUpdateAction.Get(),
		}, &fault)
	}
	d.finish(b, start, indicator, ts)
	return fault
}

// limitsBanding gives two figures per instrument; a limit that is absent is DBN's null: there is none.
func (d *MDP3) limitsBanding(b *book.Batch, m *message, group *entries) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	var room limitsEntry
	for i := range group.n {
		e := lay(group.at(i), &blankLimitsEntry, &room)
		security := e.SecurityID.Get()
		index := d.index(security)
		if index == 0 {
			fault = noIndex(security)
			continue
		}
		d.number(b, index, ts, e.RptSeq.Get())
		d.limits(b, index, ts, 0, m.price(e.HighLimitPrice.Get()), m.price(e.LowLimitPrice.Get()))
	}
	d.finish(b, start, indicator, ts)
	return fault
}

func (d *MDP3) limits(b *book.Batch, index uint32, ts uint64, flags uint8, high, low int64) {
	event, body := b.AddStatistic()
	event.Instrument, event.TsEvent, event.Flags = index, ts, flags
	body.Type, body.Price = statUpperLimit, high
	event, body = b.AddStatistic()
	event.Instrument, event.TsEvent, event.Flags = index, ts, flags
	body.Type, body.Price = statLowerLimit, low
}
