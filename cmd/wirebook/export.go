package main

import (
	"os"

	"github.com/spf13/cobra"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/export"
	"wirebook/feedhandler/replay"
)

func exportCommand() *cobra.Command {
	var flags captureFlags
	var schema, format, output string
	var pretty, compress bool
	c := &cobra.Command{
		Use:   "export (--profile P | --config F) --schema S [flags] FILE...",
		Short: "Write normalized records from captures to DBN, CSV or JSON",
		Long: `Runs captures through the core, offline, and writes one schema. DBN files are version 3 and open in any DBN tool;
CSV and JSON have DBN's column names, prices as integers of 1e-9 and times in ns since 1970 UTC (--pretty: decimals and ISO).

  wirebook export --profile nasdaq.itch50 --schema mbo --format dbn -o day.mbo.dbn day.pcap
  wirebook export --profile iex.deep10 --schema mbp-1 --format csv --pretty day.pcap.gz`,
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
			var run *replay.Replay
			w, err := export.NewWriter(output, export.Options{
				Schema: s, Format: format, Dataset: dataset, Pretty: pretty, Zstd: compress,
				Symbol: func(publisher uint16, instrument uint32) string { return symbolOf(run, publisher, instrument) },
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
			o.Progress = bar.set
			o.Ready = func(r *replay.Replay) { run = r }
			summary, err := replay.Run(c.Context(), o)
			bar.done()
			if err == nil && summary.Stopped {
				err = c.Context().Err()
			}
			if err != nil {
				w.Abort()
				return err
			}
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
	c.Flags().BoolVar(&pretty, "pretty", false, "CSV and JSON: decimal prices, ISO times")
	c.Flags().BoolVar(&compress, "zstd", false, "DBN: compress the file")
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

// symbolOf finds an instrument's symbol in the directories of the channels that publish under an id.
func symbolOf(r *replay.Replay, publisher uint16, instrument uint32) string {
	for i, ch := range r.Pipe.Channels() {
		if r.Channels[i].PublisherID != publisher {
			continue
		}
		for k := 1; k < ch.Directory().Len(); k++ {
			if ins := ch.Directory().At(uint32(k)); ins.ID == instrument {
				return ins.Symbol.String()
			}
		}
	}
	return ""
}
