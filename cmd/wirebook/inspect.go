package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/inspect"
	"wirebook/feedhandler/venue"
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
			src, err := capture.Open(args, o)
			if err != nil && c.Context().Err() != nil {
				return errStopped // it waited for a pipe
			}
			if err != nil {
				return err
			}
			defer src.Close()
			in := inspect.New(venue.Find(profile.Feed))
			in.Heartbeats = heartbeats
			if err := cut.parse(); err != nil {
				return err
			}
			in.From, in.Until, in.Symbols = cut.fromNS, cut.untilNS, cut.symbols
			out := bufio.NewWriterSize(os.Stdout, 1<<16)
			err = walk(src, in, out, asJSON || asStrings, asStrings, limit)
			if flushErr := out.Flush(); err == nil {
				err = flushErr
			}
			if err != nil {
				return err
			}
			flags.note("%d packets, %d messages, %d of unknown type, %d with leftover bytes, %d packets with problems, %d not UDP over IPv4",
				in.Packets, in.Messages, in.Unknown, in.Leftover, in.Problems, in.Other)
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

func walk(src capture.Source, in *inspect.Inspector, out io.Writer, asJSON, strings bool, limit int64) error {
	var pkt capture.Packet
	var buf []byte
	visit := func(m *inspect.Message) error {
		if asJSON {
			buf = inspect.AppendJSON(buf[:0], m, strings)
		} else {
			buf = inspect.AppendText(buf[:0], m)
		}
		_, err := out.Write(buf)
		return err
	}
	for number := int64(1); limit == 0 || number <= limit; number++ {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := in.CutFrame(number, pkt.TS, pkt.Data, max(pkt.WireLen, len(pkt.Data)), visit); err != nil {
			return err
		}
	}
	return nil
}
