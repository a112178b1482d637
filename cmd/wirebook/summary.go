package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/replay"
)

// shownGaps bounds the list of gaps for people; --json has them all.
const shownGaps = 20

// printSummary shows a replay's end for people.
func printSummary(out io.Writer, s *replay.Summary) {
	pace, work := "", ""
	if s.NSPerMessage*float64(s.Messages) < 0.99*float64(s.ElapsedNS) { // it waited most of the time
		pace, work = ", paced", " of work"
	}
	fmt.Fprintf(out, "\n%s, %s in %s%s: %.0f ns%s per message\n", count(s.Packets, "packet"), count(s.Messages, "message"), seconds(s.ElapsedNS), pace, s.NSPerMessage, work)
	fmt.Fprintf(out, "%s, %d with a book, %s\n\n", count(s.Instruments, "instrument"), s.Books, count(s.LiveOrders, "live order"))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "line\taddress\tpackets\treceived\tfirst\tduplicate\tlate\tsuspect\tlost\t")
	for _, l := range s.Lines {
		fmt.Fprintf(w, "%s %s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", l.Channel, l.Name, l.Address, l.Packets, l.Received,
			l.First, l.Duplicate, l.Late, l.Suspect, l.Lost)
	}
	w.Flush()
	lags(out, s.Lines)
	lost := int(s.GapsLost)
	fmt.Fprintf(out, "\ngaps: %d healed, %d lost on every line (%s)\n", s.GapsHealed, s.GapsLost, count(s.UnitsLost, "message"))
	shown := 0
	for _, g := range s.Gaps {
		if g.Healed {
			continue
		}
		if shown++; shown > shownGaps {
			fmt.Fprintf(out, "  ... and %d more (--json lists all)\n", lost-shownGaps)
			break
		}
		fmt.Fprintf(out, "  %s: %d from %d, given up at %s\n", g.Channel, g.Count, g.First, utc(g.TsRecv))
	}
	losses(out, s.Lines)
	counts(out, "not used, by cause:", s.Dropped)
	counts(out, "used, though their checksum proves nothing:", s.Unchecked)
	counts(out, "books found wrong, by what (flagged in the records):", s.Anomalies)
	if s.Implied > 0 {
		fmt.Fprintf(out, "\nimplied levels: %s, kept apart from the outright book: no schema shows them (a channel's implied: merge does)\n", count(s.Implied, "change"))
	}
	if len(s.Warnings) > 0 {
		fmt.Fprintln(out, "\nwarnings:")
		for _, warning := range s.Warnings {
			fmt.Fprintln(out, "  "+warning)
		}
	}
	fmt.Fprintln(out, "\nring digests:")
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, channel := range sorted(s.Digests) {
		for _, schema := range sorted(s.Digests[channel]) {
			d := s.Digests[channel][schema]
			fmt.Fprintf(w, "  %s\t%s\t%s\tcontent %s\tfull %s\tset %s\n", channel, schema, count(d.Records, "record"), d.Content, d.Full, d.Set)
		}
	}
	w.Flush()
	for _, t := range s.Trailers {
		fmt.Fprintf(out, "\n%s\n", t)
	}
}

// lags shows how far the lines are behind the one that was first.
func lags(out io.Writer, lines []replay.LineSummary) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	shown := false
	for _, l := range lines {
		if l.LagMaxNS == nil || *l.LagMaxNS == 0 {
			continue
		}
		if !shown {
			fmt.Fprintln(w, "\nlag behind the first\tp50 ≤\tp90 ≤\tp99 ≤\tp99.9 ≤\tmax\t")
			shown = true
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\t%s\t\n", l.Channel, l.Name, seconds0(*l.LagP50NS), seconds0(*l.LagP90NS), seconds0(*l.LagP99NS),
			seconds0(*l.LagP999NS), seconds0(*l.LagMaxNS))
	}
	w.Flush()
}

// losses lists what the lines themselves did not bring, the first of it.
func losses(out io.Writer, lines []replay.LineSummary) {
	shown, all := 0, 0
	for _, l := range lines {
		all += len(l.Losses) + int(l.LossesUnlisted)
		for _, r := range l.Losses {
			if shown == 0 {
				fmt.Fprintln(out, "\nmissing on a line, whether another brought it or not:")
			}
			if shown++; shown > shownGaps {
				break
			}
			fmt.Fprintf(out, "  %s %s: %d from %d, passed at %s\n", l.Channel, l.Name, r.Count, r.First, utc(r.TsRecv))
		}
	}
	if all > shownGaps {
		fmt.Fprintf(out, "  ... and %d more (--json lists them)\n", all-shownGaps)
	}
}

// utc spells a time of the capture, as everywhere in UTC.
func utc(ns uint64) string {
	if ns == 0 {
		return "no time"
	}
	return time.Unix(int64(ns/1e9), int64(ns%1e9)).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

// nothingUsed is the error of a whole capture that gave no message although packets of it came to the lines; nil where
// it gave some or held only heartbeats.
func nothingUsed(s *replay.Summary) error {
	if s.Messages > 0 || s.Stopped {
		return nil
	}
	var bad uint64
	for _, l := range s.Lines {
		bad += l.Lost
	}
	for name, n := range s.Dropped {
		if strings.HasPrefix(name, "framing_") || strings.HasPrefix(name, "decode_") {
			bad += n
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("no message came out of the capture's %s: it is of another protocol than the channel's profile says", count(s.Packets, "packet"))
}

// notWhole is the error of captures that could not be read to their ends: what is in front of the damage was used. Nil where
// they could.
func notWhole(s *replay.Summary) error {
	if s.Stopped || len(s.Incomplete) == 0 {
		return nil
	}
	return errNotWhole(s.Incomplete)
}

// readWhole is the same of a source that was read.
func readWhole(src capture.Source) error {
	var damaged []string
	for _, f := range src.Files() {
		if f.Damaged() {
			damaged = append(damaged, f.Name)
		}
	}
	if len(damaged) == 0 {
		return nil
	}
	return errNotWhole(damaged)
}

func errNotWhole(files []string) error {
	return fmt.Errorf("not all of %s could be read: what stands before the damage was used, and the warnings say where it is", strings.Join(files, ", "))
}

// count is a number, as digits, and what is counted: 1 packet, 2 packets.
func count[N int | int64 | uint64](n N, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func counts(out io.Writer, title string, m map[string]uint64) {
	if len(m) == 0 {
		return
	}
	fmt.Fprintln(out, "\n"+title)
	for _, name := range sorted(m) {
		fmt.Fprintf(out, "  %-28s %d\n", name, m[name])
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func seconds0(ns uint64) string {
	switch {
	case ns == 0:
		return "-"
	case ns < 10_000:
		return fmt.Sprintf("%dns", ns)
	case ns < 10_000_000:
		return fmt.Sprintf("%.1fµs", float64(ns)/1e3)
	}
	return fmt.Sprintf("%.1fms", float64(ns)/1e6)
}
