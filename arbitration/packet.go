package arbitration

// MaxLines is the largest number of lines one channel can have.
const MaxLines = 8

// Line numbers a line of the channel, in the order of Config.Lines.
type Line uint8

// The usual lines. A recovery line is any line configured with Recovery.
const (
	LineA Line = iota
	LineB
	LineRecovery
)

// Kind says what a packet is for the sequence.
type Kind uint8

// Packet kinds.
const (
	KindData         Kind = iota // Count units from Seq
	KindHeartbeat                // Seq is the next unit to come
	KindEndOfSession             // Seq is the next unit that would have come
)

// Packet is one datagram's place in the sequence, and its bytes.
//
// A unit is what the venue numbers: a message for MoldUDP64 and IEX-TP, a packet for CME MDP 3.0
// (whose Count is always 1). The arbiter never looks into Payload.
type Packet struct {
	Session uint64 // identity of the numbering, equal on all lines
	Seq     uint64 // first unit; for heartbeat and end of session the next unit to come
	TsRecv  uint64 // receive stamp, UTC ns
	TsSend  uint64 // venue's send time, UTC ns; 0 where the framing has none (MoldUDP64)
	Meta    uint64 // the caller's; carried along with a held packet
	Payload []byte // borrowed; copied only when the packet is held
	Count   uint32 // units; 0 is as good as a heartbeat
	Kind    Kind
}

// Verdict says what to do with the packet just offered.
//
// Take: deliver the caller's own payload now, without its first Skip units; Count units after them are
// new. Not Take: the packet was a duplicate, late, suspect, a heartbeat, or is held (then it comes out of Next).
type Verdict struct {
	Take  bool
	Fate  Fate
	Skip  uint32
	Count uint32
}

// Fate is what became of an offered packet, in a word. What was held or suspect may come out of Next later.
type Fate uint8

// Fates.
const (
	FateRefused   Fate = iota // of a line that is not configured
	FateTaken                 // some of it is new, and comes next
	FateDuplicate             // all of it came before
	FateLate                  // after it had been given up
	FateHeld                  // it waits for what comes before it
	FateSuspect               // not believed
	FateControl               // a heartbeat or the end of a session
	FateCount
)

var fateNames = [FateCount]string{"refused", "taken", "duplicate", "late", "held", "suspect", "control"}

// String returns the fate's name.
func (f Fate) String() string {
	if f < FateCount {
		return fateNames[f]
	}
	return "fate"
}

// ReadyKind says what Next gives.
type ReadyKind uint8

// What Next gives.
const (
	ReadyNone         ReadyKind = iota
	ReadyPacket                 // a held packet whose turn has come
	ReadyGap                    // units that no line brought
	ReadySession                // the first session, or a new one, starts here
	ReadyReset                  // the same session id starts again at a lower number
	ReadyEndOfSession           // the venue closed the session; everything before it was given
)

// Gap is a range of units: First, First+1, ... First+Count-1.
type Gap struct {
	First uint64
	Count uint64
}

// Ready is one thing that became ready besides the offered packet.
//
// ReadyPacket: Packet, Line, Skip and Count (as in Verdict). Packet.Payload belongs to the arbiter and is
// valid until the next call of Next, Offer, Tick or Flush.
// ReadyGap: Gap, and Packet.Session.
// ReadySession, ReadyReset: Packet.Session and Packet.Seq, the first unit to come; Line is who brought the news.
// ReadyEndOfSession: Packet.Session and Packet.Seq, the next unit that would have come.
type Ready struct {
	Kind   ReadyKind
	Line   Line
	Skip   uint32
	Count  uint32
	Gap    Gap
	Packet Packet
}
