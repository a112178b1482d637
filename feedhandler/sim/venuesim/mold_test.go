package venuesim

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"wirebook/feedhandler/sim"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "|", "", "\n", "").Replace(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func nasdaqDay(t *testing.T, seed uint64) *truth {
	return simulate(t, sim.Config{Seed: seed, Messages: 4000, Symbols: 6, Session: "0000000001"})
}

// moldAsk is a request as the table has it: session 10, first 8, count 2.
func moldAsk(session string, first uint64, count uint16) []byte {
	b := append([]byte(session), make([]byte, 10)...)
	for i := range 8 {
		b[10+i] = byte(first >> (56 - 8*i))
	}
	b[18], b[19] = byte(count>>8), byte(count)
	return b
}

// moldGot is a downstream packet, read.
type moldGot struct {
	session string
	first   uint64
	count   int
	msgs    [][]byte
	whole   bool
}

func readMold(b []byte) (g moldGot) {
	if len(b) < 20 {
		return g
	}
	g.session = string(b[:10])
	for _, c := range b[10:18] {
		g.first = g.first<<8 | uint64(c)
	}
	g.count = int(b[18])<<8 | int(b[19])
	for b = b[20:]; len(b) >= 2; {
		n := int(b[0])<<8 | int(b[1])
		if len(b) < 2+n {
			return g
		}
		g.msgs = append(g.msgs, b[2:2+n])
		b = b[2+n:]
	}
	g.whole = len(b) == 0
	return g
}

// messages are the day's, by number from 1.
func (d *truth) messages() (list [][]byte) {
	for i := range d.datagrams {
		if d.datagrams[i].Count > 0 {
			list = append(list, readMold(d.datagrams[i].Payload).msgs...)
		}
	}
	return list
}

// The request of recovery.md §19, byte for byte, is answered with the messages from 150 on.
func TestMoldVector(t *testing.T) {
	vector := unhex(t, "30 30 30 30 30 30 30 30 30 31 00 00 00 00 00 00 00 96 00 28")
	if !bytes.Equal(vector, moldAsk("0000000001", 150, 40)) {
		t.Fatal("the test's own client writes another request")
	}
	day := nasdaqDay(t, 1)
	s := day.start(t, quick())
	day.publish(t, s, all)
	c := newUDPClient(t)
	c.send(s.Addr(Mold), vector)
	raw := c.receive()
	g, truth := readMold(raw), day.messages()
	if g.session != "0000000001" || g.first != 150 || g.count == 0 || g.count > 40 || g.count != len(g.msgs) || !g.whole || len(raw) > 1400 {
		t.Fatalf("%+v", g)
	}
	for i, m := range g.msgs {
		if !bytes.Equal(m, truth[149+i]) {
			t.Errorf("message %d is not the day's", 150+i)
		}
	}
	if next := truth[149+g.count]; g.count < 40 && len(raw)+2+len(next) <= 1400 {
		t.Error("another message would have fitted")
	}
}

// Wrong requests get silence, and are counted by what is wrong; what was not published is not there.
func TestMoldIsStrict(t *testing.T) {
	day := nasdaqDay(t, 2)
	s := day.start(t, quick())
	half := day.datagrams[len(day.datagrams)/2].Seq - 1
	day.publish(t, s, half)
	c := newUDPClient(t)
	for _, bad := range [][]byte{
		{}, moldAsk("0000000001", 1, 1)[:19], append(moldAsk("0000000001", 1, 1), 0),
		moldAsk("0000000002", 1, 1), moldAsk("000000001 ", 1, 1),
		moldAsk("0000000001", 1, 0), moldAsk("0000000001", 1, 0xFFFF), moldAsk("0000000001", 0, 1),
		moldAsk("0000000001", half+1, 1), moldAsk("0000000001", 1<<63, 1),
	} {
		c.send(s.Addr(Mold), bad)
	}
	c.send(s.Addr(Mold), moldAsk("0000000001", half, 10)) // all but one not there yet
	if g := readMold(c.receive()); g.first != half || g.count != 1 {
		t.Errorf("the first answer is %+v", g)
	}
	want := map[string]uint64{"not_20_bytes": 3, "other_session": 2, "count_without_meaning": 2, "sequence_zero": 1, "not_sent_yet": 2}
	if got := reasons(s, Mold); len(got) != len(want) || !sameCounts(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	day.publish(t, s, all)
	c.send(s.Addr(Mold), moldAsk("0000000001", half+1, 1))
	if g := readMold(c.receive()); g.first != half+1 || g.count != 1 {
		t.Errorf("after it was sent: %+v", g)
	}
}

func sameCounts(a, b map[string]uint64) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// Each fault does what it says, once; the request after it is answered well.
func TestMoldFaults(t *testing.T) {
	day := nasdaqDay(t, 3)
	truth := day.messages()
	const first, count = 200, 16
	same := func(g moldGot) bool {
		if g.session != "0000000001" || !g.whole || g.count != len(g.msgs) {
			return false
		}
		for i, m := range g.msgs {
			if at := g.first - 1 + uint64(i); at >= uint64(len(truth)) || !bytes.Equal(m, truth[at]) {
				return false
			}
		}
		return true
	}
	for _, f := range faultsOf(Mold) {
		for seed := range uint64(8) {
			cfg := quick()
			cfg.Faults = once(f, seed)
			s := day.start(t, cfg)
			day.publish(t, s, all)
			c := newUDPClient(t)
			c.send(s.Addr(Mold), moldAsk("0000000001", first, count))
			if f == Late || f == Spoof {
				eventually(t, "the fault is played", func() bool {
					return s.Counts()[0].Faults[string(f)] == 1 || s.Counts()[1].Faults[string(f)] == 1 || s.Counts()[2].Faults[string(f)] == 1
				})
			}
			var got []moldGot
			stranger := false
			if f == Late {
				got = append(got, readMold(c.receive()))
			}
			// A request that only an honest answer can be meant for ends the list.
			c.send(s.Addr(Mold), moldAsk("0000000001", 1, 1))
			for {
				g := readMold(c.receive())
				stranger = stranger || c.from != s.Addr(Mold)
				if g.first == 1 && g.count == 1 && same(g) {
					break
				}
				got = append(got, g)
			}
			whole := func() bool { return len(got) == 1 && same(got[0]) && got[0].first == first && got[0].count == count }
			honest := !slices.ContainsFunc(got, func(g moldGot) bool { return !same(g) })
			ok := false
			switch f {
			case Refuse, Silence:
				ok = len(got) == 0
			case Late:
				ok = whole()
			case Spoof:
				ok = stranger && whole()
			case OnlyHeartbeat:
				ok = len(got) == 1 && got[0].count == 0 && got[0].first == day.last()+1
			case Half:
				ok = len(got) == 1 && honest && got[0].first == first && got[0].count == count/2
			case Hole:
				ok = len(got) == 3 && honest && got[2].first+uint64(got[2].count) == first+count && got[0].count+got[1].count+got[2].count == 12
			case Duplicate:
				ok = len(got) == 2 && honest && got[0].first == first && got[1].first == first && got[1].count == count
			case Shuffle:
				ok = len(got) == 4 && honest && !slices.IsSortedFunc(got, func(a, b moldGot) int { return int(a.first) - int(b.first) })
			case WrongSession:
				ok = len(got) == 1 && got[0].session == "0000000002" && got[0].first == first
			case WrongRange:
				ok = len(got) == 1 && honest && got[0].first == first+count && got[0].count == count
			case OffByOne:
				ok = len(got) == 1 && honest && got[0].first == first+1 && got[0].count == count
			case Lie:
				ok = len(got) == 1 && !honest && got[0].whole && got[0].first == first && got[0].count == count
			case BadLength:
				ok = len(got) == 1 && !got[0].whole && got[0].count == count
			case FarFuture:
				ok = len(got) == 1 && got[0].first == first+1_000_000_000 && got[0].count == count
			case EndOfSession:
				ok = len(got) == 2 && same(got[0]) && got[0].count == count/2 && got[1].count == 0xFFFF && got[1].first == first+count/2
			default:
				t.Errorf("%s: no check", f)
			}
			if !ok {
				t.Errorf("%s, seed %d: %d answers: %+v", f, seed, len(got), got)
			}
			s.Close()
		}
	}
}

// A day of which both lines lose 0.5 % is whole again by asking.
func TestMoldHealsADay(t *testing.T) {
	day := nasdaqDay(t, 4)
	s := day.start(t, quick())
	c := newUDPClient(t)
	lossy := newLossy(t, day)
	got := make([][]byte, day.last())
	for i := range day.datagrams {
		if err := s.Publish(&day.datagrams[i]); err != nil {
			t.Fatal(err)
		}
		if err := lossy.wire.Send(&day.datagrams[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := lossy.wire.Close(); err != nil {
		t.Fatal(err)
	}
	for _, b := range lossy.payloads {
		g := readMold(b)
		for k, m := range g.msgs {
			got[g.first-1+uint64(k)] = m
		}
	}
	ranges := lossy.wire.LostOnAll()
	if len(ranges) == 0 {
		t.Fatal("nothing was lost: the test shows nothing")
	}
	for _, r := range ranges {
		for at, end := r.First, r.First+r.Count; at < end; {
			c.send(s.Addr(Mold), moldAsk("0000000001", at, uint16(end-at)))
			g := readMold(c.receive())
			if g.first != at || g.count == 0 {
				t.Fatalf("asked for %d: %+v", at, g)
			}
			for k, m := range g.msgs {
				got[at-1+uint64(k)] = m
			}
			at += uint64(g.count)
		}
	}
	for i, m := range day.messages() {
		if !bytes.Equal(m, got[i]) {
			t.Fatalf("message %d is not the day's", i+1)
		}
	}
}

// lossy are two lines that lose half a percent each, and what they bring.
type lossy struct {
	wire     *sim.Wire
	payloads [][]byte
}

func newLossy(t *testing.T, day *truth) *lossy {
	t.Helper()
	l := &lossy{}
	lines := make([]sim.LineConfig, 2)
	for i := range lines {
		// Half a percent of both at once: what is lost on A is lost on B, and more on each.
		lines[i] = sim.LineConfig{LossPPM: 5000}
	}
	for i := 7; i < len(day.datagrams); i += 200 {
		if d := &day.datagrams[i]; d.Count > 0 {
			for k := range lines {
				lines[k].Drop = append(lines[k].Drop, sim.Range{First: d.Seq, Count: 1})
			}
		}
	}
	var err error
	l.wire, err = sim.NewWire(sim.WireConfig{Seed: 5, Lines: lines, Merged: sim.SinkFunc(func(_ uint64, frame []byte) error {
		l.payloads = append(l.payloads, bytes.Clone(frame[14+20+8:]))
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
