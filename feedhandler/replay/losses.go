package replay

import (
	"slices"

	"wirebook/arbitration"
	"wirebook/feedhandler"
)

// mostLosses bounds what is listed of one line.
const mostLosses = 100_000

// LossSummary is a range of units that a line itself never brought, whether another did or not.
type LossSummary struct {
	First  uint64 `json:"first"`
	Count  uint64 `json:"count"`
	TsRecv uint64 `json:"ts_recv"` // of the line's packet that came instead
}

// losses follows the holes in the numbering of every line.
type losses struct {
	lines  []lineLosses
	looked int
	holes  []arbitration.Hole
}

type lineLosses struct {
	stats  *arbitration.LineStats
	seen   uint64
	list   []LossSummary
	untold uint64 // ranges that are not in the list
}

func lossesOf(pipe *feedhandler.Pipeline) *losses {
	l := &losses{}
	for _, ch := range pipe.Channels() {
		for i := range ch.Lines() {
			l.lines = append(l.lines, lineLosses{stats: ch.Line(i)})
		}
	}
	return l
}

// burst looks for new holes: with many lines not after every burst, as a line remembers its newest.
func (l *losses) burst() {
	if l.looked++; l.looked >= len(l.lines)/8 {
		l.look()
	}
}

func (l *losses) look() {
	l.looked = 0
	for i := range l.lines {
		line := &l.lines[i]
		if line.stats.Holes.N == line.seen {
			continue
		}
		var lost uint64
		l.holes, lost = line.stats.Holes.Since(line.seen, l.holes[:0])
		line.seen = line.stats.Holes.N
		line.untold += lost
		for _, h := range l.holes {
			if h.Filled {
				line.fill(h.First, h.First+h.Count)
			} else if len(line.list) < mostLosses {
				line.list = append(line.list, LossSummary{h.First, h.Count, h.NS})
			} else {
				line.untold++
			}
		}
	}
}

// fill takes out of the newest ranges what came after all.
func (l *lineLosses) fill(from, to uint64) {
	for i := len(l.list) - 1; i >= max(0, len(l.list)-256); i-- {
		r := l.list[i]
		end := r.First + r.Count
		if r.First >= to || end <= from {
			continue
		}
		l.list = slices.Delete(l.list, i, i+1)
		if end > to {
			l.list = slices.Insert(l.list, i, LossSummary{to, end - to, r.TsRecv})
		}
		if r.First < from {
			l.list = slices.Insert(l.list, i, LossSummary{r.First, from - r.First, r.TsRecv})
		}
	}
}

// summarize gives every line its list.
func (l *losses) summarize(lines []LineSummary) {
	for i := range lines {
		lines[i].Losses, lines[i].LossesUnlisted = l.lines[i].list, l.lines[i].untold
		if lines[i].Losses == nil {
			lines[i].Losses = []LossSummary{}
		}
	}
}
