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
	var cut cutFlags
	var schema, format, output string
	var pretty, strings, compress bool
	var version int
	c := &cobra.Command{
		Use:   "export (--profile P | --config F) [--schema S] [flags] FILE...",
		Short: "Write normalized records from captures to DBN, CSV or JSON",
		Long: `Runs captures through the core, offline, and writes one schema. DBN files are version 3 and open in any DBN tool that
knows it (--dbn-version 2 for older ones, such as the Go module dbn-go). CSV and JSON have DBN's columns and their order, then
the symbol; prices are integers of 1e-9 and times ns since 1970 UTC (--pretty: decimals and ISO), what the venue did not
say is empty or null. A record has the name that its instrument had then; DBN has dated intervals of names.

  wirebook export --profile nasdaq.itch50 --schema mbo --format dbn -o day.mbo.dbn day.pcap
  wirebook export --profile iex.deep10 --schema mbp-1 --format csv --pretty day.pcap.gz | less
  wirebook export --profile cme.mdp3 --schema definition --format json day.pcap | jq -r .raw_symbol
  xz -dc day.pcap.xz | wirebook export --profile nasdaq.itch50 --format csv -
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
			if err := cut.parse(); err != nil {
				return err
			}
			o.Until = cut.untilNS // before, everything goes into the books
			if err := export.NotSource(output, args); err != nil {
				return usageError{err}
			}
			dataset := profile.Dataset
			if cfg != nil {
				if p, err := config.FindProfile(cfg.Channels[0].Profile); err == nil {
					dataset = p.Dataset
				}
			}
			w, err := export.NewWriter(output, export.Options{
				Schema: s, Format: format, Version: version, Dataset: dataset, Pretty: pretty, Strings: strings, Zstd: compress,
				From: cut.fromNS, Until: cut.untilNS, Symbols: cut.symbols,
			})
			if err != nil {
				return usageError{err}
			}
			o.Output = func(ch *feedhandler.ChannelConfig) {
				ch.NoDigests = true
				part := w.Channel()
				ch.Output.Tap, ch.Output.TapSchemas, ch.Output.Instruments = part, feedhandler.Schemas(s.Ring), part
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
			summary, err := replay.Run(ctx, o)
			bar.done()
			if c.Context().Err() != nil && (err == nil || errors.Is(err, context.Canceled)) { // also while channels were looked for
				err = stopped{unwritten(output)}
			}
			if err == nil {
				err = nothingUsed(summary)
			}
			if err != nil {
				w.Abort()
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			if w.Records == 0 && len(cut.symbols) > 0 {
				flags.note("warning: no %s record is of %v: is the symbol spelled as the venue does?", s.Name, cut.symbols)
			}
			lost := uint64(0)
			for _, g := range summary.Gaps {
				if !g.Healed {
					lost += g.Count
				}
			}
			if format == "dbn" && w.Misnamed > 0 {
				flags.note("warning: %s of instruments that had another name later on the same day (UTC): DBN names ids by the day, so they read as the later one; CSV and JSON name each record", count(w.Misnamed, "record"))
			}
			flags.note("%s, %s, %s, %s lost on every line", count(summary.Packets, "packet"), count(summary.Messages, "message"), count(w.Records, s.Name+" record"), count(lost, "message"))
			return notWhole(summary)
		},
	}
	flags.add(c, true)
	cut.add(c, "records received")
	cut.addSymbols(c, "records")
	c.Flags().StringVarP(&schema, "schema", "s", "mbo", "mbo, mbp-1, mbp-10, trades, status, definition, imbalance or statistics")
	c.Flags().StringVarP(&format, "format", "f", "dbn", "dbn, csv or json")
	c.Flags().StringVarP(&output, "output", "o", "-", "file to write; - for standard output")
	c.Flags().IntVar(&version, "dbn-version", 3, "3, or 2 for readers that know no newer one (definitions without legs)")
	c.Flags().BoolVar(&pretty, "pretty", false, "CSV and JSON: decimal prices, ISO times")
	c.Flags().BoolVar(&strings, "json-strings", false, "JSON: integers of 64 bits as strings, as DBN's own JSON has them; many tools round numbers beyond 2^53")
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

// unwritten says what a stopped verb leaves of its output.
func unwritten(output string) string {
	if output == "-" || output == "" {
		return "standard output has a part"
	}
	return "nothing was written, " + output + " is as it was"
}
