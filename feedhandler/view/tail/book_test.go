package tail

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"wirebook/feedhandler/view"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// day makes a running instance without instruments.
func day(t *testing.T, root string) *segment.Instance {
	t.Helper()
	w, err := segment.Create(segment.Options{Root: root, Name: "day", Rings: []segment.RingSpec{{Schema: shm.SchemaTrades, Slots: 16}}, Latest: 4, LatestSchema: shm.SchemaMBP10, Instruments: 4})
	if err != nil {
		t.Fatal(err)
	}
	w.Heartbeat(uint64(time.Now().UnixNano()))
	w.Running()
	return w
}

// trades gives the instance AAPL, a book and a trade.
func trades(t *testing.T, w *segment.Instance, bid int64, flags uint8) {
	t.Helper()
	e := shm.InstrumentEntry{ID: 1, PublisherID: 2}
	copy(e.Symbol[:], "AAPL")
	if _, err := w.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	m := shm.MBP10{
		RecordHeader: shm.RecordHeader{Length: shm.SizeMBP10 / 4, RType: shm.RTypeMBP10, PublisherID: 2, InstrumentID: 1}, Action: shm.ActionAdd, Flags: flags,
		Levels: [10]shm.Level{{BidPx: bid, BidSz: 300, BidCt: 3, AskPx: shm.UndefPrice}},
	}
	w.Latest.Update(0, &m, 1)
	w.Writer(shm.SchemaTrades, 0).PublishTrade(&shm.Trade{
		RecordHeader: shm.RecordHeader{Length: shm.SizeTrade / 4, RType: shm.RTypeTrade, PublisherID: 2, InstrumentID: 1}, Action: shm.ActionTrade, Price: bid, Size: 40,
	}, 0)
}

// TestLiveBook: the screen waits for an instrument that has not come, shows its ladder, follows it into the writer's next run,
// and ends with the writer.
func TestLiveBook(t *testing.T) {
	root := t.TempDir()
	w := day(t, root)
	tl := &Tail{Options: view.Options{Root: root, Name: "day", Schema: view.AnySchema}}
	f, err := tl.ladder(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := &rungs{t: tl, f: f, symbol: "aapl", width: 80, height: 24}
	shows := func(words ...string) {
		t.Helper()
		m.Update(tick(time.Now()))
		for _, word := range words {
			if !strings.Contains(m.View().Content, word) {
				t.Errorf("the screen does not show %q:\n%s", word, m.View().Content)
			}
		}
	}
	shows("no instrument aapl so far", "q quit")
	trades(t, w, 187_250_000_000, shm.FlagLast|shm.FlagMaybeBadBook)
	shows("AAPL   publisher 2", "last trade 187.25 x 40", "        3        300         187.25 |", "MAYBE_BAD_BOOK: a gap touches this book")
	m.Update(tea.WindowSizeMsg{Width: 30, Height: 3})
	for _, l := range strings.Split(m.View().Content, "\n") {
		if len([]rune(l)) > 30 {
			t.Errorf("30 columns: %q", l)
		}
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = day(t, root)
	trades(t, w, 50_000_000_000, shm.FlagLast)
	for end := time.Now().Add(10 * time.Second); f.Epoch() != 2 && time.Now().Before(end); {
		m.Update(tick(time.Now()))
	}
	shows("last trade 50.00 x 40", " 50.00 |", "epoch 2")
	if strings.Contains(m.View().Content, "187.25") || strings.Contains(m.View().Content, "MAYBE") {
		t.Errorf("the book of the run before is still there:\n%s", m.View().Content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	shows("stopped")
	if !m.ended {
		t.Error("the writer ended, and the screen did not see it")
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); cmd == nil {
		t.Error("q does not quit")
	}
}
