package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/view/clockview"
	"wirebook/ptp/clock"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
	"wirebook/shm/segment"
)

func ptpCommand() *cobra.Command {
	var v ptpVerb
	c := &cobra.Command{
		Use:   "ptp [flags]",
		Short: "Show the clock that receive stamps come from, its offset and its grandmaster",
		Long: `Reads the NIC's PTP clock, the host's clock and ptp4l for a moment and says what receive stamps would be worth:
state, error bound, offset history, grandmaster. It changes no clock and switches nothing on.

States: unsynchronised, acquiring, locked, holdover, stepped, frozen, missing. Records are flagged BAD_TS_RECV unless it
is locked or holdover; the exit code is 0 only then, so that scripts can ask.

With --instance it shows what a running instance has published of its clock instead.

  wirebook ptp                                   the first interface with a PTP clock
  wirebook ptp --interface eth0 --watch          a line a second
  wirebook ptp --interface eth0 --json | jq .bound_ns
  wirebook ptp --instance default                of a running instance
  wirebook ptp --socket /var/run/ptp4lro         without root, with linuxptp 4`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v.given = c.Flags().Changed("instance")
			if v.duration < 500*time.Millisecond || v.duration > time.Hour {
				return usageError{fmt.Errorf("--for %v: from 500ms, which a first fit needs, to 1h", v.duration)}
			}
			if v.given && (c.Flags().Changed("interface") || c.Flags().Changed("socket")) {
				return usageError{errors.New("--instance shows what a process has published; it goes without --interface and --socket")}
			}
			v.out = os.Stdout
			return v.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVarP(&v.iface, "interface", "I", "", "network interface; default: the first one with a PTP clock")
	f.StringVar(&v.socket, "socket", "", "ptp4l's management socket; default: "+ptp4l.DefaultSockets[0]+", else "+ptp4l.DefaultSockets[1])
	f.Uint8Var(&v.domain, "domain", 0, "PTP domain")
	f.DurationVar(&v.duration, "for", 2*time.Second, "how long to look before telling")
	f.BoolVarP(&v.watch, "watch", "w", false, "a line a second until interrupted")
	f.BoolVar(&v.asJSON, "json", false, "JSON; with --watch one object a line")
	f.StringVarP(&v.instance, "instance", "i", "default", "show the published clock of a running instance")
	return c
}

// ptpVerb is one call of the verb.
type ptpVerb struct {
	iface, socket, instance string
	domain                  uint8
	duration                time.Duration
	watch, asJSON, given    bool
	out                     io.Writer
}

func (v *ptpVerb) run(ctx context.Context) error {
	if v.given {
		return v.published(ctx)
	}
	iface, err := v.choose()
	if err != nil {
		return err
	}
	s, err := clock.New(clock.Options{Interface: iface, PTP4L: ptp4l.Options{Socket: v.socket, Domain: v.domain}})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(running) }()
	err = v.look(ctx, s)
	stop()
	<-done
	return errors.Join(err, s.Close())
}

// choose returns the interface to look at: the named one, else the first with a PTP clock, else none.
func (v *ptpVerb) choose() (string, error) {
	if v.iface != "" {
		_, err := phc.Find(v.iface)
		return v.iface, err
	}
	entries, _ := os.ReadDir("/sys/class/net")
	for _, e := range entries {
		if info, err := phc.Find(e.Name()); err == nil && info.HasClock() {
			return e.Name(), nil
		}
	}
	return "", nil
}

// look waits and tells, once or every second.
func (v *ptpVerb) look(ctx context.Context, s *clock.Service) error {
	wait := v.duration
	if v.watch {
		wait = time.Second
	}
	enc := json.NewEncoder(v.out)
	if v.asJSON && !v.watch {
		enc.SetIndent("", "  ")
	}
	for round := 0; ; round++ {
		interrupted := false
		select {
		case <-ctx.Done():
			interrupted = true
		case <-time.After(wait):
		}
		st := s.Status()
		var err error
		switch {
		case interrupted && v.watch:
		case v.asJSON:
			view := clockview.Of(&st)
			if !v.watch {
				view.History = clockview.History(s.History())
			}
			err = enc.Encode(view)
		case v.watch:
			err = clockview.PrintLine(v.out, &st, round%20 == 0)
		default:
			err = clockview.Print(v.out, &st, s.History())
		}
		if err != nil {
			return err
		}
		if interrupted || !v.watch {
			return clockview.Verdict(&st)
		}
	}
}

// published shows the clock block of a running instance.
func (v *ptpVerb) published(ctx context.Context) error {
	view, err := segment.Open("", v.instance)
	if err != nil {
		return err
	}
	defer view.Close()
	enc := json.NewEncoder(v.out)
	if !v.watch {
		enc.SetIndent("", "  ")
	}
	for round := 0; ; round++ {
		b, ok := view.Control.Clock()
		if !ok {
			return fmt.Errorf("instance %s: its clock block cannot be read whole; has its writer died in the middle? Start it again", v.instance)
		}
		now := uint64(time.Now().UnixNano())
		c := clockview.Published(v.instance, &b, view.Control, now)
		switch {
		case v.asJSON:
			err = enc.Encode(c)
		case v.watch:
			err = clockview.PrintPublishedLine(v.out, &c, round%20 == 0)
		default:
			err = clockview.PrintPublished(v.out, &c)
		}
		if err != nil {
			return err
		}
		if v.watch {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
				continue
			}
		}
		if c.Problem != "" {
			return clockview.Bad{What: c.Problem}
		}
		return nil
	}
}
