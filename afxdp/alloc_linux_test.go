package afxdp

import (
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
)

// TestNoAllocation: Reserve, Put, Submit, Poll, Data, Meta, Packet, Release and Complete, with work and without.
func TestNoAllocation(t *testing.T) {
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	rx := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 256})})
	tx := p.sender(Options{})
	b, out, scratch, packet := NewBatch(64), NewTxBatch(64), make([]byte, 4096), frame(1, 200)
	received, bytes := 0, 0
	if n := testing.AllocsPerRun(100, func() {
		n := tx.Reserve(out, 32)
		for i := range n {
			out.Put(i, packet)
		}
		if err := tx.Submit(out, n); err != nil {
			t.Error(err)
		}
		tx.Complete()
		for range 2 { // the second finds nothing
			n = rx.Poll(b)
			for i := range n {
				bytes += len(b.Data(i)) + len(b.Meta(i, 16))
				data, _ := b.Packet(i, scratch)
				bytes += len(data)
			}
			received += n
			rx.Release(b)
		}
	}); n != 0 {
		t.Errorf("%v allocations per batch, want 0", n)
	}
	for deadline := time.Now().Add(time.Second); received < 1000 && time.Now().Before(deadline); {
		received += rx.Poll(b)
		rx.Release(b)
	}
	if received < 1000 || bytes == 0 {
		t.Errorf("received %d packets of some 3200: the path was not exercised", received)
	}
}
