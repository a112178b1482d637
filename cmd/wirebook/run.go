package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live"
	"wirebook/feedhandler/view"
)

// runFlags override what the configuration says.
type runFlags struct {
	config, instance, iface, rx, idle, logLevel string
	summary                                     string
	cpus                                        []int
	populate, check, logJSON                    bool
}

func runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run -c FILE [flags]",
		Short: "Receive live multicast and publish books",
		Long: `Takes the channels of a configuration off the network, through the same core as replay, into the rings of an instance
under /dev/shm/wirebook. 'wirebook doctor' says what this host can do; 'wirebook top' shows a run at work.

  wirebook run -c feeds.yaml --interface eth1              as the configuration says, lines on eth1
  wirebook run -c feeds.yaml --interface eth1 --rx socket  plain UDP sockets
  wirebook run -c feeds.yaml --cpu 3                       the worker alone on CPU 3
  wirebook run -c feeds.yaml --check                       say what is wrong, open nothing

A configuration names channels and their lines (none: the profile's sample groups); what else is worth saying about a
live run is under live:

  live: {interface: eth1, rx: auto, cpus: [3], idle: busy, realtime: 10}
  channels:
    - name: itch
      profile: nasdaq.itch50
      lines:
        - {name: A, group: 233.54.12.111, port: 26477}
        - {name: B, group: 233.49.196.111, port: 26477, source: 10.0.0.1, interface: eth2}

With several workers, one a CPU in cpus, a channel's worker owns it (worker: 1; the first is 0). By AF_XDP the workers with
channels on an interface poll its queues in turn, or as told. Rules in the NIC bring a channel's groups to its worker where
the NIC takes such (steer: auto, off or require); a packet that arrives on another worker's queue is handed over:

  live: {interface: eth1, cpus: [3, 4], queues: {eth1: [0, 0, 1, 1]}}

SIGHUP or 'wirebook reload' reads the file again: channels come and go, the others are not touched. SIGTERM takes what
has arrived, declares open gaps, leaves the groups and ends; readers see the instance stopped. Under systemd it tells
when it is ready (Type=notify or notify-reload) and keeps the watchdog (WatchdogSec) while its workers make progress.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fl := c.Flags()
	fl.StringVarP(&f.config, "config", "c", "", "configuration file")
	fl.StringVarP(&f.iface, "interface", "I", "", "interface the lines arrive on (overrides live.interface)")
	fl.StringVar(&f.rx, "rx", "", "auto, xdp or socket (overrides live.rx)")
	fl.IntSliceVar(&f.cpus, "cpu", nil, "CPUs of the workers, one each (overrides live.cpus)")
	fl.StringVar(&f.idle, "idle", "", "busy or adaptive (overrides live.idle)")
	fl.StringVarP(&f.instance, "instance", "i", "", "name of the instance: its directory under /dev/shm/wirebook (overrides the configuration's; default: default)")
	fl.BoolVar(&f.populate, "populate", true, "touch every page of the rings first, so that the first lap does not fault")
	fl.BoolVar(&f.check, "check", false, "check the configuration and the host, and end")
	fl.StringVar(&f.summary, "summary", "", "when it ends, write what was lost to this file, as JSON")
	fl.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	fl.BoolVar(&f.logJSON, "log-json", false, "log as JSON, one object a line")
	_ = c.RegisterFlagCompletionFunc("rx", cobra.FixedCompletions([]string{"auto", "xdp", "socket"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("idle", cobra.FixedCompletions([]string{"busy", "adaptive"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// load reads the configuration and lays the flags over it.
func (f *runFlags) load() (*config.Config, error) {
	c, err := config.Load(f.config)
	if err != nil {
		return nil, usageError{err}
	}
	for _, o := range []struct{ flag, to *string }{{&f.iface, &c.Live.Interface}, {&f.rx, &c.Live.RX}, {&f.idle, &c.Live.Idle}, {&f.instance, &c.Instance}} {
		if *o.flag != "" {
			*o.to = *o.flag
		}
	}
	if len(f.cpus) > 0 {
		c.Live.CPUs = f.cpus
	}
	if c.Instance == "" {
		c.Instance = "default"
	}
	if err := c.Recheck(f.config); err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

func (f *runFlags) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level %q: must be debug, info, warn or error", f.logLevel)}
	}
	options := &slog.HandlerOptions{Level: level}
	if f.logJSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
}

func (f *runFlags) run(c *cobra.Command) error {
	log, err := f.logger()
	if err != nil {
		return err
	}
	if f.config == "" {
		return usageError{errors.New("say what to receive with --config FILE ('wirebook run --help' shows one)")}
	}
	cfg, err := f.load()
	if err != nil {
		return err
	}
	if f.check {
		if err := live.Check(cfg); err != nil {
			return err
		}
		edge, err := live.ChooseEdge(cfg)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s, would receive by %s: %s\n", f.config, view.Plural(uint64(len(cfg.Channels)), "channel"), edge.Name, edge.Why)
		return nil
	}
	// Signals are ours before anything is open, so that none ends the run halfway.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	// Hot memory is made once; what is left is logs and reloads. Collect rarely.
	debug.SetGCPercent(400)
	ctx, cancel := context.WithCancelCause(c.Context())
	defer cancel(nil)
	if err := live.Become(cfg, "", true); err != nil {
		return err
	}
	if err := f.readable(cfg.Live.User); err != nil {
		return err
	}
	o := live.Options{Config: cfg, Log: log, Replace: startAgain}
	o.Shm.Populate = f.populate
	sd := newManager(log)
	o.Alive = sd.alive
	h, err := live.Start(ctx, o)
	if err != nil {
		return err
	}
	h.DropPrivileges()
	log.Info("running", "instance", h.Dir(), "channels", len(cfg.Channels), "edge", h.Edge().Name, "pid", os.Getpid())
	sd.tell(daemon.SdNotifyReady)
	reloading := make(chan struct{})
	go func() {
		defer close(reloading)
		for {
			select {
			case <-hangup:
				f.reload(ctx, h, log, sd)
			case <-ctx.Done():
				sd.tell(daemon.SdNotifyStopping)
				return
			}
		}
	}()
	err = h.Run(ctx)
	cancel(nil)
	<-reloading
	sd.close()
	if f.summary != "" {
		err = errors.Join(err, f.writeSummary(h.Summary()))
	}
	if err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// readable says at the start, and not by a reload at noon or when the day is over, that the user this process became may not
// read the configuration or write the summary.
func (f *runFlags) readable(user string) error {
	if f.summary != "" {
		file, err := os.OpenFile(f.summary, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("the summary cannot be written: %w", err)
		}
		_ = file.Close()
	}
	if user == "" {
		return nil
	}
	file, err := os.Open(f.config)
	if err != nil {
		return fmt.Errorf("live.user: %s cannot read the configuration again, for reloads and when the run starts itself again: %w: give it to that user's group, mode 0640", user, err)
	}
	return file.Close()
}

func (f *runFlags) writeSummary(s live.Summary) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(f.summary, append(text, '\n'), 0o644)
}

// reload reads the configuration again.
func (f *runFlags) reload(ctx context.Context, h *live.Handler, log *slog.Logger, sd *manager) {
	sd.tell(daemon.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(monotonicUS(), 10))
	defer sd.tell(daemon.SdNotifyReady)
	cfg, err := f.load()
	if err != nil {
		h.ReloadFailed()
		log.Error("reload: nothing is changed", "error", err)
		return
	}
	r, err := h.Reload(ctx, cfg)
	if err != nil {
		log.Error("reload", "error", err)
	}
	log.Info("reloaded", "added", r.Added, "removed", r.Removed, "changed", r.Changed, "kept", len(r.Kept))
	if len(r.Ignored) > 0 {
		log.Warn("these keys take effect with a restart", "keys", strings.Join(r.Ignored, ", "))
	}
}

// restartsEnv counts how often a process started itself again, and when first, so that it does not do so for ever.
const restartsEnv = "WIREBOOK_RESTARTS"

const (
	restartsMost   = 5
	restartsWithin = 10 * time.Minute
)

// startAgain executes this program in its own place: the process id stays, every thread goes.
func startAgain() error {
	count, since := 0, time.Now().Unix()
	if text, ok := os.LookupEnv(restartsEnv); ok {
		if n, err := fmt.Sscanf(text, "%d@%d", &count, &since); n != 2 || err != nil || time.Since(time.Unix(since, 0)) > restartsWithin {
			count, since = 0, time.Now().Unix()
		}
	}
	if count >= restartsMost {
		return fmt.Errorf("%d restarts within %s: given up", count, restartsWithin)
	}
	path, err := os.Executable()
	if err != nil {
		return err
	}
	env := []string{}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, restartsEnv+"=") {
			env = append(env, e)
		}
	}
	env = append(env, fmt.Sprintf("%s=%d@%d", restartsEnv, count+1, since))
	return errors.Join(errors.New("exec "+path), syscall.Exec(path, os.Args, env))
}
