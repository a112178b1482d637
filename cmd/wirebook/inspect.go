package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/inspect"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/view"
)

func inspectCommand() *cobra.Command {
	var flags captureFlags
	var cut cutFlags
	var asJSON, asStrings, heartbeats bool
	var limit int64
	c := &cobra.Command{
		Use:   "inspect --profile P [flags] FILE...",
		Short: "Show every message and field as the venue spells it",
		Long: `Shows every message of a capture, every field, in wire order, raw and unscaled. Nothing is arbitrated or applied:
duplicates and both lines are shown as captured. Unknown types and leftover bytes are shown, not skipped.

With --json one object a line: packet (from 1), ts (ns), src, dst, session, seq, type (code on the wire, or template id),
name, fields (object in wire order), and ts_send, header, unknown, truncated or leftover (hex) where there are any. A
repeating group is an array of objects, with its entry size and count in GROUP_size before it. A packet that cannot be
read has problem instead.

  wirebook inspect --profile nasdaq.itch50 day.pcap | less
  tcpdump -i eth0 -U -w - udp | wirebook inspect --profile iex.deep10 -
  wirebook inspect --profile cme.mdp3 --json day.pcap | jq -c 'select(.type=="46")'`,
		Args: files,
		RunE: func(c *cobra.Command, args []string) error {
			_, profile, err := flags.source()
			if err != nil {
				return err
			}
			o, err := flags.options()
			if err != nil {
				return err
			}
			o.Done = c.Context().Done()
			o.Warn = func(w capture.Warning) { flags.note("warning: %s", w) }
			if err := cut.parse(); err != nil {
				return err
			}
			in := inspect.New(venue.Find(profile.Feed))
			in.Heartbeats = heartbeats
			in.From, in.Until, in.Symbols = cut.fromNS, cut.untilNS, cut.symbols
			w := walk{in: in, out: bufio.NewWriterSize(os.Stdout, 1<<16), json: asJSON || asStrings, strings: asStrings, limit: limit}
			if err := w.run(c.Context(), args, o); err != nil {
				return err
			}
			flags.note("%s, %s, %d of unknown type, %d with leftover bytes, %s with problems, %d not UDP over IPv4", count(in.Packets, "packet"),
				count(in.Messages, "message"), in.Unknown, in.Leftover, count(in.Problems, "packet"), in.Other)
			if in.Messages == in.Unknown && (in.Problems > 0 || in.Unknown > 0 || in.Other > 0) {
				return fmt.Errorf("nothing here is %s (profile %s): the capture is of another protocol; 'wirebook profiles' lists what can be read", profile.Title, profile.Name)
			}
			return nil
		},
	}
	flags.add(c, false)
	cut.add(c, "packets captured")
	cut.addSymbols(c, "messages")
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines")
	c.Flags().BoolVar(&asStrings, "json-strings", false, "JSON lines, integers of 64 bits as strings: many tools round numbers beyond 2^53")
	c.Flags().BoolVar(&heartbeats, "heartbeats", false, "show packets without messages too")
	c.Flags().Int64VarP(&limit, "limit", "n", 0, "stop after so many packets")
	return c
}

// walk shows a capture. Reading may wait for ever, on a pipe; what was shown is whole messages all the same.
type walk struct {
	in            *inspect.Inspector
	out           *bufio.Writer
	json, strings bool
	limit         int64

	mu    sync.Mutex // held while a packet is shown
	buf   []byte
	shown uint64 // messages
}

// run shows the capture until its end, or until ctx is done.
func (w *walk) run(ctx context.Context, files []string, o capture.Options) error {
	done := make(chan error, 1)
	go func() {
		src, err := capture.Open(files, o)
		if err == nil {
			err = w.packets(ctx, src)
			err = errors.Join(err, src.Close())
		}
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select { // the packet at hand is shown to its end, unless nobody takes it
		case err = <-done:
		case <-time.After(200 * time.Millisecond):
		}
	}
	if !w.mu.TryLock() {
		return stopped{"whoever reads the output has a part"}
	}
	// The lock is kept: a reader that waits for a pipe shows nothing more.
	flushErr := w.out.Flush()
	if ctx.Err() != nil && !errors.Is(flushErr, syscall.EPIPE) { // whatever the reading says of being told
		err = stopped{view.Plural(w.shown, "message") + " of " + view.Plural(w.in.Packets, "packet") + " shown"}
	}
	if err == nil {
		err = flushErr
	}
	return err
}

func (w *walk) packets(ctx context.Context, src capture.Source) error {
	var pkt capture.Packet
	for number := int64(1); (w.limit == 0 || number <= w.limit) && ctx.Err() == nil; number++ {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			return readWhole(src)
		} else if err != nil {
			return err
		}
		if err := w.packet(number, &pkt); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) packet(number int64, pkt *capture.Packet) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.in.CutFrame(number, pkt.TS, pkt.Data, max(pkt.WireLen, len(pkt.Data)), func(m *inspect.Message) error {
		if w.json {
			w.buf = inspect.AppendJSON(w.buf[:0], m, w.strings)
		} else {
			w.buf = inspect.AppendText(w.buf[:0], m)
		}
		w.shown++
		_, err := w.out.Write(w.buf)
		return err
	})
}
