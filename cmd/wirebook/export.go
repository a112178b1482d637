package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/export"
	"wirebook/feedhandler/replay"
	"wirebook/feedhandler/venue"
)

func exportCommand() *cobra.Command {
	var flags captureFlags
	var schema, format, output string
	var pretty, compress bool
	var version int
	c := &cobra.Command{
		Use:   "export (--profile P | --config F) [--schema S] [flags] FILE...",
		Short: "Write normalized records from captures to DBN, CSV or JSON",
		Long: `Runs captures through the core, offline, and writes one schema. DBN files are version 3 and open in any DBN tool that
knows it (--dbn-version 2 for older ones, such as the Go module dbn-go). CSV and JSON have DBN's columns and their order, then
the symbol; prices are integers of 1e-9 and times ns since 1970 UTC (--pretty: decimals and ISO), what the venue did not
say is empty or null.

  wirebook export --profile nasdaq.itch50 --schema mbo --format dbn -o day.mbo.dbn day.pcap
  wirebook export --profile iex.deep10 --schema mbp-1 --format csv --pretty day.pcap.gz | less
  wirebook export --profile cme.mdp3 --schema definition --format json day.pcap | jq -r .raw_symbol
  wirebook export --config feeds.yaml --schema mbp-10 --zstd -o day.dbn.zst lineA.pcap lineB.pcap

The file gets its name when it is whole: after an error, or when stopped, there is none.`,
		Args: files,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, profile, err := flags.source()
			if err != nil {
				return err
			}
			s, err := export.FindSchema(schema)
			if err != nil {
				return usageError{err}
			}
			if feed := venue.Find(profile.Feed); feed != nil && s.Name == "mbo" && !feed.ByOrder {
				return usageError{fmt.Errorf("%s carries no orders, so there are no mbo records: choose --schema mbp-1, mbp-10 or trades", profile.Title)}
			}
			o := replay.Options{Files: args, Config: cfg, Profile: profile.Name}
			if o.Capture, err = flags.options(); err != nil {
				return err
			}
			dataset := profile.Dataset
			if cfg != nil {
				if p, err := config.FindProfile(cfg.Channels[0].Profile); err == nil {
					dataset = p.Dataset
				}
			}
			symbols := &symbolTable{}
			w, err := export.NewWriter(output, export.Options{
				Schema: s, Format: format, Version: version, Dataset: dataset, Pretty: pretty, Zstd: compress,
				Symbol: symbols.find,
			})
			if err != nil {
				return usageError{err}
			}
			o.Output = func(ch *feedhandler.ChannelConfig) {
				ch.NoDigests = true
				ch.Output.Tap, ch.Output.TapSchemas = w, feedhandler.Schemas(s.Ring)
			}
			o.Warn = func(text string) { flags.note("warning: %s", text) }
			bar := newProgress("export", flags.quiet)
			ctx, stop := context.WithCancel(c.Context())
			defer stop()
			o.Progress = func(read, total int64) {
				bar.set(read, total)
				if w.Err() != nil {
					stop() // a full disk does not get better by reading on
				}
			}
			o.Ready = func(r *replay.Replay) { symbols.run = r }
			summary, err := replay.Run(ctx, o)
			bar.done()
			if err == nil && c.Context().Err() != nil {
				err = errors.New("stopped before the end: nothing was written")
			}
			if err == nil {
				err = nothingUsed(summary)
			}
			if err != nil {
				w.Abort()
				return err
			}
			symbols.again()
			if err := w.Close(); err != nil {
				return err
			}
			lost := uint64(0)
			for _, g := range summary.Gaps {
				if !g.Healed {
					lost += g.Count
				}
			}
			flags.note("%d packets, %d messages, %d %s records, %d messages lost on every line", summary.Packets, summary.Messages, w.Records, s.Name, lost)
			return nil
		},
	}
	flags.add(c, true)
	c.Flags().StringVarP(&schema, "schema", "s", "mbo", "mbo, mbp-1, mbp-10, trades, status, definition, imbalance or statistics")
	c.Flags().StringVarP(&format, "format", "f", "dbn", "dbn, csv or json")
	c.Flags().StringVarP(&output, "output", "o", "-", "file to write; - for standard output")
	c.Flags().IntVar(&version, "dbn-version", 3, "3, or 2 for readers that know no newer one (definitions without legs)")
	c.Flags().BoolVar(&pretty, "pretty", false, "CSV and JSON: decimal prices, ISO times")
	c.Flags().BoolVar(&compress, "zstd", false, "compress the output")
	_ = c.RegisterFlagCompletionFunc("schema", cobra.FixedCompletions(export.SchemaNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(export.Formats, cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error {
		if format == "dbn" && (output == "-" || output == "") && isTerminal(os.Stdout) {
			return usageError{errBinaryTerminal}
		}
		return nil
	}
	return c
}

// symbolTable finds the symbols of instruments in the directories of the channels that publish them.
type symbolTable struct {
	run   *replay.Replay
	names map[symbolKey]string
	seen  []int // entries of each channel's directory that are in names
}

type symbolKey struct {
	publisher  uint16
	instrument uint32
}

// find returns the symbol of an instrument, "" while it is not known. Directories grow, so what is new is read first.
func (t *symbolTable) find(publisher uint16, instrument uint32) string {
	key := symbolKey{publisher, instrument}
	if name := t.names[key]; name != "" {
		return name
	}
	if t.names == nil {
		t.names, t.seen = map[symbolKey]string{}, make([]int, len(t.run.Channels))
	}
	for i, ch := range t.run.Pipe.Channels() {
		dir := ch.Directory()
		for k := max(t.seen[i], 1); k < dir.Len(); k++ {
			ins := dir.At(uint32(k))
			if name := ins.Symbol.String(); name != "" {
				t.names[symbolKey{t.run.Channels[i].PublisherID, ins.ID}] = name
			}
		}
		t.seen[i] = dir.Len()
	}
	return t.names[key]
}

// again forgets everything: an entry may have got its symbol after it was read.
func (t *symbolTable) again() { t.names = nil }
