package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sys/unix"
)

// report is what -json writes.
type report struct {
	Machine struct {
		CPU    string `json:"cpu"`
		Cores  int    `json:"cores"`
		Kernel string `json:"kernel"`
		Go     string `json:"go"`
	} `json:"machine"`
	PacketBytes int      `json:"packet_bytes"`
	Queued      int      `json:"queued"`
	PPS         int      `json:"pps"`
	Rounds      int      `json:"rounds"`
	Receivers   []figure `json:"receivers"`
	Notes       []string `json:"notes,omitempty"`
}

// figure is one receiver's.
type figure struct {
	Name   string `json:"name"`
	Memory string `json:"memory,omitempty"` // of the UMEM
	// Cost of a packet out of a filled queue: the receiver's CPU time over all rounds.
	Median float64 `json:"ns_per_packet"`
	Best   float64 `json:"ns_per_packet_best"`
	P99    float64 `json:"ns_per_packet_p99"`
	Base   string  `json:"base"`  // the receiver in C with the same memory
	Ratio  float64 `json:"ratio"` // median of the rounds' ratios to it
	// One-way age of a packet, ns: the medians of the rounds' percentiles, so that a round in which another real-time
	// program had the core does not stand for all.
	P50  float64 `json:"one_way_p50_ns"`
	A99  float64 `json:"one_way_p99_ns"`
	A999 float64 `json:"one_way_p999_ns"`
	Lost uint64  `json:"lost"`
}

func newReport(o options, list []*contender, notes []string) *report {
	r := &report{PacketBytes: o.PacketBytes, Queued: o.Queued, PPS: o.PPS, Rounds: o.Rounds, Notes: notes}
	m := &r.Machine
	m.CPU, m.Cores, m.Go = cpuName(), runtime.NumCPU(), runtime.Version()
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		m.Kernel = unix.ByteSliceToString(uts.Release[:])
	}
	byName := map[string]*contender{}
	for _, c := range list {
		byName[c.name] = c
		var ratios []float64
		if base := byName[c.base]; base != nil {
			for i, cost := range c.costs {
				ratios = append(ratios, cost/base.costs[i])
			}
		}
		f := figure{Name: c.name, Memory: c.memory, Base: c.base, Lost: c.lost}
		f.Ratio = quantile(ratios, 0.5)
		f.Median, f.Best, f.P99 = quantile(c.costs, 0.5), slices.Min(c.costs), quantile(c.costs, 0.99)
		for i, at := range []*float64{&f.P50, &f.A99, &f.A999} {
			rounds := make([]float64, len(c.ages))
			for k := range c.ages {
				rounds[k] = c.ages[k][i]
			}
			*at = quantile(rounds, 0.5)
		}
		r.Receivers = append(r.Receivers, f)
		if c.fifo != "" {
			r.Notes = append(r.Notes, fmt.Sprintf("%s ran without SCHED_FIFO (%s): other programs are in its figures", c.name, c.fifo))
		}
	}
	return r
}

// quantile returns the value below which a share q of list lies: the nearest there is. 0 where list is empty.
func quantile[T uint64 | float64](list []T, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	s := slices.Clone(list)
	slices.Sort(s)
	return float64(s[min(int(q*float64(len(s))), len(s)-1)])
}

func (r *report) write(out io.Writer) {
	fmt.Fprintf(out, "%s, %d cores, Linux %s, %s; frames of %d bytes over veth, native copy; %d rounds\n", r.Machine.CPU, r.Machine.Cores,
		r.Machine.Kernel, r.Machine.Go, r.PacketBytes, r.Rounds)
	fmt.Fprintf(out, "cost: CPU time of the receiver's thread a packet, draining a queue of %d; one-way: from before the send call to the payload in hand, at %d packets/s, medians of the rounds' percentiles\n\n", r.Queued, r.PPS)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "receiver\tmemory\tcost ns\tbest\tp99\tto C\tone-way µs p50\tp99\tp99.9\tlost\t")
	for _, f := range r.Receivers {
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t\n", f.Name, f.Memory, f.Median, f.Best, f.P99, f.Ratio, f.P50/1e3, f.A99/1e3, f.A999/1e3, f.Lost)
	}
	_ = w.Flush()
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note: "+n)
	}
}

func cpuName() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
