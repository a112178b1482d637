package live

import "wirebook/feedhandler/live/worker"

// Summary is what a run ends with, in the shape of its JSON. What was counted besides is in the control file.
type Summary struct {
	Instance string `json:"instance"`
	Edge     string `json:"edge"`
	Why      string `json:"why"`
	// Lost are the ranges no line brought, in the order they were declared; Unlisted counts those beyond the list's bound.
	Lost     []Lost `json:"lost"`
	Unlisted uint64 `json:"unlisted"`
	Healed   uint64 `json:"healed"` // gaps that a later packet filled
	Drops    uint64 `json:"drops"`  // datagrams there was no room for, in the kernel or between workers
	// Clocks are those of the interfaces, as they were at the end.
	Clocks []ClockSummary `json:"clocks"`
}

// Lost is a range of units, as the venue numbers them.
type Lost struct {
	Channel string `json:"channel"`
	First   uint64 `json:"first"`
	Count   uint64 `json:"count"`
}

// maxLost bounds the list of a long run.
const maxLost = 1 << 16

func (s *Summary) note(g worker.GapNote) {
	switch {
	case g.Gap.Disputed: // the log says so, and the channel's counter
	case g.Gap.Healed:
		s.Healed++
	case len(s.Lost) < maxLost:
		s.Lost = append(s.Lost, Lost{g.Channel, g.Gap.First, g.Gap.Count})
	default:
		s.Unlisted++
	}
}

// Summary says how the run went. Call it after Run.
func (h *Handler) Summary() Summary {
	s := h.summary
	s.Instance, s.Edge, s.Why, s.Drops = h.config.Instance, h.edge.Name, h.edge.Why, h.dropped
	return s
}
