package top

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"wirebook/feedhandler/view"
	"wirebook/shm"
)

var channelColumns = []column{
	{"CHANNEL", 22, 0, true}, {"STATE", 17, 0, true}, {"SINCE", 8, 3, true}, {"MSGS/S", 10, 0, false}, {"MESSAGES", 12, 1, false}, {"NEXT", 12, 4, false}, {"HEALED", 8, 2, false},
	{"GAPS", 8, 0, false}, {"LOST", 9, 0, false}, {"SUSPECT", 9, 0, false}, {"INSTR", 8, 3, false},
}

var lineColumns = []column{
	{"LINE", 22, 0, true}, {"STATE", 8, 0, true}, {"PKTS/S", 10, 1, false}, {"PACKETS", 12, 3, false}, {"FIRST", 12, 5, false},
	{"DUPLICATE", 10, 6, false}, {"LATE", 8, 4, false}, {"LOST", 8, 0, false}, {"DROPPED", 8, 0, false}, {"LAG P50", 8, 2, false}, {"LAG P99", 8, 0, false},
}

// Lines returns a reading as text, at most width columns wide, in the order of the configuration. Where it is narrow, lists go
// on below and the columns that matter least are left out.
func Lines(s *Snapshot, width int) []string { return Sorted(s, width, AsConfigured) }

// Sorted is Lines in another order.
func Sorted(s *Snapshot, width int, by Order) []string {
	beat := fmt.Sprintf("heartbeat %.1fs ago", float64(s.HeartbeatAgeNS)/1e9)
	switch {
	case s.State == "stopped":
		beat = "ended"
	case !s.Alive:
		beat += ", its process is GONE"
	case s.Stale:
		beat += ", SILENT"
	}
	head := []string{"wirebook " + s.Instance, s.State, beat, fmt.Sprintf("up %s", time.Duration(s.UptimeNS).Round(time.Second)),
		fmt.Sprintf("epoch %d", s.Epoch), fmt.Sprintf("process %d", s.PID)}
	if s.Edge != "" {
		head = append(head, "receives by "+s.Edge)
	}
	out := wrap("", head, "   ", width)
	out = append(out, wrap("clock   ", strings.Split(clockText(&s.Clock), "   "), "   ", width)...)
	out = append(out, wrap("records ", strings.Split(recordText(s), "   "), "   ", width)...)
	out = append(out, "")
	var cells [][]string
	for _, ch := range channels(s, by) {
		name := ch.Name
		if !ch.Active {
			name += " (removed)"
		}
		if ch.Active && ch.SilentNS > 0 {
			name = fmt.Sprintf("%.14s SILENT!", ch.Name)
		}
		cells = append(cells, []string{name, standing(ch), since(ch.StateSinceNS), rate(ch.MessagesPerS), count(ch.Messages), count(ch.NextSequence), count(ch.GapsHealed),
			count(ch.GapsLost), count(ch.UnitsLost), count(ch.Suspect), count(ch.Instruments)})
	}
	out = append(out, table(channelColumns, cells, width)...)
	out = append(out, "")
	cells = nil
	for _, l := range rows(s, by) {
		cells = append(cells, []string{l.name, l.State, rate(l.PacketsPerS), count(l.Packets), count(l.First), count(l.Duplicate), count(l.Late),
			count(l.Lost), count(l.Dropped["socket_drops"]), lag(l.LagP50NS), lag(l.LagP99NS)})
	}
	out = append(out, table(lineColumns, cells, width)...)
	for i := range s.Queues {
		q := &s.Queues[i]
		parts := pairs(q.Counts)
		if len(parts) == 0 {
			parts = []string{"nothing so far"}
		}
		out = append(out, wrap(fmt.Sprintf("queue %-16s ", q.Name), parts, "   ", width)...)
	}
	out = append(out, "")
	if parts := pairs(s.Dropped); len(parts) == 0 {
		out = append(out, cut("dropped: nothing", width))
	} else {
		out = append(out, wrap("dropped, by cause: ", parts, "   ", width)...)
	}
	out = append(out, suspects(s, width)...)
	var names []string
	for _, r := range s.Readers {
		names = append(names, fmt.Sprintf("%s (%d)", r.Command, r.PID))
	}
	if len(names) == 0 {
		names = []string{"none seen"}
	}
	out = append(out, wrap("readers: ", names, ", ", width)...)
	return append(out, announcedLines(s, width)...)
}

// standing says how a channel stands and why.
func standing(ch *Channel) string {
	if ch.Reason != "" {
		return ch.State + ": " + ch.Reason
	}
	return ch.State
}

// since is a time of day, UTC.
func since(ns uint64) string {
	if ns == 0 {
		return "-"
	}
	return time.Unix(0, int64(ns)).UTC().Format(time.TimeOnly)
}

// shownSuspects is how many suspect instruments are named.
const shownSuspects = 12

// suspects names the first of the instruments whose books cannot be trusted.
func suspects(s *Snapshot, width int) []string {
	var parts []string
	for i := range s.Suspects {
		if len(parts) == shownSuspects {
			parts = append(parts, "and more: wirebook top --json")
			break
		}
		x := &s.Suspects[i]
		what := x.Symbol + " (" + x.Reason
		if x.Books == shm.BooksName(shm.BookOrders) {
			what += ", orders"
		}
		parts = append(parts, what+")")
	}
	if len(parts) == 0 {
		return nil
	}
	return wrap("suspect: ", parts, ", ", width)
}

// unbounded is a width for output that no terminal cuts.
const unbounded = 1 << 20

// Text writes a reading.
func Text(w io.Writer, s *Snapshot) error {
	_, err := fmt.Fprintln(w, strings.Join(Lines(s, unbounded), "\n"))
	return err
}

func rate(r Rate) string {
	if r < 0 {
		return "-"
	}
	return count(uint64(r))
}

func count(n uint64) string { return view.Thousands(n) }

func lag(ns *uint64) string {
	switch {
	case ns == nil:
		return "-"
	case *ns == 0:
		return "0ns"
	}
	return view.Nanoseconds(*ns)
}

func clockText(c *Clock) string {
	if c.State == "unknown" || c.State == "capture" {
		return c.State
	}
	out := c.State + " by " + c.Source
	if c.Device != "" {
		out += " " + c.Device
	}
	if c.BoundNS != 0 {
		out += "   within " + view.Nanoseconds(c.BoundNS)
	}
	if c.Source == "nic" {
		out += fmt.Sprintf("   offset %d ns   %+d ppb", c.OffsetNS, c.FreqPPB)
	}
	if c.Grandmaster != "" {
		out += "   grandmaster " + c.Grandmaster
	}
	if c.Steps > 0 {
		out += fmt.Sprintf("   steps %d", c.Steps)
	}
	return out + fmt.Sprintf("   measured %.1fs ago", float64(c.AgeNS)/1e9)
}

func recordText(s *Snapshot) string {
	var parts []string
	for _, schema := range keys(s.Records) {
		part := schema + " " + count(s.Records[schema])
		if r := s.RecordRates[schema]; r > 0 {
			part += " (" + count(uint64(r)) + "/s)"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "none so far, or digests are off"
	}
	return strings.Join(parts, "   ")
}

// pairs spells counts by name, but for those that are zero.
func pairs(m map[string]uint64) []string {
	var parts []string
	for _, k := range keys(m) {
		if m[k] != 0 {
			parts = append(parts, k+" "+count(m[k]))
		}
	}
	return parts
}

func keys(m map[string]uint64) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}
