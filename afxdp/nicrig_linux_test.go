//go:build nicrig

package afxdp

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"

	"wirebook/afxdp/internal/netns"
)

// The tests of this file run in a virtual machine whose NIC driver has zero copy and several queues:
//
//	make nicrig NICRIG=FOLDER
//
// eth0 is here, eth1 at the other end of a wire in the namespace of /run/netns/peer.

// nic is eth0 with a program that redirects everything, and the namespace of the other end.
func nic(t *testing.T) *pair {
	peer, ok := netns.Open(t, "/run/netns/peer")
	if !ok {
		t.Fatal("no /run/netns/peer: this test is for the NIC rig")
	}
	here, ok := netns.Open(t, "/proc/thread-self/ns/net")
	if !ok {
		t.Fatal("no network namespace of our own")
	}
	ifi, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{tb: t, tx: peer, rx: here, rxIndex: ifi.Index}
	if err := peer.Do(func() error {
		l, err := net.InterfaceByName("eth1")
		if err == nil {
			p.txIndex = l.Index
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p.attach(link.XDPDriverMode)
	return p
}

// waitLink waits for the link to come back: igb takes it down when zero-copy sockets come and go.
func waitLink(t *testing.T, p *pair) {
	t.Helper()
	time.Sleep(300 * time.Millisecond)
	for range 100 {
		if p.rx.Carrier("eth0") && p.tx.Carrier("eth1") {
			time.Sleep(300 * time.Millisecond)
			// A reset of the driver forgets that the hash takes ports in: then one pair of addresses has one queue.
			if out, err := exec.Command("ethtool", "-N", "eth0", "rx-flow-hash", "udp4", "sdfn").CombinedOutput(); err != nil {
				t.Logf("ethtool: %v: %s", err, out)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no link after 5 s")
}

// queues counts the receive queues of eth0.
func queues(t *testing.T) int {
	list, err := filepath.Glob("/sys/class/net/eth0/queues/rx-*")
	if err != nil || len(list) < 2 {
		t.Fatalf("%d queues (%v): this test wants several", len(list), err)
	}
	return len(list)
}

// TestNICZeroCopy receives on every queue in zero-copy mode, each frame once and whole, several times round the rings.
func TestNICZeroCopy(t *testing.T) {
	for _, c := range []struct {
		name string
		mode Mode
		want Mode
		umem UMEMOptions
		one  bool // a UMEM for all queues
	}{
		{"best", ModeAuto, ModeZeroCopy, UMEMOptions{Frames: 1024}, false},
		{"shared UMEM", ModeAuto, ModeZeroCopy, UMEMOptions{Frames: 2048}, true},
		{"native copy", ModeNativeCopy, ModeNativeCopy, UMEMOptions{Frames: 1024}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := nic(t)
			var receivers []*Socket
			shared := newUMEM(t, c.umem)
			for q := range queues(t) {
				u := shared
				if !c.one {
					u = newUMEM(t, c.umem)
				}
				s := p.receiver(Options{UMEM: u, Queue: q, Mode: c.mode, RXFrames: 512})
				if s.Report().Mode != c.want {
					t.Errorf("%s, want %s", s.Report(), c.want)
				}
				t.Log(s.Report())
				receivers = append(receivers, s)
			}
			waitLink(t, p)
			const count, senders, size = 4000, 16, 400
			failed := make(chan error, 1)
			go func() { failed <- p.tx.Do(func() error { return sendUDP(count, senders, size) }) }()
			seen := make([]bool, count)
			perQueue := make([]int, len(receivers))
			total, foreign, b := 0, 0, NewBatch(64)
			for deadline := time.Now().Add(30 * time.Second); total < count && time.Now().Before(deadline); {
				idle := true
				for q, s := range receivers {
					n := s.Poll(b)
					for i := range n {
						d := b.Data(i)
						if len(d) != 42+size || d[23] != 17 || binary.LittleEndian.Uint64(d[42:]) >= count {
							foreign++
							continue
						}
						number := binary.LittleEndian.Uint64(d[42:])
						for k := 50; k < len(d); k++ {
							if d[k] != byte(number+uint64(k)) {
								t.Fatalf("packet %d: byte %d is %#x", number, k, d[k])
							}
						}
						if !seen[number] {
							total++
						}
						seen[number] = true
						perQueue[q]++
					}
					s.Release(b)
					idle = idle && n == 0
				}
				if idle {
					time.Sleep(100 * time.Microsecond)
				}
			}
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
			for q, s := range receivers {
				st, err := s.Statistics()
				t.Logf("queue %d: %d packets, %+v, %v, counts %+v", q, perQueue[q], st, err, s.Counts())
			}
			used := 0
			for _, n := range perQueue {
				used += min(n, 1)
			}
			if total < count || used < 2 {
				t.Errorf("received %d of %d, %v by queue, %d foreign", total, count, perQueue, foreign)
			}
		})
	}
}

// sendUDP sends numbered datagrams from several ports in turn, paced: the emulated NIC drops bursts.
func sendUDP(count, senders, size int) error {
	var conns []*net.UDPConn
	for i := range senders {
		c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 9, 0, 2), Port: 20000 + i}, &net.UDPAddr{IP: net.IPv4(10, 9, 0, 1), Port: 5000})
		if err != nil {
			return fmt.Errorf("dial: %w", err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	b := make([]byte, size)
	for n := range uint64(count) {
		binary.LittleEndian.PutUint64(b, n)
		for k := 8; k < size; k++ {
			b[k] = byte(n + uint64(k) + 42)
		}
		if _, err := conns[n%uint64(senders)].Write(b); err != nil && !os.IsTimeout(err) {
			return err
		}
		if n%8 == 7 {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// TestNICSend sends by a zero-copy socket at the other end and receives here.
func TestNICSend(t *testing.T) {
	p := nic(t)
	_, pass := redirectAll(t) // no socket in its map: it passes everything
	if err := p.tx.Do(func() error {
		l, err := link.AttachXDP(link.XDPOptions{Program: pass, Interface: p.txIndex, Flags: link.XDPDriverMode})
		if err == nil {
			t.Cleanup(func() { l.Close() })
		}
		return err
	}); err != nil {
		t.Fatalf("attach at the sender: %v", err)
	}
	if err := p.rx.Promiscuous("eth0"); err != nil { // the test's frames go to a group that nobody joined
		t.Fatal(err)
	}
	rx := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 512})})
	tx := p.sender(Options{})
	t.Logf("%s; %s", rx.Report(), tx.Report())
	waitLink(t, p)
	if rx.Report().Mode != ModeZeroCopy || tx.Report().Mode != ModeZeroCopy {
		t.Error("not zero copy")
	}
	for round := range uint64(30) {
		send(t, tx, round*16, 16, 300)
		expect(t, rx, round*16, 16, 300)
	}
	for deadline := time.Now().Add(time.Second); tx.Complete() < 256 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := tx.Complete(); n != 256 {
		t.Errorf("%d frames came back, want all 256", n)
	}
}

// TestNICHugePages fills the guest's pool of huge pages, which is ours alone, and receives into it in zero copy.
func TestNICHugePages(t *testing.T) {
	const pool = "/proc/sys/vm/nr_hugepages"
	// The tests before have left the guest's little memory in pieces.
	for path, text := range map[string]string{"/proc/sys/vm/drop_caches": "3", "/proc/sys/vm/compact_memory": "1"} {
		if err := os.WriteFile(path, []byte(text), 0); err != nil {
			t.Log(err)
		}
	}
	if err := os.WriteFile(pool, []byte("16"), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(pool); err != nil || strings.TrimSpace(string(got)) != "16" {
		t.Fatalf("the guest gives %s huge pages of 16 (%v)", got, err)
	}
	defer os.WriteFile(pool, []byte("0"), 0)
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	for _, o := range []UMEMOptions{{Frames: 1024, HugePages: true}, {Frames: 1500, FrameBytes: 2304, Unaligned: true, HugePages: true}} {
		umem := newUMEM(t, o)
		rx := p.receiver(Options{UMEM: umem, RXFrames: 512})
		tx := p.sender(Options{})
		if !rx.Report().HugePages || umem.Bytes()%hugePageBytes != 0 {
			t.Errorf("no huge pages: %s, %d bytes", rx.Report(), umem.Bytes())
		}
		for round := range uint64(10) {
			send(t, tx, round*64, 64, 1400)
			expect(t, rx, round*64, 64, 1400)
		}
		rx.Close()
		tx.Close()
	}
}
