package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people.
func (r *Report) WriteText(out io.Writer) error {
	m := &r.Machine
	fmt.Fprintf(out, "%s, %d cores (used: %v), %.0f GiB, Linux %s, %s, %s/%s\n", m.CPU, m.Cores, m.Used, m.MemoryGiB, m.Kernel, m.Clock, m.Go, m.Arch)
	fmt.Fprintf(out, "huge pages %s; counters %s; load %s\n\n", m.HugePages, m.Counters, m.Load)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "floor\tns\t")
	for _, f := range r.Floors {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, figure(f.NS), f.What)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "stage\tinput\tmessages\tpackets\tns/message\tns/packet\tns/record\tp50\tp99\tp99.9\tallocs\tratio\tto floor\tB/order\t")
	for i := range r.Stages {
		s := &r.Stages[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%g\t%s\t%s\t%s\t\n", s.Name, s.Input, count(s.Messages), count(s.Packets),
			figure(s.NSPerMessage), figure(s.NSPerPacket), figure(s.NSPerRecord), figure(s.P50), figure(s.P99), figure(s.P999), s.Allocs,
			figure(s.Ratio), s.Floor, figure(s.BytesPerOrder))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range r.Stages {
		s := &r.Stages[i]
		if text := s.remarks(); text != "" {
			fmt.Fprintf(out, "%s, %s: %s\n", s.Name, s.Input, strings.ReplaceAll(text, "; ", ";\n    "))
		}
	}
	if len(r.Slow) > 0 {
		fmt.Fprintln(out, "\npaced: where samples above 10 µs came from")
		for _, s := range r.Slow {
			fmt.Fprintf(out, "  %8d samples, worst %8.1f µs, in %5d stretches: %s\n", s.Count, s.Worst/1e3, s.Runs, s.Cause)
		}
	}
	return nil
}

func figure(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func count(n uint64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
