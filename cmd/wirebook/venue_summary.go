package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/sim/venuesim"
	"wirebook/feedhandler/view"
)

// venueSummary is what venue ends with, in the shape of its JSON.
type venueSummary struct {
	Profile   string                   `json:"profile"`
	TX        string                   `json:"tx"` // of the lines: xdp or socket
	Why       string                   `json:"why"`
	Sessions  int                      `json:"sessions"`  // played; with --replay 0
	Datagrams uint64                   `json:"datagrams"` // of the day; with --replay those of all lines
	Messages  uint64                   `json:"messages"`
	Packets   uint64                   `json:"packets"` // sent on all lines
	Failed    uint64                   `json:"failed"`  // the host refused them
	Lines     []sim.LineStats          `json:"lines"`
	Gaps      []sim.Range              `json:"gaps"` // what no line brings, session by session
	GapsLost  uint64                   `json:"gaps_lost"`
	UnitsLost uint64                   `json:"units_lost"`
	ElapsedNS int64                    `json:"elapsed_ns"`
	LatestNS  int64                    `json:"latest_ns"` // how late the latest packet left against its pace
	Services  []venuesim.ServiceCounts `json:"services"`
	LastError string                   `json:"last_error,omitempty"`
}

func (s *venueSummary) take(stats []sim.LineStats, lost []sim.Range) {
	s.Lines = append(s.Lines, stats...)
	for i := range s.Lines {
		if s.Lines[i].LostRanges == nil {
			s.Lines[i].LostRanges = []sim.Range{}
		}
	}
	s.Gaps = append(s.Gaps, lost...)
	s.GapsLost = uint64(len(lost))
	for _, r := range lost {
		s.UnitsLost += r.Count
	}
}

func (s *venueSummary) played(p venuesim.Played) {
	s.Sessions, s.Datagrams, s.Messages, s.Packets, s.Failed, s.LatestNS, s.LastError =
		p.Sessions, p.Datagrams, p.Messages, p.Packets, p.Failed, p.LatestNS, p.LastError
	s.take(p.Lines, p.Gaps)
}

// report says it all. A day that was not sent to its end, or not whole, is no success.
func (s *venueSummary) report(asJSON, over bool) error {
	if asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(s); err != nil {
			return err
		}
	} else {
		s.print()
	}
	switch {
	case s.Failed > 0:
		return fmt.Errorf("%d of %d packets were refused, the last with: %s", s.Failed, s.Packets, s.LastError)
	case s.LastError != "":
		return errors.New("sending failed: " + s.LastError)
	case !over:
		return stopped{view.Plural(s.Messages, "message") + " of the day played"}
	}
	return nil
}

func (s *venueSummary) print() {
	fmt.Printf("%s in %s, sent as %s in %s, at most %s behind the pace\n", count(s.Messages, "message"), count(s.Datagrams, "datagram"),
		count(s.Packets, "packet"), seconds(s.ElapsedNS), seconds(s.LatestNS))
	for _, l := range s.Lines {
		fmt.Printf("  line %s: %d sent, %d lost, %d reordered, %d duplicated\n", l.Name, l.Sent, l.Lost, l.Reordered, l.Duplicated)
	}
	if len(s.Lines) > 0 {
		fmt.Printf("  lost on both lines: %s\n", count(len(s.Gaps), "range"))
	}
	for _, n := range s.Services {
		fmt.Printf("service %s: %s, %s, %s with %s\n", n.Service, count(n.Connections, "connection"), count(n.Requests, "request"),
			count(n.Answers, "answer"), count(n.Bytes, "byte"))
		listed("  unanswered or ill-formed", n.Reasons)
		listed("  faults played", n.Faults)
	}
}

func listed(title string, m map[string]uint64) {
	words := make([]string, 0, len(m))
	for _, name := range sorted(m) {
		words = append(words, fmt.Sprintf("%d %s", m[name], name))
	}
	if len(words) > 0 {
		fmt.Println(title + ": " + strings.Join(words, ", "))
	}
}
