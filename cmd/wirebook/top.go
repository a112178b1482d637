package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/view/top"
	"wirebook/shm/segment"
)

// topFlags shape 'wirebook top'.
type topFlags struct {
	instance     string
	every        time.Duration
	once, asJSON bool
}

func topCommand() *cobra.Command {
	var f topFlags
	c := &cobra.Command{
		Use:   "top [flags]",
		Short: "Show an instance at work: lines, rates, gaps, lag, drops, clock, readers",
		Long: `Shows what an instance counts, refreshed in the terminal, from shared memory alone: the writer is not asked, and may be
a live run, a replay, or gone.

  wirebook top                          the instance named default
  wirebook top --instance demo --once   one reading
  wirebook top --json | jq .dropped     one reading as JSON; with --every 1s, one object a line each second

On the screen: arrows, PgUp and PgDn scroll, s sorts by name, rate, lost or lag, ? explains, q quits. A narrow terminal
shows fewer columns, and never without LOST, DROPPED and LAG.

One reading takes half a second, for the rates; what is not known is "-", in JSON null.

LAG is how far a line's packets come behind the other line's. HEALED gaps were filled by the other line or by a later
packet, GAPS no line filled; LOST are their messages. DROPPED is what the kernel or the NIC's ring had no room for.
SUSPECT counts instruments whose book may be wrong; the first of them are named. STATE is how the channel stands: live, gapped
(something is missing, or books are suspect since it was), stale (every line is silent), and why.

A line that is "disputed" has said for seconds what another line that is heard contradicts; where nothing tells which is
right, every book of the channel is suspect.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := segment.CheckName(f.instance); err != nil {
				return usageError{err}
			}
			if f.every < 100*time.Millisecond {
				return usageError{fmt.Errorf("--every %s: at least 100ms", f.every)}
			}
			live := isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb" && !f.once && !f.asJSON
			switch {
			case live:
				return (&top.Screen{Instance: f.instance, Every: f.every, Keys: isTerminal(os.Stdin)}).Run(c.Context())
			case f.asJSON && c.Flags().Changed("every") && !f.once:
				return f.stream(c.Context())
			}
			s, err := top.Twice(c.Context(), "", f.instance, min(f.every, time.Second/2))
			if err != nil {
				return err
			}
			if f.asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(s)
			}
			return top.Text(os.Stdout, s)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.instance, "instance", "i", "default", "name of the instance: its directory under /dev/shm/wirebook")
	fl.DurationVar(&f.every, "every", time.Second, "how often to read")
	fl.BoolVar(&f.once, "once", false, "one reading, also on a terminal")
	fl.BoolVar(&f.asJSON, "json", false, "as JSON")
	_ = c.RegisterFlagCompletionFunc("instance", completeInstances)
	return c
}

// stream writes an object a line until it is ended.
func (f *topFlags) stream(ctx context.Context) error {
	enc := json.NewEncoder(os.Stdout)
	var before *top.Snapshot
	for {
		s, err := top.Open("", f.instance, before)
		if err != nil {
			return err
		}
		if err := enc.Encode(s); err != nil {
			return err
		}
		before = s
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.every):
		}
	}
}
