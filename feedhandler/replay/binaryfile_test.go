package replay

import (
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
)

// Case 06: two days joined, the first ended by a length of 0.
func TestBinaryFILEOfTwoDays(t *testing.T) {
	var got collector
	_, s := run(t, "nasdaq.itch50", &got, "", feedtest.Case(t, "06-binaryfile-zero-length", "cat-06022025.NASDAQ_ITCH50"))
	told := false
	for _, w := range s.Warnings {
		told = told || strings.Contains(w, "a length of 0")
	}
	if s.Messages != 52 || !told {
		t.Errorf("%d messages, want 52; warnings %q", s.Messages, s.Warnings)
	}
	for _, r := range got.mbo {
		if r.TsRecv != r.TsEvent && r.Action != 'R' {
			t.Errorf("order %d received at %d, happened at %d", r.OrderID, r.TsRecv, r.TsEvent)
		}
	}
}
