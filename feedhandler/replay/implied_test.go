package replay

import (
	"testing"

	"wirebook/feedhandler/feedtest"
)

// TestImpliedLevelsAreCounted: implied bids and offers are in no schema, and the summary says how many there were.
func TestImpliedLevelsAreCounted(t *testing.T) {
	_, s := run(t, "cme.mdp3", nil, "", feedtest.Case(t, "20-cme-implied", "cme-implied.pcap"))
	if s.Implied != 2 || s.Records["mbp-10"] != 3 || len(s.Dropped) != 0 {
		t.Errorf("%d implied levels counted, want 2; records %v, not used %v", s.Implied, s.Records, s.Dropped)
	}
}
