package iex

import (
	"bytes"
	"math"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// counts is how full a batch's tables are.
func counts(b *book.Batch) [5]int {
	return [5]int{len(b.Events), len(b.Statuses), len(b.Imbalances), len(b.Statistics), len(b.Definitions)}
}

// Every type of every feed: cut at each byte it is truncated and appends nothing; whole or longer it decodes; the
// input stays as it was; types a feed lacks are unknown.
func TestEveryTypeEveryLength(t *testing.T) {
	all := samples()
	for _, f := range feeds {
		types := 0
		for code := 0; code < 256; code++ {
			d := f.make(4)
			msg, known := all[byte(code)], f.table[code] != nil
			if !known {
				msg := append([]byte{byte(code)}, make([]byte, 100)...)
				b := newBatch()
				if fault := d.Decode(b, msg); fault != book.FaultUnknownType || counts(b) != [5]int{} {
					t.Errorf("%s %#x: %v", f.name, code, fault)
				}
				if in := d.Inspect(msg); !in.Unknown || len(in.Leftover) != 100 || in.Type != layout.CodeOf(byte(code)) {
					t.Errorf("%s %#x: inspect %+v", f.name, code, in)
				}
				continue
			}
			types++
			if msg == nil {
				t.Fatalf("no sample of %c", code)
			}
			if len(msg) != 1+f.table[code].Size {
				t.Errorf("%s %c: %d bytes, layout %d", f.name, code, len(msg), f.table[code].Size)
			}
			for n := 0; n < len(msg); n++ {
				b := newBatch()
				if fault := d.Decode(b, msg[:n:n]); fault != book.FaultTruncated || counts(b) != [5]int{} {
					t.Errorf("%s %c cut to %d: %v", f.name, code, n, fault)
				}
				if in := d.Inspect(msg[:n:n]); !in.Truncated {
					t.Errorf("%s %c cut to %d: inspect %+v", f.name, code, n, in)
				}
			}
			if d.Directory().Len() != 1 {
				t.Errorf("%s %c: a cut message made an instrument", f.name, code)
			}
			longer := append(bytes.Clone(msg), 1, 2, 3)
			before := bytes.Clone(longer)
			for _, m := range [][]byte{longer[:len(msg)], longer} {
				b := decode(t, d, m)
				if n := len(b.Events); n == 0 || b.Events[n-1].Flags&book.FlagLast == 0 {
					t.Errorf("%s %c: events %+v", f.name, code, b.Events)
				}
			}
			if in := d.Inspect(longer); len(in.Leftover) != 3 || in.Name != f.table[code].Name || in.Truncated {
				t.Errorf("%s %c: inspect %+v", f.name, code, in)
			}
			if !bytes.Equal(before, longer) {
				t.Errorf("%s %c: the input was written", f.name, code)
			}
		}
		if want := map[string]int{"tops15": 11, "tops16": 12, "deep": 13, "deepplus": 14}[f.name]; types != want {
			t.Errorf("%s: %d message types, expected %d", f.name, types, want)
		}
	}
}

// Prices that do not fit, times before 1970 and codes no record can carry are bad values and change nothing.
func TestBadValues(t *testing.T) {
	const over, under = largestPrice + 1, -largestPrice - 1
	at, s := ts(testTime), sym("ZIEXT")
	bad := map[string][]byte{
		"level over":     wire('8', &PriceLevelUpdate{u8(1), at, s, u32(1), price(over)}),
		"level under":    wire('5', &PriceLevelUpdate{u8(1), at, s, u32(1), price(under)}),
		"level minimum":  wire('5', &PriceLevelUpdate{u8(1), at, s, u32(1), price(math.MinInt64)}),
		"level maximum":  wire('5', &PriceLevelUpdate{u8(1), at, s, u32(1), price(math.MaxInt64)}),
		"level time":     wire('8', &PriceLevelUpdate{u8(1), ts(-1), s, u32(1), price(1)}),
		"quote bid":      wire('Q', &QuoteUpdate{u8(0), at, s, u32(1), price(over), price(1), u32(1)}),
		"quote ask":      wire('Q', &QuoteUpdate{u8(0), at, s, u32(1), price(1), price(over), u32(1)}),
		"quote time":     wire('Q', &QuoteUpdate{u8(0), ts(-1), s, u32(1), price(1), price(1), u32(1)}),
		"trade":          wire('T', &TradeReport{u8(0), at, s, u32(1), price(over), u64(1)}),
		"break time":     wire('B', &TradeReport{u8(0), ts(-1), s, u32(1), price(1), u64(1)}),
		"add":            wire('a', &AddOrder{char('8'), at, s, u64(1), u32(1), price(over)}),
		"add side":       wire('a', &AddOrder{char('B'), at, s, u64(1), u32(1), price(1)}),
		"add time":       wire('a', &AddOrder{char('5'), ts(-1), s, u64(1), u32(1), price(1)}),
		"modify":         wire('M', &OrderModify{u8(0), at, s, u64(1), u32(1), price(over)}),
		"execute":        wire('L', &OrderExecuted{u8(0), at, s, u64(1), u32(1), price(over), u64(1)}),
		"clear time":     wire('C', &ClearBook{char(' '), ts(-1), s}),
		"system time":    wire('S', &SystemEvent{char('O'), ts(-1)}),
		"official type":  wire('X', &OfficialPrice{char('?'), at, s, price(1)}),
		"official price": wire('X', &OfficialPrice{char('Q'), at, s, price(over)}),
		"lot":            wire('D', &SecurityDirectory{u8(0), at, s, u32(math.MaxUint32), price(1), u8(0)}),
		"collar":         wire('A', &AuctionInformation{AuctionType: char('O'), Timestamp: at, Symbol: s, UpperAuctionCollar: price(over)}),
	}
	tried := map[string]bool{}
	for name, msg := range bad {
		for _, f := range feeds {
			if f.table[msg[0]] == nil {
				continue
			}
			tried[name] = true
			d, b := f.make(4), newBatch()
			if fault := d.Decode(b, msg); fault != book.FaultBadValue || counts(b) != [5]int{} || d.Directory().Len() != 1 {
				t.Errorf("%s %s: %v, tables %v", f.name, name, fault, counts(b))
			}
		}
		if !tried[name] {
			t.Errorf("%s: no feed has the type", name)
		}
	}
	for _, wirePrice := range []int64{largestPrice, -largestPrice} {
		b := decode(t, NewDEEP(1), wire('8', &PriceLevelUpdate{u8(1), at, s, u32(1), price(wirePrice)}))
		if got := b.Events[0].Price; got != wirePrice*priceUnit || got == book.UndefPrice || got/priceUnit != wirePrice {
			t.Errorf("price %d became %d", wirePrice, got)
		}
	}
}

// Nothing is allocated once a batch has its size and the symbols are known.
func TestNoAllocation(t *testing.T) {
	all := samples()
	for _, f := range feeds {
		d, b := f.make(4), newBatch()
		var msgs [][]byte
		for code := range f.table {
			if f.table[code] != nil {
				msgs = append(msgs, all[byte(code)])
			}
		}
		run := func() {
			b.Reset()
			b.BeginPacket(book.Packet{})
			for _, m := range msgs {
				if fault := d.Decode(b, m); fault != book.FaultNone {
					t.Fatal(f.name, fault)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", f.name, n)
		}
	}
	payload, spans := segment(), make([]framing.Span, 0, 8)
	tp := TP{ProtocolDEEP}
	if n := testing.AllocsPerRun(100, func() {
		var h framing.Header
		if tp.Header(payload, &h) != framing.FaultNone {
			t.Fatal("header")
		}
		spans, _ = tp.Split(spans[:0], payload, &h)
	}); n != 0 {
		t.Errorf("framing: %v allocations", n)
	}
}
