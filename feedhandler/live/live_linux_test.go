package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/socket"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// logged is a log that a test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const settings = `
instance: %s
rings: {mbo: 65536, mbp-1: 16384, mbp-10: 8192, trades: 16384, admin: 4096, instruments: 256}
live: {interface: wbrx, rx: socket, receive_buffer: 67108864, join_rate: 10000, trust_host: true, clock: host, stall_timeout: 500ms}
channels:
`

const channelText = `
  - name: %s
    profile: nasdaq.itch50
    session_date: "2026-03-02"
    max_instruments: 64
    max_orders: 65536
    lines:
      - {name: A, group: 239.10.1.%d, port: 26477}
      - {name: B, group: 239.10.2.%d, port: 26478}
`

// configuration is an instance with channels by name, each on groups ending with its number.
func configuration(t testing.TB, channels ...string) *config.Config {
	t.Helper()
	text := fmt.Sprintf(settings, "t"+strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())))
	for _, name := range channels {
		n := int(name[len(name)-1] - '0')
		text += fmt.Sprintf(channelText, name, n, n)
	}
	c, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs an instance in a network of its own until the test ends.
func start(t testing.TB, c *config.Config, replace func() error) (*Handler, *logged) {
	t.Helper()
	return startWith(t, Options{Config: c, Shm: control.Options{Root: t.TempDir()}, Replace: replace})
}

func startWith(t testing.TB, o Options) (*Handler, *logged) {
	t.Helper()
	log := &logged{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	h, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log)
		}
	})
	return h, log
}

// control is a view of the handler's own instance.
func (h *Handler) view(t testing.TB) *segment.View {
	t.Helper()
	v, err := segment.Open(h.opts.Shm.Root, h.config.Instance)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func counter(v *segment.View, name, label string) (n uint64) {
	for i := range v.Control.Counters() {
		if e, ok := v.Control.Counter(i); ok && shm.Text(e.Name[:]) == name && (label == "" || strings.Contains(shm.Text(e.Label[:]), label)) {
			n += e.Value
		}
	}
	return n
}

func channelOf(t testing.TB, v *segment.View, name string) shm.ChannelEntry {
	t.Helper()
	for i := range v.Control.Channels() {
		if e, ok := v.Control.Channel(i); ok && shm.Text(e.Name[:]) == name {
			return e
		}
	}
	t.Fatalf("no channel %s in the control file", name)
	return shm.ChannelEntry{}
}

// eventually waits for a condition at most five seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not after 5 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// packet is one datagram of a simulated day.
type packet struct {
	group   uint32
	port    uint16
	payload []byte
}

// day simulates messages on lines A and B of the channel with number n, and what a direct run of the clean day gives.
func day(t testing.TB, seed uint64, messages uint64, n int, wire sim.WireConfig, cfg *feedhandler.ChannelConfig) (list []packet, clean *feedhandler.Channel, oracle *sim.Oracle) {
	t.Helper()
	x, err := sim.New(sim.Config{Seed: seed, Encoding: sim.ITCH50, Symbols: 4, Messages: messages, LiveOrders: 200, Rate: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{*cfg}})
	if err != nil {
		t.Fatal(err)
	}
	var d feedhandler.Datagram
	wire.Merged = sim.SinkFunc(func(_ uint64, frame []byte) error {
		if fault := feedhandler.ParseFrame(frame, false, &d); fault != feedhandler.WireOK {
			return errors.New(fault.String())
		}
		list = append(list, packet{d.Dst&^0xFF | uint32(n), d.DstPort, bytes.Clone(d.Payload)})
		return nil
	})
	oracle, err = sim.Generate(x, wire, sim.SinkFunc(func(ts uint64, frame []byte) error {
		if fault := feedhandler.ParseFrame(frame, false, &d); fault != feedhandler.WireOK {
			return errors.New(fault.String())
		}
		d.Dst = d.Dst&^0xFF | uint32(n)
		pipe.OnDatagram(&d, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
		return nil
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	pipe.End()
	return list, pipe.Channels()[0], oracle
}

func built(t testing.TB, c *config.Channel) *feedhandler.ChannelConfig {
	t.Helper()
	cfg, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	return &cfg
}

func sender(t testing.TB) *socket.Sender {
	t.Helper()
	out, err := socket.OpenSender(socket.SenderOptions{Interface: wiretest.TX})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

// venue is what sends: by UDP, or by AF_XDP.
type venue interface {
	Send(group uint32, port uint16, payload []byte, failed *uint64) error
	Flush() error
}

func sendAll(t testing.TB, out venue, list []packet) {
	t.Helper()
	var failed uint64
	for i, p := range list {
		if err := out.Send(p.group, p.port, p.payload, &failed); err != nil {
			t.Fatal(err)
		}
		if i%256 == 255 {
			if err := out.Flush(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * time.Microsecond)
		}
	}
	if err := out.Flush(); err != nil || failed > 0 {
		t.Fatalf("send: %v, %d refused", err, failed)
	}
}

func sameDigests(t testing.TB, e shm.ChannelEntry, clean *feedhandler.Channel) {
	t.Helper()
	for s := range e.Digests {
		want, d := clean.Digest(shm.Schema(s)), &e.Digests[s]
		if d.Content != want.Content || d.Records != want.Records {
			t.Errorf("%s: %d records, content %016x; the clean day gives %d, %016x", shm.Schema(s), d.Records, d.Content, want.Records, want.Content)
		}
		if set := (shm.Set{Lo: d.SetLo, Hi: d.SetHi}); set != want.Set {
			t.Errorf("%s: the set digest is %s; the clean day gives %s", shm.Schema(s), set, want.Set)
		}
	}
}

// TestLossyLinesGiveTheCleanBooks is the whole edge over a real wire: what one line loses the other brings, and
// what is published is what a replay of the clean day publishes.
func TestLossyLinesGiveTheCleanBooks(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	bad := sim.LineConfig{LossPPM: 50_000, ReorderPPM: 20_000, DuplicatePPM: 20_000}
	list, clean, _ := day(t, 3, 20_000, 1, sim.WireConfig{Seed: 3, NoDoubleLoss: true, Lines: []sim.LineConfig{bad, bad}}, built(t, &c.Channels[0]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	sendAll(t, sender(t), list)
	eventually(t, "every packet is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
	if s := h.Summary(); len(s.Gaps) != 0 || len(s.Dropped) != 0 {
		t.Errorf("lost %v, dropped %v; want nothing", s.Gaps, s.Dropped)
	}
	if v.Control.State() != shm.StateStopped {
		t.Errorf("readers see state %d, want stopped", v.Control.State())
	}
	m, err := socket.ReadMemberships()
	if err != nil || m.Has(wiretest.RX, 0xEF0A0101) {
		t.Errorf("still a member after Close (%v)", err)
	}
}

// TestDoublyLostIsReportedExactly loses packets on both lines: those and no others are reported.
func TestDoublyLostIsReportedExactly(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	bad := sim.LineConfig{LossPPM: 80_000}
	list, _, oracle := day(t, 5, 20_000, 1, sim.WireConfig{Seed: 5, Lines: []sim.LineConfig{bad, bad}}, built(t, &c.Channels[0]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	sendAll(t, sender(t), list)
	eventually(t, "every packet is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	s := h.Summary()
	if len(oracle.LostOnAll) == 0 || len(s.Gaps) != len(oracle.LostOnAll) {
		t.Fatalf("%d ranges reported, %d were lost on both lines", len(s.Gaps), len(oracle.LostOnAll))
	}
	for i, r := range oracle.LostOnAll {
		if s.Gaps[i].First != r.First || s.Gaps[i].Count != r.Count {
			t.Errorf("range %d: reported %d from %d, lost %d from %d", i, s.Gaps[i].Count, s.Gaps[i].First, r.Count, r.First)
		}
	}
}

// TestReloadLeavesOthersAlone adds, changes and removes channels while one receives: it loses nothing.
func TestReloadLeavesOthersAlone(t *testing.T) {
	wiretest.New(t)
	both := configuration(t, "one1", "two2")
	list, clean, _ := day(t, 7, 20_000, 1, sim.WireConfig{Seed: 7}, built(t, &both.Channels[0]))
	second, cleanSecond, _ := day(t, 8, 2_000, 2, sim.WireConfig{Seed: 8}, built(t, &both.Channels[1]))
	one, alone := configuration(t, "one1"), configuration(t, "one1")
	h, _ := start(t, one, nil)
	v := h.view(t)
	out := sender(t)
	ctx := context.Background()
	reload := func(c *config.Config, want string) {
		t.Helper()
		r, err := h.Reload(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Added, r.Removed, r.Changed, r.Kept, r.Ignored); got != want {
			t.Fatalf("reload: added, removed, changed, kept, ignored %s; want %s", got, want)
		}
	}
	step := len(list) / 5
	sendAll(t, out, list[:step])
	reload(both, "[two2] [] [] [one1] []")
	sendAll(t, out, list[step:2*step])
	sendAll(t, out, second)
	eventually(t, "the added channel has everything", func() bool { return channelOf(t, v, "two2").NextSequence == cleanSecond.Arbitration().Next })
	sameDigests(t, channelOf(t, v, "two2"), cleanSecond)
	changed := configuration(t, "one1", "two2")
	changed.Channels[1].MaxOrders = 1 << 15
	reload(changed, "[] [] [two2] [one1] []")
	sendAll(t, out, list[2*step:3*step])
	reload(alone, "[] [two2] [] [one1] []")
	if n := counter(v, "channel_active", "two2"); n != 0 {
		t.Errorf("the removed channel is %d, want not active", n)
	}
	if m, err := socket.ReadMemberships(); err != nil || m.Has(wiretest.RX, 0xEF0A0102) || !m.Has(wiretest.RX, 0xEF0A0101) {
		t.Errorf("memberships after the removal: %v, %v", m, err)
	}
	sendAll(t, out, list[3*step:4*step])
	bad := configuration(t, "one1", "two2")
	bad.Channels[1].Lines[0].Interface = "nosuch0"
	if _, err := h.Reload(ctx, bad); err == nil || !strings.Contains(err.Error(), "nosuch0") {
		t.Fatalf("a reload with a mistake: %v", err)
	}
	sendAll(t, out, list[4*step:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
}

// TestARemovedChannelsBooksAreEmptied lets readers know that nobody keeps a book any more.
func TestARemovedChannelsBooksAreEmptied(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1", "two2")
	list, clean, _ := day(t, 9, 3_000, 2, sim.WireConfig{Seed: 9}, built(t, &c.Channels[1]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	sendAll(t, sender(t), list)
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "two2").NextSequence == clean.Arbitration().Next })
	r, err := segment.OpenReader(segment.ReaderOptions{Root: h.opts.Shm.Root, Name: h.config.Instance, Schema: shm.SchemaMBP1, Worker: -1, From: segment.FromEdge})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := h.Reload(context.Background(), configuration(t, "one1")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, r.PayloadSize())
	cleared := 0
	for r.Next(buf) == shm.Record {
		var m shm.MBP1
		copy(shm.Bytes(&m), r.Body(buf))
		if m.Action == shm.ActionClear {
			cleared++
		}
	}
	if cleared != 4 {
		t.Fatalf("%d books cleared for readers, want those of 4 instruments", cleared)
	}
}

// faulty is a receiver that misbehaves when told to.
type faulty struct {
	feed *worker.Feed
	what atomic.Int32 // 1 panic once, 2 hang
	free chan struct{}
}

func (f *faulty) Poll(w *worker.Worker) int {
	w.Current = f.feed
	switch f.what.Load() {
	case 1:
		f.what.Store(0)
		panic("made up by the test")
	case 2:
		<-f.free
	}
	return 0
}

func (f *faulty) Backlog() (uint64, bool) { return 0, false }

func (f *faulty) FD() int { return -1 }

// TestAPanicEndsInItsChannel mends the channel a panic came from and leaves the other alone.
func TestAPanicEndsInItsChannel(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1", "two2")
	list, clean, _ := day(t, 11, 6_000, 1, sim.WireConfig{Seed: 11}, built(t, &c.Channels[0]))
	second, cleanSecond, _ := day(t, 12, 3_000, 2, sim.WireConfig{Seed: 12}, built(t, &c.Channels[1]))
	h, log := start(t, c, func() error { return errors.New("not in a test") })
	v := h.view(t)
	out := sender(t)
	bad := &faulty{feed: h.feeds[1]}
	if err := h.workers[0].Do(func() { h.workers[0].Receivers = append(h.workers[0].Receivers, bad) }); err != nil {
		t.Fatal(err)
	}
	sendAll(t, out, list[:len(list)/2])
	sendAll(t, out, second)
	eventually(t, "the second channel has everything", func() bool { return channelOf(t, v, "two2").NextSequence == cleanSecond.Arbitration().Next })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	bad.what.Store(1)
	eventually(t, "the panic is counted", func() bool { return counter(v, "worker_restarts", "") == 1 })
	eventually(t, "the panic is logged", func() bool { return strings.Contains(log.String(), "made up by the test") })
	eventually(t, "the channel's books are suspect", func() bool { return channelOf(t, v, "two2").Stale > 0 })
	sendAll(t, out, list[len(list)/2:])
	eventually(t, "the first channel has everything", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	e := channelOf(t, v, "one1")
	sameDigests(t, e, clean)
	if e.Stale != 0 {
		t.Errorf("%d books of the other channel are suspect", e.Stale)
	}
}

// TestAStuckWorkerIsSeenAndReplaced stops the heartbeat, counts, logs, and has the program started again.
func TestAStuckWorkerIsSeenAndReplaced(t *testing.T) {
	wiretest.New(t)
	bad := &faulty{free: make(chan struct{})}
	replaced := make(chan struct{})
	h, log := start(t, configuration(t, "one1"), func() error {
		close(replaced)
		close(bad.free) // a real one does not return
		return errors.New("not in a test")
	})
	v := h.view(t)
	bad.feed = h.feeds[0]
	if err := h.workers[0].Do(func() { h.workers[0].Receivers = append(h.workers[0].Receivers, bad) }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- h.Run(context.Background()) }()
	before := v.Control.HeartbeatNS()
	eventually(t, "the heart beats", func() bool { return v.Control.HeartbeatNS() != before })
	bad.what.Store(2)
	eventually(t, "the stall is counted", func() bool { return counter(v, "worker_stalls", "") == 1 })
	beat := v.Control.HeartbeatNS()
	select {
	case <-replaced:
	case <-time.After(5 * time.Second):
		t.Fatal("not replaced after 5 s")
	}
	if v.Control.HeartbeatNS() != beat {
		t.Error("the heart went on beating for a stuck worker")
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "worker 0 made no progress") {
		t.Errorf("the run ended with %v", err)
	}
	if text := log.String(); !strings.Contains(text, "faulty") || !strings.Contains(text, "starting again in place") {
		t.Error("the log does not say where the worker stands")
	}
}

// TestTheHeartBeatsThroughALongReload: readers, and the service manager, are not to take the run for dead meanwhile. The
// clock is told as before.
func TestTheHeartBeatsThroughALongReload(t *testing.T) {
	wiretest.New(t)
	h, _ := start(t, configuration(t, "one1"), nil)
	v := h.view(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	h.mu.Lock() // as a reload has it
	unlock := sync.OnceFunc(h.mu.Unlock)
	defer unlock()
	since := v.Control.HeartbeatNS()
	told, _ := v.Control.Clock()
	eventually(t, "Run wants what the reload has", func() bool { return v.Control.HeartbeatNS()-since > uint64(2*slowEvery) })
	for range 5 {
		before := v.Control.HeartbeatNS()
		eventually(t, "the heart beats", func() bool { return v.Control.HeartbeatNS() != before })
	}
	eventually(t, "the clock is told", func() bool { b, ok := v.Control.Clock(); return ok && b.UpdatedNS != told.UpdatedNS })
	unlock()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestAReloadGivesUpClocks that no line needs any more: what they say is nobody's time, and the NIC's stamping is given back.
func TestAReloadGivesUpClocks(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	h, _ := start(t, c, nil)
	if err := h.clocks.ensure("lo", &c.Live, h.log); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reload(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if h.clocks.find("lo") != nil || h.clocks.find(wiretest.RX) == nil {
		t.Errorf("clocks after the reload: %v", h.clocks.summary())
	}
	seen := h.clocks.find(wiretest.RX).service.Block().UpdatedNS
	eventually(t, "the other goes on", func() bool { return h.clocks.find(wiretest.RX).service.Block().UpdatedNS != seen })
}

// TestATurnDoesNotAllocate holds for turns with and without datagrams, ticks and publishing included.
func TestATurnDoesNotAllocate(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	list, _, _ := day(t, 13, 20_000, 1, sim.WireConfig{Seed: 13}, built(t, &c.Channels[0]))
	h, _ := start(t, c, nil)
	out := sender(t)
	w := h.workers[0]
	// The worker stands still while this goroutine takes its turns.
	hold, held := make(chan struct{}), make(chan struct{})
	go func() {
		_ = w.Do(func() { close(held); <-hold })
	}()
	<-held
	defer close(hold)
	var failed uint64
	at := 0
	turn := func() {
		for range 32 {
			p := &list[at%len(list)]
			at++
			_ = out.Send(p.group, p.port, p.payload, &failed)
		}
		_ = out.Flush()
		w.Busy = true
		for range 4 {
			w.Turn()
		}
		w.Published = 0 // so that every run publishes too
	}
	for at < len(list)*3/4 {
		turn() // instruments and orders are known now
	}
	if allocs := testing.AllocsPerRun(50, turn); allocs != 0 {
		t.Errorf("%g allocations a turn", allocs)
	}
	w.Busy = false
}

// TestBadInput has a message that names the thing and the fix, and leaves nothing behind.
func TestBadInput(t *testing.T) {
	wiretest.New(t)
	free := func() {}
	wiretest.IP(t, "link add wbdown type veth peer name wbdownp")
	for _, c := range []struct {
		name   string
		change func(*config.Config)
		want   []string
	}{
		{"no interface named", func(c *config.Config) { c.Live.Interface = "" }, []string{"--interface", "live.interface", wiretest.RX}},
		{"no such interface", func(c *config.Config) { c.Live.Interface = "nosuch0" }, []string{`no interface "nosuch0"`, wiretest.RX}},
		{"line on no such interface", func(c *config.Config) { c.Channels[0].Lines[1].Interface = "nosuch1" }, []string{`"nosuch1"`}},
		{"no group, no address of ours", func(c *config.Config) { c.Channels[0].Lines[1].Group = "10.10.1.1" }, []string{"channel one1 line B", "10.10.1.1", "neither a multicast group nor an address of this host"}},
		{"interface down", func(c *config.Config) { c.Live.Interface = "wbdown" }, []string{"wbdown is down", "ip link set wbdown up"}},
		{"no such CPU", func(c *config.Config) { c.Live.CPUs = []int{1000} }, []string{"CPU 1000", "--cpu"}},
		{"no PTP device", func(c *config.Config) { c.Live.Clock = "nic" }, []string{"live.clock: nic", wiretest.RX}},
		{"port taken", func(*config.Config) {
			taken, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 26478}) // does not share it
			if err != nil {
				t.Fatal(err)
			}
			free = func() { taken.Close() }
		}, []string{"channel one1 line B", "239.10.2.1:26478", "ss -ulpn sport = :26478"}},
		{"no channel's instance", func(c *config.Config) { c.Instance = "../elsewhere" }, []string{"../elsewhere"}},
		{"not enough shared memory", func(c *config.Config) { c.Rings.MBP10 = 1 << 28 }, []string{"shared memory", "MiB"}},
	} {
		// No subtests: they would run on goroutines outside the namespace.
		cfg := configuration(t, "one1")
		c.change(cfg)
		root := t.TempDir()
		_, err := Start(context.Background(), Options{Config: cfg, Shm: control.Options{Root: root}, Log: slog.New(slog.DiscardHandler)})
		free()
		free = func() {}
		if err == nil {
			t.Fatalf("%s: it started", c.name)
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", c.name, err, want)
			}
		}
		if left, _ := os.ReadDir(root); len(left) != 0 {
			t.Errorf("%s: left behind: %v", c.name, left)
		}
		if m, err := socket.ReadMemberships(); err != nil || m.Has(wiretest.RX, 0xEF0A0101) {
			t.Errorf("%s: still joined (%v)", c.name, err)
		}
	}
}

// TestTheSameInstanceTwice refuses the second and leaves the first alone.
func TestTheSameInstanceTwice(t *testing.T) {
	wiretest.New(t)
	h, _ := start(t, configuration(t, "one1"), nil)
	var log bytes.Buffer
	_, err := Start(context.Background(), Options{Config: configuration(t, "one1"), Shm: control.Options{Root: h.opts.Shm.Root}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if !errors.Is(err, segment.ErrRunning) {
		t.Fatalf("the second: %v, want ErrRunning", err)
	}
	if log.Len() != 0 {
		t.Errorf("the second opened something before it was refused: %s", log.Bytes())
	}
	if m, err := socket.ReadMemberships(); err != nil || !m.Has(wiretest.RX, 0xEF0A0101) {
		t.Errorf("the first has lost its membership (%v)", err)
	}
	if v := h.view(t); v.Control.State() != shm.StateRunning {
		t.Errorf("the first is in state %d", v.Control.State())
	}
}
