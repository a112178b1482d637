package venuesim

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

func cmeDay(t *testing.T, seed uint64) *truth {
	return simulate(t, sim.Config{Seed: seed, Encoding: sim.MDP3, Messages: 4000, Symbols: 5, LiveOrders: 600, Channel: 310})
}

// sbe is a message of a packet, read by the table.
type sbe struct {
	template int
	root     []byte
	rest     []byte
}

func readPacketMDP(b []byte) (number uint32, list []sbe) {
	le := binary.LittleEndian
	number = le.Uint32(b)
	for b = b[12:]; len(b) >= 10 && int(le.Uint16(b)) <= len(b) && le.Uint16(b) >= 10; b = b[le.Uint16(b):] {
		block := int(le.Uint16(b[2:]))
		list = append(list, sbe{int(le.Uint16(b[4:])), b[10 : 10+block], b[10+block : le.Uint16(b)]})
	}
	return number, list
}

// entries are those of the first group behind a root.
func (m *sbe) entries() (list [][]byte) {
	block, n := int(binary.LittleEndian.Uint16(m.rest)), int(m.rest[2])
	for i := range n {
		list = append(list, m.rest[3+i*block:3+(i+1)*block])
	}
	return list
}

// cycleGot is one cycle of the snapshot loop, as its reader has it.
type cycleGot struct {
	numbers []uint32
	totals  map[uint32]bool
	books   map[int32]*bookGot
	bad     string
	raw     [][]byte
}

// bookGot is an instrument of the loop.
type bookGot struct {
	last      map[uint32]bool
	rptSeq    uint32
	status    byte
	levels    [2][]sim.Level // without orders
	counts    [2][]int
	figures   map[byte]int64
	volume    int32
	chunks    int // of how many
	got       []int
	orders    [2][]sim.Order
	prices    [2][]int64
	lastSides string
}

func readCycle(packets [][]byte) *cycleGot {
	le := binary.LittleEndian
	c := &cycleGot{totals: map[uint32]bool{}, books: map[int32]*bookGot{}, raw: packets}
	for _, b := range packets {
		number, list := readPacketMDP(b)
		c.numbers = append(c.numbers, number)
		for i := range list {
			m := &list[i]
			if m.template != 52 && m.template != 53 {
				c.bad += fmt.Sprintf("template %d; ", m.template)
				continue
			}
			last, total, id := le.Uint32(m.root), le.Uint32(m.root[4:]), int32(le.Uint32(m.root[8:]))
			c.totals[total] = true
			g := c.books[id]
			if g == nil {
				g = &bookGot{last: map[uint32]bool{}, figures: map[byte]int64{}}
				c.books[id] = g
			}
			g.last[last] = true
			if m.template == 53 {
				g.chunks, g.got = int(le.Uint32(m.root[12:])), append(g.got, int(le.Uint32(m.root[16:])))
				for _, e := range m.entries() {
					side := e[28] - '0'
					if side > 1 {
						c.bad += "a side that is none; "
						continue
					}
					g.orders[side] = append(g.orders[side], sim.Order{ID: le.Uint64(e), Priority: le.Uint64(e[8:]), Qty: le.Uint32(e[24:])})
					g.prices[side] = append(g.prices[side], int64(le.Uint64(e[16:])))
					g.lastSides += string(e[28])
				}
				continue
			}
			g.rptSeq, g.status = le.Uint32(m.root[12:]), m.root[34]
			if len(m.root) != 59 {
				c.bad += "a root of another size; "
			}
			for _, e := range m.entries() {
				price, size, orders := int64(le.Uint64(e)), int32(le.Uint32(e[8:])), int32(le.Uint32(e[12:]))
				switch kind := e[21]; kind {
				case '0', '1':
					if int(e[16]) != len(g.levels[kind-'0'])+1 {
						c.bad += "levels are not in order; "
					}
					g.levels[kind-'0'] = append(g.levels[kind-'0'], sim.Level{Price: price, Qty: uint64(size)})
					g.counts[kind-'0'] = append(g.counts[kind-'0'], int(orders))
				case 'e':
					g.volume = size
					if price != math.MaxInt64 {
						c.bad += "a volume with a price; "
					}
				default:
					g.figures[kind] = price
				}
			}
		}
	}
	return c
}

// whole says that nothing is missing, by what the cycle says of itself.
func (c *cycleGot) whole() bool {
	for i, n := range c.numbers {
		if n != uint32(i+1) {
			return false
		}
	}
	if c.bad != "" || len(c.totals) != 1 || !c.totals[uint32(len(c.books))] {
		return false
	}
	for _, g := range c.books {
		if len(g.last) != 1 || len(g.got) != g.chunks {
			return false
		}
		for i, k := range g.got {
			if k != i+1 {
				return false
			}
		}
	}
	return true
}

// differs says where the cycle is not the market's truth.
func (c *cycleGot) differs(b *sim.Books, depth int) string {
	active := 0
	for i := range b.Instruments {
		in := &b.Instruments[i]
		g := c.books[int32(in.Key)]
		if in.Counts.Adds+in.Counts.Trades == 0 {
			if g != nil {
				return in.Symbol + " is told, though nothing happened in it"
			}
			continue
		}
		active++
		if g == nil {
			return in.Symbol + " is not told"
		}
		if want := map[string]byte{"trading": 17, "halted": 2, "quoting": 21}[in.State]; g.status != want {
			return fmt.Sprintf("%s: status %d, want %d", in.Symbol, g.status, want)
		}
		if g.volume != int32(in.Counts.Volume) {
			return fmt.Sprintf("%s: volume %d, want %d", in.Symbol, g.volume, in.Counts.Volume)
		}
		for side, want := range [][]sim.Level{in.Bids, in.Asks} {
			var orders []sim.Order
			var prices []int64
			for k, l := range want {
				if k < depth && (k >= len(g.levels[side]) || g.levels[side][k].Price != l.Price || g.levels[side][k].Qty != l.Qty || g.counts[side][k] != len(l.Orders)) {
					return fmt.Sprintf("%s: level %d of side %d: %+v, want %+v", in.Symbol, k, side, g.levels[side], l)
				}
				for _, o := range l.Orders {
					orders = append(orders, o)
					prices = append(prices, l.Price)
				}
			}
			if len(g.levels[side]) != min(depth, len(want)) {
				return fmt.Sprintf("%s: %d levels", in.Symbol, len(g.levels[side]))
			}
			if !slices.Equal(g.orders[side], orders) || !slices.Equal(g.prices[side], prices) {
				return fmt.Sprintf("%s: orders of side %d:\n%v, want\n%v", in.Symbol, side, g.orders[side], orders)
			}
		}
	}
	if active != len(c.books) {
		return "an instrument that is none"
	}
	return ""
}

// rptSeqs counts the entries that carry a RptSeq, by instrument: the simulated venue numbers them without a hole.
func (d *truth) rptSeqs(upTo uint64) map[int32]uint32 {
	le, n := binary.LittleEndian, map[int32]uint32{}
	for i := range d.datagrams {
		if d.datagrams[i].Seq > upTo {
			break
		}
		_, list := readPacketMDP(d.datagrams[i].Payload)
		for k := range list {
			at, is := map[int]int{37: 4, 46: 12, 48: 12, 51: 8}[list[k].template]
			if is {
				for _, e := range list[k].entries() {
					n[int32(le.Uint32(e[at:]))]++
				}
			}
		}
	}
	return n
}

// loopRig is a server of loops that go to sockets of the test.
type loopRig struct {
	*Server
	in *udpClient
}

func startLoop(t *testing.T, day *truth, name Service, cfg Config) *loopRig {
	t.Helper()
	in := newUDPClient(t)
	_ = in.conn.SetReadBuffer(4 << 20)
	at := in.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	cfg.Services = []Service{name}
	cfg.SnapshotGroups, cfg.DefinitionGroups = []netip.AddrPort{at}, []netip.AddrPort{at}
	cfg.LoopRate = 100_000
	return &loopRig{Server: day.start(t, cfg), in: in}
}

// cycles waits for n cycles to be sent and returns all packets, in order of their cycles.
func (r *loopRig) packets(t *testing.T, cycles uint64) (list [][]byte) {
	t.Helper()
	eventually(t, "the cycles", func() bool { return r.Counts()[0].Requests >= cycles })
	n := r.Counts()[0].Answers
	for uint64(len(list)) < n {
		list = append(list, r.in.receive())
	}
	return list
}

// apart cuts packets into cycles where a number 1 comes.
func cutCycles(list [][]byte) (cycles [][][]byte) {
	for _, b := range list {
		if n, _ := readPacketMDP(b); n == 1 || len(cycles) == 0 {
			cycles = append(cycles, nil)
		}
		cycles[len(cycles)-1] = append(cycles[len(cycles)-1], b)
	}
	return cycles
}

// At any moment of many days the loop is the market's own book, and says the number of the packet that is in it last.
func TestSnapshotLoopIsTheTruth(t *testing.T) {
	for seed := range uint64(3) {
		day := simulate(t, sim.Config{Seed: seed, Encoding: sim.MDP3, Messages: 3000, Symbols: 7, LiveOrders: 700, CheckpointEvery: 431, Depth: 5 + int(seed)*5})
		for i := range day.checkpoints {
			truth := &day.checkpoints[i]
			s := startLoop(t, day, SnapshotLoop, quick())
			day.publish(t, s.Server, truth.LastSeq)
			// The first cycles may have begun while the day was coming.
			had := s.Counts()[0].Requests
			all := cutCycles(s.packets(t, had+3))
			c := readCycle(all[len(all)-2])
			if d := c.differs(truth, day.market.Depth); d != "" || !c.whole() {
				t.Fatalf("seed %d after %d: %s%s, packets %v, totals %v", seed, truth.LastSeq, c.bad, d, c.numbers, c.totals)
			}
			rpt := day.rptSeqs(truth.LastSeq)
			for id, g := range c.books {
				if !g.last[uint32(truth.LastSeq)] || g.rptSeq != rpt[id] {
					t.Fatalf("%d: last %v, want %d; RptSeq %d, want %d", id, g.last, truth.LastSeq, g.rptSeq, rpt[id])
				}
				if !strings.HasPrefix(g.lastSides, "0101") {
					t.Fatalf("orders do not alternate: %s", g.lastSides)
				}
			}
			if several := slices.ContainsFunc(slices.Collect(mapValues(c.books)), func(g *bookGot) bool { return g.chunks > 1 }); !several && i == len(day.checkpoints)-1 {
				t.Error("no instrument has more than one chunk: the test shows less than it says")
			}
			s.Close()
		}
	}
}

func mapValues[K comparable, V any](m map[K]V) func(func(V) bool) {
	return func(yield func(V) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// While packets come the images of one cycle are of different moments, and each is the truth of its own.
func TestSnapshotLoopRunsBesideTheDay(t *testing.T) {
	day := cmeDay(t, 31)
	s := startLoop(t, day, SnapshotLoop, quick())
	go func() {
		for i := range day.datagrams {
			_ = s.Publish(&day.datagrams[i])
		}
	}()
	eventually(t, "the day is over", func() bool { return s.Newest() == day.last() })
	had := s.Counts()[0].Requests
	seen := 0
	for _, packets := range cutCycles(s.packets(t, had+2)) {
		c := readCycle(packets)
		for id, g := range c.books {
			if len(g.last) != 1 || g.chunks == 0 || len(g.got) != g.chunks {
				continue // the cycle that was being sent when the test stopped reading
			}
			for last := range g.last {
				b := newCMEBooks()
				for i := range day.datagrams[:last] {
					b.add(uint64(i+1), &unit{bytes: day.datagrams[i].Payload})
				}
				if !b.whole() && uint64(last) != day.last() {
					t.Fatalf("%d: an image in the middle of an event, after packet %d", id, last)
				}
				i := b.by[id].image()
				if len(i.bids) != len(g.orders[0]) || len(i.asks) != len(g.orders[1]) || i.rptSeq != g.rptSeq {
					t.Fatalf("%d after %d: %d and %d orders, want %d and %d", id, last, len(g.orders[0]), len(g.orders[1]), len(i.bids), len(i.asks))
				}
			}
			if seen++; seen > 40 {
				return
			}
		}
	}
}

// No image is taken while an event is half told.
func TestSnapshotLoopWaitsForTheEvent(t *testing.T) {
	day := simulate(t, sim.Config{Seed: 35, Encoding: sim.MDP3, Messages: 20_000, Symbols: 5, Rate: 1_000_000})
	b := newCMEBooks()
	half := 0 // the first packet that ends in the middle of an event
	for i := range day.datagrams {
		if b.add(uint64(i+1), &unit{bytes: day.datagrams[i].Payload}); !b.whole() {
			half = i + 1
			break
		}
	}
	if half == 0 {
		t.Fatal("no event lies in two packets: the test shows nothing")
	}
	var mu sync.Mutex
	var last []uint32
	cfg := quick()
	cfg.Services = []Service{SnapshotLoop}
	cfg.LoopRate = 1_000_000
	cfg.Transmit = func(_ netip.AddrPort, b []byte) error {
		_, ms := readPacketMDP(b)
		mu.Lock()
		last = append(last, binary.LittleEndian.Uint32(ms[0].root))
		mu.Unlock()
		return nil
	}
	s := day.start(t, cfg)
	for i := range half {
		if err := s.Publish(&day.datagrams[i]); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond) // cycles enough, were they not to wait
	if err := s.Publish(&day.datagrams[half]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loop goes on", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(last, uint32(half+1))
	})
	if slices.Contains(last, uint32(half)) {
		t.Errorf("an image after packet %d, in the middle of an event", half)
	}
}

// Every definition comes in every cycle, as it was sent, with how many there are.
func TestDefinitionLoop(t *testing.T) {
	day := simulate(t, sim.Config{Seed: 32, Encoding: sim.MDP3, Messages: 500, Symbols: 23})
	s := startLoop(t, day, DefinitionLoop, quick())
	day.publish(t, s.Server, all)
	had := s.Counts()[0].Requests
	cycles := cutCycles(s.packets(t, had+3))
	sent := map[int32][]byte{}
	for i := range day.datagrams {
		_, list := readPacketMDP(day.datagrams[i].Payload)
		for _, m := range list {
			if m.template == 54 {
				sent[int32(binary.LittleEndian.Uint32(m.root[55:]))] = append(bytes.Clone(m.root), m.rest...)
			}
		}
	}
	got := 0
	for i, packet := range cycles[len(cycles)-2] {
		number, list := readPacketMDP(packet)
		if number != uint32(i+1) || len(packet) > 1400 || len(list) < 2 {
			t.Errorf("packet %d has number %d, %d bytes", i+1, number, len(packet))
		}
		for _, m := range list {
			got++
			id := int32(binary.LittleEndian.Uint32(m.root[55:]))
			if binary.LittleEndian.Uint32(m.root[1:]) != 23 || !bytes.Equal(append(bytes.Clone(m.root), m.rest...), sent[id]) {
				t.Errorf("%d is not what was sent", id)
			}
		}
	}
	if got != 23 {
		t.Errorf("%d definitions", got)
	}
}

// Each fault of the loops does what it says, in one cycle; the others are honest.
func TestLoopFaults(t *testing.T) {
	for _, name := range []Service{SnapshotLoop, DefinitionLoop} {
		day := cmeDay(t, 33)
		if name == DefinitionLoop {
			day = simulate(t, sim.Config{Seed: 34, Encoding: sim.MDP3, Messages: 500, Symbols: 23}) // more than a packet holds
		}
		for _, f := range faultsOf(name) {
			honest := startLoop(t, day, name, quick())
			day.publish(t, honest.Server, all)
			had := honest.Counts()[0].Requests
			cs := cutCycles(honest.packets(t, had+3))
			want := cs[len(cs)-2]
			honest.Close()

			cfg := quick()
			cfg.Faults = FaultConfig{Order: []Fault{f}, Seed: rand.Uint64(), SharePPM: 300_000}
			var mu sync.Mutex
			var list [][]byte
			cfg.Transmit = func(_ netip.AddrPort, b []byte) error {
				mu.Lock()
				list = append(list, bytes.Clone(b))
				mu.Unlock()
				return nil
			}
			s := startLoop(t, day, name, cfg)
			day.publish(t, s.Server, all)
			had = s.Counts()[0].Requests
			played := s.Counts()[0].Faults[string(f)]
			eventually(t, "the fault", func() bool { n := s.Counts()[0]; return n.Faults[string(f)] > played+3 && n.Requests > had+8 })
			s.Close()
			good, odd := 0, 0
			last := uint32(day.last())
			for _, packets := range cutCycles(list) {
				if equal(packets, want) {
					good++
					continue
				}
				c := readCycle(packets)
				is := false
				lasts := func(x uint32) bool {
					return !slices.ContainsFunc(slices.Collect(mapValues(c.books)), func(g *bookGot) bool { return !g.last[x] })
				}
				switch f {
				case Hole:
					is = len(packets) == len(want)-1
				case Duplicate:
					is = len(packets) == len(want)+1
				case Shuffle, JoinMiddle, LoopRestarts:
					is = sameSetOrPart(packets, want)
				case Lie:
					is = len(packets) == len(want) && !equal(packets, want)
				case OffByOne:
					is = c.whole() && lasts(last+1)
				case Stale:
					is = c.whole() && !lasts(last) && c.differs(&day.checkpoints[0], 10) != ""
				case Behind:
					is = c.whole() && (lasts(last-1000) || last < 1000 && lasts(0))
				case Ahead:
					is = c.whole() && lasts(last+1000)
				case ChunkLost:
					is = len(packets) == len(want)-1 && !c.whole() && slices.IsSortedFunc(c.numbers, cmp.Compare)
				case TotalChanges:
					is = len(packets) == len(want) && (len(c.totals) == 2 || name == DefinitionLoop)
				}
				if is {
					odd++
				}
			}
			if good == 0 || odd == 0 && f != Silence {
				t.Errorf("%s: %s: %d cycles are honest, %d as ordered, of %d packets", name, f, good, odd, len(list))
			}
		}
	}
}

// sameSetOrPart says that every packet is one of want.
func sameSetOrPart(a, want [][]byte) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(b []byte) bool {
		return !slices.ContainsFunc(want, func(w []byte) bool { return bytes.Equal(b, w) })
	})
}

// fixText writes a client's message: fields between the length and the sum.
func fixText(fields string) []byte {
	b := fmt.Appendf(nil, "9=%d|%s", len(fields), fields)
	b = bytes.ReplaceAll(b, []byte("|"), []byte{1})
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	return fmt.Appendf(b, "10=%03d\x01", sum%256)
}

// replayClient speaks the client's side of the TCP replay.
type replayClient struct {
	t    *testing.T
	conn net.Conn
}

// next is the next frame's packet; nil at the end.
func (c *replayClient) next() []byte {
	var size [2]byte
	if _, err := io.ReadFull(c.conn, size[:]); err != nil {
		return nil
	}
	b := make([]byte, binary.LittleEndian.Uint16(size[:]))
	if n, err := io.ReadFull(c.conn, b); err != nil || len(b) < 12 {
		return b[:n:n][:0]
	}
	return b
}

// talk asks and returns every packet until the end.
func replayTalkOf(t *testing.T, s *Server, first, last uint64) (list [][]byte) {
	conn := dial(t, s, TCPReplay)
	c := &replayClient{t, conn}
	_, _ = conn.Write(append(fixText("35=A|553=user|554=pass|"), fixText(fmt.Sprintf("35=V|1180=310|262=310-1|1182=%d|1183=%d|", first, last))...))
	for {
		b := c.next()
		if b == nil {
			return list
		}
		list = append(list, b)
	}
}

// templates of the packets that hold one message of the session; d for data.
func shape(list [][]byte, day *truth) string {
	var b strings.Builder
	for _, p := range list {
		switch {
		case len(p) == 0:
			b.WriteByte('x')
		default:
			_, ms := readPacketMDP(p)
			if len(ms) == 1 && ms[0].template == 15 {
				b.WriteByte('A')
			} else if len(ms) == 1 && ms[0].template == 16 {
				b.WriteByte('5')
			} else if len(ms) == 1 && ms[0].template == 12 && len(p) == 22 && binary.LittleEndian.Uint32(p) == 2 {
				b.WriteByte('0')
			} else {
				b.WriteByte('d')
			}
		}
	}
	return b.String()
}

func logoutText(b []byte) string {
	_, ms := readPacketMDP(b)
	return strings.TrimRight(string(ms[0].root), "\x00")
}

// The texts of recovery.md §19, byte for byte.
func TestReplayVectors(t *testing.T) {
	soh := func(s string) []byte { return []byte(strings.ReplaceAll(s, "|", "\x01")) }
	logon := soh("9=23|35=A|553=user|554=pass|10=240|")
	request := soh("9=42|35=V|1180=310|262=310-1|1182=100|1183=199|10=136|")
	if !bytes.Equal(logon, fixText("35=A|553=user|554=pass|")) || !bytes.Equal(request, fixText("35=V|1180=310|262=310-1|1182=100|1183=199|")) {
		t.Fatal("the test's own client writes other texts")
	}
	day := cmeDay(t, 41)
	cfg := quick()
	cfg.User, cfg.Password = "user", "pass"
	s := day.start(t, cfg)
	day.publish(t, s, all)
	conn := dial(t, s, TCPReplay)
	c := &replayClient{t, conn}
	if _, err := conn.Write(logon); err != nil {
		t.Fatal(err)
	}
	if b := c.next(); !bytes.Equal(b[:4], []byte{1, 0, 0, 0}) || !bytes.Equal(b[12:], unhex(t, "0b00 0100 0f00 0100 0c00 1e")) {
		t.Fatalf("logon %x", b)
	}
	for _, b := range request { // a stream: the request comes in pieces
		if _, err := conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	for n := 100; n <= 199; n++ {
		if b := c.next(); !bytes.Equal(b, day.datagrams[n-1].Payload) {
			t.Fatalf("packet %d is not the day's: %x", n, b)
		}
	}
	b := c.next()
	if _, ms := readPacketMDP(b); ms[0].template != 16 || len(ms[0].root) != 180 || logoutText(b) != "" {
		t.Errorf("the end is %x", b)
	}
	if c.next() != nil {
		t.Error("something after the logout")
	}
}

// What is wrong with a request is said in a logout, and counted.
func TestReplayIsStrict(t *testing.T) {
	day := cmeDay(t, 42)
	cfg := quick()
	cfg.User, cfg.Password, cfg.LoginWait = "user", "pass", time.Second
	s := day.start(t, cfg)
	day.publish(t, s, 150)
	logon := string(fixText("35=A|553=user|554=pass|"))
	v := func(fields string) string { return logon + string(fixText("35=V|"+fields)) }
	for why, text := range map[string]string{
		"malformed_fix":      "GET / HTTP/1.0\r\n\r\n",
		"not_logged_on":      string(fixText("35=V|1180=310|262=1|1182=1|1183=2|")),
		"not_authorised":     string(fixText("35=A|553=user|554=word|")),
		"not_a_request":      logon + logon,
		"other_channel":      v("1180=311|262=1|1182=1|1183=2|"),
		"no_request_id":      v("1180=310|1182=1|1183=2|"),
		"bad_range":          v("1180=310|262=1|1182=3|1183=2|"),
		"too_many_packets":   v("1180=310|262=1|1182=1|1183=2001|"),
		"not_sent_yet":       v("1180=310|262=1|1182=1000|1183=1001|"),
		"no_logon_in_time":   "",
		"no_request_in_time": logon,
	} {
		conn := dial(t, s, TCPReplay)
		_, _ = conn.Write([]byte(text))
		c := &replayClient{t, conn}
		var last []byte
		n := 0
		for b := c.next(); b != nil; b = c.next() {
			last = b
			n++
		}
		timeout := strings.HasSuffix(why, "in_time")
		if !timeout && (n == 0 || logoutText(last) == "") || n > 2 {
			t.Errorf("%s: %d packets, the last %x", why, n, last)
		}
		if reasons(s, TCPReplay)[why] != 1 {
			t.Errorf("%s is not counted: %v", why, reasons(s, TCPReplay))
		}
	}
	for _, bad := range []string{"9=5|35=A|10=000|", "9=x|35=A|", "8=FIX|9=5|35=A|10=1|", "9=6|35=A||10=226|", "9=5|34=A|10=213|", "9=99999999999999999999|"} {
		conn := dial(t, s, TCPReplay)
		_, _ = conn.Write([]byte(strings.ReplaceAll(bad, "|", "\x01")))
		if b := (&replayClient{t, conn}).next(); b == nil || !strings.HasPrefix(logoutText(b), "Malformed") {
			t.Errorf("%s: %x", bad, b)
		}
	}
	// A range that ends in the future is answered as far as it was sent, and then over.
	list := replayTalkOf(t, s, 149, 160)
	if got := shape(list, day); got != "Add5" {
		t.Errorf("%s", got)
	}
	// Leaving without a request.
	conn := dial(t, s, TCPReplay)
	_, _ = conn.Write(append(fixText("35=A|553=user|554=pass|"), fixText("35=5|")...))
	c := &replayClient{t, conn}
	if got := shape([][]byte{c.next(), c.next()}, day); got != "A5" {
		t.Errorf("%s", got)
	}
}

// Each fault of the replay does what it says, and the next connection is honest.
func TestReplayFaults(t *testing.T) {
	day := cmeDay(t, 43)
	const first, last = 40, 55
	var want [][]byte
	for n := first; n <= last; n++ {
		want = append(want, day.datagrams[n-1].Payload)
	}
	for _, f := range faultsOf(TCPReplay) {
		for range 4 {
			cfg := quick()
			cfg.Services = []Service{TCPReplay}
			cfg.ClientSilence = time.Second / 4
			cfg.Faults = once(f, rand.Uint64())
			s := day.start(t, cfg)
			day.publish(t, s, all)
			list := replayTalkOf(t, s, first, last)
			got := shape(list, day)
			var data [][]byte
			for i, b := range list {
				if got[i] == 'd' {
					data = append(data, b)
				}
			}
			n := len(data)
			prefix := n < len(want) && equal(data, want[:n])
			end := func(s string) bool { return strings.HasPrefix(got, "A") && strings.HasSuffix(got, s) }
			ok := false
			switch f {
			case Refuse:
				ok = got == "5" && logoutText(list[0]) != ""
			case Silence:
				ok = got == ""
			case Late, Split:
				ok = end("d5") && equal(data, want)
			case OnlyHeartbeat:
				ok = got == "A05"
			case Half:
				ok = end("d5") && prefix && n == 8
			case RejectLate:
				ok = end("d5") && prefix && n == 8 && logoutText(list[len(list)-1]) != ""
			case Hole:
				ok = end("d5") && n == 12
			case Duplicate:
				ok = end("d5") && n == 32 && equal(data[16:], want)
			case Shuffle:
				ok = end("d5") && n == 16 && !equal(data, want) && sameSet(data, want)
			case WrongRange:
				ok = end("d5") && n == 16 && bytes.Equal(data[0], day.datagrams[last].Payload)
			case OffByOne:
				ok = end("d5") && n == 16 && equal(data[:15], want[1:])
			case Lie:
				ok = end("d5") && n == 16 && !equal(data, want)
			case FarFuture:
				ok = end("d5") && n == 16 && binary.LittleEndian.Uint32(data[0]) == first+1_000_000_000 && bytes.Equal(data[0][4:], want[0][4:])
			case BadLength:
				ok = strings.HasPrefix(got, "A") && !equal(data, want)
			case Stall:
				ok = end("d") && prefix && n == 8
			case Disconnect:
				ok = end("dx") && prefix && n == 8
			case NoAck:
				ok = equal(data, want) && !strings.Contains(got, "A") && strings.HasSuffix(got, "5")
			case DataFirst:
				ok = strings.HasPrefix(got, "dAd") && equal(data[1:], want)
			case NoEnd:
				ok = end("d") && equal(data, want)
			case Quota:
				ok = got == "A5" && strings.Contains(logoutText(list[1]), "limit")
			default:
				t.Errorf("%s: no check", f)
			}
			if !ok {
				t.Errorf("%s: %s, %d packets", f, got, n)
			}
			if list := replayTalkOf(t, s, first, last); shape(list, day) != "A"+strings.Repeat("d", 16)+"5" || !equal(list[1:17], want) {
				t.Errorf("%s: and the next talk is not honest", f)
			}
			s.Close()
		}
	}
}

// A day of which both lines lose 0.5 % is whole again by asking.
func TestReplayHealsADay(t *testing.T) {
	day := cmeDay(t, 44)
	s := day.start(t, quick())
	day.publish(t, s, all)
	lossy := newLossy(t, day)
	got := make([][]byte, day.last()+1)
	for i := range day.datagrams {
		if err := lossy.wire.Send(&day.datagrams[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := lossy.wire.Close(); err != nil {
		t.Fatal(err)
	}
	for _, b := range lossy.payloads {
		got[binary.LittleEndian.Uint32(b)] = b
	}
	if len(lossy.wire.LostOnAll()) == 0 {
		t.Fatal("nothing was lost: the test shows nothing")
	}
	for _, r := range lossy.wire.LostOnAll() {
		for _, b := range replayTalkOf(t, s, r.First, r.First+r.Count-1) {
			if _, ms := readPacketMDP(b); ms[0].template != 15 && ms[0].template != 16 {
				got[binary.LittleEndian.Uint32(b)] = b
			}
		}
	}
	for i := range day.datagrams {
		if !bytes.Equal(day.datagrams[i].Payload, got[i+1]) {
			t.Fatalf("packet %d is not the day's", i+1)
		}
	}
}
