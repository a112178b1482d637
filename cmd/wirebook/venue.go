package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/sim/venuesim"
	"wirebook/feedhandler/socket"
)

// venueFlags order a venue: a day, how it is sent, what is served beside it and what goes wrong.
type venueFlags struct {
	simFlags
	send                          sendFlags
	replay, whole                 []string
	services, ports               []string
	listen, user, password, token string
	faults                        []string
	faultSeed                     uint64
	faultShare                    float64
	faultTimes                    int
	faultDelay                    time.Duration
	listFaults                    bool
	connections, iexLimit         int
	sessions                      int
	snapQuota, replayPackets      int
	snapshotGroups, defGroups     []string
	loopRate                      int
	loopPause, linger             time.Duration
}

func venueCommand() *cobra.Command {
	var f venueFlags
	c := &cobra.Command{
		Use:   "venue --interface IF [flags]",
		Short: "Play a venue: a day on multicast lines, and its recovery services",
		Long: `Plays a venue: sends a simulated day (or captures of one) on multicast lines A and B, with losses as ordered, and serves
the recovery services of its protocol over real sockets, for exactly that day as far as it was sent. A feed handler's
recovery is tried against it, with whatever can go wrong on the venue's side.

  itch50           mold (re-request, UDP), soup (SoupBinTCP replay), glimpse (snapshot)
  deep, deepplus   gapfill-udp, gapfill-tcp, snap (snapshot)
  mdp3             tcp-replay, snapshot-loop and definition-loop on multicast groups of their own

  wirebook venue --interface veth0                                     ITCH 5.0, 10 s, clean lines, every service
  wirebook venue -I veth0 --loss-a 5 --loss-b 5 --service request      only what fills gaps; snapshot: only what starts cold
  wirebook venue -I veth0 --fault half,disconnect --fault-times 3      each goes wrong three times, then all is well
  wirebook venue -I veth0 --fault glimpse:stale --fault-share 50       every other spin is an old one
  wirebook venue -I veth0 --replay day.pcap --clean clean.pcap         captures of 'wirebook sim' instead of a day of its own
  wirebook venue -I veth0 --sessions 2 --messages 50000                a new session, or a channel reset, in the middle
  wirebook venue --faults                                              what can go wrong, and where

The same seed and flags give the same day as 'wirebook sim'. Services listen on the interface's first address; each says at
the start where. When the day is over they stay for --linger. It ends with a reckoning of what was asked and answered and
which faults were played; so does SIGINT.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.day(c)
	fl := c.Flags()
	fl.StringVarP(&f.send.iface, "interface", "I", "", "interface to send from, on whose address the services listen")
	fl.StringVar(&f.send.tx, "tx", "auto", "how the lines are sent: auto, xdp or socket ('wirebook send --help' says more)")
	fl.IntVar(&f.send.ttl, "ttl", 1, "multicast TTL")
	fl.StringVar(&f.send.speed, "speed", "1", "1 by the day's clock, 10 ten times as fast, max without waiting")
	fl.DurationVar(&f.send.wait, "wait", 0, "wait so long before the first datagram; the services are there at once")
	fl.DurationVar(&f.linger, "linger", 5*time.Second, "serve so long after the day is over; negative: until SIGINT")
	fl.IntVar(&f.sessions, "sessions", 1, "so many sessions one after the other, each from number 1 and with a market of its own; a channel reset\nbetween them at mdp3")
	fl.StringSliceVar(&f.replay, "replay", nil, "play this capture of a day, with its losses as they are, instead of a new one")
	fl.StringSliceVar(&f.whole, "clean", nil, "with --replay: the clean capture, for what the played one lacks on every line")
	fl.StringSliceVar(&f.services, "service", []string{"all"}, "what is served: all, none, request, snapshot, refuse (all, each refusing), or services by name")
	fl.StringVar(&f.listen, "listen", "", "address the services listen on; default: the interface's first")
	fl.StringSliceVar(&f.ports, "port", nil, "ports, such as mold=31001,glimpse=31003; default: 31001 mold, 31002 soup, 31003 glimpse,\n32001 gapfill-udp, 32002 gapfill-tcp, 32003 snap, 33001 tcp-replay")
	fl.StringVar(&f.user, "user", "", "user of TCP services; default: everybody")
	fl.StringVar(&f.password, "password", "", "password of TCP services")
	fl.StringVar(&f.token, "token", "", "authentication token of snap; default: everybody")
	fl.StringSliceVar(&f.faults, "fault", nil, "what goes wrong: names, or SERVICE:NAME for one service; each request, connection or cycle gets one of them")
	fl.Uint64Var(&f.faultSeed, "fault-seed", 1, "seed of which fault, and where in the answer")
	fl.Float64Var(&f.faultShare, "fault-share", 100, "requests that get a fault, percent")
	fl.IntVar(&f.faultTimes, "fault-times", 0, "how often each service plays each fault at most; 0: always")
	fl.DurationVar(&f.faultDelay, "fault-delay", time.Second, "how late a late answer is")
	fl.BoolVar(&f.listFaults, "faults", false, "list the faults there are, and end")
	fl.IntVar(&f.iexLimit, "gapfill-limit", 1000, "messages that gapfill-udp gives for one request")
	fl.IntVar(&f.snapQuota, "snap-quota", 1000, "snapshots of snap in a day")
	fl.IntVar(&f.replayPackets, "replay-packets", 2000, "packets that one request of tcp-replay may ask for")
	fl.StringSliceVar(&f.snapshotGroups, "snapshot-group", nil, "groups of snapshot-loop; default: 239.10.1.2:26487,239.10.2.2:26488")
	fl.StringSliceVar(&f.defGroups, "definition-group", nil, "groups of definition-loop; default: 239.10.1.3:26497,239.10.2.3:26498")
	fl.IntVar(&f.loopRate, "loop-rate", 2000, "packets a second of a loop, on each of its groups")
	fl.DurationVar(&f.loopPause, "loop-pause", 500*time.Millisecond, "between two cycles of a loop")
	fl.IntVar(&f.connections, "connections", 64, "connections a TCP service has at once")
	fl.BoolVar(&f.asJSON, "json", false, "end with the reckoning as JSON on standard output")
	fl.BoolVarP(&f.send.quiet, "quiet", "q", false, "no progress, no notes on standard error")
	_ = c.RegisterFlagCompletionFunc("tx", cobra.FixedCompletions(txNames, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("fault", cobra.FixedCompletions(faultNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("service", cobra.FixedCompletions([]string{"all", "none", "request", "snapshot", "refuse"}, cobra.ShellCompDirectiveNoFileComp))
	c.PreRun = func(c *cobra.Command, _ []string) { f.settle(c) }
	return c
}

func faultNames() (names []string) {
	for _, i := range venuesim.Faults {
		names = append(names, string(i.Fault))
	}
	return names
}

func (f *venueFlags) run(c *cobra.Command) error {
	if f.listFaults {
		printFaults(os.Stdout)
		return nil
	}
	if f.send.iface == "" {
		return usageError{errors.New("say where to send with --interface NAME ('ip -br link' lists them)")}
	}
	f.send.spread = "destination"
	if err := f.send.checkTX(); err != nil {
		return err
	}
	speed, err := parseSpeed(f.send.speed)
	if err != nil {
		return err
	}
	if f.sessions < 1 || f.sessions > 1 && len(f.replay) > 0 {
		return usageError{fmt.Errorf("--sessions %d: must be 1 or more, and a capture has its own", f.sessions)}
	}
	lines, err := f.wire()
	if err != nil {
		return usageError{err}
	}
	cfg, err := f.config()
	if err != nil {
		return usageError{err}
	}
	var exchange *sim.Exchange
	var recording *venuesim.Recording
	if len(f.replay) > 0 {
		if recording, err = venuesim.Record(cfg.Market.Encoding, f.replay, f.whole, capture.Options{}); err != nil {
			return err
		}
		cfg.Market = recording.Market
	} else {
		if len(f.whole) > 0 {
			return usageError{errors.New("--clean says what --replay FILE lacks: name that too")}
		}
		if exchange, err = sim.New(f.market()); err != nil {
			return usageError{err}
		}
		cfg.Market = exchange.Config()
	}
	out, name, why, err := f.send.transmitter()
	if err != nil {
		return err
	}
	defer out.Close()
	loop, err := f.send.udp()
	if err != nil {
		return err
	}
	defer loop.Close()
	cfg.Transmit = func(to netip.AddrPort, payload []byte) error {
		var failed uint64
		a := to.Addr().As4()
		err := errors.Join(loop.Send(uint32(a[0])<<24|uint32(a[1])<<16|uint32(a[2])<<8|uint32(a[3]), to.Port(), payload, &failed), loop.Flush())
		if err == nil && failed > 0 {
			err = errors.New("the host refused it")
		}
		return err
	}
	server, err := venuesim.Start(cfg)
	if err != nil {
		return fmt.Errorf("%w: another --port or --listen, or end what has it", err)
	}
	defer server.Close()
	if !f.send.quiet {
		f.announce(os.Stderr, server, lines, name, why)
	}
	pause(c.Context(), f.send.wait)
	if !f.send.quiet {
		fmt.Fprintln(os.Stderr, "playing")
	}
	bar := newProgress("venue", f.asJSON || f.send.quiet)
	total := int64(f.messages)
	if total == 0 {
		total = int64(f.seconds * float64(f.rate))
	}
	total *= int64(f.sessions)
	play := venuesim.PlayConfig{Speed: speed, Out: out, Sessions: f.sessions, Progress: func(n uint64) { bar.set(int64(n), total) }}
	s := venueSummary{Profile: profileOf[f.protocol], TX: name, Why: why, Lines: []sim.LineStats{}, Gaps: []sim.Range{}}
	start := time.Now()
	var played venuesim.Played
	if recording != nil {
		total = int64(recording.Units())
		played, err = recording.Play(c.Context(), server, play)
	} else {
		played, err = venuesim.Play(c.Context(), exchange, lines, server, play)
	}
	bar.done()
	if err != nil {
		return err
	}
	s.played(played)
	s.ElapsedNS = time.Since(start).Nanoseconds()
	over := c.Context().Err() == nil
	if over && !f.send.quiet {
		fmt.Fprintln(os.Stderr, "the day is over; serving "+f.howLong())
	}
	f.stay(c.Context())
	s.Services = server.Counts()
	return s.report(f.asJSON, over)
}

func (f *venueFlags) howLong() string {
	if f.linger < 0 {
		return "until SIGINT"
	}
	return "for " + f.linger.String() + " more"
}

// stay serves on when the day is over.
func (f *venueFlags) stay(ctx context.Context) {
	if f.linger < 0 {
		<-ctx.Done()
		return
	}
	pause(ctx, f.linger)
}

// config turns flags into the services' configuration; it checks everything before a socket is opened.
func (f *venueFlags) config() (venuesim.Config, error) {
	var errs []error
	if !slices.Contains(sim.Encodings, sim.Encoding(f.protocol)) {
		return venuesim.Config{}, fmt.Errorf("--protocol %q: must be itch50, deepplus, deep or mdp3", f.protocol)
	}
	cfg := venuesim.Config{
		Market: sim.Config{Encoding: sim.Encoding(f.protocol)}, User: f.user, Password: f.password, Token: f.token,
		Connections: f.connections, IEXUDPLimit: f.iexLimit, SnapQuota: f.snapQuota, ReplayPackets: f.replayPackets, LoopRate: f.loopRate, LoopPause: f.loopPause,
		Ports:  map[venuesim.Service]uint16{},
		Faults: venuesim.FaultConfig{Seed: f.faultSeed, Times: f.faultTimes, Delay: f.faultDelay},
	}
	var err error
	if cfg.Services, cfg.Refuse, err = venuesim.ParseServices(f.services, cfg.Market.Encoding); err != nil {
		errs = append(errs, fmt.Errorf("--service: %w", err))
	}
	if cfg.Services == nil {
		cfg.Services = []venuesim.Service{} // none, not the default
	}
	for _, i := range venuesim.Of(cfg.Market.Encoding) {
		cfg.Ports[i.Service] = i.Port
	}
	for _, text := range f.ports {
		name, port, _ := strings.Cut(text, "=")
		n, err := strconv.ParseUint(port, 10, 16)
		if _, known := cfg.Ports[venuesim.Service(name)]; err != nil || !known {
			errs = append(errs, fmt.Errorf("--port %q: must be SERVICE=PORT, with a service of %s", text, f.protocol))
			continue
		}
		cfg.Ports[venuesim.Service(name)] = uint16(n)
	}
	if cfg.SnapshotGroups, err = groups(f.snapshotGroups); err != nil {
		errs = append(errs, fmt.Errorf("--snapshot-group %w", err))
	}
	if cfg.DefinitionGroups, err = groups(f.defGroups); err != nil {
		errs = append(errs, fmt.Errorf("--definition-group %w", err))
	}
	for _, text := range f.faults {
		if err := cfg.Faults.ParseFault(text); err != nil {
			errs = append(errs, fmt.Errorf("--fault: %w", err))
		}
	}
	if !(f.faultShare > 0 && f.faultShare <= 100) {
		errs = append(errs, fmt.Errorf("--fault-share %g: must be above 0 and at most 100 percent", f.faultShare))
	}
	cfg.Faults.SharePPM = uint32(f.faultShare * 10_000)
	if cfg.Listen, err = f.address(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		errs = append(errs, cfg.Check())
	}
	return cfg, errors.Join(errs...)
}

func groups(texts []string) (list []netip.AddrPort, err error) {
	for _, text := range texts {
		a, err := netip.ParseAddrPort(text)
		if err != nil || !a.Addr().Is4() || a.Port() == 0 {
			return nil, fmt.Errorf("%q: must be GROUP:PORT", text)
		}
		list = append(list, a)
	}
	return list, nil
}

// address is where the services listen.
func (f *venueFlags) address() (netip.Addr, error) {
	if f.listen != "" {
		a, err := netip.ParseAddr(f.listen)
		if err != nil || !a.Is4() {
			return a, fmt.Errorf("--listen %q: must be an IPv4 address", f.listen)
		}
		return a, nil
	}
	ifi, err := socket.Interface(f.send.iface)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("--interface %s: %w", f.send.iface, err)
	}
	list, _ := ifi.Addrs()
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			return netip.AddrFrom4([4]byte(n.IP.To4())), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("--interface %s has no IPv4 address for the services: say one with --listen", f.send.iface)
}

// announce says where everything is.
func (f *venueFlags) announce(out *os.File, s *venuesim.Server, lines sim.WireConfig, tx, why string) {
	fmt.Fprintf(out, "sending by %s: %s\n", tx, why)
	if w, err := sim.NewWire(lines); err == nil && len(f.replay) == 0 {
		for _, l := range w.LineConfigs() {
			fmt.Fprintf(out, "line %s on %s (%s)\n", l.Name, l.Group, profileOf[f.protocol])
		}
	}
	for _, n := range s.Counts() {
		for _, i := range venuesim.Services {
			if i.Service == n.Service {
				fmt.Fprintf(out, "service %s on %s %s: %s\n", n.Service, i.Network, n.Address, i.What)
			}
		}
	}
}

func printFaults(out *os.File) {
	fmt.Fprintln(out, "Faults for --fault NAME or SERVICE:NAME, and the services that know them:")
	for _, i := range venuesim.Faults {
		names := make([]string, len(i.On))
		for k, s := range i.On {
			names[k] = string(s)
		}
		fmt.Fprintf(out, "\n%-14s %s\n%14s %s\n", i.Fault, i.What, "", strings.Join(names, ", "))
	}
}
