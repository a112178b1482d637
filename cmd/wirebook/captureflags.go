package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/capture/trailer"
	"wirebook/feedhandler/config"
)

// captureFlags are the flags of every verb that reads captures.
type captureFlags struct {
	profile string
	config  string
	format  string
	trailer string
	date    string
	quiet   bool
}

// trailers are the values of --trailer.
var trailers = []string{"none", "auto", "metawatch", "cpacket", "exablaze", "arista7150", "arista7280", "vss"}

func (f *captureFlags) add(c *cobra.Command, withConfig bool) {
	c.Flags().StringVarP(&f.profile, "profile", "p", "", "what the capture carries, such as nasdaq.itch50 ('wirebook profiles' lists them)")
	if withConfig {
		c.Flags().StringVarP(&f.config, "config", "c", "", "configuration file with channels and lines, instead of --profile")
	}
	c.Flags().StringVar(&f.format, "input-format", "auto", "auto, pcap, pcapng, erf or binaryfile")
	c.Flags().StringVar(&f.trailer, "trailer", "", "switch timestamps after the packet: "+strings.Join(trailers, ", "))
	c.Flags().StringVar(&f.date, "date", "", "trading date (2026-11-21) of files that hold times of day only; default: from the file's name")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress, no notes on standard error")
	_ = c.RegisterFlagCompletionFunc("profile", completeProfiles)
	_ = c.RegisterFlagCompletionFunc("input-format", cobra.FixedCompletions([]string{"auto", "pcap", "pcapng", "erf", "binaryfile"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("trailer", cobra.FixedCompletions(trailers, cobra.ShellCompDirectiveNoFileComp))
}

// options turns the flags into capture options; it checks everything before a file is opened.
func (f *captureFlags) options() (capture.Options, error) {
	o := capture.Options{Trailer: f.trailer}
	var err error
	if o.Format, err = capture.ParseFormat(f.format); err != nil {
		return o, usageError{fmt.Errorf("--input-format: %w", err)}
	}
	if f.trailer != "" && f.trailer != "auto" {
		if _, err := trailer.ParseKind(f.trailer); err != nil {
			return o, usageError{fmt.Errorf("--trailer %q: must be one of %s", f.trailer, strings.Join(trailers, ", "))}
		}
	}
	if f.date != "" {
		if o.Date, err = time.Parse(time.DateOnly, f.date); err != nil {
			return o, usageError{fmt.Errorf("--date %q: must be a date such as 2026-11-21", f.date)}
		}
	}
	return o, nil
}

// source resolves --config or --profile: exactly one of them.
func (f *captureFlags) source() (*config.Config, config.Profile, error) {
	switch {
	case f.config != "" && f.profile != "":
		return nil, config.Profile{}, usageError{errors.New("--config and --profile exclude each other: a configuration names its profiles")}
	case f.config != "":
		c, err := config.Load(f.config)
		if err != nil {
			return nil, config.Profile{}, usageError{err}
		}
		return c, config.Profile{}, nil
	case f.profile != "":
		p, err := config.FindProfile(f.profile)
		if err != nil {
			return nil, p, usageError{err}
		}
		return nil, p, nil
	}
	return nil, config.Profile{}, usageError{errors.New("say what the capture carries with --profile NAME ('wirebook profiles' lists them)")}
}

// note prints a remark to standard error unless --quiet.
func (f *captureFlags) note(format string, args ...any) {
	if !f.quiet {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range config.Profiles() {
		names = append(names, p.Name+"\t"+p.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
