package venuesim

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// snapClient speaks the client's side of SNAP.
type snapClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func newSnapClient(t *testing.T, s *Server) *snapClient {
	conn := dial(t, s, Snap)
	return &snapClient{t, conn, bufio.NewReader(conn)}
}

func snapAsk(token string, channel, session uint32, minimum int64) []byte {
	le := binary.LittleEndian
	b := fmt.Appendf([]byte{57, 0, 'r'}, "%-40s", token)
	b = le.AppendUint32(b, channel)
	b = le.AppendUint32(b, session)
	return le.AppendUint64(b, uint64(minimum))
}

// next is the next frame whole; nil at the end, shorter than it says where it is cut.
func (c *snapClient) next() []byte {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return nil
	}
	b := make([]byte, 2+int(binary.LittleEndian.Uint16(head[:])))
	copy(b, head[:])
	n, _ := io.ReadFull(c.in, b[2:])
	return b[:2+n]
}

// answer reads up to an x or an e, or the end.
func (c *snapClient) answer() (list [][]byte) {
	for {
		b := c.next()
		if b == nil {
			return list
		}
		list = append(list, b)
		if len(b) > 2 && (b[2] == 'x' || b[2] == 'e') {
			return list
		}
	}
}

// image is what a snapshot told.
type image struct {
	shape    string // types of frames
	total    uint64
	bytes    uint64
	last     uint64
	sessions map[uint32]bool
	msgs     [][]byte
	seqs     []uint64
	bad      string
	states   map[string]byte
	listed   map[string]bool
	orders   map[string][2][]orderGot // by symbol and side
	levels   map[string][2][]sim.Level
}

type orderGot struct {
	sim.Order
	price int64
	time  uint64
}

func readImage(frames [][]byte) *image {
	le := binary.LittleEndian
	g := &image{sessions: map[uint32]bool{}, states: map[string]byte{}, listed: map[string]bool{}, orders: map[string][2][]orderGot{}, levels: map[string][2][]sim.Level{}}
	for _, b := range frames {
		g.bytes += uint64(len(b))
		if len(b) != 2+int(le.Uint16(b)) {
			g.shape += "!"
			continue
		}
		g.shape += string(b[2])
		switch b[2] {
		case 's':
			g.total = le.Uint64(b[3:])
		case 'x':
			g.last = le.Uint64(b[3:])
		case 'd':
			inner := int(le.Uint16(b[45:]))
			payload, block := int(le.Uint16(b[15:])), int(le.Uint16(b[43:]))
			if b[3] != 1 || le.Uint16(b[17:]) != 1 || block != inner+2 || payload != inner+4 || len(b) != 47+inner {
				g.bad += fmt.Sprintf("lengths %d %d %d of %d; ", payload, block, inner, len(b))
				continue
			}
			g.sessions[le.Uint32(b[11:])] = true
			g.seqs = append(g.seqs, le.Uint64(b[27:]))
			g.msgs = append(g.msgs, b[47:])
			g.message(b[47:])
		}
	}
	return g
}

func (g *image) message(m []byte) {
	le := binary.LittleEndian
	if m[0] == 'S' {
		return
	}
	symbol := strings.TrimRight(string(m[10:18]), " ")
	switch m[0] {
	case 'D':
		g.listed[symbol] = true
	case 'H':
		g.states[symbol] = m[1]
	case 'a', '8', '5':
		if !g.listed[symbol] {
			g.bad += "an instrument without its directory; "
		}
		kind := m[0]
		if kind == 'a' {
			kind = m[1]
		} else if m[1] != 1 {
			g.bad += "a level in the middle of an event; "
		}
		side := map[byte]int{'8': 0, '5': 1}[kind]
		if m[0] == 'a' {
			pair := g.orders[symbol]
			pair[side] = append(pair[side], orderGot{sim.Order{ID: le.Uint64(m[18:]), Qty: le.Uint32(m[26:])}, int64(le.Uint64(m[30:])) * 100_000, le.Uint64(m[2:])})
			g.orders[symbol] = pair
			return
		}
		pair := g.levels[symbol]
		pair[side] = append(pair[side], sim.Level{Price: int64(le.Uint64(m[22:])) * 100_000, Qty: uint64(le.Uint32(m[18:]))})
		g.levels[symbol] = pair
	}
}

// book puts a side together: orders by their own time.
func (g *image) book(symbol string, side int, e sim.Encoding) (list []sim.Level) {
	better := func(a, b int64) int {
		if side == 0 {
			a, b = b, a
		}
		return cmp.Compare(a, b)
	}
	if e == sim.Deep {
		list = slices.Clone(g.levels[symbol][side])
		slices.SortFunc(list, func(a, b sim.Level) int { return better(a.Price, b.Price) })
		return list
	}
	orders := slices.Clone(g.orders[symbol][side])
	slices.SortFunc(orders, func(a, b orderGot) int { return cmp.Or(better(a.price, b.price), cmp.Compare(a.time, b.time)) })
	for _, o := range orders {
		if n := len(list); n == 0 || list[n-1].Price != o.price {
			list = append(list, sim.Level{Price: o.price})
		}
		l := &list[len(list)-1]
		l.Qty += uint64(o.Qty)
		l.Orders = append(l.Orders, o.Order)
	}
	return list
}

func (g *image) differs(b *sim.Books) string {
	for i := range b.Instruments {
		in := &b.Instruments[i]
		if want := map[string]byte{"trading": 'T', "halted": 'H', "quoting": 'O'}[in.State]; g.states[in.Symbol] != want {
			return fmt.Sprintf("%s is %c, want %c", in.Symbol, g.states[in.Symbol], want)
		}
		for side, want := range [][]sim.Level{in.Bids, in.Asks} {
			got := g.book(in.Symbol, side, b.Encoding)
			same := func(a, b sim.Level) bool { return a.Price == b.Price && a.Qty == b.Qty }
			if b.Encoding == sim.DeepPlus {
				same = sameLevel
			}
			if !slices.EqualFunc(got, want, same) {
				return fmt.Sprintf("side %d of %s:\n%v, want\n%v", side, in.Symbol, got, want)
			}
		}
	}
	return ""
}

// The bytes of recovery.md §19: a request, the quota's refusal, the end at 44130.
func TestSnapVectors(t *testing.T) {
	request := append(append(unhex(t, "39 00 72"), fmt.Sprintf("%-40s", "token")...), unhex(t, "01 00 00 00 f0 81 18 4b d4 01 00 00 00 00 00 00")...)
	if !bytes.Equal(request, snapAsk("token", 1, 0x4b1881f0, 468)) || len(request) != 59 {
		t.Fatal("the test's own client writes another request")
	}
	day := simulate(t, sim.Config{Seed: 61, Encoding: sim.DeepPlus, Messages: 44_200, SessionID: 0x4b1881f0})
	cfg := quick()
	cfg.SnapQuota, cfg.Token = 1, "token"
	s := day.start(t, cfg)
	msgs, _ := day.iexMessages()
	if err := s.today().add(1, units(msgs[:44130]), 1, false); err != nil {
		t.Fatal(err)
	}
	c := newSnapClient(t, s)
	if _, err := c.conn.Write(request); err != nil {
		t.Fatal(err)
	}
	list := c.answer()
	g := readImage(list)
	if !strings.HasPrefix(g.shape, "sd") || g.total != g.bytes || g.bad != "" {
		t.Errorf("%.20s, %d bytes announced, %d came, %s", g.shape, g.total, g.bytes, g.bad)
	}
	if want := unhex(t, "09 00 78 62 ac 00 00 00 00 00 00"); !bytes.Equal(list[len(list)-1], want) {
		t.Errorf("the end is %x", list[len(list)-1])
	}
	if _, err := c.conn.Write(request); err != nil {
		t.Fatal(err)
	}
	if got, want := c.answer(), unhex(t, "02 00 65 51"); !bytes.Equal(got[0], want) {
		t.Errorf("quota: %x", got)
	}
}

// At any moment of many days the snapshot is the market's own book.
func TestSnapIsTheTruth(t *testing.T) {
	for seed := range uint64(4) {
		for _, e := range []sim.Encoding{sim.Deep, sim.DeepPlus} {
			day := simulate(t, sim.Config{Seed: seed, Encoding: e, Messages: 3000, Symbols: 7, CheckpointEvery: 211})
			s := day.start(t, quick())
			c := newSnapClient(t, s)
			msgs, _ := day.iexMessages()
			for i := range day.checkpoints {
				truth := &day.checkpoints[i]
				day.publish(t, s, truth.LastSeq)
				_, _ = c.conn.Write(snapAsk("anyone", 1, 1_000_000_000, int64(truth.LastSeq)))
				g := readImage(c.answer())
				if d := g.differs(truth); d != "" || g.bad != "" || g.last != truth.LastSeq || g.total != g.bytes {
					t.Fatalf("%s, seed %d after %d: %s%s, last %d", e, seed, truth.LastSeq, g.bad, d, g.last)
				}
				for k, m := range g.msgs {
					if live := msgs[g.seqs[k]-1]; m[0] != 'S' && !bytes.Equal(live[10:18], m[10:18]) {
						t.Fatalf("%c tells number %d, which is another symbol's", m[0], g.seqs[k])
					}
				}
			}
		}
	}
}

// DEEP is never told in the middle of an event.
func TestSnapWaitsForTheEvent(t *testing.T) {
	day := iexDay(t, sim.Deep, 62)
	s := day.start(t, quick())
	msgs, _ := day.iexMessages()
	at := slices.IndexFunc(msgs, func(m []byte) bool { return (m[0] == '8' || m[0] == '5') && m[1] == 0 })
	if at < 0 {
		t.Fatal("no event of two levels")
	}
	if err := s.today().add(1, units(msgs[:at+1]), 1, false); err != nil {
		t.Fatal(err)
	}
	c := newSnapClient(t, s)
	_, _ = c.conn.Write(snapAsk("", 1, 0x42870000, 0))
	eventually(t, "the request", func() bool { return s.Counts()[2].Requests == 1 })
	if err := s.today().add(uint64(at+2), units(msgs[at+1:at+2]), 1, false); err != nil {
		t.Fatal(err)
	}
	if g := readImage(c.answer()); g.last != uint64(at+2) || msgs[at+1][1] != 1 {
		t.Errorf("last %d, want %d", g.last, at+2)
	}
}

// What is wrong is answered with the code that says so; the connection goes on.
func TestSnapIsStrict(t *testing.T) {
	day := iexDay(t, sim.DeepPlus, 63)
	cfg := quick()
	cfg.Token, cfg.SnapIdle = "secret", time.Second
	s := day.start(t, cfg)
	day.publish(t, s, 1000)
	newest := int64(s.Newest())
	c := newSnapClient(t, s)
	for _, k := range []struct {
		b    []byte
		code byte
		why  string
	}{
		{snapAsk("wrong", 1, 0x42870000, 0), 'A', "not_authorised"},
		{snapAsk("secret", 2, 0x42870000, 0), 'C', "other_channel"},
		{snapAsk("secret", 1, 0x42870001, 0), 'S', "other_session"},
		{snapAsk("secret", 1, 0x42870000, newest+1), 'R', "not_sent_yet"},
		{snapAsk("secret", 1, 0x42870000, -1), 'R', "not_sent_yet"},
		{[]byte{1, 0, 'q'}, 'U', "unknown_message"},
		{[]byte{2, 0, 'r', 'x'}, 'U', "unknown_message"},
	} {
		before := reasons(s, Snap)[k.why]
		_, _ = c.conn.Write(k.b)
		if got := c.answer(); len(got) != 1 || !bytes.Equal(got[0], []byte{2, 0, 'e', k.code}) || reasons(s, Snap)[k.why] != before+1 {
			t.Errorf("%s: %x, %v", k.why, got, reasons(s, Snap))
		}
	}
	_, _ = c.conn.Write(snapAsk("secret", 1, 0x42870000, newest))
	if g := readImage(c.answer()); g.last != uint64(newest) || g.bad != "" {
		t.Errorf("after all that: %+v", g)
	}
	if c.next() != nil {
		t.Error("idle, and not closed")
	}
	eventually(t, "idle", func() bool { return reasons(s, Snap)["idle"] == 1 })
	c = newSnapClient(t, s)
	_, _ = c.conn.Write([]byte{9, 0, 'r'})
	_ = c.conn.(*net.TCPConn).CloseWrite()
	if c.next() != nil {
		t.Error("a cut frame is answered")
	}
	eventually(t, "cut", func() bool { return reasons(s, Snap)["frame_is_cut"] == 1 })
}

// Each fault of the snapshot does what it says, and the next one is honest.
func TestSnapFaults(t *testing.T) {
	for _, e := range []sim.Encoding{sim.Deep, sim.DeepPlus} {
		day := simulate(t, sim.Config{Seed: 64, Encoding: e, Messages: 4000, Symbols: 6, SessionID: 0x42870000})
		ask := snapAsk("", 1, 0x42870000, 0)
		for _, f := range faultsOf(Snap) {
			for range 4 {
				cfg := quick()
				cfg.Services = []Service{Snap}
				cfg.Faults = once(f, rand.Uint64())
				s := day.start(t, cfg)
				day.publish(t, s, all)
				last := s.Newest()
				c := newSnapClient(t, s)
				_, _ = c.conn.Write(ask)
				if f == Silence || f == Stall {
					_ = c.conn.(*net.TCPConn).CloseWrite()
				}
				list := c.answer()
				g := readImage(list)
				c = newSnapClient(t, s)
				_, _ = c.conn.Write(ask)
				honest := c.answer()
				want := readImage(honest)
				n := len(g.msgs)
				body := func() bool { return g.bad == "" && equal(g.msgs, want.msgs) }
				prefix := n < len(want.msgs) && equal(g.msgs, want.msgs[:n])
				code := func(k byte) bool { return g.shape == "e" && list[0][3] == k }
				sound := strings.HasPrefix(g.shape, "sd") && strings.HasSuffix(g.shape, "dx") && g.total == g.bytes
				ok := false
				switch f {
				case Refuse:
					ok = code('A')
				case Quota:
					ok = code('Q')
				case NotYet:
					ok = code('R')
				case Active:
					ok = code('E')
				case Silence:
					ok = g.shape == ""
				case Late, Split:
					ok = sound && equal(list, honest)
				case Hole:
					ok = sound && n == len(want.msgs)-1
				case Duplicate:
					ok = sound && n == len(want.msgs)+1
				case Shuffle:
					ok = sound && !body() && sameSet(g.msgs, want.msgs)
				case Lie:
					ok = sound && n == len(want.msgs) && !sameSet(g.msgs, want.msgs)
				case WrongSession:
					ok = sound && body() && len(g.sessions) == 1 && g.sessions[0x42870001]
				case OffByOne:
					ok = sound && body() && g.last == last+1
				case Behind:
					ok = sound && body() && g.last == last-1000
				case Ahead:
					ok = sound && body() && g.last == last+1000
				case Stale:
					ok = sound && !body() && g.bad == "" && g.last <= last-1000 && g.last > last-1010
				case BadLength:
					ok = g.bad != "" && n == len(want.msgs)-1
				case BadTotal:
					ok = body() && g.total > g.bytes && g.last == last
				case Stall:
					ok = strings.HasSuffix(g.shape, "d") && prefix
				case Disconnect:
					ok = strings.HasSuffix(g.shape, "!") && prefix
				case RejectLate:
					ok = strings.HasSuffix(g.shape, "de") && prefix
				case NoAck:
					ok = body() && !strings.Contains(g.shape, "s") && g.last == last
				case DataFirst:
					ok = body() && strings.HasPrefix(g.shape, "dsd") && g.last == last
				case NoEnd:
					ok = body() && !strings.Contains(g.shape, "x")
				case NoDirectory:
					ok = sound && len(g.listed) == 0 && n == len(want.msgs)-6
				default:
					t.Errorf("%s: no check", f)
				}
				if !ok {
					t.Errorf("%s: %s: %d of %d messages, %.60s…, last %d of %d, %s", e, f, n, len(want.msgs), g.shape, g.last, last, g.bad)
				}
				if d := want.differs(&day.checkpoints[0]); d != "" || want.bad != "" || want.last != last {
					t.Errorf("%s: and the next is not honest: %s%s", f, want.bad, d)
				}
				s.Close()
			}
		}
	}
}

// What a stale service tells is old, but never half an event.
func TestOldBooksAreWhole(t *testing.T) {
	msgs, _ := iexDay(t, sim.Deep, 65).iexMessages()
	d := newDay(sim.Deep, "", 0x42870000, nil)
	moved := false
	for i := range 800 {
		if err := d.add(uint64(i+1), units(msgs[i:i+1]), 1, false); err != nil {
			t.Fatal(err)
		}
		b, at := d.old()
		newest := uint64(i + 1)
		if !b.whole() || at > newest-newest/2 {
			t.Fatalf("the old books of %d are of %d, whole: %v", newest, at, b.whole())
		}
		moved = moved || at < newest-newest/2
	}
	if !moved {
		t.Error("no event was half told at any of these moments: the test shows nothing")
	}
}
