package framing

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// units are the messages that came out, by number, of packets that a line could have brought.
type units struct {
	t    *testing.T
	list map[uint64]string
	size int // longest packet
}

func (u *units) emit(payload []byte) {
	u.t.Helper()
	var m MoldUDP64
	var h Header
	if f := m.Header(payload, &h); f != FaultNone {
		u.t.Fatalf("header: %v", f)
	}
	if got := m.Session(payload); got != "0000000001" {
		u.t.Fatalf("session %q", got)
	}
	spans, f := m.Split(nil, payload, &h)
	if f != FaultNone || len(spans) != int(h.Count) || h.Count == 0 {
		u.t.Fatalf("split: %v, %d of %d", f, len(spans), h.Count)
	}
	if u.list == nil {
		u.list = map[uint64]string{}
	}
	for _, s := range spans {
		n := h.Seq + uint64(s.Unit)
		if _, twice := u.list[n]; twice {
			u.t.Fatalf("%d came twice", n)
		}
		u.list[n] = string(payload[s.Off : s.Off+s.Len])
	}
	u.size = max(u.size, len(payload))
}

func soupAccept(session string, next uint64) []byte {
	return AppendSoupPacket(nil, 'A', fmt.Appendf(nil, "%10s%20d", session, next))
}

func soupData(from, to uint64) (b []byte) {
	for n := from; n <= to; n++ {
		b = AppendSoupPacket(b, 'S', fmt.Appendf(nil, "message %d", n))
	}
	return b
}

func soupTalk(t *testing.T, ask Ask) (*SoupBinTCP, *units) {
	t.Helper()
	u := &units{t: t}
	s, err := NewSoupBinTCP(ask, SoupLogin{User: "FIRM", Password: "SECRET"}, u.emit)
	if err != nil {
		t.Fatal(err)
	}
	s.Begin(0)
	s.Output(nil)
	return s, u
}

var soupAsk = Ask{Session: "0000000001", First: 100, Last: 199}

// want says that exactly first to last came, as they are.
func (u *units) want(first, last uint64) {
	u.t.Helper()
	if len(u.list) != int(last+1-first) {
		u.t.Fatalf("%d messages, want %d", len(u.list), last+1-first)
	}
	for n := first; n <= last; n++ {
		if u.list[n] != fmt.Sprintf("message %d", n) {
			u.t.Fatalf("%d is %q", n, u.list[n])
		}
	}
}

// The login, byte for byte: length 47, blanks on the right of text, on the left of session and number.
func TestSoupLoginBytes(t *testing.T) {
	got := AppendSoupLogin(nil, &SoupLogin{User: "FIRM", Password: "SECRET"}, "", 7)
	want := "\x00\x2fLFIRM  SECRET    " + strings.Repeat(" ", 10) + strings.Repeat(" ", 19) + "7"
	if string(got) != want || len(got) != soupLoginBytes {
		t.Errorf("%q", got)
	}
	got = AppendSoupLogin(nil, &SoupLogin{}, "0000000001", 1<<64-1)
	if string(got[3:]) != strings.Repeat(" ", 16)+"0000000001"+"18446744073709551615" {
		t.Errorf("%q", got)
	}
	for _, l := range []SoupLogin{{User: "SEVENCH"}, {Password: "elevenchars"}, {User: "a\nb"}} {
		if _, err := NewSoupBinTCP(soupAsk, l, nil); err == nil {
			t.Errorf("%+v is taken", l)
		}
	}
	for _, a := range []Ask{{}, {First: 2, Last: 1}, {First: 1, Last: MaxAsk + 1}, {First: 0, Last: 1}, {First: 1<<64 - 1, Last: 1<<64 - 1}, {Session: "elevenchars", First: 1, Last: 1}} {
		if _, err := NewSoupBinTCP(a, SoupLogin{}, nil); err == nil {
			t.Errorf("%+v is asked", a)
		}
	}
}

// A whole answer, cut at each byte and byte by byte, with all that may be between.
func TestSoupCutAtEachByte(t *testing.T) {
	stream := AppendSoupPacket(nil, '+', []byte("welcome\x01 "))
	stream = append(stream, soupAccept("0000000001", 98)...) // lower than asked for: counted up to
	stream = append(stream, soupData(98, 140)...)
	stream = AppendSoupPacket(stream, 'H', nil)
	stream = AppendSoupPacket(stream, 'U', []byte("unsequenced"))
	stream = append(stream, soupData(141, 205)...)
	for at := range len(stream) + 1 {
		s, u := soupTalk(t, soupAsk)
		s.Read(stream[:at], 1)
		end := s.Read(stream[at:], 2)
		if at == len(stream) {
			end = s.Read(nil, 3)
		}
		if end.Outcome != Done {
			t.Fatalf("cut at %d: %+v", at, end)
		}
		u.want(100, 199)
		if got := string(s.Output(nil)); got != "\x00\x01O" {
			t.Fatalf("leaves with %q", got)
		}
		c := s.Counts()
		if c.Units != 100 || c.Outside != 2 || c.Heartbeats != 1 || c.Ignored != 2 || s.Debug() != "welcome?" {
			t.Fatalf("%+v %q", c, s.Debug())
		}
		if u.size > moldPacketBytes {
			t.Fatalf("a packet of %d bytes", u.size)
		}
	}
	s, u := soupTalk(t, soupAsk)
	for _, c := range stream {
		s.Read([]byte{c}, 1)
	}
	u.want(100, 199)
}

// Each end has its outcome and its name, and what was given out before it is right.
func TestSoupEnds(t *testing.T) {
	ok := soupAccept("0000000001", 100)
	join := slices.Concat[[]byte]
	for _, k := range []struct {
		name   string
		stream []byte
		want   Outcome
		reason string
		given  int
	}{
		{"not authorised", AppendSoupPacket(nil, 'J', []byte("A")), Refused, "not_authorised", 0},
		{"no session", AppendSoupPacket(nil, 'J', []byte("S")), Refused, "session_not_available", 0},
		{"other reject", AppendSoupPacket(nil, 'J', []byte("x")), Refused, "rejected", 0},
		{"reject late", join(ok, soupData(100, 120), AppendSoupPacket(nil, 'J', []byte("S"))), Refused, "session_not_available", 21},
		{"wrong length in the middle", join(ok, soupData(100, 120), []byte{0, 12 + 7}, soupData(121, 140)[2:]), Broken, "unknown_packet", 21},
		{"other session", join(soupAccept("0000000002", 100), soupData(100, 120)), Refused, "other_session", 0},
		{"higher number", join(soupAccept("0000000001", 101), soupData(100, 120)), Refused, "other_number", 0},
		{"number is text", AppendSoupPacket(nil, 'A', fmt.Appendf(nil, "%10s%20s", "0000000001", "12x")), Broken, "bad_number", 0},
		{"number is signed", AppendSoupPacket(nil, 'A', fmt.Appendf(nil, "%10s%20s", "0000000001", "+1")), Broken, "bad_number", 0},
		{"number is 0", AppendSoupPacket(nil, 'A', fmt.Appendf(nil, "%10s%20s", "0000000001", "0")), Broken, "bad_number", 0},
		{"data first", soupData(100, 120), Broken, "data_before_login", 0},
		{"accepted twice", join(ok, ok), Broken, "accepted_twice", 0},
		{"session over", join(ok, soupData(100, 120), AppendSoupPacket(nil, 'Z', nil)), Partial, "session_ended", 21},
		{"length 0", []byte{0, 0, 'S'}, Broken, "bad_length", 0},
		{"TLS", []byte{0x15, 3, 3, 0, 2, 2, 40}, Broken, "unknown_packet", 0},
		{"A too long", AppendSoupPacket(nil, 'A', make([]byte, 31)), Broken, "bad_length", 0},
		{"H with payload", AppendSoupPacket(nil, 'H', []byte{0}), Broken, "bad_length", 0},
		{"message no packet holds", join(ok, AppendSoupPacket(nil, 'S', make([]byte, soupMaxMessage+1)), soupData(1, 1)), Broken, "bad_length", 0},
	} {
		s, u := soupTalk(t, soupAsk)
		end := s.Read(k.stream, 1)
		if end.Outcome != k.want || end.Reason != k.reason || end.Text == "" || len(u.list) != k.given {
			t.Errorf("%s: %+v after %d messages", k.name, end, len(u.list))
		}
		if k.given > 0 {
			u.want(100, 99+uint64(k.given))
		}
		if again := s.Read(soupData(100, 199), 2); again != end || s.Tick(1<<60) != end || s.Hangup() != end || len(u.list) != k.given {
			t.Errorf("%s: it goes on with %+v", k.name, again)
		}
	}
}

// Padding on either side: the specification's and Nasdaq's library's.
func TestSoupPadding(t *testing.T) {
	s, u := soupTalk(t, soupAsk)
	if end := s.Read(slices.Concat(AppendSoupPacket(nil, 'A', fmt.Appendf(nil, "%-10s%-20d", "0000000001", 100)), soupData(100, 199)), 1); end.Outcome != Done {
		t.Fatal(end)
	}
	u.want(100, 199)
}

// With the unit behind the range known, an answer with a message too many, too few or one off is not used at all.
func TestSoupAfter(t *testing.T) {
	ask := soupAsk
	ask.After = []byte("message 200")
	for name, k := range map[string]struct {
		stream []byte
		want   Outcome
	}{
		"right":     {slices.Concat(soupAccept("0000000001", 100), soupData(100, 210)), Done},
		"hole":      {slices.Concat(soupAccept("0000000001", 100), soupData(100, 150), soupData(152, 210)), Broken},
		"duplicate": {slices.Concat(soupAccept("0000000001", 100), soupData(100, 150), soupData(150, 210)), Broken},
		"early":     {slices.Concat(soupAccept("0000000001", 99), soupData(100, 210)), Broken},
		"cut":       {slices.Concat(soupAccept("0000000001", 100), soupData(100, 199)), Dead},
		"ended":     {slices.Concat(soupAccept("0000000001", 100), soupData(100, 199), AppendSoupPacket(nil, 'Z', nil)), Partial},
	} {
		s, u := soupTalk(t, ask)
		end := s.Read(k.stream, 1)
		if !end.Over() {
			end = s.Hangup()
		}
		if end.Outcome != k.want {
			t.Errorf("%s: %+v", name, end)
		}
		if k.want == Done {
			u.want(100, 199)
		} else if len(u.list) != 0 || s.Counts().Units != 0 {
			t.Errorf("%s: %d messages were given out", name, len(u.list))
		}
	}
}

// We say that we live when we were silent for a second, and believe a silent, a stalled and a dumb server dead.
func TestSoupTimes(t *testing.T) {
	const second = 1_000_000_000
	s, _ := soupTalk(t, soupAsk)
	if end := s.Tick(second - 1); end.Over() || len(s.Output(nil)) != 0 {
		t.Fatal("before its time")
	}
	if end := s.Tick(second); end.Over() || string(s.Output(nil)) != "\x00\x01R" || s.Due() != 2*second {
		t.Fatalf("%+v, due %d", end, s.Due())
	}
	if end := s.Tick(4 * second); end.Reason != "login_unanswered" || end.Outcome != Dead {
		t.Errorf("%+v", end)
	}
	s, u := soupTalk(t, soupAsk)
	s.Read(slices.Concat(soupAccept("0000000001", 100), soupData(100, 110)), second)
	u.want(100, 109) // 110 counts when the packet behind it shows that its length is right
	s.Read(AppendSoupPacket(nil, 'H', nil), second)
	u.want(100, 110)
	s.Read(AppendSoupPacket(nil, 'H', nil), 4*second) // it lives, which is no progress
	if end := s.Tick(5 * second); end.Reason != "stalled" {
		t.Errorf("%+v", end)
	}
	s, _ = soupTalk(t, soupAsk)
	s.login.StallNS = 100 * second
	s.Read(soupAccept("0000000001", 100), 0)
	if end := s.Tick(15*second - 1); end.Over() {
		t.Errorf("%+v", end)
	}
	if end := s.Tick(15 * second); end.Reason != "server_silent" {
		t.Errorf("%+v", end)
	}
	s, _ = soupTalk(t, soupAsk)
	if end := s.Hangup(); end.Reason != "closed_before_login" {
		t.Errorf("%+v", end)
	}
}

// Whatever a server sends, however it is cut: what comes out was asked for, once, in packets a line could bring, and cuts change nothing.
func FuzzSoupBinTCP(f *testing.F) {
	f.Add(slices.Concat(soupAccept("0000000001", 100), soupData(100, 199)), uint8(7), false)
	f.Add(slices.Concat(soupAccept("0000000001", 95), soupData(95, 150), AppendSoupPacket(nil, 'Z', nil)), uint8(1), true)
	f.Add(AppendSoupPacket(AppendSoupPacket(nil, '+', []byte("hello")), 'J', []byte("A")), uint8(3), false)
	f.Fuzz(func(t *testing.T, stream []byte, step uint8, after bool) {
		ask := soupAsk
		if after {
			ask.After = []byte("message 200")
		}
		var ends [2]End
		var out [2][]byte
		for i, step := range []int{len(stream), int(step)} {
			u := &units{t: t}
			var flat []string
			s, _ := NewSoupBinTCP(ask, SoupLogin{}, func(p []byte) {
				u.emit(append([]byte("0000000001"), p[10:]...))
			})
			s.Begin(0)
			for at, n := 0, max(step, 1); at < len(stream); at += n {
				s.Read(bytes.Clone(stream[at:min(at+n, len(stream))]), 1)
				if s.in.Len() > 2+0xFFFF+n {
					t.Fatalf("%d bytes held", s.in.Len())
				}
			}
			ends[i] = s.Hangup()
			for n, m := range u.list {
				if n < ask.First || n > ask.Last {
					t.Fatalf("%d was not asked for", n)
				}
				flat = append(flat, fmt.Sprintf("%020d%q", n, m))
			}
			if uint64(len(u.list)) != s.Counts().Units || (ends[i].Outcome == Done) != (uint64(len(u.list)) == ask.Units()) && !after {
				t.Fatalf("%d messages, %+v, %+v", len(u.list), s.Counts(), ends[i])
			}
			slices.Sort(flat)
			out[i] = fmt.Append(nil, flat)
		}
		if ends[0] != ends[1] || !bytes.Equal(out[0], out[1]) {
			t.Fatalf("whole %+v, in steps of %d %+v", ends[0], step, ends[1])
		}
	})
}

// Plain never hands out what a terminal would act on.
func TestPlain(t *testing.T) {
	if got := Plain([]byte("  a\x1b[2Jb \x00c"), 100); got != "a?[2Jb" {
		t.Errorf("%q", got)
	}
	if got := Plain([]byte("abcdef"), 3); got != "abc" {
		t.Errorf("%q", got)
	}
}

// Length at which MoldUDP64 still takes a message.
func TestSoupLongMessage(t *testing.T) {
	u := 0
	s, _ := NewSoupBinTCP(Ask{Session: "0000000001", First: 1, Last: 1}, SoupLogin{}, func(p []byte) {
		if len(p) == 0xFFFF && binary.BigEndian.Uint64(p[10:]) == 1 {
			u++
		}
	})
	s.Begin(0)
	if end := s.Read(append(soupAccept("0000000001", 1), AppendSoupPacket(nil, 'S', make([]byte, soupMaxMessage))...), 0); end.Outcome != Done || u != 1 {
		t.Errorf("%+v, %d", end, u)
	}
}
