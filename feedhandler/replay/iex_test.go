package replay

import (
	"encoding/json"
	"testing"

	"wirebook/shm"
)

func number(v any) int64 {
	n, err := v.(json.Number).Int64()
	if err != nil {
		panic(err)
	}
	return n
}

// bbo is a row of the expected list: the best levels of a symbol once its event is complete, 0 for none.
type bbo struct {
	symbol                     string
	bid, bidSize, ask, askSize int64
}

func topOf(r *shm.MBP1, names map[uint32]string) bbo {
	b := bbo{symbol: names[r.InstrumentID]}
	if l := r.Levels[0]; l.BidPx != shm.UndefPrice {
		b.bid, b.bidSize = l.BidPx/100_000, int64(l.BidSz)
	}
	if l := r.Levels[0]; l.AskPx != shm.UndefPrice {
		b.ask, b.askSize = l.AskPx/100_000, int64(l.AskSz)
	}
	return b
}

// TestDEEPEveryBBOChange replays twelve server runs, each of which numbers from 1 under the same session id.
func TestDEEPEveryBBOChange(t *testing.T) {
	file := captureFile(t, "iex-deep10", "large", "DEEP10.part1.pcap.gz")
	var got collector
	r, s := run(t, "iex.deep10", &got, "", file)
	if s.Messages != 286789 || len(s.Gaps) != 0 {
		t.Fatalf("%d messages, gaps %v, want 286789 and none", s.Messages, s.Gaps)
	}
	if resets := r.Pipe.Channels()[0].Arbitration().Resets; resets != 10 {
		t.Fatalf("%d resets between 11 runs, want 10", resets)
	}
	names := symbols(r)
	last := map[string]bbo{}
	var changes []bbo
	for i := range got.mbp1 {
		rec := &got.mbp1[i]
		if rec.Action == shm.ActionClear {
			last = map[string]bbo{} // a new run begins without books; the list does not count that as a change
			continue
		}
		if rec.Flags&shm.FlagLast == 0 {
			continue
		}
		top := topOf(rec, names)
		if top != last[top.symbol] && (last[top.symbol] != bbo{} || top != bbo{symbol: top.symbol}) {
			last[top.symbol] = top
			changes = append(changes, top)
		}
	}
	i := 0
	jsonRows(t, captureFile(t, "iex-deep10", "large", "DEEP10.part1.bbo.jsonl.gz"), func(row []any) {
		want := bbo{row[2].(string), number(row[3]), number(row[4]), number(row[5]), number(row[6])}
		if i < len(changes) && changes[i] != want {
			t.Fatalf("change %d is %+v, want %+v", i, changes[i], want)
		}
		i++
	})
	if i != len(changes) {
		t.Fatalf("%d changes of the top, want %d", len(changes), i)
	}
}

// runBooks keeps the last mbp-10 record of every instrument and hands the lot over when a new run clears the books.
type runBooks struct {
	books map[uint32]shm.MBP10
	ended func(map[uint32]shm.MBP10)
}

func (r *runBooks) Record(s shm.Schema, body []byte, _ uint64) {
	if s != shm.SchemaMBP10 {
		return
	}
	rec := *shm.View[shm.MBP10](body)
	if rec.Action != shm.ActionClear {
		r.books[rec.InstrumentID] = rec
	} else if len(r.books) > 0 {
		r.ended(r.books)
		r.books = map[uint32]shm.MBP10{}
	}
}

// TestDEEPBooksOfEveryRun compares the books at the end of each run with the expected ones.
func TestDEEPBooksOfEveryRun(t *testing.T) {
	var want map[string]map[string]struct{ Bids, Asks [][2]int64 }
	readJSON(t, captureFile(t, "iex-deep10", "large", "DEEP10.part1.book.json"), &want)
	var ends []map[uint32]shm.MBP10
	tap := &runBooks{books: map[uint32]shm.MBP10{}, ended: func(b map[uint32]shm.MBP10) { ends = append(ends, b) }}
	r, _ := run(t, "iex.deep10", tap, "", captureFile(t, "iex-deep10", "large", "DEEP10.part1.pcap.gz"))
	if len(tap.books) > 0 {
		ends = append(ends, tap.books)
	}
	names := symbols(r)
	used := map[string]bool{}
	for _, books := range ends {
		if match := matchingRun(books, names, want, used); match == "" {
			t.Errorf("the books at the end of a run with %d instruments are no run's", len(books))
		} else {
			used[match] = true
		}
	}
	for run, books := range want {
		if len(books) > 0 && !used[run] {
			t.Errorf("run %s: its books never came out", run)
		}
	}
}

// matchingRun finds the run whose expected books these are, all symbols and ten levels.
func matchingRun(books map[uint32]shm.MBP10, names map[uint32]string, want map[string]map[string]struct{ Bids, Asks [][2]int64 }, used map[string]bool) string {
next:
	for run, expected := range want {
		if used[run] || len(expected) == 0 {
			continue
		}
		live := 0
		for id, rec := range books {
			w := expected[names[id]]
			if len(w.Bids)+len(w.Asks) > 0 {
				live++
			}
			for i, l := range rec.Levels {
				bid, ask := [2]int64{}, [2]int64{}
				if i < len(w.Bids) {
					bid = w.Bids[i]
				}
				if i < len(w.Asks) {
					ask = w.Asks[i]
				}
				if l.BidPx == shm.UndefPrice {
					l.BidPx = 0
				}
				if l.AskPx == shm.UndefPrice {
					l.AskPx = 0
				}
				if l.BidPx/100_000 != bid[0] || int64(l.BidSz) != bid[1] || l.AskPx/100_000 != ask[0] || int64(l.AskSz) != ask[1] {
					continue next
				}
			}
		}
		expectedLive := 0
		for _, w := range expected {
			if len(w.Bids)+len(w.Asks) > 0 {
				expectedLive++
			}
		}
		if live == expectedLive {
			return run
		}
	}
	return ""
}

func TestTOPSLastQuotesAndTrades(t *testing.T) {
	var want struct {
		Quotes map[string][5]int64 `json:"last_quote"`
		Trades map[string][4]int64 `json:"last_trade"`
	}
	readJSON(t, captureFile(t, "iex-tops", "large", "TOPS16.part1.quotes.json"), &want)
	var got collector
	r, s := run(t, "iex.tops16", &got, "", captureFile(t, "iex-tops", "large", "TOPS16.part1.pcap.gz"))
	if s.Messages != 46504 {
		t.Fatalf("%d messages, want 46504", s.Messages)
	}
	ch := r.Pipe.Channels()[0]
	quoted := 0
	for i := 1; i < ch.Directory().Len(); i++ {
		w, ok := want.Quotes[ch.Directory().At(uint32(i)).Symbol.String()]
		if !ok {
			continue
		}
		quoted++
		bid, ask := ch.Books().Top(uint32(i))
		g := [4]int64{int64(bid.Qty), 0, 0, int64(ask.Qty)}
		if bid.Qty > 0 {
			g[1] = bid.Price / 100_000
		}
		if ask.Qty > 0 {
			g[2] = ask.Price / 100_000
		}
		if g != [4]int64(w[:4]) {
			t.Errorf("%s: quote %v, want %v", ch.Directory().At(uint32(i)).Symbol, g, w)
		}
	}
	if quoted != len(want.Quotes) {
		t.Errorf("%d symbols quoted, want %d", quoted, len(want.Quotes))
	}
	names := symbols(r)
	last := map[string][2]int64{}
	for _, rec := range got.trades {
		if rec.Action == shm.ActionTrade {
			last[names[rec.InstrumentID]] = [2]int64{rec.Price / 100_000, int64(rec.Size)}
		}
	}
	for symbol, w := range want.Trades {
		if last[symbol] != [2]int64(w[:2]) {
			t.Errorf("%s: last trade %v, want %v", symbol, last[symbol], w)
		}
	}
}
