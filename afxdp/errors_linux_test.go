package afxdp

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// TestRefusals: what cannot be opened says which thing and what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	p := newPair(t, 2, 1500, link.XDPDriverMode)
	umem := newUMEM(t, UMEMOptions{Frames: 64})
	for _, c := range []struct {
		name string
		o    Options
		is   error
		want string
	}{
		{"no UMEM", Options{Ifindex: p.rxIndex}, nil, "no UMEM: make one with NewUMEM"},
		{"interface 0", Options{UMEM: umem}, nil, "name an interface that exists"},
		{"no interface", Options{UMEM: umem, Ifindex: 4711}, ErrNoLink, "interface 4711"},
		{"no queue", Options{UMEM: umem, Ifindex: p.rxIndex, Queue: 2}, ErrNoQueue, "xrx0 queue 2: no such queue: xrx0 has 2, counted from 0 (ethtool -l xrx0)"},
		{"queue -1", Options{UMEM: umem, Ifindex: p.rxIndex, Queue: -1}, nil, "queues count from 0"},
		{"zero copy on veth", Options{UMEM: umem, Ifindex: p.rxIndex, Mode: ModeZeroCopy}, ErrNoZeroCopy, "the driver has none"},
		{"generic on a native hook", Options{UMEM: umem, Ifindex: p.rxIndex, Mode: ModeGeneric}, nil, "sits on the native hook"},
		{"too many frames", Options{UMEM: umem, Ifindex: p.rxIndex, RXFrames: 65}, nil, "raise UMEMOptions.Frames"},
		{"odd ring", Options{UMEM: umem, Ifindex: p.rxIndex, RXRing: 100}, nil, "RXRing of 100: must be a power of two"},
		{"small fill ring", Options{UMEM: umem, Ifindex: p.rxIndex, FillRing: 32}, nil, "must hold them all"},
		{"small completion ring", Options{UMEM: umem, Ifindex: p.rxIndex, RXFrames: -1, TXFrames: 64, CompletionRing: 32}, nil, "must hold them all"},
		{"busy poll of -1", Options{UMEM: umem, Ifindex: p.rxIndex, BusyPoll: BusyPoll{Prefer: true, Budget: -1}}, nil, "must be positive"},
		{"mode 9", Options{UMEM: umem, Ifindex: p.rxIndex, Mode: 9}, nil, "mode 9"},
	} {
		before := openFiles(t)
		var err error
		_ = p.rx.Do(func() error { _, err = Open(c.o); return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if after := openFiles(t); after != before {
			t.Errorf("%s: %d files open, %d before", c.name, after, before)
		}
		if umem.FreeFrames() != 64 {
			t.Errorf("%s: %d frames free, want 64", c.name, umem.FreeFrames())
		}
	}
	for _, o := range []UMEMOptions{{Frames: -1}, {FrameBytes: 1024}, {FrameBytes: 8192}, {FrameBytes: 3000}, {Headroom: -1}, {Headroom: 4000}} {
		if _, err := NewUMEM(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func openFiles(tb testing.TB) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		tb.Fatal(err)
	}
	return len(list)
}

// TestRights drops capabilities of one thread and looks what the errors say.
func TestRights(t *testing.T) {
	p := newPair(t, 1, 1500, 0)
	umem := newUMEM(t, UMEMOptions{Frames: 64})
	drop := func(keep uint32) error {
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		data := [2]unix.CapUserData{{Effective: keep, Permitted: keep}}
		return unix.Capset(&hdr, &data[0])
	}
	try := func(u *UMEM, keep uint32) (err error) {
		_ = p.rx.Do(func() error {
			if err = drop(keep); err == nil {
				_, err = Open(Options{Ifindex: p.rxIndex, UMEM: u})
			}
			return nil
		})
		return err
	}
	err := try(umem, 0)
	wantErr(t, err, ErrPermission)
	if err == nil || !strings.Contains(err.Error(), "CAP_NET_RAW") {
		t.Errorf("without rights: %v", err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		t.Fatal(err)
	}
	small := unix.Rlimit{Cur: 64 << 10, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &small); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_MEMLOCK, &limit)
	err = try(umem, 1<<unix.CAP_NET_RAW)
	wantErr(t, err, ErrNoMemory)
	if err == nil || !strings.Contains(err.Error(), "RLIMIT_MEMLOCK is 65536 bytes; raise it") {
		t.Errorf("with little memory to lock: %v", err)
	}
}

// TestBusyQueue: a queue in use is refused with its owner's name; one that is being released is waited for.
func TestBusyQueue(t *testing.T) {
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	first := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 64})})
	other := newUMEM(t, UMEMOptions{Frames: 64})
	start := time.Now()
	err := p.rx.Do(func() error { _, err := Open(Options{Ifindex: p.rxIndex, UMEM: other}); return err })
	wantErr(t, err, ErrQueueBusy)
	if took := time.Since(start); took < busyLimit || took > 4*busyLimit {
		t.Errorf("gave up after %v, want about %v", took, busyLimit)
	}
	if err == nil || !strings.Contains(err.Error(), "this process has it") && !strings.Contains(err.Error(), "ss --xdp") {
		t.Errorf("the owner is not named: %v", err)
	}
	t.Log(err)
	retries := 0
	for range 5 {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		first = p.receiver(Options{UMEM: first.umem})
		retries += first.Report().BusyRetries
	}
	t.Logf("%d retries for 5 times closing and opening", retries)
	send(t, p.sender(Options{}), 0, 32, 100)
	expect(t, first, 0, 32, 100)
}

// TestCloseLeavesNothing opens and closes often and counts files, mappings and frames.
func TestCloseLeavesNothing(t *testing.T) {
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	umem := newUMEM(t, UMEMOptions{Frames: 64})
	tx := p.sender(Options{})
	var files, maps int
	for round := range 6 {
		s := p.receiver(Options{UMEM: umem})
		send(t, tx, 0, 10, 100)
		expect(t, s, 0, 10, 100)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err == nil {
			t.Error("closed twice without an error")
		}
		b := NewBatch(4)
		if n := s.Poll(b); n != 0 || s.TxPending() != 0 {
			t.Errorf("a closed socket has %d packets", n)
		}
		if umem.FreeFrames() != 64 {
			t.Errorf("%d frames free, want 64", umem.FreeFrames())
		}
		if round == 0 {
			files, maps = openFiles(t), ringMaps(t)
		}
	}
	if n := openFiles(t); n != files {
		t.Errorf("%d files open after the last round, %d after the first", n, files)
	}
	if n := ringMaps(t); n != maps {
		t.Errorf("%d ring mappings after the last round, %d after the first", n, maps)
	}
}

// ringMaps counts mapped rings of this process.
func ringMaps(tb testing.TB) int {
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Count(string(b), "socket:[")
}

// TestLinkFlap: the link goes down and comes back under an open socket, which goes on; then the interface goes away,
// which Check says from then on, and Close still works.
func TestLinkFlap(t *testing.T) {
	p := newPair(t, 1, 1500, link.XDPDriverMode)
	rx := p.receiver(Options{UMEM: newUMEM(t, UMEMOptions{Frames: 64})})
	tx := p.sender(Options{})
	send(t, tx, 0, 32, 100)
	expect(t, rx, 0, 32, 100)
	for range 3 {
		for _, on := range []bool{false, true} {
			if err := p.rx.SetUp("xrx0", on); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := rx.Check(); err != nil {
		t.Errorf("after a flap: %v", err)
	}
	send(t, tx, 100, 32, 100)
	expect(t, rx, 100, 32, 100)
	if err := p.rx.Delete("xrx0"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		wantErr(t, rx.Check(), ErrNoLink)
	}
	if n := rx.Poll(NewBatch(4)); n != 0 {
		t.Errorf("%d packets from nowhere", n)
	}
}
