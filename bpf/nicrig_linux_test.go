//go:build nicrig

package bpf

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/afxdp"
)

// TestNICStamps runs in the NIC rig: every stamp from hardware where the driver has them (igc), driver stamps and no
// claim of others where not (igb), all packets in zero copy on every queue. WANT_STAMPS says which: hardware or driver.
// What the stamps say lies between a reading of their clock before the sending and one after the receipt; halfway somebody
// sets the NIC's clock 37 s ahead, and the stamps follow.
//
//	make nicrig NICRIG=FOLDER
func TestNICStamps(t *testing.T) {
	want, clock, tick := StampDriver, int32(unix.CLOCK_TAI), func() {}
	if os.Getenv("WANT_STAMPS") == "hardware" {
		want = StampHardware
		f, err := os.OpenFile("/dev/ptp0", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		clock = int32(^f.Fd())<<3 | 3 // FD_TO_CLOCKID of the kernel
		tick = func() {
			if _, err := unix.ClockAdjtime(clock, &unix.Timex{Modes: unix.ADJ_SETOFFSET, Time: unix.Timeval{Sec: 37}}); err != nil {
				t.Fatal(err)
			}
		}
		stampAll(t)
	}
	ifi, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	rx, err := filepath.Glob("/sys/class/net/eth0/queues/rx-*")
	if err != nil || len(rx) < 2 {
		t.Fatalf("%d queues (%v): this test wants several", len(rx), err)
	}
	f, err := Load(Options{Ifindex: ifi.Index, Queues: len(rx)})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := f.Attach()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r)
	if err := f.Subscribe(Subscription{Group: netip.MustParseAddrPort("10.9.0.1:5000"), ID: 21}); err != nil {
		t.Fatal(err)
	}
	var sockets []*afxdp.Socket
	for q := range rx {
		u, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 512})
		if err != nil {
			t.Fatal(err)
		}
		s, err := afxdp.Open(afxdp.Options{Ifindex: ifi.Index, Queue: q, UMEM: u})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Report().Mode != afxdp.ModeZeroCopy {
			t.Errorf("%s, want zero copy", s.Report())
		}
		if err := f.SetSocket(q, s.FD()); err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, s)
	}
	time.Sleep(3 * time.Second) // igb's link
	const count = 1000
	got, b := 0, afxdp.NewBatch(64)
	for half := 1; half <= 2; half++ {
		if half == 2 {
			tick()
		}
		before := read(t, clock)
		got += takeAll(t, sockets, b, count/2, before, func() uint64 { return read(t, clock) })
	}
	c, err := f.Counters()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("received %d, counters %v", got, c)
	if got != count || c[Redirected] != count || c[want] != count {
		t.Errorf("received %d of %d, redirected %d, %s %d", got, count, c[Redirected], want, c[want])
	}
}

// takeAll has the peer send and takes it all: the stamps are later than before and not later than now says.
func takeAll(t *testing.T, sockets []*afxdp.Socket, b *afxdp.Batch, count int, before uint64, now func() uint64) (got int) {
	t.Helper()
	failed := make(chan error, 1)
	go func() { failed <- sendFromPeer(count) }()
	for deadline := time.Now().Add(20 * time.Second); got < count && time.Now().Before(deadline); {
		for _, s := range sockets {
			n, until := s.Poll(b), now()
			for i := range n {
				m, ok := TakeMeta(b.Meta(i, MetaBytes))
				if !ok || m.ID != 21 || !strings.HasPrefix(string(b.Data(i)[42:]), "datagram") {
					t.Errorf("packet %d: metadata %+v, %v", got, m, ok)
				}
				if m.StampNS < before || m.StampNS > until {
					t.Errorf("packet %d: its stamp is %d, and it came between %d and %d", got, m.StampNS, before, until)
				}
				got++
			}
			s.Release(b)
		}
		time.Sleep(100 * time.Microsecond)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return got
}

func read(t *testing.T, clock int32) uint64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(clock, &ts); err != nil {
		t.Fatal(err)
	}
	return uint64(ts.Nano())
}

// stampAll has the NIC stamp every packet until the test ends.
func stampAll(t *testing.T) {
	t.Helper()
	set := func(filter int32) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.IoctlSetHwTstamp(fd, "eth0", &unix.HwTstampConfig{Rx_filter: filter})
	}
	if err := set(unix.HWTSTAMP_FILTER_ALL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set(unix.HWTSTAMP_FILTER_NONE); err != nil {
			t.Error(err)
		}
	})
}

func sendFromPeer(count int) error {
	errs := make(chan error)
	go func() {
		runtime.LockOSThread()
		errs <- func() error {
			ns, err := os.Open("/run/netns/peer")
			if err != nil {
				return err
			}
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			for i := range count {
				c, err := net.DialUDP("udp4", &net.UDPAddr{Port: 30000 + i%16}, &net.UDPAddr{IP: net.IPv4(10, 9, 0, 1), Port: 5000})
				if err != nil {
					return err
				}
				_, err = c.Write([]byte("datagram"))
				if err := errors.Join(err, c.Close()); err != nil {
					return err
				}
				if i%8 == 7 {
					time.Sleep(time.Millisecond)
				}
			}
			return nil
		}()
	}()
	return <-errs
}
