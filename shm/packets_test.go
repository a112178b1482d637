package shm

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"wirebook/shm/internal/selfcheck"
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

func TestLargePayloadsAreSeveralRecords(t *testing.T) {
	_, w, r := newPackets(t, 512, 8)
	text := make([]byte, 1500)
	for i := range text {
		text[i] = byte(i * 7)
	}
	for _, n := range []int{0, 1, w.MaxPayload(), w.MaxPayload() + 1, 1500} {
		at := w.Put(PacketHeader{Kind: PacketConfig, Flags: PacketMore | PacketCut, Value: 5}, text[:n])
		var got []byte
		for parts := 1; ; parts++ {
			if res := r.Next(); res != Record {
				t.Fatalf("%d bytes, part %d: %v", n, parts, res)
			}
			if parts == 1 && r.At() != at {
				t.Fatalf("%d bytes are at %d, not %d", n, r.At(), at)
			}
			h := r.Header()
			if h.Kind != PacketConfig || h.Value != 5 || h.Flags&PacketCut == 0 || int(h.Bytes) != len(r.Payload()) {
				t.Fatalf("%d bytes, part %d: %+v", n, parts, *h)
			}
			got = append(got, r.Payload()...)
			if h.Flags&PacketMore == 0 {
				break
			}
		}
		if string(got) != string(text[:n]) {
			t.Fatalf("%d bytes came back as %d", n, len(got))
		}
	}
	if h, payload := w.Claim(w.MaxPayload() + 1); h != nil || payload != nil || w.Refused() != 1 {
		t.Error("a payload that no chunk holds was not refused")
	}
	if h, _ := w.Claim(-1); h != nil || w.Refused() != 2 {
		t.Error("a negative length was not refused")
	}
	w.Commit()
	if res := r.Next(); res != Empty {
		t.Errorf("after what was refused: %v", res)
	}
}

// A slow reader is told how much it lost, goes on half a ring behind the writer, and meets the records there as they were put.
func TestLappedPacketReaderGoesOn(t *testing.T) {
	_, w, r := newPackets(t, 1024, 8)
	for i := range 1000 {
		w.Put(PacketHeader{Kind: PacketFrame, Value: uint64(i)}, make([]byte, 200))
	}
	res := r.Next()
	if res != Lapped || r.Lost() == 0 || r.Lost() != r.Position() || r.LostTotal() != r.Lost() {
		t.Fatalf("%v, lost %d, at %d", res, r.Lost(), r.Position())
	}
	if behind := r.Behind(); behind < 2048 || behind > 6*1024 {
		t.Errorf("%d bytes behind", behind)
	}
	for last := uint64(0); ; {
		if res = r.Next(); res == Empty {
			if last != 999 {
				t.Errorf("the last record was %d", last)
			}
			break
		}
		if res != Record || (last != 0 && r.Header().Value != last+1) {
			t.Fatalf("%v: %d after %d", res, r.Header().Value, last)
		}
		last = r.Header().Value
	}
	r.Seek(8) // no position
	r.Seek(1 << 63)
	if r.Position() != w.Position() {
		t.Errorf("at %d", r.Position())
	}
	r.Seek(0)
	if res := r.Next(); res != Lapped {
		t.Errorf("back at the begin: %v", res)
	}
	r.Seek(w.Position() + 1<<20)
	if res := r.Next(); res != Empty {
		t.Errorf("ahead of the writer: %v", res)
	}
}

func TestDamagedPacketsRings(t *testing.T) {
	for want, damage := range map[string]func(h *PacketsHeader) []byte{
		"foreign file":      func(h *PacketsHeader) []byte { h.Magic = MagicRing; return nil },
		"not laid out yet":  func(h *PacketsHeader) []byte { h.Magic = 0; return nil },
		"ABI version 1":     func(h *PacketsHeader) []byte { h.ABI = 1; return nil },
		"header of 64":      func(h *PacketsHeader) []byte { h.HeaderSize = 64; return nil },
		"chunks of 1000":    func(h *PacketsHeader) []byte { h.ChunkBytes = 1000; return nil },
		"chunks of 128":     func(h *PacketsHeader) []byte { h.ChunkBytes = 128; return nil },
		"chunk count 3":     func(h *PacketsHeader) []byte { h.ChunkCount = 3; return nil },
		"chunk count 2 ":    func(h *PacketsHeader) []byte { h.ChunkCount = 2; return nil },
		"truncated":         func(h *PacketsHeader) []byte { h.ChunkCount *= 2; return nil },
		"shorter than":      func(h *PacketsHeader) []byte { return memory(100) },
		"not 8-aligned":     func(h *PacketsHeader) []byte { return memory(HeaderBytes + 8)[1:] },
		"chunks of 2147483": func(h *PacketsHeader) []byte { h.ChunkBytes = 1 << 31; return nil },
	} {
		mem, _, _ := newPackets(t, 1024, 8)
		if other := damage(packetsHeader(mem)); other != nil {
			mem = other
		}
		_, err := NewPacketReader(mem)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for want, cfg := range map[string]PacketsConfig{
		"chunks of 100":   {ChunkBytes: 100, Chunks: 8, Epoch: 1},
		"chunk count 0":   {ChunkBytes: 1024, Epoch: 1},
		"epoch 0":         {ChunkBytes: 1024, Chunks: 8},
		"is smaller than": {ChunkBytes: 1024, Chunks: 16, Epoch: 1},
		"is not newer":    {ChunkBytes: 1024, Chunks: 8, Epoch: 1},
	} {
		mem, _, _ := newPackets(t, 1024, 8)
		if _, err := NewPacketWriter(mem, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := NewPacketWriter(memory(8 << 10)[1:], PacketsConfig{ChunkBytes: 256, Chunks: 4, Epoch: 1}); err == nil {
		t.Error("memory that is not aligned was taken")
	}
	for _, bytes := range []uint64{0, 1 << 17, 3 << 20, 1 << 37} {
		if _, err := PacketsOf(bytes); err == nil || !strings.Contains(err.Error(), "power of two from 262144 to 68719476736") {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
	for _, bytes := range []uint64{1 << 18, 1 << 20, 64 << 20, 1 << 36} {
		if cfg, err := PacketsOf(bytes); err != nil || uint64(cfg.ChunkBytes)*uint64(cfg.Chunks) != bytes || checkChunks(cfg.ChunkBytes, cfg.Chunks) != nil {
			t.Errorf("%d bytes: %+v, %v", bytes, cfg, err)
		}
	}
}

// A position where the writer says that a record is, and none is, is damage; the reader stays, and may seek.
func TestCorruptPackets(t *testing.T) {
	mem, w, r := newPackets(t, 1024, 8)
	first := w.Put(PacketHeader{}, make([]byte, 100))
	second := w.Put(PacketHeader{}, make([]byte, 100))
	w.Flush()
	*w.area.at(first) = 5
	if res := r.Next(); res != Corrupt || r.Position() != first {
		t.Errorf("a wrong word: %v at %d", res, r.Position())
	}
	*w.area.at(first) = first | PacketWhole
	w.area.header(first).Bytes = 1 << 20
	if res := r.Next(); res != Corrupt || r.Position() != first {
		t.Errorf("a record beyond its chunk: %v at %d", res, r.Position())
	}
	r.Seek(second)
	if res := r.Next(); res != Record {
		t.Errorf("the next one: %v", res)
	}
	packetsHeader(mem).Reach = 1 << 63
	if res := r.Next(); res != Corrupt {
		t.Errorf("a reach that no writer comes to: %v", res)
	}
}

// TestBothWaysToPutAreOne puts the same records in place and by way of memory beside the ring: readers find the same.
func TestBothWaysToPutAreOne(t *testing.T) {
	_, w, r := newPackets(t, 1024, 4)
	_, aside, besideReader := newPackets(t, 1024, 4)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		n := rng.IntN(900)
		h, payload := w.Claim(n)
		other, beside := aside.claimAside(n)
		h.TsRecv, h.Kind = rng.Uint64(), PacketFrame
		other.TsRecv, other.Kind = h.TsRecv, h.Kind
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		copy(beside, payload)
		w.Commit()
		aside.commitAside()
		if a, b := r.Next(), besideReader.Next(); a != Record || b != Record {
			t.Fatalf("%v in place, %v aside", a, b)
		}
		if r.Position() != besideReader.Position() || *r.Header() != *besideReader.Header() || !bytes.Equal(r.Payload(), besideReader.Payload()) {
			t.Fatalf("a record of %d bytes at %d differs", n, r.Position())
		}
	}
}

func TestPacketsDoNotAllocate(t *testing.T) {
	_, w, r := newPackets(t, 16<<10, 8)
	frame := make([]byte, 9000)
	n := 0
	w.Claim(1) // where records are built aside, that is made once
	if allocs := testing.AllocsPerRun(2000, func() {
		n = (n + 777) % len(frame)
		h, payload := w.Claim(n)
		h.Kind = PacketFrame
		copy(payload, frame[:n])
		w.Commit()
		w.Put(PacketHeader{Kind: PacketTick}, nil)
		w.Flush()
		for range 2 {
			if r.Next() != Record {
				t.Fatal("no record")
			}
		}
		if len(r.Payload()) != 0 || r.Header().Kind != PacketTick {
			t.Fatal("no record")
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A reader beside a writer in the same process: for the race detector, which sees every access.
func TestPacketsSideBySide(t *testing.T) {
	_, w, r := newPackets(t, 4096, 16)
	records := 200_000
	if testing.Short() || raceEnabled {
		records = 20_000
	}
	done := make(chan bool)
	go func() {
		for i := range records {
			h, payload := w.Claim(i * 13 % 400)
			h.Value = w.Position()
			selfcheck.Hostile(payload, w.Position()+SizePacketHeader, 64<<10)
			w.Commit()
			if i%16 == 0 {
				w.Flush()
				Pause(uint32(i >> 8 & 1023)) // the reader keeps up now and then
			}
		}
		w.Close()
		done <- true
	}()
	read, lost := 0, uint64(0)
	for stopped := false; !stopped; {
		switch res := r.Next(); res {
		case Record:
			read++
			if r.Header().Value != r.At() || !selfcheck.IsHostile(r.Payload(), r.At()+SizePacketHeader, 64<<10) {
				t.Fatalf("record at %d is not what was put", r.At())
			}
		case Lapped:
			lost += r.Lost()
		case Stopped:
			stopped = true
		case Empty:
			Pause(8)
		default:
			t.Fatalf("%v at %d", res, r.Position())
		}
	}
	<-done
	if r.Position() != w.Position() || lost != r.LostTotal() {
		t.Errorf("ended at %d, not %d", r.Position(), w.Position())
	}
	t.Logf("%d of %d read, %d bytes lost", read, records, lost)
}
