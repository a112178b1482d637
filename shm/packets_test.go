package shm

import (
	"testing"
)

func newPackets(tb testing.TB, chunk, chunks uint32) ([]byte, *PacketWriter, *PacketReader) {
	tb.Helper()
	cfg := PacketsConfig{ChunkBytes: chunk, Chunks: chunks, Epoch: 1}
	mem := memory(PacketsBytes(cfg))
	w, err := NewPacketWriter(mem, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := NewPacketReader(mem)
	if err != nil {
		tb.Fatal(err)
	}
	return mem, w, r
}

func TestPacketsCarryWhatWasPut(t *testing.T) {
	_, w, r := newPackets(t, 1024, 4)
	if res := r.Next(); res != Empty {
		t.Fatalf("new ring: %v", res)
	}
	for i := range 500 {
		n := i * 7 % (w.MaxPayload() + 1)
		h, payload := w.Claim(n)
		h.Kind, h.Value = PacketFrame, uint64(i)
		for k := range payload {
			payload[k] = byte(i + k)
		}
		at := w.Position()
		if res := r.Next(); res != Empty {
			t.Fatalf("claimed %d: %v", i, res)
		}
		w.Commit()
		if res := r.Next(); res != Record {
			t.Fatalf("record %d: %v", i, res)
		}
		if got := r.Header(); got.Kind != PacketFrame || got.Value != uint64(i) || int(got.Bytes) != n || r.At() != at || got.TsRecv != 0 {
			t.Fatalf("record %d: %+v at %d", i, *got, r.At())
		}
		if len(r.Payload()) != n {
			t.Fatalf("record %d: payload of %d", i, len(r.Payload()))
		}
		for k, b := range r.Payload() {
			if b != byte(i+k) {
				t.Fatalf("record %d: byte %d is %d", i, k, b)
			}
		}
	}
	w.Close()
	if res := r.Next(); res != Stopped {
		t.Fatalf("closed: %v", res)
	}
}
