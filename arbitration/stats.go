package arbitration

// LineState says how a line is doing.
type LineState uint8

// Line states.
const (
	LineWaiting LineState = iota // nothing received yet
	LineUp
	LineSilent // nothing for Config.SilentNS
	LineDead   // nothing for Config.DeadNS
	// LineDisputed: for Config.SilentNS and longer the line has said what another line that is heard contradicts.
	LineDisputed
)

var lineStateNames = [...]string{"waiting", "up", "silent", "dead", "disputed"}

// String returns the state's name.
func (s LineState) String() string {
	if int(s) < len(lineStateNames) {
		return lineStateNames[s]
	}
	return "unknown"
}

// LineStats counts one line, as of the call of Line. Two sums hold.
//
// Units: Received = First + Duplicate + Late + Suspect + Held. Packets: ReceivedPackets = FirstPackets +
// DuplicatePackets + LatePackets + SuspectPackets + HeldPackets + Heartbeats + EndsOfSession. A packet that
// is partly new counts once, as first; its units are counted one by one.
type LineStats struct {
	Received  uint64 // units of all data packets, but for those whose count or sequence is impossible
	First     uint64 // units delivered from this line
	Duplicate uint64 // units that were delivered or held already
	Late      uint64 // units that come too late: of a declared gap, an older run or session, before the start, or beyond memory
	Suspect   uint64 // units not believed, or not yet: too far ahead, of another session, garbage; or too big to keep
	Held      uint64 // units held now
	// Lost is the units that this line's own numbering passed and that it never brought, whatever the other
	// lines did. A unit that comes late after all is taken off again. Behind is the units that the channel
	// delivered beyond the line's newest; Flush, a reset and a new session turn it into Lost.
	Lost      uint64
	Behind    uint64
	Recovered uint64 // units with which this line, being a recovery line, filled an open gap

	ReceivedPackets  uint64
	FirstPackets     uint64
	DuplicatePackets uint64
	LatePackets      uint64
	SuspectPackets   uint64
	HeldPackets      uint64
	Heartbeats       uint64
	EndsOfSession    uint64

	Gaps  uint64 // times this line's own numbering jumped ahead
	State LineState
	Last  uint64    // TsRecv of the newest packet, ns
	Holes HoleLog   // what Lost counts, the newest of it
	LagNS Histogram // of the packets this line brought second: how long after the first
}

// Stats counts the channel.
//
// Opened = Healed + Declared + OpenGaps, where a gap that is filled from its middle counts as two.
type Stats struct {
	Session uint64
	Next    uint64 // next expected unit

	Delivered     uint64 // units given out
	HeldPackets   uint64 // packets held now
	HeldMax       uint64 // most packets ever held
	Overflows     uint64 // packets for which the window had no room, so that gaps were declared
	Dropped       uint64 // packets that could not be kept at all; also counted as suspect
	OpenGaps      uint64 // open now
	Opened        uint64 // gaps noticed
	Healed        uint64 // gaps filled before they were declared
	HealedUnits   uint64
	HealedUntold  uint64 // healed ranges nobody took in time
	Declared      uint64 // gaps declared
	DeclaredUnits uint64
	Sessions      uint64
	Resets        uint64
	Jumps         uint64 // far jumps believed
	Forgotten     uint64 // packets too far ahead that were let go for want of room; also counted as suspect
	// Disputes counts, once every Config.SilentNS while it lasts, that two lines which are heard contradict each other and
	// nothing tells which is right: no send time of the venue's.
	Disputes uint64
	Ended    bool // the running session has ended
}
