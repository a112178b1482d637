package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "bench-live:", err)
		os.Exit(1)
	}
}

func start() error {
	if job := os.Getenv(childVar); job != "" {
		return child(job)
	}
	o := options{}
	flag.IntVar(&o.Rounds, "rounds", 15, "rounds; every receiver is measured once in each")
	flag.IntVar(&o.Queued, "queued", 50_000, "packets in the queue before it is drained, at most 65536")
	flag.IntVar(&o.PPS, "pps", 50_000, "packets a second while ages are taken")
	flag.IntVar(&o.Paced, "paced", 12_500, "packets whose ages are taken in a round")
	flag.IntVar(&o.PacketBytes, "bytes", 170, "bytes of a frame, 60 to 1514")
	flag.IntVar(&o.SenderCPU, "sender-cpu", 0, "core of the sender")
	flag.IntVar(&o.ReceiverCPU, "receiver-cpu", 1, "core of the receivers")
	flag.StringVar(&o.Only, "only", "", "only receivers whose name has one of these parts, by comma")
	file := flag.String("json", "", "also write the figures to this file")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("%q: there are only flags (-help lists them)", flag.Arg(0))
	}
	if err := o.check(); err != nil {
		return err
	}
	o.Progress = func(what string) { fmt.Fprintln(os.Stderr, what) }
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := run(ctx, o)
	if err != nil {
		return err
	}
	if *file != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(*file, append(text, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	r.write(os.Stdout)
	return nil
}

// options say what to measure.
type options struct {
	Rounds, Queued, PPS, Paced, PacketBytes int
	SenderCPU, ReceiverCPU                  int
	Only                                    string
	Progress                                func(string)
}

// Frames of a receiver's UMEM; its rings hold as many, so that a filled queue is a ring's worth.
const (
	umemFrames = 1 << 16
	frameBytes = 2048
	batchSize  = 64
)

func (o *options) check() error {
	var errs []error
	between := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("-%s %d: must be %d to %d", name, v, low, high))
		}
	}
	between("rounds", o.Rounds, 1, 10_000)
	between("queued", o.Queued, 1, umemFrames)
	between("pps", o.PPS, 1, 1_000_000)
	between("bytes", o.PacketBytes, 60, 1514)
	if o.PPS > 0 {
		// The kernel takes the core from real-time threads after 0.95 s.
		between("paced", o.Paced, skipped+1, o.PPS*6/10)
	}
	if o.SenderCPU == o.ReceiverCPU {
		errs = append(errs, fmt.Errorf("-sender-cpu and -receiver-cpu are both %d: they need a core each", o.SenderCPU))
	}
	return errors.Join(errs...)
}
