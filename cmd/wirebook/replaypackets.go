package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wirebook/feedhandler/replay"
	"wirebook/shm/segment"
)

// packetsFlags are those of a replay of a run's own inputs.
type packetsFlags struct {
	instance string
	worker   int
}

func (f *packetsFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.instance, "packets", "", "replay what the run of this instance took in, from its packets rings, instead of captures")
	c.Flags().IntVar(&f.worker, "worker", -1, "with --packets: of this worker only")
}

// check refuses what goes with captures only.
func (f *packetsFlags) check(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("--packets %s reads no capture files: leave %s out", f.instance, strings.Join(args, " "))}
	}
	if err := segment.CheckName(f.instance); err != nil {
		return usageError{err}
	}
	with := map[string]bool{"packets": true, "worker": true, "json": true, "quiet": true, "no-shm": true}
	var err error
	c.Flags().Visit(func(flag *pflag.Flag) {
		if !with[flag.Name] && err == nil {
			err = usageError{fmt.Errorf("--%s does not go with --packets: the run's configuration, pace and records are replayed as they were", flag.Name)}
		}
	})
	return err
}

func (f *packetsFlags) replay(ctx context.Context, quiet, asJSON bool) error {
	bar := newProgress("replay", quiet || asJSON && !isTerminal(os.Stdout))
	s, err := replay.RunPackets(ctx, replay.PacketsOptions{
		Instance: f.instance, Worker: f.worker, Progress: bar.set,
		Warn: func(text string) {
			if !quiet {
				fmt.Fprintln(os.Stderr, "warning: "+text)
			}
		},
	})
	bar.done()
	if err != nil {
		return err
	}
	if err := showSummary(s, asJSON); err != nil {
		return err
	}
	if s.Stopped {
		return stopped{"the counts and digests are of a part of the run"}
	}
	return nil
}
