package shm

import (
	"fmt"
	"sync/atomic"
	"testing"
)

var smallControl = ControlConfig{Name: "demo", Epoch: 3, PID: 42, ProcessStart: 7, StartNS: 1000,
	Rings: 2, Channels: 2, Lines: 4, Counters: 3, Instruments: 5}

func newControl(tb testing.TB) ([]byte, *Control, *ControlView) {
	tb.Helper()
	mem := memory(ControlBytes(smallControl))
	c, err := NewControl(mem, smallControl)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := NewControlView(mem)
	if err != nil {
		tb.Fatal(err)
	}
	return mem, c, v
}

func TestControlShowsWhatWasWritten(t *testing.T) {
	_, c, v := newControl(t)
	if pid, start := v.WriterPID(); v.Name() != "demo" || v.Epoch() != 3 || pid != 42 || start != 7 || v.State() != StateStarting {
		t.Fatalf("header: %q %d %d %d %d", v.Name(), v.Epoch(), pid, start, v.State())
	}
	ring := RingEntry{Schema: uint32(SchemaTrades), Worker: 1, SlotSize: 64, SlotCount: 8}
	copy(ring.File[:], "trades-1.ring")
	if _, err := c.AddRing(ring); err != nil {
		t.Fatal(err)
	}
	if got := v.Rings(); len(got) != 1 || got[0] != ring {
		t.Fatalf("rings %v", got)
	}
	ci, channel, err := c.AddChannel("itch", 1, 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	_, line, err := c.AddLine("A", ci, 0)
	if err != nil {
		t.Fatal(err)
	}
	atomic.StoreUint64(&channel.Digests[SchemaMBP1].Content, 99)
	atomic.StoreUint64(&line.Duplicate, 17)
	if e, ok := v.Channel(0); !ok || Text(e.Name[:]) != "itch" || e.PublisherID != 5 || e.Digests[SchemaMBP1].Content != 99 {
		t.Fatalf("channel %+v", e)
	}
	if e, ok := v.Line(0); !ok || Text(e.Name[:]) != "A" || e.Duplicate != 17 {
		t.Fatalf("line %+v", e)
	}
	n, err := c.AddCounter("wire_bad_checksum", `worker="0"`)
	if err != nil {
		t.Fatal(err)
	}
	atomic.StoreUint64(n, 12)
	if e, ok := v.Counter(0); !ok || Text(e.Name[:]) != "wire_bad_checksum" || Text(e.Label[:]) != `worker="0"` || e.Value != 12 {
		t.Fatalf("counter %+v", e)
	}
	c.SetClock(ClockBlock{Source: 1, State: ClockLocked, OffsetNS: -5, BoundNS: 30, TAIOffset: 37})
	if b, ok := v.Clock(); !ok || b.OffsetNS != -5 || b.BoundNS != 30 || b.TAIOffset != 37 || b.Sequence != 2 {
		t.Fatalf("clock %+v", b)
	}
	for i := range uint32(5) {
		if got, err := c.AddInstrument(InstrumentEntry{ID: 100 + i, LatestIndex: NoLatest}); err != nil || got != i {
			t.Fatal(got, err)
		}
	}
	if _, err := c.AddInstrument(InstrumentEntry{}); err == nil || !contains(err.Error(), "no room for more than 5 instruments") {
		t.Fatal(err)
	}
	c.SetInstrument(2, InstrumentEntry{ID: 102, Status: 7})
	if e, ok := v.Instrument(2); !ok || e.ID != 102 || e.Status != 7 || e.Revision != 4 || v.Instruments() != 5 {
		t.Fatalf("instrument %+v", e)
	}
	if _, ok := v.Instrument(5); ok {
		t.Fatal("an instrument past the end")
	}
	if c.SetInstrument(5, InstrumentEntry{}) {
		t.Fatal("an instrument past the end was set")
	}
}

func TestStale(t *testing.T) {
	_, c, v := newControl(t)
	c.Heartbeat(5000)
	for now, want := range map[uint64]bool{4000: false, 5000: false, 5100: false, 5101: true} {
		if v.Stale(now, 100) != want {
			t.Errorf("at %d: %v", now, !want)
		}
	}
	if c.SetState(StateStopped); v.Stale(9000, 100) {
		t.Error("a writer that stopped in good order is not stale")
	}
}

func TestForeignControl(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		damage func(h *ControlHeader)
	}{
		"foreign":  {"foreign", func(h *ControlHeader) { h.Magic = MagicRing }},
		"newer":    {"ABI version 3, this reader knows version 2", func(h *ControlHeader) { h.ABI = 3 }},
		"older":    {"ABI version 1, this reader knows version 2", func(h *ControlHeader) { h.ABI = 1 }},
		"size":     {"truncated", func(h *ControlHeader) { h.FileSize *= 2 }},
		"stride":   {"rings of 0 bytes", func(h *ControlHeader) { h.Rings.Stride = 0 }},
		"offset":   {"lines at offset", func(h *ControlHeader) { h.Lines.Offset = 1 << 63 }},
		"odd":      {"lines at offset", func(h *ControlHeader) { h.Lines.Offset++ }},
		"capacity": {"more than", func(h *ControlHeader) { h.Channels.Capacity = 1 << 31 }},
		"over":     {"do not fit", func(h *ControlHeader) { h.Instruments.Capacity++ }},
	} {
		mem, w, _ := newControl(t)
		c.damage(w.header)
		if _, err := NewControlView(mem); err == nil || !contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	mem, w, v := newControl(t)
	w.header.Instruments.Count = 1 << 31 // a count may lie later too
	if v.Instruments() != 5 {
		t.Errorf("a wild count is believed: %d", v.Instruments())
	}
	for n := range 200 {
		if _, err := NewControlView(mem[:n*32]); err == nil {
			t.Fatalf("%d bytes accepted", n*32)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"abc\x00def": "abc", "": "", "\x1b[2J": "?[2J", "full": "full"} {
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func ExampleControlView() {
	mem := memory(ControlBytes(smallControl))
	c, _ := NewControl(mem, smallControl)
	c.SetState(StateRunning)
	v, err := NewControlView(mem)
	fmt.Println(v.Name(), v.State() == StateRunning, err)
	// Output: demo true <nil>
}
