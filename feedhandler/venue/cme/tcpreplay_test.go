package cme

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"wirebook/feedhandler/venue/framing"
)

var (
	replayOf  = Replay{Channel: 310, User: "user", Password: "pass"}
	replayAsk = framing.Ask{First: 100, Last: 199}
)

// The texts, byte for byte.
func TestFIXBytes(t *testing.T) {
	soh := func(s string) []byte { return bytes.ReplaceAll([]byte(s), []byte("|"), []byte{1}) }
	p, err := NewTCPReplay(replayOf, replayAsk, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Begin(0)
	if got := p.Output(nil); !bytes.Equal(got, soh("9=23|35=A|553=user|554=pass|10=240|")) {
		t.Errorf("%q", got)
	}
	p.Read(replayFrame(1, replayMessage(templateLogin, []byte{30})), 0)
	if got := p.Output(nil); !bytes.Equal(got, soh("9=42|35=V|1180=310|262=310-1|1182=100|1183=199|10=136|")) {
		t.Errorf("%q", got)
	}
	p.Bye()
	if got := p.Output(nil); !bytes.Equal(got, soh("9=5|35=5|10=135|")) {
		t.Errorf("%q", got)
	}
	for _, r := range []Replay{{User: "a"}, {Password: "a"}, {User: "a\x01b", Password: "c"}, {User: "a", Password: string(make([]byte, 65))}} {
		if _, err := NewTCPReplay(r, replayAsk, nil); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	for _, a := range []framing.Ask{{}, {First: 1, Last: 2001}, {First: 1 << 32, Last: 1 << 32}, {First: 2, Last: 1}} {
		if _, err := NewTCPReplay(replayOf, a, nil); err == nil {
			t.Errorf("%+v is asked", a)
		}
	}
}

// replayMessage is a message of a template with a root block and no groups.
func replayMessage(template uint16, root []byte) (m []byte) {
	for _, v := range []uint16{uint16(messageHeaderSize + len(root)), uint16(len(root)), template, schemaID, 12} {
		m = binary.LittleEndian.AppendUint16(m, v)
	}
	return append(m, root...)
}

func replayFrame(number uint32, messages ...[]byte) []byte {
	p := AppendPacketHeader(nil, number, 6)
	for _, m := range messages {
		p = append(p, m...)
	}
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(p))), p...)
}

func replayLogout(number uint32, text string) []byte {
	var root [180]byte
	copy(root[:], text)
	return replayFrame(number, replayMessage(templateLogout, root[:]))
}

// replayData is packets whose message tells their number.
func replayData(from, to uint32) (b []byte) {
	for n := from; n <= to; n++ {
		b = append(b, replayFrame(n, replayMessage(30, binary.LittleEndian.AppendUint32(make([]byte, 16), n)))...)
	}
	return b
}

var replayLogon = replayFrame(1, replayMessage(templateLogin, []byte{30}))

type replayUnits struct {
	t    *testing.T
	list map[uint64]bool
}

func (u *replayUnits) emit(p []byte) {
	u.t.Helper()
	var h framing.Header
	f := (MDP3Framing{}).Header(p, &h)
	spans, g := (MDP3Framing{}).Split(nil, p, &h)
	if f != framing.FaultNone || g != framing.FaultNone || len(spans) == 0 {
		u.t.Fatalf("%v %v", f, g)
	}
	if u.list == nil {
		u.list = map[uint64]bool{}
	}
	if u.list[h.Seq] || h.Seq < replayAsk.First || h.Seq > replayAsk.Last {
		u.t.Fatalf("%d came twice or was not asked for", h.Seq)
	}
	u.list[h.Seq] = true
}

func replayTalk(t *testing.T, ask framing.Ask) (*TCPReplay, *replayUnits) {
	t.Helper()
	u := &replayUnits{t: t}
	p, err := NewTCPReplay(replayOf, ask, u.emit)
	if err != nil {
		t.Fatal(err)
	}
	p.Begin(0)
	p.Output(nil)
	return p, u
}

func TestTCPReplayCutAtEachByte(t *testing.T) {
	stream := slices.Concat(replayLogon, replayData(99, 120), replayFrame(2, replayMessage(templateHeartbeat, nil)), replayData(120, 130),
		replayFrame(131, replayMessage(templateHeartbeat, nil)), // the feed's own: it has the number that is due
		replayData(132, 210), replayLogout(3, ""))
	for at := range len(stream) + 1 {
		p, u := replayTalk(t, replayAsk)
		p.Read(stream[:at], 1)
		p.Read(stream[at:], 1)
		if end := p.Hangup(); end.Outcome != framing.Done || len(u.list) != 100 {
			t.Fatalf("cut at %d: %+v, %d", at, end, len(u.list))
		}
		if c := p.Counts(); c.Units != 100 || c.Outside != 1 || c.Twice != 1 || c.Heartbeats != 1 {
			t.Fatalf("%+v", c)
		}
	}
}

func TestTCPReplayEnds(t *testing.T) {
	join := slices.Concat[[]byte]
	long := replayData(100, 101)
	long[0] += 3
	inner := replayData(100, 100)
	inner[replaySizeBytes+packetHeaderSize]--
	for _, k := range []struct {
		name   string
		stream []byte
		want   framing.Outcome
		reason string
		given  int
	}{
		{"rejected at logon", replayLogout(1, "Invalid user\x1b[2J"), framing.Refused, "logon_rejected", 0},
		{"rejected request", join(replayLogon, replayLogout(2, "Request limit reached")), framing.Refused, "request_rejected", 0},
		{"logout early", join(replayLogon, replayData(100, 120), replayLogout(2, "")), framing.Partial, "logout_early", 21},
		{"no logon", replayData(100, 120), framing.Broken, "data_before_logon", 0},
		{"logon twice", join(replayLogon, replayLogon), framing.Broken, "logon_twice", 0},
		{"size", join(replayLogon, long), framing.Broken, "message_cut_short", 0},
		{"inner size", join(replayLogon, inner), framing.Broken, "leftover_bytes", 0},
		{"size 0", []byte{0, 0}, framing.Broken, "bad_length", 0},
		{"TLS", []byte("\x15\x03\x03\x00\x02\x02\x28 and what else there may be in it"), framing.Broken, "foreign_protocol", 0},
		{"far future", join(replayLogon, replayData(1_000_000_100, 1_000_000_110), replayLogout(2, "")), framing.Refused, "request_rejected", 0},
		{"closed", join(replayLogon, replayData(100, 120)), framing.Dead, "closed", 21},
		{"closed at once", nil, framing.Dead, "closed_before_logon", 0},
		{"only a heartbeat", join(replayLogon, replayFrame(2, replayMessage(templateHeartbeat, nil))), framing.Dead, "closed", 0},
	} {
		p, u := replayTalk(t, replayAsk)
		p.Read(k.stream, 1)
		end := p.Hangup()
		if end.Outcome != k.want || end.Reason != k.reason || end.Text == "" || len(u.list) != k.given {
			t.Errorf("%s: %+v after %d", k.name, end, len(u.list))
		}
		if bytes.ContainsRune([]byte(end.Text), 0x1b) {
			t.Errorf("%s: %q", k.name, end.Text)
		}
		if p.Read(replayData(100, 199), 2) != end || len(u.list) != k.given {
			t.Errorf("%s: it goes on", k.name)
		}
	}
}

// The server's own packets are not taken for the first of the feed, which have the same numbers.
func TestTCPReplayOwnNumbers(t *testing.T) {
	n := 0
	p, _ := NewTCPReplay(replayOf, framing.Ask{First: 1, Last: 5}, func([]byte) { n++ })
	p.Begin(0)
	end := p.Read(slices.Concat(replayLogon, replayFrame(2, replayMessage(templateHeartbeat, nil)), replayData(1, 5)), 0)
	if end.Outcome != framing.Done || n != 5 || p.Counts().Heartbeats != 1 {
		t.Errorf("%+v, %d", end, n)
	}
}

func TestTCPReplayTimes(t *testing.T) {
	p, _ := replayTalk(t, replayAsk)
	if p.Tick(replayStallNS-1).Over() || p.Due() != replayStallNS || p.Tick(replayStallNS).Reason != "logon_unanswered" {
		t.Errorf("%+v", p.Tick(replayStallNS))
	}
	p, _ = replayTalk(t, replayAsk)
	p.Read(replayLogon, 1)
	p.Read(replayFrame(2, replayMessage(templateHeartbeat, nil)), replayStallNS) // it lives, which is no progress
	if end := p.Tick(1 + replayStallNS); end.Reason != "unanswered" {
		t.Errorf("%+v", end)
	}
	p, _ = replayTalk(t, replayAsk)
	p.Read(slices.Concat(replayLogon, replayData(100, 110)), 1)
	if end := p.Tick(1 + replayStallNS); end.Reason != "stalled" {
		t.Errorf("%+v", end)
	}
}

func FuzzTCPReplay(f *testing.F) {
	f.Add(slices.Concat(replayLogon, replayData(100, 199)), uint8(7))
	f.Add(slices.Concat(replayLogon, replayData(90, 150), replayFrame(2, replayMessage(templateHeartbeat, nil)), replayLogout(3, "enough")), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		var ends [2]framing.End
		var counts [2]framing.TalkCounts
		for i, n := range []int{max(len(stream), 1), max(int(step), 1)} {
			u := &replayUnits{t: t}
			p, _ := NewTCPReplay(replayOf, replayAsk, u.emit)
			p.Begin(0)
			for at := 0; at < len(stream); at += n {
				p.Read(bytes.Clone(stream[at:min(at+n, len(stream))]), 1)
			}
			ends[i], counts[i] = p.Hangup(), p.Counts()
			if counts[i].Units != uint64(len(u.list)) || (ends[i].Outcome == framing.Done) != (counts[i].Units == replayAsk.Units()) {
				t.Fatalf("%+v %+v", ends[i], counts[i])
			}
		}
		if ends[0] != ends[1] || counts[0] != counts[1] {
			t.Fatalf("whole %+v %+v, in steps %+v %+v", ends[0], counts[0], ends[1], counts[1])
		}
	})
}
