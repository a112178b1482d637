package framing

import "slices"

// Ask is one request for what the lines did not bring: units First to Last of a session, both included. Units are what the
// channel's sequence counts: messages, or packets where the venue numbers packets.
type Ask struct {
	Session     string // as the channel's framing spells it; "" where the venue names none
	First, Last uint64

	// After is unit Last+1 as a line brought it, where one has. An answer that is numbered by counting only
	// (SoupBinTCP) is held back until its own copy of that unit has come and is the same: one message too many or too few
	// would put every message behind it under a wrong number.
	After []byte
}

// MaxAsk is how many units one Ask may name. It bounds what a Tally remembers: 128 KiB.
const MaxAsk = 1 << 20

// Units is how many an Ask names; 0 where it names none or more than MaxAsk.
func (a *Ask) Units() uint64 {
	if a.First == 0 || a.Last < a.First || a.Last-a.First >= MaxAsk {
		return 0
	}
	return a.Last - a.First + 1
}

// Outcome is how a Talk stands.
type Outcome uint8

// Outcomes.
const (
	Going   Outcome = iota // more is to come
	Done                   // all that was asked for has come
	Partial                // the server ended it in good order before all had come: what lacks may be asked for again
	Refused                // the server says no: the same question again gets the same answer, of this server
	Broken                 // what came is not the protocol, or not what was asked for: nothing of this server is to be believed
	Dead                   // silence, a stall, or a connection cut: ask again, or another
)

var outcomeNames = [...]string{"going", "done", "partial", "refused", "broken", "dead"}

// String names an outcome.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "outcome"
}

// End says how a Talk stands, and why it is over. The zero value says that it goes on.
type End struct {
	Outcome Outcome
	Reason  string // the counter's name
	Text    string // in words, with what to do
}

// Over says that nothing more is to be read, or sent but Output's last.
func (e End) Over() bool { return e.Outcome != Going }

// Talk is the client's side of one conversation with a venue's request service, as a machine over bytes: it owns no
// socket and reads no clock. A connection's owner does
//
//	t.Begin(now)                   the connection stands
//	write(t.Output(nil))           after every call below too
//	end := t.Read(bytes, now)      of a stream: cut anywhere; of datagrams: one whole datagram
//	end = t.Tick(now)              at least as often as t.Due says
//	end = t.Hangup()               the other side closed the stream
//	t.Bye()                        leaving in good order, when the owner or the Talk has enough
//
// What was asked for comes out of emit as payloads in the channel's own framing, as if a line had brought them, each unit once
// and none that was not asked for. They are borrowed until emit returns. Times are monotonic, in ns. A Talk is over with the
// first End that is Over and says the same for ever after.
type Talk interface {
	Begin(nowNS int64)
	Read(b []byte, nowNS int64) End
	Tick(nowNS int64) End
	Due() int64 // when Tick has something to do at the earliest
	Hangup() End
	Bye()
	Output(dst []byte) []byte // takes what is to be sent off the Talk
	Counts() TalkCounts
}

// TalkCounts counts what came in one Talk.
type TalkCounts struct {
	Units      uint64 // given out
	Outside    uint64 // units that were not asked for: dropped
	Twice      uint64 // units that had come before: dropped
	Heartbeats uint64
	Ignored    uint64 // packets that carry nothing for a client here: debug text, unsequenced data
	Dropped    uint64 // datagrams that are no answer: another session, channel or protocol, or damaged
}

// Tally remembers which units of an Ask have come.
type Tally struct {
	first, last uint64
	left        uint64
	have        []uint64
}

// Open begins a Tally for an Ask whose Units is not 0.
func (t *Tally) Open(a *Ask) {
	n := a.Units()
	*t = Tally{first: a.First, last: a.Last, left: n, have: append(t.have[:0], make([]uint64, (n+63)/64)...)}
}

// Take says whether a unit is wanted and has not come; it counts as come from now on.
func (t *Tally) Take(unit uint64, c *TalkCounts) bool {
	if unit < t.first || unit > t.last || t.have == nil {
		c.Outside++
		return false
	}
	at := unit - t.first
	if t.have[at/64]&(1<<(at%64)) != 0 {
		c.Twice++
		return false
	}
	t.have[at/64] |= 1 << (at % 64)
	t.left--
	c.Units++
	return true
}

// Left is how many units have not come.
func (t *Tally) Left() uint64 { return t.left }

// Stream joins what a connection brings until a frame is whole. It holds at most one frame and what came with it.
type Stream struct{ held []byte }

// Add puts bytes behind those held and returns all; the caller hands back with Keep what it could not use.
func (s *Stream) Add(b []byte) []byte {
	if len(s.held) == 0 {
		return b
	}
	s.held = append(s.held, b...)
	return s.held
}

// Keep holds the rest for the next Add.
func (s *Stream) Keep(rest []byte) {
	if len(rest) == 0 {
		s.held = s.held[:0]
		return
	}
	if len(s.held) > 0 && &rest[len(rest)-1] == &s.held[len(s.held)-1] {
		s.held = slices.Delete(s.held, 0, len(s.held)-len(rest))
		return
	}
	s.held = append(s.held[:0], rest...)
}

// Len is how many bytes are held.
func (s *Stream) Len() int { return len(s.held) }

// Plain spells what a stranger wrote, for a log line: printable ASCII, at most limit bytes, without blanks around it.
func Plain(raw []byte, limit int) string {
	text := make([]byte, 0, min(len(raw), limit))
	for _, c := range raw {
		if c == 0 || len(text) == limit {
			break
		}
		if c < ' ' || c > '~' {
			c = '?'
		}
		text = append(text, c)
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	return string(text)
}
