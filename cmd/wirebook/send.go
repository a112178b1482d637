package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/view"
)

// sendFlags order a sending.
type sendFlags struct {
	captureFlags
	txFlags
	iface     string
	rate      float64
	speed     string
	ttl       int
	checksums bool
	asJSON    bool
	wait      time.Duration
	frames    bool
}

func sendCommand() *cobra.Command {
	var f sendFlags
	c := &cobra.Command{
		Use:   "send --interface IF [flags] FILE...",
		Short: "Send a capture's datagrams onto the network",
		Long: `Sends the UDP payloads of captures to the groups and ports they were captured on, from an interface
of this host, at the capture's pace or another. For labs: a capture of the simulator, sent here, is a venue.

It sends by AF_XDP sockets, one on each of --queues (root; copied frames, so nothing else that uses the interface notices),
or by a UDP socket; --tx auto takes AF_XDP where it can be had, and says which it took and why. On a veth pair the
sender's queue is the receiver's. Each destination stays on a queue, as a switch or a NIC's hash keeps a flow, or packets
take the queues in turn, which disorders a line.

  wirebook sim -o day.pcap --loss-a 1 --loss-b 1 --no-double-loss
  wirebook send --interface veth0 day.pcap                        as captured
  wirebook send --interface veth0 --speed 2 day.pcap              twice as fast
  wirebook send --interface veth0 --rate 50000 day.pcap           50000 datagrams a second
  wirebook send --interface veth0 --queues 0,2 day.pcap           lines in turn on queues 0 and 2

With --profile the messages are counted too.`,
		Args: files,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.captureFlags.add(c, false)
	fl := c.Flags()
	fl.StringVarP(&f.iface, "interface", "I", "", "interface to send from")
	fl.Float64Var(&f.rate, "rate", 0, "datagrams a second, evenly; 0: at the capture's pace")
	fl.StringVar(&f.speed, "speed", "1", "with the capture's pace: 1 as captured, 10 ten times as fast, max without waiting")
	fl.StringVar(&f.tx, "tx", "auto", "auto, xdp or socket")
	fl.IntSliceVar(&f.queues, "queues", nil, "queues to send on by AF_XDP; default: all")
	fl.StringVar(&f.spread, "spread", "destination", "what takes the queues in turn: destination or packet")
	fl.IntVar(&f.ttl, "ttl", 1, "multicast TTL")
	fl.BoolVar(&f.checksums, "checksums", false, "with UDP checksums; from a UDP socket, offloading hosts leave them partial on virtual links")
	fl.BoolVar(&f.frames, "frames", false, "send whole frames as captured, headers and checksums included, right or wrong (root): what no socket would send")
	fl.BoolVar(&f.asJSON, "json", false, "end with counts as JSON on standard output")
	fl.DurationVar(&f.wait, "wait", 0, "wait so long before the first datagram")
	_ = c.RegisterFlagCompletionFunc("tx", cobra.FixedCompletions(txNames, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("spread", cobra.FixedCompletions([]string{"destination", "packet"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// sent counts one destination.
type sent struct {
	Address  string `json:"address"`
	Packets  uint64 `json:"packets"`
	Messages uint64 `json:"messages,omitempty"` // with --profile
	Bytes    uint64 `json:"bytes"`
	Failed   uint64 `json:"failed"` // the host refused them: link down, no route

	refused map[held]*uint64 // datagrams refused, by what they hold
}

// held is what a datagram holds; what the host refuses, often later and in batches, is taken off again by it.
type held struct{ messages, bytes int }

// count counts a datagram as sent and returns where its refusal is counted.
func (to *sent) count(h held) *uint64 {
	to.Packets++
	to.Messages += uint64(h.messages)
	to.Bytes += uint64(h.bytes)
	n := to.refused[h]
	if n == nil {
		n = new(uint64)
		to.refused[h] = n
	}
	return n
}

// settle takes off what was refused.
func (to *sent) settle() {
	for h, n := range to.refused {
		to.Failed += *n
		to.Packets -= *n
		to.Messages -= *n * uint64(h.messages)
		to.Bytes -= *n * uint64(h.bytes)
	}
}

type sendSummary struct {
	TX           string  `json:"tx"` // xdp or socket
	Why          string  `json:"why"`
	Destinations []*sent `json:"destinations"`
	Packets      uint64  `json:"packets"`
	Messages     uint64  `json:"messages,omitempty"`
	Failed       uint64  `json:"failed"`
	Other        uint64  `json:"other"` // frames of the capture that hold no whole UDP datagram over IPv4
	ElapsedNS    int64   `json:"elapsed_ns"`
	LatestNS     int64   `json:"latest_ns"` // how late the latest datagram left against its pace
	LastError    string  `json:"last_error,omitempty"`
}

func (f *sendFlags) run(c *cobra.Command, args []string) error {
	if f.iface == "" {
		return usageError{errors.New("say where to send with --interface NAME ('ip -br link' lists them)")}
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	speed, err := parseSpeed(f.speed)
	if err != nil {
		return err
	}
	if f.rate < 0 {
		return usageError{fmt.Errorf("--rate %g: must not be below 0", f.rate)}
	}
	if err := f.checkTX(); err != nil {
		return err
	}
	if f.frames && (f.tx != "auto" || len(f.queues) > 0 || f.profile != "") {
		return usageError{errors.New("--frames sends by a packet socket, and reads nothing: leave out --tx, --queues and --profile")}
	}
	var split venue.Framing
	if f.profile != "" {
		p, err := config.FindProfile(f.profile)
		if err != nil {
			return usageError{err}
		}
		split = venue.Find(p.Feed).NewFraming()
	}
	o.AsCaptured = f.frames
	src, err := capture.Open(args, o)
	if err != nil {
		return err
	}
	defer src.Close()
	if f.frames {
		return f.sendFrames(c, src, speed)
	}
	s := sendSummary{}
	out, name, why, err := f.transmitter()
	if err != nil {
		return err
	}
	defer out.Close()
	s.TX, s.Why = name, why
	if !f.quiet {
		fmt.Fprintf(os.Stderr, "sending by %s: %s\n", s.TX, s.Why)
	}
	by := map[uint64]*sent{}
	var pkt capture.Packet
	var d feedhandler.Datagram
	var h framing.Header
	var spans []framing.Span
	pause(c.Context(), f.wait)
	start := time.Now()
	var first uint64
	for n := uint64(0); ; n++ {
		if c.Context().Err() != nil {
			break
		}
		err := src.Next(&pkt)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if feedhandler.ParseFrame(pkt.Data, false, &d) != feedhandler.WireOK {
			s.Other++
			continue
		}
		var due time.Duration
		switch {
		case f.rate > 0:
			due = time.Duration(float64(n) / f.rate * 1e9)
		case speed > 0:
			ns := pkt.Recv().NS
			if first == 0 {
				first = ns
			}
			if ns > first {
				due = time.Duration(float64(ns-first) / speed)
			}
		}
		late := time.Since(start) - due
		if late < 0 {
			// What is queued leaves now; a pause shorter than a timer's grain is made up by the next one.
			s.note(out.Flush())
			if late < -sendGrain {
				pause(c.Context(), -late)
			}
		} else if due > 0 || f.rate > 0 {
			s.LatestNS = max(s.LatestNS, late.Nanoseconds())
		}
		key := uint64(d.Dst)<<16 | uint64(d.DstPort)
		to := by[key]
		if to == nil {
			to = &sent{Address: fmt.Sprintf("%s:%d", config.AddrString(d.Dst), d.DstPort)}
			to.refused = map[held]*uint64{}
			by[key] = to
		}
		spans = spans[:0]
		if split != nil && split.Header(d.Payload, &h) == framing.FaultNone && h.Kind == framing.Data {
			spans, _ = split.Split(spans[:0], d.Payload, &h)
		}
		s.note(out.Send(d.Dst, d.DstPort, d.Payload, to.count(held{len(spans), len(d.Payload)})))
	}
	s.note(out.Flush())
	s.ElapsedNS = time.Since(start).Nanoseconds()
	for _, to := range by {
		to.settle()
		s.Destinations = append(s.Destinations, to)
		s.Packets += to.Packets
		s.Messages += to.Messages
		s.Failed += to.Failed
	}
	sort.Slice(s.Destinations, func(i, j int) bool { return s.Destinations[i].Address < s.Destinations[j].Address })
	if f.asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(&s); err != nil {
			return err
		}
		return s.verdict(c.Context())
	}
	for _, to := range s.Destinations {
		messages := ""
		if f.profile != "" { // else nobody counted them
			messages = count(to.Messages, "message") + ", "
		}
		fmt.Printf("%s: %s, %s%s, %d refused\n", to.Address, count(to.Packets, "datagram"), messages, count(to.Bytes, "byte"), to.Failed)
	}
	fmt.Printf("%s in %s: %.0f/s, at most %s behind the pace\n", count(s.Packets, "datagram"), seconds(s.ElapsedNS),
		float64(s.Packets)/(float64(max(s.ElapsedNS, 1))/1e9), time.Duration(s.LatestNS).Round(time.Microsecond))
	return s.verdict(c.Context())
}

// verdict is nil where everything was sent.
func (s *sendSummary) verdict(ctx context.Context) error {
	switch {
	case s.Failed > 0 && strings.Contains(s.LastError, "message too long"):
		return fmt.Errorf("%d of %d datagrams were refused, the last with: %s: raise the interface's MTU ('ip link set mtu')", s.Failed, s.Failed+s.Packets, s.LastError)
	case s.Failed > 0:
		return fmt.Errorf("%d of %d datagrams were refused, the last with: %s", s.Failed, s.Failed+s.Packets, s.LastError)
	case ctx.Err() != nil:
		return stopped{view.Plural(s.Packets, "datagram") + " sent"}
	case s.Packets == 0 && s.Other == 0:
		return errors.New("nothing to send: the capture holds no packets")
	case s.Packets == 0:
		return fmt.Errorf("nothing to send: none of the capture's %s holds a whole UDP datagram over IPv4; --frames sends frames as they are", view.Plural(s.Other, "frame"))
	}
	return nil
}

// pause sleeps, or ends with ctx.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// sendGrain is the shortest pause worth a timer.
const sendGrain = 100 * time.Microsecond

func (s *sendSummary) note(err error) {
	if err != nil {
		s.LastError = err.Error()
	}
}
