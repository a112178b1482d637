package venuesim

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// segment is an IEX-TP segment, read by the table.
type segment struct {
	protocol         uint16
	channel, session uint32
	count            int
	offset, first    uint64
	sent             uint64
	msgs             [][]byte
	whole            bool // lengths and count agree
}

func readTP(b []byte) (g segment) {
	le := binary.LittleEndian
	if len(b) < 40 || b[0] != 1 {
		return g
	}
	g.protocol, g.channel, g.session, g.count = le.Uint16(b[2:]), le.Uint32(b[4:]), le.Uint32(b[8:]), int(le.Uint16(b[14:]))
	g.offset, g.first, g.sent = le.Uint64(b[16:]), le.Uint64(b[24:]), le.Uint64(b[32:])
	fits := int(le.Uint16(b[12:])) == len(b)-40
	for b = b[40:]; len(b) >= 2; {
		n := int(le.Uint16(b))
		if len(b) < 2+n {
			return g
		}
		g.msgs = append(g.msgs, b[2:2+n])
		b = b[2+n:]
	}
	g.whole = fits && len(b) == 0 && len(g.msgs) == g.count
	return g
}

func iexDay(t *testing.T, e sim.Encoding, seed uint64) *truth {
	return simulate(t, sim.Config{Seed: seed, Encoding: e, Messages: 4000, Symbols: 6, SessionID: 0x42870000})
}

// iexMessages are the day's, by number from 1, and where each lies in the stream.
func (d *truth) iexMessages() (list [][]byte, offsets []uint64) {
	for i := range d.datagrams {
		g := readTP(d.datagrams[i].Payload)
		at := g.offset
		for _, m := range g.msgs {
			list, offsets = append(list, m), append(offsets, at)
			at += uint64(2 + len(m))
		}
	}
	return list, offsets
}

// gapAsk writes a request: version, type, protocol, channel, session, count, ranges.
func gapAsk(protocol uint16, session uint32, ranges ...int64) []byte {
	le := binary.LittleEndian
	b := []byte{1, 1}
	b = le.AppendUint16(b, protocol)
	b = le.AppendUint32(b, 1)
	b = le.AppendUint32(b, session)
	b = le.AppendUint32(b, uint32(len(ranges)/2))
	for _, n := range ranges {
		b = le.AppendUint64(b, uint64(n))
	}
	return b
}

// The requests of recovery.md §5.1 and §19, byte for byte, by UDP and TCP, and the test request.
func TestGapFillVectors(t *testing.T) {
	vector := unhex(t, "01 01 04 80 01 00 00 00 00 00 87 42 02 00 00 00"+
		"34 30 00 00 00 00 00 00 3e 30 00 00 00 00 00 00"+"d5 dd 00 00 00 00 00 00 df dd 00 00 00 00 00 00")
	test := unhex(t, "01 01 04 80 01 00 00 00 00 00 87 42 00 00 00 00")
	if !bytes.Equal(vector, gapAsk(0x8004, 0x42870000, 12340, 12350, 56789, 56799)) || !bytes.Equal(test, gapAsk(0x8004, 0x42870000)) {
		t.Fatal("the test's own client writes other requests")
	}
	day := simulate(t, sim.Config{Seed: 51, Encoding: sim.Deep, Messages: 60_000, SessionID: 0x42870000})
	s := day.start(t, quick())
	day.publish(t, s, all)
	truth, offsets := day.iexMessages()
	c := newUDPClient(t)
	c.send(s.Addr(GapFillUDP), vector)
	for _, first := range []uint64{12340, 56789} {
		g := readTP(c.receive())
		if !g.whole || g.protocol != 0x8004 || g.channel != 1 || g.session != 0x42870000 || g.first != first || g.offset != offsets[first-1] ||
			!equal(g.msgs, truth[first-1:first+10]) {
			t.Errorf("%d: %+v", first, g)
		}
	}
	conn := dial(t, s, GapFillTCP)
	_, _ = conn.Write(vector)
	b, err := io.ReadAll(conn) // the server closes
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []uint64{12340, 56789} {
		n := 40 + int(binary.LittleEndian.Uint16(b[12:]))
		if g := readTP(b[:n]); !g.whole || g.first != first || !equal(g.msgs, truth[first-1:first+10]) {
			t.Errorf("%d: %+v", first, g)
		}
		b = b[n:]
	}
	if len(b) != 0 {
		t.Errorf("%d bytes more", len(b))
	}
	c.send(s.Addr(GapFillUDP), test)
	b = c.receive()
	g := readTP(b)
	last := len(truth) - 1
	if len(b) != 40 || !g.whole || g.count != 0 || g.first != uint64(len(truth)+1) || g.offset != offsets[last]+uint64(2+len(truth[last])) {
		t.Errorf("test: %+v", g)
	}
}

// UDP: at most so many messages, in datagrams of the feed's size; what is wrong is ignored and counted.
func TestGapFillUDPIsStrict(t *testing.T) {
	day := iexDay(t, sim.DeepPlus, 52)
	s := day.start(t, quick())
	day.publish(t, s, 2000)
	newest := int64(s.Newest())
	truth, _ := day.iexMessages()
	ask := func(ranges ...int64) []byte { return gapAsk(0x8005, 0x42870000, ranges...) }
	c := newUDPClient(t)
	change := func(at int) []byte { b := ask(1, 2); b[at]++; return b }
	for _, bad := range [][]byte{
		{}, ask(1, 2)[:15], ask(1, 2)[:31], append(ask(1, 2), 0), change(0), change(1), change(2), change(4), change(8), change(12),
		ask(0, 2), ask(3, 2), ask(-5, 2), ask(5, 6, 6, 7), ask(5, 6, 1, 2), ask(newest+1, newest+5),
	} {
		c.send(s.Addr(GapFillUDP), bad)
	}
	c.send(s.Addr(GapFillUDP), ask(newest-1, newest+500))
	if g := readTP(c.receive()); g.first != uint64(newest-1) || g.count != 2 {
		t.Errorf("the first answer is %+v", g)
	}
	want := map[string]uint64{
		"short_request": 2, "length_is_not_that_of_ranges": 3, "other_version": 1, "other_request_type": 1, "other_protocol": 1, "other_channel": 1,
		"other_session": 1, "bad_range": 5, "not_sent_yet": 1,
	}
	if got := reasons(s, GapFillUDP); len(got) != len(want) || !sameCounts(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	c.send(s.Addr(GapFillUDP), ask(1, 600, 701, 1500))
	var got [][]byte
	for len(got) < 1000 {
		b := c.receive()
		g := readTP(b)
		if len(b) > 1400 || !g.whole {
			t.Fatalf("%+v", g)
		}
		got = append(got, g.msgs...)
	}
	if !equal(got, append(slices.Clone(truth[:600]), truth[700:1100]...)) || reasons(s, GapFillUDP)["cut_at_the_limit"] != 1 {
		t.Errorf("%d messages, %v", len(got), reasons(s, GapFillUDP))
	}
}

// TCP: any number, as far as the present; ranges rise over the requests of a connection; what is wrong closes it.
func TestGapFillTCPIsStrict(t *testing.T) {
	day := iexDay(t, sim.Deep, 53)
	cfg := quick()
	cfg.LoginWait = time.Second
	s := day.start(t, cfg)
	day.publish(t, s, all)
	truth, _ := day.iexMessages()
	ask := func(ranges ...int64) []byte { return gapAsk(0x8004, 0x42870000, ranges...) }
	read := func(conn net.Conn) (msgs [][]byte) {
		b, _ := io.ReadAll(conn)
		for len(b) >= 40 {
			n := 40 + int(binary.LittleEndian.Uint16(b[12:]))
			g := readTP(b[:min(n, len(b))])
			if !g.whole {
				t.Errorf("%+v", g)
			}
			msgs = append(msgs, g.msgs...)
			b = b[n:]
		}
		return msgs
	}
	conn := dial(t, s, GapFillTCP)
	_, _ = conn.Write(append(ask(1, 3000), ask(3001, 1<<40)...)) // the end is in the future
	if got := read(conn); !equal(got, truth) {
		t.Errorf("%d messages of %d", len(got), len(truth))
	}
	change := func(at int) []byte { b := ask(1, 2); b[at]++; return b }
	for why, b := range map[string][]byte{
		"no_request": {}, "test_is_for_udp": ask(), "other_version": change(0), "other_request_type": change(1), "other_protocol": change(3),
		"other_channel": change(5), "other_session": change(9), "too_many_ranges": change(14), "request_is_cut": ask(1, 2)[:20], "bad_range": ask(2, 1),
	} {
		conn := dial(t, s, GapFillTCP)
		_, _ = conn.Write(b)
		if got := read(conn); len(got) != 0 {
			t.Errorf("%s: %d messages", why, len(got))
		}
		eventually(t, why, func() bool { return reasons(s, GapFillTCP)[why] == 1 })
	}
	conn = dial(t, s, GapFillTCP)
	_, _ = conn.Write(append(ask(10, 20), ask(20, 30)...))
	if got := read(conn); !equal(got, truth[9:20]) || reasons(s, GapFillTCP)["bad_range"] != 2 {
		t.Errorf("falling ranges over two requests: %d messages, %v", len(got), reasons(s, GapFillTCP))
	}
}

// Each fault of both gap fills does what it says, once; the request after it is answered well.
func TestGapFillFaults(t *testing.T) {
	day := iexDay(t, sim.DeepPlus, 54)
	truth, _ := day.iexMessages()
	const first, count = 200, 16
	same := func(g segment) bool {
		return g.whole && g.session == 0x42870000 && g.first >= 1 && g.first-1+uint64(g.count) <= uint64(len(truth)) && equal(g.msgs, truth[g.first-1:g.first-1+uint64(g.count)])
	}
	for _, name := range []Service{GapFillUDP, GapFillTCP} {
		for _, f := range faultsOf(name) {
			for range 4 {
				cfg := quick()
				cfg.Services = []Service{name}
				cfg.ClientSilence = time.Second / 4
				cfg.Faults = once(f, rand.Uint64())
				s := day.start(t, cfg)
				day.publish(t, s, all)
				var got []segment
				stranger, cut := false, false
				request := gapAsk(0x8005, 0x42870000, first, first+count-1)
				if name == GapFillUDP {
					c := newUDPClient(t)
					c.send(s.Addr(name), request)
					if f == Late {
						got = append(got, readTP(c.receive()))
					}
					if f == Spoof {
						eventually(t, "the fault is played", func() bool { return s.Counts()[0].Faults[string(f)] == 1 })
					}
					c.send(s.Addr(name), gapAsk(0x8005, 0x42870000, 1, 1))
					for {
						g := readTP(c.receive())
						stranger = stranger || c.from != s.Addr(name)
						if g.first == 1 && g.count == 1 && same(g) {
							break
						}
						got = append(got, g)
					}
				} else {
					conn := dial(t, s, name)
					_, _ = conn.Write(request)
					b, _ := io.ReadAll(conn)
					for len(b) > 0 && !cut {
						n := len(b)
						if len(b) >= 40 {
							n = 40 + int(binary.LittleEndian.Uint16(b[12:]))
						}
						if cut = n > len(b) || n < 40 || len(b) < 40; !cut {
							got = append(got, readTP(b[:n]))
							b = b[n:]
						}
					}
				}
				whole := func() bool { return len(got) == 1 && same(got[0]) && got[0].first == first && got[0].count == count }
				honest := !slices.ContainsFunc(got, func(g segment) bool { return !same(g) })
				total := 0
				for _, g := range got {
					total += g.count
				}
				ok := false
				switch f {
				case Refuse, Silence:
					ok = len(got) == 0 && !cut
				case Late, Split:
					ok = whole()
				case Spoof:
					ok = stranger && whole()
				case OnlyHeartbeat:
					ok = len(got) == 1 && got[0].count == 0 && got[0].first == uint64(len(truth)+1)
				case Half:
					ok = honest && len(got) == 1 && got[0].first == first && total == count/2
				case Hole:
					ok = honest && len(got) == 3 && total == 12 && got[2].first+uint64(got[2].count) == first+count
				case Duplicate:
					ok = honest && len(got) == 2 && got[0].first == first && got[1].first == first && total == 2*count
				case Shuffle:
					ok = honest && total == count && !slices.IsSortedFunc(got, func(a, b segment) int { return int(a.first) - int(b.first) })
				case WrongSession:
					ok = len(got) == 1 && got[0].session == 0x42870001 && got[0].first == first && total == count
				case WrongRange:
					ok = honest && len(got) == 1 && got[0].first == first+count && total == count
				case OffByOne:
					ok = honest && len(got) == 1 && got[0].first == first+1 && total == count
				case Lie:
					ok = len(got) == 1 && !honest && got[0].whole && got[0].first == first
				case BadLength:
					ok = len(got) == 1 && !got[0].whole && got[0].count == count
				case FarFuture:
					ok = len(got) == 1 && got[0].first == first+1_000_000_000 && total == count
				case Stall:
					ok = honest && total == 8 && !cut
				case Disconnect:
					ok = honest && total == 8 && cut
				default:
					t.Errorf("%s: no check", f)
				}
				if !ok {
					t.Errorf("%s: %s: %d answers: %+v", name, f, len(got), got)
				}
				if name == GapFillTCP {
					conn := dial(t, s, name)
					_, _ = conn.Write(request)
					if b, _ := io.ReadAll(conn); !equal(readTP(b).msgs, truth[first-1:first+count-1]) {
						t.Errorf("%s: and the next answer is not honest", f)
					}
				}
				s.Close()
			}
		}
	}
}

// A day of which both lines lose 0.5 % is whole again by asking, by UDP and by TCP, though the answers are packed otherwise.
func TestGapFillHealsADay(t *testing.T) {
	for _, e := range []sim.Encoding{sim.Deep, sim.DeepPlus} {
		day := iexDay(t, e, 55)
		s := day.start(t, quick())
		day.publish(t, s, all)
		truth, offsets := day.iexMessages()
		lossy := newLossy(t, day)
		for i := range day.datagrams {
			if err := lossy.wire.Send(&day.datagrams[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := lossy.wire.Close(); err != nil {
			t.Fatal(err)
		}
		lost := lossy.wire.LostOnAll()
		if len(lost) == 0 {
			t.Fatal("nothing was lost: the test shows nothing")
		}
		var ranges []int64
		for _, r := range lost {
			ranges = append(ranges, int64(r.First), int64(r.First+r.Count-1))
		}
		request := gapAsk(map[sim.Encoding]uint16{sim.Deep: 0x8004, sim.DeepPlus: 0x8005}[e], 0x42870000, ranges...)
		for _, name := range []Service{GapFillUDP, GapFillTCP} {
			got := make([][]byte, len(truth))
			take := func(g segment) {
				at := g.offset
				for k, m := range g.msgs {
					n := g.first - 1 + uint64(k)
					if at != offsets[n] {
						t.Fatalf("message %d lies at %d of the stream, want %d", n+1, at, offsets[n])
					}
					got[n], at = m, at+uint64(2+len(m))
				}
			}
			for _, b := range lossy.payloads {
				take(readTP(b))
			}
			lacking := func() int {
				n := 0
				for _, m := range got {
					if m == nil {
						n++
					}
				}
				return n
			}
			if name == GapFillUDP {
				c := newUDPClient(t)
				c.send(s.Addr(name), request)
				for lacking() > 0 {
					take(readTP(c.receive()))
				}
			} else {
				conn := dial(t, s, name)
				_, _ = conn.Write(request)
				b, _ := io.ReadAll(conn)
				for len(b) >= 40 {
					n := 40 + int(binary.LittleEndian.Uint16(b[12:]))
					take(readTP(b[:n]))
					b = b[n:]
				}
			}
			if !equal(got, truth) {
				t.Errorf("%s: %s: the day is not whole: %d are missing", e, name, lacking())
			}
		}
	}
}
