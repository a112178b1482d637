package cme

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
)

var kindNames = map[book.Kind]string{
	book.KindNone: "none", book.KindAdd: "add", book.KindDelete: "delete", book.KindModify: "modify",
	book.KindLevelNew: "new", book.KindLevelChange: "change", book.KindLevelOverlay: "overlay", book.KindLevelDelete: "drop",
	book.KindLevelDeleteThru: "thru", book.KindLevelDeleteFrom: "from", book.KindTrade: "trade", book.KindFill: "fill",
	book.KindTradeBreak: "break", book.KindClear: "clear", book.KindClearAll: "clearall", book.KindStatus: "status",
	book.KindStatistic: "stat", book.KindDefinition: "definition", book.KindRebuilt: "rebuilt", book.KindStale: "stale", book.KindUnaffected: "unaffected",
}

// told spells the events since from: kind, security id, side, what else the kind has, L for FlagLast, S for snapshot.
func told(d *MDP3, b *book.Batch, from int) string {
	var lines []string
	for _, e := range b.Events[from:] {
		s := fmt.Sprintf("%s %d", kindNames[e.Kind], d.dir.At(e.Instrument).ID)
		if e.Side != 0 && e.Side != book.NoSide {
			s += " " + string(rune(e.Side))
		}
		if e.Kind != book.KindStatistic && (e.Price != 0 || e.Qty != 0) {
			s += fmt.Sprintf(" %d@%d", e.Qty, e.Price)
		}
		if e.Level != 0 {
			s += fmt.Sprintf(" level %d of %d", e.Level, e.Count)
		}
		if e.OrderID != 0 {
			s += fmt.Sprintf(" order %d", e.OrderID)
		}
		if e.Ref != 0 {
			s += fmt.Sprintf(" ref %d", e.Ref)
		}
		if e.Attr&book.AttrImplied != 0 {
			s += " implied"
		}
		if e.Kind == book.KindStatistic {
			body := b.Statistics[e.Aux]
			s += fmt.Sprintf(" type %d", body.Type)
			if body.Price != book.UndefPrice {
				s += fmt.Sprintf(" %d", body.Price)
			}
			if body.Quantity != 1<<63-1 {
				s += fmt.Sprintf(" x%d", body.Quantity)
			}
		}
		if e.Flags&book.FlagSnapshot != 0 {
			s += " S"
		}
		if e.Flags&book.FlagLast != 0 {
			s += " L"
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

// channel decodes messages one after the other and compares.
type channel struct {
	t *testing.T
	d *MDP3
	b *book.Batch
}

func newChannel(t *testing.T, instruments int) *channel {
	return &channel{t: t, d: NewMDP3(instruments), b: newBatch()}
}

func (c *channel) expect(msg []byte, fault book.Fault, lines ...string) {
	c.t.Helper()
	from := len(c.b.Events)
	if got := c.d.Decode(c.b, msg); got != fault {
		c.t.Errorf("fault %v, want %v", got, fault)
	}
	if got, want := told(c.d, c.b, from), strings.Join(lines, "\n"); got != want {
		c.t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func levelEntry(security int32, rpt uint32, action uint8, code byte, level uint8, price int64, size int32) (e BookEntry) {
	e.SecurityID.Put(security)
	e.RptSeq.Put(rpt)
	e.MdUpdateAction.Put(action)
	e.MdEntryTypeBook.Put(code)
	e.MdPriceLevel.Put(level)
	e.MdEntryPxOptionalEx.Put(price)
	e.MdEntrySizeShortOptional.Put(size)
	e.NumberOfOrdersOptional.Put(3)
	return e
}

func orderAt(reference, action uint8, id, priority uint64, size int32) (o BookOrder) {
	o.OrderID.Put(id)
	o.MdOrderPriorityOptional.Put(priority)
	o.MdDisplayQtyOptional.Put(size)
	o.ReferenceID.Put(reference)
	o.OrderUpdateAction.Put(action)
	return o
}

func levels(entries ...BookEntry) []BookEntry { return entries }

func TestLevelsAndOrders(t *testing.T) {
	c := newChannel(t, 4)
	c.expect(AppendBook(nil, 7, LastQuote|EndOfEvent, levels(
		levelEntry(11, 1, 0, '0', 1, 100, 5),
		levelEntry(11, 2, 1, '1', 2, 200, 6),
		levelEntry(12, 1, 2, 'E', 1, 300, 7),
		levelEntry(11, 3, 3, '1', 1, 0, 0),
		levelEntry(11, 4, 4, '0', 3, 0, 0),
		levelEntry(11, 5, 5, 'F', 2, 400, 8),
		levelEntry(11, 6, 0, 'J', 0, 1<<63-1, 1<<31-1),
		levelEntry(12, 2, 0, 'x', 1, 300, 7),
	), []BookOrder{orderAt(1, 0, 900, 77, 5), orderAt(2, 1, 901, 78, 6), orderAt(1, 2, 902, 1<<64-1, 0)}), book.FaultNone,
		"new 11 B 5@100 level 1 of 3",
		"change 11 A 6@200 level 2 of 3",
		"drop 12 B 7@300 level 1 of 3 implied",
		"thru 11 A level 1 of 3",
		"from 11 B level 3 of 3",
		"overlay 11 A 8@400 level 2 of 3 implied",
		"clear 11 0@9223372036854775807",
		"none 12 7@300 level 1 of 3 L",
		"add 11 B 5@100 order 900 ref 77",
		"modify 11 A 6@200 order 901 ref 78",
		"delete 11 B 0@100 order 902 L")
	for _, e := range c.b.Events {
		if e.TsEvent != 7 || (e.Kind == book.KindModify) != (e.Attr&book.AttrPriorityByRule != 0) {
			t.Errorf("%+v", e)
		}
	}
}

func TestBadReferenceLeavesNothing(t *testing.T) {
	c := newChannel(t, 4)
	for _, reference := range []uint8{0, 2, 255} {
		c.expect(AppendBook(nil, 7, EndOfEvent, levels(levelEntry(11, 1, 0, '0', 1, 100, 5)), []BookOrder{orderAt(reference, 0, 900, 77, 5)}),
			book.FaultBadGroup)
	}
	if c.d.Directory().Len() != 1 || c.d.state[1].rptSeq != 0 {
		t.Error("a message with a bad group left traces")
	}
}

func TestEntryFaultsSpareTheRest(t *testing.T) {
	c := newChannel(t, 1)
	c.expect(AppendBook(nil, 7, EndOfEvent, levels(
		levelEntry(11, 1, 9, '0', 1, 100, 5), levelEntry(12, 1, 0, '0', 1, 100, 5), levelEntry(11, 2, 0, '0', 1, 100, 5)), nil),
		book.FaultDirectoryFull,
		"stale 11 B 5@100 level 1 of 3", "new 11 B 5@100 level 1 of 3 L")
	c.expect(AppendBook(nil, 7, EndOfEvent, levels(levelEntry(11, 3, 0, 'q', 1, 100, 5)), nil), book.FaultBadValue,
		"stale 11 5@100 level 1 of 3 L")
	c.expect(AppendBook(nil, 7, EndOfEvent, levels(levelEntry(0, 3, 0, '0', 1, 100, 5)), nil), book.FaultBadValue)
}

func TestNumbering(t *testing.T) {
	c := newChannel(t, 4)
	book1 := func(security int32, rpt uint32) []byte {
		return AppendBook(nil, 7, 0, levels(levelEntry(security, rpt, 1, '0', 1, 100, 5)), nil)
	}
	const line = "change %d B 5@100 level 1 of 3"
	eleven, twelve := fmt.Sprintf(line, 11), fmt.Sprintf(line, 12)
	c.expect(book1(11, 40), book.FaultNone, eleven) // joined in the middle
	c.expect(book1(11, 41), book.FaultNone, eleven)
	c.expect(book1(12, 1), book.FaultNone, twelve)
	c.expect(book1(11, 43), book.FaultNone, "stale 11", eleven)
	c.expect(book1(11, 44), book.FaultNone, eleven)
	c.d.OnGap()
	c.expect(book1(11, 45), book.FaultNone, "unaffected 11", eleven)
	c.expect(book1(11, 46), book.FaultNone, eleven)
	c.expect(book1(12, 3), book.FaultNone, "stale 12", twelve)
	c.expect(book1(12, 4), book.FaultNone, twelve)
	c.expect(book1(12, 0), book.FaultNone, twelve) // not numbered
	c.expect(book1(12, 5), book.FaultNone, twelve)
	c.d.Reset()
	c.expect(book1(12, 1), book.FaultNone, twelve)
	c.expect(book1(11, 1), book.FaultNone, eleven)
}

func TestLastClosesTheEvent(t *testing.T) {
	c := newChannel(t, 4)
	entry := func(security int32) BookEntry { return levelEntry(security, 0, 1, '0', 1, 100, 5) }
	c.expect(AppendBook(nil, 1, LastQuote, levels(entry(13), entry(11)), nil), book.FaultNone,
		"change 13 B 5@100 level 1 of 3", "change 11 B 5@100 level 1 of 3")
	c.b.Reset() // the event goes on in the next batch
	c.b.BeginPacket(book.Packet{})
	c.expect(AppendBook(nil, 2, 0, levels(entry(12)), nil), book.FaultNone, "change 12 B 5@100 level 1 of 3")
	c.expect(AppendBook(nil, 3, EndOfEvent, levels(entry(11), entry(14), entry(11)), nil), book.FaultNone,
		"change 11 B 5@100 level 1 of 3", "change 14 B 5@100 level 1 of 3 L", "change 11 B 5@100 level 1 of 3 L",
		"none 13 L", "none 12 L")
	c.expect(AppendBook(nil, 4, EndOfEvent, nil, nil), book.FaultNone)
}

func TestTrades(t *testing.T) {
	trade := func(aggressor, action uint8, orders, size int32, id uint32) (e TradeEntry) {
		e.SecurityID.Put(11)
		e.MdEntryPxEx.Put(100)
		e.MdEntrySizeShort.Put(size)
		e.NumberOfOrders.Put(orders)
		e.AggressorSide.Put(aggressor)
		e.MdUpdateAction.Put(action)
		e.MdTradeEntryOptional.Put(id)
		return e
	}
	var orders []TradeOrder
	for i, size := range []int32{5, 2, 3, 4, 6} {
		var o TradeOrder
		o.OrderID.Put(uint64(901 + i))
		o.LastQty.Put(size)
		orders = append(orders, o)
	}
	c := newChannel(t, 4)
	c.expect(AppendTrades(nil, 7, LastTrade, []TradeEntry{trade(1, 0, 3, 5, 31), trade(0, 0, 1, 4, 32), trade(2, 0, 9, 6, 1<<32-1)}, orders), book.FaultNone,
		"trade 11 B 5@100 order 901 ref 31", "fill 11 A 2@100 order 902 ref 31", "fill 11 A 3@100 order 903 ref 31",
		"trade 11 4@100 ref 32", "fill 11 4@100 order 904 ref 32",
		"trade 11 A 6@100 order 905")
	c.expect(AppendTrades(nil, 8, EndOfEvent, []TradeEntry{trade(1, 2, 0, 5, 31), trade(0, 1, 0, 3, 32)}, nil), book.FaultNone,
		"break 11 B 5@100 ref 31", "break 11 3@100 ref 32", "trade 11 3@100 ref 32 L")
}

// The v1.9 capture: a trade with its fills, volume, the order and level it took off the book.
func TestCapturedTrade(t *testing.T) {
	c := newChannel(t, 4)
	feedtest.GoldenDir(t, filepath.Join(feedtest.Captures(t), "cme-mdp3", "Mdp3.Sbe.v1.9"), func(file string, _ int, payload []byte, _ *feedtest.Node) {
		if !strings.Contains(file, "TradeSummary") {
			return
		}
		_, messages := cutPacket(t, payload, false)
		for _, msg := range messages {
			if fault := c.d.Decode(c.b, msg); fault != book.FaultNone {
				t.Error(fault)
			}
		}
	})
	got := told(c.d, c.b, 0)
	if !strings.HasPrefix(got, "trade 170506 A 2@12952000000000 order 88463941745 ref 341412\nfill 170506 B 1@12952000000000 order ") ||
		strings.Count(got, "fill 170506 B 1@") != 2 || strings.Count(got, " L") != 2 || !strings.HasSuffix(got, "level 1 of 0 implied L\nnone 170506 L") {
		t.Error(got)
	}
	t.Log("\n" + got)
}

func TestChannelReset(t *testing.T) {
	c := newChannel(t, 4)
	c.expect(AppendBook(nil, 1, 0, levels(levelEntry(11, 8, 1, '0', 1, 100, 5)), nil), book.FaultNone, "change 11 B 5@100 level 1 of 3")
	c.expect(sample(4, 12, 0), book.FaultNone, "clearall 0 L")
	c.expect(AppendBook(nil, 1, EndOfEvent, levels(levelEntry(11, 1, 1, '0', 1, 100, 5)), nil), book.FaultNone, "change 11 B 5@100 level 1 of 3 L")
}

func TestStatus(t *testing.T) {
	c := newChannel(t, 4)
	c.expect(AppendSecurityStatus(nil, 7, EndOfEvent, [6]byte{'E', 'S'}, 11, 2, 2, 0), book.FaultNone, "status 11 L")
	if s := c.b.Statuses[0]; s.Action != 8 || s.Reason != 3 || s.IsTrading != 'N' || s.IsQuoting != 'N' || s.IsShortSellRestrict != '~' {
		t.Errorf("%+v", s)
	}
	if c.d.dir.At(1).Status != 8 {
		t.Error("the directory missed the halt")
	}
	c.expect(AppendSecurityStatus(nil, 7, EndOfEvent, [6]byte{'E', 'S'}, 0, 17, 0, 5), book.FaultNone, "status 0 L")
	if s := c.b.Statuses[1]; s.Action != 7 || s.Reason != 1 || s.TradingEvent != 3 || s.IsTrading != 'Y' {
		t.Errorf("%+v", s)
	}
}

func TestDefinition(t *testing.T) {
	c := newChannel(t, 4)
	f := Future{SecurityID: 11, Asset: [6]byte{'E', 'S'}, Symbol: [20]byte{'E', 'S', 'Z', '6'}, LastUpdateNS: 5, Status: 17, Channel: 310,
		MinPriceIncrement: 250_000_000, DisplayFactor: 10_000_000, Depth: 5, Year: 2026, Month: 12, Activation: 6, Expiration: 9}
	c.expect(AppendFuture(nil, 0, &f), book.FaultNone, "definition 11 level 5 of 2 L")
	def, entry := &c.b.Definitions[0], c.d.dir.At(1)
	if def.Activation != 6 || def.Expiration != 9 || def.MarketDepth != 5 || def.MinPriceIncrement != 250_000_000 || def.MaturityYear != 2026 ||
		string(def.RawSymbol[:5]) != "ESZ6\x00" || def.InstrumentClass != 'F' || def.RawInstrumentID != 11 || string(def.Exchange[:]) != "XCME\x00" ||
		def.HighLimitPrice != book.UndefPrice || def.MaturityDay != 255 {
		t.Errorf("%+v", def)
	}
	if entry.Symbol.String() != "ESZ6" || entry.Depth != 5 || entry.ImpliedDepth != 2 || entry.TickSize != 250_000_000 || entry.DisplayFactor != 10_000_000 ||
		entry.Status != 7 || !entry.Defined || string(entry.Currency[:]) != "USD\x00" {
		t.Errorf("%+v", entry)
	}
	told := newBatch()
	c.d.dir.Follow(told)
	told.Reset()
	c.d.Decode(c.b, AppendFuture(nil, 0, &f))
	if len(told.Changes) != 0 {
		t.Error("the same definition again moved the directory")
	}
}

// A capture of version 5: prices have exponent -7.
func TestCapturedDefinitions(t *testing.T) {
	d, b := NewMDP3(20), newBatch()
	feedtest.GoldenDir(t, filepath.Join(feedtest.Captures(t), "cme-mdp3", "Mdp3.Sbe.v1.5"), func(file string, _ int, payload []byte, _ *feedtest.Node) {
		if strings.Contains(file, "Definition") {
			_, messages := cutPacket(t, payload, false)
			for _, msg := range messages {
				if fault := d.Decode(b, msg); fault != book.FaultNone {
					t.Error(fault)
				}
			}
		}
	})
	if len(b.Definitions) != 5 {
		t.Fatalf("%d definitions", len(b.Definitions))
	}
	def, entry := &b.Definitions[0], d.dir.At(1)
	if entry.ID != 10123 || entry.Symbol.String() != "ESM6-ESU6" || entry.TickSize != 5_000_000_000 || entry.DisplayFactor != 10_000_000 || entry.Depth != 10 {
		t.Errorf("%+v", entry)
	}
	if def.InstrumentClass != 'S' || def.MarketDepth != 10 || def.MaxPriceVariation != 50_000_000_000 || def.Expiration != 1466170200000000000 {
		t.Errorf("%+v", def)
	}
}

func TestSnapshots(t *testing.T) {
	c := newChannel(t, 4)
	c.d.OnGap()
	c.expect(sample(52, 13, 0), book.FaultNone,
		"clear 1 S", "new 1 B 1@1 level 1 of 1 S", "new 1 B 1@1 level 1 of 1 S", "stat 1 type 17 1 S", "stat 1 type 18 1 S", "rebuilt 1 S L")
	if s := c.d.state[1]; s.rptSeq != 1 || s.gap != c.d.gap {
		t.Errorf("%+v", s)
	}
	chunk := func(n byte) []byte {
		msg := sample(53, 13, 0)
		msg[messageHeaderSize+12], msg[messageHeaderSize+16] = 3, n // no_chunks, current_chunk
		return msg
	}
	orders := []string{"add 1 B 1@1 order 1 ref 1 S", "add 1 B 1@1 order 1 ref 1 S"}
	c.expect(chunk(1), book.FaultNone, append([]string{"clear 1 S"}, orders...)...)
	c.expect(chunk(2), book.FaultNone, orders...)
	c.expect(chunk(3), book.FaultNone, append(append([]string{}, orders...), "rebuilt 1 S L")...)
}

func TestStatistics(t *testing.T) {
	for id, want := range map[uint16]string{
		33: "stat 1 type 3 100", 34: "stat 1 type 17 100\nstat 1 type 18 100", 35: "stat 1 type 1 100", 37: "stat 1 type 10001 x1",
		49: "stat 1 type 3 1", 50: "stat 1 type 17 1\nstat 1 type 18 1", 51: "stat 1 type 1 1", 66: "stat 1 type 10001 x1", 67: "stat 1 type 1 1",
	} {
		c := newChannel(t, 4)
		c.d.Decode(c.b, sample(id, versionsOf(id)[1], 0))
		if got := told(c.d, c.b, 0); !strings.HasPrefix(got, want+"\nstale") { // the sample repeats its RptSeq
			t.Errorf("%d: %s", id, got)
		}
	}
}
