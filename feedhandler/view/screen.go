package view

import (
	"fmt"
	"strings"
	"time"

	"wirebook/shm"
)

// Screen draws a status and books as text that fits a terminal. Columns only ever widen, so that numbers keep still.
type Screen struct {
	Palette Palette
	Message string // a remark for the last line

	columns []tableColumn
}

// Draw returns the screen: at most height lines of at most width columns, without a last line feed.
func (s *Screen) Draw(st *Status, books *Books, counts *Counts, perSecond float64, rows []*Row, width, height int) string {
	lines := [][]span{s.writer(st), s.reader(books, counts, perSecond)}
	lines = append(lines, s.channels(st, max(height/3, 4))...)
	lines = append(lines, nil)
	out := make([]string, 0, height)
	for _, l := range lines {
		out = append(out, fit(l, width))
	}
	room := max(height-len(out)-2, 0)
	if len(rows) > room {
		rows = rows[:room]
	}
	for _, l := range s.table(rows, width) {
		out = append(out, fit(l, width))
	}
	for len(out) < height-1 {
		out = append(out, "")
	}
	if len(out) > height-1 {
		out = out[:max(height-1, 0)]
	}
	out = append(out, fit(s.footer(books, len(rows)), width))
	return strings.Join(out, "\n")
}

// writer is the first line: who publishes, and is it alive.
func (s *Screen) writer(st *Status) []span {
	p := &s.Palette
	state, paint := st.StateName(), p.Good
	beat := span{fmt.Sprintf("   heartbeat %.1fs ago", st.HeartbeatAge.Seconds()), p.Dim}
	switch {
	case state == "died":
		state, paint, beat.paint = "its process is GONE", p.Bad, p.Bad
	case st.Stale:
		state, paint, beat.paint = state+", but SILENT", p.Bad, p.Bad
	case st.State == shm.StateStopped:
		paint, beat.text = p.Dim, ""
	}
	return []span{
		{"wirebook ", p.Dim}, {st.Instance, p.Title}, {"   " + state, paint}, beat,
		{fmt.Sprintf("   epoch %d   process %d   %s", st.Epoch, st.PID, st.Schema), p.Dim},
	}
}

// reader is the second line: what this process read.
func (s *Screen) reader(books *Books, c *Counts, perSecond float64) []span {
	p := &s.Palette
	spans := []span{
		{Thousands(c.Read), p.Title}, {" records   ", p.Dim}, {Thousands(uint64(perSecond)), p.Title}, {"/s   ", p.Dim},
		{Thousands(uint64(books.Len())), p.Title}, {" books   ", p.Dim},
	}
	lapped := span{"lapped 0", p.Dim}
	if c.Lapped > 0 {
		lapped = span{fmt.Sprintf("lapped %s (%s records missed)", Thousands(c.Lapped), Thousands(c.Lost)), p.Bad}
	}
	spans = append(spans, lapped)
	if c.Missed > 0 {
		spans = append(spans, span{fmt.Sprintf("   %s older ones overwritten", Thousands(c.Missed)), p.Bad})
	}
	if c.Corrupt > 0 {
		spans = append(spans, span{fmt.Sprintf("   damaged slots %s", Thousands(c.Corrupt)), p.Bad})
	}
	if c.Epochs > 0 {
		spans = append(spans, span{fmt.Sprintf("   writer restarts %d", c.Epochs), p.Bad})
	}
	return spans
}

// lineColumns head the lines of the channels.
const lineColumns = "  LINE  STATE     RECEIVED      FIRST  DUPLICATE   LATE    LOST LAG P50 LAG P99"

// standing says how a channel stands where it is not live.
func (s *Screen) standing(ch *Channel) span {
	if state := ch.Standing.State; state == shm.ChannelWaiting || state == shm.ChannelLive {
		return span{}
	}
	return span{"   " + ch.Standing.String(), s.Palette.Bad}
}

// channels shows each channel and its lines A and B, as many as fit into room lines.
func (s *Screen) channels(st *Status, room int) (out [][]span) {
	p := &s.Palette
	for i := range st.Channels {
		ch := &st.Channels[i]
		if i > 0 && len(out)+1+len(ch.Lines) > room {
			return append(out, []span{{fmt.Sprintf("... and %d more channels", len(st.Channels)-i), p.Dim}})
		}
		lost, suspect := p.Dim, p.Dim
		if ch.Declared > 0 {
			lost = p.Bad
		}
		if ch.Suspect > 0 {
			suspect = p.Bad
		}
		out = append(out, []span{
			{ch.Name, p.Title}, {"  " + Thousands(ch.Messages), nil}, {" messages", p.Dim},
			{"   gaps ", p.Dim}, {Thousands(ch.Healed), nil}, {" healed ", p.Dim},
			{Thousands(ch.Declared) + " lost", lost}, {fmt.Sprintf(" (%s units)", Thousands(ch.LostUnits)), p.Dim},
			{"   suspect " + Thousands(ch.Suspect), suspect}, s.standing(ch),
		})
		if i == 0 && len(ch.Lines) > 0 {
			out = append(out, []span{{lineColumns, p.Dim}})
		}
		for k := range ch.Lines {
			out = append(out, s.line(&ch.Lines[k]))
		}
	}
	return out
}

func (s *Screen) line(l *Line) []span {
	p := &s.Palette
	state := p.Good
	if l.State != 1 {
		state = p.Bad
	}
	return []span{
		{fmt.Sprintf("  %-4.4s  ", l.Name), p.Title}, {fmt.Sprintf("%-7s", LineStateName(l.State)), state},
		{fmt.Sprintf("%11s%11s%11s%7s%8s%8s%8s", Thousands(l.Received), Thousands(l.First), Thousands(l.Duplicate),
			Thousands(l.Late), Thousands(l.Lost), Nanoseconds(l.LagP50NS), Nanoseconds(l.LagP99NS)), nil},
	}
}

func (s *Screen) footer(books *Books, shown int) []span {
	p := &s.Palette
	if s.Message != "" {
		return []span{{s.Message, p.Bad}, {"   q quit", p.Dim}}
	}
	more := ""
	if n := books.Len() - shown; n > 0 {
		more = fmt.Sprintf("%s less busy books not shown   ", Thousands(uint64(n)))
	}
	return []span{{more + "! suspect: a gap touches the book   q quit", p.Dim}}
}

// Rate smooths records a second over about a second.
type Rate struct {
	at    time.Time
	count uint64
	value float64
}

// Add takes the count so far and returns the rate.
func (r *Rate) Add(now time.Time, count uint64) float64 {
	if r.at.IsZero() {
		r.at, r.count = now, count
		return 0
	}
	if passed := now.Sub(r.at); passed >= time.Second {
		r.value = float64(count-r.count) / passed.Seconds()
		r.at, r.count = now, count
	}
	return r.value
}
