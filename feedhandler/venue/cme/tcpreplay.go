package cme

import (
	"encoding/binary"
	"errors"
	"strconv"

	"wirebook/feedhandler/venue/framing"
)

const (
	// ReplayPackets is how many packets one TCP replay request may ask for. A connection takes one request.
	ReplayPackets = 2000

	replayStallNS   = 4_000_000_000 // known handlers wait so long
	replaySizeBytes = 2             // before each packet, u16 little endian, not counting itself
	replayReqID     = "1"           // behind the channel: connections share nothing, so neither need ids

	templateHeartbeat = 12
	templateLogin     = 15
	templateLogout    = 16
)

// Replay is what CME's TCP replay asks of its client.
type Replay struct {
	Channel        uint32 // ApplID, the number of the market data channel
	User, Password string
	StallNS        int64 // how long the server may bring nothing that was asked for; 0 takes 4 s
}

// ErrReplayLogin says that the logon cannot be written.
var ErrReplayLogin = errors.New("CME TCP replay: user and password are printable ASCII, at most 64 characters, and neither may be empty")

// Check says whether the logon can be written at all.
func (r *Replay) Check() error {
	if !fixText(r.User) || !fixText(r.Password) || len(r.User) > 64 || len(r.Password) > 64 {
		return ErrReplayLogin
	}
	return nil
}

// TCPReplay asks CME's TCP replay for a range of packets: FIX text out, MDP packets behind their size in. Logon, request, and then packets
// with their own numbers until the server says logout, which is its reject as well, with the reason in its text.
//
// The server's own packets (logon, heartbeat, logout) are numbered from 1 on their own. They are told from replayed ones by their
// template. A heartbeat is a replayed packet only where one was due and the server's own count is elsewhere, so that none is invented.
type TCPReplay struct {
	Replay
	ask   framing.Ask
	emit  func(payload []byte)
	tally framing.Tally

	in     framing.Stream
	out    []byte
	spans  []framing.Span
	own    uint32 // number of the server's newest packet of its own
	next   uint32 // number that a replayed packet has next
	logged bool   // the server took the logon, and was sent the request
	begun  bool
	heard  uint32 // frames
	moved  int64
	end    framing.End
	counts framing.TalkCounts
}

// NewTCPReplay makes a Talk over a stream.
func NewTCPReplay(r Replay, ask framing.Ask, emit func(payload []byte)) (*TCPReplay, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if n := ask.Units(); n == 0 || n > ReplayPackets || ask.Last > 1<<32-1 {
		return nil, framing.ErrAsk
	}
	if r.StallNS <= 0 {
		r.StallNS = replayStallNS
	}
	t := &TCPReplay{Replay: r, ask: ask, emit: emit, next: uint32(ask.First)}
	t.tally.Open(&ask)
	return t, nil
}

// Begin logs on. The request waits for the answer.
func (t *TCPReplay) Begin(nowNS int64) {
	t.out = AppendFIX(t.out, "A", FIXField{553, t.User}, FIXField{554, t.Password})
	t.begun, t.moved = true, nowNS
}

func (t *TCPReplay) request() {
	channel := strconv.FormatUint(uint64(t.Channel), 10)
	t.out = AppendFIX(t.out, "V", FIXField{1180, channel}, FIXField{262, channel + "-" + replayReqID},
		FIXField{1182, strconv.FormatUint(t.ask.First, 10)}, FIXField{1183, strconv.FormatUint(t.ask.Last, 10)})
}

// Output takes what is to be sent.
func (t *TCPReplay) Output(dst []byte) []byte {
	dst = append(dst, t.out...)
	t.out = t.out[:0]
	return dst
}

// Counts says what came.
func (t *TCPReplay) Counts() framing.TalkCounts { return t.counts }

// Due is the end of patience. The client owes the server no heartbeat.
func (t *TCPReplay) Due() int64 { return t.moved + t.StallNS }

// Bye logs out.
func (t *TCPReplay) Bye() {
	if t.begun {
		t.out = AppendFIX(t.out, "5")
		t.begun = false
	}
}

func (t *TCPReplay) over(o framing.Outcome, reason, text string) framing.End {
	if !t.end.Over() {
		t.end = framing.End{Outcome: o, Reason: reason, Text: text}
	}
	return t.end
}

// Tick gives up a server that brings nothing.
func (t *TCPReplay) Tick(nowNS int64) framing.End {
	if !t.end.Over() && t.begun && nowNS-t.moved >= t.StallNS {
		switch {
		case !t.logged:
			return t.over(framing.Dead, "logon_unanswered", "the TCP replay server did not answer the logon: is this its port, and may this host connect?")
		case t.counts.Units == 0:
			return t.over(framing.Dead, "unanswered", "the TCP replay server took the logon and sends nothing of what was asked for")
		}
		return t.over(framing.Dead, "stalled", "the TCP replay server stopped in the middle of the answer")
	}
	return t.end
}

// Hangup says what the server's closing means: it should have said logout.
func (t *TCPReplay) Hangup() framing.End {
	switch {
	case t.end.Over():
	case t.heard == 0:
		return t.over(framing.Dead, "closed_before_logon", "the server closed the connection without an answer to the logon: is this the port of a TCP replay server, and may this host connect?")
	default:
		return t.over(framing.Dead, "closed", "the TCP replay server closed the connection without a logout")
	}
	return t.end
}

// Read takes bytes of the stream, cut anywhere.
func (t *TCPReplay) Read(b []byte, nowNS int64) framing.End {
	if t.end.Over() {
		return t.end
	}
	rest := t.in.Add(b)
	for len(rest) >= replaySizeBytes && !t.end.Over() {
		size := int(binary.LittleEndian.Uint16(rest))
		if size < packetHeaderSize+messageHeaderSize {
			t.over(framing.Broken, framing.FaultBadLength.String(), "a packet of "+strconv.Itoa(size)+" bytes: this is not CME's TCP replay; is TLS or another service behind the port?")
			break
		}
		// What cannot be a packet is told by its first message, before 64 KB of it are waited for.
		if head := replaySizeBytes + packetHeaderSize + messageHeaderSize; len(rest) >= head {
			if m := rest[replaySizeBytes+packetHeaderSize:]; binary.LittleEndian.Uint16(m[6:]) != schemaID || int(binary.LittleEndian.Uint16(m)) > size-packetHeaderSize {
				t.over(framing.Broken, framing.FaultForeign.String(), "what came is no packet of MDP 3.0: is this the port of a TCP replay server, without TLS?")
				break
			}
		}
		if len(rest) < replaySizeBytes+size {
			break
		}
		t.packet(rest[replaySizeBytes:replaySizeBytes+size], nowNS)
		rest = rest[replaySizeBytes+size:]
	}
	t.in.Keep(rest)
	return t.end
}

func (t *TCPReplay) packet(p []byte, nowNS int64) {
	var fault framing.Fault
	if t.spans, fault = split(t.spans[:0], p, packetHeaderSize); fault != framing.FaultNone {
		t.over(framing.Broken, fault.String(), "a packet's messages do not fill it as its size says: nothing of it is used")
		return
	}
	t.heard++
	number := binary.LittleEndian.Uint32(p)
	first := p[t.spans[0].Off:]
	template := binary.LittleEndian.Uint16(first[4:])
	alive := template == templateHeartbeat && (number == t.own+1 || number != t.next)
	if len(t.spans) == 1 && (template == templateLogin || template == templateLogout || alive) {
		t.own = number
		t.admin(template, first[messageHeaderSize:t.spans[0].Len], nowNS)
		return
	}
	if !t.logged {
		t.over(framing.Broken, "data_before_logon", "packets before the logon was answered: none of them was asked for")
		return
	}
	t.next = number + 1
	if t.tally.Take(uint64(number), &t.counts) {
		t.moved = nowNS
		t.emit(p)
	}
	if t.tally.Left() == 0 {
		t.over(framing.Done, "", "")
		t.Bye()
	}
}

func (t *TCPReplay) admin(template uint16, body []byte, nowNS int64) {
	switch template {
	case templateHeartbeat:
		t.counts.Heartbeats++
	case templateLogin:
		if t.logged {
			t.over(framing.Broken, "logon_twice", "the server answered one logon twice")
			return
		}
		t.logged, t.moved = true, nowNS
		t.request()
	case templateLogout:
		t.logout(framing.Plain(body[:min(len(body), 180)], 180))
	}
}

// logout ends the talk. With all that was asked for it is the end of the answer, with some of it an early one, with nothing a reject.
func (t *TCPReplay) logout(text string) {
	said := "without a reason"
	if text != "" {
		said = "with " + strconv.Quote(text)
	}
	switch {
	case t.tally.Left() == 0:
		t.over(framing.Done, "", "")
	case !t.logged:
		t.over(framing.Refused, "logon_rejected", "the TCP replay server rejected the logon "+said+": check the provider's user and password")
	case t.counts.Units == 0:
		t.over(framing.Refused, "request_rejected", "the TCP replay server rejected the request "+said+
			": check the provider's channel; it serves at most 2000 packets a request, of the last 24 hours")
	default:
		t.over(framing.Partial, "logout_early", "the TCP replay server ended the answer early "+said)
	}
}
