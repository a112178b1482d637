package replay

import (
	"testing"

	"wirebook/feedhandler/feedtest"
)

// Case 21: a session that goes on after midnight in New York.
func TestReplayOverMidnight(t *testing.T) {
	var got collector
	_, s := run(t, "nasdaq.itch50", &got, "", feedtest.Case(t, "21-over-midnight", "itch-midnight.pcap"))
	const midnight = 1_748_923_200_000_000_000 // 3 June 2025, 00:00 in New York
	var orders []uint64
	for _, r := range got.mbo {
		orders = append(orders, r.TsEvent)
		if off := int64(r.TsRecv - r.TsEvent); off < 0 || off > 2e9 {
			t.Errorf("order %d: %d ns between event and receipt", r.OrderID, off)
		}
	}
	if len(orders) < 3 || orders[0] >= midnight || orders[len(orders)-1] != midnight+2_000_000_000 {
		t.Errorf("times %d, %v", orders, s.Dropped)
	}
}
