package view

import (
	"strconv"

	"wirebook/feedhandler/export"
	"wirebook/shm"
)

// appliance shows a record that the appliance made itself:
//
//	14:30:00.000123456 *          gap        5 units after 1,234: 1,235 to 1,239  nasdaq
//	14:30:00.000123456 *          suspect    all (10,000 instruments) after 1,234: gap  nasdaq
//	14:30:00.000123456 AAPL       whole      after 1,300  nasdaq
func (l *line) appliance(r *Record) {
	m := shm.View[shm.Appliance](r.Body)
	if m == nil {
		return
	}
	l.kind(r, m.TsRecv, shm.ApplianceKindName(m.Kind))
	n := Thousands
	if l.raw {
		n = func(v uint64) string { return strconv.FormatUint(v, 10) }
	}
	books := ""
	if m.First == uint64(shm.BookOrders) {
		books = "orders " // levels alone, or both, are what is shown: the book
	}
	switch m.Kind {
	case shm.ApplianceGap:
		l.text(n(m.Count) + " " + plural(m.Count, "unit") + " after " + n(m.Unit) + ": " + n(m.First))
		if m.Count > 1 {
			l.text(" to " + n(m.First+m.Count-1))
		}
	case shm.ApplianceEpoch:
		l.text(n(m.First) + ": a run of the writer begins")
	case shm.ApplianceSession:
		l.text(n(uint64(m.Session)) + " begins")
		if m.Unit != 0 {
			l.text(" after " + n(m.Unit))
		}
	case shm.ApplianceSuspect, shm.ApplianceWhole:
		if r.Instrument() == 0 {
			books = "all " + books + "(" + n(m.Count) + " " + plural(m.Count, "instrument") + ") "
		}
		l.text(books + "after " + n(m.Unit))
		if m.Kind == shm.ApplianceSuspect {
			l.text(": " + shm.ReasonName(uint32(m.Reason)))
		}
	case shm.ApplianceHeartbeat:
		l.text("up to " + n(m.Unit))
		if m.Reason != 0 {
			l.text(" (" + shm.ReasonName(uint32(m.Reason)) + ")")
		}
	}
	l.text("  " + r.Channel)
}

func plural(n uint64, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// applianceFields appends such a record's facts in JSON: a gap's first unit and count, an epoch's number, the books that are
// suspect or whole and of how many instruments, where it is of all.
func applianceFields(b []byte, r *Record, wide func([]byte, uint64) []byte) ([]byte, bool) {
	m := shm.View[shm.Appliance](r.Body)
	if m == nil {
		return b, false
	}
	number := func(name string, v uint64) {
		b = append(append(append(b, ",\""...), name...), "\":"...)
		b = strconv.AppendUint(b, v, 10)
	}
	long := func(name string, v uint64) {
		b = wide(append(append(append(b, ",\""...), name...), "\":"...), v)
	}
	text := func(name, v string) {
		b = export.AppendJSONString(append(append(append(b, ",\""...), name...), "\":"...), v)
	}
	b = wide(append(b, `"ts_recv":`...), m.TsRecv)
	long("ts_event", m.TsEvent)
	number("rtype", uint64(m.RType))
	number("publisher_id", uint64(m.PublisherID))
	number("instrument_id", uint64(m.InstrumentID))
	text("kind", shm.ApplianceKindName(m.Kind))
	if m.Reason != 0 {
		text("reason", shm.ReasonName(uint32(m.Reason)))
	}
	text("channel", r.Channel)
	number("session", uint64(m.Session))
	long("counter", m.Counter)
	long("unit", m.Unit)
	switch m.Kind {
	case shm.ApplianceGap:
		long("first", m.First)
		long("count", m.Count)
	case shm.ApplianceEpoch:
		long("epoch", m.First)
	case shm.ApplianceSuspect, shm.ApplianceWhole:
		text("book_kinds", shm.BooksName(uint32(min(m.First, 0xFF))))
		if m.InstrumentID == 0 {
			long("instruments", m.Count)
		}
	}
	return b, true
}
