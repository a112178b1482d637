package iex

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// row is one line of a message list: packet, run, sequence, type, fields.
type row struct {
	packet, run int
	seq         uint64
	code        string
	fields      map[string]json.RawMessage
}

func (r *row) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&r.packet, &r.run, &r.seq, &r.code, &r.fields})
}

// walkLarge runs a capture through framing and decoder, message for message against its list, and calls visit with
// each message's row and events. A run that starts again at sequence 1 is a new session of the same id.
func walkLarge(t *testing.T, stem string, tp TP, d decoder, visit func(r *row, b *book.Batch)) {
	t.Helper()
	list := feedtest.Open(t, stem+".msgs.jsonl.gz")
	defer list.Close()
	rows := json.NewDecoder(list)
	b := book.NewBatch(64)
	var spans []framing.Span
	next, run := uint64(0), 0
	feedtest.Payloads(t, stem+".pcap.gz", func(no int, _ int64, payload []byte) {
		var h framing.Header
		if fault := tp.Header(payload, &h); fault != framing.FaultNone {
			t.Fatalf("packet %d: %v", no, fault)
		}
		var fault framing.Fault
		if spans, fault = tp.Split(spans[:0], payload, &h); fault != framing.FaultNone || len(spans) != int(h.Count) {
			t.Fatalf("packet %d: %v, %d of %d messages", no, fault, len(spans), h.Count)
		}
		if (h.Kind == framing.Heartbeat) != (h.Count == 0) {
			t.Fatalf("packet %d: kind %d with %d messages", no, h.Kind, h.Count)
		}
		if h.Seq < next || run == 0 {
			run++
			d.Reset()
		} else if h.Seq != next {
			t.Fatalf("packet %d: sequence %d after %d", no, h.Seq, next)
		}
		next = h.Seq + uint64(h.Count)
		for _, s := range spans {
			var r row
			if err := rows.Decode(&r); err != nil {
				t.Fatalf("packet %d: %v", no, err)
			}
			if r.packet != no || r.seq != h.Seq+uint64(s.Unit) {
				t.Fatalf("packet %d sequence %d, list %d %d", no, h.Seq+uint64(s.Unit), r.packet, r.seq)
			}
			msg := payload[s.Off : s.Off+s.Len]
			compareRow(t, &r, d.Inspect(msg))
			b.Reset()
			b.Seq = r.seq
			b.BeginPacket(book.Packet{})
			if fault := d.Decode(b, msg); fault != book.FaultNone {
				t.Fatalf("sequence %d: %v", r.seq, fault)
			}
			visit(&r, b)
		}
	})
	if rows.More() {
		t.Fatal("the list goes on after the capture")
	}
}

// compareRow holds the list's fields against the layout's. Lists call the first field by one of four names.
func compareRow(t *testing.T, r *row, got layout.Inspected) {
	t.Helper()
	if got.Type != r.code || got.Truncated || got.Leftover != nil {
		t.Fatalf("sequence %d: %+v, list type %s", r.seq, got, r.code)
	}
	for name, want := range r.fields {
		switch name {
		case "ts":
			name = "timestamp"
		case "flags", "status", "event", "value":
			name = got.Fields[0].Name
		}
		found := false
		for i := range got.Fields {
			v := &got.Fields[i]
			if v.Name != name {
				continue
			}
			found = true
			text := strconv.FormatUint(v.Uint, 10)
			switch {
			case v.Kind == layout.Text && want[0] == '"':
				text = strconv.Quote(v.Text)
			case v.Kind == layout.Text && v.Text != "":
				text = strconv.Itoa(int(v.Text[0]))
			}
			if text != string(want) {
				t.Fatalf("sequence %d %s: %s is %s, list %s", r.seq, r.code, name, text, want)
			}
		}
		if !found {
			t.Fatalf("sequence %d %s: no field %s", r.seq, r.code, name)
		}
	}
}

// levels is a naive book of one symbol: price to size, by side, wire units.
type levels map[book.Side]map[int64]uint64

func (l levels) set(e *book.Event) {
	if l[e.Side] == nil {
		l[e.Side] = map[int64]uint64{}
	}
	if e.Qty == 0 {
		delete(l[e.Side], e.Price/priceUnit)
		return
	}
	l[e.Side][e.Price/priceUnit] = e.Qty
}

func (l levels) sorted(side book.Side) [][2]int64 {
	all := [][2]int64{}
	for p, q := range l[side] {
		all = append(all, [2]int64{p, int64(q)})
	}
	sort.Slice(all, func(i, j int) bool { return (all[i][0] < all[j][0]) != (side == book.Bid) })
	return all
}

// best is bid, bid size, ask, ask size; 0 where nobody is.
func (l levels) best() (b [4]int64) {
	if bids := l.sorted(book.Bid); len(bids) > 0 {
		b[0], b[1] = bids[0][0], bids[0][1]
	}
	if asks := l.sorted(book.Ask); len(asks) > 0 {
		b[2], b[3] = asks[0][0], asks[0][1]
	}
	return b
}

// DEEP: every message, every change of the best prices at the end of an event, and the book each run ends with.
func TestLargeDEEP(t *testing.T) {
	if testing.Short() {
		t.Skip("286,789 messages against their list")
	}
	stem := filepath.Join(feedtest.Captures(t), "iex-deep10/large/DEEP10.part1")
	changes := feedtest.Open(t, stem+".bbo.jsonl.gz")
	defer changes.Close()
	bbo := json.NewDecoder(changes)
	var finals map[string]map[string]struct{ Bids, Asks [][2]int64 }
	final := feedtest.Open(t, stem+".book.json")
	defer final.Close()
	if err := json.NewDecoder(final).Decode(&finals); err != nil {
		t.Fatal(err)
	}

	d := NewDEEP(10_000)
	books, bests := map[string]levels{}, map[string][4]int64{}
	run, messages, trades := 1, 0, 0
	endRun := func() {
		got := map[string]struct{ Bids, Asks [][2]int64 }{}
		for name, l := range books {
			if len(l[book.Bid])+len(l[book.Ask]) == 0 {
				continue // the list leaves out empty books
			}
			got[name] = struct{ Bids, Asks [][2]int64 }{l.sorted(book.Bid), l.sorted(book.Ask)}
		}
		if want := finals[strconv.Itoa(run)]; !reflect.DeepEqual(got, want) {
			t.Errorf("run %d ends with %v, expected %v", run, got, want)
		}
		books, bests = map[string]levels{}, map[string][4]int64{}
	}
	walkLarge(t, stem, TP{ProtocolDEEP}, d, func(r *row, b *book.Batch) {
		messages++
		for ; run < r.run; run++ {
			endRun()
		}
		if len(b.Events) != 1 {
			t.Fatalf("sequence %d: %d events", r.seq, len(b.Events))
		}
		e := &b.Events[0]
		if e.Instrument == 0 {
			return
		}
		name := d.Directory().At(e.Instrument).Symbol.String()
		if fmt.Sprint(e.TsEvent) != string(r.fields["ts"]) || strconv.Quote(name) != string(r.fields["symbol"]) || e.Seq != uint32(r.seq) {
			t.Fatalf("sequence %d: event %+v of %s", r.seq, *e, name)
		}
		switch r.code {
		case "8", "5":
			if e.Kind != book.KindLevelSet || e.Flags&book.FlagMBP == 0 {
				t.Fatalf("sequence %d: %+v", r.seq, *e)
			}
			if books[name] == nil {
				books[name] = levels{}
			}
			books[name].set(e)
		case "T":
			trades++
			if e.Kind != book.KindTrade || e.Side != book.NoSide || fmt.Sprint(e.Ref) != string(r.fields["trade_id"]) ||
				fmt.Sprint(e.Price/priceUnit) != string(r.fields["price"]) || fmt.Sprint(e.Qty) != string(r.fields["size"]) {
				t.Fatalf("sequence %d: %+v", r.seq, *e)
			}
		}
		if e.Flags&book.FlagLast == 0 || books[name] == nil {
			return
		}
		if best := books[name].best(); best != bests[name] {
			bests[name] = best
			var want []any
			if err := bbo.Decode(&want); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("[%d %d %s %d %d %d %d]", r.run, r.seq, name, best[0], best[1], best[2], best[3])
			for i := range want {
				if f, ok := want[i].(float64); ok {
					want[i] = int64(f)
				}
			}
			if got != fmt.Sprint(want) {
				t.Fatalf("best price change %s, expected %v", got, want)
			}
		}
	})
	for ; run <= len(finals); run++ {
		endRun()
	}
	if bbo.More() {
		t.Error("the list has more changes of the best prices")
	}
	if messages != 286_789 || trades != 22_098 {
		t.Errorf("%d messages, %d trades", messages, trades)
	}
	if d.Collisions() != 0 {
		t.Errorf("%d symbols share an id", d.Collisions())
	}
}

// TOPS: every message, and the last quote and trade of every symbol as events tell them.
func TestLargeTOPS(t *testing.T) {
	if testing.Short() {
		t.Skip("46,504 messages against their list")
	}
	stem := filepath.Join(feedtest.Captures(t), "iex-tops/large/TOPS16.part1")
	var want struct {
		LastQuote map[string][5]uint64 `json:"last_quote"`
		LastTrade map[string][4]uint64 `json:"last_trade"`
	}
	final := feedtest.Open(t, stem+".quotes.json")
	defer final.Close()
	if err := json.NewDecoder(final).Decode(&want); err != nil {
		t.Fatal(err)
	}
	d := NewTOPS(TOPS16, 10_000)
	quotes, trades, kinds := map[string][5]uint64{}, map[string][4]uint64{}, map[book.Kind]int{}
	walkLarge(t, stem, TP{ProtocolTOPS}, d, func(r *row, b *book.Batch) {
		for i := range b.Events {
			e := &b.Events[i]
			kinds[e.Kind]++
			if last := i == len(b.Events)-1; last != (e.Flags&book.FlagLast != 0) {
				t.Fatalf("sequence %d: flags %#x on event %d of %d", r.seq, e.Flags, i, len(b.Events))
			}
			name := d.Directory().At(e.Instrument).Symbol.String()
			switch e.Kind {
			case book.KindQuote:
				q := quotes[name]
				p := uint64(e.Price / priceUnit)
				if e.Price == book.UndefPrice {
					p = 0
				}
				if e.Side == book.Bid {
					q[0], q[1] = e.Qty, p
				} else {
					q[2], q[3] = p, e.Qty
				}
				q[4] = r.seq
				quotes[name] = q
			case book.KindTrade:
				trades[name] = [4]uint64{uint64(e.Price / priceUnit), e.Qty, e.Ref, r.seq}
			}
		}
	})
	if !reflect.DeepEqual(quotes, want.LastQuote) || len(quotes) == 0 {
		t.Errorf("last quotes differ: %d symbols, expected %d", len(quotes), len(want.LastQuote))
	}
	if !reflect.DeepEqual(trades, want.LastTrade) || len(trades) == 0 {
		t.Errorf("last trades differ: %v, expected %v", trades, want.LastTrade)
	}
	expected := map[book.Kind]int{book.KindQuote: 2 * 17_995, book.KindTrade: 4539, book.KindTradeBreak: 2, book.KindImbalance: 552,
		book.KindDefinition: 10, book.KindStatus: 3 + 7800 + 7800 + 7803}
	if !reflect.DeepEqual(kinds, expected) {
		t.Errorf("events %v, expected %v", kinds, expected)
	}
}
