package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/bench"
	"wirebook/feedhandler/config"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	var asJSON, quiet bool
	var html, profile string
	c := &cobra.Command{
		Use:   "bench [--profile PROFILE FILE]",
		Short: "Measure every stage of the path on this machine, beside what the machine can do at best",
		Long: `Measures the stages of the path (capture walk, demultiplexing, arbitration, decoding, books, publishing, the whole path
from frame to ring, rings between processes) and, in the same minute, the machine's own floors. Ratios to a floor can be
compared between machines; nanoseconds cannot.

  wirebook bench                                         everything, on generated ITCH days of 30 million messages
  wirebook bench --messages 1000000 --stage book,path    two stages, a smaller day
  wirebook bench --profile nasdaq.itch50 day.pcap        a capture of your own
  wirebook bench --runs 5 --cpu 2,3 --html report.html   medians of five runs, chosen cores, a page with plots

Two ITCH days are generated: a dense one, 4.4 messages a packet and order ids in line, and a sparse one, 1.5 messages a packet
and ids with holes, as most real feeds are. They are made once, in about a minute, and kept (--input-dir, about 4 GB). Memory
needed: about 9 GB; with --day dense 4 GB.`,
		Args: cobra.MaximumNArgs(1),
	}
	f := c.Flags()
	f.StringSliceVar(&o.Stages, "stage", nil, "only these stages, by comma: walk, demux, arbitrate, duplicate, decode, book, book-single, publish, path, ring-rtt, ring-stream, ring-fanout, paced, scale")
	f.IntSliceVar(&o.CPU, "cpu", nil, "cores to use: the measured one, then the other end's (default: the first two)")
	f.IntVar(&o.Runs, "runs", 1, "runs of everything; the medians are reported")
	f.Uint64Var(&o.Messages, "messages", 30_000_000, "messages of each generated ITCH day; paced counts the second half of them")
	f.StringVar(&o.Day, "day", "", "which generated ITCH day: dense or sparse (default: both)")
	f.StringVarP(&o.Profile, "profile", "p", "", "what FILE carries, such as nasdaq.itch50 ('wirebook profiles' lists them)")
	f.StringVar(&o.InputDir, "input-dir", "", "where generated days are kept (default: wirebook/bench in the user's cache directory)")
	f.StringVar(&o.Captures, "captures", "", "folder of sample captures (default: WIREBOOK_CAPTURES, or ../shared/captures)")
	f.BoolVar(&asJSON, "json", false, "the report as JSON on standard output")
	f.StringVar(&html, "html", "", "also write the report as one self-contained page with plots")
	f.StringVar(&profile, "cpuprofile", "", "also write a CPU profile for go tool pprof, and for builds with -pgo")
	f.BoolVarP(&quiet, "quiet", "q", false, "no progress, no notes on standard error")
	_ = c.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions(bench.StageNames, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("day", cobra.FixedCompletions(bench.DayNames, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("profile", completeProfiles)
	c.RunE = func(c *cobra.Command, args []string) error {
		if bench.IsChild() {
			return bench.Child()
		}
		if o.Runs < 1 {
			return usageError{fmt.Errorf("--runs %d: must be at least 1", o.Runs)}
		}
		if o.Messages == 0 {
			return usageError{errors.New("--messages 0: must be at least 10000")}
		}
		if len(args) == 1 {
			o.File = args[0]
			if o.Profile == "" {
				return usageError{fmt.Errorf("say what %s carries with --profile NAME ('wirebook profiles' lists them)", o.File)}
			}
			if _, err := config.FindProfile(o.Profile); err != nil {
				return usageError{err}
			}
		} else if o.Profile != "" {
			return usageError{fmt.Errorf("--profile says what a FILE carries: name one")}
		}
		if err := o.Check(); err != nil {
			return usageError{err}
		}
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		o.Child = []string{exe, "bench"}
		o.Waiting = sync.OnceFunc(func() { // nobody should wait without knowing, quiet or not
			fmt.Fprintln(os.Stderr, "wirebook: another bench runs on this host: waiting for its end")
		})
		quiet = quiet || asJSON && !isTerminal(os.Stderr)
		if !quiet {
			o.Note = func(text string) { fmt.Fprintln(os.Stderr, "note: "+text) }
			last := ""
			o.Progress = func(what string, done, total int64) {
				if what != last {
					fmt.Fprintln(os.Stderr, what)
					last = what
				}
			}
		}
		report, err := profiled(profile, func() (*bench.Report, error) { return bench.Run(c.Context(), o) })
		if err != nil {
			return err
		}
		if html != "" {
			page, err := os.Create(html)
			if err != nil {
				return fmt.Errorf("write report: %w", err)
			}
			if err := report.WriteHTML(page); err != nil {
				page.Close()
				return fmt.Errorf("write report: %w", err)
			}
			if err := page.Close(); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
		}
		if asJSON {
			return report.WriteJSON(os.Stdout)
		}
		return report.WriteText(os.Stdout)
	}
	return c
}

// profiled runs the bench and writes a CPU profile of it to path, unless that is empty.
func profiled(path string, run func() (*bench.Report, error)) (*bench.Report, error) {
	if path == "" {
		return run()
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write CPU profile: %w", err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("write CPU profile: %w", err)
	}
	report, err := run()
	pprof.StopCPUProfile()
	if err != nil {
		return nil, err
	}
	return report, f.Close()
}
