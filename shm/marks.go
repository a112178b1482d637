package shm

import "math"

// Marks writes the marks of one worker, which say what each burst of each of its channels put into the worker's rings. It
// belongs to the worker. Writing one takes nothing but stores and at most one call of the clock.
type Marks struct {
	ring    *MarkRing
	rings   [SchemaCount]*Writer // nil where the worker has none
	heads   [SchemaCount]uint64  // as the last mark has them
	clock   func() uint64
	taken   uint64
	account *Account // whose records those behind the last mark are
	written bool     // since the last Flush
}

// Account is what the marks of one channel go on from. It is the channel's; Claim makes it the one in hand.
type Account struct {
	Next     uint64 // the unit that comes next in the session
	TsRecv   uint64 // of the channel's last mark
	Session  uint32 // SessionEntry.Number; 0 before the first
	Channel  uint16 // index into the control file's channel table
	Filtered bool   // some of the channel's records are not published: MarkFiltered
}

// MaxUnits bounds the units of a mark.
const MaxUnits = 1 << 31

// NewMarks writes marks into ring about rings, both just taken over or laid out by this run. The first mark says where the run
// begins: what an earlier one left in the rings behind its own last mark is in no other.
func NewMarks(ring *Writer, rings [SchemaCount]*Writer) *Marks {
	m := &Marks{ring: MarkOf(ring), rings: rings}
	if m.ring == nil {
		return nil
	}
	slot := m.ring.Claim()
	slot.Body = Mark{Channel: NoMarkChannel, Flags: MarkRun | MarkUntimed}
	m.commit(slot)
	m.Flush()
	return m
}

// SetClock gives the marks a clock, UTC ns, which is read once a mark. Without one they say that they are untimed, as in a
// replay, whose marks are then the same each time.
func (m *Marks) SetClock(now func() uint64) { m.clock = now }

// Taken says when the worker took the burst whose marks follow, on the clock of SetClock.
func (m *Marks) Taken(ns uint64) { m.taken = ns }

// Claim makes the records that follow those of an account. What another one published and did not mark is marked first.
func (m *Marks) Claim(a *Account) {
	if m.account == a {
		return
	}
	if m.account != nil && m.Moved(m.account) {
		m.Write(m.account, m.account.Next, 0, 0)
	}
	m.account = a
}

// Moved says whether records of a are behind the last mark.
func (m *Marks) Moved(a *Account) bool {
	if m.account != a {
		return false
	}
	for s, r := range m.rings {
		if r != nil && r.pos != m.heads[s] {
			return true
		}
	}
	return false
}

// clockWentBack is the age at which the newest stamp of a burst is no longer taken for that of a packet which had to wait.
const clockWentBack = 2_000_000_000

// Pass takes in units that no mark tells, as those of a channel that is silenced: what is marked next stands behind them all the
// same.
func (a *Account) Pass(first, units, tsRecv uint64) {
	if tsRecv > a.TsRecv || tsRecv != 0 && a.TsRecv-tsRecv > clockWentBack {
		a.TsRecv = tsRecv
	}
	a.Next = first + units
}

// Write marks what a, which is claimed, took and published since its last mark: units from first on, at most MaxUnits, and the
// newest receive time among their packets, 0 where there is none.
func (m *Marks) Write(a *Account, first uint64, units uint32, tsRecv uint64) {
	a.Pass(first, uint64(units), tsRecv)
	// Built where readers find it: put together elsewhere and copied, the copy would wait for the stores.
	slot := m.ring.Claim()
	mark := &slot.Body
	mark.TsRecv, mark.First, mark.Units = a.TsRecv, first, units
	mark.Session, mark.Channel = a.Session, a.Channel
	flags := uint8(0)
	if a.Filtered {
		flags = MarkFiltered
	}
	if m.clock == nil || a.TsRecv == 0 { // the times are told from TsRecv on
		mark.Flags, mark.TakenAfterNS, mark.CommitAfterNS = flags|MarkUntimed, 0, 0
	} else {
		now := m.clock()
		taken := min(m.taken, now) // the clock was set back in between
		mark.Flags = flags
		mark.TakenAfterNS = int32(max(min(int64(taken-a.TsRecv), math.MaxInt32), math.MinInt32))
		mark.CommitAfterNS = uint32(min(now-taken, math.MaxUint32))
	}
	m.commit(slot)
}

// commit adds the heads and makes the slot a mark.
func (m *Marks) commit(slot *SlotMark) {
	slot.Body.Reserved = 0
	for s, r := range m.rings {
		if r != nil {
			m.heads[s] = r.pos
		}
		slot.Body.Heads[s] = uint32(m.heads[s])
	}
	m.ring.Commit(slot)
	m.written = true
}

// Position returns the position that the next mark gets.
func (m *Marks) Position() uint64 { return m.ring.pos }

// Flush stores the head of the marks' ring, where marks were written.
func (m *Marks) Flush() {
	if m.written {
		m.written = false
		(*Writer)(m.ring).Flush()
	}
}
