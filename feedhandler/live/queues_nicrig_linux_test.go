//go:build nicrig

package live

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/socket"
)

// The test of this file runs in a virtual machine whose NIC driver has zero copy and two queues:
//
//	make nicrig NICRIG=FOLDER

// fromPeer opens a sender at the other end of the wire.
func fromPeer(t *testing.T) *socket.Sender {
	t.Helper()
	type opened struct {
		out *socket.Sender
		err error
	}
	done := make(chan opened)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends in the other namespace
		fd, err := unix.Open("/run/netns/peer", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
		var o opened
		if o.err = err; err == nil {
			o.out, o.err = socket.OpenSender(socket.SenderOptions{Interface: "eth1"})
		}
		done <- o
	}()
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	t.Cleanup(func() { o.out.Close() })
	return o.out
}

// TestNICTwoWorkers is zero copy on two queues of a driver that steers nothing, with a worker each: the NIC's hash puts lines
// where it likes, and every channel's books are those of the clean day.
func TestNICTwoWorkers(t *testing.T) {
	if _, err := os.Stat("/run/netns/peer"); err != nil {
		t.Fatal("no /run/netns/peer: this test is for the NIC rig")
	}
	names := []string{"one1", "two2", "three3", "four4"}
	c := configuration(t, names...)
	c.Live.Interface, c.Live.RX, c.Live.XDPMode, c.Live.CPUs, c.Live.ReceiveBuffer = "eth0", "xdp", "zerocopy", []int{0, 1}, 16<<20
	var list []packet
	var clean []*feedhandler.Channel
	for i := range names {
		ch := &c.Channels[i]
		// An emulated processor takes its time.
		ch.Worker, ch.ReorderTime, ch.GapTimeout = i%2, config.Duration(time.Second), config.Duration(5*time.Second)
		bad := sim.LineConfig{LossPPM: 50_000, ReorderPPM: 20_000, DuplicatePPM: 20_000}
		day, want, _ := day(t, uint64(41+i), 1_500, i+1, sim.WireConfig{Seed: uint64(41 + i), NoDoubleLoss: true, Lines: []sim.LineConfig{bad, bad}}, built(t, ch))
		list, clean = interleave(list, day), append(clean, want)
	}
	h, log := startWith(t, Options{Config: c, Shm: control.Options{Root: t.TempDir()}})
	why := h.Edge().Why
	t.Log(why)
	for _, want := range []string{"2 queues of workers 0 1, eth0 queue 0: zero copy", "not steered", "takes no rule of this kind"} {
		if !strings.Contains(why, want) {
			t.Errorf("%q is not said: %s", want, why)
		}
	}
	v := h.view(t)
	out := fromPeer(t)
	var failed uint64
	for i, p := range list {
		if err := out.Send(p.group, p.port, p.payload, &failed); err != nil {
			t.Fatal(err)
		}
		if i%8 == 7 {
			if err := out.Flush(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Millisecond) // bursts are dropped without a count
		}
	}
	if err := out.Flush(); err != nil || failed > 0 {
		t.Fatalf("send: %v, %d refused", err, failed)
	}
	end := time.Now().Add(30 * time.Second)
	for counter(v, "wire_ok", "") < uint64(len(list)) && time.Now().Before(end) {
		time.Sleep(50 * time.Millisecond)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if n := counter(v, "wire_ok", ""); n != uint64(len(list)) {
		t.Errorf("%d of %d packets are received: %s", n, len(list), log)
	}
	for i, name := range names {
		sameDigests(t, channelOf(t, v, name), clean[i])
	}
	noDrops(t, v)
	handed := counter(v, "xdp_handed_over", "")
	t.Logf("%d packets, %d on queue 0, %d on queue 1, %d handed over", len(list), counter(v, "xdp_frames", "eth0:0"), counter(v, "xdp_frames", "eth0:1"), handed)
	if handed == 0 || handed != counter(v, "worker_handed_over", "") {
		t.Errorf("%d handed over, %d taken", handed, counter(v, "worker_handed_over", ""))
	}
}
