package live

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/feedhandler/control"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/xdpsend"
)

// staller keeps its worker from its work in the middle of a turn, once: as when the thread is not run.
type staller struct {
	state atomic.Int32 // 1: stall at the next poll; 2: it stalls
	free  chan struct{}
}

func (s *staller) Poll(*worker.Worker) int {
	if s.state.CompareAndSwap(1, 2) {
		<-s.free
	}
	return 0
}

func (s *staller) Backlog() (uint64, bool) { return 0, false }

func (s *staller) FD() int { return -1 }

// TestAStallWithinATurnLosesNothing holds a worker up between its look at the clock and its polls. Meanwhile line B, polled
// first, loses a packet and goes on after a pause longer than the gap timeout, all in one batch; line A, polled next, has the
// packet since long. It must not be declared by the time that B's later packets bring.
func TestAStallWithinATurnLosesNothing(t *testing.T) {
	for _, mode := range []string{"native", "socket"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			c := xdpConfiguration(t, "native", "one1")
			if mode == "socket" {
				c = configuration(t, "one1")
			}
			c.Channels[0].Lines[0], c.Channels[0].Lines[1] = c.Channels[0].Lines[1], c.Channels[0].Lines[0] // sockets: B is polled first
			list, clean, _ := day(t, 21, 2_000, 1, sim.WireConfig{Seed: 21}, built(t, &c.Channels[0]))
			h, _ := start(t, c, nil)
			v, w := h.view(t), h.workers[0]
			out, err := xdpsend.Open(xdpsend.Options{Interface: wiretest.TX, Queues: []int{1, 0}}) // A comes first, on queue 1
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			lines := map[byte][]packet{}
			for _, p := range list {
				lines[byte(p.group>>8)] = append(lines[byte(p.group>>8)], p)
			}
			a, b := lines[1], lines[2]
			if len(a) != len(b) || len(a) < 200 || binary.BigEndian.Uint64(a[130].payload[10:]) != binary.BigEndian.Uint64(b[130].payload[10:]) {
				t.Fatalf("the lines are not alike: %d and %d packets", len(a), len(b))
			}
			var failed uint64
			send := func(list ...packet) {
				t.Helper()
				for _, p := range list {
					if err := out.Send(p.group, p.port, p.payload, &failed); err != nil {
						t.Fatal(err)
					}
				}
				if err := out.Flush(); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 100 {
				send(a[i], b[i])
			}
			eventually(t, "the first packets are received", func() bool { return counter(v, "wire_ok", "") == 200 })
			s := &staller{free: make(chan struct{})}
			if err := w.Do(func() { w.Receivers = append([]worker.Receiver{s}, w.Receivers...) }); err != nil {
				t.Fatal(err)
			}
			s.state.Store(1)
			eventually(t, "the worker stalls", func() bool { return s.state.Load() == 2 })
			send(a[100:110]...)
			send(b[100:105]...) // and loses one
			send(b[106:110]...)
			time.Sleep(150 * time.Millisecond)
			send(b[110:130]...)
			send(a[110:130]...)
			close(s.free)
			for i := 130; i < len(a); i++ {
				send(a[i], b[i])
			}
			eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)-1) })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if lost := h.Summary().Gaps; len(lost) != 0 {
				t.Errorf("declared lost, though line A had it: %v", lost)
			}
			sameDigests(t, channelOf(t, v, "one1"), clean)
		})
	}
}

// TestAWorkerThatDoesNotEndKeepsItsMemory: what a worker reads and writes is not unmapped under it, and the end says so.
func TestAWorkerThatDoesNotEndKeepsItsMemory(t *testing.T) {
	wiretest.New(t)
	log := &logged{}
	h, err := Start(context.Background(), Options{
		Config: xdpConfiguration(t, "native", "one1"), Shm: control.Options{Root: t.TempDir()}, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := h.workers[0]
	entered, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = w.Do(func() {
			close(entered)
			<-release
		})
	}()
	<-entered
	if err := h.Close(); err == nil || !strings.Contains(err.Error(), "a worker did not end") {
		t.Errorf("closed with %v", err)
	}
	if h.links[0].Filter != nil {
		t.Error("the filter is still on the interface")
	}
	close(release) // it polls its queues and publishes: a fault here ends the test's process
	if err := w.Do(func() { w.Stopping = true }); err != nil {
		t.Fatal(err)
	}
	<-w.Ended
	if err := errors.Join(h.closeXDP(), h.instance.Close(worker.ClockNS())); err != nil {
		t.Fatal(err)
	}
}
