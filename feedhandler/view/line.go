package view

import (
	"strconv"

	"wirebook/feedhandler/export"
	"wirebook/shm"
)

// AppendLine appends a record as one line for people:
//
//	14:30:00.000123456 AAPL       add    bid    187.25          100  order 4711  LAST
//	14:30:00.000123456 AAPL       trade  ask    187.26           40  300 x 187.25 | 187.26 x 120  LAST
//
// Times are ts_recv of the day in UTC. With raw: ns since 1970, prices as integers of 1e-9, DBN's letters for action and
// side, the instrument id beside the symbol.
func AppendLine(b []byte, r *Record, raw bool) []byte {
	l := line{b: b, raw: raw}
	switch r.RType() {
	case shm.RTypeMBO:
		if m := shm.View[shm.MBO](r.Body); m != nil {
			l.head(r, m.TsRecv)
			l.event(m.Action, m.Side, m.Price, m.Size)
			l.order(m.OrderID, "order ")
			l.flags(m.Flags)
		}
	case shm.RTypeTrade:
		if m := shm.View[shm.Trade](r.Body); m != nil {
			l.head(r, m.TsRecv)
			l.event(m.Action, m.Side, m.Price, m.Size)
			l.order(r.TradeID, "trade ")
			l.flags(m.Flags)
		}
	case shm.RTypeMBP1:
		if m := shm.View[shm.MBP1](r.Body); m != nil {
			l.head(r, m.TsRecv)
			l.event(m.Action, m.Side, m.Price, m.Size)
			l.top(&m.Levels[0])
			l.flags(m.Flags)
		}
	case shm.RTypeMBP10:
		if m := shm.View[shm.MBP10](r.Body); m != nil {
			l.head(r, m.TsRecv)
			l.event(m.Action, m.Side, m.Price, m.Size)
			l.top(&m.Levels[0])
			l.flags(m.Flags)
		}
	default:
		l.admin(r)
	}
	if r.Natural != nil {
		l.b = appendPosition(l.b, r, raw)
	}
	return append(l.b, '\n')
}

// line builds one line, cell by cell.
type line struct {
	b   []byte
	raw bool
}

func (l *line) text(s string) { l.b = append(l.b, s...) }

func (l *line) head(r *Record, tsRecv uint64) {
	if l.raw {
		l.b = strconv.AppendUint(l.b, tsRecv, 10)
	} else {
		l.b = appendTime(l.b, tsRecv)
	}
	l.text(" ")
	l.b = appendCell(l.b, symbolText(r), 10, false)
	if l.raw {
		l.text(" ")
		l.b = appendNumber(l.b, uint64(r.Instrument()), 8)
	}
	l.text(" ")
}

// symbolText names a record's instrument also where it has no symbol: the id, or * for the channel as a whole.
func symbolText(r *Record) string {
	switch {
	case r.Symbol != "":
		return r.Symbol
	case r.Instrument() == 0:
		return "*"
	}
	return "#" + strconv.FormatUint(uint64(r.Instrument()), 10)
}

func (l *line) event(action, side uint8, price int64, size uint32) {
	if l.raw {
		l.text(printable(action) + " " + printable(side) + " ")
		l.b = appendCell(l.b, strconv.FormatInt(price, 10), 19, true)
	} else {
		l.b = appendCell(l.b, actionName(action), 6, false)
		l.text(" ")
		l.b = appendCell(l.b, sideName(side), 3, false)
		l.text(" ")
		l.b = appendPrice(l.b, price, 6, 4)
	}
	l.text(" ")
	l.b = appendNumber(l.b, uint64(size), 8)
	l.text("  ")
}

func (l *line) order(id uint64, what string) {
	if id == 0 {
		what = "-"
	} else {
		what += strconv.FormatUint(id, 10)
	}
	l.b = appendCell(l.b, what, 18, false)
	l.text("  ")
}

// top shows the best level of both sides.
func (l *line) top(v *shm.Level) {
	bid, ask := uint64(v.BidSz), uint64(v.AskSz)
	l.b = appendNumber(l.b, bid, 7)
	l.text(" x ")
	l.price(v.BidPx)
	l.text(" | ")
	l.price(v.AskPx)
	l.text(" x ")
	l.b = appendCell(l.b, strconv.FormatUint(ask, 10), 7, false)
	l.text(" ")
}

func (l *line) price(p int64) {
	if l.raw {
		l.b = appendCell(l.b, strconv.FormatInt(p, 10), 19, true)
		return
	}
	l.b = appendPrice(l.b, p, 6, 4)
}

func (l *line) flags(flags uint8) { l.b = AppendFlags(l.b, flags) }

// AppendJSON appends a record as one JSON object and a line feed: where it was in which ring, then DBN's columns as
// 'wirebook export --format json' spells them, then the symbol. A record of the appliance's own has names of its own. With strings, integers of 64 bits are strings. ok is false
// when the record cannot be spelled.
func AppendJSON(b []byte, r *Record, strings bool) (out []byte, ok bool) {
	at := len(b)
	into := func(b []byte, v uint64) []byte {
		if strings {
			return append(strconv.AppendUint(append(b, '"'), v, 10), '"')
		}
		return strconv.AppendUint(b, v, 10)
	}
	wide := func(v uint64) { b = into(b, v) }
	b = append(b, `{"ring":"`...)
	b = append(b, r.Schema.String()...)
	b = append(b, `","worker":`...)
	b = strconv.AppendInt(b, int64(r.Worker), 10)
	b = append(b, `,"position":`...)
	wide(r.Position)
	b = append(b, ',')
	if r.Own() {
		b, ok = applianceFields(b, r, into)
	} else {
		b, ok = export.AppendFields(b, r.Body, export.Text{Strings: strings})
	}
	if !ok {
		return b[:at], false
	}
	if r.TradeID != 0 {
		b = append(b, `,"trade_id":`...)
		wide(r.TradeID)
	}
	b = append(b, `,"symbol":`...)
	b = export.AppendJSONString(b, r.Symbol)
	if r.Natural != nil {
		b = appendPositionJSON(b, r, into)
	}
	return append(b, '}', '\n'), true
}
