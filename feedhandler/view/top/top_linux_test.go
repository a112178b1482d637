package top

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// instance makes an instance with one channel of two lines and some counters.
func instance(t *testing.T) (*segment.Instance, *segment.View, *shm.ChannelEntry, *shm.LineEntry) {
	t.Helper()
	root := t.TempDir()
	seg, err := segment.Create(segment.Options{Root: root, Name: "one", Rings: []segment.RingSpec{{Schema: shm.SchemaMBO, Slots: 64}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { seg.Close() })
	_, ch, err := seg.Control.AddChannel("itch", 0, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, a, err := seg.Control.AddLine("A", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := seg.Control.AddLine("B", 0, 1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, label string
		v           uint64
	}{
		{"wire_ok", "", 100}, {"wire_unrouted", "", 3}, {"framing_short_header", `channel="itch"`, 2}, {"socket_drops", `channel="itch",line="B"`, 7},
		{"socket_datagrams", `channel="itch",line="A"`, 50}, {"receive_edge", `edge="socket"`, 1}, {"channel_active", `channel="itch"`, 1},
		{"xdp_drops", `queue="eth1/0"`, 9}, {"worker_turns", `worker="0"`, 5},
	} {
		p, err := seg.Control.AddCounter(c.name, c.label)
		if err != nil {
			t.Fatal(err)
		}
		atomic.StoreUint64(p, c.v)
	}
	seg.Running()
	seg.Heartbeat(uint64(time.Now().UnixNano()))
	v, err := segment.Open(root, "one")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return seg, v, ch, a
}

func TestReadFilesEverythingInItsPlace(t *testing.T) {
	seg, v, ch, a := instance(t)
	atomic.StoreUint64(&ch.Messages, 1000)
	atomic.StoreUint64(&ch.Lost, 4)
	atomic.StoreUint64(&ch.Digests[shm.SchemaMBO].Records, 900)
	atomic.StoreUint64(&a.Packets, 50)
	atomic.StoreUint32(&a.State, 1)
	atomic.StoreUint64(&a.LagHistogram[3], 5)
	seg.Control.SetClock(shm.ClockBlock{Source: 1, State: shm.ClockLocked, BoundNS: 80, OffsetNS: -3, Grandmaster: [8]uint8{1, 2, 3, 4, 5, 6, 7, 8}})
	s := Read(v, time.Now())
	if s.Instance != "one" || s.State != "running" || !s.Alive || s.Stale || s.Edge != "socket" {
		t.Errorf("instance %q %q alive %v stale %v edge %q", s.Instance, s.State, s.Alive, s.Stale, s.Edge)
	}
	if len(s.Channels) != 1 || len(s.Channels[0].Lines) != 2 || s.Channels[0].Messages != 1000 || s.Channels[0].UnitsLost != 4 || !s.Channels[0].Active {
		t.Fatalf("channels %+v", s.Channels)
	}
	l := s.Channels[0].Lines
	if l[0].State != "up" || l[0].Packets != 50 || l[0].Datagrams != 50 || l[1].Dropped["socket_drops"] != 7 || l[1].State != "waiting" {
		t.Errorf("lines %+v", l)
	}
	if l[0].LagP99NS == nil || *l[0].LagP99NS == 0 || l[1].LagP50NS != nil || l[1].LagP99NS != nil {
		t.Errorf("lags: line A's was measured, B's was not: %+v", l)
	}
	if s.Clock.State != "locked" || s.Clock.Source != "nic" || s.Clock.Grandmaster != "010203.0405.060708" || s.Clock.BoundNS != 80 {
		t.Errorf("clock %+v", s.Clock)
	}
	want := map[string]uint64{"wire_unrouted": 3, "framing_short_header": 2, "socket_drops": 7, "xdp_drops": 9}
	if len(s.Dropped) != len(want) {
		t.Errorf("dropped %v, want %v", s.Dropped, want)
	}
	for k, n := range want {
		if s.Dropped[k] != n {
			t.Errorf("dropped %s %d, want %d", k, s.Dropped[k], n)
		}
	}
	if len(s.Queues) != 1 || s.Queues[0].Name != "eth1/0" || s.Queues[0].Counts["xdp_drops"] != 9 {
		t.Errorf("queues %+v", s.Queues)
	}
	if s.Records["mbo"] != 900 {
		t.Errorf("records %v", s.Records)
	}
	text := strings.Join(Lines(&s, 200), "\n")
	for _, word := range []string{"wirebook one", "running", "locked by nic", "itch A", "1,000", "socket_drops 7", "queue eth1/0"} {
		if !strings.Contains(text, word) {
			t.Errorf("the text does not say %q:\n%s", word, text)
		}
	}
	for _, line := range Lines(&s, 40) {
		if len([]rune(line)) > 40 {
			t.Errorf("%d columns on a screen of 40: %q", len([]rune(line)), line)
		}
	}
}

// TestUptimeEndsWithTheWriter: who looks an hour later sees how long it was up, not how long ago it began, even where the
// process that was the writer goes on.
func TestUptimeEndsWithTheWriter(t *testing.T) {
	seg, v, _, _ := instance(t)
	if s := Read(v, time.Now().Add(time.Hour)); s.UptimeNS < 3600e9 {
		t.Errorf("a running writer is up for %v after an hour", time.Duration(s.UptimeNS))
	}
	if err := errors.Join(seg.Close(), seg.Close()); err != nil {
		t.Fatal(err)
	}
	if s := Read(v, time.Now().Add(time.Hour)); s.State != "stopped" || s.UptimeNS > 60e9 || s.UptimeNS == 0 {
		t.Errorf("%s, up %v", s.State, time.Duration(s.UptimeNS))
	}
}

func TestRates(t *testing.T) {
	_, v, ch, a := instance(t)
	start := time.Now()
	before := Read(v, start)
	atomic.StoreUint64(&ch.Messages, 5000)
	atomic.StoreUint64(&a.Packets, 300)
	atomic.StoreUint64(&ch.Digests[shm.SchemaMBO].Records, 700)
	now := Read(v, start.Add(2*time.Second))
	now.Rates(&before)
	if now.Channels[0].MessagesPerS != 2500 || now.Channels[0].Lines[0].PacketsPerS != 150 || now.RecordRates["mbo"] != 350 {
		t.Errorf("rates %v %v %v, want 2500, 150, 350", now.Channels[0].MessagesPerS, now.Channels[0].Lines[0].PacketsPerS, now.RecordRates)
	}
	// Counts that begin again, and another run of the writer, are no rates.
	atomic.StoreUint64(&ch.Messages, 10)
	again := Read(v, start.Add(3*time.Second))
	again.Rates(&now)
	if again.Channels[0].MessagesPerS != 0 {
		t.Errorf("a channel that began again: %v a second", again.Channels[0].MessagesPerS)
	}
	other := Read(v, start.Add(4*time.Second))
	other.Epoch++
	other.Rates(&now)
	if other.RecordRates != nil {
		t.Errorf("rates across runs: %v", other.RecordRates)
	}
}

func TestADeadWriterShows(t *testing.T) {
	_, v, _, _ := instance(t)
	s := Read(v, time.Now().Add(time.Hour))
	if !s.Stale || !strings.Contains(strings.Join(Lines(&s, 200), "\n"), "SILENT") {
		t.Errorf("an hour without a heartbeat: stale %v", s.Stale)
	}
}

func TestReaders(t *testing.T) {
	_, v, _, _ := instance(t)
	// This process has the ring mapped; as its own reader it is left out, as somebody else's it would show.
	if list := Readers(v.Dir, 0); len(list) != 0 {
		t.Errorf("the process itself is listed: %v", list)
	}
	if n := mappedRings(os.Getpid(), v.Dir); n != 1 {
		t.Errorf("%d rings mapped, want 1", n)
	}
}

func TestJSON(t *testing.T) {
	_, v, _, _ := instance(t)
	s := Read(v, time.Now())
	b, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"instance", "state", "clock", "channels", "dropped", "readers", "counters", "records"} {
		if m[key] == nil {
			t.Errorf("no %s in %s", key, b)
		}
	}
}

// TestADisputedLineIsShown: a line that another contradicts is not shown as up, and what it said that nobody believed is counted.
func TestADisputedLineIsShown(t *testing.T) {
	seg, v, _, a := instance(t)
	atomic.StoreUint32(&a.State, 3)
	p, err := seg.Control.AddCounter("line_suspect", `channel="itch",line="A"`)
	if err != nil {
		t.Fatal(err)
	}
	atomic.StoreUint64(p, 53_179)
	s := Read(v, time.Now())
	if l := s.Channels[0].Lines[0]; l.State != "disputed" || l.Suspect != 53_179 {
		t.Errorf("line A %+v", l)
	}
	if text := strings.Join(Lines(&s, 200), "\n"); !strings.Contains(text, "disputed") {
		t.Errorf("top shows\n%s", text)
	}
}

// TestASilentChannelShows in the table, at every width.
func TestASilentChannelShows(t *testing.T) {
	s := &Snapshot{Channels: []Channel{{Name: "itch", Active: true}}, Counters: map[string]uint64{}, Dropped: map[string]uint64{}}
	s.count("channel_silent_seconds", `channel="itch"`, 75)
	if s.Channels[0].SilentNS != 75e9 || !strings.Contains(strings.Join(Lines(s, 80), "\n"), "itch SILENT!") {
		t.Errorf("%+v: %s", s.Channels[0], strings.Join(Lines(s, 80), "\n"))
	}
}

// TestOneReadingTellsNoRate: null is not 0.
func TestOneReadingTellsNoRate(t *testing.T) {
	_, v, _, _ := instance(t)
	one := Read(v, time.Now())
	b, err := json.Marshal(&one)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"messages_per_s":null`, `"packets_per_s":null`, `"records_per_s":null`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	two := Read(v, time.Now().Add(time.Second))
	two.Rates(&one)
	if b, err = json.Marshal(&two); err != nil || strings.Contains(string(b), "per_s\":null") {
		t.Errorf("%v: two readings tell no rate: %s", err, b)
	}
}

// TestTopTellsHowChannelsStand: the state with its reason and since when, and which instruments are suspect, at any width.
func TestTopTellsHowChannelsStand(t *testing.T) {
	seg, v, ch, _ := instance(t)
	if s := Read(v, time.Now()); s.Channels[0].State != "waiting" || s.Channels[0].Reason != "" || s.Suspects == nil || len(s.Suspects) != 0 {
		t.Errorf("at the start: %+v, %+v", s.Channels[0], s.Suspects)
	}
	ch.SetState(shm.ChannelState{State: shm.ChannelGapped, Reason: shm.ReasonUndecoded, Unit: 41, NS: 1795185000000001234})
	for i, symbol := range []string{"AAPL", "MSFT", "OLD", "NVDA"} {
		e := shm.InstrumentEntry{ID: uint32(i + 1), PublisherID: 2}
		copy(e.Symbol[:], symbol)
		if symbol == "OLD" {
			e.Next = 1
		}
		at, err := seg.Control.AddInstrument(e)
		if err != nil {
			t.Fatal(err)
		}
		st := shm.InstrumentState{State: shm.InstrumentGapped, Reason: shm.ReasonGap, Suspect: shm.BookOrders | shm.BookLevels}
		switch symbol {
		case "MSFT":
			st = shm.InstrumentState{State: shm.InstrumentLive}
		case "NVDA":
			st = shm.InstrumentState{State: shm.InstrumentLive, Reason: shm.ReasonUnfit, Suspect: shm.BookOrders}
		}
		seg.Control.SetInstrumentState(at, st)
	}
	s := Read(v, time.Now())
	c := &s.Channels[0]
	if c.State != "gapped" || c.Reason != "undecoded" || c.StateUnit != 41 || c.StateSinceNS != 1795185000000001234 {
		t.Errorf("%+v", c)
	}
	want := []Suspect{{"AAPL", "itch", "gapped", "gap", "orders and levels"}, {"NVDA", "itch", "live", "unfit", "orders"}}
	if !slices.Equal(s.Suspects, want) {
		t.Errorf("suspects %+v, want %+v", s.Suspects, want)
	}
	for _, width := range []int{80, 200} {
		text := strings.Join(Lines(&s, width), "\n")
		for _, word := range []string{"gapped: undecoded", "suspect: AAPL (gap), NVDA (unfit, orders)"} {
			if !strings.Contains(text, word) {
				t.Errorf("%d columns do not show %q:\n%s", width, word, text)
			}
		}
		if width > 80 && !strings.Contains(text, "14:30:00") {
			t.Errorf("since when:\n%s", text)
		}
	}
}
