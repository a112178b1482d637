package view

import (
	"context"
	"fmt"
	"strings"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// Seed takes every wanted book of the latest table into b, for a reader that starts at the edge.
func (f *Follower) Seed(b *Books) {
	l := f.r.Latest()
	if l == nil {
		return
	}
	c := f.r.Control()
	var m shm.MBP10
	for i := range c.Instruments() {
		e, ok := c.Instrument(i)
		if !ok || e.ID == 0 || e.Next != 0 {
			continue
		}
		name := shm.Text(e.Symbol[:])
		if _, wanted := f.wanted[strings.ToUpper(name)]; len(f.wanted) > 0 && !wanted {
			continue
		}
		if _, ok := l.Read(e.LatestIndex, &m); ok {
			r := b.row(keyOf(shm.Bytes(&m)), name)
			r.latest, r.TS = e.LatestIndex, m.TsRecv
			r.Suspect = m.Flags&shm.FlagMaybeBadBook != 0
			r.top(&m.Levels[0])
		}
	}
}

// Refresh brings rows up to date with the latest table: the books where records carry none, and which are suspect
// though nothing arrives for them.
func (f *Follower) Refresh(rows []*Row) {
	l := f.r.Latest()
	if l == nil {
		return
	}
	var m shm.MBP10
	for _, r := range rows {
		if r.latest == shm.NoLatest || !f.holds(r) {
			e, ok := f.r.Instrument(uint16(r.Key>>32), uint32(r.Key))
			if !ok {
				continue
			}
			r.latest = e.LatestIndex
		}
		if _, ok := l.Read(r.latest, &m); !ok || keyOf(shm.Bytes(&m)) != r.Key {
			continue
		}
		r.Suspect = m.Flags&shm.FlagMaybeBadBook != 0
		if r.fromLatest {
			r.top(&m.Levels[0])
		}
	}
}

// holds says whether a row's place in the latest table is still its instrument's: the id may mean another one by now.
func (f *Follower) holds(r *Row) bool {
	s, known := f.symbols[r.Key]
	return !known || !s.known || f.r.Control().InstrumentRevision(s.index) == s.revision
}

// LatestBook is one entry of the latest table.
type LatestBook struct {
	Record
	Row Row
}

// Latest reads the latest table of an instance once, in the order of the instrument table. It waits for the instance
// as Open does.
func Latest(ctx context.Context, o Options, timeout time.Duration, waiting func(string)) ([]LatestBook, error) {
	wanted := map[string]bool{}
	for _, s := range o.Symbols {
		wanted[strings.ToUpper(strings.TrimSpace(s))] = true
	}
	var list []LatestBook
	_, err := await(ctx, o, timeout, waiting, func(v *segment.View) error {
		l, err := v.Latest()
		if err != nil {
			return fmt.Errorf("instance %s: %w", o.Name, err)
		}
		for i := range v.Control.Instruments() {
			e, ok := v.Control.Instrument(i)
			if !ok || e.Next != 0 || len(wanted) > 0 && !wanted[strings.ToUpper(shm.Text(e.Symbol[:]))] {
				continue
			}
			m := new(shm.MBP10)
			at, ok := l.Read(e.LatestIndex, m)
			if !ok || !whole(shm.Bytes(m)) {
				continue
			}
			b := LatestBook{Record: Record{Schema: l.Schema(), Position: at, Body: shm.Bytes(m), Symbol: shm.Text(e.Symbol[:])}}
			b.Row = Row{Key: b.Key(), Symbol: symbolText(&b.Record), TS: m.TsRecv, Suspect: m.Flags&shm.FlagMaybeBadBook != 0}
			b.Row.top(&m.Levels[0])
			list = append(list, b)
		}
		return nil
	})
	return list, err
}

// AppendLatest appends a book of the latest table as one line for people, in columns as LatestHeader names them.
func AppendLatest(b []byte, k *LatestBook, raw bool) []byte {
	m := shm.View[shm.MBP10](k.Body)
	if m == nil {
		return b
	}
	l := line{b: b, raw: raw}
	l.head(&k.Record, m.TsRecv)
	l.top(&m.Levels[0])
	l.text(" ")
	l.flags(m.Flags)
	return append(l.b, '\n')
}

// LatestHeader names the columns of AppendLatest without raw.
const LatestHeader = "TS_RECV            SYMBOL     BID SIZE           BID |         ASK   ASK SIZE FLAGS\n"
