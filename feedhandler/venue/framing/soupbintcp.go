package framing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

// SoupBinTCP 3.00 (Nasdaq, 2017). A packet is its length u16, big endian, which does not count itself, a type u8, and length-1 bytes.
//
//	L login     49  user 3/6, password 9/10, session 19/10 (blanks = the current), first wanted 29/20 as digits
//	A accepted  33  session 3/10, number of the next S 13/20 as digits
//	J rejected   4  reason 3
//	S data          message from 3; its number is counted from A's
//	H Z             the server lives; the session is over
//	R O             the client lives; it leaves
//	+ U             debug text, unsequenced data
const (
	soupHeaderBytes = 3
	soupLoginBytes  = 49
	soupUserBytes   = 6
	soupWordBytes   = 10

	soupHeartbeatNS = 1_000_000_000  // the client says that it lives after so much silence of its own
	soupSilenceNS   = 15_000_000_000 // and believes the server dead after so much of the server's
	soupStallNS     = 4_000_000_000  // a server that lives and sends nothing of what was asked for

	moldPacketBytes = 1400 // messages are gathered up to such packets; a longer message has one of its own
	soupMaxMessage  = 0xFFFF - MoldUDP64HeaderBytes - moldLengthBytes
	soupMaxKept     = 64 << 20 // bytes held back for Ask.After
)

// SoupLogin is what a SoupBinTCP server asks of its client.
type SoupLogin struct {
	User, Password string
	StallNS        int64 // 0 takes the default, 4 s
}

// ErrSoupLogin says that a login cannot be written.
var ErrSoupLogin = errors.New("SoupBinTCP: user has at most 6 and password at most 10 printable ASCII characters")

// Check says whether the login can be written at all.
func (l *SoupLogin) Check() error {
	if len(l.User) > soupUserBytes || len(l.Password) > soupWordBytes || !printable(l.User) || !printable(l.Password) {
		return ErrSoupLogin
	}
	return nil
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// AppendSoupLogin appends a login. session "" is the current one; first 0 is the newest message on, 1 the first of the session.
func AppendSoupLogin(dst []byte, l *SoupLogin, session string, first uint64) []byte {
	dst = AppendSoupPacket(dst, 'L', nil)
	binary.BigEndian.PutUint16(dst[len(dst)-soupHeaderBytes:], soupLoginBytes-2)
	dst = appendPadded(dst, l.User, soupUserBytes, false)
	dst = appendPadded(dst, l.Password, soupWordBytes, false)
	dst = appendPadded(dst, session, moldSessionBytes, true)
	return appendPadded(dst, strconv.FormatUint(first, 10), 20, true)
}

// AppendSoupPacket appends a packet of a type; a payload it could not have leaves dst as it was.
func AppendSoupPacket(dst []byte, kind byte, payload []byte) []byte {
	if len(payload) >= 0xFFFF {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(payload)+1))
	return append(append(dst, kind), payload...)
}

// appendPadded appends text in so many bytes, filled with blanks on its left or right.
func appendPadded(dst []byte, text string, size int, left bool) []byte {
	text = text[:min(len(text), size)]
	blanks := bytes.Repeat([]byte{' '}, size-len(text))
	if left {
		return append(append(dst, blanks...), text...)
	}
	return append(append(dst, text...), blanks...)
}

// SoupBinTCP asks a SoupBinTCP server for a range by logging in at its first message, and makes MoldUDP64 downstream packets of the
// sequenced data: the numbers are those of the MoldUDP64 feed where the venue says that the two are one.
//
// The server's acceptance has to name the session and, of all numbers, the one asked for: the messages behind it have no numbers of their
// own. A lower one is counted up to; a higher one is not believed. See Ask.After for the rest of what counting cannot tell.
type SoupBinTCP struct {
	ask   Ask
	login SoupLogin
	emit  func(payload []byte)

	in      Stream
	out     []byte
	packet  []byte   // MoldUDP64, being gathered
	kept    [][]byte // packets held back until Ask.After has been seen
	holding int      // bytes in kept
	count   uint16
	session [10]byte
	next    uint64 // number of the next S; 0 before A
	debug   string
	end     End
	counts  TalkCounts

	begun              bool
	sent, heard, moved int64 // when we sent, the server sent, and something wanted came
}

// NewSoupBinTCP makes a Talk. It takes what the ask lists, and nothing else, from one login.
func NewSoupBinTCP(ask Ask, login SoupLogin, emit func(payload []byte)) (*SoupBinTCP, error) {
	if err := login.Check(); err != nil {
		return nil, err
	}
	if ask.Units() == 0 || ask.Last == 1<<64-1 {
		return nil, ErrAsk
	}
	if len(ask.Session) > moldSessionBytes || !printable(ask.Session) {
		return nil, ErrAskSession
	}
	if login.StallNS <= 0 {
		login.StallNS = soupStallNS
	}
	s := &SoupBinTCP{ask: ask, login: login, emit: emit}
	return s, nil
}

// Errors of asks that no service can be asked.
var (
	ErrAsk        = errors.New("the range asked for is empty, or longer than one request may be")
	ErrAskSession = errors.New("the session asked for is none of this service's")
)

// Begin logs in.
func (s *SoupBinTCP) Begin(nowNS int64) {
	s.out = AppendSoupLogin(s.out, &s.login, s.ask.Session, s.ask.First)
	s.begun = true
	s.sent, s.heard, s.moved = nowNS, nowNS, nowNS
}

// Output takes what is to be sent.
func (s *SoupBinTCP) Output(dst []byte) []byte {
	dst = append(dst, s.out...)
	s.out = s.out[:0]
	return dst
}

// Counts says what came.
func (s *SoupBinTCP) Counts() TalkCounts { return s.counts }

// Debug is the newest debug text of the server; it is for people.
func (s *SoupBinTCP) Debug() string { return s.debug }

// Due is when a heartbeat of ours, or the end of patience, is due.
func (s *SoupBinTCP) Due() int64 {
	return min(s.sent+soupHeartbeatNS, s.heard+soupSilenceNS, s.moved+s.login.StallNS)
}

// Tick sends the heartbeat that is due, and gives up a server that is silent, or that lives and does not answer.
func (s *SoupBinTCP) Tick(nowNS int64) End {
	switch {
	case s.end.Over() || !s.begun:
	case nowNS-s.heard >= soupSilenceNS:
		return s.over(Dead, "server_silent", "the server sent nothing for 15 s, not even the heartbeat that is due each second")
	case nowNS-s.moved >= s.login.StallNS:
		if s.next == 0 {
			return s.over(Dead, "login_unanswered", "the server took the login and said neither A nor J: is this the port of a SoupBinTCP server, without TLS?")
		}
		return s.over(Dead, "stalled", "the server lives, but sends nothing of what was asked for")
	case nowNS-s.sent >= soupHeartbeatNS:
		s.out = AppendSoupPacket(s.out, 'R', nil)
		s.sent = nowNS
	}
	return s.end
}

// Hangup says what the server's closing means.
func (s *SoupBinTCP) Hangup() End {
	switch {
	case s.end.Over():
	case s.next == 0:
		return s.over(Dead, "closed_before_login", "the server closed the connection without an answer to the login: is this the port of a SoupBinTCP server, and may this host connect?")
	default:
		return s.over(Dead, "closed", "the server closed the connection in the middle of the answer")
	}
	return s.end
}

// Bye logs out, if the login went out.
func (s *SoupBinTCP) Bye() {
	if s.begun {
		s.out = AppendSoupPacket(s.out, 'O', nil)
		s.begun = false
	}
}

// over ends the talk. What was gathered and may be believed goes out first.
func (s *SoupBinTCP) over(o Outcome, reason, text string) End {
	if !s.end.Over() {
		if len(s.ask.After) == 0 {
			s.flush()
		}
		s.end = End{o, reason, text}
	}
	return s.end
}

// Read takes bytes of the stream, cut anywhere.
func (s *SoupBinTCP) Read(b []byte, nowNS int64) End {
	if s.end.Over() || len(b) == 0 {
		return s.end
	}
	s.heard = nowNS
	rest := s.in.Add(b)
	for len(rest) >= soupHeaderBytes && !s.end.Over() && s.judge(rest) {
		whole := 2 + int(binary.BigEndian.Uint16(rest))
		// A message whose length is wrong shows where the next packet should begin, so that has to be seen before the message counts. Not
		// behind the last one asked for: there may be nothing until the next heartbeat.
		need := whole
		if rest[2] == 'S' && s.next != s.ask.Last {
			need += soupHeaderBytes
		}
		if len(rest) < need || need > whole && !s.judge(rest[whole:]) {
			break
		}
		s.take(rest[2], rest[soupHeaderBytes:whole], nowNS)
		rest = rest[whole:]
	}
	s.in.Keep(rest)
	if !s.end.Over() && len(s.ask.After) == 0 {
		s.flush()
	}
	return s.end
}

// judge says whether a packet of the server can begin with these bytes; if not, the talk is over.
func (s *SoupBinTCP) judge(head []byte) bool {
	length, want := int(binary.BigEndian.Uint16(head)), soupLength(head[2])
	switch {
	case length == 0:
		s.over(Broken, "bad_length", "a packet of length 0: this is not SoupBinTCP; is TLS or another service behind the port?")
	case want == 0:
		s.over(Broken, "unknown_packet", "a packet of type "+strconv.QuoteToASCII(string(head[2:3]))+": this is not SoupBinTCP; is TLS or another service behind the port?")
	case want > 0 && length != want:
		s.over(Broken, "bad_length", "a packet of type "+string(head[2:3])+" has length "+strconv.Itoa(length)+", where the specification has "+strconv.Itoa(want))
	default:
		return true
	}
	return false
}

// soupLength is what a server's packet type has as its length; -1 any, 0 for no type a server sends.
func soupLength(kind byte) int {
	switch kind {
	case 'A':
		return 31
	case 'J':
		return 2
	case 'H', 'Z':
		return 1
	case 'S', '+', 'U':
		return -1
	}
	return 0
}

func (s *SoupBinTCP) take(kind byte, p []byte, nowNS int64) {
	switch kind {
	case 'A':
		s.accepted(p, nowNS)
	case 'J':
		s.rejected(p[0])
	case 'S':
		s.data(p, nowNS)
	case 'H':
		s.counts.Heartbeats++
	case 'Z':
		s.over(Partial, "session_ended", "the server says that the session is over before all had come")
	case '+':
		s.debug = Plain(p, 200)
		s.counts.Ignored++
	case 'U':
		s.counts.Ignored++
	}
}

func (s *SoupBinTCP) accepted(p []byte, nowNS int64) {
	session := Plain(p[:moldSessionBytes], moldSessionBytes)
	next, ok := soupNumber(p[moldSessionBytes:])
	wanted := Plain([]byte(s.ask.Session), moldSessionBytes)
	switch {
	case s.next != 0:
		s.over(Broken, "accepted_twice", "the server accepted one login twice")
	case !ok || next == 0:
		s.over(Broken, "bad_number", "the number in the server's acceptance is none")
	case wanted != "" && session != wanted:
		s.over(Refused, "other_session", "the server is in session "+strconv.Quote(session)+", the feed in "+strconv.Quote(wanted)+": is it the server of this feed?")
	case next > s.ask.First:
		s.over(Refused, "other_number", "the server begins at "+strconv.FormatUint(next, 10)+" where "+strconv.FormatUint(s.ask.First, 10)+
			" was asked for: what is older is no longer kept, or its numbers are not the feed's")
	default:
		copy(s.session[:], appendPadded(nil, session, moldSessionBytes, false))
		s.next, s.moved = next, nowNS
	}
}

// soupNumber reads digits with blanks on either side: the specification pads on the left, Nasdaq's own library on the right.
func soupNumber(p []byte) (n uint64, ok bool) {
	p = bytes.Trim(p, " ")
	if len(p) == 0 || len(p) > 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p), 10, 64)
	return n, err == nil && p[0] != '+'
}

func (s *SoupBinTCP) rejected(code byte) {
	late := ""
	if s.next != 0 {
		late = ", in the middle of the answer"
	}
	switch code {
	case 'A':
		s.over(Refused, "not_authorised", "reject A, not authorised"+late+": user or password is wrong, or has no right to this session; check the provider's user and password")
	case 'S':
		s.over(Refused, "session_not_available", "reject S, session "+strconv.Quote(s.ask.Session)+" is not available"+late+
			": the server is of another feed or day, or this number is beyond what it has")
	default:
		s.over(Refused, "rejected", "reject "+strconv.QuoteToASCII(string([]byte{code}))+late+", a code that the specification does not have")
	}
}

func (s *SoupBinTCP) data(msg []byte, nowNS int64) {
	switch {
	case s.next == 0:
		s.over(Broken, "data_before_login", "data before the login was accepted: its numbers are not known")
		return
	case len(msg) > soupMaxMessage:
		s.over(Broken, "bad_length", "a message of "+strconv.Itoa(len(msg))+" bytes, which no packet of the feed could hold")
		return
	}
	unit := s.next
	s.next++
	switch {
	case unit < s.ask.First:
		s.counts.Outside++
		s.moved = nowNS
	case unit <= s.ask.Last:
		s.gather(unit, msg)
		s.moved = nowNS
		if unit == s.ask.Last && len(s.ask.After) == 0 {
			s.done()
		}
	case bytes.Equal(msg, s.ask.After):
		s.done()
	default:
		s.over(Broken, "numbers_do_not_fit", "message "+strconv.FormatUint(unit, 10)+
			" is not the one that the feed brought: a message too many or too few came before it, so none of the answer is used")
	}
}

// done gives out all that is held.
func (s *SoupBinTCP) done() {
	s.flush()
	for _, p := range s.kept {
		s.emit(p)
	}
	s.kept = nil
	s.counts.Units = s.ask.Units()
	s.over(Done, "", "")
	s.Bye()
}

// gather puts a message into the packet that is being made.
func (s *SoupBinTCP) gather(unit uint64, msg []byte) {
	if s.count > 0 && (len(s.packet)+moldLengthBytes+len(msg) > moldPacketBytes || s.count == MoldUDP64EndOfSession-1) {
		s.flush()
	}
	if s.count == 0 {
		s.packet = AppendMoldUDP64Header(s.packet[:0], s.session, unit, 0)
	}
	s.packet = AppendMoldUDP64Message(s.packet, msg)
	s.count++
	if len(s.ask.After) == 0 {
		s.counts.Units++
	}
}

// flush gives the packet out, or holds it back.
func (s *SoupBinTCP) flush() {
	if s.count == 0 {
		return
	}
	SetMoldUDP64Count(s.packet, s.count)
	s.count = 0
	if len(s.ask.After) > 0 {
		if s.holding += len(s.packet); s.holding > soupMaxKept {
			s.over(Broken, "too_long", "the answer is longer than 64 MiB: no feed's messages are that long")
			return
		}
		s.kept = append(s.kept, bytes.Clone(s.packet))
		return
	}
	s.emit(s.packet)
}
