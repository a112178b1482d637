package venuesim

import (
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// Whatever clients send, in pieces or all at once, well-formed up to somewhere or not at all: the services stand, hang on nobody, and
// answer the next honest request.
func TestHostileClients(t *testing.T) {
	days := map[sim.Encoding]*truth{}
	for _, e := range sim.Encodings {
		days[e] = simulate(t, sim.Config{Seed: 81, Encoding: e, Messages: 1500, Symbols: 5, Session: "0000000001", SessionID: 0x42870000, Channel: 1})
	}
	good := map[Service][]byte{
		Mold: moldAsk("0000000001", 5, 3), GapFillUDP: gapAsk(0x8005, 0x42870000, 5, 9), GapFillTCP: gapAsk(0x8005, 0x42870000, 5, 9),
		Snap:      snapAsk("", 1, 0x42870000, 0),
		TCPReplay: append(fixText("35=A|553=user|554=pass|"), fixText("35=V|1180=1|262=1|1182=5|1183=9|")...),
	}
	login := append([]byte{0, 47, 'L'}, []byte("                                             1")...)
	good[Soup], good[Glimpse] = login, login
	rounds := uint64(60)
	if testing.Short() {
		rounds = 10
	}
	for _, e := range []sim.Encoding{sim.ITCH50, sim.DeepPlus, sim.MDP3} {
		cfg := quick()
		cfg.LoginWait, cfg.ClientSilence, cfg.SnapIdle = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
		cfg.LoopPause = time.Hour
		s := days[e].start(t, cfg)
		days[e].publish(t, s, all)
		for _, i := range Of(e) {
			if i.Network == "multicast" {
				continue
			}
			var work sync.WaitGroup
			for seed := range rounds {
				work.Go(func() {
					rng := rand.New(rand.NewPCG(seed, uint64(len(i.Service))))
					b := slices.Clone(good[i.Service])
					for range 1 + rng.IntN(4) {
						switch rng.IntN(5) {
						case 0:
							b[rng.IntN(len(b))] = byte(rng.IntN(256))
						case 1:
							b = b[:1+rng.IntN(len(b))]
						case 2:
							b = append(b, b[:rng.IntN(len(b)+1)]...)
						case 3:
							for range 1 + rng.IntN(300) {
								b = append(b, byte(rng.IntN(256)))
							}
						case 4:
							at := rng.IntN(len(b))
							for k := at; k < min(at+4, len(b)); k++ {
								b[k] = 0xFF
							}
						}
					}
					network := map[string]string{"udp": "udp4", "tcp": "tcp4"}[i.Network]
					conn, err := net.Dial(network, s.Addr(i.Service).String())
					if err != nil {
						t.Error(err)
						return
					}
					defer conn.Close()
					step := 1 + rng.IntN(len(b))
					for at := 0; at < len(b); at += step {
						if _, err := conn.Write(b[at:min(at+step, len(b))]); err != nil {
							break // closed on us
						}
					}
					if network == "tcp4" && rng.IntN(2) == 0 { // some read to the end, some go at once
						buf := make([]byte, 4096)
						_ = conn.SetReadDeadline(time.Now().Add(patience))
						for {
							if _, err := conn.Read(buf); err != nil {
								if isTimeout(err) {
									t.Errorf("%s hangs", i.Service)
								}
								break
							}
						}
					}
				})
			}
			work.Wait()
			network := map[string]string{"udp": "udp4", "tcp": "tcp4"}[i.Network]
			// Again, where a busy machine let the server give up before it was asked.
			eventually(t, string(i.Service)+" answers after all that", func() bool {
				conn, err := net.Dial(network, s.Addr(i.Service).String())
				if err != nil {
					return false
				}
				defer conn.Close()
				_, _ = conn.Write(good[i.Service])
				_ = conn.SetReadDeadline(time.Now().Add(time.Second))
				n, err := conn.Read(make([]byte, 4096))
				return err == nil && n > 0
			})
		}
		s.Close()
	}
}

// More connections than there is room for are refused, and room that is given back is used.
func TestConnectionsAreBounded(t *testing.T) {
	day := nasdaqDay(t, 82)
	cfg := quick()
	cfg.Connections = 2
	s := day.start(t, cfg)
	day.publish(t, s, 100)
	var in []*soupClient
	for range 2 {
		c := newSoupClient(t, s, Soup)
		c.login("", "", "", "1")
		if f := c.next(); f.kind != 'A' {
			t.Fatalf("%+v", f)
		}
		in = append(in, c)
	}
	if f := newSoupClient(t, s, Soup).next(); f.kind != 0 {
		t.Errorf("the third is let in: %+v", f)
	}
	in[0].put('O', "")
	in[0].until(1 << 30)
	eventually(t, "room", func() bool {
		c := newSoupClient(t, s, Soup)
		c.login("", "", "", "1")
		return c.next().kind == 'A'
	})
	if reasons(s, Soup)["too_many_connections"] == 0 {
		t.Errorf("%v", reasons(s, Soup))
	}
}

// One seed, one order of faults; a share is a share, and a bound a bound.
func TestDiceAreSeeded(t *testing.T) {
	draw := func(seed uint64, share uint32, times, n int) (list []Fault) {
		c := Config{Faults: FaultConfig{Seed: seed, Order: []Fault{Half, Hole, Stall, Silence}, SharePPM: share, Times: times}}
		d := newDice(&c, Mold)
		on := &day{}
		for range n {
			list = append(list, d.draw(on))
		}
		return list
	}
	if a, b := draw(7, 500_000, 0, 200), draw(7, 500_000, 0, 200); !slices.Equal(a, b) || slices.Equal(a, draw(8, 500_000, 0, 200)) {
		t.Error("a seed does not say what comes")
	}
	n := map[Fault]int{}
	for _, f := range draw(9, 250_000, 0, 4000) {
		n[f]++
	}
	if n[Stall] != 0 || n[None] < 2800 || n[None] > 3200 || n[Half] < 200 || n[Hole] < 200 || n[Silence] < 200 {
		t.Errorf("%v", n) // stall is not a datagram's
	}
	clear(n)
	for _, f := range draw(9, 0, 3, 1000) {
		n[f]++
	}
	if n[Half] != 3 || n[Hole] != 3 || n[Silence] != 3 {
		t.Errorf("%v", n)
	}
}

// Every fault says what it does and has a service; services and roles are found by name.
func TestNamesOfServicesAndFaults(t *testing.T) {
	for _, i := range Faults {
		if i.What == "" || len(i.On) == 0 {
			t.Errorf("%s", i.Fault)
		}
		var c FaultConfig
		if err := c.ParseFault(string(i.On[0]) + ":" + string(i.Fault)); err != nil || !slices.Equal(c.Only[i.Fault], i.On[:1]) {
			t.Errorf("%s: %v", i.Fault, err)
		}
	}
	for names, want := range map[string]int{"all": 3, "request": 2, "snapshot": 1, "none": 0, "refuse": 3, "soup": 1} {
		list, refuse, err := ParseServices([]string{names}, sim.ITCH50)
		if err != nil || len(list) != want || refuse != (names == "refuse") {
			t.Errorf("%s: %v %v %v", names, list, refuse, err)
		}
	}
	if _, _, err := ParseServices([]string{"snap"}, sim.ITCH50); err == nil {
		t.Error("Nasdaq has no snap")
	}
	if err := (Config{Market: sim.Config{Encoding: sim.Deep}, Services: []Service{Mold}}).Check(); err == nil {
		t.Error("IEX has no mold")
	}
}

// Each service refuses in its own words when it is told to.
func TestEverythingRefuses(t *testing.T) {
	for _, e := range []sim.Encoding{sim.ITCH50, sim.Deep, sim.MDP3} {
		day := simulate(t, sim.Config{Seed: 83, Encoding: e, Messages: 500, Session: "0000000001", SessionID: 0x42870000, Channel: 310})
		cfg := quick()
		cfg.Refuse = true
		s := day.start(t, cfg)
		day.publish(t, s, all)
		switch e {
		case sim.ITCH50:
			for _, name := range []Service{Soup, Glimpse} {
				c := newSoupClient(t, s, name)
				c.login("", "", "", "1")
				if l := c.until(1 << 30); kinds(l) != "J" {
					t.Errorf("%s: %s", name, kinds(l))
				}
			}
			newUDPClient(t).send(s.Addr(Mold), moldAsk("0000000001", 1, 1))
			eventually(t, "mold", func() bool { return s.Counts()[1].Requests == 1 || s.Counts()[0].Requests == 1 })
		case sim.Deep:
			c := newSnapClient(t, s)
			_, _ = c.conn.Write(snapAsk("", 1, 0x42870000, 0))
			if g := readImage(c.answer()); g.shape != "e" {
				t.Errorf("snap: %s", g.shape)
			}
			conn := dial(t, s, GapFillTCP)
			_, _ = conn.Write(gapAsk(0x8004, 0x42870000, 1, 2))
			if n, err := conn.Read(make([]byte, 100)); err == nil {
				t.Errorf("gapfill-tcp: %d bytes", n)
			}
		case sim.MDP3:
			if got := shape(replayTalkOf(t, s, 1, 2), day); got != "5" {
				t.Errorf("tcp-replay: %s", got)
			}
		}
		for _, n := range s.Counts() {
			if n.Answers != 0 {
				t.Errorf("%s answered: %+v", n.Service, n)
			}
		}
		s.Close()
	}
}
