package arbitration

// phase says where the arbiter stands.
type phase uint8

const (
	idle    phase = iota // nothing heard yet
	joining              // heard something, looking for the lowest start
	running
)

// Arbiter makes one sequence of the lines of one channel. It belongs to one worker. See New.
type Arbiter struct {
	// What the two fast paths of Offer read stands first.
	session  uint64
	next     uint64 // next expected unit
	floor    uint64 // at or above it a unit below next is a duplicate for sure: start of the run, end of the newest gap
	runSend  uint64 // TsSend below it belongs to the run before; 0 when there was no reset
	now      uint64 // newest time seen
	good     uint64 // when the run was joined
	lastSend uint64 // TsSend of the newest delivered packet, and when it was received
	lastRecv uint64
	quiet    bool // running, nothing held, open or pending
	phase    phase
	nlines   uint8

	lag   []lagEntry
	lines [MaxLines]line

	win      window
	park     store
	merge    uint8  // lines whose parked packets join the sequence, a bit each
	resortAt uint64 // when the parked packets are looked through again
	known    uint64 // end of what is known to exist; next < known means that a gap is open
	stuck    uint64 // when the sequence last moved by a packet that came in time
	beat     uint64 // when a heartbeat last moved known
	late     uint64 // how far what is offered is behind what has arrived
	holeAt   uint64 // the front gap [holeAt, holeTo), valid while next lies in it
	holeTo   uint64
	open     uint64 // gaps open now

	spare    Packet // one packet for which the window had no room; its payload is spareBuf's
	spareBuf []byte
	spareOf  Line
	spared   bool

	healed  [healedRanges]Gap
	nhealed int

	gaps    gapMemory
	first   uint64 // first unit of the run
	proven  uint64 // packets delivered in the run, as far as it matters
	retired retired

	turn      turn
	adopt     uint8 // lines whose candidate became the sequence, a bit each
	joinKind  ReadyKind
	joinLine  Line
	joinCount int
	joinSince uint64
	born      uint64 // when the first packet came
	endAt     uint64
	ending    bool // endAt is known and not delivered
	flushing  bool
	checkAt   uint64

	sample sample
	cfg    Config
	stats  Stats
}

// lagEntry remembers when a packet came first.
type lagEntry struct{ seq, ns uint64 }

// lagUnits is how far back, in units, the lag of the slower line is measured.
const (
	lagUnits = 1 << 13
	lagMask  = lagUnits - 1
)

// New returns an arbiter with all the memory it will ever use.
// It fails when a value of cfg is out of range, naming the value and the rule.
func New(cfg Config) (*Arbiter, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Arbiter{cfg: cfg, nlines: uint8(len(cfg.Lines)),
		lag: make([]lagEntry, lagUnits), win: newWindow(cfg.WindowPackets, cfg.WindowBytes),
		park: newStore(cfg.WindowPackets, cfg.WindowBytes), spareBuf: make([]byte, maxCount)}
	for i, c := range cfg.Lines {
		l := &a.lines[i]
		l.recovery = c.Recovery
		if !c.Recovery {
			l.missing = make([]uint64, windowUnits/64)
			packets := candidateFactor * cfg.PersistPackets
			l.cand.store = newStore(packets, max(packets*candidateBytes, 1<<16))
		}
	}
	for i := range a.lag {
		a.lag[i].seq = ^uint64(0)
	}
	return a, nil
}

// Tick tells the time, UTC ns on the clock of Packet.TsRecv; gap timeouts and line states run by it.
// A time before the newest one seen is ignored. Drain Next afterwards.
//
// It says whether the tick can have changed anything but the time. One that has not is as good as not given, if only a tick of
// the same or a later time comes before the next packet.
func (a *Arbiter) Tick(nowNS uint64) (changed bool) {
	// Where something is held, open or pending, time decides: in Next, and in what Next remembers for the next time.
	changed = !a.quiet && a.phase != idle || a.nhealed != 0
	if nowNS > a.now {
		a.now = nowNS
	}
	if a.sample.on && a.now >= a.sample.until {
		a.sample.on = false
		changed = true
	}
	if a.now >= a.checkAt {
		changed = true
		a.checkAt = a.now + a.cfg.SilentNS/8
		a.expirePark()
		a.beginSample()
		for i := range a.lines[:a.nlines] {
			a.refresh(&a.lines[i])
		}
	}
	return changed
}

// SetLate says that what is offered now may be so many ns behind what has arrived: the caller was kept from its work, or
// waits for somebody who was. No gap is declared, and no line given up, by time that may be this and not the wire's.
func (a *Arbiter) SetLate(ns uint64) { a.late = ns }

// Flush is the end of the input: what is still open is declared, what is held is released, in order, and
// what a line fell behind is counted as lost. Drain Next afterwards.
func (a *Arbiter) Flush() {
	a.flushing = true
	a.quiet = false
	a.disbelieveAtEnd()
	a.believeAtEnd()
}

// Line returns the counters of a line, brought up to date; nil when it is not configured.
func (a *Arbiter) Line(line Line) *LineStats {
	if uint8(line) >= a.nlines {
		return nil
	}
	l := &a.lines[line]
	a.refresh(l)
	return &l.LineStats
}

// Stats returns the counters of the channel.
func (a *Arbiter) Stats() Stats {
	s := a.stats
	s.Session, s.Next, s.OpenGaps, s.HeldPackets = a.session, a.next, a.open, a.win.live
	if a.spared {
		s.HeldPackets++
	}
	return s
}

// Disputes is Stats.Disputes alone.
func (a *Arbiter) Disputes() uint64 { return a.stats.Disputes }

// Open is the gap in front of the sequence, while it is open: what a recovery client should ask for.
func (a *Arbiter) Open() (Gap, bool) {
	if a.phase != running || a.next >= a.known || a.win.has(a.next) {
		return Gap{}, false
	}
	return Gap{First: a.next, Count: a.hole() - a.next}, true
}

// refresh brings the derived counters of a line up to date.
func (a *Arbiter) refresh(l *line) {
	l.Received = l.First + l.Duplicate + l.Late + l.Suspect + l.Held
	l.ReceivedPackets = l.FirstPackets + l.DuplicatePackets + l.LatePackets + l.SuspectPackets + l.HeldPackets +
		l.Heartbeats + l.EndsOfSession
	l.Last = max(l.Last, l.good)
	l.Behind = 0
	if l.started && a.phase == running && a.next > l.high {
		l.Behind = a.next - l.high
	}
	if l.State == LineWaiting || l.recovery {
		return
	}
	age := a.now - min(a.now, l.Last)
	switch {
	case l.disputed && age < a.cfg.SilentNS:
		l.State = LineDisputed
	case age >= a.cfg.DeadNS:
		l.State = LineDead
	case age >= a.cfg.SilentNS:
		l.State = LineSilent
	default:
		l.State = LineUp
	}
}

// Known says that Offer would only count p as a duplicate: it is all delivered, and the next of its line. Any other data
// packet may come to be delivered, at once or when a number below the sequence begins another run.
func (a *Arbiter) Known(line Line, p *Packet) bool {
	l := &a.lines[line&(MaxLines-1)]
	return p.Seq+uint64(p.Count) <= a.next && p.Seq == l.high && p.Session == a.session && l.plain &&
		p.Seq >= a.floor && p.TsSend >= a.runSend && a.phase == running
}
