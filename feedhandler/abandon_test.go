package feedhandler_test

import (
	"testing"

	"wirebook/feedhandler/sim"
)

// TestAbandonKeepsTheInstruments: what a panic left behind is emptied and doubtful; the session goes on, and nobody would
// name its instruments again before tomorrow.
func TestAbandonKeepsTheInstruments(t *testing.T) {
	for _, encoding := range sim.Encodings {
		p := simPipeline(t, encoding, 1)
		day(t, encoding, 3, sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: into(p)}, nil)
		p.Flush()
		c := p.Channels()[0]
		n, first := c.Directory().Len(), c.Directory().At(1).Symbol
		p.Abandon()
		if c.Directory().Len() != n || c.Directory().At(1).Symbol != first {
			t.Errorf("%s: %d instruments of %d are left, the first is %q", encoding, c.Directory().Len()-1, n-1, c.Directory().At(1).Symbol)
		}
		if c.Suspect() != n-1 || c.Books().LiveOrders() != 0 {
			t.Errorf("%s: %d of %d books are doubtful, %d orders", encoding, c.Suspect(), n-1, c.Books().LiveOrders())
		}
	}
}
