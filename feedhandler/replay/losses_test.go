package replay

import (
	"testing"

	"wirebook/feedhandler/sim"
)

// TestLossesOfALine: what the lines themselves did not bring is listed range by range, with its time; what was only
// reordered is not.
func TestLossesOfALine(t *testing.T) {
	merged, _, _, _ := simDay(t, sim.ITCH50)
	for _, path := range []string{merged, laggingDay(t, 3_000_000, 50_000)} {
		_, s := run(t, "nasdaq.itch50", nil, "", path)
		for _, l := range s.Lines {
			var sum uint64
			for _, r := range l.Losses {
				sum += r.Count
				if r.TsRecv == 0 || r.Count == 0 {
					t.Errorf("line %s: %+v", l.Name, r)
				}
			}
			if sum != l.Lost || sum == 0 || l.LossesUnlisted != 0 {
				t.Errorf("line %s lost %d, %d are listed in %d ranges, %d ranges untold", l.Name, l.Lost, sum, len(l.Losses), l.LossesUnlisted)
			}
		}
	}
}
