package main

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/doctor"
)

// errSick ends doctor with a failure when something makes receiving impossible.
var errSick = errors.New("something here makes a way of receiving impossible: see the failures above")

func doctorCommand() *cobra.Command {
	var o doctor.Options
	var asJSON, all, strict bool
	var file string
	c := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Say what this host can and cannot do for receiving, and how to change it",
		Long: `Looks at the kernel, rights and limits, memory, CPUs, network settings, clocks and each interface, and measures the receive
path over the loopback interface for less than a second. It changes nothing. Each finding has a level (ok, note, warn,
fail), what was found, what is wanted, what it costs as it is, and the command that changes it. 'scripts/tune apply IF'
applies what can be changed while running, and takes it back.

  wirebook doctor                                every interface that is up
  wirebook doctor --interface eth1 --all         one, and what is well too
  wirebook doctor -c feeds.yaml                  also what its channels take in memory
  wirebook doctor --json | jq '.findings[] | select(.level != "ok")'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if file != "" {
				c, err := config.Load(file)
				if err != nil {
					return usageError{err}
				}
				o.Config = c
			}
			r := doctor.Examine(o)
			if asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				if err := enc.Encode(r); err != nil {
					return err
				}
			} else if err := doctor.Text(os.Stdout, r, all); err != nil {
				return err
			}
			if strict && r.Worst() == doctor.Fail {
				return errSick
			}
			return nil
		},
	}
	fl := c.Flags()
	fl.StringSliceVarP(&o.Interfaces, "interface", "I", nil, "interfaces to look at (default: every one that is up)")
	fl.StringVarP(&file, "config", "c", "", "configuration file: say what its channels need in memory for the skew of their lines")
	fl.BoolVar(&asJSON, "json", false, "as JSON")
	fl.BoolVar(&all, "all", false, "also what is well")
	fl.BoolVar(&strict, "strict", false, "exit with 1 when there is a failure")
	fl.BoolVar(&o.NoSelfTest, "no-self-test", false, "do not measure the receive path")
	return c
}
