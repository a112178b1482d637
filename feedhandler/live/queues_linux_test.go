package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/xdpsend"
	"wirebook/shm/segment"
)

// twoWorkers is configuration of two workers, the first channel of the first worker and all others of the second. A line's
// packets come by all queues, so it reorders as far as one worker lags behind the other.
func twoWorkers(t testing.TB, mode string, channels ...string) *config.Config {
	t.Helper()
	c := xdpConfiguration(t, mode, channels...)
	for cpu := 0; cpu < 1024 && len(c.Live.CPUs) < 2; cpu++ {
		if checkCPUs([]int{cpu}) == nil {
			c.Live.CPUs = append(c.Live.CPUs, cpu)
		}
	}
	if len(c.Live.CPUs) < 2 {
		t.Skip("one CPU: this check did not run")
	}
	for i := range c.Channels {
		ch := &c.Channels[i]
		ch.ReorderPackets, ch.ReorderTime, ch.GapTimeout, ch.WindowPackets = 64, config.Duration(5*time.Second), config.Duration(10*time.Second), 1<<15
		if i > 0 {
			c.Channels[i].Worker = 1
		}
	}
	keepCPUs(t)
	return c
}

// keepCPUs puts the threads of the test back where they may run when it ends: a run moves everything cold off its workers'
// CPUs, the tests that follow too.
func keepCPUs(t testing.TB) {
	t.Helper()
	set, err := allowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	procs := runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		for _, tid := range allTasks(t) {
			_ = unix.SchedSetaffinity(tid, &set)
		}
	})
}

func allTasks(t testing.TB) (list []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		var tid int
		if _, err := fmt.Sscan(e.Name(), &tid); err == nil {
			list = append(list, tid)
		}
	}
	return list
}

// spray sends each packet by another of the four queues: every channel arrives on all of them.
func spray(t testing.TB) *xdpsend.Sender {
	t.Helper()
	out, err := xdpsend.Open(xdpsend.Options{Interface: wiretest.TX, Queues: []int{0, 1, 2, 3}, Spread: xdpsend.ByPacket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	})
	return out
}

// interleave mixes two lists, each in its order, so that no pattern of queues fits a channel.
func interleave(a, b []packet) (list []packet) {
	rng := rand.New(rand.NewPCG(1, 1))
	for len(a)+len(b) > 0 {
		from := &a
		if rng.IntN(len(a)+len(b)) >= len(a) {
			from = &b
		}
		list = append(list, (*from)[0])
		*from = (*from)[1:]
	}
	return list
}

// noDrops fails for each counter of packets that were not used.
func noDrops(t testing.TB, v *segment.View) {
	t.Helper()
	for _, name := range []string{
		"xdp_drop_unclaimed", "xdp_drop_handover_full", "xdp_drop_no_frame", "xdp_drop_rx_ring_full", "xdp_filter_no_socket", "wire_unrouted", "socket_datagrams",
	} {
		if n := counter(v, name, ""); n != 0 {
			t.Errorf("%s %d, want 0", name, n)
		}
	}
}

// TestTwoWorkersShareAnInterface has the packets of two channels, of a worker each, arrive on all four queues, of which each
// worker polls two: both clean days' books, and half of everything handed over.
func TestTwoWorkersShareAnInterface(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			c := twoWorkers(t, mode, "one1", "two2")
			bad := sim.LineConfig{LossPPM: 50_000, ReorderPPM: 20_000, DuplicatePPM: 20_000}
			wire := func(seed uint64) sim.WireConfig {
				return sim.WireConfig{Seed: seed, NoDoubleLoss: true, Lines: []sim.LineConfig{bad, bad}}
			}
			first, clean1, _ := day(t, 21, 12_000, 1, wire(21), built(t, &c.Channels[0]))
			second, clean2, _ := day(t, 22, 12_000, 2, wire(22), built(t, &c.Channels[1]))
			h, log := start(t, c, nil)
			v := h.view(t)
			for q, want := range []int{0, 1, 0, 1} {
				if got := h.links[0].Queues[q].Worker; got != want {
					t.Errorf("queue %d is polled by worker %d, want %d", q, got, want)
				}
			}
			list := interleave(first, second)
			sendAll(t, spray(t), list)
			eventually(t, "every packet is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			sameDigests(t, channelOf(t, v, "one1"), clean1)
			sameDigests(t, channelOf(t, v, "two2"), clean2)
			noDrops(t, v)
			total := uint64(len(list))
			if n := counter(v, "xdp_frames", ""); n != total {
				t.Errorf("%d frames by AF_XDP, want %d", n, total)
			}
			handed, taken := counter(v, "xdp_handed_over", ""), counter(v, "worker_handed_over", "")
			if handed < total/3 || handed > 2*total/3 || handed != taken {
				t.Errorf("%d of %d frames handed over, %d taken", handed, total, taken)
			}
			// Without its own receive path veth records no queue, and the generic hook reads the sender's as one less.
			for q := range map[string]int{"native": 4, "generic": 3}[mode] {
				if n := counter(v, "xdp_handed_over", fmt.Sprintf("wbrx:%d", q)); n == 0 {
					t.Errorf("nothing handed over from queue %d", q)
				}
			}
			if s := h.Summary(); len(s.Dropped) != 0 || len(s.Gaps) != 0 {
				t.Errorf("lost %v, dropped %v", s.Gaps, s.Dropped)
			}
			if xdpAttached(t) {
				t.Errorf("the filter is still attached: %s", log)
			}
		})
	}
}

// TestAFullHandOverIsCounted stops a worker while another hands over to it: what there was no room for is counted, the
// rest arrives.
func TestAFullHandOverIsCounted(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1", "two2")
	c.Live.HandOver = 256 << 10
	c.Live.Queues = map[string][]int{wiretest.RX: {0, 0, 0, 0}}
	list, _, _ := day(t, 23, 12_000, 2, sim.WireConfig{Seed: 23}, built(t, &c.Channels[1]))
	h, log := start(t, c, nil)
	v := h.view(t)
	hold, held := make(chan struct{}), make(chan struct{})
	released := make(chan error)
	go func() { released <- h.workers[1].Do(func() { close(held); <-hold }) }()
	<-held
	sendAll(t, spray(t), list)
	total := uint64(len(list))
	eventually(t, "every packet is handed over or dropped", func() bool {
		return counter(v, "xdp_handed_over", "")+counter(v, "xdp_drop_handover_full", "") == total
	})
	close(hold)
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	dropped := counter(v, "xdp_drop_handover_full", "")
	if dropped == 0 || dropped == total {
		t.Fatalf("%d of %d frames did not fit 256 KiB", dropped, total)
	}
	eventually(t, "the others arrive", func() bool { return counter(v, "wire_ok", "") == total-dropped })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if n := counter(v, "wire_ok", ""); n != total-dropped {
		t.Errorf("%d packets arrived, %d sent, %d dropped", n, total, dropped)
	}
	if s := h.Summary(); len(s.Dropped) != 1 || s.Dropped["xdp_drop_handover_full"] != dropped {
		t.Errorf("the summary says %v dropped, want %d", s.Dropped, dropped)
	}
	if n := counter(v, "kernel_drops", ""); n != 0 {
		t.Errorf("%d of these are said to be the kernel's", n)
	}
	if !strings.Contains(log.String(), "live.handover") {
		t.Error("the log does not say what to turn")
	}
}

// TestReloadMovesQueues adds a channel on another worker, which then polls half of the queues, and removes it again. The
// channel that was there before loses nothing.
func TestReloadMovesQueues(t *testing.T) {
	wiretest.New(t)
	both := twoWorkers(t, "native", "one1", "two2")
	one := twoWorkers(t, "native", "one1")
	list, clean, _ := day(t, 25, 12_000, 1, sim.WireConfig{Seed: 25}, built(t, &both.Channels[0]))
	second, clean2, _ := day(t, 26, 4_000, 2, sim.WireConfig{Seed: 26}, built(t, &both.Channels[1]))
	h, _ := start(t, one, nil)
	v := h.view(t)
	out := spray(t)
	reload := func(c *config.Config, polled ...int) {
		t.Helper()
		if _, err := h.Reload(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		for q, want := range polled {
			if got := h.links[0].Queues[q].Worker; got != want {
				t.Errorf("queue %d is polled by worker %d, want %d", q, got, want)
			}
		}
	}
	quarter := len(list) / 4
	sendAll(t, out, list[:quarter])
	reload(both, 0, 1, 0, 1)
	sendAll(t, out, interleave(list[quarter:2*quarter], second))
	eventually(t, "the added channel has everything", func() bool { return channelOf(t, v, "two2").NextSequence == clean2.Arbitration().Next })
	if n := counter(v, "xdp_handed_over", ""); n == 0 {
		t.Error("nothing was handed over between the workers")
	}
	sameDigests(t, channelOf(t, v, "two2"), clean2)
	moved := twoWorkers(t, "native", "one1", "two2")
	moved.Channels[1].Worker = 0
	reload(moved, 0, 0, 0, 0)
	sendAll(t, out, list[2*quarter:3*quarter])
	reload(both, 0, 1, 0, 1)
	reload(one, 0, 0, 0, 0)
	sendAll(t, out, list[3*quarter:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
	noDrops(t, v)
}

// TestAHandOverTurnDoesNotAllocate holds for both sides, with ticks and publishing.
func TestAHandOverTurnDoesNotAllocate(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1", "two2")
	c.Live.Queues = map[string][]int{wiretest.RX: {0, 0, 0, 0}}
	list, _, _ := day(t, 27, 20_000, 2, sim.WireConfig{Seed: 27}, built(t, &c.Channels[1]))
	h, _ := start(t, c, nil)
	out := spray(t)
	a, b := h.workers[0], h.workers[1]
	hold := make(chan struct{})
	defer close(hold)
	for _, w := range h.workers {
		held := make(chan struct{})
		go func() { _ = w.Do(func() { close(held); <-hold }) }()
		<-held
		w.Busy = true
		defer func() { w.Busy = false }()
	}
	var failed uint64
	at := 0
	turn := func() {
		for range 32 {
			p := &list[at%len(list)]
			at++
			_ = out.Send(p.group, p.port, p.payload, &failed)
		}
		_ = out.Flush()
		for range 4 {
			a.Turn()
			b.Turn()
		}
		a.Published, b.Published = 0, 0 // so that every run publishes too
	}
	for at < len(list)*3/4 {
		turn() // instruments and orders are known now
	}
	if allocs := testing.AllocsPerRun(50, turn); allocs != 0 {
		t.Errorf("%g allocations in a turn of both workers", allocs)
	}
	if got := b.Inbox.Taken; got != uint64(at) || failed != 0 {
		t.Errorf("%d frames taken of %d sent, %d refused", got, at, failed)
	}
}

// TestAGapWaitsForTheOtherWorker has a packet wait on the queue of a worker that stands still, for longer than a gap may
// stay open: nothing is declared lost.
func TestAGapWaitsForTheOtherWorker(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1", "two2")
	c.Channels[1].GapTimeout, c.Channels[1].ReorderPackets, c.Channels[1].ReorderTime = config.Duration(20*time.Millisecond), 0, 0
	c.Live.Queues = map[string][]int{wiretest.RX: {0, 1, 1, 1}}
	list, clean, _ := day(t, 29, 400, 2, sim.WireConfig{Seed: 29, Lines: make([]sim.LineConfig, 1)}, built(t, &c.Channels[1]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	by := func(queue int) *xdpsend.Sender {
		out, err := xdpsend.Open(xdpsend.Options{Interface: wiretest.TX, Queues: []int{queue}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { out.Close() })
		return out
	}
	late, early := by(0), by(1)
	cut := len(list) / 2
	sendAll(t, early, list[:cut])
	eventually(t, "the beginning is received", func() bool { return counter(v, "wire_ok", "") == uint64(cut) })
	hold, held := make(chan struct{}), make(chan struct{})
	released := make(chan error)
	go func() { released <- h.workers[0].Do(func() { close(held); <-hold }) }()
	<-held
	sendAll(t, late, list[cut:cut+1])
	// Neither by ticks nor by the stamps of what comes in time.
	rest := list[cut+1:]
	for i := range 10 {
		sendAll(t, early, rest[i*len(rest)/10:(i+1)*len(rest)/10])
		time.Sleep(20 * time.Millisecond)
	}
	e := channelOf(t, v, "two2")
	if e.Lost != 0 || e.NextSequence >= clean.Arbitration().Next {
		t.Errorf("%d lost, next %d while a packet waits on the other worker's queue", e.Lost, e.NextSequence)
	}
	close(hold)
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	eventually(t, "the gap heals", func() bool { return channelOf(t, v, "two2").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "two2"), clean)
	if s := h.Summary(); len(s.Gaps) != 0 {
		t.Errorf("lost %v", s.Gaps)
	}
}

// TestAPanicKeepsWhatWasHandedOver mends the channel that panicked and goes on with the frame after: nothing that was handed
// over with it goes missing.
func TestAPanicKeepsWhatWasHandedOver(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1", "two2", "three3")
	c.Live.Queues = map[string][]int{wiretest.RX: {0, 0, 0, 0}}
	list, clean, _ := day(t, 31, 2_000, 2, sim.WireConfig{Seed: 31}, built(t, &c.Channels[1]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	a, b, out := h.workers[0], h.workers[1], sender(t)
	// The owner stands still while frames gather; the third is of a channel without a pipeline.
	if err := b.Do(func() {
		pipe := h.feeds[2].Pipe
		h.feeds[2].Pipe = nil
		b.Caught = 0 // however long this takes: a channel without a pipeline cannot be told that its worker is late
		sendAll(t, out, list[:2])
		sendAll(t, out, []packet{{0xEF0A0103, 26477, list[0].payload}})
		sendAll(t, out, list[2:40])
		if err := a.Do(func() { a.Guarded(a.Drain) }); err != nil {
			t.Error(err)
		}
		panics := 0
		for range 10 {
			func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				b.Inbox.Poll(b)
			}()
		}
		h.feeds[2].Pipe = pipe
		if panics != 1 {
			t.Errorf("%d panics, want 1", panics)
		}
		b.Flush()
	}); err != nil {
		t.Fatal(err)
	}
	sendAll(t, out, list[40:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "two2").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "two2"), clean)
	noDrops(t, v)
	if put, taken := counter(v, "xdp_handed_over", ""), counter(v, "worker_handed_over", ""); put != uint64(len(list)+1) || taken != put {
		t.Errorf("%d frames handed over and %d taken, of %d", put, taken, len(list)+1)
	}
}

// TestMoreQueues gives the interface queues while it receives, as 'ethtool -L' does: it is opened anew with a socket on each,
// and nothing is lost.
func TestMoreQueues(t *testing.T) {
	wiretest.New(t)
	setQueues(t, 2, wiretest.TX, wiretest.RX)
	c := twoWorkers(t, "native", "one1", "two2")
	list, clean, _ := day(t, 33, 8_000, 1, sim.WireConfig{Seed: 33}, built(t, &c.Channels[0]))
	h, log := start(t, c, nil)
	if len(h.links[0].Queues) != 2 {
		t.Fatalf("%d queues at the start, want 2", len(h.links[0].Queues))
	}
	v := h.view(t)
	sent := 0
	step := func(out *xdpsend.Sender, n int) {
		t.Helper()
		sendAll(t, out, list[sent:sent+n])
		sent += n
		eventually(t, "all that was sent is received", func() bool { return counter(v, "wire_ok", "") == uint64(sent) })
	}
	third := len(list) / 3
	two, err := xdpsend.Open(xdpsend.Options{Interface: wiretest.TX, Queues: []int{0, 1}, Spread: xdpsend.ByPacket})
	if err != nil {
		t.Fatal(err)
	}
	step(two, third)
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	setQueues(t, 4, wiretest.RX, wiretest.TX) // a sender never has more than the receiver's filter serves
	out := spray(t)
	step(out, third)
	h.watchXDP()
	if n := len(h.links[0].Queues); n != 4 || !strings.Contains(log.String(), "opened anew") {
		t.Fatalf("%d queues after there are four", n)
	}
	step(out, len(list)-2*third)
	if by := counter(v, "socket_datagrams", ""); by == 0 || by > uint64(third) {
		t.Errorf("%d datagrams by kernel sockets, want some of the %d while two queues had none", by, third)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
	if n := counter(v, "xdp_rebound", ""); n != 0 {
		t.Errorf("the new sockets were put back %d times", n)
	}
}

// setQueues gives both ends so many queues, in this order.
func setQueues(t *testing.T, n uint32, ends ...string) {
	t.Helper()
	tool, err := ethtool.NewEthtool()
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	for _, end := range ends {
		now, err := tool.GetChannels(end)
		if err != nil {
			t.Fatal(err)
		}
		now.RxCount, now.TxCount = n, n
		if _, err := tool.SetChannels(end, now); err != nil {
			t.Fatalf("%s: %d queues: %v", end, n, err)
		}
	}
}

// TestWhatIsLeftIsCounted has frames come to queues and a hand-over after the workers' last look: they are counted, and
// those after the filter is off are the kernel's.
func TestWhatIsLeftIsCounted(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1", "two2")
	list, _, _ := day(t, 35, 2_000, 2, sim.WireConfig{Seed: 35}, built(t, &c.Channels[1]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	out := spray(t)
	for n := len(h.workers) - 1; n >= 0; n-- { // the owner first: the other then hands over to nobody
		w := h.workers[n]
		if n == 0 {
			sendAll(t, out, list[:100])
			eventually(t, "the first worker hands over", func() bool { return counter(v, "xdp_handed_over", "") >= 50 })
		}
		if err := w.Do(func() { w.Stopping = true }); err != nil {
			t.Fatal(err)
		}
		<-w.Ended
	}
	sendAll(t, out, list[100:300])
	h.countLeftovers()
	sendAll(t, out, list[300:400])
	if n := counter(v, "xdp_drop_unclaimed", ""); n != 300 {
		t.Errorf("%d frames counted that nobody took, want 300", n)
	}
	if n := counter(v, "xdp_frames", ""); n != 300 {
		t.Errorf("%d frames by AF_XDP, want 300", n)
	}
}

// TestReloadWithAPinnedWorker checks the CPUs again once everything cold has left them, as the start of a process does that
// replaces one whose worker was stuck.
func TestReloadWithAPinnedWorker(t *testing.T) {
	wiretest.New(t)
	c := twoWorkers(t, "native", "one1")
	c.Live.CPUs = c.Live.CPUs[1:]
	h, log := start(t, c, nil)
	if !strings.Contains(log.String(), "everything but the workers runs on CPUs") {
		t.Fatalf("nothing was moved: %s", log)
	}
	set, err := allowedCPUs()
	if err != nil || set.IsSet(c.Live.CPUs[0]) {
		t.Fatalf("the rest of the process may still run on the worker's CPU (%v)", err)
	}
	if _, err := h.Reload(context.Background(), c); err != nil {
		t.Error(err)
	}
}
