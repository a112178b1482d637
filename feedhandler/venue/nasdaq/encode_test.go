package nasdaq

import (
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler/venue/layout"
)

// TestEncodeInspect encodes each message with telling values and reads it back field by field.
func TestEncodeInspect(t *testing.T) {
	h := Head{Locate: 258, Tracking: 3, TimeNS: 0x0102_0304_0506}
	head := "stock_locate=258 tracking_number=3 timestamp=1108152157446 "
	stock := &[8]byte{'A', 'B', 'C', ' ', ' ', ' ', ' ', ' '}
	for _, c := range []struct {
		msg  []byte
		want string
	}{
		{AppendAddOrder(nil, h, 7, 'S', 300, stock, 125_000),
			"A " + head + "order_reference_number=7 buy_sell_indicator=S shares=300 stock=ABC price=125000"},
		{AppendAddOrderMPID(nil, h, 7, 'B', 300, stock, 125_000, [4]byte{'M', 'P', 'I', 'D'}),
			"F " + head + "order_reference_number=7 buy_sell_indicator=B shares=300 stock=ABC price=125000 attribution=MPID"},
		{AppendOrderExecuted(nil, h, 7, 100, 9), "E " + head + "order_reference_number=7 executed_shares=100 match_number=9"},
		{AppendOrderExecutedWithPrice(nil, h, 7, 100, 9, 'N', 55),
			"C " + head + "order_reference_number=7 executed_shares=100 match_number=9 printable=N execution_price=55"},
		{AppendOrderCancel(nil, h, 7, 60), "X " + head + "order_reference_number=7 "},
		{AppendOrderDelete(nil, h, 7), "D " + head + "order_reference_number=7"},
		{AppendOrderReplace(nil, h, 7, 8, 50, 44),
			"U " + head + "original_order_reference_number=7 new_order_reference_number=8 shares=50 price=44"},
		{AppendTrade(nil, h, 0, 'B', 5, stock, 44, 12),
			"P " + head + "order_reference_number=0 buy_sell_indicator=B shares=5 stock=ABC price=44 match_number=12"},
		{AppendCrossTrade(nil, h, 500, stock, 44, 12, 'O'),
			"Q " + head + "cross_shares=500 stock=ABC cross_price=44 match_number=12 cross_type=O"},
		{AppendBrokenTrade(nil, h, 12), "B " + head + "match_number=12"},
		{AppendSystemEvent(nil, h, 'Q'), "S " + head + "event_code=Q"},
		{AppendStockDirectory(nil, h, stock, 'Q', 100),
			"R " + head + "stock=ABC market_category=Q financial_status_indicator=N round_lot_size=100 round_lots_only=N "},
		{AppendTradingAction(nil, h, stock, 'H', [4]byte{'T', '1', ' ', ' '}),
			"H " + head + "stock=ABC trading_state=H reserved= reason=T1"},
		{AppendRegSHO(nil, h, stock, '2'), "Y locate_code=258 tracking_number=3 timestamp=1108152157446 stock=ABC reg_sho_action=2"},
		{AppendParticipant(nil, h, [4]byte{'M', 'P', 'I', 'D'}, stock),
			"L " + head + "mpid=MPID stock=ABC primary_market_maker=Y market_maker_mode=N market_participant_state=A"},
		{AppendBreakerLevels(nil, h, 3, 2, 1), "V " + head + "level_1=3 level_2=2 level_3=1"},
		{AppendIPOQuoting(nil, h, stock, 36000, 'A', 17),
			"K " + head + "stock=ABC ipo_quotation_release_time=36000 ipo_quotation_release_qualifier=A ipo_price=17"},
		{AppendAuctionCollar(nil, h, stock, 4, 6, 2, 1),
			"J " + head + "stock=ABC auction_collar_reference_price=4 upper_auction_collar_price=6 lower_auction_collar_price=2 auction_collar_extension=1"},
		{AppendOperationalHalt(nil, h, stock, 'Q', 'T'), "h " + head + "stock=ABC market_code=Q operational_halt_action=T"},
		{AppendImbalance(nil, h, Imbalance{Stock: *stock, Paired: 5, Shares: 6, Direction: 'S', Far: 1, Near: 2, Reference: 3, CrossType: 'C', Variation: 'L'}),
			"I " + head + "paired_shares=5 imbalance_shares=6 imbalance_direction=S stock=ABC far_price=1 near_price=2 current_reference_price=3 cross_type=C price_variation_indicator=L"},
		{AppendRetailInterest(nil, h, stock, 'A'), "N " + head + "stock=ABC interest_flag=A"},
	} {
		in := NewITCH50(10, 0).Inspect(c.msg)
		if in.Truncated || in.Unknown || len(in.Leftover) > 0 {
			t.Errorf("%s: truncated %v, unknown %v, %d bytes left", in.Type, in.Truncated, in.Unknown, len(in.Leftover))
		}
		if have := in.Type + " " + spell(in.Fields); !strings.HasPrefix(have, c.want) {
			t.Errorf("have %s\nwant %s", have, c.want)
		}
	}
}

func spell(values []layout.Value) string {
	var words []string
	for _, v := range values {
		switch {
		case v.Name == "message_type":
		case v.Kind == layout.Uint:
			words = append(words, fmt.Sprintf("%s=%d", v.Name, v.Uint))
		default:
			words = append(words, fmt.Sprintf("%s=%s", v.Name, v.Text))
		}
	}
	return strings.Join(words, " ")
}

// TestEncodeAllocates nothing where there is room.
func TestEncodeAllocates(t *testing.T) {
	dst := make([]byte, 0, 64)
	stock := &[8]byte{}
	if n := testing.AllocsPerRun(100, func() {
		dst = AppendAddOrderMPID(dst[:0], Head{}, 1, 'B', 1, stock, 1, [4]byte{})
		dst = AppendOrderReplace(dst[:0], Head{}, 1, 2, 1, 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
