//go:build nicrig

package bpf

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/afxdp"
)

// TestNICStamps runs in the NIC rig: every stamp from hardware where the driver has them (igc), driver stamps and no
// claim of others where not (igb), all packets in zero copy. WANT_STAMPS says which: hardware or driver.
//
//	CGO_ENABLED=0 go test -c -tags nicrig -o bpf.test ./bpf
//	vmtest.sh -e WANT_STAMPS=hardware igc bpf.test -test.v -test.run NIC
func TestNICStamps(t *testing.T) {
	want := StampDriver
	if os.Getenv("WANT_STAMPS") == "hardware" {
		want = StampHardware
	}
	ifi, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(Options{Ifindex: ifi.Index, Queues: 2})
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
	for q := range 2 {
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
	failed := make(chan error, 1)
	go func() { failed <- sendFromPeer(count) }()
	got, b := 0, afxdp.NewBatch(64)
	var last uint64
	for deadline := time.Now().Add(20 * time.Second); got < count && time.Now().Before(deadline); {
		for _, s := range sockets {
			n := s.Poll(b)
			for i := range n {
				m, ok := TakeMeta(b.Meta(i, MetaBytes))
				if !ok || m.ID != 21 || !strings.HasPrefix(string(b.Data(i)[42:]), "datagram") {
					t.Errorf("packet %d: metadata %+v, %v", got, m, ok)
				}
				last = m.StampNS
				got++
			}
			s.Release(b)
		}
		time.Sleep(100 * time.Microsecond)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	c, err := f.Counters()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("received %d, counters %v, last stamp %d, clock %d", got, c, last, now(t))
	if got != count || c[Redirected] != count || c[want] != count {
		t.Errorf("received %d of %d, redirected %d, %s %d", got, count, c[Redirected], want, c[want])
	}
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
