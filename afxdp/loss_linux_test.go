package afxdp

import (
	"testing"

	"github.com/cilium/ebpf/link"
)

// TestLossIsCounted: sent = received + what the statistics say, by cause, when the reader is too slow or frames too small.
func TestLossIsCounted(t *testing.T) {
	for _, c := range []struct {
		name    string
		umem    UMEMOptions
		o       Options
		mtu     int
		sent    int
		size    int
		got     int
		dropped uint64
		full    uint64
		empty   bool
	}{
		{name: "nothing lost", umem: UMEMOptions{Frames: 128}, o: Options{}, sent: 128, size: 100, got: 128},
		{name: "RX ring full", umem: UMEMOptions{Frames: 128}, o: Options{RXRing: 64}, sent: 100, size: 100, got: 64, full: 36},
		{name: "fill ring empty", umem: UMEMOptions{Frames: 64}, o: Options{RXRing: 128}, sent: 100, size: 100, got: 64, dropped: 36, empty: true},
		{name: "larger than a frame", umem: UMEMOptions{Frames: 64, FrameBytes: 2048}, mtu: 3000, sent: 10, size: 2500, dropped: 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.mtu == 0 {
				c.mtu = 1500
			}
			p := newPair(t, 1, c.mtu, link.XDPDriverMode)
			c.o.UMEM = newUMEM(t, c.umem)
			rx := p.receiver(c.o)
			tx := p.sender(Options{})
			send(t, tx, 0, c.sent, c.size)
			expect(t, rx, 0, c.got, c.size)
			st, err := rx.Statistics()
			if err != nil {
				t.Fatal(err)
			}
			if st.RxDropped != c.dropped || st.RxRingFull != c.full || (st.RxFillRingEmptyDescs > 0) != c.empty {
				t.Errorf("%+v; want %d dropped, %d for a full ring, fill ring found empty %v", st, c.dropped, c.full, c.empty)
			}
			if uint64(c.sent) != uint64(c.got)+st.Lost() {
				t.Errorf("sent %d, received %d, lost %d", c.sent, c.got, st.Lost())
			}
			// Whatever was lost, the socket goes on.
			send(t, tx, 5000, 32, 100)
			expect(t, rx, 5000, 32, 100)
			if c.mtu > 2048 && len(rx.Report().Notes) != 1 {
				t.Errorf("no note of an MTU larger than a frame: %s", rx.Report())
			}
		})
	}
}

// TestInvalidDescriptors: a bad length is refused by the kernel and counted, and what follows is sent.
func TestInvalidDescriptors(t *testing.T) {
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	rx := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 64})})
	tx := p.sender(Options{})
	b := NewTxBatch(4)
	tx.Reserve(b, 3)
	b.Put(0, frame(1, 100))
	b.SetLen(1, 5000) // beyond its frame
	b.Put(2, frame(2, 100))
	if err := tx.Submit(b, 3); err != nil {
		t.Fatal(err)
	}
	expect(t, rx, 1, 2, 100)
	if st, err := tx.Statistics(); err != nil || st.TxInvalidDescs != 1 {
		t.Errorf("%+v, %v; want one invalid TX descriptor", st, err)
	}
}
