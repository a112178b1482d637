package replay

import (
	"context"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
)

// TestTOPS15ByItsOwnProtocolID: TOPS 1.5 has an id of its own, and trade reports that are four bytes longer than those of 1.6.
// What both say is the same day.
func TestTOPS15ByItsOwnProtocolID(t *testing.T) {
	old, new := feedtest.Case(t, "01-tops15-protocol-id", "20161227_IEXTP1_TOPS1.5.pcap"), feedtest.Case(t, "01-tops15-protocol-id", "tops16.pcap")
	_, want := run(t, "iex.tops16", nil, "", new)
	_, got := run(t, "iex.tops15", nil, "", old)
	if got.Messages != 6 || got.UnitsLost != 0 || len(got.Dropped) != 0 {
		t.Fatalf("%d messages, %d lost, dropped %v; want 6 and nothing", got.Messages, got.UnitsLost, got.Dropped)
	}
	sameContent(t, "1.5", got, want)
	// Where 1.5 is told, the id of 1.6 is read as well: samples of 1.5 carry it.
	_, under16 := run(t, "iex.tops15", nil, "", new)
	sameContent(t, "1.5 under the id of 1.6", under16, want)

	// Where 1.6 is told, the file is named as what it is.
	_, err := Run(context.Background(), Options{Files: []string{old}, Profile: "iex.tops16"})
	if err == nil || !strings.Contains(err.Error(), "0x8002, which is iex.tops15") {
		t.Fatalf("read as 1.6: %v", err)
	}
}
