package view

import (
	"encoding/json"
	"strconv"

	"wirebook/shm"
)

// ladderJSON is the ladder as an object: prices are integers of 1e-9, times ns since 1970, as in the records' JSON.
type ladderJSON struct {
	Symbol       string      `json:"symbol"`
	Publisher    uint16      `json:"publisher_id"`
	Instrument   uint32      `json:"instrument_id"`
	Known        bool        `json:"known"` // false: no book so far
	TsRecv       *wide       `json:"ts_recv"`
	TsEvent      *wide       `json:"ts_event"`
	Sequence     uint32      `json:"sequence"`
	Position     wide        `json:"position"`
	Flags        uint8       `json:"flags"`
	MaybeBadBook bool        `json:"maybe_bad_book"`
	Bids         []levelJSON `json:"bids"`
	Asks         []levelJSON `json:"asks"`
	LastTrade    *tradeJSON  `json:"last_trade"` // null: none seen
}

type levelJSON struct {
	Price  wide   `json:"price"`
	Size   uint32 `json:"size"`
	Orders uint32 `json:"orders"`
}

type tradeJSON struct {
	Price  wide   `json:"price"`
	Size   uint32 `json:"size"`
	Side   string `json:"side"`
	TsRecv *wide  `json:"ts_recv"`
	ID     *wide  `json:"trade_id,omitempty"`
	Broken bool   `json:"broken"`
}

// wide is an integer of 64 bits, which is a string where so wanted.
type wide struct {
	text   string
	quoted bool
}

func (w wide) MarshalJSON() ([]byte, error) {
	if w.quoted {
		return []byte(`"` + w.text + `"`), nil
	}
	return []byte(w.text), nil
}

// AppendLadderJSON appends a ladder as one JSON object and a line feed. With strings, integers of 64 bits are strings. Levels
// that are empty are left out.
func AppendLadderJSON(b []byte, l *Ladder, strings bool) ([]byte, error) {
	signed := func(v int64) wide { return wide{strconv.FormatInt(v, 10), strings} }
	whole := func(v uint64) wide { return wide{strconv.FormatUint(v, 10), strings} }
	stamp := func(v uint64) *wide {
		if v == 0 || v == shm.UndefTimestamp {
			return nil
		}
		w := whole(v)
		return &w
	}
	out := ladderJSON{
		Symbol: l.Symbol, Publisher: l.Publisher, Instrument: l.Instrument, Known: l.Known, MaybeBadBook: l.Suspect(),
		Position: whole(l.Position), Bids: []levelJSON{}, Asks: []levelJSON{},
	}
	if l.Known {
		out.TsRecv, out.TsEvent, out.Sequence, out.Flags = stamp(l.Book.TsRecv), stamp(l.Book.TsEvent), l.Book.Sequence, l.Book.Flags
		for i := range l.Book.Levels {
			v := &l.Book.Levels[i]
			if level(v.BidPx, v.BidSz) != shm.UndefPrice {
				out.Bids = append(out.Bids, levelJSON{signed(v.BidPx), v.BidSz, v.BidCt})
			}
			if level(v.AskPx, v.AskSz) != shm.UndefPrice {
				out.Asks = append(out.Asks, levelJSON{signed(v.AskPx), v.AskSz, v.AskCt})
			}
		}
	}
	if t := &l.Last; t.Size > 0 {
		out.LastTrade = &tradeJSON{Price: signed(t.Price), Size: t.Size, Side: printable(t.Side), TsRecv: stamp(t.TS), ID: stamp(t.ID), Broken: t.Broken}
	}
	text, err := json.Marshal(&out)
	return append(append(b, text...), '\n'), err
}
