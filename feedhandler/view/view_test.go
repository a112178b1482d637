package view

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// at is 2026-11-20 14:30:00.000001234 UTC.
const at = uint64(1795185000000001234)

const dollar = int64(1_000_000_000)

var allRings = []segment.RingSpec{
	{Schema: shm.SchemaMBO, Slots: 16}, {Schema: shm.SchemaMBP1, Slots: 16}, {Schema: shm.SchemaMBP10, Slots: 16},
	{Schema: shm.SchemaTrades, Slots: 16}, {Schema: shm.SchemaAdmin, Slots: 16},
}

// writer makes a running instance with one channel, two lines, two instruments and their places in the latest table.
func writer(t *testing.T, root, name string) *segment.Instance {
	t.Helper()
	w, err := segment.Create(segment.Options{Root: root, Name: name, Rings: allRings, Latest: 8, LatestSchema: shm.SchemaMBP10, Instruments: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, ch, err := w.Control.AddChannel("itch", 0, 2, 0); err != nil {
		t.Fatal(err)
	} else {
		ch.Messages, ch.Gaps, ch.GapsHealed, ch.Lost, ch.Stale = 1234567, 2, 13, 5, 1
	}
	for i, name := range []string{"A", "B"} {
		_, l, err := w.Control.AddLine(name, 0, uint32(i))
		if err != nil {
			t.Fatal(err)
		}
		l.State, l.Received, l.First, l.Lost = uint32(i+1), 1000, 900, 7
		l.LagHistogram[10] = 5
	}
	for i, symbol := range []string{"AAPL", "MSFT"} {
		e := shm.InstrumentEntry{ID: uint32(i + 1), PublisherID: 2, LatestIndex: uint32(i)}
		copy(e.Symbol[:], symbol)
		if _, err := w.Control.AddInstrument(e); err != nil {
			t.Fatal(err)
		}
	}
	w.Heartbeat(uint64(time.Now().UnixNano()))
	w.Running()
	return w
}

func header(rtype uint8, bytes int, instrument uint32) shm.RecordHeader {
	return shm.RecordHeader{Length: uint8(bytes / 4), RType: rtype, PublisherID: 2, InstrumentID: instrument, TsEvent: at - 100}
}

func mbp1(instrument uint32, bid, ask int64, action, flags uint8) *shm.MBP1 {
	return &shm.MBP1{
		RecordHeader: header(shm.RTypeMBP1, shm.SizeMBP1, instrument), Price: bid, Size: 40, Action: action, Side: shm.SideBid,
		Flags: flags, TsRecv: at, Levels: [1]shm.Level{{BidPx: bid, AskPx: ask, BidSz: 300, AskSz: 120}},
	}
}

func mbp10(instrument uint32, bid, ask int64, flags uint8) *shm.MBP10 {
	return &shm.MBP10{
		RecordHeader: header(shm.RTypeMBP10, shm.SizeMBP10, instrument), Price: bid, Size: 40, Action: shm.ActionAdd, Side: shm.SideBid,
		Flags: flags, TsRecv: at, Levels: [10]shm.Level{{BidPx: bid, AskPx: ask, BidSz: 300, AskSz: 120}},
	}
}

func open(t *testing.T, o Options) *Follower {
	t.Helper()
	f, err := Open(context.Background(), o, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// expect reads until a result other than Empty and checks it.
func expect(t *testing.T, f *Follower, rec *Record, want shm.Result) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; {
		res := f.Next(rec, 10*time.Millisecond)
		if res == shm.Empty && time.Now().Before(end) {
			continue
		}
		if res != want {
			t.Fatalf("got %s, want %s", res, want)
		}
		return
	}
}

func TestFollowerReadsToTheEnd(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	ring := w.Writer(shm.SchemaMBP1, 0)
	ring.PublishMBP1(mbp1(1, 187*dollar, 188*dollar, shm.ActionAdd, shm.FlagLast), 0)
	ring.PublishMBP1(mbp1(2, 50*dollar, 51*dollar, shm.ActionAdd, shm.FlagLast), 0)
	ring.PublishMBP1(mbp1(9, 50*dollar, 51*dollar, shm.ActionAdd, shm.FlagLast), 77)
	for _, wait := range []Wait{WaitAdaptive, WaitBlock, WaitSpin} {
		f := open(t, Options{Root: root, Name: "x", Schema: AnySchema, From: FromOldest, Wait: wait})
		if f.Schema() != shm.SchemaMBP1 {
			t.Fatalf("default schema %s", f.Schema())
		}
		var rec Record
		for i, symbol := range []string{"AAPL", "MSFT", ""} {
			expect(t, f, &rec, shm.Record)
			if rec.Symbol != symbol || rec.Position != uint64(i) {
				t.Fatalf("record %d: symbol %q position %d", i, rec.Symbol, rec.Position)
			}
		}
		if rec.TradeID != 77 {
			t.Fatalf("trade id %d", rec.TradeID)
		}
		if res := f.Next(&rec, 0); res != shm.Empty {
			t.Fatalf("at the edge of a running writer: %s", res)
		}
	}
	edge := open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBP1})
	only := open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBP1, From: FromOldest, Symbols: []string{"msft", "zzz"}})
	ring.PublishMBP1(mbp1(2, 52*dollar, 53*dollar, shm.ActionAdd, shm.FlagLast), 0)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var rec Record
	expect(t, edge, &rec, shm.Record)
	if rec.Position != 3 {
		t.Fatalf("auto with a running writer starts at %d, want the edge, 3", rec.Position)
	}
	expect(t, edge, &rec, shm.Stopped)
	for _, position := range []uint64{1, 3} {
		expect(t, only, &rec, shm.Record)
		if rec.Position != position || rec.Symbol != "MSFT" {
			t.Fatalf("filtered: %s at %d, want MSFT at %d", rec.Symbol, rec.Position, position)
		}
	}
	expect(t, only, &rec, shm.Stopped)
	if m := only.Missing(); len(m) != 1 || m[0] != "ZZZ" {
		t.Fatalf("missing %v", m)
	}
	if only.Counts.Read != 4 || only.Counts.Matched != 2 || only.Instruments() != 1 {
		t.Fatalf("counts %+v, %d instruments", only.Counts, only.Instruments())
	}
	// After the end, auto shows what is left.
	expect(t, open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBP1}), &rec, shm.Record)
}

func TestLappedNewEpochAndSilence(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	f := open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBP1, From: FromOldest, Stale: 50 * time.Millisecond})
	var rec Record
	for range 100 {
		w.Writer(shm.SchemaMBP1, 0).PublishMBP1(mbp1(1, 187*dollar, 188*dollar, shm.ActionAdd, 0), 0)
	}
	expect(t, f, &rec, shm.Lapped)
	if f.Counts.Lapped != 1 || f.Counts.Lost == 0 || f.LastLost() != f.Counts.Lost {
		t.Fatalf("lapped: %+v, last %d", f.Counts, f.LastLost())
	}
	read := uint64(0)
	for f.Next(&rec, 0) == shm.Record {
		read++
	}
	if read+f.Counts.Lost != 100 {
		t.Fatalf("%d read and %d lost of 100", read, f.Counts.Lost)
	}
	expect(t, f, &rec, shm.StaleWriter)
	st := f.Status(time.Now())
	if !st.Stale || st.HeartbeatAge < 50*time.Millisecond {
		t.Fatalf("status of a silent writer: %+v", st)
	}
	text := (&Screen{}).Draw(&st, NewBooks(), &f.Counts, 0, nil, 80, 24)
	for _, want := range []string{"running, but SILENT", "lapped 1 (", "records missed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen does not say %q:\n%s", want, text)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = writer(t, root, "x")
	defer w.Close()
	w.Writer(shm.SchemaMBP1, 0).PublishMBP1(mbp1(2, 1*dollar, 2*dollar, shm.ActionAdd, 0), 0)
	for f.Next(&rec, 10*time.Millisecond) == shm.Stopped {
	}
	if f.Counts.Epochs != 1 || f.Epoch() != 2 {
		t.Fatalf("after a restart: %+v, epoch %d", f.Counts, f.Epoch())
	}
	expect(t, f, &rec, shm.Record)
	if rec.Symbol != "MSFT" {
		t.Fatalf("first record of the new run is of %q", rec.Symbol)
	}
}

func TestOpenWaitsAndRefuses(t *testing.T) {
	root := t.TempDir()
	said := ""
	go func() {
		time.Sleep(60 * time.Millisecond)
		if w, err := segment.Create(segment.Options{Root: root, Name: "late", Rings: allRings}); err == nil {
			w.Running()
			w.Writer(shm.SchemaMBO, 0).PublishMBO(&shm.MBO{RecordHeader: header(shm.RTypeMBO, shm.SizeMBO, 1)})
		}
	}()
	f, err := Open(context.Background(), Options{Root: root, Name: "late", Schema: shm.SchemaMBO}, 5*time.Second, func(s string) { said = s })
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.Contains(said, "waiting for instance late in "+root) {
		t.Errorf("said %q", said)
	}
	var rec Record
	expect(t, f, &rec, shm.Record) // a reader that waited misses nothing

	check := func(what, name string, schema shm.Schema, wants ...string) {
		t.Helper()
		_, err := Open(context.Background(), Options{Root: root, Name: name, Schema: schema}, 0, nil)
		if err == nil {
			t.Fatalf("%s: no error", what)
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", what, err, want)
			}
		}
	}
	check("absent", "nope", shm.SchemaMBO, "no instance nope", root, "late (running)")
	writer(t, root, "x").Close()
	control := filepath.Join(root, "x", "control")
	file, err := os.OpenFile(control, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte{99}, 8); err != nil {
		t.Fatal(err)
	}
	check("newer ABI", "x", shm.SchemaMBO, control, "ABI version 99")
	if _, err := file.WriteAt([]byte("FOREIGN!"), 0); err != nil {
		t.Fatal(err)
	}
	check("foreign", "x", shm.SchemaMBO, control, "foreign file")

	w, err := segment.Create(segment.Options{Root: root, Name: "little", Rings: allRings[:1]})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	check("schema", "little", shm.SchemaTrades, "does not publish trades", "--schema mbo")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, Options{Root: root, Name: "never"}, time.Minute, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLatestAndScreen(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	defer w.Close()
	w.Latest.Update(0, mbp10(1, 187_250_000_000, 187_260_000_000, shm.FlagLast), 5)
	w.Latest.Update(1, mbp10(2, 50*dollar, shm.UndefPrice, shm.FlagLast|shm.FlagMaybeBadBook), 6)
	list, err := Latest(context.Background(), Options{Root: root, Name: "x"}, 0, nil)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d books, %v", len(list), err)
	}
	if got, want := string(AppendLatest(nil, &list[0], false)),
		"14:30:00.000001234 AAPL           300 x    187.25   |    187.26   x 120      LAST\n"; got != want {
		t.Errorf("latest\n got %q\nwant %q", got, want)
	}
	if one, _ := Latest(context.Background(), Options{Root: root, Name: "x", Symbols: []string{"msft"}}, 0, nil); len(one) != 1 || one[0].Symbol != "MSFT" {
		t.Errorf("latest of msft: %v", one)
	}

	f := open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBP1})
	books := NewBooks()
	f.Seed(books)
	w.Writer(shm.SchemaMBP1, 0).PublishMBP1(mbp1(1, 187_240_000_000, 187_260_000_000, shm.ActionTrade, shm.FlagLast), 9)
	var rec Record
	expect(t, f, &rec, shm.Record)
	books.Apply(&rec)
	w.Latest.SetFlags(0, shm.FlagMaybeBadBook)
	rows := books.Active(10)
	f.Refresh(rows)
	st := f.Status(time.Now())
	text := (&Screen{}).Draw(&st, books, &f.Counts, 1000, rows, 80, 24)
	for _, want := range []string{
		"wirebook x   running",
		"itch  1,234,567 messages   gaps 13 healed 2 lost (5 units)   suspect 1",
		"  A     up           1,000        900          0      0       7 2,047ns 2,047ns",
		"  B     silent ",
		"!AAPL         300    187.24    187.26      120    0.02    187.24    40       1",
		"!MSFT         300     50.00         -        -       -         -     -       0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen does not show %q", want)
		}
	}
	for _, size := range [][2]int{{80, 24}, {40, 10}, {200, 60}, {10, 3}, {1, 1}} {
		text := (&Screen{}).Draw(&st, books, &f.Counts, 1000, rows, size[0], size[1])
		lines := strings.Split(text, "\n")
		if len(lines) > size[1] {
			t.Errorf("%d lines on a screen of %v", len(lines), size)
		}
		for _, l := range lines {
			if len([]rune(l)) > size[0] {
				t.Errorf("line of %d columns on a screen of %v: %q", len([]rune(l)), size, l)
			}
		}
	}
	if t.Failed() {
		t.Log("\n" + text)
	}
	if s := Summary(&f.Counts, &st, books.Len()); s != "instance x running: 1 mbp-1 record read, 2 instruments, never lapped" {
		t.Errorf("summary %q", s)
	}
}

func TestBooksFromOrdersAndClear(t *testing.T) {
	root := t.TempDir()
	w := writer(t, root, "x")
	defer w.Close()
	f := open(t, Options{Root: root, Name: "x", Schema: shm.SchemaMBO})
	w.Writer(shm.SchemaMBO, 0).PublishMBO(&shm.MBO{RecordHeader: header(shm.RTypeMBO, shm.SizeMBO, 1), Action: shm.ActionAdd, Price: dollar, Size: 1, TsRecv: at})
	w.Latest.Update(0, mbp10(1, 7*dollar, 8*dollar, shm.FlagLast), 1)
	var rec Record
	expect(t, f, &rec, shm.Record)
	books := NewBooks()
	books.Apply(&rec)
	f.Refresh(books.Active(1))
	if r := books.BySymbol()[0]; r.Bid != (Quote{7 * dollar, 300}) || r.Updates != 1 || r.Symbol != "AAPL" {
		t.Errorf("a book beside mbo records: %+v", r)
	}
	books.Clear()
	if books.Len() != 0 {
		t.Error("cleared books are still there")
	}
}

func TestLines(t *testing.T) {
	trade := shm.Trade{RecordHeader: header(shm.RTypeTrade, shm.SizeTrade, 1), Price: 187_255_500_000, Size: 7, Action: 'T', Side: 'A', Flags: 0x08, TsRecv: at}
	mbo := shm.MBO{RecordHeader: header(shm.RTypeMBO, shm.SizeMBO, 1), OrderID: 4711, Price: 187 * dollar, Size: 100, Flags: 0x84, Action: 'A', Side: 'B', TsRecv: at}
	clearAll := shm.MBO{RecordHeader: header(shm.RTypeMBO, shm.SizeMBO, 1), Price: shm.UndefPrice, Flags: 0x20, Action: 'R', Side: 'N', TsRecv: shm.UndefTimestamp}
	odd := shm.MBO{RecordHeader: header(shm.RTypeMBO, shm.SizeMBO, 1), Price: -1_087_500_000, Flags: 0x43, Action: 1, Side: 200, TsRecv: at}
	status := shm.Status{RecordHeader: header(shm.RTypeStatus, shm.SizeStatus, 0), TsRecv: at, Action: 8, Reason: 30, IsTrading: 'N', IsQuoting: '~'}
	definition := shm.Definition{RecordHeader: header(shm.RTypeDefinition, shm.SizeDefinition, 1), TsRecv: at, MinPriceIncrement: 10_000_000, MinLotSizeRoundLot: 100, InstrumentClass: 'K'}
	copy(definition.RawSymbol[:], "AAPL")
	copy(definition.Currency[:], "USD")
	imbalance := shm.Imbalance{RecordHeader: header(shm.RTypeImbalance, shm.SizeImbalance, 1), TsRecv: at, RefPrice: 187 * dollar, IndMatchPrice: shm.UndefPrice, ContBookClrPrice: shm.UndefPrice, PairedQty: 5, TotalImbalanceQty: 6, Side: 'B', AuctionType: 'O'}
	statistics := shm.Statistics{RecordHeader: header(shm.RTypeStatistics, shm.SizeStatistics, 1), TsRecv: at, Price: 187 * dollar, Quantity: shm.UndefStatQty, StatType: 1}
	for _, c := range []struct {
		body   []byte
		symbol string
		extra  uint64
		want   string
	}{
		{shm.Bytes(&mbo), "AAPL", 0, "14:30:00.000001234 AAPL       add    bid    187.00        100  order 4711          LAST,MAYBE_BAD"},
		{shm.Bytes(&clearAll), "AAPL", 0, "-                  AAPL       clear  -        -             0  -                   SNAPSHOT"},
		{shm.Bytes(&odd), "", 0, "14:30:00.000001234 #1         ?      ?       -1.0875        0  -                   TOB,0x02,0x01"},
		{shm.Bytes(&trade), "AAPL", 5, "14:30:00.000001234 AAPL       trade  ask    187.2555        7  trade 5             BAD_TS"},
		{shm.Bytes(mbp1(1, 187*dollar, shm.UndefPrice, 'C', 0x10)), "AAPL", 0, "14:30:00.000001234 AAPL       cancel bid    187.00         40      300 x    187.00   |      -      x 120     MBP"},
		{shm.Bytes(mbp10(1, 187*dollar, 188*dollar, 0)), "AAPL", 0, "14:30:00.000001234 AAPL       add    bid    187.00         40      300 x    187.00   |    188.00   x 120     -"},
		{shm.Bytes(&status), "", 0, "14:30:00.000001234 *          status     halt reason 30  trading N"},
		{shm.Bytes(&definition), "AAPL", 0, "14:30:00.000001234 AAPL       definition AAPL tick 0.01 lot 100 currency USD class K"},
		{shm.Bytes(&imbalance), "AAPL", 0, "14:30:00.000001234 AAPL       imbalance  side bid paired 5 imbalance 6 reference 187 auction O"},
		{shm.Bytes(&statistics), "AAPL", 0, "14:30:00.000001234 AAPL       statistics opening price 187"},
	} {
		r := Record{Schema: shm.SchemaMBO, Body: c.body, Symbol: c.symbol, TradeID: c.extra}
		if got := string(AppendLine(nil, &r, false)); got != c.want+"\n" {
			t.Errorf("rtype %d\n got %q\nwant %q", r.RType(), got, c.want)
		}
		text, ok := AppendJSON(nil, &r, false)
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil || !ok {
			t.Errorf("rtype %d: JSON %s: %v", r.RType(), text, err)
			continue
		}
		for _, name := range []string{"ring", "position", "rtype", "ts_recv", "ts_event", "instrument_id", "publisher_id", "symbol"} {
			if _, ok := fields[name]; !ok {
				t.Errorf("rtype %d: JSON lacks %s: %s", r.RType(), name, text)
			}
		}
	}
	r := Record{Schema: shm.SchemaMBO, Body: shm.Bytes(&mbo), Symbol: "A\"\x00\xff", Position: 3}
	if got, want := string(AppendLine(nil, &r, true))[:31], `1795185000000001234 A"`; !strings.HasPrefix(got, want) {
		t.Errorf("raw line %q", got)
	}
	if text, _ := AppendJSON(nil, &Record{Body: shm.Bytes(&mbo), Position: 3, TradeID: 4}, true); !strings.Contains(string(text), `"position":"3"`) ||
		!strings.Contains(string(text), `"trade_id":"4"`) || !strings.Contains(string(text), `"ts_recv":"`) {
		t.Errorf("wide integers are numbers: %s", text)
	}
	text, _ := AppendJSON(nil, &r, false)
	var fields struct {
		Symbol   string `json:"symbol"`
		Price    int64  `json:"price"`
		OrderID  uint64 `json:"order_id"`
		Action   string `json:"action"`
		Position uint64 `json:"position"`
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if fields.Symbol != "A\"\x00ÿ" || fields.Price != 187*dollar || fields.OrderID != 4711 || fields.Action != "A" || fields.Position != 3 {
		t.Errorf("JSON says %+v", fields)
	}
	for _, body := range [][]byte{nil, {1}, make([]byte, 16), shm.Bytes(&mbo)[:48]} {
		if whole(body) {
			t.Errorf("%d bytes pass as a record", len(body))
		}
	}
}

func TestPercentile(t *testing.T) {
	var h [32]uint64
	if Percentile(&h, 0.5) != 0 {
		t.Error("a line that never lagged has a lag")
	}
	h[0], h[10], h[20] = 10, 80, 10
	for share, want := range map[float64]uint64{0.05: 0, 0.5: 2047, 0.99: 1<<21 - 1} {
		if got := Percentile(&h, share); got != want {
			t.Errorf("percentile %g is %d, want %d", share, got, want)
		}
	}
}
