package doctor

import (
	"fmt"
	"io"
	"strings"
)

// Level says how much a finding matters.
type Level string

// Levels. A warning costs latency or packets; a failure makes a way of receiving impossible.
const (
	OK   Level = "ok"
	Note Level = "note"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one thing looked at.
type Finding struct {
	ID    string `json:"id"` // area.thing, or area.thing:interface
	Level Level  `json:"level"`
	Found string `json:"found"`
	Want  string `json:"want"`
	Cost  string `json:"cost"` // what it costs as it is
	Fix   string `json:"fix"`  // the command that changes it
}

// Report is a list of findings, in the shape of its JSON.
type Report struct {
	Host       string    `json:"host"`
	Interfaces []string  `json:"interfaces"`
	Findings   []Finding `json:"findings"`
}

// Worst returns the worst level found.
func (r *Report) Worst() Level {
	worst := OK
	rank := map[Level]int{OK: 0, Note: 1, Warn: 2, Fail: 3}
	for i := range r.Findings {
		if l := r.Findings[i].Level; rank[l] > rank[worst] {
			worst = l
		}
	}
	return worst
}

// Count returns how many findings have a level.
func (r *Report) Count(l Level) (n int) {
	for i := range r.Findings {
		if r.Findings[i].Level == l {
			n++
		}
	}
	return n
}

// examination collects findings.
type examination struct {
	o    Options
	list []Finding
}

func (e *examination) add(f Finding) {
	if f.Level == OK {
		f.Cost, f.Fix = "", ""
	}
	e.list = append(e.list, f)
}

// judge adds a finding that is ok when good, else of the given level.
func (e *examination) judge(id string, good bool, bad Level, found, want, cost, fix string) {
	level := bad
	if good {
		level = OK
	}
	e.add(Finding{id, level, found, want, cost, fix})
}

// Text writes a report for people: what is wrong first in full, then what is well in a line each.
func Text(w io.Writer, r *Report, all bool) error {
	var b strings.Builder
	for _, level := range []Level{Fail, Warn, Note} {
		for i := range r.Findings {
			f := &r.Findings[i]
			if f.Level != level {
				continue
			}
			fmt.Fprintf(&b, "%-5s %s: %s\n", strings.ToUpper(string(f.Level)), f.ID, f.Found)
			for _, part := range [][2]string{{"want", f.Want}, {"cost", f.Cost}, {"fix", f.Fix}} {
				if part[1] != "" {
					fmt.Fprintf(&b, "      %-5s%s\n", part[0], part[1])
				}
			}
		}
	}
	if all {
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Level == OK {
				fmt.Fprintf(&b, "OK    %s: %s\n", f.ID, f.Found)
			}
		}
	}
	fmt.Fprintf(&b, "\n%s: %d ok, %d notes, %d warnings, %d failures\n", r.Host, r.Count(OK), r.Count(Note), r.Count(Warn), r.Count(Fail))
	_, err := io.WriteString(w, b.String())
	return err
}
