package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/replay"
)

// paceFlags shape a replay that is watched: no long silence, an end that somebody waits for.
type paceFlags struct {
	maxSleep, within time.Duration
}

func (f *paceFlags) add(c *cobra.Command) {
	c.Flags().DurationVar(&f.maxSleep, "max-sleep", 0, "with --speed: wait at most so long for a quiet stretch of the capture; 0: wait it out")
	c.Flags().DurationVar(&f.within, "within", 0, "with --speed: faster where needed to end in about this time; 0: as --speed says")
}

// apply sets the pace of o. With --within the captures are read once before, for their length.
func (f *paceFlags) apply(o *replay.Options) error {
	switch {
	case f.maxSleep < 0 || f.within < 0:
		return usageError{fmt.Errorf("--max-sleep and --within must not be below 0")}
	case o.Speed == 0:
		return nil // without waiting there is nothing to shorten
	}
	o.MaxSleep = f.maxSleep
	if f.within == 0 {
		return nil
	}
	for _, path := range o.Files {
		if capture.ReadOnce(path) {
			return usageError{fmt.Errorf("--within reads the captures twice, and %s can be read once only: leave it out", path)}
		}
	}
	quiet := uint64(float64(f.maxSleep) * o.Speed)
	length, err := captureLength(o.Files, o.Capture, quiet)
	if err != nil {
		return err
	}
	if faster := float64(length) / o.Speed / float64(f.within); faster > 1 {
		o.Speed *= faster
		o.MaxSleep = time.Duration(float64(o.MaxSleep) / faster)
	}
	return nil
}

// surveyFor bounds the time spent on reading a long capture for its length; the rest is estimated from its bytes.
const surveyFor = 3 * time.Second

// captureLength returns the ns a capture spans, each quiet stretch counted as at most quiet ns (0: as it is).
func captureLength(files []string, o capture.Options, quiet uint64) (uint64, error) {
	o.Warn = nil
	src, err := capture.Open(files, o)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	var pkt capture.Packet
	var length, last uint64
	end := time.Now().Add(surveyFor)
	for n := 0; ; n++ {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			return length, nil
		} else if err != nil {
			return 0, err
		}
		if at := pkt.Recv().NS; at > last {
			if gap := at - last; last != 0 && (quiet == 0 || gap < quiet) {
				length += gap
			} else if last != 0 {
				length += quiet
			}
			last = at
		}
		if n%4096 == 4095 && time.Now().After(end) {
			if read, total := src.Progress(); read > 0 && total > read {
				return uint64(float64(length) * float64(total) / float64(read)), nil
			}
			return length, nil
		}
	}
}
