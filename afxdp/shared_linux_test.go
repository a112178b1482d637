package afxdp

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"

	"wirebook/afxdp/internal/netns"
)

// TestSharedUMEM: one UMEM under sockets on two queues of one device and on another device, each with its own frames.
// What goes out on queue n of the sender comes in on queue n of the receiver.
func TestSharedUMEM(t *testing.T) {
	p := newPair(t, 2, 1500, link.XDPDriverMode)
	second := &pair{tb: t, tx: p.tx, rx: p.rx}
	second.txIndex, second.rxIndex = netns.Veth(t, p.tx, "xtx1", p.rx, "xrx1", 2, 1500)
	second.attach(link.XDPDriverMode)

	umem := newUMEM(t, UMEMOptions{Frames: 384})
	receivers := []*Socket{
		p.receiver(Options{UMEM: umem, Queue: 0, RXFrames: 128}),
		p.receiver(Options{UMEM: umem, Queue: 1, RXFrames: 128}),
		second.receiver(Options{UMEM: umem, Queue: 1, RXFrames: 128}),
	}
	sends := newUMEM(t, UMEMOptions{Frames: 192})
	senders := []*Socket{
		p.sender(Options{UMEM: sends, Queue: 0, TXFrames: 64}),
		p.sender(Options{UMEM: sends, Queue: 1, TXFrames: 64}),
		second.sender(Options{UMEM: sends, Queue: 1, TXFrames: 64}),
	}
	if umem.FreeFrames() != 0 {
		t.Errorf("%d frames free, want 0", umem.FreeFrames())
	}
	for round := range uint64(10) {
		for i, s := range senders {
			send(t, s, uint64(i)<<32+round*100, 100, 200)
		}
		for i, s := range receivers {
			expect(t, s, uint64(i)<<32+round*100, 100, 200)
		}
	}
	for i, s := range receivers {
		r := s.Report()
		if r.SharedUMEM != (i > 0) || r.Mode != ModeNativeCopy || !r.NeedWakeup {
			t.Errorf("socket %d: %+v", i, r)
		}
	}
	// The UMEM outlives the socket that registered it.
	if err := receivers[0].Close(); err != nil {
		t.Fatal(err)
	}
	send(t, senders[1], 1, 50, 200)
	expect(t, receivers[1], 1, 50, 200)
	again := p.receiver(Options{UMEM: umem, Queue: 0, RXFrames: 128})
	send(t, senders[0], 2, 50, 200)
	expect(t, again, 2, 50, 200)
	if err := umem.Close(); err == nil || !strings.Contains(err.Error(), "3 sockets still use it") {
		t.Errorf("closing a UMEM in use: %v", err)
	}
}

// TestSharedDemand: a copy mode that the shared UMEM does not have is refused, not ignored.
func TestSharedDemand(t *testing.T) {
	p := newPair(t, 2, 1500, link.XDPDriverMode)
	umem := newUMEM(t, UMEMOptions{Frames: 128})
	p.receiver(Options{UMEM: umem, RXFrames: 64})
	err := p.rx.Do(func() error {
		_, err := Open(Options{Ifindex: p.rxIndex, Queue: 1, UMEM: umem, RXFrames: 64, Mode: ModeZeroCopy})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "the UMEM is shared with xrx0 queue 0 in native copy mode") {
		t.Errorf("zero copy over a UMEM in copy mode: %v", err)
	}
	if umem.FreeFrames() != 64 {
		t.Errorf("%d frames free after a refusal, want 64", umem.FreeFrames())
	}
}
