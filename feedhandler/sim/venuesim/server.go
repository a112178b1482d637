package venuesim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wirebook/feedhandler/sim"
)

// Server is a venue's recovery side at work.
type Server struct {
	cfg      Config
	current  atomic.Pointer[day]
	posts    []*post
	ctx      context.Context
	stop     context.CancelFunc
	work     sync.WaitGroup
	transmit sync.Mutex // one loop's packet at a time
	hangUp   func()     // closes what Transmit sends by; nil where it is the caller's
}

// post is one service at its address.
type post struct {
	*Server
	counters
	dice *dice
	name Service
	addr netip.AddrPort
	used snapUsed
	udp  *net.UDPConn
	tcp  net.Listener
}

// Start opens the services. They answer until Close.
func Start(cfg Config) (*Server, error) {
	cfg, err := cfg.normal()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg}
	s.current.Store(newDay(cfg.Market.Encoding, strings.Trim(cfg.Market.Session, " "), cfg.Market.SessionID, nil))
	s.ctx, s.stop = context.WithCancel(context.Background())
	if s.cfg.Transmit == nil {
		if s.cfg.Transmit, s.hangUp, err = plainTransmit(); err != nil {
			return nil, fmt.Errorf("venue: %w", err)
		}
	}
	for _, name := range cfg.Services {
		p := &post{Server: s, dice: newDice(&s.cfg, name), name: name}
		p.n.Service = name
		if err := p.open(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.posts = append(s.posts, p)
	}
	for _, p := range s.posts {
		p.serve()
	}
	return s, nil
}

// open takes the service's address.
func (p *post) open() error {
	at := netip.AddrPortFrom(p.cfg.Listen, p.cfg.Ports[p.name])
	var err error
	switch p.network() {
	case "udp":
		if p.udp, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
			_ = p.udp.SetReadBuffer(4 << 20)
			p.addr = p.udp.LocalAddr().(*net.UDPAddr).AddrPort()
		}
	case "tcp":
		var l *net.TCPListener
		if l, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at)); err == nil {
			p.tcp, p.addr = l, l.Addr().(*net.TCPAddr).AddrPort()
		}
	}
	if err != nil {
		return fmt.Errorf("venue: service %s: %w", p.name, err)
	}
	p.n.Address = p.addr.String()
	if groups := p.groups(); groups != nil {
		p.n.Address = strings.Join(groups, " ")
	}
	return nil
}

// groups are where a loop goes.
func (p *post) groups() (list []string) {
	of := map[Service][]netip.AddrPort{SnapshotLoop: p.cfg.SnapshotGroups, DefinitionLoop: p.cfg.DefinitionGroups}[p.name]
	for _, g := range of {
		list = append(list, g.String())
	}
	return list
}

func (p *post) network() string {
	for _, i := range Services {
		if i.Service == p.name {
			return i.Network
		}
	}
	return ""
}

// serve sets the service to work.
func (p *post) serve() {
	switch p.name {
	case Mold:
		p.datagrams(p.moldRequest)
	case Soup:
		p.connections(p.soup)
	case Glimpse:
		p.connections(p.glimpse)
	case GapFillUDP:
		p.datagrams(p.gapRequest)
	case GapFillTCP:
		p.connections(p.gapFill)
	case Snap:
		p.connections(p.snapshots)
	case TCPReplay:
		p.connections(p.tcpReplay)
	case SnapshotLoop:
		p.snapshotLoop()
	case DefinitionLoop:
		p.definitionLoop()
	}
}

// longestRequest bounds a request datagram; longer ones are read cut, and are ill-formed by then.
const longestRequest = 65536

// datagrams hands every request that arrives to answer.
func (p *post) datagrams(answer func(from netip.AddrPort, request []byte)) {
	p.work.Go(func() {
		buf := make([]byte, longestRequest)
		for {
			n, from, err := p.udp.ReadFromUDPAddrPort(buf)
			if p.ctx.Err() != nil {
				return
			}
			if err != nil {
				p.reason("read_failed")
				continue
			}
			answer(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n])
		}
	})
}

// connections hands every client to talk, which the connection ends with.
func (p *post) connections(talk func(c *client)) {
	p.work.Go(func() {
		room := make(chan struct{}, p.cfg.Connections)
		for {
			conn, err := p.tcp.Accept()
			if p.ctx.Err() != nil {
				if err == nil {
					conn.Close()
				}
				return
			}
			if err != nil {
				p.reason("accept_failed")
				p.sleep(10 * time.Millisecond)
				continue
			}
			select {
			case room <- struct{}{}:
			default:
				p.reason("too_many_connections")
				conn.Close()
				continue
			}
			p.connection()
			p.work.Go(func() {
				c := newClient(p, conn)
				done := context.AfterFunc(p.ctx, func() { conn.Close() })
				talk(c)
				done()
				conn.Close()
				<-room
			})
		}
	})
}

// sleep waits, or until the server closes; false then.
func (s *Server) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Addr returns where a service listens; the zero address where it does not.
func (s *Server) Addr(name Service) netip.AddrPort {
	for _, p := range s.posts {
		if p.name == name {
			return p.addr
		}
	}
	return netip.AddrPort{}
}

// today is the session that is on. A request is answered from the one that was on when it came.
func (s *Server) today() *day { return s.current.Load() }

// Publish adds a datagram of the day, copying it: from now on the services have it. Datagrams come in order. Another session, or
// CME's channel reset, ends what was before it: the services begin anew. It belongs to one goroutine.
func (s *Server) Publish(d *sim.Datagram) error {
	x, err := readPacket(s.cfg.Market.Encoding, bytes.Clone(d.Payload), d.TimeNS)
	if err != nil {
		return fmt.Errorf("venue: publish: %w", err)
	}
	day := s.today()
	if x.session != day.session || x.id != day.id {
		day = s.begin(x.session, x.id)
	}
	if err := day.add(x.first, x.units, d.TimeNS, x.ended || x.reset); err != nil {
		return err
	}
	if x.reset {
		s.begin("", 0)
	}
	return nil
}

// begin starts another session.
func (s *Server) begin(session string, id uint32) *day {
	old := s.today()
	next := newDay(old.encoding, session, id, old)
	if old.newest() == 0 {
		next.before = nil // nothing was ever served under the name it was configured with
	}
	_ = old.add(0, nil, 0, true)
	s.current.Store(next)
	return next
}

// packet is a datagram of the feed, read.
type packet struct {
	session  string // MoldUDP64
	id       uint32 // IEX-TP: session
	channel  uint32 // IEX-TP
	protocol uint16 // IEX-TP
	first    uint64
	units    []unit
	ended    bool
	reset    bool // CME: the channel is reset after it, and numbers begin at 1
}

// readPacket takes a datagram apart; what it returns lies in p.
func readPacket(e sim.Encoding, p []byte, ns uint64) (packet, error) {
	switch e {
	case sim.ITCH50:
		return readMoldPacket(p, ns)
	case sim.Deep, sim.DeepPlus:
		return readSegment(p, ns)
	case sim.MDP3:
		return readMDPPacket(p, ns)
	}
	return packet{}, fmt.Errorf("there are no packets of %q", e)
}

// EndSession says that the day is over, where no datagram does.
func (s *Server) EndSession() { _ = s.today().add(0, nil, 0, true) }

// Counts returns what each service did.
func (s *Server) Counts() []ServiceCounts {
	list := []ServiceCounts{}
	for _, p := range s.posts {
		list = append(list, p.copy(p.dice))
	}
	return list
}

// Newest is the number of the newest unit published of the session that is on.
func (s *Server) Newest() uint64 { return s.today().newest() }

// Close ends every service and waits for it.
func (s *Server) Close() error {
	s.stop()
	for _, p := range s.posts {
		if p.udp != nil {
			p.udp.Close()
		}
		if p.tcp != nil {
			p.tcp.Close()
		}
	}
	s.work.Wait()
	if s.hangUp != nil {
		s.hangUp()
	}
	return nil
}
