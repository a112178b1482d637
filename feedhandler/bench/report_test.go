package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRun runs every stage on a tiny day with a second process and reads the report as its users do.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // another bench of this host is waited for
	defer cancel()
	var notes []string
	r, err := Run(ctx, Options{
		Messages: 20_000, InputDir: t.TempDir(), Captures: t.TempDir(), Child: []string{os.Args[0]},
		Note: func(text string) { notes = append(notes, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Machine map[string]any
		Floors  []struct {
			Name string
			NS   float64
		}
		Stages []map[string]any
	}
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Machine["go"] == "" || got.Machine["cores"] == nil {
		t.Errorf("machine is %v", got.Machine)
	}
	floors := map[string]bool{}
	for _, f := range got.Floors {
		floors[f.Name] = true
		if f.NS <= 0 && f.Name != "ring-c-rtt-p999" {
			t.Errorf("floor %s took %g ns", f.Name, f.NS)
		}
	}
	for _, name := range []string{"walk", "framing", "decode", "load", "memcpy"} {
		if !floors[name] {
			t.Errorf("no floor %s", name)
		}
	}
	seen := map[string]int{}
	for _, s := range got.Stages {
		name := s["name"].(string)
		seen[name]++
		if !slices.Contains(StageNames, name) {
			t.Errorf("stage %q has no place in the list", name)
		}
		if _, ok := s["allocs"]; !ok {
			t.Errorf("%v: no allocs", s)
		}
		if name == "paced" {
			list, _ := s["places"].([]any)
			for i, p := range list {
				if p := p.(map[string]any); p["place"] != float64(int(1)<<i) || p["p50_ns"].(float64) <= 0 || p["records"].(float64) > s["records"].(float64) {
					t.Errorf("place %d of %v", i, s)
				}
			}
			if len(list) < 3 || list[0].(map[string]any)["records"].(float64) <= list[2].(map[string]any)["records"].(float64) {
				t.Errorf("no packet has four records, or each has: %v", s)
			}
		}
		if floor, ok := s["floor"].(string); ok && (!floors[floor] || s["ratio"] == nil) {
			t.Errorf("%v: floor %s is not in the list, or there is no ratio", s, floor)
		}
	}
	skipped := len(notes) > 0 && strings.Contains(strings.Join(notes, "\n"), "one core")
	for _, name := range StageNames {
		between := strings.HasPrefix(name, "ring") || name == "paced" || name == "scale"
		if seen[name] == 0 && !(skipped && between) {
			t.Errorf("stage %s is missing", name)
		}
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if bad := regexp.MustCompile(`(?i)<script|https?:|@import|url\(|<link|<img`).FindString(page.String()); bad != "" {
		t.Errorf("the page needs something else: %s", bad)
	}
	if strings.Count(page.String(), "<svg") < len(StageNames)-4 {
		t.Errorf("only %d plots", strings.Count(page.String(), "<svg"))
	}
	if strings.Contains(page.String(), "NaN") || strings.Contains(page.String(), "Inf") {
		t.Error("a plot has points that are no numbers")
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Stages: []string{"walk", "fly"}}, "fly"},
		{Options{CPU: []int{4096}}, "core 4096"},
		{Options{File: "x.pcap"}, "profile"},
		{Options{Messages: 10}, "too few"},
	} {
		if err := c.o.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one about %q", c.o, err, c.want)
		}
	}
}

func TestMergeTakesTheMedianRun(t *testing.T) {
	run := func(ns, floor float64) *Report {
		return &Report{Floors: []Floor{{Name: "load", NS: floor}}, Stages: []Stage{{Name: "book", NSPerMessage: ns, FloorNS: floor, Ratio: ns / floor}}}
	}
	got := merge([]*Report{run(90, 100), run(300, 100), run(100, 200)})
	if s := got.Stages[0]; s.Ratio != 0.9 || s.NSPerMessage != 90 {
		t.Errorf("stage of the median run is %+v", s)
	}
	if got.Floors[0].NS != 100 {
		t.Errorf("median floor is %g", got.Floors[0].NS)
	}
}

// TestRemarks: counters are shown where the machine has them.
func TestRemarks(t *testing.T) {
	s := Stage{Note: "x", Counters: map[string]float64{"branch_misses": 0.5, "cycles": 120}}
	if got := s.remarks(); got != "x; each 120.0 cycles, 0.50 branch misses" {
		t.Errorf("got %q", got)
	}
	s.Note, s.Counters, s.Places = "", nil, []Place{{Place: 1, P50: 480.4}, {Place: 2, P50: 640}}
	if got := s.remarks(); got != "p50 ns by a record's place in its packet 1: 480, 2: 640" {
		t.Errorf("got %q", got)
	}
	s.Places = nil
	if got := s.remarks(); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestMergeAddsUpSlowSamples: every run's, not the last one's.
func TestMergeAddsUpSlowSamples(t *testing.T) {
	a := &Report{Slow: []Slow{{"writer: scheduler", 1, 5, 20_000}, {"within the path", 2, 2, 11_000}}}
	b := &Report{Slow: []Slow{{"writer: scheduler", 2, 4, 30_000}, {"reader: page fault", 1, 3, 12_000}}}
	want := []Slow{{"writer: scheduler", 3, 9, 30_000}, {"reader: page fault", 1, 3, 12_000}, {"within the path", 2, 2, 11_000}}
	if got := merge([]*Report{a, b}).Slow; !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestExplain(t *testing.T) {
	writer := []stall{{From: 1000, Held: 21_000, To: 30_000, Cause: "scheduler"}, {From: 900_000, Held: 905_000, To: 906_000, Cause: "page fault"}}
	reader := []stall{{From: 15_000, Held: 22_000, To: 26_000, Cause: "collector"}}
	got := explain([]late{
		{From: 2000, To: 31_000, Count: 10, WorstNS: 20_000}, // 19 µs of the writer's stall, 7 of the reader's
		{From: 20_500, To: 40_000, Count: 3, WorstNS: 12_000},
		{From: 500_000, To: 520_000, Count: 1, WorstNS: 11_000},
		{From: 905_500, To: 918_000, Count: 5, WorstNS: 10_500}, // due after the loop went round, behind what had piled up
	}, 21, writer, reader)
	want := []Slow{
		{Cause: "writer: scheduler", Runs: 1, Count: 10, Worst: 20_000},
		{Cause: "writer: page fault", Runs: 1, Count: 5, Worst: 10_500},
		{Cause: "reader: collector", Runs: 1, Count: 3, Worst: 12_000},
		{Cause: "not followed: too many", Count: 2},
		{Cause: "within the path", Runs: 1, Count: 1, Worst: 11_000},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestClockFollowsTheMonotonicClock(t *testing.T) {
	c := newClock()
	m0, c0 := monotonic(), c.now()
	for monotonic()-m0 < 20_000_000 {
	}
	m, n := float64(monotonic()-m0), float64(c.now()-c0)
	if math.Abs(n-m) > m/100 {
		t.Errorf("%s: %.0f ns went by, the monotonic clock says %.0f", c.name(), n, m)
	}
}
