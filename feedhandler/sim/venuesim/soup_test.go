package venuesim

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

// soupClient speaks the client's side: frames of length 2, type 1, payload.
type soupClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// frame is what the server sent.
type frame struct {
	kind    byte
	payload []byte
}

func newSoupClient(t *testing.T, s *Server, name Service) *soupClient {
	conn := dial(t, s, name)
	return &soupClient{t: t, conn: conn, in: bufio.NewReader(conn)}
}

func (c *soupClient) put(kind byte, payload string) {
	b := append([]byte{byte((len(payload) + 1) >> 8), byte(len(payload) + 1), kind}, payload...)
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *soupClient) login(user, password, session, sequence string) {
	c.put('L', fmt.Sprintf("%-6s%-10s%10s%20s", user, password, session, sequence))
}

// next is the next frame; kind 0 is the end, x a frame that is cut.
func (c *soupClient) next() frame {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			return frame{kind: 'x'}
		}
		return frame{}
	}
	b := make([]byte, int(head[0])<<8|int(head[1]))
	if _, err := io.ReadFull(c.in, b); err != nil || len(b) == 0 {
		return frame{kind: 'x'}
	}
	return frame{b[0], b[1:]}
}

// until reads to the end, or to so many heartbeats in a row, which are left out.
func (c *soupClient) until(heartbeats int) (list []frame) {
	for h := 0; h < heartbeats; {
		f := c.next()
		switch f.kind {
		case 0:
			return list
		case 'H':
			h++
		default:
			h = 0
			list = append(list, f)
		}
	}
	return list
}

func kinds(list []frame) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteByte(f.kind)
	}
	return b.String()
}

// data is the messages of a talk.
func data(list []frame) (msgs [][]byte) {
	for _, f := range list {
		if f.kind == 'S' {
			msgs = append(msgs, f.payload)
		}
	}
	return msgs
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// The login as the table has it, byte for byte, and its answer.
func TestSoupVectors(t *testing.T) {
	day := nasdaqDay(t, 11)
	cfg := quick()
	cfg.User, cfg.Password = "firm", "secret"
	s := day.start(t, cfg)
	day.publish(t, s, 300)
	c := newSoupClient(t, s, Soup)
	login := unhex(t, "00 2f 4c 46 49 52 4d 20 20 53 45 43 52 45 54 20 20 20 20 20 20 20 20 20 20 20 20 20 20"+strings.Repeat("20", 19)+"37")
	if len(login) != 49 {
		t.Fatal(len(login))
	}
	if _, err := c.conn.Write(login); err != nil {
		t.Fatal(err)
	}
	want := unhex(t, "00 1f 41 30 30 30 30 30 30 30 30 30 31"+strings.Repeat("20", 19)+"37")
	got := make([]byte, 33)
	if _, err := io.ReadFull(c.in, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if f := c.next(); f.kind != 'S' || !bytes.Equal(f.payload, day.messages()[6]) {
		t.Errorf("the first message is %+v", f)
	}
	list := c.until(2)
	if want := s.Newest() - 7; uint64(len(list)) != want {
		t.Errorf("%d messages more, want %d", len(list), want)
	}
	day.publish(t, s, all) // and it goes on live
	list = append(list, c.until(1<<30)...)
	if got := data(list); !equal(got, day.messages()[7:]) || list[len(list)-1].kind != 'Z' {
		t.Errorf("%d messages, the last frame %c", len(got), list[len(list)-1].kind)
	}
}

// Logins that are wrong get the code that says so, and nothing else.
func TestSoupRejects(t *testing.T) {
	day := nasdaqDay(t, 12)
	cfg := quick()
	cfg.User, cfg.Password = "FIRM", "SECRET"
	s := day.start(t, cfg)
	day.publish(t, s, all)
	for _, name := range []Service{Soup, Glimpse} {
		for _, k := range []struct{ user, password, session, sequence, want, why string }{
			{"FIRM", "WRONG", "", "1", "JA", "not_authorised"},
			{"OTHER", "SECRET", "", "1", "JA", "not_authorised"},
			{"firm", "secret", "0000000002", "1", "JS", "other_session"},
			{"FIRM", "SECRET", "", "x1", "", "sequence_is_no_number"},
			{"FIRM", "SECRET", "", "", "", "sequence_is_no_number"},
			{"FIRM", "SECRET", "", "-1", "", "sequence_is_no_number"},
		} {
			before := reasons(s, name)[k.why]
			c := newSoupClient(t, s, name)
			c.login(k.user, k.password, k.session, k.sequence)
			got := ""
			for _, f := range c.until(1 << 30) {
				got += string(f.kind) + string(f.payload)
			}
			if got != k.want || reasons(s, name)[k.why] != before+1 {
				t.Errorf("%s %+v: %q, %v", name, k, got, reasons(s, name))
			}
		}
	}
	c := newSoupClient(t, s, Glimpse)
	c.login("FIRM", "SECRET", "", "2")
	if l := c.until(1 << 30); kinds(l) != "J" || string(l[0].payload) != "S" {
		t.Errorf("a spin from 2 on: %+v", l)
	}
	// Left padded, right padded, of this session by name, zero for now on, beyond what there is.
	newest := s.Newest()
	for sequence, want := range map[string]uint64{"5                   ": 5, "00000000000000000006": 6, "0": newest + 1, fmt.Sprint(newest + 1): newest + 1, fmt.Sprint(newest + 100): newest + 1} {
		c := newSoupClient(t, s, Soup)
		c.login("FIRM", "SECRET", "0000000001", sequence)
		l := c.until(1 << 30)
		if want := fmt.Sprintf("0000000001%20d", want); l[0].kind != 'A' || string(l[0].payload) != want || l[len(l)-1].kind != 'Z' {
			t.Errorf("%q: %q, want %q", sequence, l[0].payload, want)
		}
	}
	if reasons(s, Soup)["sequence_beyond_newest"] != 1 {
		t.Errorf("%v", reasons(s, Soup))
	}
}

// Whatever is no talk of a client ends the connection, under its name.
func TestSoupIsStrict(t *testing.T) {
	day := nasdaqDay(t, 13)
	cfg := quick()
	cfg.LoginWait, cfg.ClientSilence = time.Second, time.Second
	s := day.start(t, cfg)
	day.publish(t, s, 100)
	after := func(send func(c *soupClient)) func(c *soupClient) {
		return func(c *soupClient) {
			c.login("", "", "", "1")
			send(c)
		}
	}
	for why, send := range map[string]func(c *soupClient){
		"no_login_in_time":       func(*soupClient) {},
		"left_before_login":      func(c *soupClient) { c.conn.(*net.TCPConn).CloseWrite() },
		"not_a_login":            func(c *soupClient) { c.put('R', "") },
		"client_silent":          after(func(*soupClient) {}),
		"login_twice":            after(func(c *soupClient) { c.login("", "", "", "1") }),
		"unknown_packet":         after(func(c *soupClient) { c.put('S', "x") }),
		"heartbeat_with_payload": after(func(c *soupClient) { c.put('R', "x") }),
		"frame_is_cut": after(func(c *soupClient) {
			_, _ = c.conn.Write([]byte{0, 9, 'U'})
			c.conn.(*net.TCPConn).CloseWrite()
		}),
	} {
		c := newSoupClient(t, s, Soup)
		send(c)
		_, _ = io.Copy(io.Discard, c.in) // the server ends it
		eventually(t, why, func() bool { return reasons(s, Soup)[why] == 1 })
	}
	// What is allowed: heartbeats keep it alive, debug and unsequenced text are for nobody, logout ends it without a reason.
	before := len(reasons(s, Soup))
	c := newSoupClient(t, s, Soup)
	c.login("", "", "", "1")
	for range 30 {
		c.put('R', "")
		c.put('+', "hello")
		c.put('U', "order")
		time.Sleep(50 * time.Millisecond)
	}
	c.put('O', "")
	if l := c.until(1 << 30); kinds(l)[:2] != "AS" || len(reasons(s, Soup)) != before {
		t.Errorf("%s, %v", kinds(l), reasons(s, Soup))
	}
}

// A mute server is silent also where it has nothing else to say; an honest one is not.
func TestMuteHasNoHeartbeats(t *testing.T) {
	day := nasdaqDay(t, 15)
	cfg := quick()
	cfg.Services = []Service{Soup}
	cfg.Faults = once(Mute, 1)
	s := day.start(t, cfg)
	day.publish(t, s, 100)
	for _, want := range []string{"A", "AHHH"} { // the fault, then the truth
		c := newSoupClient(t, s, Soup)
		c.login("", "", "", "0")
		got := string(c.next().kind)
		if want == "A" {
			time.Sleep(20 * time.Millisecond)
			c.conn.(*net.TCPConn).CloseWrite()
		}
		for f := c.next(); f.kind != 0 && len(got) < 4; f = c.next() {
			got += string(f.kind)
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Each fault of the replay does what it says, and the next connection is honest.
func TestSoupFaults(t *testing.T) {
	day := nasdaqDay(t, 14)
	const from = 3000
	truth := day.messages()[from-1:]
	for _, f := range faultsOf(Soup) {
		for range 4 {
			cfg := quick()
			cfg.Services = []Service{Soup}
			cfg.Faults = once(f, rand.Uint64())
			s := day.start(t, cfg)
			day.publish(t, s, all)
			c := newSoupClient(t, s, Soup)
			c.login("", "", "", fmt.Sprint(from))
			if f == Silence || f == Mute {
				time.Sleep(20 * time.Millisecond) // three heartbeats could have come
				c.conn.(*net.TCPConn).CloseWrite()
			}
			l := c.until(3)
			k, msgs := kinds(l), data(l)
			n := len(msgs)
			prefix := n < len(truth) && equal(msgs, truth[:n])
			accepted := func(next uint64) bool {
				return l[0].kind == 'A' && string(l[0].payload) == fmt.Sprintf("0000000001%20d", next)
			}
			ok := false
			switch f {
			case Refuse:
				ok = k == "J" && string(l[0].payload) == "A"
			case Silence:
				ok = k == ""
			case Late, Split:
				ok = accepted(from) && equal(msgs, truth) && strings.HasSuffix(k, "SZ")
			case Hole:
				ok = accepted(from) && n == len(truth)-1 && strings.HasSuffix(k, "Z")
			case Duplicate:
				ok = accepted(from) && n == len(truth)+1 && strings.HasSuffix(k, "Z")
			case Shuffle, Lie:
				ok = accepted(from) && n == len(truth) && !equal(msgs, truth)
			case WrongSession:
				ok = equal(msgs, truth) && !accepted(from) && string(l[0].payload[:10]) == "0000000002"
			case WrongRange:
				var first int
				_, err := fmt.Sscanf(string(l[0].payload[10:]), "%d", &first)
				ok = err == nil && first != from && equal(msgs, day.messages()[first-1:])
			case OffByOne:
				ok = accepted(from+1) && equal(msgs, truth)
			case BadLength:
				ok = accepted(from) && !equal(msgs, truth)
			case EndOfSession:
				ok = accepted(from) && prefix && strings.HasSuffix(k, "Z")
			case RejectLate:
				ok = accepted(from) && prefix && strings.HasSuffix(k, "J")
			case Stall, Mute:
				ok = accepted(from) && prefix && !strings.HasSuffix(k, "Z")
			case Disconnect:
				ok = accepted(from) && prefix && strings.HasSuffix(k, "x")
			case NoAck:
				ok = equal(msgs, truth) && k[0] == 'S' && !strings.Contains(k, "A")
			case DataFirst:
				ok = equal(msgs, truth) && strings.HasPrefix(k, "SAS")
			default:
				t.Errorf("%s: no check", f)
			}
			if !ok {
				t.Errorf("%s: %d of %d messages, frames %.40s", f, n, len(truth), k)
			}
			if s.Counts()[0].Faults[string(f)] != 1 {
				t.Errorf("%s is not reckoned: %v", f, s.Counts()[0])
			}
			c = newSoupClient(t, s, Soup)
			c.login("", "", "", fmt.Sprint(from))
			if l := c.until(1 << 30); !equal(data(l), truth) {
				t.Errorf("%s: and the next talk is not honest", f)
			}
			s.Close()
		}
	}
}
