package view

import (
	"sort"

	"wirebook/shm"
)

// Quote is one side's best level, or a trade. Size 0: there is none.
type Quote struct {
	Price int64
	Size  uint32
}

// Row is what a table shows of one instrument.
type Row struct {
	Key        uint64
	Symbol     string
	name       string // as its newest record has it; Symbol spells it
	Bid, Ask   Quote
	Last       Quote
	LastSide   uint8
	Updates    uint64 // records
	Trades     uint64
	Suspect    bool   // a gap touches the book
	TS         uint64 // ts_recv of the newest record
	Decimals   int    // most decimals any of its prices had
	latest     uint32
	fromLatest bool // the book comes from the latest table: the records carry none
}

// Books holds a row for every instrument seen. It belongs to one goroutine.
type Books struct {
	rows map[uint64]*Row
	list []*Row
}

// NewBooks returns an empty table.
func NewBooks() *Books { return &Books{rows: map[uint64]*Row{}} }

// Len returns how many instruments have a row.
func (b *Books) Len() int { return len(b.list) }

// Clear forgets every book: the writer started anew.
func (b *Books) Clear() { *b = *NewBooks() }

func (b *Books) row(key uint64, symbol string) *Row {
	r := b.rows[key]
	if r == nil {
		r = &Row{Key: key, Symbol: symbol, latest: shm.NoLatest}
		b.rows[key] = r
		b.list = append(b.list, r)
	}
	return r
}

// Apply takes a record into its instrument's row. Records of the channel as a whole have none, and what the appliance made is no update.
func (b *Books) Apply(rec *Record) {
	if rec.Instrument() == 0 || rec.Own() {
		return
	}
	r := b.rows[rec.Key()]
	if r == nil || r.name != rec.Symbol {
		r = b.row(rec.Key(), rec.Symbol)
		r.name, r.Symbol = rec.Symbol, symbolText(rec)
	}
	r.Updates++
	switch rec.RType() {
	case shm.RTypeMBO:
		if m := shm.View[shm.MBO](rec.Body); m != nil {
			r.event(m.Action, m.Side, m.Price, m.Size, m.Flags, m.TsRecv)
			r.fromLatest = true
		}
	case shm.RTypeTrade:
		if m := shm.View[shm.Trade](rec.Body); m != nil {
			r.event(m.Action, m.Side, m.Price, m.Size, m.Flags, m.TsRecv)
			r.fromLatest = true
		}
	case shm.RTypeMBP1:
		if m := shm.View[shm.MBP1](rec.Body); m != nil {
			r.event(m.Action, m.Side, m.Price, m.Size, m.Flags, m.TsRecv)
			r.top(&m.Levels[0])
		}
	case shm.RTypeMBP10:
		if m := shm.View[shm.MBP10](rec.Body); m != nil {
			r.event(m.Action, m.Side, m.Price, m.Size, m.Flags, m.TsRecv)
			r.top(&m.Levels[0])
		}
	default:
		r.fromLatest = true
	}
}

func (r *Row) event(action, side uint8, price int64, size uint32, flags uint8, ts uint64) {
	r.TS = ts
	r.Suspect = flags&shm.FlagMaybeBadBook != 0
	if action == shm.ActionTrade {
		r.Trades++
		r.Last, r.LastSide = Quote{price, size}, side
		r.decimals(price)
	}
}

func (r *Row) top(l *shm.Level) {
	r.Bid, r.Ask = Quote{l.BidPx, l.BidSz}, Quote{l.AskPx, l.AskSz}
	if r.Bid.Price == shm.UndefPrice {
		r.Bid = Quote{}
	}
	if r.Ask.Price == shm.UndefPrice {
		r.Ask = Quote{}
	}
	r.decimals(r.Bid.Price)
	r.decimals(r.Ask.Price)
}

// decimals widens what the row's prices are shown with.
func (r *Row) decimals(price int64) {
	if price == shm.UndefPrice {
		return
	}
	n, unit := 2, int64(10_000_000)
	for ; price%unit != 0; n++ {
		unit /= 10
	}
	r.Decimals = max(r.Decimals, n)
}

// Active returns the n busiest rows, busiest first.
func (b *Books) Active(n int) []*Row {
	sort.SliceStable(b.list, func(i, j int) bool {
		if b.list[i].Updates != b.list[j].Updates {
			return b.list[i].Updates > b.list[j].Updates
		}
		return b.list[i].Symbol < b.list[j].Symbol
	})
	return b.list[:min(n, len(b.list))]
}

// BySymbol returns all rows in order of their symbols.
func (b *Books) BySymbol() []*Row {
	list := append([]*Row(nil), b.list...)
	sort.SliceStable(list, func(i, j int) bool { return list[i].Symbol < list[j].Symbol })
	return list
}
