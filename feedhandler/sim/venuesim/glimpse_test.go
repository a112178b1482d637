package venuesim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// spun is what a spin told, put together as its reader would.
type spun struct {
	directory map[uint16]string
	states    map[uint16]byte
	bids      map[uint16][]sim.Level
	asks      map[uint16][]sim.Level
	next      string // of G
	after     int    // messages after G
	bad       string
	adds      int
}

func readSpin(msgs [][]byte) *spun {
	g := &spun{directory: map[uint16]string{}, states: map[uint16]byte{}, bids: map[uint16][]sim.Level{}, asks: map[uint16][]sim.Level{}}
	order := "RHYhSAG" // F is among the adds
	at := 0
	for _, m := range msgs {
		if g.next != "" {
			g.after++
		}
		kind := m[0]
		if kind == 'F' {
			kind = 'A'
		}
		for at < len(order) && order[at] != kind {
			at++
		}
		if at == len(order) {
			g.bad += fmt.Sprintf("%c is out of order; ", m[0])
			return g
		}
		locate := binary.BigEndian.Uint16(m[1:])
		length := map[byte]int{'R': 39, 'H': 25, 'Y': 20, 'h': 21, 'S': 12, 'A': 36, 'F': 40, 'G': 21}[m[0]]
		if len(m) != length {
			g.bad += fmt.Sprintf("%c of %d bytes; ", m[0], len(m))
			return g
		}
		switch kind {
		case 'R':
			g.directory[locate] = strings.TrimRight(string(m[11:19]), " ")
		case 'H':
			g.states[locate] = m[19]
		case 'A':
			g.adds++
			if g.directory[locate] == "" || g.directory[locate] != strings.TrimRight(string(m[24:32]), " ") {
				g.bad += "an add without its directory; "
			}
			side, better := g.bids, func(a, b int64) bool { return a > b }
			if m[19] == 'S' {
				side, better = g.asks, func(a, b int64) bool { return a < b }
			}
			o := sim.Order{ID: binary.BigEndian.Uint64(m[11:]), Qty: binary.BigEndian.Uint32(m[20:])}
			price := int64(binary.BigEndian.Uint32(m[32:])) * 100_000
			levels := side[locate]
			n := len(levels)
			if n > 0 && levels[n-1].Price == price {
				levels[n-1].Qty += uint64(o.Qty)
				levels[n-1].Orders = append(levels[n-1].Orders, o)
				continue
			}
			if n > 0 && !better(levels[n-1].Price, price) {
				g.bad += "levels are not from the best on; "
			}
			side[locate] = append(levels, sim.Level{Price: price, Qty: uint64(o.Qty), Orders: []sim.Order{o}})
		case 'G':
			g.next = string(m[1:])
		}
	}
	return g
}

// differs says where the spin is not the market's truth.
func (g *spun) differs(b *sim.Books) string {
	for i := range b.Instruments {
		in := &b.Instruments[i]
		locate := uint16(in.Key)
		if g.directory[locate] != in.Symbol {
			return fmt.Sprintf("locate %d is %q, want %q", locate, g.directory[locate], in.Symbol)
		}
		if want := map[string]byte{"trading": 'T', "halted": 'H', "quoting": 'Q'}[in.State]; g.states[locate] != want {
			return fmt.Sprintf("%s is %c, want %c", in.Symbol, g.states[locate], want)
		}
		for side, pair := range map[string][2][]sim.Level{"bids": {g.bids[locate], in.Bids}, "asks": {g.asks[locate], in.Asks}} {
			if !slices.EqualFunc(pair[0], pair[1], sameLevel) {
				return fmt.Sprintf("%s of %s:\n%v, want\n%v", side, in.Symbol, pair[0], pair[1])
			}
		}
	}
	return ""
}

func sameLevel(a, b sim.Level) bool {
	return a.Price == b.Price && a.Qty == b.Qty && slices.EqualFunc(a.Orders, b.Orders, func(x, y sim.Order) bool { return x.ID == y.ID && x.Qty == y.Qty })
}

func spin(t *testing.T, s *Server) []frame {
	c := newSoupClient(t, s, Glimpse)
	c.login("", "", "", "1")
	return c.until(2)
}

// At any moment of many days the spin is the market's own book, and G the number to go on with.
func TestGlimpseIsTheTruth(t *testing.T) {
	for seed := range uint64(6) {
		day := simulate(t, sim.Config{Seed: seed, Messages: 3000, Symbols: 7, CheckpointEvery: 211, Engines: 1 + int(seed%3)})
		s := day.start(t, quick())
		for i := range day.checkpoints {
			truth := &day.checkpoints[i]
			day.publish(t, s, truth.LastSeq)
			if s.Newest() != truth.LastSeq {
				t.Fatalf("a checkpoint at %d is in the middle of a datagram", truth.LastSeq)
			}
			l := spin(t, s)
			if l[0].kind != 'A' || string(l[0].payload) != fmt.Sprintf("SIM0000001%20d", 1) {
				t.Fatalf("%+v", l[0])
			}
			g := readSpin(data(l))
			if d := g.differs(truth); d != "" || g.bad != "" || g.after != 0 {
				t.Fatalf("seed %d after %d: %s%s", seed, truth.LastSeq, g.bad, d)
			}
			if want := fmt.Sprintf("%020d", truth.LastSeq+1); g.next != want {
				t.Fatalf("G%s, want %s", g.next, want)
			}
		}
	}
}

// A halted symbol has its R; before its first H it has no H.
func TestGlimpseBeforeTheOpening(t *testing.T) {
	day := nasdaqDay(t, 21)
	s := day.start(t, quick())
	if g := readSpin(data(spin(t, s))); g.next != "00000000000000000001" || len(g.directory) != 0 {
		t.Errorf("before the day: %+v", g)
	}
	msgs := day.messages()
	actions := slices.IndexFunc(msgs, func(m []byte) bool { return m[0] == 'H' })
	if err := s.today().add(1, units(msgs[:actions]), 1, false); err != nil {
		t.Fatal(err)
	}
	if g := readSpin(data(spin(t, s))); len(g.directory) != 6 || len(g.states) != 0 || g.adds != 0 {
		t.Errorf("before any trading action: %+v", g)
	}
}

func units(msgs [][]byte) (list []unit) {
	for _, m := range msgs {
		list = append(list, unit{bytes: m})
	}
	return list
}

// An add tells the order as it is now: shares that are left, the price and time of its replacement, its participant.
func TestGlimpseAdd(t *testing.T) {
	hex := func(s string) []byte { return unhex(t, s) }
	msgs := [][]byte{
		hex("46 0007 0001 000000000064 0000000000000009 42 0000012c 4142434420202020 000f4240 41424344"), // F 9 B 300 ABCD 100.0000
		hex("45 0007 0002 000000000065 0000000000000009 00000064 0000000000000001"),                      // E 100
		hex("55 0007 0003 000000000066 0000000000000009 000000000000000b 000000c8 000f6950"),             // U 9 → 11, 200 at 101.0000
		hex("58 0007 0004 000000000067 000000000000000b 00000032"),                                       // X 50
	}
	want := hex("46 0007 0003 000000000066 000000000000000b 42 00000096 4142434420202020 000f6950 41424344")
	b := newITCHBooks()
	for i, m := range msgs {
		b.add(uint64(i+1), &unit{bytes: m})
	}
	i := b.image()
	if len(i.adds) != 1 || !bytes.Equal(i.adds[0].add, want) {
		t.Errorf("%x", i.adds)
	}
}

// Each fault of the spin does what it says, and the next one is honest.
func TestGlimpseFaults(t *testing.T) {
	day := nasdaqDay(t, 22)
	upTo := day.last() * 3 / 4
	for _, f := range faultsOf(Glimpse) {
		for range 4 {
			cfg := quick()
			cfg.Services = []Service{Glimpse}
			if f == BadLength {
				cfg.ClientSilence = time.Second / 4 // its reader waits for a frame's rest until the server gives it up
			}
			cfg.Faults = once(f, rand.Uint64())
			s := day.start(t, cfg)
			day.publish(t, s, upTo)
			next := s.Newest() + 1
			c := newSoupClient(t, s, Glimpse)
			c.login("", "", "", "1")
			if f == Silence || f == Mute {
				time.Sleep(20 * time.Millisecond)
				c.conn.(*net.TCPConn).CloseWrite()
			}
			l := c.until(3)
			honest := spin(t, s)
			k, msgs, want := kinds(l), data(l), data(honest)
			n := len(msgs)
			prefix := n < len(want) && equal(msgs, want[:n])
			accepted := len(l) > 0 && l[0].kind == 'A' && bytes.Equal(l[0].payload, honest[0].payload)
			g := readSpin(msgs)
			number := func(x uint64) bool { return g.next == fmt.Sprintf("%020d", x) }
			body := func() bool { return n == len(want) && equal(msgs[:n-1], want[:n-1]) }
			ok := false
			switch f {
			case Refuse:
				ok = k == "J" && string(l[0].payload) == "A"
			case Silence:
				ok = k == ""
			case Late, Split:
				ok = accepted && equal(msgs, want)
			case Hole:
				ok = accepted && n == len(want)-1 && number(next)
			case Duplicate:
				ok = accepted && n == len(want)+1 && number(next)
			case Shuffle:
				ok = accepted && n == len(want) && !body() && number(next) && sameSet(msgs, want)
			case Lie:
				ok = accepted && n == len(want) && !body() && number(next) && !sameSet(msgs, want)
			case WrongSession:
				ok = !accepted && string(l[0].payload[:10]) == "0000000002" && equal(msgs, want)
			case WrongRange:
				ok = !accepted && l[0].kind == 'A' && equal(msgs, want)
			case OffByOne:
				ok = accepted && body() && number(next-1)
			case Behind:
				ok = accepted && body() && number(next-1000)
			case Ahead:
				ok = accepted && body() && number(next+1000)
			case Stale:
				b := newITCHBooks()
				for i, m := range day.messages()[:next-1001] {
					b.add(uint64(i+1), &unit{bytes: m})
				}
				ok = accepted && number(next-1000) && next > 2000 && !equal(msgs, want) && len(b.orders) == g.adds && g.bad == ""
			case BadLength:
				ok = accepted && !equal(msgs, want)
			case EndOfSession:
				ok = accepted && prefix && strings.HasSuffix(k, "Z")
			case RejectLate:
				ok = accepted && prefix && strings.HasSuffix(k, "J")
			case Stall, Mute:
				ok = accepted && prefix && g.next == ""
			case Disconnect:
				ok = accepted && prefix && strings.HasSuffix(k, "x")
			case NoAck:
				ok = equal(msgs, want) && !strings.Contains(k, "A")
			case DataFirst:
				ok = equal(msgs, want) && strings.HasPrefix(k, "SAS")
			case NoEnd:
				ok = accepted && g.next == "" && equal(msgs, want[:len(want)-1])
			case NoDirectory:
				ok = accepted && len(g.directory) == 0 && g.adds > 0 && n == len(want)-6
			default:
				t.Errorf("%s: no check", f)
			}
			if !ok {
				t.Errorf("%s: %d of %d messages, frames %.40s, G%s, next is %d, %s", f, n, len(want), k, g.next, next, g.bad)
			}
			if g := readSpin(want); g.bad != "" || g.next != fmt.Sprintf("%020d", next) {
				t.Errorf("%s: and the next spin is not honest: %s", f, g.bad)
			}
			s.Close()
		}
	}
}

func sameSet(a, b [][]byte) bool {
	sorted := func(l [][]byte) [][]byte { l = slices.Clone(l); slices.SortFunc(l, bytes.Compare); return l }
	return equal(sorted(a), sorted(b))
}
