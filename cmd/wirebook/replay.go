package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/replay"
	"wirebook/shm/segment"
)

func replayCommand() *cobra.Command {
	var flags captureFlags
	var speed, instance, name string
	var asJSON, noShm, populate bool
	var pace paceFlags
	var cut cutFlags
	var packets packetsFlags
	c := &cobra.Command{
		Use:   "replay (--profile P | --config F) [flags] FILE... | replay --packets INSTANCE",
		Short: "Replay captures into shared-memory rings",
		Long: `Replays captures through the same core that live receive uses, into the rings of an instance under
/dev/shm/wirebook. Time comes from the capture: the same files give the same records, always.

Captures: pcap, pcapng, ERF, Nasdaq BinaryFILE days (*.NASDAQ_ITCH50), plain, gzip or zstd. Several files are merged by
time, so line A may be in one and line B in another. With --profile the channels and lines are found in the packets: two
destinations that carry the same sequence are A and B. A file that is - is standard input; of it and of pipes the first
500,000 packets, 256 MiB, or three seconds of a capture that is being made, are looked at for channels.

Of what a line brought, first was new, duplicate had come already, late came after it had been given up, and suspect was not
believed: its number is far from the sequence, or its session another, and no other line or packet confirmed it. What comes
too far ahead is kept until the sequence comes near (skew, peak_rate in a configuration), and counts again then. Lost is what
the line's own numbering skipped, whoever else brought it.

With --packets it replays what 'wirebook run' recorded of its own inputs (rings.packets in its configuration): every packet, tick,
lateness, reload and mended panic in the order taken. The full digests are those of the run, in its control file, byte for byte,
and nothing is published. A run that goes on is replayed to where it is.

  wirebook replay --profile nasdaq.itch50 day.pcap                 as fast as it goes
  wirebook replay --profile iex.deep10 --speed 1 day.pcap.gz       as captured
  wirebook replay --config feeds.yaml lineA.pcap lineB.pcap        channels from a configuration
  wirebook replay --profile cme.mdp3 --json day.pcap | jq .digests
  wirebook replay --packets live                                   what the run "live" took in, from its packets ring
  xz -dc day.pcap.xz | wirebook replay --profile nasdaq.itch50 -`,
		Args: func(c *cobra.Command, args []string) error {
			if packets.instance != "" {
				return packets.check(c, args)
			}
			if c.Flags().Changed("worker") {
				return usageError{errors.New("--worker goes with --packets: captures know no workers")}
			}
			return files(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if packets.instance != "" {
				return packets.replay(c.Context(), flags.quiet, asJSON)
			}
			cfg, profile, err := flags.source()
			if err != nil {
				return err
			}
			o := replay.Options{Files: args, Config: cfg, Profile: profile.Name, Instance: instance}
			if o.Capture, err = flags.options(); err != nil {
				return err
			}
			if err := cut.parse(); err != nil {
				return err
			}
			o.From, o.Until, o.Symbols = cut.fromNS, cut.untilNS, cut.symbols
			if o.Speed, err = parseSpeed(speed); err != nil {
				return err
			}
			if err := pace.apply(&o); err != nil {
				return err
			}
			if cfg != nil && cfg.Instance != "" && !c.Flags().Changed("instance") {
				o.Instance = cfg.Instance
			}
			if err := segment.CheckName(o.Instance); err != nil {
				return usageError{err}
			}
			if noShm {
				o.Instance = ""
			}
			o.Shm.Populate = populate
			o.Warn = func(text string) { flags.note("warning: %s", text) }
			bar := newProgress("replay", flags.quiet || asJSON && !isTerminal(os.Stdout))
			o.Progress = bar.set
			o.Ready = func(r *replay.Replay) {
				for i := range r.Config.Channels {
					name = r.Config.Channels[i].Name
					for _, l := range r.Config.Channels[i].Lines {
						flags.note("channel %s line %s: %s:%d", name, l.Name, l.Group, l.Port)
					}
				}
				for _, t := range r.Trailers() {
					flags.note("%s", t)
				}
				if r.Instance != nil {
					flags.note("publishing into %s", r.Instance.Dir())
				}
			}
			s, err := replay.Run(c.Context(), o)
			bar.done()
			if errors.Is(err, context.Canceled) {
				return stopped{"nothing was published: its channels were still looked for"}
			}
			if err != nil {
				return err
			}
			if err := showSummary(s, asJSON); err != nil {
				return err
			}
			if s.Stopped {
				return stopped{"the counts and digests are of a part of the capture"}
			}
			return cmp.Or(nothingUsed(s), notWhole(s))
		},
	}
	flags.add(c, true)
	packets.add(c)
	c.Flags().StringVarP(&instance, "instance", "i", "default", "name of the instance: its directory under /dev/shm/wirebook")
	c.Flags().StringVar(&speed, "speed", "max", "pace: 1 as captured, 10 ten times as fast, max without waiting")
	pace.add(c)
	cut.add(c, "publish what was received")
	cut.addSymbols(c, "publish records")
	c.Flags().BoolVar(&asJSON, "json", false, "end with the summary as JSON on standard output")
	c.Flags().BoolVar(&noShm, "no-shm", false, "only count and digest, publish nothing")
	c.Flags().BoolVar(&populate, "populate", true, "touch every page of the rings first, so that the first lap does not fault")
	return c
}

// showSummary ends a replay on standard output.
func showSummary(s *replay.Summary, asJSON bool) error {
	if !asJSON {
		printSummary(os.Stdout, s)
		return nil
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

func parseSpeed(s string) (float64, error) {
	if s == "max" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= 1e9) {
		return 0, usageError{fmt.Errorf("--speed %q: a number above 0, or max", s)}
	}
	return v, nil
}

func seconds(ns int64) string { return time.Duration(ns).Round(time.Millisecond).String() }
