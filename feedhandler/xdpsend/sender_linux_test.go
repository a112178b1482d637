package xdpsend

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/socket"
)

const group = 0xEF0A0101

// wire receives raw frames on the receiving end, apart by queue.
type wire struct {
	t    *testing.T
	fds  [4]int
	zero int // which of fds has queue 0: kernels count from 0 or 1
}

var fanouts int // a group each

// listen opens four packet sockets in a fanout by queue: the kernel hands each frame to the one of its queue.
func listen(t *testing.T) *wire {
	t.Helper()
	ifi, err := net.InterfaceByName(wiretest.RX)
	if err != nil {
		t.Fatal(err)
	}
	const ipv4 = 0x0008 // in network order
	w := &wire{t: t}
	fanouts++
	for i := range w.fds {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ipv4, Ifindex: ifi.Index}),
			unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT, fanouts|unix.PACKET_FANOUT_QM<<16),
		)
		if err != nil {
			t.Fatal(err)
		}
		w.fds[i] = fd
	}
	probe := opened(t, Options{Queues: []int{0}})
	var failed uint64
	if err := errors.Join(probe.Send(group, 9, nil, &failed), probe.Close()); err != nil || failed != 0 {
		t.Fatalf("the probe: %v, %d refused", err, failed)
	}
	for ; len(w.frames(0)) == 0; w.zero++ {
		if w.zero == len(w.fds) {
			t.Fatal("the probe did not arrive")
		}
	}
	return w
}

// frames takes what came on a queue, until nothing more comes.
func (w *wire) frames(queue int) (list [][]byte) {
	w.t.Helper()
	buf := make([]byte, 1<<16)
	fd := w.fds[(w.zero+queue)%len(w.fds)]
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EAGAIN {
			return list
		}
		if err != nil {
			w.t.Fatal(err)
		}
		// IGMP of the ends themselves is none of ours.
		if n > 23 && buf[23] == 17 {
			list = append(list, bytes.Clone(buf[:n]))
		}
	}
}

func opened(t *testing.T, o Options) *Sender {
	t.Helper()
	o.Interface = wiretest.TX
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.shut() })
	return s
}

func payload(n, size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + n)
	}
	return p
}

// TestFramesAreTheKernels sends the same datagrams by a UDP socket and by AF_XDP: byte for byte the same frames, but for
// what is the socket's own (source port, checksum, identification). The kernel is the oracle of every header field.
func TestFramesAreTheKernels(t *testing.T) {
	wiretest.New(t)
	w := listen(t)
	udp, err := socket.OpenSender(socket.SenderOptions{Interface: wiretest.TX, TTL: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	xdp := opened(t, Options{TTL: 5, Queues: []int{0}})
	var failed uint64
	sizes := []int{1, 2, 17, 18, 64, 500, 1471, 1472}
	take := func(out interface {
		Send(uint32, uint16, []byte, *uint64) error
		Flush() error
	}) (list [][]byte) {
		for i, size := range sizes {
			if err := out.Send(group+uint32(i)<<16, uint16(20000+i), payload(i, size), &failed); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.Flush(); err != nil || failed != 0 {
			t.Fatalf("%v, %d refused", err, failed)
		}
		for q := range w.fds {
			list = append(list, w.frames(q)...)
		}
		// The kernel has its own mind about a UDP socket's queue.
		slices.SortFunc(list, func(a, b []byte) int { return bytes.Compare(a[30:34], b[30:34]) })
		return list
	}
	want, got := take(udp), take(xdp)
	if len(want) != len(sizes) || len(got) != len(sizes) {
		t.Fatalf("%d frames by UDP, %d by AF_XDP, want %d each", len(want), len(got), len(sizes))
	}
	for i := range want {
		for _, f := range [][]byte{want[i], got[i]} {
			copy(f[18:20], "id") // identification
			copy(f[24:26], "ck") // and the header's sum with it
			copy(f[34:36], "sp") // source port
		}
		if !bytes.Equal(want[i], got[i]) {
			t.Errorf("frame %d:\nUDP socket %x\nAF_XDP     %x", i, want[i], got[i])
		}
	}
}

// TestQueuesAndOrder sends several batches over all queues both ways of spreading: every byte arrives once, on the queue it
// should, in order, with right checksums, several times round every ring.
func TestQueuesAndOrder(t *testing.T) {
	for _, spread := range []Spread{ByDestination, ByPacket} {
		wiretest.New(t)
		w := listen(t)
		s := opened(t, Options{Checksums: true, Spread: spread, Queues: []int{3, 1, 0}})
		const count = 6000
		var failed [3]uint64
		for n := range count {
			p := binary.BigEndian.AppendUint32(nil, uint32(n))
			if err := s.Send(group+uint32(n/2%3), 26477, append(p, payload(n, n%1400)...), &failed[n/2%3]); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil || failed != [3]uint64{} {
			t.Fatalf("%v, refused %v", err, failed)
		}
		at := 0
		for place, queue := range []int{3, 1, 0} {
			list := w.frames(queue)
			at += len(list)
			n := 0
			for i, frame := range list {
				var d feedhandler.Datagram
				if fault := feedhandler.ParseFrame(frame, true, &d); fault != feedhandler.WireOK {
					t.Fatalf("queue %d frame %d: %s", queue, i, fault)
				}
				if got := int(binary.BigEndian.Uint32(d.Payload)); i > 0 && got <= n {
					t.Fatalf("queue %d: number %d after %d", queue, got, n)
				} else {
					n = got
				}
				if here := map[Spread]int{ByDestination: n / 2 % 3, ByPacket: n % 3}[spread]; here != place {
					t.Fatalf("number %d came on queue %d", n, queue)
				}
				if d.Dst != group+uint32(n/2%3) || !bytes.Equal(d.Payload[4:], payload(n, n%1400)) {
					t.Fatalf("number %d: another destination or other bytes", n)
				}
			}
		}
		if more := w.frames(2); len(more) != 0 {
			t.Errorf("%d frames on a queue that was not chosen", len(more))
		}
		if at != count {
			t.Errorf("%d frames arrived of %d", at, count)
		}
	}
}

// TestJumboFrames sends datagrams larger than a frame of the UMEM.
func TestJumboFrames(t *testing.T) {
	wiretest.New(t)
	wiretest.IP(t, "link set "+wiretest.TX+" mtu 9000")
	wiretest.IP(t, "link set "+wiretest.RX+" mtu 9000")
	w := listen(t)
	s := opened(t, Options{Checksums: true, Queues: []int{0}})
	var failed uint64
	for size := 4000; size <= 8972; size += 71 {
		if err := s.Send(group, 1, payload(size, size), &failed); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(); err != nil || failed != 0 {
		t.Fatalf("%v, %d refused", err, failed)
	}
	size := 4000
	for _, frame := range w.frames(0) {
		var d feedhandler.Datagram
		if fault := feedhandler.ParseFrame(frame, true, &d); fault != feedhandler.WireOK || !bytes.Equal(d.Payload, payload(size, size)) {
			t.Fatalf("datagram of %d bytes: %s, %d bytes arrived", size, fault, len(d.Payload))
		}
		size += 71
	}
	if size <= 8972 {
		t.Errorf("the datagram of %d bytes did not arrive", size)
	}
}

// TestALinkThatIsDown refuses and counts what is sent meanwhile, sends none of it later, and goes on when the link is back,
// though it be another interface of the same name.
func TestALinkThatIsDown(t *testing.T) {
	wiretest.New(t)
	w := listen(t)
	s := opened(t, Options{})
	var failed [4]uint64
	send := func(from, to int) (last error) {
		for n := from; n < to; n++ {
			if err := s.Send(group+uint32(n%4), 26477, binary.BigEndian.AppendUint32(nil, uint32(n)), &failed[n%4]); err != nil {
				last = err
			}
		}
		return errors.Join(last, s.Flush())
	}
	arrived := func(w *wire) (n int, numbers map[uint32]bool) {
		numbers = map[uint32]bool{}
		for q := range w.fds {
			for _, f := range w.frames(q) {
				n++
				numbers[binary.BigEndian.Uint32(f[headerBytes:])] = true
			}
		}
		return n, numbers
	}
	if err := send(0, 1000); err != nil {
		t.Fatal(err)
	}
	wiretest.IP(t, "link set "+wiretest.TX+" down")
	if err := send(1000, 2000); err == nil || !strings.Contains(err.Error(), "link set") {
		t.Errorf("sending on a link that is down: %v", err)
	}
	if failed != [4]uint64{250, 250, 250, 250} {
		t.Errorf("refused %v, want 250 of each", failed)
	}
	wiretest.Up(t)
	time.Sleep(tryEvery)
	if err := send(2000, 3000); err != nil {
		t.Fatal(err)
	}
	n, numbers := arrived(w)
	if n != 2000 || len(numbers) != 2000 || numbers[1000] || numbers[1999] || !numbers[2000] {
		t.Errorf("%d frames arrived, %d different, of 2000", n, len(numbers))
	}
	wiretest.IP(t, "link del "+wiretest.RX)
	if err := send(3000, 4000); err == nil {
		t.Error("sending on an interface that is gone went well")
	}
	if failed != [4]uint64{500, 500, 500, 500} {
		t.Errorf("refused %v, want 500 of each", failed)
	}
	wiretest.IP(t, "link add "+wiretest.TX+" numtxqueues 4 numrxqueues 4 type veth peer name "+wiretest.RX+" numtxqueues 4 numrxqueues 4")
	wiretest.Up(t)
	time.Sleep(tryEvery)
	w = listen(t)
	if err := send(4000, 5000); err != nil {
		t.Fatal(err)
	}
	if n, numbers := arrived(w); n != 1000 || len(numbers) != 1000 || !numbers[4000] {
		t.Errorf("%d frames arrived on the new interface, of 1000", n)
	}
}

// TestSendingDoesNotAllocate holds for both spreads, through several rounds of every ring.
func TestSendingDoesNotAllocate(t *testing.T) {
	wiretest.New(t)
	for _, o := range []Options{{}, {Spread: ByPacket, Checksums: true}} {
		s := opened(t, o)
		var failed uint64
		p := payload(1, 300)
		if allocs := testing.AllocsPerRun(50, func() {
			for n := range 300 {
				if err := s.Send(group+uint32(n%8), 26477, p, &failed); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}); allocs != 0 || failed != 0 {
			t.Errorf("%+v: %g allocations a run, %d refused", o, allocs, failed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBadInput has a message that names the thing and the fix.
func TestBadInput(t *testing.T) {
	wiretest.New(t)
	for _, c := range []struct {
		o    Options
		want []string
	}{
		{Options{Interface: "nosuch0"}, []string{"nosuch0", "ip -br link"}},
		{Options{Interface: "lo"}, []string{"lo", "not an Ethernet"}},
		{Options{Interface: wiretest.TX, Queues: []int{9}}, []string{"no such queue", "counted from 0", "ethtool -l " + wiretest.TX}},
		{Options{Interface: wiretest.TX, Queues: []int{1, 1}}, []string{"queue 1 is named twice"}},
		{Options{Interface: wiretest.TX, Queues: []int{}}, []string{"no queue"}},
		{Options{Interface: wiretest.TX, TTL: 256}, []string{"TTL of 256"}},
	} {
		s, err := Open(c.o)
		if err == nil {
			s.Close()
			t.Errorf("%+v: it opened", c.o)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %q does not say %q", c.o, err, want)
			}
		}
	}
	s := opened(t, Options{})
	var failed uint64
	if err := s.Send(0x0A630002, 1, nil, &failed); !errors.Is(err, ErrNotMulticast) || failed != 1 {
		t.Errorf("a host: %v, %d refused", err, failed)
	}
	if err := s.Send(group, 1, make([]byte, 1473), &failed); err == nil || !strings.Contains(err.Error(), "MTU") || failed != 2 {
		t.Errorf("longer than the MTU: %v, %d refused", err, failed)
	}
	if _, err := Open(Options{Interface: wiretest.TX}); err == nil || !strings.Contains(err.Error(), "already has an AF_XDP socket") {
		t.Errorf("queues in use: %v", err)
	}
	wiretest.IP(t, "link set "+wiretest.TX+" down")
	wiretest.IP(t, "addr flush dev "+wiretest.TX)
	if _, err := Open(Options{Interface: wiretest.TX}); err == nil || !strings.Contains(err.Error(), "ip addr add") {
		t.Errorf("no address: %v", err)
	}
}
