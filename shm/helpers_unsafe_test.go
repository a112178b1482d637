package shm

import (
	"testing"
	"unsafe"

	"wirebook/shm/internal/selfcheck"
)

// memory returns n zeroed bytes, 8-aligned.
func memory(n int) []byte {
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
}

func newRing(tb testing.TB, schema Schema, slots uint32) ([]byte, *Writer, *Reader) {
	tb.Helper()
	cfg := RingConfig{Schema: schema, Slots: slots, Epoch: 1}
	mem := memory(RingBytes(cfg))
	w, err := NewWriter(mem, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := NewReader(mem)
	if err != nil {
		tb.Fatal(err)
	}
	return mem, w, r
}

// publishChecked publishes n self-checking records.
func publishChecked(w *Writer, n int) {
	body := memory(w.Schema().BodySize())
	for range n {
		selfcheck.Fill(body, w.Position())
		w.Publish(body, w.Position())
	}
}
