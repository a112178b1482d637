package nasdaq

import (
	"testing"

	"wirebook/book"
)

func TestBBO21Quotes(t *testing.T) {
	for _, c := range []struct {
		name     string
		fields   map[string]any
		bid, ask int64
		bidQty   uint64
		askQty   uint64
	}{
		{"both sides", map[string]any{"psx_best_bid_price": 10_000, "psx_best_bid_size": 3, "psx_best_offer_price": 20_000, "psx_best_offer_size": 4},
			book.PriceScale, 2 * book.PriceScale, 3, 4},
		{"no bid", map[string]any{"psx_best_bid_price": 0, "psx_best_bid_size": 0, "psx_best_offer_price": 20_000, "psx_best_offer_size": 4},
			book.UndefPrice, 2 * book.PriceScale, 0, 4},
		{"no size", map[string]any{"psx_best_bid_price": 10_000, "psx_best_bid_size": 0, "psx_best_offer_price": 0, "psx_best_offer_size": 4},
			book.UndefPrice, book.UndefPrice, 0, 0},
	} {
		b := decodeOne(t, NewBBO21(10, 0), with(t, &bboTables, 'Q', c.fields))
		want := []book.Event{
			{Kind: book.KindQuote, Side: book.Bid, Price: c.bid, Qty: c.bidQty, Flags: book.FlagTOB, Instrument: 1, TsEvent: midnightAt + 1, Seq: 41},
			{Kind: book.KindQuote, Side: book.Ask, Price: c.ask, Qty: c.askQty, Flags: book.FlagTOB | book.FlagLast, Instrument: 1, TsEvent: midnightAt + 1, Seq: 41},
		}
		if len(b.Events) != 2 || b.Events[0] != want[0] || b.Events[1] != want[1] {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, b.Events, want)
		}
	}
}

func TestBBO21Rest(t *testing.T) {
	for _, c := range []struct {
		code       byte
		fields     map[string]any
		kind       book.Kind
		instrument uint32
		want       book.Status
	}{
		{'S', map[string]any{"event_code": "Q"}, book.KindStatus, 0, book.Status{Action: 7, Reason: 1, IsTrading: 'Y', IsQuoting: 'Y', IsShortSellRestrict: '~'}},
		{'W', map[string]any{"breached_level": "1"}, book.KindStatus, 0, book.Status{Action: 8, Reason: 120, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}},
		{'H', map[string]any{"current_trading_state": "P", "reason": "LUDP"}, book.KindStatus, 1, book.Status{Action: 9, Reason: 50, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}},
		{'Y', map[string]any{"reg_sho_action": "1"}, book.KindStatus, 1, book.Status{Action: 14, IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: 'Y'}},
		{'h', map[string]any{"operational_halt_action": "H"}, book.KindStatus, 1, book.Status{Action: 8, Reason: 60, IsTrading: 'N', IsQuoting: '~', IsShortSellRestrict: '~'}},
		{'V', nil, book.KindNone, 0, book.Status{}},
		{'A', nil, book.KindNone, 1, book.Status{}},
		{'R', nil, book.KindDefinition, 1, book.Status{}},
	} {
		b := decodeOne(t, NewBBO21(10, 0), with(t, &bboTables, c.code, c.fields))
		e := b.Events[0]
		if len(b.Events) != 1 || e.Kind != c.kind || e.Instrument != c.instrument || e.Flags != book.FlagLast || e.TsEvent != midnightAt+1 {
			t.Errorf("%q: %+v", c.code, b.Events)
		}
		if c.kind == book.KindStatus && b.Statuses[0] != c.want {
			t.Errorf("%q: %+v, want %+v", c.code, b.Statuses[0], c.want)
		}
	}
}

func TestBBO21Directory(t *testing.T) {
	d := NewBBO21(2, 0)
	quote := func(stock string) []byte { return with(t, &bboTables, 'Q', map[string]any{"stock": stock}) }
	decodeOne(t, d, quote("ZVZZT"))
	decodeOne(t, d, with(t, &bboTables, 'R', map[string]any{"stock": "ZVZZT", "round_lot_size": 100}))
	decodeOne(t, d, quote("NTEST"))
	if fault := d.Decode(newBatch(), quote("THIRD")); fault != book.FaultDirectoryFull {
		t.Errorf("a third stock of two: %v", fault)
	}
	first := *d.Directory().At(1)
	if first.Symbol.String() != "ZVZZT" || !first.Defined || first.LotSize != 100 || first.ID == 0 {
		t.Errorf("%+v", first)
	}
	// The id depends on the stock alone, so a process that joins late publishes the same one.
	late := NewBBO21(2, 0)
	decodeOne(t, late, quote("NTEST"))
	decodeOne(t, late, quote("ZVZZT"))
	if got := late.Directory().At(2).ID; got != first.ID {
		t.Errorf("id %d in another order, want %d", got, first.ID)
	}
}
