// Command wirebook is the feed handler and its operator's tools: one file a verb.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker: -X main.version=...
var version = "development"

// Exit codes; docs/exit-codes.md is their table.
const (
	exitFailed  = 1   // the work could not be done
	exitUsage   = 2   // the command line or a configuration is wrong
	exitStopped = 130 // stopped by a signal before the end: what was said is about a part only
)

// stopped ends a verb that a signal ended before its work was whole; it says what was done until then.
type stopped struct{ what string }

func (s stopped) Error() string { return "stopped before the end: " + s.what }

// usageError is a mistake in what was asked, not in the doing.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends us whatever we are doing
	// A reader of our output that went away is told by the write: temporary files are put away, then we end.
	signal.Ignore(syscall.SIGPIPE)
	root := rootCommand()
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	err := root.ExecuteContext(ctx)
	var usage usageError
	var part stopped
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "wirebook: "+err.Error())
		os.Exit(exitUsage)
	case !started: // cobra's own complaints about the command line
		fmt.Fprintf(os.Stderr, "wirebook: %s%s (see 'wirebook --help')\n", strings.Join(strings.Fields(err.Error()), " "), nearCommands(root, err))
		os.Exit(exitUsage)
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "wirebook: stopped before the end")
		os.Exit(exitStopped)
	case errors.As(err, &part):
		fmt.Fprintln(os.Stderr, "wirebook: "+err.Error())
		os.Exit(exitStopped)
	default:
		fmt.Fprintln(os.Stderr, "wirebook: "+err.Error())
		os.Exit(exitFailed)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "wirebook",
		Short: "Multicast feed handler: packets in, order books in shared memory out",
		Long: `Wirebook turns exchange multicast into normalized order books in shared memory.

  wirebook sim -o day.pcap                              make a capture with the built-in exchange
  wirebook replay --profile nasdaq.itch50 day.pcap      books from a capture into /dev/shm/wirebook/default
  wirebook tail                                         read them, from any number of processes
  wirebook inspect --profile iex.deep10 day.pcap.gz     every message, every field
  wirebook export --profile cme.mdp3 --schema mbp-10 --format dbn -o day.dbn day.pcap`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w%s (see '%s --help')", err, nearFlags(c, err), c.CommandPath())}
	})
	root.DisableSuggestions = true // its own are anything two letters away; nearCommands knows better
	root.AddCommand(runCommand(), reloadCommand(), topCommand(), doctorCommand(), ptpCommand(),
		replayCommand(), tailCommand(), inspectCommand(), exportCommand(), profilesCommand(),
		simCommand(), sendCommand(), venueCommand(), benchCommand(), versionCommand())
	return root
}

// versionCommand says what --version says: half of all tools have the one, half the other.
func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Prints the version, as --version does. A build by make says the tag or the commit it was made from, any other
"development".

  wirebook version`,
		Args: cobra.NoArgs,
		Run:  func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "wirebook version "+version) },
	}
}

// files is cobra's argument check for verbs that read captures.
func files(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{fmt.Errorf("no capture files named (see '%s --help')", c.CommandPath())}
	}
	return nil
}

var errBinaryTerminal = errors.New("dbn is binary and standard output is a terminal: name a file with -o, or redirect")
