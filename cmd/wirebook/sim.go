package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/view"
)

// simFlags are what a simulated day is ordered with. Percentages and times are for people; sim counts in ppm and ns.
type simFlags struct {
	protocol, output, clean, perLine, oracle, binaryFile string
	hostile                                              string
	hostilePercent                                       float64
	seconds                                              float64
	messages, seed, rate                                 uint64
	symbols, orders                                      int
	loss, reorder, duplicate                             [2]float64
	reorderBoth, duplicateBoth                           float64
	lossBurst                                            [2]float64
	depth                                                int
	delay, jitter                                        [2]time.Duration
	down                                                 [2]string
	vlan                                                 uint16
	noDoubleLoss                                         bool
	checkpoints                                          uint64
	asJSON                                               bool
}

func simCommand() *cobra.Command {
	var f simFlags
	c := &cobra.Command{
		Use:   "sim -o FILE [flags]",
		Short: "Make captures with a deterministic simulated exchange",
		Long: `Simulates an exchange: instruments, order flow that looks like a market, encoded as real packets on lines A and B with
the impairments you order. The same seed gives the same bytes everywhere. Beside the capture it can write the clean
one-line capture and the true books as an oracle.

  wirebook sim -o day.pcap                                              ITCH 5.0, 10 s at 20000 messages/s, clean lines
  wirebook sim -o day.pcap --loss-a 1 --loss-b 1 --reorder 0.5 --no-double-loss --clean clean.pcap --oracle books.json
  wirebook sim -o cme.pcap --protocol mdp3 --seed 7 --seconds 5 --down-b 1s-2s
  wirebook sim -o day.pcap --per-line line-%s.pcap                      A and B also in files of their own

Percentages are of packets: --loss-a 0.5 loses one in 200. Profiles to read the result with: itch50 nasdaq.itch50,
deepplus iex.deepplus10, deep iex.deep10, mdp3 cme.mdp3.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fl := c.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "capture to write (pcap, nanoseconds; .pcapng for pcapng)")
	f.day(c)
	fl.StringVar(&f.hostile, "hostile", "", "also write a capture of what should not be on the wire beside the day: garbage, false claims, another session,\nforeign VLANs, wrong checksums (send it with 'wirebook send --frames')")
	fl.Float64Var(&f.hostilePercent, "hostile-share", 5, "with --hostile: such frames, in percent of the day's")
	fl.Uint16Var(&f.vlan, "vlan", 0, "802.1Q tag")
	fl.StringVar(&f.clean, "clean", "", "also write the clean capture: one line, no impairments")
	fl.StringVar(&f.perLine, "per-line", "", "also write a capture for each line; %s in the name becomes A and B")
	fl.StringVar(&f.binaryFile, "binaryfile", "", "also write the messages as Nasdaq BinaryFILE (itch50 only), such as 06022025.NASDAQ_ITCH50")
	fl.StringVar(&f.oracle, "oracle", "", "also write the true books, what was lost where, as JSON")
	fl.Uint64Var(&f.checkpoints, "checkpoint-every", 0, "oracle: keep the true books every so many messages")
	fl.BoolVar(&f.asJSON, "json", false, "end with counts as JSON on standard output")
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if f.output == "" {
			return usageError{errors.New("say where to write the capture with -o FILE")}
		}
		f.settle(c)
		return nil
	}
	return c
}

// day adds the flags of the market and its lines, which whoever plays a simulated day has.
func (f *simFlags) day(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.protocol, "protocol", "itch50", "itch50, deepplus, deep or mdp3")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of everything random")
	fl.Float64Var(&f.seconds, "seconds", 10, "length of trading; three seconds of closing packets follow; 0: until --messages; with --messages alone there is no such end")
	fl.Uint64Var(&f.messages, "messages", 0, "end trading after so many messages (what opens and closes the day comes on top); 0: when --seconds are over")
	fl.Uint64Var(&f.rate, "rate", 20000, "mean messages a second")
	fl.IntVar(&f.symbols, "symbols", 32, "instruments")
	fl.IntVar(&f.orders, "live-orders", 0, "resting orders the market tends to; 0: 40 a symbol")
	for i, l := range []string{"a", "b"} {
		fl.Float64Var(&f.loss[i], "loss-"+l, 0, "packets lost on line "+strings.ToUpper(l)+", percent")
		fl.Float64Var(&f.lossBurst[i], "loss-burst-"+l, 0, "packets that begin a burst of loss on line "+strings.ToUpper(l)+", percent")
		fl.DurationVar(&f.delay[i], "delay-"+l, 0, "constant delay of line "+strings.ToUpper(l))
		fl.DurationVar(&f.jitter[i], "jitter-"+l, 0, "largest further delay of line "+strings.ToUpper(l))
		fl.StringVar(&f.down[i], "down-"+l, "", "when line "+strings.ToUpper(l)+" is dead, such as 1s-2.5s or 3s- (never back), several by comma")
		fl.Float64Var(&f.reorder[i], "reorder-"+l, 0, "packets overtaken by later ones on line "+strings.ToUpper(l)+", percent")
		fl.Float64Var(&f.duplicate[i], "duplicate-"+l, 0, "packets that come twice on line "+strings.ToUpper(l)+", percent")
	}
	fl.Float64Var(&f.reorderBoth, "reorder", 0, "--reorder-a and --reorder-b at once")
	fl.Float64Var(&f.duplicateBoth, "duplicate", 0, "--duplicate-a and --duplicate-b at once")
	fl.IntVar(&f.depth, "reorder-depth", 0, "by how many packets one is overtaken at most; 0: 3")
	fl.BoolVar(&f.noDoubleLoss, "no-double-loss", false, "never lose a packet on both lines")
	_ = c.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions([]string{"itch50", "deepplus", "deep", "mdp3"}, cobra.ShellCompDirectiveNoFileComp))
}

// settle fills in what flags say together.
func (f *simFlags) settle(c *cobra.Command) {
	if f.messages > 0 && !c.Flags().Changed("seconds") {
		f.seconds = 0 // so many messages, however long they take
	}
	for i := range 2 {
		if c.Flags().Changed("reorder") {
			f.reorder[i] = f.reorderBoth
		}
		if c.Flags().Changed("duplicate") {
			f.duplicate[i] = f.duplicateBoth
		}
	}
}

// maxSeconds is the longest day that can be ordered.
const maxSeconds = 86_400.0

// profileOf names the profile that reads a protocol.
var profileOf = map[string]string{"itch50": "nasdaq.itch50", "deepplus": "iex.deepplus10", "deep": "iex.deep10", "mdp3": "cme.mdp3"}

func (f *simFlags) run(c *cobra.Command) error {
	if !(f.hostilePercent >= 0 && f.hostilePercent <= 100) {
		return usageError{fmt.Errorf("--hostile-share %g: must be 0 to 100 percent", f.hostilePercent)}
	}
	if f.hostile != "" && f.vlan != 0 {
		return usageError{errors.New("--hostile is made from untagged frames: leave out --vlan")}
	}
	wire, err := f.wire()
	if err != nil {
		return usageError{err}
	}
	if !slices.Contains(sim.Encodings, sim.Encoding(f.protocol)) {
		return usageError{fmt.Errorf("--protocol %q: must be itch50, deepplus, deep or mdp3", f.protocol)}
	}
	cfg := f.market()
	exchange, err := sim.New(cfg)
	if err != nil {
		return usageError{err}
	}
	var outputs outputs
	defer outputs.abort()
	wire.Merged, err = outputs.capture(f.output)
	if err != nil {
		return err
	}
	var clean sim.Sink
	if f.clean != "" {
		if clean, err = outputs.capture(f.clean); err != nil {
			return err
		}
	}
	if f.binaryFile != "" {
		if f.protocol != "itch50" {
			return usageError{fmt.Errorf("--binaryfile: BinaryFILE holds ITCH messages; it needs --protocol itch50")}
		}
		out, err := outputs.create(f.binaryFile)
		if err != nil {
			return err
		}
		clean = both(clean, messagesOnly(out.file))
	}
	if f.perLine != "" {
		if !strings.Contains(f.perLine, "%s") {
			return usageError{fmt.Errorf("--per-line %q: the name needs %%s, which becomes A and B", f.perLine)}
		}
		for _, l := range []string{"A", "B"} {
			sink, err := outputs.capture(strings.ReplaceAll(f.perLine, "%s", l))
			if err != nil {
				return err
			}
			wire.PerLine = append(wire.PerLine, sink)
		}
	}
	var hostile *sim.Hostile
	if f.hostile != "" {
		sink, err := outputs.capture(f.hostile)
		if err != nil {
			return err
		}
		hostile = sim.NewHostile(f.seed, cfg.Encoding, uint32(f.hostilePercent*10_000), sink)
		wire.Merged = both(wire.Merged, hostile)
	}
	bar := newProgress("sim", f.asJSON)
	total := int64(f.messages)
	if total == 0 {
		total = int64(f.seconds * float64(f.rate))
	}
	oracle, err := sim.Generate(exchange, wire, clean, func(n uint64) error {
		bar.set(int64(n), total)
		return c.Context().Err()
	})
	bar.done()
	if c.Context().Err() != nil {
		return stopped{unwritten(f.output)}
	}
	if err != nil {
		return err
	}
	if f.oracle != "" {
		if err := outputs.write(f.oracle, oracle.WriteJSON); err != nil {
			return err
		}
	}
	if err := outputs.publish(); err != nil {
		return err
	}
	if oracle.Messages < f.messages {
		fmt.Fprintf(os.Stderr, "note: %s of %d: --seconds %g were over before\n", view.Plural(oracle.Messages, "message"), f.messages, f.seconds)
	}
	return f.report(oracle, hostile)
}

// market is the exchange that is ordered.
func (f *simFlags) market() sim.Config {
	return sim.Config{
		Seed: f.seed, Encoding: sim.Encoding(f.protocol), Symbols: f.symbols, Messages: f.messages,
		DurationNS: uint64(f.seconds * 1e9), Rate: f.rate, LiveOrders: f.orders, CheckpointEvery: f.checkpoints,
	}
}

// simSummary is what sim ends with, in the shape of its JSON.
type simSummary struct {
	File      string            `json:"file"`
	Profile   string            `json:"profile"`
	Datagrams uint64            `json:"datagrams"`
	Messages  uint64            `json:"messages"`
	Lines     []sim.LineStats   `json:"lines"`
	Gaps      []sim.Range       `json:"gaps"` // what no line brings
	GapsLost  uint64            `json:"gaps_lost"`
	UnitsLost uint64            `json:"units_lost"`
	Hostile   map[string]uint64 `json:"hostile,omitempty"` // frames of --hostile, by kind
}

func (f *simFlags) report(o *sim.Oracle, hostile *sim.Hostile) error {
	var harm map[string]uint64
	if hostile != nil {
		harm = hostile.Counts()
	}
	out := os.Stdout
	if f.output == "-" {
		out = os.Stderr // standard output is the capture
	}
	if f.asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		s := simSummary{
			File: f.output, Profile: profileOf[f.protocol], Datagrams: o.Datagrams, Messages: o.Messages, Lines: o.Lines,
			Gaps: o.LostOnAll, GapsLost: uint64(len(o.LostOnAll)), Hostile: harm,
		}
		if s.Gaps == nil {
			s.Gaps = []sim.Range{}
		}
		for i := range s.Lines {
			if s.Lines[i].LostRanges == nil {
				s.Lines[i].LostRanges = []sim.Range{}
			}
		}
		for _, r := range s.Gaps {
			s.UnitsLost += r.Count
		}
		return enc.Encode(&s)
	}
	fmt.Fprintf(out, "%s: %s in %s over %s, the last 3 s of it after the close\n", f.output, count(o.Messages, "message"), count(o.Datagrams, "datagram"), seconds(int64(o.LastNS-o.FirstNS)))
	for _, l := range o.Lines {
		fmt.Fprintf(out, "  line %s: %d sent, %d lost, %d reordered, %d duplicated\n", l.Name, l.Sent, l.Lost, l.Reordered, l.Duplicated)
	}
	fmt.Fprintf(out, "  lost on both lines: %s\n", count(len(o.LostOnAll), "range"))
	for _, kind := range slices.Sorted(maps.Keys(harm)) {
		fmt.Fprintf(out, "  hostile: %d of %s\n", harm[kind], kind)
	}
	fmt.Fprintf(out, "read it with: wirebook replay --profile %s %s\n", profileOf[f.protocol], f.output)
	return nil
}

func (f *simFlags) wire() (sim.WireConfig, error) {
	w := sim.WireConfig{Seed: f.seed, NoDoubleLoss: f.noDoubleLoss}
	var errs []error
	ppm := func(flag string, percent float64) uint32 {
		if !(percent >= 0 && percent <= 100) {
			errs = append(errs, fmt.Errorf("--%s %g: must be 0 to 100 percent", flag, percent))
			return 0
		}
		return uint32(percent * 10_000)
	}
	if !(f.seconds >= 0 && f.seconds <= maxSeconds) {
		errs = append(errs, fmt.Errorf("--seconds %g: must be 0 to %g", f.seconds, maxSeconds))
	}
	for i, l := range []string{"a", "b"} {
		if f.delay[i] < 0 || f.jitter[i] < 0 {
			errs = append(errs, fmt.Errorf("--delay-%s and --jitter-%s must not be below 0", l, l))
		}
		line := sim.LineConfig{
			LossPPM: ppm("loss-"+l, f.loss[i]), ReorderPPM: ppm("reorder-"+l, f.reorder[i]), DuplicatePPM: ppm("duplicate-"+l, f.duplicate[i]),
			BurstPPM: ppm("loss-burst-"+l, f.lossBurst[i]), ReorderDepth: f.depth, VLAN: f.vlan,
			DelayNS: uint64(f.delay[i]), JitterNS: uint64(f.jitter[i]),
		}
		if line.BurstPPM > 0 {
			line.BurstEndPPM, line.BurstLossPPM = 200_000, 1_000_000 // five packets long on average
		}
		var err error
		if line.Down, err = parseWindows(f.down[i]); err != nil {
			errs = append(errs, fmt.Errorf("--down-%s: %w", l, err))
		}
		w.Lines = append(w.Lines, line)
	}
	return w, errors.Join(errs...)
}

// parseWindows reads 1s-2s,5s-.
func parseWindows(s string) ([]sim.Window, error) {
	if s == "" {
		return nil, nil
	}
	var list []sim.Window
	for _, part := range strings.Split(s, ",") {
		from, to, ok := strings.Cut(part, "-")
		start, err := time.ParseDuration(from)
		if !ok || err != nil || start < 0 {
			return nil, fmt.Errorf("%q: must be FROM-TO such as 1s-2.5s", part)
		}
		end := time.Duration(1<<62 - 1)
		if to != "" {
			if end, err = time.ParseDuration(to); err != nil || end <= start {
				return nil, fmt.Errorf("%q: the end must be a time after the start", part)
			}
		}
		list = append(list, sim.Window{FromNS: uint64(start), ToNS: uint64(end)})
	}
	return list, nil
}

// both sends frames to two sinks; a may be nil.
func both(a, b sim.Sink) sim.Sink {
	if a == nil {
		return b
	}
	return sim.SinkFunc(func(ts uint64, frame []byte) error {
		return errors.Join(a.WriteFrame(ts, frame), b.WriteFrame(ts, frame))
	})
}

// messagesOnly writes what a BinaryFILE holds of MoldUDP64 frames: length and message, again and again.
func messagesOnly(w io.Writer) sim.Sink {
	const moldHeader = 20
	return sim.SinkFunc(func(_ uint64, frame []byte) error {
		var d feedhandler.Datagram
		if fault := feedhandler.ParseFrame(frame, false, &d); fault != feedhandler.WireOK || len(d.Payload) < moldHeader {
			return fmt.Errorf("simulated frame cannot be read: %s", fault)
		}
		_, err := w.Write(d.Payload[moldHeader:])
		return err
	})
}
