package iex

import (
	"math"
	"testing"

	"wirebook/book"
)

// only returns a batch's single event.
func only(t *testing.T, b *book.Batch) book.Event {
	t.Helper()
	if len(b.Events) != 1 {
		t.Fatalf("%d events", len(b.Events))
	}
	return b.Events[0]
}

// Trading messages: the event of each, whole.
func TestTradingMessages(t *testing.T) {
	const p1, p2 = 19_970_000_000, 19_980_000_000 // 19.97, 19.98
	all := samples()
	cross := TradeReport{u8(0x08), ts(testTime), sym("ZIEXT"), u32(300), price(199_700), u64(77)}
	sell := AddOrder{char('5'), ts(testTime), sym("ZIEXT"), u64(9002), u32(500), price(199_800)}
	back := OrderModify{u8(0xFE), ts(testTime), sym("ZIEXT"), u64(9001), u32(400), price(199_800)}
	open := PriceLevelUpdate{u8(0xFE), ts(testTime), sym("ZIEXT"), u32(0), price(199_800)}
	for _, c := range []struct {
		name string
		d    decoder
		msg  []byte
		want book.Event
	}{
		{"deep buy", NewDEEP(1), all['8'], book.Event{Kind: book.KindLevelSet, Side: book.Bid, Price: p1, Qty: 500, Flags: book.FlagMBP | book.FlagLast}},
		{"deep sell open", NewDEEP(1), wire('5', &open), book.Event{Kind: book.KindLevelSet, Side: book.Ask, Price: p2, Flags: book.FlagMBP}},
		{"deep trade", NewDEEP(1), all['T'], book.Event{Kind: book.KindTrade, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Attr: book.AttrCross, Flags: book.FlagLast}},
		{"deep break", NewDEEP(1), all['B'], book.Event{Kind: book.KindTradeBreak, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Attr: book.AttrCross, Flags: book.FlagLast}},
		{"tops 1.5 trade", NewTOPS(TOPS15, 1), wire('T', &cross), book.Event{Kind: book.KindTrade, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Flags: book.FlagLast}},
		{"tops 1.6 trade", NewTOPS(TOPS16, 1), wire('T', &cross), book.Event{Kind: book.KindTrade, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Attr: book.AttrCross, Flags: book.FlagLast}},
		{"add buy", NewDEEPPlus(1), all['a'], book.Event{Kind: book.KindAdd, Side: book.Bid, OrderID: 9001, Price: p1, Qty: 500, Flags: book.FlagLast}},
		{"add sell", NewDEEPPlus(1), wire('a', &sell), book.Event{Kind: book.KindAdd, Side: book.Ask, OrderID: 9002, Price: p2, Qty: 500, Flags: book.FlagLast}},
		{"modify keeps", NewDEEPPlus(1), all['M'], book.Event{Kind: book.KindModify, Side: book.NoSide, OrderID: 9001, Price: p2, Qty: 400, Attr: book.AttrKeepPriority, Flags: book.FlagLast}},
		{"modify to the back", NewDEEPPlus(1), wire('M', &back), book.Event{Kind: book.KindModify, Side: book.NoSide, OrderID: 9001, Price: p2, Qty: 400, Flags: book.FlagLast}},
		{"delete", NewDEEPPlus(1), all['R'], book.Event{Kind: book.KindDelete, OrderID: 9001, Flags: book.FlagLast}},
		{"execute", NewDEEPPlus(1), all['L'], book.Event{Kind: book.KindExecuteAt, OrderID: 9001, Price: p2, Qty: 100, Ref: 78, Flags: book.FlagLast}},
		{"hidden trade", NewDEEPPlus(1), all['T'], book.Event{Kind: book.KindTrade, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Attr: book.AttrHidden | book.AttrCross, Flags: book.FlagLast}},
		{"break", NewDEEPPlus(1), all['B'], book.Event{Kind: book.KindTradeBreak, Side: book.NoSide, Price: p1, Qty: 300, Ref: 77, Attr: book.AttrCross, Flags: book.FlagLast}},
		{"clear", NewDEEPPlus(1), all['C'], book.Event{Kind: book.KindClear, Flags: book.FlagLast}},
		{"retail liquidity", NewDEEP(1), all['I'], book.Event{Kind: book.KindNone, Flags: book.FlagLast}},
	} {
		c.want.Instrument, c.want.TsEvent = 1, testTime
		if got := only(t, decode(t, c.d, c.msg)); got != c.want {
			t.Errorf("%s: %+v, expected %+v", c.name, got, c.want)
		}
	}
}

// A quote gives both sides; an empty side has no price.
func TestQuote(t *testing.T) {
	d := NewTOPS(TOPS16, 4)
	q := QuoteUpdate{u8(0x40), ts(testTime), sym("A"), u32(100), price(199_700), price(0), u32(0)}
	b := decode(t, d, wire('Q', &q))
	want := []book.Event{
		{Kind: book.KindQuote, Instrument: 1, TsEvent: testTime, Side: book.Bid, Price: 19_970_000_000, Qty: 100, Flags: book.FlagTOB},
		{Kind: book.KindQuote, Instrument: 1, TsEvent: testTime, Side: book.Ask, Price: book.UndefPrice, Flags: book.FlagTOB | book.FlagLast},
	}
	if len(b.Events) != 2 || b.Events[0] != want[0] || b.Events[1] != want[1] {
		t.Errorf("events %+v, expected %+v", b.Events, want)
	}
}

// While DEEP's event flags leave an event open, nothing of that symbol closes it; other symbols are not touched.
func TestDEEPEventStaysOpen(t *testing.T) {
	d := NewDEEP(4)
	level := func(flags uint8, name string) uint8 {
		m := PriceLevelUpdate{u8(flags), ts(testTime), sym(name), u32(1), price(10_000)}
		return only(t, decode(t, d, wire('8', &m))).Flags
	}
	trade := func(name string) uint8 {
		m := TradeReport{u8(0), ts(testTime), sym(name), u32(1), price(10_000), u64(1)}
		return only(t, decode(t, d, wire('T', &m))).Flags
	}
	got := []uint8{trade("A"), level(0, "A"), trade("A"), trade("B"), level(1, "A"), trade("A"), level(0, "A")}
	d.Reset()
	got = append(got, trade("A"))
	want := []uint8{book.FlagLast, book.FlagMBP, 0, book.FlagLast, book.FlagMBP | book.FlagLast, book.FlagLast, book.FlagMBP, book.FlagLast}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d: flags %#x, expected %#x", i, got[i], want[i])
		}
	}
}

// Status messages one after the other on one symbol.
func TestStatus(t *testing.T) {
	d := NewDEEPPlus(4)
	s, at := sym("ZIEXT"), ts(testTime)
	halted := func(code byte) []byte { return wire('O', &OperationalHaltStatus{char(code), at, s}) }
	trading := func(code byte, reason string) []byte {
		m := TradingStatus{char(code), at, s, [4]byte{' ', ' ', ' ', ' '}}
		copy(m.Reason[:], reason)
		return wire('H', &m)
	}
	const no, yes, unsaid = 'N', 'Y', '~'
	for i, c := range []struct {
		msg  []byte
		want book.Status
		dir  uint8 // the directory's status afterwards
	}{
		{trading('T', ""), book.Status{Action: 7, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid}, 7},
		{halted('N'), book.Status{Action: 7, Reason: 60, IsTrading: yes, IsQuoting: yes, IsShortSellRestrict: unsaid}, 7},
		{halted('O'), book.Status{Action: 8, Reason: 60, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('P', "NA"), book.Status{Action: 9, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 9},
		{halted('N'), book.Status{Action: 9, Reason: 60, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 9},
		{trading('H', "T1"), book.Status{Action: 8, Reason: 30, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('O', "T2"), book.Status{Action: 2, Reason: 31, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 2},
		{trading('H', "IPO1"), book.Status{Action: 8, Reason: 110, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('H', "MCB1"), book.Status{Action: 8, Reason: 120, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('H', "MCB2"), book.Status{Action: 8, Reason: 121, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('H', "MCB3"), book.Status{Action: 8, Reason: 122, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid}, 8},
		{trading('?', ""), book.Status{Action: 0, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid}, 8},
		{trading('T', ""), book.Status{Action: 7, IsTrading: yes, IsQuoting: yes, IsShortSellRestrict: unsaid}, 7},
		{wire('P', &ShortSalePriceTestStatus{u8(1), at, s, char('A')}), book.Status{Action: 14, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: yes}, 7},
		{wire('P', &ShortSalePriceTestStatus{u8(0), at, s, char('D')}), book.Status{Action: 14, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: no}, 7},
		{wire('E', &SecurityEvent{char('C'), at, s}), book.Status{Action: 12, Reason: 1, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid}, 12},
		{wire('E', &SecurityEvent{char('O'), at, s}), book.Status{Action: 7, Reason: 1, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid}, 7},
	} {
		b := decode(t, d, c.msg)
		e := only(t, b)
		if e.Kind != book.KindStatus || e.Instrument != 1 || e.TsEvent != testTime || e.Flags != book.FlagLast {
			t.Errorf("step %d: event %+v", i, e)
		}
		if got := b.Statuses[e.Aux]; got != c.want {
			t.Errorf("step %d: %+v, expected %+v", i, got, c.want)
		}
		if got := d.Directory().At(1).Status; got != c.dir {
			t.Errorf("step %d: directory status %d, expected %d", i, got, c.dir)
		}
	}
	for code, want := range map[byte]book.Status{
		'O': {Action: 15, Reason: 1, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid},
		'S': {Action: 1, Reason: 1, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid},
		'R': {Action: 7, Reason: 1, IsTrading: yes, IsQuoting: yes, IsShortSellRestrict: unsaid},
		'M': {Action: 13, Reason: 1, IsTrading: unsaid, IsQuoting: unsaid, IsShortSellRestrict: unsaid},
		'E': {Action: 12, Reason: 1, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid},
		'C': {Action: 15, Reason: 1, IsTrading: no, IsQuoting: no, IsShortSellRestrict: unsaid},
	} {
		b := decode(t, d, wire('S', &SystemEvent{char(code), at}))
		if e := only(t, b); e.Instrument != 0 || e.Flags != book.FlagLast || b.Statuses[e.Aux] != want {
			t.Errorf("system event %c: %+v %+v, expected %+v", code, e, b.Statuses[e.Aux], want)
		}
	}
}

// Directory, official prices and auction information.
func TestReference(t *testing.T) {
	d := NewTOPS(TOPS16, 4)
	all := samples()
	b := decode(t, d, all['D'])
	def := b.Definitions[only(t, b).Aux]
	if string(def.RawSymbol[:6]) != "ZIEXT\x00" || def.MinLotSizeRoundLot != 100 || def.SecurityUpdateAction != 'A' || def.InstrumentClass != 'K' ||
		string(def.Exchange[:]) != "IEXG\x00" || string(def.Currency[:]) != "USD\x00" {
		t.Errorf("definition %+v", def)
	}
	entry := d.Directory().At(1)
	if !entry.Defined || entry.LotSize != 100 || entry.Symbol.String() != "ZIEXT" || entry.ID != InstrumentID([]byte("ZIEXT")) {
		t.Errorf("directory %+v", *entry)
	}
	if b = decode(t, d, all['D']); b.Definitions[0].SecurityUpdateAction != 'M' {
		t.Errorf("second definition is %c", b.Definitions[0].SecurityUpdateAction)
	}
	id := entry.ID
	d.Reset()
	if d.Directory().Len() != 1 {
		t.Errorf("after Reset %+v", *entry)
	}
	if b = decode(t, d, all['D']); b.Definitions[0].SecurityUpdateAction != 'A' || entry.ID != id {
		t.Errorf("the next session's definition is %c, id %d, before %d", b.Definitions[0].SecurityUpdateAction, entry.ID, id)
	}

	b = decode(t, d, all['X'])
	if got, want := b.Statistics[only(t, b).Aux], (book.Statistic{TsRef: book.UndefTime, Price: 19_980_000_000, Quantity: math.MaxInt64, Type: 1, UpdateAction: 1}); got != want {
		t.Errorf("official price %+v, expected %+v", got, want)
	}
	b = decode(t, d, wire('X', &OfficialPrice{char('M'), ts(testTime), sym("ZIEXT"), price(10_000)}))
	if got := b.Statistics[0]; got.Type != 11 || got.Price != book.PriceScale {
		t.Errorf("closing price %+v", got)
	}

	b = decode(t, d, all['A'])
	want := book.Imbalance{RefPrice: 19_980_000_000, AuctionTime: 1_500_000_000e9, ContBookClrPrice: 19_990_000_000, AuctInterestClrPrice: 19_960_000_000,
		SSRFillingPrice: book.UndefPrice, IndMatchPrice: book.UndefPrice, UpperCollar: 22_000_000_000, LowerCollar: 18_000_000_000,
		PairedQty: 1000, TotalImbalanceQty: 200, MarketImbalanceQty: book.UndefQty, UnpairedQty: book.UndefQty,
		AuctionType: 'C', Side: book.Ask, NumExtensions: 2, UnpairedSide: book.NoSide, SignificantImbalance: '~'}
	if got := b.Imbalances[only(t, b).Aux]; got != want {
		t.Errorf("imbalance %+v, expected %+v", got, want)
	}
	none := AuctionInformation{AuctionType: char('O'), Timestamp: ts(testTime), Symbol: sym("ZIEXT"), ImbalanceSide: char('N')}
	b = decode(t, d, wire('A', &none))
	if got := b.Imbalances[0]; got.RefPrice != book.UndefPrice || got.LowerCollar != book.UndefPrice || got.AuctionTime != book.UndefTime || got.Side != book.NoSide {
		t.Errorf("empty auction %+v", got)
	}
}
