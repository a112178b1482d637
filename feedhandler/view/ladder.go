package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wirebook/shm"
)

// Trade is the last trade of a ladder.
type Trade struct {
	Price  int64
	Size   uint32 // 0: none was seen
	Side   uint8
	TS     uint64 // ts_recv
	ID     uint64 // 0 where the venue gave none
	Broken bool   // the venue took it back
}

// Ladder is ten levels of one instrument, and its last trade.
type Ladder struct {
	Symbol     string
	Publisher  uint16
	Instrument uint32
	Known      bool // there is a book
	Book       shm.MBP10
	Position   uint64 // where the ring of the book goes on
	Last       Trade

	index    int
	revision uint64
	latest   uint32
}

// Suspect says that a gap touches the book.
func (l *Ladder) Suspect() bool { return l.Known && l.Book.Flags&shm.FlagMaybeBadBook != 0 }

// Ladder finds the instrument of a name, in any case where none is spelled so, for a follower that was opened with
// Options.Ladder. Where several publishers have it, NAME@PUBLISHER is one of them.
func (f *Follower) Ladder(name string) (*Ladder, error) {
	name = strings.TrimSpace(name)
	found := f.named(name)
	if at := strings.LastIndexByte(name, '@'); len(found) == 0 && at > 0 {
		if publisher, err := strconv.ParseUint(name[at+1:], 10, 16); err == nil {
			for _, l := range f.named(name[:at]) {
				if l.Publisher == uint16(publisher) {
					found = append(found, l)
				}
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, f.unknown(name)
	case 1:
		f.RefreshLadder(found[0])
		return found[0], nil
	}
	var choices []string
	for _, l := range found {
		choices = append(choices, fmt.Sprintf("%s@%d", l.Symbol, l.Publisher))
	}
	return nil, fmt.Errorf("%s names %d instruments of instance %s: choose one of %s", name, len(found), f.opts.Name, strings.Join(choices, ", "))
}

// AnyInstrument says whether the instance has instruments so far.
func (f *Follower) AnyInstrument() bool { return f.r.Control().Instruments() > 0 }

// named lists the instruments of a name: those spelled so, else those spelled so in another case.
func (f *Follower) named(name string) []*Ladder {
	var exact, other []*Ladder
	c := f.r.Control()
	for i := range c.Instruments() {
		e, ok := c.Instrument(i)
		if !ok || e.ID == 0 || e.Next != 0 {
			continue
		}
		symbol := entryName(&e)
		if !strings.EqualFold(symbol, name) {
			continue
		}
		l := &Ladder{Symbol: symbol, Publisher: e.PublisherID, Instrument: e.ID, index: i, revision: e.Revision, latest: e.LatestIndex}
		if other = append(other, l); symbol == name {
			exact = append(exact, l)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return other
}

// entryName is what symbolText makes of the instrument's records.
func entryName(e *shm.InstrumentEntry) string {
	if name := shm.Text(e.Symbol[:]); name != "" {
		return name
	}
	return "#" + strconv.FormatUint(uint64(e.ID), 10)
}

// unknown says that no instrument has a name, and which are called nearly so.
func (f *Follower) unknown(name string) error {
	var names []string
	c := f.r.Control()
	for i := range c.Instruments() {
		if e, ok := c.Instrument(i); ok && e.ID != 0 && e.Next == 0 {
			names = append(names, entryName(&e))
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("no instrument %s: instance %s has no instruments so far", name, f.opts.Name)
	}
	text := fmt.Sprintf("no instrument of instance %s is called %s", f.opts.Name, name)
	if near := Nearest(name, names, 3); len(near) > 0 {
		text += ": did you mean " + strings.Join(near, ", ") + "?"
	} else {
		text += ": 'wirebook tail --latest' lists those there are"
	}
	return fmt.Errorf("%s", text)
}

// RefreshLadder brings the book up to date with the latest table. It returns false where the instrument's place in the table
// is another's by now: find it anew.
func (f *Follower) RefreshLadder(l *Ladder) bool {
	if f.r.Control().InstrumentRevision(l.index) != l.revision {
		return false
	}
	table := f.r.Latest()
	if table == nil {
		return true // the records carry the book
	}
	var m shm.MBP10
	at, ok := table.Read(l.latest, &m)
	if l.Known = ok && whole(shm.Bytes(&m)) && keyOf(shm.Bytes(&m)) == l.key(); !l.Known {
		return true
	}
	l.Book, l.Position = m, at
	if m.Action == shm.ActionTrade && (l.Last.Size == 0 || f.opts.Schema == shm.SchemaAdmin) { // else the ring tells of trades
		l.Last = Trade{Price: m.Price, Size: m.Size, Side: m.Side, TS: m.TsRecv}
	}
	return true
}

func (l *Ladder) key() uint64 { return uint64(l.Publisher)<<32 | uint64(l.Instrument) }

// TakeLadder takes a record into the ladder: its trade, and its book where there is no latest table.
func (f *Follower) TakeLadder(l *Ladder, rec *Record) {
	if rec.Key() != l.key() || rec.Symbol != l.Symbol && rec.Symbol != "" {
		return
	}
	switch rec.RType() {
	case shm.RTypeMBO:
		if m := shm.View[shm.MBO](rec.Body); m != nil {
			l.event(m.Action, Trade{Price: m.Price, Size: m.Size, Side: m.Side, TS: m.TsRecv, ID: rec.TradeID})
		}
	case shm.RTypeTrade:
		if m := shm.View[shm.Trade](rec.Body); m != nil {
			l.event(m.Action, Trade{Price: m.Price, Size: m.Size, Side: m.Side, TS: m.TsRecv, ID: rec.TradeID})
		}
	case shm.RTypeMBP1:
		if m := shm.View[shm.MBP1](rec.Body); m != nil {
			l.event(m.Action, Trade{Price: m.Price, Size: m.Size, Side: m.Side, TS: m.TsRecv, ID: rec.TradeID})
		}
	case shm.RTypeMBP10:
		if m := shm.View[shm.MBP10](rec.Body); m != nil {
			l.event(m.Action, Trade{Price: m.Price, Size: m.Size, Side: m.Side, TS: m.TsRecv, ID: rec.TradeID})
			if f.r.Latest() == nil {
				l.Known, l.Book, l.Position = true, *m, rec.Position+1
			}
		}
	}
}

// event keeps a trade; a break that names it marks it.
func (l *Ladder) event(action uint8, t Trade) {
	switch {
	case action == shm.ActionTrade:
		l.Last = t
	case action == shm.ActionNone && t.ID != 0 && t.ID == l.Last.ID:
		l.Last.Broken = true
	}
}

// ladderHeader names the columns of the ten levels.
const ladderHeader = "   ORDERS       SIZE            BID |            ASK       SIZE    ORDERS"

// Lines returns the ladder as text; with raw, prices are integers of 1e-9 and times ns since 1970.
func (l *Ladder) Lines(raw bool) []string {
	var row Row // widens to the decimals of all prices
	for i := range l.Book.Levels {
		row.decimals(level(l.Book.Levels[i].BidPx, l.Book.Levels[i].BidSz))
		row.decimals(level(l.Book.Levels[i].AskPx, l.Book.Levels[i].AskSz))
	}
	row.decimals(level(l.Last.Price, l.Last.Size))
	price := func(p int64, size uint32) string {
		switch {
		case level(p, size) == shm.UndefPrice:
			return "-"
		case raw:
			return strconv.FormatInt(p, 10)
		}
		return string(priceText(nil, p, row.Decimals))
	}
	stamp := func(ns uint64) string {
		if raw {
			return strconv.FormatUint(ns, 10)
		}
		return strings.TrimSpace(string(appendTime(nil, ns)))
	}
	out := []string{fmt.Sprintf("%s   publisher %d   instrument %d", l.Symbol, l.Publisher, l.Instrument)}
	if !l.Known {
		out[0] += "   no book so far"
	} else {
		out[0] += fmt.Sprintf("   %s   %s", stamp(l.Book.TsRecv), AppendFlags(nil, l.Book.Flags))
	}
	last := "last trade: none seen"
	if t := &l.Last; t.Size > 0 {
		last = fmt.Sprintf("last trade %s x %s   %s   %s", price(t.Price, t.Size), Thousands(uint64(t.Size)), tradeSide(t.Side), stamp(t.TS))
		if t.Broken {
			last += "   BROKEN: the venue took it back"
		}
	}
	out = append(out, last)
	if l.Suspect() {
		out = append(out, "MAYBE_BAD_BOOK: a gap touches this book, its levels may be wrong")
	} else {
		out = append(out, "")
	}
	out = append(out, ladderHeader)
	for i := range l.Book.Levels {
		v := l.Book.Levels[i]
		if !l.Known {
			v = shm.Level{BidPx: shm.UndefPrice, AskPx: shm.UndefPrice}
		}
		out = append(out, fmt.Sprintf("%9s %10s %14s | %14s %10s %9s", numberText(uint64(v.BidCt)), numberText(uint64(v.BidSz)), price(v.BidPx, v.BidSz),
			price(v.AskPx, v.AskSz), numberText(uint64(v.AskSz)), numberText(uint64(v.AskCt))))
	}
	return out
}

// level is a level's price, absent where nothing rests there.
func level(price int64, size uint32) int64 {
	if size == 0 {
		return shm.UndefPrice
	}
	return price
}

func tradeSide(side uint8) string {
	if side == shm.SideBid || side == shm.SideAsk {
		return "aggressor " + sideName(side)
	}
	return "no aggressor"
}

// DrawLadder returns the ladder under the first line of the screen: at most height lines of at most width columns.
func (s *Screen) DrawLadder(st *Status, l *Ladder, width, height int) string {
	p := &s.Palette
	lines := [][]span{s.writer(st), nil}
	if l != nil {
		for i, text := range l.Lines(false) {
			switch {
			case i == 0:
				lines = append(lines, []span{{text, p.Title}})
			case i == 2:
				lines = append(lines, []span{{text, p.Bad}})
			case i == 3:
				lines = append(lines, []span{{text, p.Dim}})
			case i > 3:
				bid, ask, _ := strings.Cut(text, "|")
				lines = append(lines, []span{{bid, p.Bid}, {"|", p.Dim}, {ask, p.Ask}})
			default:
				lines = append(lines, []span{{text, nil}})
			}
		}
	}
	foot := []span{{"q quit", p.Dim}}
	if s.Message != "" {
		foot = []span{{s.Message, p.Bad}, {"   q quit", p.Dim}}
	}
	out := make([]string, 0, height)
	for _, line := range lines[:min(len(lines), max(height-1, 0))] {
		out = append(out, fit(line, width))
	}
	for len(out) < height-1 {
		out = append(out, "")
	}
	return strings.Join(append(out, fit(foot, width)), "\n")
}

// drainLadder bounds how long ReadLadder reads a ring that a writer keeps filling.
const drainLadder = 5 * time.Second

// ReadLadder reads the ladder of an instrument once: what the rings hold of its trades, then its book.
func (f *Follower) ReadLadder(name string) (*Ladder, error) {
	l, err := f.Ladder(name)
	if err != nil {
		return nil, err
	}
	var rec Record
	for end, more := time.Now().Add(drainLadder), true; more && time.Now().Before(end); {
		switch f.Next(&rec, 0) {
		case shm.Record:
			f.TakeLadder(l, &rec)
		case shm.NewEpoch:
			if l, err = f.Ladder(name); err != nil {
				return nil, err
			}
		case shm.Lapped, shm.Corrupt:
		default:
			more = false
		}
	}
	if !f.RefreshLadder(l) {
		return f.Ladder(name)
	}
	return l, nil
}
