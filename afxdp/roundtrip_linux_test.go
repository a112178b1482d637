package afxdp

import (
	"testing"

	"github.com/cilium/ebpf/link"
)

// TestRoundTrip sends by one socket and receives by another, in every kind of memory and hook that veth can do, several
// times round all rings, and compares each byte.
func TestRoundTrip(t *testing.T) {
	const native, generic = link.XDPDriverMode, link.XDPGenericMode
	for _, c := range []struct {
		name  string
		hook  link.XDPAttachFlags
		umem  UMEMOptions
		o     Options
		mtu   int
		size  int
		mode  Mode
		multi bool
	}{
		{name: "native", hook: native, umem: UMEMOptions{Frames: 256}, size: 300, mode: ModeNativeCopy},
		{name: "native demanded", hook: native, umem: UMEMOptions{Frames: 256}, o: Options{Mode: ModeNativeCopy}, size: 60, mode: ModeNativeCopy},
		{name: "generic", hook: generic, umem: UMEMOptions{Frames: 256}, size: 300, mode: ModeGeneric},
		{name: "frames of 2048", hook: native, umem: UMEMOptions{Frames: 256, FrameBytes: 2048}, size: 1514, mode: ModeNativeCopy},
		{name: "headroom", hook: native, umem: UMEMOptions{Frames: 256, Headroom: 512}, size: 300, mode: ModeNativeCopy},
		{name: "unaligned", hook: native, umem: UMEMOptions{Frames: 256, FrameBytes: 2304, Unaligned: true}, size: 1514, mode: ModeNativeCopy},
		{name: "unaligned generic", hook: generic, umem: UMEMOptions{Frames: 256, FrameBytes: 3000, Unaligned: true}, size: 1514, mode: ModeGeneric},
		{name: "huge pages asked for", hook: native, umem: UMEMOptions{Frames: 256, HugePages: true}, size: 300, mode: ModeNativeCopy},
		{name: "no need_wakeup", hook: native, umem: UMEMOptions{Frames: 256}, o: Options{NoNeedWakeup: true}, size: 300, mode: ModeNativeCopy},
		{name: "busy poll", hook: native, umem: UMEMOptions{Frames: 256}, o: Options{BusyPoll: BusyPoll{Prefer: true}}, size: 300, mode: ModeNativeCopy},
		{name: "small rings", hook: native, umem: UMEMOptions{Frames: 96}, o: Options{RXFrames: 96, RXRing: 128, FillRing: 128}, size: 300, mode: ModeNativeCopy},
		{name: "multi-buffer, one buffer", hook: native, umem: UMEMOptions{Frames: 256}, o: Options{MultiBuffer: true}, mtu: 3498, size: 1514, mode: ModeNativeCopy},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.mtu == 0 {
				c.mtu = 1500
			}
			p := newPair(t, 1, c.mtu, c.hook)
			c.o.UMEM = newUMEM(t, c.umem)
			rx := p.receiver(c.o)
			tx := p.sender(Options{})
			for round := range 20 {
				send(t, tx, uint64(round*64), 64, c.size)
				expect(t, rx, uint64(round*64), 64, c.size)
			}
			if got := rx.Report().Mode; got != c.mode {
				t.Errorf("mode %s, want %s: %s", got, c.mode, rx.Report())
			}
			if c.mode != ModeZeroCopy && c.o.Mode == ModeAuto && len(rx.Report().Attempts) == 0 {
				t.Errorf("a fallback without a reason: %s", rx.Report())
			}
			if c.umem.HugePages && rx.Report().HugePages == (c.o.UMEM.Pages().Reason != "") {
				t.Errorf("huge pages: either they are had or there is a reason: %+v", c.o.UMEM.Pages())
			}
			if c.o.BusyPoll.Prefer && !rx.Report().BusyPoll {
				t.Errorf("busy poll was refused: %s", rx.Report())
			}
			if st, err := rx.Statistics(); err != nil || st != (Statistics{}) {
				t.Errorf("statistics %+v, %v: want all 0", st, err)
			}
			t.Log(rx.Report())
		})
	}
}

// TestMultiBuffer: packets larger than a frame come as several descriptors and are put together.
func TestMultiBuffer(t *testing.T) {
	for _, hook := range []link.XDPAttachFlags{link.XDPDriverMode, link.XDPGenericMode} {
		p := newPair(t, 1, 9000, hook)
		rx := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 512, FrameBytes: 2048}), MultiBuffer: true})
		tx := p.sender(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 512}), MultiBuffer: true})
		b := NewTxBatch(64)
		for number := range uint64(50) {
			packet := frame(number, 8000)
			if n := tx.Reserve(b, 2); n != 2 {
				t.Fatalf("%d frames to send with, want 2", n)
			}
			b.Put(0, packet[:4096])
			b.SetMore(0, true)
			b.Put(1, packet[4096:])
			if err := tx.Submit(b, 2); err != nil {
				t.Fatal(err)
			}
			expect(t, rx, number, 1, 8000)
		}
		if d := rx.Counts().Descriptors; d < 50*4 {
			t.Errorf("50 packets of 8000 bytes in frames of 2048 came as %d descriptors, want at least 200", d)
		}
		if !rx.Report().MultiBuffer {
			t.Errorf("the report does not say multi-buffer: %s", rx.Report())
		}
		rx.Close()
	}
}

// TestASenderNeedsNoHook sends from interfaces whose own program sits on either hook, copied as was demanded.
func TestASenderNeedsNoHook(t *testing.T) {
	for _, hook := range []link.XDPAttachFlags{link.XDPDriverMode, link.XDPGenericMode} {
		p := newPair(t, 1, 1500, hook)
		sender := open(t, p.rx, Options{Ifindex: p.rxIndex, UMEM: newUMEM(t, UMEMOptions{Frames: 64}), Mode: ModeNativeCopy, RXFrames: -1, TXFrames: 64})
		send(t, sender, 1, 50, 100)
		if sent := sender.Counts().Sent; sent != 50 || sender.TxPending() != 0 {
			t.Errorf("%d packets submitted, %d not taken", sent, sender.TxPending())
		}
	}
}
