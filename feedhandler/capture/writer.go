package capture

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

const writerSnap = 65535

// Writer writes Ethernet frames to a pcap or pcapng file.
type Writer struct {
	out   *bufio.Writer
	plain *pcapgo.Writer
	ng    *pcapgo.NgWriter
}

// NewWriter starts a pcap, with nanoseconds or microseconds. Without nanoseconds times are cut down, not rounded.
// w stays the caller's; nothing is sure to be in it before Flush.
func NewWriter(w io.Writer, nanosecond bool) (*Writer, error) {
	out := bufio.NewWriterSize(w, 256<<10)
	p := pcapgo.NewWriter(out)
	if nanosecond {
		p = pcapgo.NewWriterNanos(out)
	}
	if err := p.WriteFileHeader(writerSnap, layers.LinkTypeEthernet); err != nil {
		return nil, fmt.Errorf("write pcap header: %w", err)
	}
	return &Writer{out: out, plain: p}, nil
}

// NewNGWriter starts a pcapng of nanoseconds with one interface per name, at least one.
func NewNGWriter(w io.Writer, names ...string) (*Writer, error) {
	if len(names) == 0 {
		names = []string{"capture"}
	}
	out := bufio.NewWriterSize(w, 256<<10)
	iface := func(name string) pcapgo.NgInterface {
		return pcapgo.NgInterface{Name: name, LinkType: layers.LinkTypeEthernet, TimestampResolution: 9, SnapLength: writerSnap}
	}
	ng, err := pcapgo.NewNgWriterInterface(out, iface(names[0]), pcapgo.NgWriterOptions{})
	if err != nil {
		return nil, fmt.Errorf("write pcapng header: %w", err)
	}
	for _, name := range names[1:] {
		if _, err := ng.AddInterface(iface(name)); err != nil {
			return nil, fmt.Errorf("write pcapng interface %s: %w", name, err)
		}
	}
	return &Writer{out: out, ng: ng}, nil
}

// Write appends one whole frame seen at ts, UTC ns, on the first interface.
func (w *Writer) Write(ts uint64, frame []byte) error { return w.WriteOn(0, ts, frame) }

// WriteOn is Write for an interface of a pcapng, counted from 0.
func (w *Writer) WriteOn(iface int, ts uint64, frame []byte) error {
	ci := gopacket.CaptureInfo{
		Timestamp:     time.Unix(int64(ts/1_000_000_000), int64(ts%1_000_000_000)).UTC(),
		CaptureLength: len(frame), Length: len(frame), InterfaceIndex: iface,
	}
	var err error
	if w.ng != nil {
		err = w.ng.WritePacket(ci, frame)
	} else {
		err = w.plain.WritePacket(ci, frame)
	}
	if err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}

// Flush hands everything to the underlying writer.
func (w *Writer) Flush() error {
	if w.ng != nil {
		if err := w.ng.Flush(); err != nil {
			return fmt.Errorf("write pcapng: %w", err)
		}
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write capture: %w", err)
	}
	return nil
}
