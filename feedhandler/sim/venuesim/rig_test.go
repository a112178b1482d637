package venuesim

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// truth is a simulated day with the market's own books beside it.
type truth struct {
	market      sim.Config
	datagrams   []sim.Datagram
	checkpoints []sim.Books
}

func simulate(t *testing.T, cfg sim.Config) *truth {
	t.Helper()
	x, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	day := &truth{market: x.Config()}
	var d sim.Datagram
	for x.Next(&d) {
		d.Payload = bytes.Clone(d.Payload)
		day.datagrams = append(day.datagrams, d)
	}
	day.checkpoints = append(x.Checkpoints(), x.Books())
	return day
}

// start serves a day of which nothing is published yet.
func (d *truth) start(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.Market = d.market
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// publish gives the server what it has not got of the datagrams that begin with unit upTo or before.
func (d *truth) publish(t *testing.T, s *Server, upTo uint64) {
	t.Helper()
	have := s.Newest()
	for i := range d.datagrams {
		x := &d.datagrams[i]
		if x.Seq > upTo {
			return
		}
		if x.Count > 0 && x.Seq <= have {
			continue
		}
		if err := s.Publish(x); err != nil {
			t.Fatal(err)
		}
	}
}

// all is a number beyond every day's.
const all = 1 << 60

// last is the number of the day's last unit.
func (d *truth) last() (n uint64) {
	for i := range d.datagrams {
		n = max(n, d.datagrams[i].Seq+uint64(d.datagrams[i].Count)-1)
	}
	return n
}

// quick are timings that no test waits for.
func quick() Config {
	nobody := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")} // loops that no test listens to stay in the host
	return Config{SnapshotGroups: nobody, DefinitionGroups: nobody, Heartbeat: 5 * time.Millisecond, LoopPause: time.Millisecond, RequestWait: 5 * time.Millisecond}
}

// once orders one fault for the first occasion only.
func once(f Fault, seed uint64) FaultConfig {
	return FaultConfig{Order: []Fault{f}, Times: 1, Seed: seed, Delay: time.Millisecond}
}

// udpClient is a socket that asks.
type udpClient struct {
	t    *testing.T
	conn *net.UDPConn
	from netip.AddrPort // of the newest answer
}

func newUDPClient(t *testing.T) *udpClient {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &udpClient{t: t, conn: conn}
}

func (c *udpClient) send(to netip.AddrPort, b []byte) {
	c.t.Helper()
	if _, err := c.conn.WriteToUDPAddrPort(b, to); err != nil {
		c.t.Fatal(err)
	}
}

// patience is how long a test waits for what must come; it is never waited out.
const patience = 20 * time.Second

func (c *udpClient) receive() []byte {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 65536)
	n, from, err := c.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		c.t.Fatal(err)
	}
	c.from = from
	return buf[:n]
}

func dial(t *testing.T, s *Server, name Service) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", s.Addr(name).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// reasons returns a service's reasons.
func reasons(s *Server, name Service) map[string]uint64 {
	for _, c := range s.Counts() {
		if c.Service == name {
			return c.Reasons
		}
	}
	return nil
}

// eventually waits until what another goroutine does is seen.
func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !seen(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// faultsOf lists what can be ordered of a service.
func faultsOf(name Service) (list []Fault) {
	for _, i := range Faults {
		if slices.Contains(i.On, name) && i.Fault != OldSession { // which needs two: sessions_test.go
			list = append(list, i.Fault)
		}
	}
	return list
}
