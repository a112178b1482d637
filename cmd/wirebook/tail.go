package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/view"
	"wirebook/feedhandler/view/tail"
	"wirebook/shm"
	"wirebook/shm/segment"
)

var (
	tailSchemas = []string{"mbo", "mbp-1", "mbp-10", "trades", "admin"}
	tailFroms   = map[string]view.From{"auto": view.FromAuto, "oldest": view.FromOldest, "edge": view.FromEdge}
	tailWaits   = map[string]view.Wait{"adaptive": view.WaitAdaptive, "block": view.WaitBlock, "spin": view.WaitSpin}
)

func tailCommand() *cobra.Command {
	var t tail.Tail
	var schema, from, wait, book string
	var latest, plain, quiet bool
	c := &cobra.Command{
		Use:   "tail [flags]",
		Short: "Show what an instance publishes: a live table, lines, or JSON",
		Long: `Reads the rings of an instance as any reader does: mapped read-only, never in the writer's way. On a terminal it shows
a live table of books with the state of lines A and B; elsewhere, or with --plain, one record a line; with --json one
object a line with DBN's column names (prices are integers of 1e-9, times ns since 1970 UTC).

  wirebook tail                                          the instance named default, on a terminal as a table
  wirebook tail --instance demo --symbol AAPL,MSFT       two symbols of another instance
  wirebook tail --schema mbo --plain --count 20          twenty lines, order by order
  wirebook tail --schema trades --json | jq -c '[.symbol,.price,.size]'
  wirebook tail --schema admin --from oldest             trading status, definitions, imbalances, statistics; gaps, suspect books
  wirebook tail --latest                                 the book of every instrument, once
  wirebook tail --book AAPL                              the ladder of one: ten levels a side, the last trade
  wirebook tail --positions --plain                      each record's place in the venue's numbers, and its three times
  wirebook tail --wait spin --json > /dev/null           as fast as a reader can go, a core of its own

A line of mbp-1 or mbp-10 ends with the top of the book behind the event: bid size x bid | ask x ask size, then flags:
LAST closes the venue's event, TOB and MBP say how the book is built, SNAPSHOT that it was not an event, BAD_TS that no
trusted clock stamped it, MAYBE_BAD that a gap touches the book.

Among the records of --schema admin are some that no venue made: gap, suspect and whole tell which books cannot be trusted
and why, of one instrument or (*) of all of a channel; epoch and session tell what begins. --heartbeats shows also that
there was nothing to tell, once a second.

--positions ends a line with channel, session, the venue's unit (a message; at CME a packet) and the record's place among those
of the unit; then when its burst was received, and how long until it was taken and committed, in ns. What is not known says why:
inside_unit, mark_gone, orphan, unmarked. With --json the columns are place, channel_name, session, session_number, resets, unit,
k, ts_burst, ts_taken and ts_commit.

--book shows one instrument: price, size and order count of ten levels a side, live on a terminal; elsewhere, and with
--plain, --raw or --json, once. A name that several publishers have is meant by NAME@PUBLISHER.

It ends when the writer ended in good order and everything was read (--follow: waits for the next run), with q in the
table, or with Ctrl-C. What else happens is said on standard error, in the table at the top: lapped (the writer
overtook this reader and records are missing), a silent writer, a new run of the writer.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t.JSON = t.JSON || t.Strings
			t.Schema = view.AnySchema
			if schema != "" {
				s, ok := shm.ParseSchema(schema)
				if !ok {
					return usageError{fmt.Errorf("--schema %q: must be one of %s", schema, strings.Join(tailSchemas, ", "))}
				}
				t.Schema = s
			}
			var ok bool
			if t.From, ok = tailFroms[from]; !ok {
				return usageError{fmt.Errorf("--from %q: must be auto, oldest or edge", from)}
			}
			if t.Wait, ok = tailWaits[wait]; !ok {
				return usageError{fmt.Errorf("--wait %q: must be adaptive, block or spin", wait)}
			}
			if err := segment.CheckName(t.Name); err != nil {
				return usageError{err}
			}
			if t.Timeout < 0 || t.MaxRate < 0 {
				return usageError{fmt.Errorf("--timeout and --max-rate must not be below 0")}
			}
			if c.Flags().Changed("book") {
				if strings.TrimSpace(book) == "" {
					return usageError{fmt.Errorf("--book: name an instrument")}
				}
				for _, other := range []string{"latest", "symbol", "schema", "count", "max-rate", "from"} {
					if c.Flags().Changed(other) {
						return usageError{fmt.Errorf("--book and --%s: a ladder is of one instrument, as it is now; leave one of them out", other)}
					}
				}
			}
			signal.Ignore(syscall.SIGPIPE) // writes say EPIPE instead, and that ends us quietly
			if t.Positions && (book != "" || latest) {
				return usageError{fmt.Errorf("--positions: a book has none, its records do; leave --book and --latest out")}
			}
			live := isTerminal(os.Stdout) && !t.Positions && os.Getenv("TERM") != "dumb" && !plain && !t.JSON && !t.Raw && t.Count == 0 && t.MaxRate == 0
			t.Out, t.Keys = os.Stdout, isTerminal(os.Stdin)
			if !quiet {
				t.Notes = os.Stderr
			}
			switch {
			case book != "" && live:
				return t.LiveBook(c.Context(), book)
			case book != "":
				return t.Book(c.Context(), book)
			case latest:
				return t.Latest(c.Context())
			case live:
				return t.Live(c.Context())
			}
			return t.Lines(c.Context())
		},
	}
	f := c.Flags()
	f.StringVarP(&t.Name, "instance", "i", "default", "name of the instance: its directory under /dev/shm/wirebook")
	f.StringVarP(&schema, "schema", "s", "", "mbo, mbp-1, mbp-10, trades or admin (default: mbp-1 where the instance has it)")
	f.StringSliceVar(&t.Symbols, "symbol", nil, "only these symbols, by comma, in any case")
	f.BoolVar(&t.JSON, "json", false, "one JSON object a line")
	f.BoolVar(&t.Strings, "json-strings", false, "as --json, integers of 64 bits as strings: many tools round numbers beyond 2^53")
	f.BoolVar(&plain, "plain", false, "lines, also on a terminal")
	f.BoolVar(&t.Beats, "heartbeats", false, "of --schema admin: show the appliance's heartbeats too, once a second a channel")
	f.BoolVar(&t.Raw, "raw", false, "lines with ns, 1e-9 integers, DBN's letters and ids, unscaled")
	f.BoolVar(&latest, "latest", false, "show the latest book of every instrument once, and end")
	f.BoolVar(&t.Positions, "positions", false, "lines end with the record's place in the venue's numbers, and when it was received, taken and committed")
	f.StringVar(&book, "book", "", "show the ladder of one instrument: ten levels a side, the last trade")
	f.Uint64VarP(&t.Count, "count", "n", 0, "end after so many records; 0: no limit")
	f.Float64Var(&t.MaxRate, "max-rate", 0, "show at most so many records a second, read all; 0: show all")
	f.StringVar(&from, "from", "auto", "oldest: what the ring still holds; edge: what comes from now on; auto: edge where a writer is at work already, else oldest")
	f.StringVar(&wait, "wait", "adaptive", "for records: adaptive looks often, then sleeps until the writer rings (readers in its configuration), or up to 1 ms; block sleeps 1 ms at once; spin never sleeps")
	f.BoolVarP(&t.Follow, "follow", "f", false, "do not end with the writer: wait for its next run")
	f.DurationVar(&t.Timeout, "timeout", 10*time.Second, "how long to wait for an instance that is not there yet; 0: fail at once")
	f.BoolVarP(&quiet, "quiet", "q", false, "no notes on standard error")
	_ = c.RegisterFlagCompletionFunc("instance", completeInstances)
	for name, list := range map[string][]string{"schema": tailSchemas, "from": {"auto", "oldest", "edge"}, "wait": {"adaptive", "block", "spin"}} {
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
	}
	return c
}

func completeInstances(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, err := segment.List("")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for i := range list {
		names = append(names, list[i].Name+"\t"+view.Describe(&list[i]))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
