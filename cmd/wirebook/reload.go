package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/view"
	"wirebook/feedhandler/view/top"
	"wirebook/shm"
	"wirebook/shm/segment"
)

func reloadCommand() *cobra.Command {
	var instance string
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "reload [flags]",
		Short: "Have a live run read its configuration again",
		Long: `Sends SIGHUP to the run that writes an instance and waits until it has read its configuration: channels that were added
are joined, removed ones left, changed ones opened anew; the others do not notice. It fails when the run found a mistake;
the run's log says which, and its channels are what they were.

  wirebook reload
  wirebook reload --instance colo1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := segment.CheckName(instance); err != nil {
				return usageError{err}
			}
			v, err := segment.Open("", instance)
			if err != nil {
				return err
			}
			defer v.Close()
			pid, _ := v.Control.WriterPID()
			if v.Control.State() != shm.StateRunning || !v.WriterAlive() {
				return fmt.Errorf("instance %s is not running: start it with 'wirebook run'", instance)
			}
			before := top.Read(v, time.Now())
			if before.Edge == "" {
				return fmt.Errorf("instance %s is a replay: only a live run reloads", instance)
			}
			if err := syscall.Kill(int(pid), syscall.SIGHUP); err != nil {
				if errors.Is(err, os.ErrPermission) {
					return fmt.Errorf("signal process %d: %w: run as its user, or root", pid, err)
				}
				return fmt.Errorf("signal process %d: %w", pid, err)
			}
			for end := time.Now().Add(timeout); time.Now().Before(end); {
				select {
				case <-c.Context().Done():
					return c.Context().Err()
				case <-time.After(20 * time.Millisecond):
				}
				now := top.Read(v, time.Now())
				if now.Counters["reload_failures"] > before.Counters["reload_failures"] {
					return fmt.Errorf("the run found a mistake; its log says which (process %d)", pid)
				}
				if now.Counters["reloads"] > before.Counters["reloads"] {
					n := uint64(0)
					for i := range now.Channels {
						if now.Channels[i].Active {
							n++
						}
					}
					fmt.Printf("reloaded: %s\n", view.Plural(n, "channel"))
					return nil
				}
			}
			return fmt.Errorf("process %d did not reload within %s", pid, timeout)
		},
	}
	c.Flags().StringVarP(&instance, "instance", "i", "default", "name of the instance: its directory under /dev/shm/wirebook")
	c.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long to wait")
	_ = c.RegisterFlagCompletionFunc("instance", completeInstances)
	return c
}
