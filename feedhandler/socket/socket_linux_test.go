package socket

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
)

const (
	home  = 127<<24 | 1
	group = 0xEF636301 // 239.99.99.1
)

// pipeline takes MoldUDP64 on one destination.
func pipeline(t testing.TB, dst uint32, port uint16, source uint32) *feedhandler.Pipeline {
	t.Helper()
	ch := feedhandler.ChannelConfig{
		Name: "test", Feed: venue.Find("nasdaq.itch50"), Options: venue.Options{MaxInstruments: 8},
		Lines: []feedhandler.LineConfig{{Name: "A", Group: dst, Port: port, Source: source}},
	}
	ch.Books.MaxOrders = 64
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{ch}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// heartbeat is a MoldUDP64 packet without messages.
func heartbeat(seq uint64) []byte {
	b := append([]byte("SESSION001"), make([]byte, 10)...)
	for i := range 8 {
		b[10+i] = byte(seq >> (56 - 8*i))
	}
	return b
}

func trusted() *ptp.Published {
	now := uint64(time.Now().UnixNano())
	p := new(ptp.Published)
	p.Store(ptp.Model{RefClock: now, RefUTC: now, BoundNS: 1000, HorizonNS: 1<<32 - 1, Source: ptp.SourceKernel, State: ptp.Locked})
	return p
}

// freePort finds a port nobody has on the loopback address.
func freePort(t testing.TB) uint16 {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Skipf("no UDP on the loopback interface: %v; this check did not run", err)
	}
	defer c.Close()
	return uint16(c.LocalAddr().(*net.UDPAddr).Port)
}

func loopback(t testing.TB, o Options) (*Socket, *Sender) {
	t.Helper()
	o.Interface, o.Group = "lo", home
	if o.Port == 0 {
		o.Port = freePort(t)
	}
	o.Clocks.System = trusted()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	out, err := OpenSender(SenderOptions{Interface: "lo"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return s, out
}

func send(t testing.TB, out *Sender, dst uint32, port uint16, payloads ...[]byte) {
	t.Helper()
	var failed uint64
	for _, p := range payloads {
		if err := out.Send(dst, port, p, &failed); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil || failed > 0 {
		t.Fatalf("send: %v, %d refused", err, failed)
	}
}

// drain polls until nothing comes.
func drain(s *Socket, p *feedhandler.Pipeline) (n int) {
	for quiet := 0; quiet < 20; {
		got := s.Poll(p)
		if n += got; got == 0 {
			quiet++
			time.Sleep(time.Millisecond)
		}
	}
	return n
}

func TestDatagramsArriveWithTheirStamp(t *testing.T) {
	s, out := loopback(t, Options{Batch: 8})
	p := pipeline(t, home, s.Options().Port, 0)
	before := uint64(time.Now().UnixNano())
	for i := range 20 {
		send(t, out, home, s.Options().Port, heartbeat(uint64(i+1)))
	}
	if n := drain(s, p); n != 20 {
		t.Fatalf("%d datagrams of 20", n)
	}
	after := uint64(time.Now().UnixNano())
	if p.Wire[feedhandler.WireOK] != 20 || p.Stamps[ptp.SourceKernel] != 20 {
		t.Fatalf("routed %d, stamped by the kernel %d, want 20 and 20", p.Wire[feedhandler.WireOK], p.Stamps[ptp.SourceKernel])
	}
	if line := p.Channels()[0].Line(0); line.Heartbeats != 20 || line.Last < before || line.Last > after {
		t.Fatalf("%d heartbeats, the last received at %d, sent within %d to %d", line.Heartbeats, line.Last, before, after)
	}
	if c := s.Counters; c.Datagrams != 20 || c.Bytes != 400 || c.Unstamped != 0 || c.Errors != 0 {
		t.Fatalf("counters %+v", c)
	}
}

func TestWithoutAClockDatagramsAreUnstamped(t *testing.T) {
	s, out := loopback(t, Options{})
	s.opts.Clocks = Clocks{}
	p := pipeline(t, home, s.Options().Port, 0)
	send(t, out, home, s.Options().Port, heartbeat(1))
	if n := drain(s, p); n != 1 || s.Counters.Unstamped != 1 || p.Stamps[ptp.SourceNone] != 1 {
		t.Fatalf("%d datagrams, %d unstamped, %d of source none", n, s.Counters.Unstamped, p.Stamps[ptp.SourceNone])
	}
}

func TestTooLongIsCountedAndGivenToNobody(t *testing.T) {
	s, out := loopback(t, Options{MaxPayload: 64})
	p := pipeline(t, home, s.Options().Port, 0)
	send(t, out, home, s.Options().Port, heartbeat(1), make([]byte, 65), heartbeat(2))
	if n := drain(s, p); n != 3 || s.Counters.Truncated != 1 || p.Wire[feedhandler.WireOK] != 2 {
		t.Fatalf("%d datagrams, %d truncated, %d routed; want 3, 1, 2", n, s.Counters.Truncated, p.Wire[feedhandler.WireOK])
	}
}

// TestSentIsDeliveredAndAccountedFor overfills the queue: what is missing is exactly what the kernel says it dropped.
func TestSentIsDeliveredAndAccountedFor(t *testing.T) {
	s, out := loopback(t, Options{ReceiveBuffer: 8192})
	p := pipeline(t, home, s.Options().Port, 0)
	const sent = 2000
	for i := range sent {
		send(t, out, home, s.Options().Port, heartbeat(uint64(i+1)))
	}
	got := drain(s, p)
	drops, err := s.Drops()
	if err != nil {
		t.Fatal(err)
	}
	if drops == 0 || got+int(drops) != sent {
		t.Fatalf("sent %d, delivered %d, dropped %d", sent, got, drops)
	}
	// The count beside the datagrams follows with the next one.
	send(t, out, home, s.Options().Port, heartbeat(1))
	if drain(s, p); s.Counters.Overflow != uint64(drops) {
		t.Fatalf("told beside the datagrams: %d, asked for: %d", s.Counters.Overflow, drops)
	}
}

func TestPollDoesNotAllocate(t *testing.T) {
	s, out := loopback(t, Options{})
	p := pipeline(t, home, s.Options().Port, 0)
	payload := heartbeat(1)
	var failed uint64
	got := 0
	allocs := testing.AllocsPerRun(200, func() {
		for range 16 {
			_ = out.Send(home, s.opts.Port, payload, &failed)
		}
		_ = out.Flush()
		got += s.Poll(p)
		got += s.Poll(p) // empty
	})
	if allocs != 0 || got == 0 {
		t.Fatalf("%g allocations a batch, %d datagrams", allocs, got)
	}
}

func TestOpenNamesTheThingAndTheFix(t *testing.T) {
	port := freePort(t)
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = Open(Options{Interface: "lo", Group: home, Port: port})
	if !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), fmt.Sprintf("ss -ulpn sport = :%d", port)) {
		t.Errorf("a taken port: %v", err)
	}
	_, err = Open(Options{Interface: "nosuch0", Group: home, Port: port})
	if err == nil || !strings.Contains(err.Error(), `"nosuch0"`) || !strings.Contains(err.Error(), "lo") {
		t.Errorf("no such interface: %v", err)
	}
	_, err = Open(Options{Interface: "lo", Group: 0xCB007101, Port: port + 1}) // 203.0.113.1
	if err == nil || !strings.Contains(err.Error(), "neither a multicast group nor an address of this host") {
		t.Errorf("a foreign address: %v", err)
	}
}

// multicast opens a sender and a receiver on the ends of a wire.
func multicast(t *testing.T, source uint32) (*Socket, *Sender) {
	t.Helper()
	wiretest.New(t)
	s, err := Open(Options{Interface: wiretest.RX, Group: group, Port: 26400, Source: source, Clocks: Clocks{System: trusted()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	out, err := OpenSender(SenderOptions{Interface: wiretest.TX})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return s, out
}

func member(t *testing.T) bool {
	t.Helper()
	m, err := ReadMemberships()
	if err != nil {
		t.Fatal(err)
	}
	return m.Has(wiretest.RX, group)
}

func TestMembership(t *testing.T) {
	s, out := multicast(t, 0)
	p := pipeline(t, group, 26400, 0)
	send(t, out, group, 26400, heartbeat(1))
	if n := drain(s, p); n != 0 || member(t) {
		t.Fatalf("%d datagrams before the join, member %v", n, member(t))
	}
	if err := errors.Join(s.Join(), s.Join()); err != nil {
		t.Fatal(err)
	}
	if !member(t) {
		t.Fatal("the kernel does not list the group that was joined")
	}
	send(t, out, group, 26400, heartbeat(2))
	send(t, out, group, 26401, heartbeat(3))   // another port
	send(t, out, group+1, 26400, heartbeat(4)) // another group
	if n := drain(s, p); n != 1 || p.Wire[feedhandler.WireOK] != 1 {
		t.Fatalf("%d datagrams, %d routed; want 1 and 1", n, p.Wire[feedhandler.WireOK])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if member(t) {
		t.Fatal("the kernel still lists the group after Close")
	}
}

func TestSourceSpecific(t *testing.T) {
	const sender, other = 10<<24 | 99<<16 | 1, 10<<24 | 99<<16 | 77
	for _, c := range []struct {
		source uint32
		want   int
	}{{sender, 5}, {other, 0}} {
		t.Run(addr(c.source).String(), func(t *testing.T) {
			s, out := multicast(t, c.source)
			p := pipeline(t, group, 26400, c.source)
			if err := s.Join(); err != nil {
				t.Fatal(err)
			}
			for i := range 5 {
				send(t, out, group, 26400, heartbeat(uint64(i)))
			}
			if n := drain(s, p); n != c.want {
				t.Fatalf("%d datagrams of %s by the membership for %s, want %d", n, addr(sender), addr(c.source), c.want)
			}
		})
	}
}

// TestRejoin loses the interface and finds it again under another number.
func TestRejoin(t *testing.T) {
	s, _ := multicast(t, 0)
	p := pipeline(t, group, 26400, 0)
	if err := s.Join(); err != nil {
		t.Fatal(err)
	}
	was := s.ifindex
	wiretest.IP(t, "link del "+wiretest.TX)
	if err := s.Rejoin(); err == nil || !strings.Contains(err.Error(), wiretest.RX) {
		t.Fatalf("joining on an interface that is gone: %v", err)
	}
	wiretest.IP(t, "link add "+wiretest.TX+" type veth peer name "+wiretest.RX)
	wiretest.Up(t)
	if err := s.Rejoin(); err != nil {
		t.Fatal(err)
	}
	if s.ifindex == was || !member(t) {
		t.Fatalf("interface number %d, was %d; member %v", s.ifindex, was, member(t))
	}
	out, err := OpenSender(SenderOptions{Interface: wiretest.TX})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	send(t, out, group, 26400, heartbeat(1))
	if n := drain(s, p); n != 1 {
		t.Fatalf("%d datagrams after joining again, want 1", n)
	}
}

func TestHeartbeatIsOne(t *testing.T) {
	var h framing.Header
	f := venue.Find("nasdaq.itch50").NewFraming()
	if fault := f.Header(heartbeat(9), &h); fault != framing.FaultNone || h.Kind != framing.Heartbeat || h.Seq != 9 || !bytes.HasPrefix(heartbeat(9), []byte("SESSION001")) {
		t.Fatalf("the test's own packet reads as %+v, %v", h, fault)
	}
}

func BenchmarkPoll(b *testing.B) {
	s, out := loopback(b, Options{})
	p := pipeline(b, home, s.Options().Port, 0)
	payload := append(heartbeat(1), make([]byte, 108)...)
	var failed uint64
	b.ReportAllocs()
	n := 0
	for n < b.N {
		b.StopTimer()
		for range 64 {
			_ = out.Send(home, s.opts.Port, payload, &failed)
		}
		_ = out.Flush()
		b.StartTimer()
		for got := 1; got > 0; n += got {
			got = s.Poll(p)
		}
	}
}
