package shm

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/shm/internal/selfcheck"
)

func newLatest(tb testing.TB, capacity uint32) ([]byte, *LatestWriter, *LatestReader) {
	tb.Helper()
	mem := memory(LatestBytes(capacity))
	w, err := NewLatestWriter(mem, capacity, SchemaMBP1, 1)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := NewLatestReader(mem)
	if err != nil {
		tb.Fatal(err)
	}
	return mem, w, r
}

func TestLatestKeepsTheLastBook(t *testing.T) {
	_, w, r := newLatest(t, 3)
	var in, out MBP10
	if _, ok := r.Read(0, &out); ok {
		t.Fatal("a book before the first update")
	}
	for i := uint64(0); i < 10; i++ {
		idx := uint32(i % 3)
		selfcheck.Fill(Bytes(&in), i)
		if !w.Update(idx, &in, i*10) {
			t.Fatal("refused")
		}
		if pos, ok := r.Read(idx, &out); !ok || pos != i*10 || out != in {
			t.Fatalf("update %d: ok %v, position %d", i, ok, pos)
		}
	}
	if w.Update(3, &in, 0) {
		t.Fatal("an update past the end was taken")
	}
	if _, ok := r.Read(3, &out); ok {
		t.Fatal("a book past the end")
	}
	w.Clear(1)
	if _, ok := r.Read(1, &out); ok {
		t.Fatal("a book after Clear")
	}
	if w.Update(1, &in, 5); true {
		if pos, ok := r.Read(1, &out); !ok || pos != 5 {
			t.Fatal("no book after Clear and Update")
		}
	}
	if r.Schema() != SchemaMBP1 || r.Capacity() != 3 || r.Epoch() != 1 {
		t.Fatal("header")
	}
}

func TestLatestTakeOverStartsEmpty(t *testing.T) {
	mem, w, r := newLatest(t, 2)
	var m, out MBP10
	w.Update(0, &m, 1)
	w.Update(1, &m, 1)
	seq := w.slots.word(1, 0)
	atomic.StoreUint64(seq, *seq+3) // dead inside slot 1
	if _, ok := r.Read(1, &out); ok {
		t.Fatal("a half-written book")
	}
	w2, err := NewLatestWriter(mem, 2, SchemaMBP1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(2) {
		if _, ok := r.Read(i, &out); ok {
			t.Fatalf("slot %d shows a book of the run that died", i)
		}
		w2.Update(i, &m, 9)
		if pos, ok := r.Read(i, &out); !ok || pos != 9 {
			t.Fatalf("slot %d does not work after the take-over", i)
		}
	}
}

func TestLatestIsNeverTorn(t *testing.T) {
	if raceEnabled {
		t.Skip("the writer's stores are assembly, which the race detector does not see")
	}
	_, w, r := newLatest(t, 1)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		var m MBP10
		for i := uint64(1); !stop.Load(); i++ {
			selfcheck.Fill(Bytes(&m), i)
			w.Update(0, &m, i)
		}
	}()
	var m MBP10
	last, seen := uint64(0), 0
	for deadline := time.Now().Add(20 * time.Second); seen < 20_000 && time.Now().Before(deadline); {
		pos, ok := r.Read(0, &m)
		if !ok {
			continue
		}
		if !selfcheck.Check(Bytes(&m), pos) || pos < last {
			t.Fatalf("torn or older book at %d after %d", pos, last)
		}
		last = pos
		seen++
	}
	stop.Store(true)
	wg.Wait()
	if seen == 0 {
		t.Fatal("no book was read")
	}
}

func TestForeignLatest(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		damage func(h *LatestHeader)
	}{
		"foreign":  {"foreign", func(h *LatestHeader) { h.Magic++ }},
		"newer":    {"ABI version 3", func(h *LatestHeader) { h.ABI = 3 }},
		"older":    {"ABI version 1", func(h *LatestHeader) { h.ABI = 1 }},
		"capacity": {"capacity 0", func(h *LatestHeader) { h.Capacity = 0 }},
		"short":    {"truncated", func(h *LatestHeader) { h.Capacity = 5 }},
		"slot":     {"slots of 64", func(h *LatestHeader) { h.SlotSize = 64 }},
		"schema":   {"schema 200", func(h *LatestHeader) { h.PositionSchema = 200 }},
	} {
		mem, w, _ := newLatest(t, 4)
		c.damage(w.header)
		if _, err := NewLatestReader(mem); err == nil || !contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLatestSetFlags(t *testing.T) {
	_, w, r := newLatest(t, 2)
	var in, out MBP10
	w.SetFlags(0, FlagMaybeBadBook)
	w.SetFlags(9, FlagMaybeBadBook)
	if _, ok := r.Read(0, &out); ok {
		t.Fatal("flags made a book")
	}
	selfcheck.Fill(Bytes(&in), 3)
	in.Flags = FlagLast
	w.Update(0, &in, 7)
	w.SetFlags(0, FlagMaybeBadBook)
	in.Flags |= FlagMaybeBadBook
	if pos, ok := r.Read(0, &out); !ok || pos != 7 || out != in {
		t.Fatalf("ok %v, position %d, flags %02x, want %02x and nothing else changed", ok, pos, out.Flags, in.Flags)
	}
}
