package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"wirebook/afxdp"
	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/socket"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

// xdp receives by package afxdp.
type xdp struct {
	sock  *afxdp.Socket
	batch *afxdp.Batch
}

func openXDP(j job) (*xdp, string, error) {
	if j.Plain {
		// The package asks for 2 MB pages wherever it can have them.
		if err := unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0); err != nil {
			return nil, "", fmt.Errorf("switch 2 MB pages off: %w", err)
		}
	}
	umem, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: umemFrames, FrameBytes: frameBytes, HugePages: j.Huge})
	if err != nil {
		return nil, "", err
	}
	says := "4 KB pages"
	switch {
	case umem.Pages().Huge:
		says = "2 MB pages, hugetlb"
	case !j.Plain:
		says = "2 MB pages, madvise"
	}
	sock, err := afxdp.Open(afxdp.Options{Ifindex: j.Ifindex, UMEM: umem, Mode: afxdp.ModeNativeCopy, RXFrames: umemFrames, TXFrames: -1})
	if err != nil {
		return nil, "", err
	}
	m, err := ebpf.NewMapFromFD(int(os.NewFile(3, "XSKMAP").Fd()))
	if err != nil {
		return nil, "", fmt.Errorf("take over the XSKMAP: %w", err)
	}
	if err := m.Put(uint32(0), uint32(sock.FD())); err != nil {
		return nil, "", fmt.Errorf("put the socket into the XSKMAP: %w", err)
	}
	return &xdp{sock, afxdp.NewBatch(batchSize)}, says, nil
}

func (x *xdp) poll(t *tally) int {
	n := x.sock.Poll(x.batch)
	sum := uint64(0)
	for i := range n {
		x.batch.Fetch(i)
		f := x.batch.Data(i)
		_ = f[57]
		sum += headerSum(f) + binary.LittleEndian.Uint64(f[payloadAt:])
		if t.ages != nil {
			t.age(f[payloadAt:])
		}
	}
	t.sum += sum
	t.packets += uint64(n)
	x.sock.Release(x.batch)
	return n
}

// udp receives as 'wirebook run' does without AF_XDP, stamps and demultiplexing included.
type udp struct {
	sock *socket.Socket
	pipe *feedhandler.Pipeline
}

// take is a framing that notes the payload and goes no further.
type take struct{ t *tally }

func (k take) Header(payload []byte, _ *framing.Header) framing.Fault {
	t := k.t
	_ = payload[15]
	t.sum += binary.LittleEndian.Uint64(payload)
	t.packets++
	if t.ages != nil {
		t.age(payload)
	}
	return framing.FaultForeign
}

func (take) Split(dst []framing.Span, _ []byte, _ *framing.Header) ([]framing.Span, framing.Fault) {
	return dst, framing.FaultNone
}

func (take) Session([]byte) string { return "" }

func openSocket(j job, t *tally) (*udp, string, error) {
	feed := *venue.Find("nasdaq.itch50")
	feed.NewFraming = func() venue.Framing { return take{t} }
	pipe, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: "bench", Feed: &feed, Options: venue.Options{MaxInstruments: 16},
		Lines:       []feedhandler.LineConfig{{Name: "A", Group: j.Address, Port: j.Port}},
		Arbitration: arbitration.Config{}, Books: book.Config{},
	}}})
	if err != nil {
		return nil, "", err
	}
	sock, err := socket.Open(socket.Options{Interface: j.Ifname, Group: j.Address, Port: j.Port, Batch: batchSize, ReceiveBuffer: receiveBuffer})
	if err != nil {
		return nil, "", err
	}
	return &udp{sock, pipe}, "", nil
}

func (u *udp) poll(*tally) int { return u.sock.Poll(u.pipe) }
