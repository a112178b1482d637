package live

import (
	"maps"

	"wirebook/feedhandler/live/worker"
)

// Summary is what a run ends with, in the shape of its JSON. What was counted besides is in the control file.
type Summary struct {
	Instance string `json:"instance"`
	Edge     string `json:"edge"`
	Why      string `json:"why"`
	// Gaps are the ranges no line brought, in the order they were declared; GapsUnlisted counts those beyond the list's bound.
	Gaps         []Gap             `json:"gaps"`
	GapsUnlisted uint64            `json:"gaps_unlisted"`
	GapsLost     uint64            `json:"gaps_lost"` // gaps that nothing filled, and how many units they were
	UnitsLost    uint64            `json:"units_lost"`
	GapsHealed   uint64            `json:"gaps_healed"` // gaps that a later packet filled
	Dropped      map[string]uint64 `json:"dropped"`     // datagrams there was no room for, in the kernel or between workers, by cause
	// Clocks are those of the interfaces, as they were at the end.
	Clocks []ClockSummary `json:"clocks"`
}

// Gap is a range of units, as the venue numbers them, in the shape of a replay's.
type Gap struct {
	Channel string `json:"channel"`
	First   uint64 `json:"first"`
	Count   uint64 `json:"count"`
	Healed  bool   `json:"healed"`  // those that were are counted only
	TsRecv  uint64 `json:"ts_recv"` // when it was given up
}

// maxGaps bounds the list of a long run.
const maxGaps = 1 << 16

func (s *Summary) note(g worker.GapNote) {
	switch {
	case g.Gap.Disputed: // the log says so, and the channel's counter
	case g.Gap.Healed:
		s.GapsHealed++
	default:
		s.GapsLost++
		s.UnitsLost += g.Gap.Count
		if len(s.Gaps) < maxGaps {
			s.Gaps = append(s.Gaps, Gap{Channel: g.Channel, First: g.Gap.First, Count: g.Gap.Count, TsRecv: g.Gap.TsRecv})
		} else {
			s.GapsUnlisted++
		}
	}
}

// Summary says how the run went. Call it after Run.
func (h *Handler) Summary() Summary {
	s := h.summary
	s.Instance, s.Edge, s.Why, s.Dropped = h.config.Instance, h.edge.Name, h.edge.Why, maps.Clone(h.dropped)
	return s
}
