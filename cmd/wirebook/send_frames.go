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

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/socket"
	"wirebook/feedhandler/view"
)

// framesSummary counts what --frames sent.
type framesSummary struct {
	TX        string `json:"tx"` // frames
	Frames    uint64 `json:"frames"`
	Bytes     uint64 `json:"bytes"`
	Failed    uint64 `json:"failed"` // the host refused them: too long, link down
	ElapsedNS int64  `json:"elapsed_ns"`
	LatestNS  int64  `json:"latest_ns"` // how late the latest frame left against its pace
	LastError string `json:"last_error,omitempty"`
}

// sendFrames sends every frame as it was captured, headers and all.
func (f *sendFlags) sendFrames(c *cobra.Command, src capture.Source, speed float64) error {
	out, err := socket.OpenFrameSender(f.iface)
	if err != nil {
		return err
	}
	defer out.Close()
	s := framesSummary{TX: "frames"}
	pace := framePace{rate: f.rate, speed: speed}
	var pkt capture.Packet
	pause(c.Context(), f.wait)
	pace.start = time.Now()
	for n := uint64(0); c.Context().Err() == nil; n++ {
		err := src.Next(&pkt)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if pkt.LinkType != capture.Ethernet {
			return fmt.Errorf("frame %d is of link type %d: --frames sends Ethernet frames only; leave it out to send the datagrams", n, pkt.LinkType)
		}
		s.LatestNS = max(s.LatestNS, pace.wait(c.Context(), n, pkt.Recv().NS).Nanoseconds())
		if err := out.Send(pkt.Data); err != nil {
			s.Failed++
			s.LastError = err.Error()
			continue
		}
		s.Frames++
		s.Bytes += uint64(len(pkt.Data))
	}
	s.ElapsedNS = time.Since(pace.start).Nanoseconds()
	if f.asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(&s); err != nil {
			return err
		}
	} else {
		fmt.Printf("%s, %s in %s, %d refused\n", count(s.Frames, "frame"), count(s.Bytes, "byte"), seconds(s.ElapsedNS), s.Failed)
	}
	if s.Failed > 0 {
		return fmt.Errorf("%d of %d frames were refused, the last with: %s", s.Failed, s.Failed+s.Frames, s.LastError)
	}
	if c.Context().Err() != nil {
		return stopped{view.Plural(s.Frames, "frame") + " sent"}
	}
	if s.Frames == 0 {
		return errors.New("nothing to send: the capture holds no packets")
	}
	return nil
}

// framePace holds frames back until they are due.
type framePace struct {
	rate, speed float64
	start       time.Time
	first       uint64 // stamp of the first frame
}

// wait sleeps until frame n, captured at ns, is due, and says how late it is.
func (p *framePace) wait(ctx context.Context, n, ns uint64) time.Duration {
	if p.first == 0 {
		p.first = ns
	}
	var due time.Duration
	switch {
	case p.rate > 0:
		due = time.Duration(float64(n) / p.rate * 1e9)
	case p.speed > 0 && ns > p.first:
		due = time.Duration(float64(ns-p.first) / p.speed)
	default:
		return 0
	}
	late := time.Since(p.start) - due
	if late < -sendGrain {
		pause(ctx, -late)
	}
	return max(late, 0)
}
