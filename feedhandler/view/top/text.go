package top

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"wirebook/feedhandler/view"
)

// Lines returns a reading as text, at most width columns wide.
func Lines(s *Snapshot, width int) []string {
	var out []string
	add := func(format string, args ...any) {
		line := []rune(fmt.Sprintf(format, args...))
		if len(line) > width {
			line = line[:width]
		}
		out = append(out, strings.TrimRight(string(line), " "))
	}
	beat := fmt.Sprintf("heartbeat %.1fs ago", float64(s.HeartbeatAgeNS)/1e9)
	switch {
	case s.State == "stopped":
		beat = "ended"
	case !s.Alive:
		beat += ", its process is GONE"
	case s.Stale:
		beat += ", SILENT"
	}
	edge := ""
	if s.Edge != "" {
		edge = "   receives by " + s.Edge
	}
	add("wirebook %s   %s   %s   up %s   epoch %d   process %d%s", s.Instance, s.State, beat,
		time.Duration(s.UptimeNS).Round(time.Second), s.Epoch, s.PID, edge)
	add("clock   %s", clockText(&s.Clock))
	add("records %s", recordText(s))
	add("")
	add("%-22s %10s %12s %12s %8s %8s %9s %9s %8s", "CHANNEL", "MSGS/S", "MESSAGES", "NEXT", "HEALED", "GAPS", "LOST", "SUSPECT", "INSTR")
	for i := range s.Channels {
		ch := &s.Channels[i]
		name := ch.Name
		if !ch.Active {
			name += " (removed)"
		}
		if ch.Active && ch.SilentNS > 0 {
			name = fmt.Sprintf("%.14s SILENT!", ch.Name)
		}
		add("%-22.22s %10s %12s %12s %8s %8s %9s %9s %8s", name, rate(ch.MessagesPerS), count(ch.Messages), count(ch.NextSequence),
			count(ch.GapsHealed), count(ch.GapsLost), count(ch.UnitsLost), count(ch.Suspect), count(ch.Instruments))
	}
	add("")
	add("%-22s %-8s %10s %12s %12s %10s %8s %8s %8s %8s %8s", "LINE", "STATE", "PKTS/S", "PACKETS", "FIRST", "DUPLICATE", "LATE", "LOST",
		"DROPPED", "LAG P50", "LAG P99")
	for i := range s.Channels {
		for k := range s.Channels[i].Lines {
			l := &s.Channels[i].Lines[k]
			add("%-22.22s %-8s %10s %12s %12s %10s %8s %8s %8s %8s %8s", s.Channels[i].Name+" "+l.Name, l.State, rate(l.PacketsPerS),
				count(l.Packets), count(l.First), count(l.Duplicate), count(l.Late), count(l.Lost), count(l.Dropped["socket_drops"]),
				lag(l.LagP50NS), lag(l.LagP99NS))
		}
	}
	for i := range s.Queues {
		q := &s.Queues[i]
		add("queue %-16s %s", q.Name, pairs(q.Counts))
	}
	add("")
	if len(s.Dropped) == 0 {
		add("dropped: nothing")
	} else {
		add("dropped, by cause: %s", pairs(s.Dropped))
	}
	if len(s.Readers) == 0 {
		add("readers: none seen")
	} else {
		var names []string
		for _, r := range s.Readers {
			names = append(names, fmt.Sprintf("%s (%d)", r.Command, r.PID))
		}
		add("readers: %s", strings.Join(names, ", "))
	}
	return out
}

// Text writes a reading.
func Text(w io.Writer, s *Snapshot) error {
	_, err := fmt.Fprintln(w, strings.Join(Lines(s, 400), "\n"))
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

func pairs(m map[string]uint64) string {
	var parts []string
	for _, k := range keys(m) {
		parts = append(parts, k+" "+count(m[k]))
	}
	return strings.Join(parts, "   ")
}

func keys(m map[string]uint64) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}
