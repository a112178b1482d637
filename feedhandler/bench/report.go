package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Report is everything a run of the bench found. Its JSON is what --json prints.
type Report struct {
	Machine Machine `json:"machine"`
	Floors  []Floor `json:"floors"`
	Stages  []Stage `json:"stages"`
	Slow    []Slow  `json:"slow,omitempty"` // paced: where samples above 10 µs came from
}

// Machine says on what the figures were taken.
type Machine struct {
	CPU       string  `json:"cpu"`
	Cores     int     `json:"cores"`
	Used      []int   `json:"used"` // cores the bench pinned itself to: the measured one and the other end's
	MemoryGiB float64 `json:"memory_gib"`
	Kernel    string  `json:"kernel"`
	Arch      string  `json:"arch"`
	Go        string  `json:"go"`
	Clock     string  `json:"clock"`
	HugePages string  `json:"huge_pages"`
	Counters  string  `json:"counters"` // "perf", or why there are none
	Load      string  `json:"load"`     // load average as the bench began
	Time      string  `json:"time"`
}

// Floor is what the machine needs at least for one thing: ns for one.
type Floor struct {
	Name string  `json:"name"`
	NS   float64 `json:"ns"`
	What string  `json:"what"`
}

// Stage is one measured piece of the path.
type Stage struct {
	Name     string `json:"name"`
	Input    string `json:"input"`
	Messages uint64 `json:"messages,omitempty"`
	Packets  uint64 `json:"packets,omitempty"`
	Records  uint64 `json:"records,omitempty"` // published to rings

	NSPerMessage float64 `json:"ns_per_message,omitempty"`
	NSPerPacket  float64 `json:"ns_per_packet,omitempty"`
	NSPerRecord  float64 `json:"ns_per_record,omitempty"`
	Allocs       float64 `json:"allocs"` // heap allocations per message, or per packet where nothing is decoded
	P50          float64 `json:"p50_ns,omitempty"`
	P99          float64 `json:"p99_ns,omitempty"`
	P999         float64 `json:"p999_ns,omitempty"`

	Floor   string  `json:"floor,omitempty"` // name of the floor that Ratio is taken to
	FloorNS float64 `json:"floor_ns,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`

	Places []Place `json:"places,omitempty"` // paced: the same by a record's place in its packet

	BytesPerOrder float64            `json:"bytes_per_order,omitempty"`
	Counters      map[string]float64 `json:"counters,omitempty"` // per message: cycles, instructions, cache_misses, branch_misses
	Note          string             `json:"note,omitempty"`

	shape []point // of the histogram, for the plots
}

// remarks is what a table has no column for: the note, the places, and the processor's counters where there are any.
func (s *Stage) remarks() string {
	text := s.Note
	add := func(more string) {
		if text != "" {
			text += "; "
		}
		text += more
	}
	if len(s.Places) > 0 {
		var medians []string
		for _, p := range s.Places {
			medians = append(medians, fmt.Sprintf("%d: %.0f", p.Place, p.P50))
		}
		add("p50 ns by a record's place in its packet " + strings.Join(medians, ", "))
	}
	var counted []string
	for _, name := range []string{"cycles", "instructions", "cache_misses", "branch_misses"} {
		if v, ok := s.Counters[name]; ok {
			counted = append(counted, figure(v)+" "+strings.ReplaceAll(name, "_", " "))
		}
	}
	if len(counted) > 0 {
		add("each " + strings.Join(counted, ", "))
	}
	return text
}

// Place is how old records were that came first, second, fourth, … of their packet.
type Place struct {
	Place   int     `json:"place"`
	Records uint64  `json:"records"`
	P50     float64 `json:"p50_ns"`
	P99     float64 `json:"p99_ns"`
}

type point struct{ percentile, ns float64 }

// Slow counts the paced samples above 10 µs by where they came from.
type Slow struct {
	Cause string  `json:"cause"`
	Runs  uint64  `json:"runs"` // samples one behind the other are one run
	Count uint64  `json:"count"`
	Worst float64 `json:"worst_ns"`
}

// WriteJSON writes the report.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// merge makes one report of several runs: of each stage the run with the median ratio, so that its figure and its floor
// are of the same minute; of each floor the median.
func merge(runs []*Report) *Report {
	out := *runs[len(runs)-1]
	out.Floors, out.Stages, out.Slow = nil, nil, mergeSlow(runs)
	for i, f := range runs[0].Floors {
		f.NS = median(runs, func(r *Report) float64 { return r.Floors[i].NS })
		out.Floors = append(out.Floors, f)
	}
	for i := range runs[0].Stages {
		list := make([]Stage, len(runs))
		for k, r := range runs {
			list[k] = r.Stages[i]
		}
		slices.SortFunc(list, func(a, b Stage) int { return cmp.Compare(a.rank(), b.rank()) })
		out.Stages = append(out.Stages, list[(len(list)-1)/2])
	}
	return &out
}

// mergeSlow adds up the slow samples of all runs.
func mergeSlow(runs []*Report) (sum []Slow) {
	for _, r := range runs {
		for _, s := range r.Slow {
			i := slices.IndexFunc(sum, func(have Slow) bool { return have.Cause == s.Cause })
			if i < 0 {
				sum = append(sum, s)
				continue
			}
			sum[i].Runs, sum[i].Count, sum[i].Worst = sum[i].Runs+s.Runs, sum[i].Count+s.Count, max(sum[i].Worst, s.Worst)
		}
	}
	slices.SortFunc(sum, func(a, b Slow) int { return cmp.Compare(b.Count, a.Count) })
	return sum
}

func (s *Stage) rank() float64 {
	for _, v := range []float64{s.Ratio, s.NSPerMessage, s.NSPerPacket, s.P50} {
		if v != 0 {
			return v
		}
	}
	return 0
}

func median(runs []*Report, of func(*Report) float64) float64 {
	list := make([]float64, len(runs))
	for i, r := range runs {
		list[i] = of(r)
	}
	slices.Sort(list)
	return list[(len(list)-1)/2]
}

// round keeps the digits that mean something.
func round(v float64) float64 {
	switch {
	case v >= 1000:
		return math.Round(v)
	case v >= 100:
		return math.Round(v*10) / 10
	}
	return math.Round(v*100) / 100
}
