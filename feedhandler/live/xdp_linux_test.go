package live

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"

	"wirebook/afxdp"
	"wirebook/bpf"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/socket"
)

// xdpConfiguration is configuration with AF_XDP demanded.
func xdpConfiguration(t testing.TB, mode string, channels ...string) *config.Config {
	c := configuration(t, channels...)
	c.Live.RX, c.Live.XDPMode = "xdp", mode
	return c
}

// xdpAttached says whether a program sits on the receiving end.
func xdpAttached(t testing.TB) bool {
	t.Helper()
	return attachedTo(t, wiretest.RX)
}

func attachedTo(t testing.TB, iface string) bool {
	t.Helper()
	out, err := exec.Command("ip", "-d", "link", "show", iface).CombinedOutput()
	if err != nil {
		t.Fatalf("ip link show: %v: %s", err, out)
	}
	return strings.Contains(string(out), "prog/xdp")
}

// TestXDPLossyLinesGiveTheCleanBooks is the whole edge over AF_XDP, in both copy modes: the clean day's books, every frame
// accounted for, the membership's sockets unused, and nothing left behind.
func TestXDPLossyLinesGiveTheCleanBooks(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			c := xdpConfiguration(t, mode, "one1")
			bad := sim.LineConfig{LossPPM: 50_000, ReorderPPM: 20_000, DuplicatePPM: 20_000}
			list, clean, _ := day(t, 3, 20_000, 1, sim.WireConfig{Seed: 3, NoDoubleLoss: true, Lines: []sim.LineConfig{bad, bad}}, built(t, &c.Channels[0]))
			h, log := start(t, c, nil)
			if h.Edge().Name != "xdp" || !strings.Contains(log.String(), mode+" hook") {
				t.Fatalf("received by %s: %s", h.Edge().Name, log)
			}
			v := h.view(t)
			sendAll(t, sender(t), list)
			eventually(t, "every packet is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			sameDigests(t, channelOf(t, v, "one1"), clean)
			want := uint64(len(list))
			for name, want := range map[string]uint64{
				"xdp_filter_redirected": want, "xdp_frames": want, "xdp_filter_stamp_driver": want, "xdp_unstamped": 0, "xdp_without_metadata": 0,
				"xdp_filter_no_socket": 0, "socket_datagrams": 0,
				"xdp_drop_unclaimed": 0, "xdp_drop_no_frame": 0, "xdp_drop_rx_ring_full": 0, "xdp_rx_invalid_descs": 0,
			} {
				if got := counter(v, name, ""); got != want {
					t.Errorf("%s %d, want %d", name, got, want)
				}
			}
			if xdpAttached(t) {
				t.Error("the filter is still attached")
			}
			if m, err := socket.ReadMemberships(); err != nil || m.Has(wiretest.RX, 0xEF0A0101) {
				t.Errorf("still a member after Close (%v)", err)
			}
		})
	}
}

// TestXDPPutsJumboFramesTogether receives datagrams of several buffers whole.
func TestXDPPutsJumboFramesTogether(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			wiretest.IP(t, "link set "+wiretest.TX+" mtu 9000")
			wiretest.IP(t, "link set "+wiretest.RX+" mtu 9000")
			h, _ := start(t, xdpConfiguration(t, mode, "one1"), nil)
			v := h.view(t)
			var list []packet
			for n := 3000; n < 8972; n += 100 {
				list = append(list, packet{0xEF0A0101, 26477, make([]byte, n)}) // of no session, but datagrams
			}
			sendAll(t, sender(t), list)
			eventually(t, "every datagram is whole", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
			if n := counter(v, "xdp_frames", ""); n != uint64(len(list)) {
				t.Errorf("%d frames by AF_XDP, want %d", n, len(list))
			}
		})
	}
}

// TestXDPIsPutBack takes the filter off, then the whole interface: kernel sockets go on, AF_XDP comes back, nothing is lost.
func TestXDPIsPutBack(t *testing.T) {
	wiretest.New(t)
	c := xdpConfiguration(t, "auto", "one1")
	list, clean, _ := day(t, 5, 8_000, 1, sim.WireConfig{Seed: 5}, built(t, &c.Channels[0]))
	h, log := start(t, c, nil)
	v := h.view(t)
	out := sender(t)
	sent := 0
	step := func(n int) {
		t.Helper()
		sendAll(t, out, list[sent:sent+n])
		sent += n
		eventually(t, "all that was sent is received", func() bool { return counter(v, "wire_ok", "") == uint64(sent) })
	}
	quarter := len(list) / 4
	step(quarter)
	detachXDP(t)
	step(quarter)
	if n := counter(v, "xdp_frames", ""); n != uint64(quarter) {
		t.Errorf("%d frames by AF_XDP without a filter, want the %d before", n, quarter)
	}
	h.watchXDP()
	if n := counter(v, "xdp_reattached", ""); n != 1 || !strings.Contains(log.String(), "attached again") {
		t.Errorf("attached again %d times: %s", n, log)
	}
	step(quarter)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	wiretest.IP(t, "link del "+wiretest.RX)
	h.watchXDP()
	wiretest.IP(t, "link add "+wiretest.TX+" numtxqueues 4 numrxqueues 4 type veth peer name "+wiretest.RX+" numtxqueues 4 numrxqueues 4")
	wiretest.Up(t)
	h.verify()
	h.watchXDP()
	out = sender(t)
	step(len(list) - 3*quarter)
	if n := counter(v, "xdp_reattached", ""); n != 2 {
		t.Errorf("attached again %d times, want 2: %s", n, log)
	}
	if by := counter(v, "socket_datagrams", ""); by != uint64(quarter) {
		t.Errorf("%d datagrams by kernel sockets, want the %d without a filter", by, quarter)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
}

func detachXDP(t testing.TB) {
	t.Helper()
	ifi, err := net.InterfaceByName(wiretest.RX)
	if err != nil {
		t.Fatal(err)
	}
	it := new(link.Iterator)
	defer it.Close()
	for it.Next() {
		// Interface numbers repeat in other namespaces: only a link of ours, attached there, answers with the program of this one.
		info, err := it.Link.Info()
		if err != nil || info.XDP() == nil || int(info.XDP().Ifindex) != ifi.Index || !ours(t, uint32(info.Program)) {
			continue
		}
		if err := it.Link.Detach(); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("no filter to take off")
}

func ours(t testing.TB, program uint32) bool {
	out, err := exec.Command("ip", "-d", "link", "show", wiretest.RX).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(out), fmt.Sprintf("prog/xdp id %d ", program))
}

// TestXDPReload adds, changes and removes a channel beside one that receives.
func TestXDPReload(t *testing.T) {
	wiretest.New(t)
	both := xdpConfiguration(t, "native", "one1", "two2")
	list, clean, _ := day(t, 7, 8_000, 1, sim.WireConfig{Seed: 7}, built(t, &both.Channels[0]))
	second, cleanSecond, _ := day(t, 8, 2_000, 2, sim.WireConfig{Seed: 8}, built(t, &both.Channels[1]))
	h, _ := start(t, xdpConfiguration(t, "native", "one1"), nil)
	v := h.view(t)
	out := sender(t)
	reload := func(c *config.Config) {
		t.Helper()
		if _, err := h.Reload(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	third := len(list) / 3
	sendAll(t, out, list[:third])
	reload(both)
	changed := xdpConfiguration(t, "native", "one1", "two2")
	changed.Channels[1].MaxOrders = 1 << 15
	reload(changed)
	sendAll(t, out, list[third:2*third])
	sendAll(t, out, second)
	eventually(t, "the added channel has everything", func() bool { return channelOf(t, v, "two2").NextSequence == cleanSecond.Arbitration().Next })
	sameDigests(t, channelOf(t, v, "two2"), cleanSecond)
	reload(xdpConfiguration(t, "native", "one1"))
	sendAll(t, out, second) // to nobody
	sendAll(t, out, list[2*third:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
	if n := counter(v, "xdp_filter_unsubscribed", ""); n != uint64(len(second)) {
		t.Errorf("%d packets of the removed channel passed up, want %d", n, len(second))
	}
	if n := counter(v, "socket_datagrams", ""); n != 0 {
		t.Errorf("%d datagrams by kernel sockets, want none", n)
	}
}

// TestAPanicKeepsTheBatch mends the channel and goes on with the frame after the one that did it: none of a burst that one
// poll took goes missing.
func TestAPanicKeepsTheBatch(t *testing.T) {
	wiretest.New(t)
	c := xdpConfiguration(t, "native", "one1", "two2")
	list, clean, _ := day(t, 9, 2_000, 1, sim.WireConfig{Seed: 9}, built(t, &c.Channels[0]))
	h, _ := start(t, c, nil)
	v := h.view(t)
	w, out := h.workers[0], sender(t)
	// The worker stands still while a burst gathers; its third frame is of a channel without a pipeline.
	if err := w.Do(func() {
		pipe := h.feeds[1].Pipe
		h.feeds[1].Pipe = nil
		sendAll(t, out, list[:2])
		sendAll(t, out, []packet{{0xEF0A0102, 26477, list[0].payload}})
		sendAll(t, out, list[2:50])
		panics := 0
		for turns := 0; turns < 100; turns++ {
			func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				for _, r := range w.Queues {
					r.Poll(w)
				}
			}()
		}
		h.feeds[1].Pipe = pipe
		if panics != 1 {
			t.Errorf("%d panics, want 1", panics)
		}
		w.Flush()
	}); err != nil {
		t.Fatal(err)
	}
	sendAll(t, out, list[50:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), clean)
}

// TestAnXDPTurnDoesNotAllocate holds for turns with frames, ticks and publishing included.
func TestAnXDPTurnDoesNotAllocate(t *testing.T) {
	wiretest.New(t)
	c := xdpConfiguration(t, "native", "one1")
	list, _, _ := day(t, 13, 20_000, 1, sim.WireConfig{Seed: 13}, built(t, &c.Channels[0]))
	h, _ := start(t, c, nil)
	out := sender(t)
	w := h.workers[0]
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
	if q := h.links[0].Queues; q[0].Frames+q[1].Frames+q[2].Frames+q[3].Frames < uint64(at) {
		t.Error("the turns brought no frames")
	}
	w.Busy = false
}

// TestAQueueInUse names who has it, and takes back what was opened before it.
func TestAQueueInUse(t *testing.T) {
	wiretest.New(t)
	ifi, err := net.InterfaceByName(wiretest.RX)
	if err != nil {
		t.Fatal(err)
	}
	umem, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer umem.Close()
	holder, err := afxdp.Open(afxdp.Options{Ifindex: ifi.Index, Queue: 2, UMEM: umem, RXFrames: 64, TXFrames: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	c := xdpConfiguration(t, "native", "one1")
	_, err = Start(context.Background(), Options{Config: c, Shm: control.Options{Root: t.TempDir()}, Log: slog.New(slog.DiscardHandler)})
	for _, want := range []string{wiretest.RX + " queue 2", "already has an AF_XDP socket", "ss --xdp", "use rx: socket"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
	if xdpAttached(t) {
		t.Error("a filter is left")
	}
}

// TestNoXDP says what AF_XDP cannot do; auto then goes on with sockets and tells why.
func TestNoXDP(t *testing.T) {
	wiretest.New(t)
	ifi, err := net.InterfaceByName(wiretest.RX)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*config.Config)
		taken  bool
		want   []string
	}{
		{"one group twice", func(c *config.Config) { c.Channels[1].Lines = c.Channels[0].Lines }, false, []string{"channel two2 line A", "channel one1 takes 239.10.1.1:26477"}},
		{"taken", func(*config.Config) {}, true, []string{"another XDP program is attached", wiretest.RX}},
		{"no zero copy", func(c *config.Config) { c.Live.XDPMode = "zerocopy" }, false, []string{wiretest.RX + " queue 0", "no zero copy"}},
	} {
		var other *bpf.Filter
		if c.taken {
			if other, err = bpf.Load(bpf.Options{Ifindex: ifi.Index}); err != nil {
				t.Fatal(err)
			}
			if _, err := other.Attach(); err != nil {
				t.Fatal(err)
			}
		}
		for _, rx := range []string{"xdp", "auto"} {
			cfg := configuration(t, "one1", "two2")
			cfg.Live.RX = rx
			c.change(cfg)
			log := &logged{}
			h, err := Start(context.Background(), Options{Config: cfg, Shm: control.Options{Root: t.TempDir()}, Log: slog.New(slog.NewTextHandler(log, nil))})
			said := log.String()
			switch {
			case rx == "xdp" && err == nil:
				t.Errorf("%s: rx: xdp started", c.name)
			case rx == "xdp":
				if said = err.Error(); !strings.Contains(said, "use rx: socket") {
					t.Errorf("%s: no fix: %s", c.name, said)
				}
			case err != nil:
				t.Errorf("%s: rx: auto: %v", c.name, err)
			case h.Edge().Name != "socket":
				t.Errorf("%s: rx: auto chose %s", c.name, h.Edge().Name)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) && !strings.Contains(strings.ReplaceAll(said, `\"`, `"`), want) {
					t.Errorf("%s: rx: %s: %q is not said: %s", c.name, rx, want, said)
				}
			}
			if h != nil {
				if err := h.Close(); err != nil {
					t.Error(err)
				}
			}
			if !c.taken && xdpAttached(t) {
				t.Errorf("%s: rx: %s: a filter is left behind", c.name, rx)
			}
		}
		if other != nil {
			if err := other.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
