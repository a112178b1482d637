package venuesim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"wirebook/feedhandler/sim"
)

// Config describes a venue's recovery side. Zero values take the defaults named.
type Config struct {
	// Market is the day's: encoding, session, channel, payload size and depth are taken from it (sim.Exchange.Config).
	Market sim.Config

	// Services is what is served; nil is all that the encoding has, an empty list none. Refuse makes each of them refuse.
	Services []Service
	Refuse   bool

	// Listen is where the services listen; default 127.0.0.1. Ports without an entry are any free one.
	Listen netip.Addr
	Ports  map[Service]uint16

	// User and Password of SoupBinTCP, GLIMPSE and CME's TCP replay, Token of SNAP; empty lets everybody in.
	User, Password, Token string

	// Faults to play.
	Faults FaultConfig

	// Limits, as the venue has them.
	Connections   int // open at once, per service; default 64
	IEXUDPLimit   int // messages of one UDP request; default 1000
	SnapQuota     int // SNAP requests a day; default 1000
	ReplayPackets int // packets of one CME TCP request; default 2000

	// Timings. Tests shorten them; nothing on the wire depends on them.
	Heartbeat     time.Duration // silence after which a server says it lives; default 1 s
	ClientSilence time.Duration // after which a client is given up; default 15 s
	LoginWait     time.Duration // for the first request of a connection; default 30 s, IEX 1 s
	RequestWait   time.Duration // for a further request on IEX's TCP gap fill; default 100 ms
	SnapIdle      time.Duration // SNAP closes an idle connection; default 10 s

	// The loops of CME: where they go, on lines A and B, how fast, and the pause between two cycles. Default groups are
	// 239.10.1.2:26487 and 239.10.2.2:26488 for snapshots, 239.10.1.3:26497 and 239.10.2.3:26498 for definitions.
	SnapshotGroups, DefinitionGroups []netip.AddrPort
	LoopRate                         int           // packets a second on each group; default 2000
	LoopPause                        time.Duration // default 500 ms
	// Transmit sends a loop's packet; default an ordinary UDP socket. It is called from one goroutine at a time.
	Transmit func(to netip.AddrPort, payload []byte) error
}

func (c Config) normal() (Config, error) {
	if c.Services == nil {
		for _, s := range Of(c.Market.Encoding) {
			c.Services = append(c.Services, s.Service)
		}
	}
	if !c.Listen.IsValid() {
		c.Listen = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	def(&c.Connections, 64)
	def(&c.IEXUDPLimit, 1000)
	def(&c.SnapQuota, 1000)
	def(&c.ReplayPackets, 2000)
	def(&c.Heartbeat, time.Second)
	def(&c.ClientSilence, 15*time.Second)
	if c.Market.Encoding == sim.ITCH50 || c.Market.Encoding == sim.MDP3 {
		def(&c.LoginWait, 30*time.Second)
	}
	def(&c.LoginWait, time.Second)
	def(&c.RequestWait, 100*time.Millisecond)
	def(&c.SnapIdle, 10*time.Second)
	if c.SnapshotGroups == nil {
		c.SnapshotGroups = groups(2, 26487)
	}
	if c.DefinitionGroups == nil {
		c.DefinitionGroups = groups(3, 26497)
	}
	def(&c.LoopRate, 2000)
	def(&c.LoopPause, 500*time.Millisecond)
	def(&c.Market.PayloadBytes, 1400)
	def(&c.Market.Depth, 10)
	return c, c.check()
}

// Check says what Start would refuse, every broken rule at once.
func (c Config) Check() error {
	_, err := c.normal()
	return err
}

func (c *Config) check() error {
	var errs []error
	of := Of(c.Market.Encoding)
	if len(of) == 0 {
		errs = append(errs, fmt.Errorf("venuesim: Market.Encoding is %q: there are services for itch50, deepplus, deep and mdp3", c.Market.Encoding))
	}
	for _, s := range c.Services {
		if !slices.ContainsFunc(of, func(i ServiceInfo) bool { return i.Service == s }) {
			errs = append(errs, fmt.Errorf("venuesim: Services has %q, which %s has not", s, c.Market.Encoding))
		}
	}
	if len(c.User) > 6 && c.Market.Encoding == sim.ITCH50 {
		errs = append(errs, fmt.Errorf("venuesim: User %q: SoupBinTCP has six characters", c.User))
	}
	if len(c.Password) > 10 && c.Market.Encoding == sim.ITCH50 {
		errs = append(errs, errors.New("venuesim: Password is longer than SoupBinTCP's ten characters"))
	}
	if len(c.Token) > 40 {
		errs = append(errs, errors.New("venuesim: Token is longer than SNAP's forty characters"))
	}
	if c.Connections < 0 || c.IEXUDPLimit < 0 || c.SnapQuota < 0 || c.ReplayPackets < 0 {
		errs = append(errs, errors.New("venuesim: Connections, IEXUDPLimit, SnapQuota and ReplayPackets must not be below 0"))
	}
	if c.LoopRate < 0 || c.LoopPause < 0 {
		errs = append(errs, errors.New("venuesim: LoopRate and LoopPause must not be below 0"))
	}
	errs = append(errs, c.Faults.check())
	return errors.Join(errs...)
}

func def[T int | uint16 | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// groups are the simulator's lines A and B with another last number and port.
func groups(last byte, port uint16) (list []netip.AddrPort) {
	for line := range byte(2) {
		list = append(list, netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, 1 + line, last}), port+uint16(line)))
	}
	return list
}
