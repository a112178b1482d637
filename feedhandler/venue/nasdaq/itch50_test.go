package nasdaq

import (
	"testing"

	"wirebook/book"
)

// TestITCH50OrderFlow holds each order and trade message against the event it must become, every field.
func TestITCH50OrderFlow(t *testing.T) {
	const at = 34_199_999_836_649 // ns since midnight
	event := func(k book.Kind, e book.Event) book.Event {
		e.Kind, e.Instrument, e.Seq, e.Flags, e.TsEvent = k, 1, 41, book.FlagLast, midnightAt+at
		return e
	}
	for _, c := range []struct {
		name   string
		code   byte
		fields map[string]any
		want   book.Event
	}{
		{"add buy", 'A', map[string]any{"order_reference_number": 5, "buy_sell_indicator": "B", "shares": 300, "price": 242_700},
			event(book.KindAdd, book.Event{OrderID: 5, Side: book.Bid, Qty: 300, Price: 24_270_000_000})},
		{"add sell with participant", 'F', map[string]any{"order_reference_number": 1 << 40, "buy_sell_indicator": "S", "shares": 1, "price": 1},
			event(book.KindAdd, book.Event{OrderID: 1 << 40, Side: book.Ask, Qty: 1, Price: 100_000})},
		{"add at the highest price", 'A', map[string]any{"order_reference_number": 5, "shares": 1<<32 - 1, "price": 1<<32 - 1},
			event(book.KindAdd, book.Event{OrderID: 5, Side: book.Bid, Qty: 1<<32 - 1, Price: 429_496_729_500_000})},
		{"executed", 'E', map[string]any{"order_reference_number": 5, "executed_shares": 7, "match_number": 99},
			event(book.KindExecute, book.Event{OrderID: 5, Qty: 7, Ref: 99})},
		{"executed at a price", 'C', map[string]any{"order_reference_number": 5, "executed_shares": 7, "match_number": 99, "printable": "Y", "execution_price": 10_000},
			event(book.KindExecuteAt, book.Event{OrderID: 5, Qty: 7, Ref: 99, Price: book.PriceScale})},
		{"executed, not printable", 'C', map[string]any{"order_reference_number": 5, "executed_shares": 7, "match_number": 99, "printable": "N", "execution_price": 10_000},
			event(book.KindExecuteAt, book.Event{OrderID: 5, Qty: 7, Ref: 99, Price: book.PriceScale, Attr: book.AttrNonPrintable})},
		{"cancel", 'X', map[string]any{"order_reference_number": 5, "canceled_shares": 7},
			event(book.KindReduce, book.Event{OrderID: 5, Qty: 7})},
		{"delete", 'D', map[string]any{"order_reference_number": 5}, event(book.KindDelete, book.Event{OrderID: 5})},
		{"replace", 'U', map[string]any{"original_order_reference_number": 5, "new_order_reference_number": 6, "shares": 100, "price": 1_062_600},
			event(book.KindReplace, book.Event{OrderID: 6, Ref: 5, Qty: 100, Price: 106_260_000_000})},
		{"hidden trade, side withheld", 'P', map[string]any{"order_reference_number": 0, "buy_sell_indicator": "B", "shares": 9, "price": 20_000, "match_number": 3},
			event(book.KindTrade, book.Event{Qty: 9, Price: 2 * book.PriceScale, Ref: 3, Side: book.NoSide, Attr: book.AttrHidden})},
		{"hidden trade against a seller", 'P', map[string]any{"order_reference_number": 8, "buy_sell_indicator": "S", "shares": 9, "price": 20_000, "match_number": 3},
			event(book.KindTrade, book.Event{OrderID: 8, Qty: 9, Price: 2 * book.PriceScale, Ref: 3, Side: book.Bid, Attr: book.AttrHidden})},
		{"cross", 'Q', map[string]any{"cross_shares": 1 << 33, "cross_price": 20_000, "match_number": 3, "cross_type": "O"},
			event(book.KindTrade, book.Event{Qty: 1 << 33, Price: 2 * book.PriceScale, Ref: 3, Side: book.NoSide, Attr: book.AttrCross})},
		{"cross without interest", 'Q', map[string]any{"cross_shares": 0, "cross_price": 0}, event(book.KindNone, book.Event{})},
		{"broken trade", 'B', map[string]any{"match_number": 3}, event(book.KindTradeBreak, book.Event{Ref: 3})},
		{"market participant position", 'L', nil, event(book.KindNone, book.Event{})},
		{"retail interest", 'N', nil, event(book.KindNone, book.Event{})},
	} {
		if c.fields == nil {
			c.fields = map[string]any{}
		}
		c.fields["timestamp"] = at
		b := decodeOne(t, NewITCH50(10, 0), with(t, &itchTables, c.code, c.fields))
		if len(b.Events) != 1 || b.Events[0] != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, b.Events, c.want)
		}
	}
}

func TestITCH50Status(t *testing.T) {
	for _, c := range []struct {
		name       string
		code       byte
		fields     map[string]any
		instrument uint32
		want       book.Status
		directory  uint8
	}{
		{"start of messages", 'S', map[string]any{"event_code": "O"}, 0, book.Status{Action: 1, Reason: 1, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 0},
		{"start of system hours", 'S', map[string]any{"event_code": "S"}, 0, book.Status{Action: 1, Reason: 1, IsTrading: 'Y', IsQuoting: 'Y', IsShortSellRestrict: '~'}, 0},
		{"market opens", 'S', map[string]any{"event_code": "Q"}, 0, book.Status{Action: 7, Reason: 1, IsTrading: 'Y', IsQuoting: 'Y', IsShortSellRestrict: '~'}, 0},
		{"market closes", 'S', map[string]any{"event_code": "M"}, 0, book.Status{Action: 12, Reason: 1, IsTrading: 'Y', IsQuoting: 'Y', IsShortSellRestrict: '~'}, 0},
		{"end of system hours", 'S', map[string]any{"event_code": "E"}, 0, book.Status{Action: 13, Reason: 1, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 0},
		{"end of messages", 'S', map[string]any{"event_code": "C"}, 0, book.Status{Action: 15, Reason: 1, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 0},
		{"unknown event", 'S', map[string]any{"event_code": "?"}, 0, book.Status{IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: '~'}, 0},
		{"halt", 'H', map[string]any{"trading_state": "H", "reason": "T1"}, 1, book.Status{Action: 8, Reason: 30, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 8},
		{"pause, zero padded", 'H', map[string]any{"trading_state": "P", "reason": "T5\x00\x00"}, 1, book.Status{Action: 9, Reason: 50, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 9},
		{"quoting", 'H', map[string]any{"trading_state": "Q", "reason": "IPOQ"}, 1, book.Status{Action: 3, Reason: 110, IsTrading: 'N', IsQuoting: 'Y', IsShortSellRestrict: '~'}, 3},
		{"trading", 'H', map[string]any{"trading_state": "T", "reason": ""}, 1, book.Status{Action: 7, IsTrading: 'Y', IsQuoting: 'Y', IsShortSellRestrict: '~'}, 7},
		{"no short sale test", 'Y', map[string]any{"reg_sho_action": "0"}, 1, book.Status{Action: 14, IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: 'N'}, 0},
		{"short sale test", 'Y', map[string]any{"reg_sho_action": "1"}, 1, book.Status{Action: 14, IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: 'Y'}, 0},
		{"short sale test remains", 'Y', map[string]any{"reg_sho_action": "2"}, 1, book.Status{Action: 14, IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: 'Y'}, 0},
		{"operational halt", 'h', map[string]any{"operational_halt_action": "H"}, 1, book.Status{Action: 8, Reason: 60, IsTrading: 'N', IsQuoting: '~', IsShortSellRestrict: '~'}, 0},
		{"operational resumption", 'h', map[string]any{"operational_halt_action": "T"}, 1, book.Status{Action: 7, Reason: 60, IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: '~'}, 0},
		{"circuit breaker", 'W', map[string]any{"breached_level": "2"}, 0, book.Status{Action: 8, Reason: 121, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 0},
		{"circuit breaker, unknown level", 'W', map[string]any{"breached_level": "9"}, 0, book.Status{Action: 8, Reason: 3, IsTrading: 'N', IsQuoting: 'N', IsShortSellRestrict: '~'}, 0},
	} {
		d := NewITCH50(10, 0)
		b := decodeOne(t, d, with(t, &itchTables, c.code, c.fields))
		if len(b.Events) != 1 || len(b.Statuses) != 1 {
			t.Fatalf("%s: %+v", c.name, b.Events)
		}
		e := b.Events[0]
		if e.Kind != book.KindStatus || e.Flags != book.FlagLast || e.Instrument != c.instrument || e.TsEvent != midnightAt+1 || b.Statuses[0] != c.want {
			t.Errorf("%s:\n got %+v of %+v\nwant %+v", c.name, b.Statuses[0], e, c.want)
		}
		if c.instrument != 0 && d.Directory().At(1).Status != c.directory {
			t.Errorf("%s: the directory has status %d, want %d", c.name, d.Directory().At(1).Status, c.directory)
		}
	}
}

func TestITCH50Imbalance(t *testing.T) {
	blank := book.NewBatch(1)
	_, absent := blank.AddImbalance()
	for _, c := range []struct {
		direction string
		side      book.Side
	}{{"B", book.Bid}, {"S", book.Ask}, {"N", book.NoSide}, {"O", book.NoSide}, {"P", book.NoSide}} {
		msg := with(t, &itchTables, 'I', map[string]any{
			"paired_shares": 1 << 34, "imbalance_shares": 500, "imbalance_direction": c.direction, "far_price": 0,
			"near_price": 20_000, "current_reference_price": 30_000, "cross_type": "C", "price_variation_indicator": "L",
		})
		b := decodeOne(t, NewITCH50(10, 0), msg)
		want := *absent
		want.RefPrice, want.ContBookClrPrice = 3*book.PriceScale, 2*book.PriceScale
		want.PairedQty, want.TotalImbalanceQty = 1<<34, 500
		want.AuctionType, want.SignificantImbalance, want.Side = 'C', 'L', c.side
		if len(b.Events) != 1 || b.Events[0].Kind != book.KindImbalance || b.Events[0].Flags != book.FlagLast || b.Imbalances[0] != want {
			t.Errorf("direction %s:\n got %+v\nwant %+v", c.direction, b.Imbalances, want)
		}
	}
	b := decodeOne(t, NewITCH50(10, 0), with(t, &itchTables, 'I', map[string]any{"far_price": 10_000, "near_price": 0, "current_reference_price": 0}))
	if im := b.Imbalances[0]; im.AuctInterestClrPrice != book.PriceScale || im.ContBookClrPrice != book.UndefPrice || im.RefPrice != book.UndefPrice {
		t.Errorf("far price only: %+v", im)
	}
}

// TestITCH50Statistics: messages of several events close the last one only.
func TestITCH50Statistics(t *testing.T) {
	const null = 1<<63 - 1
	stat := func(kind uint16, price int64, ref uint64, update uint8) book.Statistic {
		return book.Statistic{Type: kind, Price: price, Quantity: null, TsRef: ref, UpdateAction: update}
	}
	for _, c := range []struct {
		name   string
		code   byte
		fields map[string]any
		want   []book.Statistic
		events int
	}{
		{"collar", 'J', map[string]any{"upper_auction_collar_price": 20_000, "lower_auction_collar_price": 10_000},
			[]book.Statistic{stat(17, 2*book.PriceScale, book.UndefTime, 1), stat(18, book.PriceScale, book.UndefTime, 1)}, 2},
		{"IPO anticipated", 'K', map[string]any{"ipo_quotation_release_time": 36_000, "ipo_quotation_release_qualifier": "A", "ipo_price": 150_000},
			[]book.Statistic{stat(2, 15*book.PriceScale, midnightAt+36_000_000_000_000, 1)}, 2},
		{"IPO cancelled", 'K', map[string]any{"ipo_quotation_release_time": 0, "ipo_quotation_release_qualifier": "C", "ipo_price": 0},
			[]book.Statistic{stat(2, book.UndefPrice, book.UndefTime, 2)}, 2},
		{"direct listing", 'O', map[string]any{"near_execution_price": 30_000, "near_execution_time": 77, "lower_price_range_collar": 10_000, "upper_price_range_collar": 20_000},
			[]book.Statistic{stat(17, 2*book.PriceScale, book.UndefTime, 1), stat(18, book.PriceScale, book.UndefTime, 1), stat(2, 3*book.PriceScale, midnightAt+77, 1)}, 3},
		{"circuit breaker levels", 'V', nil, nil, 1},
	} {
		b := decodeOne(t, NewITCH50(10, 0), with(t, &itchTables, c.code, c.fields))
		if len(b.Events) != c.events || len(b.Statistics) != len(c.want) {
			t.Fatalf("%s: %+v", c.name, b.Events)
		}
		for i, want := range c.want {
			if b.Statistics[i] != want {
				t.Errorf("%s: %+v, want %+v", c.name, b.Statistics[i], want)
			}
		}
		for i, e := range b.Events {
			if last := i == len(b.Events)-1; (e.Flags == book.FlagLast) != last || e.TsEvent != midnightAt+1 {
				t.Errorf("%s: event %d: %+v", c.name, i, e)
			}
		}
	}
}

func TestITCH50BadValues(t *testing.T) {
	d := NewITCH50(2, 0)
	b := newBatch()
	for _, c := range []struct {
		name string
		msg  []byte
		want book.Fault
	}{
		{"no message", nil, book.FaultTruncated},
		{"a side that is none", with(t, &itchTables, 'A', map[string]any{"buy_sell_indicator": "X"}), book.FaultBadValue},
		{"an order of the channel", with(t, &itchTables, 'A', map[string]any{"stock_locate": 0}), book.FaultBadValue},
		{"a delete of the channel", with(t, &itchTables, 'D', map[string]any{"stock_locate": 0}), book.FaultBadValue},
		{"a halt of the channel", with(t, &itchTables, 'H', map[string]any{"stock_locate": 0}), book.FaultBadValue},
		{"first stock", with(t, &itchTables, 'A', map[string]any{"stock_locate": 65_535}), book.FaultNone},
		{"second stock", with(t, &itchTables, 'E', map[string]any{"stock_locate": 1}), book.FaultNone},
		{"one too many", with(t, &itchTables, 'D', map[string]any{"stock_locate": 2}), book.FaultDirectoryFull},
		{"one too many by name", with(t, &itchTables, 'R', map[string]any{"stock_locate": 2}), book.FaultDirectoryFull},
		{"first stock again", with(t, &itchTables, 'X', map[string]any{"stock_locate": 65_535}), book.FaultNone},
	} {
		before := len(b.Events)
		if got := d.Decode(b, c.msg); got != c.want || (len(b.Events) > before) != (got == book.FaultNone) {
			t.Errorf("%s: %v and %d events, want %v", c.name, got, len(b.Events)-before, c.want)
		}
	}
}
