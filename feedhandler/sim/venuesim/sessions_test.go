package venuesim

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// heard is what Play sent, by where it went.
type heard struct {
	mu sync.Mutex
	by map[uint16][][]byte
}

func (h *heard) Send(_ uint32, port uint16, payload []byte, _ *uint64) error {
	h.mu.Lock()
	h.by[port] = append(h.by[port], bytes.Clone(payload))
	h.mu.Unlock()
	return nil
}

func (h *heard) Flush() error { return nil }

// playTwo plays two sessions with clean lines and returns what line A brought.
func playTwo(t *testing.T, cfg sim.Config, services Config) (*Server, [][]byte) {
	t.Helper()
	x, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	services.Market = x.Config()
	s, err := Start(services)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &heard{by: map[uint16][][]byte{}}
	played, err := Play(context.Background(), x, sim.WireConfig{Seed: 1}, s, PlayConfig{Out: h, Sessions: 2})
	if err != nil || played.Sessions != 2 || len(played.Lines) != 2 || played.Packets != 2*played.Datagrams || !equal(h.by[26477], h.by[26478]) {
		t.Fatalf("%v, %+v", err, played)
	}
	return s, h.by[26477]
}

// A new session begins at 1, under another name; the services are the new one's, and the old one's answers come only by order.
func TestSecondSessionOfNasdaq(t *testing.T) {
	cfg := quick()
	cfg.Faults = FaultConfig{Order: []Fault{OldSession}, Times: 1}
	s, line := playTwo(t, sim.Config{Seed: 71, Messages: 2000, Session: "DAY0000009"}, cfg)
	days := map[string][][]byte{}
	for _, b := range line {
		if g := readMold(b); g.count != 0xFFFF {
			days[g.session] = append(days[g.session], g.msgs...)
		}
	}
	old, now := days["DAY0000009"], days["DAY0000010"]
	if len(old) < 2000 || len(now) < 2000 || equal(old[:100], now[:100]) {
		t.Fatalf("%d and %d messages", len(old), len(now))
	}
	c := newUDPClient(t)
	c.send(s.Addr(Mold), moldAsk("DAY0000009", 100, 5)) // a session that is over is not served
	for _, want := range []struct {
		session string
		msgs    [][]byte
	}{{"DAY0000009", old}, {"DAY0000010", now}} { // the fault, then the truth
		c.send(s.Addr(Mold), moldAsk("DAY0000010", 100, 5))
		if g := readMold(c.receive()); g.session != want.session || g.first != 100 || !equal(g.msgs, want.msgs[99:104]) {
			t.Errorf("want %s: %+v", want.session, g)
		}
		p := newSoupClient(t, s, Soup)
		p.login("", "", "", "1")
		if l := p.until(1 << 30); string(l[0].payload[:10]) != want.session || !equal(data(l), want.msgs) || l[len(l)-1].kind != 'Z' {
			t.Errorf("soup: want %s, %d messages: %q, %d", want.session, len(want.msgs), l[0].payload, len(l))
		}
		l := spin(t, s)
		if g := readSpin(data(l)); string(l[0].payload[:10]) != want.session || g.bad != "" || g.next != fmt.Sprintf("%020d", len(want.msgs)+1) {
			t.Errorf("glimpse: want %s: %q %s", want.session, l[0].payload, g.next)
		}
	}
	if reasons(s, Mold)["other_session"] != 1 {
		t.Errorf("%v", reasons(s, Mold))
	}
}

// Who reads a session when it ends is told so, and is not carried over into the next.
func TestSoupEndsWithItsSession(t *testing.T) {
	one, two := nasdaqDay(t, 72), simulate(t, sim.Config{Seed: 73, Messages: 500, Session: "0000000002"})
	s := one.start(t, quick())
	one.publish(t, s, one.last()) // no end of session is told
	c := newSoupClient(t, s, Soup)
	c.login("", "", "", "1")
	if f := c.next(); f.kind != 'A' {
		t.Fatalf("%+v", f)
	}
	for i := range two.datagrams {
		if err := s.Publish(&two.datagrams[i]); err != nil {
			t.Fatal(err)
		}
	}
	if l := c.until(1 << 30); !equal(data(l), one.messages()) || l[len(l)-1].kind != 'Z' {
		t.Errorf("%d messages of %d, %s", len(data(l)), len(one.messages()), kinds(l[len(l)-1:]))
	}
}

func TestSecondSessionOfIEX(t *testing.T) {
	cfg := quick()
	cfg.Faults = FaultConfig{Order: []Fault{OldSession}, Times: 1}
	s, line := playTwo(t, sim.Config{Seed: 74, Encoding: sim.DeepPlus, Messages: 2000, SessionID: 0x42870000}, cfg)
	days := map[uint32][][]byte{}
	for _, b := range line {
		g := readTP(b)
		days[g.session] = append(days[g.session], g.msgs...)
	}
	c := newUDPClient(t)
	for _, session := range []uint32{0x42870000, 0x42870001} {
		want := days[session]
		request := gapAsk(0x8005, 0x42870001, 100, 110)
		c.send(s.Addr(GapFillUDP), request)
		if g := readTP(c.receive()); g.session != session || !equal(g.msgs, want[99:110]) {
			t.Errorf("udp: %x: %+v", session, g)
		}
		conn := dial(t, s, GapFillTCP)
		_, _ = conn.Write(request)
		b, _ := io.ReadAll(conn)
		if g := readTP(b); g.session != session || !equal(g.msgs, want[99:110]) {
			t.Errorf("tcp: %x: %+v", session, g)
		}
		p := newSnapClient(t, s)
		_, _ = p.conn.Write(snapAsk("", 1, 0x42870001, 0))
		if g := readImage(p.answer()); !g.sessions[session] || len(g.sessions) != 1 || g.bad != "" || g.last != uint64(len(want)) {
			t.Errorf("snap: %x: %v, last %d of %d", session, g.sessions, g.last, len(want))
		}
	}
}

// CME resets the channel: its packet is the last of the old numbers, the new ones begin at 1, the loop is emptied and filled anew.
func TestChannelResetOfCME(t *testing.T) {
	var mu sync.Mutex
	var loop [][]byte
	cfg := quick()
	cfg.Faults = FaultConfig{Order: []Fault{OldSession}, SharePPM: 300_000, Only: map[Fault][]Service{OldSession: {SnapshotLoop}}}
	cfg.SnapshotGroups = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}
	cfg.LoopRate = 1_000_000
	cfg.Transmit = func(to netip.AddrPort, b []byte) error {
		if to.Port() == 1 {
			mu.Lock()
			loop = append(loop, bytes.Clone(b))
			mu.Unlock()
		}
		return nil
	}
	s, line := playTwo(t, sim.Config{Seed: 75, Encoding: sim.MDP3, Messages: 2000, Channel: 310}, cfg)
	at := slices.IndexFunc(line, func(b []byte) bool { _, ms := readPacketMDP(b); return ms[0].template == 4 })
	if at < 0 {
		t.Fatal("no reset")
	}
	old, now := line[:at], line[at+1:]
	if n, ms := readPacketMDP(line[at]); n != uint32(at+1) || len(ms[0].root) != 9 || ms[0].root[8] != 0x80 || !bytes.Equal(ms[0].rest, []byte{2, 0, 1, 0x36, 0x01}) {
		t.Errorf("the reset is %x", line[at])
	}
	if n, _ := readPacketMDP(now[0]); n != 1 {
		t.Errorf("after the reset comes %d", n)
	}
	list := replayTalkOf(t, s, 10, 12)
	if !equal(list[1:4], now[9:12]) {
		t.Error("the replay is not the new numbers'")
	}
	// The cycles of now and, where the fault is, of before the reset: their numbers say which.
	seen := map[uint32]int{}
	eventually(t, "cycles of both", func() bool {
		mu.Lock()
		packets := loop
		loop = nil
		mu.Unlock()
		for _, b := range packets {
			_, ms := readPacketMDP(b)
			seen[binary.LittleEndian.Uint32(ms[0].root)]++
		}
		time.Sleep(time.Millisecond)
		return seen[uint32(len(old)+1)] > 0 && seen[uint32(len(now))] > 0
	})
}

func TestSessionsAreCounted(t *testing.T) {
	for name, want := range map[string]string{"SIM0000001": "SIM0000002", "DAY0000009": "DAY0000010", "A": "B", "9": "0"} {
		if got := counted(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
