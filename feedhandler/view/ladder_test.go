package view

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// deep is a book of two levels a side.
func deep(flags uint8) *shm.MBP10 {
	m := mbp10(1, 187_250_000_000, 187_260_000_000, flags)
	m.Levels[0].BidCt, m.Levels[0].AskCt = 3, 2
	m.Levels[1] = shm.Level{BidPx: 187_245_000_000, BidSz: 1200, BidCt: 7, AskPx: shm.UndefPrice}
	return m
}

func trade(price int64, size uint32, action uint8) *shm.Trade {
	return &shm.Trade{RecordHeader: header(shm.RTypeTrade, shm.SizeTrade, 1), Price: price, Size: size, Action: action, Side: shm.SideAsk, TsRecv: at}
}

func TestLadder(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	defer w.Close()
	w.Latest.Update(0, deep(shm.FlagLast|shm.FlagMaybeBadBook), 5)
	w.Writer(shm.SchemaTrades, 0).PublishTrade(trade(187*dollar, 40, shm.ActionTrade), 11)
	w.Writer(shm.SchemaTrades, 0).PublishTrade(trade(188*dollar, 50, shm.ActionTrade), 12)
	other := trade(7*dollar, 1, shm.ActionTrade)
	other.InstrumentID = 2
	w.Writer(shm.SchemaTrades, 0).PublishTrade(other, 13)
	f := open(t, Options{Root: root, Name: "x", Schema: AnySchema, Ladder: true, From: FromOldest})
	l, err := f.ReadLadder("aapl")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"AAPL   publisher 2   instrument 1   14:30:00.000001234   LAST,MAYBE_BAD",
		"last trade 188.000 x 50   aggressor ask   14:30:00.000001234",
		"MAYBE_BAD_BOOK: a gap touches this book, its levels may be wrong",
		"   ORDERS       SIZE            BID |            ASK       SIZE    ORDERS",
		"        3        300        187.250 |        187.260        120         2",
		"        7      1,200        187.245 |              -          -         -",
	}
	got := l.Lines(false)
	if len(got) != 14 || !reflect.DeepEqual(got[:6], want) {
		t.Errorf("the ladder is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if raw := l.Lines(true)[4]; !strings.Contains(raw, "187250000000") {
		t.Errorf("raw: %q", raw)
	}
	w.Writer(shm.SchemaTrades, 0).PublishTrade(trade(188*dollar, 50, shm.ActionNone), 12)
	var rec Record
	expect(t, f, &rec, shm.Record)
	f.TakeLadder(l, &rec)
	if !l.Last.Broken || !strings.Contains(l.Lines(false)[1], "BROKEN") {
		t.Errorf("a broken trade is shown as %q", l.Lines(false)[1])
	}

	st := f.Status(time.Now())
	for _, size := range [][2]int{{80, 24}, {132, 40}, {40, 5}, {1, 1}} {
		text := (&Screen{}).DrawLadder(&st, l, size[0], size[1])
		lines := strings.Split(text, "\n")
		if len(lines) > size[1] {
			t.Errorf("%d lines on a screen of %v", len(lines), size)
		}
		for _, line := range lines {
			if len([]rune(line)) > size[0] {
				t.Errorf("%d columns on a screen of %v: %q", len([]rune(line)), size, line)
			}
		}
		for _, word := range append(want, "wirebook x   running", "q quit") {
			if size[0] >= 80 && !strings.Contains(text, word) {
				t.Errorf("a screen of %v does not show %q:\n%s", size, word, text)
			}
		}
	}

	for _, quoted := range []bool{false, true} {
		text, err := AppendLadderJSON(nil, l, quoted)
		var m map[string]any
		if err != nil || json.Unmarshal(text, &m) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		bids, asks := m["bids"].([]any), m["asks"].([]any)
		if len(bids) != 2 || len(asks) != 1 || m["maybe_bad_book"] != true || m["symbol"] != "AAPL" {
			t.Errorf("JSON says %s", text)
		}
		price := `"price":187250000000,"size":300,"orders":3`
		if quoted {
			price = `"price":"187250000000","size":300,"orders":3`
		}
		if !strings.Contains(string(text), price) || !strings.Contains(string(text), `"broken":true`) {
			t.Errorf("no %s in %s", price, text)
		}
	}
}

func TestLadderOfNobody(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	defer w.Close()
	e := shm.InstrumentEntry{ID: 3, PublisherID: 4, LatestIndex: 2}
	copy(e.Symbol[:], "MSFT")
	if _, err := w.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	f := open(t, Options{Root: root, Name: "x", Schema: AnySchema, Ladder: true, From: FromOldest})
	for name, want := range map[string]string{
		"APPL":  "no instrument of instance x is called APPL: did you mean AAPL?",
		"ZZZZZ": "no instrument of instance x is called ZZZZZ: 'wirebook tail --latest' lists those there are",
		"MSFT":  "MSFT names 2 instruments of instance x: choose one of MSFT@2, MSFT@4",
	} {
		if _, err := f.Ladder(name); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	l, err := f.Ladder("msft@4")
	if err != nil || l.Instrument != 3 || l.Known {
		t.Fatalf("%+v, %v", l, err)
	}
	if text := strings.Join(l.Lines(false), "\n"); !strings.Contains(text, "no book so far") || !strings.Contains(text, "last trade: none seen") || strings.Contains(text, "0.00") {
		t.Errorf("an instrument without a book:\n%s", text)
	}
}

// TestLadderWithoutLatest: the mbp-10 ring has the book; without either there is no ladder, and it is said.
func TestLadderWithoutLatest(t *testing.T) {
	root := t.TempDir()
	make := func(name string, schema shm.Schema) *segment.Instance {
		w, err := segment.Create(segment.Options{Root: root, Name: name, Rings: []segment.RingSpec{{Schema: schema, Slots: 16}}, Instruments: 8})
		if err != nil {
			t.Fatal(err)
		}
		e := shm.InstrumentEntry{ID: 1, PublisherID: 2, LatestIndex: shm.NoLatest}
		copy(e.Symbol[:], "AAPL")
		if _, err := w.Control.AddInstrument(e); err != nil {
			t.Fatal(err)
		}
		w.Heartbeat(uint64(time.Now().UnixNano()))
		w.Running()
		return w
	}
	w := make("ten", shm.SchemaMBP10)
	defer w.Close()
	m := deep(shm.FlagLast)
	m.Action, m.Size = shm.ActionTrade, 9
	w.Writer(shm.SchemaMBP10, 0).PublishMBP10(m, 77)
	f := open(t, Options{Root: root, Name: "ten", Schema: AnySchema, Ladder: true, From: FromOldest})
	if l, err := f.ReadLadder("AAPL"); err != nil || !l.Known || l.Book.Levels[1].BidCt != 7 || l.Last.Size != 9 || l.Last.ID != 77 {
		t.Errorf("%+v, %v", l, err)
	}
	make("orders", shm.SchemaMBO).Close()
	if _, err := Open(context.Background(), Options{Root: root, Name: "orders", Schema: AnySchema, Ladder: true}, 0, nil); err == nil || !strings.Contains(err.Error(), "no mbp-10 ring") {
		t.Errorf("no book anywhere: %v", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"ESZ6", "ESH7", "NQZ6", "AAPL", "GOOG", "GOOGL", "A"}
	for name, want := range map[string][]string{
		"ESZ7": {"ESH7", "ESZ6"}, "goog": {"GOOG", "GOOGL"}, "QQQQ": nil, "aple": {"AAPL"}, "ESZ": {"ESZ6", "ESH7"},
	} {
		if got := Nearest(name, names, 3); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
