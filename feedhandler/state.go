package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// How a channel and its instruments stand. What trust.go knows of each book is told here, when it turns and only then: to the
// control file through Output.States, and as records of the appliance's own in the admin ring (appliance.go).
//
// An instrument is suspect from a gap, a dispute, a message that did not fit or could not be decoded, a join in mid-session or a
// fault of our own, until its books are rebuilt; orders and levels apart where the venue tells them apart. Its state goes by the
// levels.
//
// A channel waits until its first session. It is gapped from when all of its books turn suspect, or the first of them, until none
// is any more. Where a session was joined late, instruments are still to come: there the channel is whole when a second of its
// own time ends with none suspect, and an instrument that is first seen later is told by itself. A channel of a set minds only
// books that no other channel shows, and looks at the end of a second which those are. It is stale while every line is silent,
// whatever its books are; the first packet that brings something ends that.

// StateSink learns how a channel and its instruments stand: when that changes, and before the records that show it.
type StateSink interface {
	ChannelState(s shm.ChannelState)
	InstrumentState(idx uint32, s shm.InstrumentState)
}

const (
	bookOrders = uint8(shm.BookOrders)
	bookLevels = uint8(shm.BookLevels)
)

// standing is how a channel stands.
type standing struct {
	told   shm.ChannelState
	begun  bool   // a session runs
	held   bool   // gapped as a whole, until it is looked at
	silent bool   // no line is heard
	asked  bool   // what is missing was asked for
	quiet  bool   // everything is being emptied: single books are not told
	tells  uint8  // books that the feed tells apart
	rest   uint8  // those that are suspect of every instrument that was not told to be whole since
	why    uint32 // the reason for being gapped
	bad    [2]int // instruments whose orders, whose levels are suspect
	mine   int    // in a set: those of the latter that no other channel shows
	unit   uint64 // where the channel is while no event is in hand
	ns     uint64

	counter uint64 // of the appliance's records
	session uint32
	pending bool   // it has no number before its first packet is taken in
	before  uint64 // the unit it begins behind
	lost    uint64 // units missing from there on, before its first packet
	second  uint64 // of the channel's time
	tenth   uint64
	record  shm.Appliance
}

// stand says where the channel is and when, for what is told without an event.
func (a *applier) stand(unit, ns uint64) { a.standing.unit, a.standing.ns = unit, ns }

// suspicion is which books of an instrument are suspect, of those the feed tells apart.
func (a *applier) suspicion(st *instrumentState) uint8 {
	var s uint8
	if st.orders < a.gapGen {
		s = bookOrders
	}
	if a.shown(st) < a.gapGen {
		s |= bookLevels
	}
	return s & a.standing.tells
}

// turned tells what became of an instrument's books, of which those in was were suspect. e is the event that did it; nil: none.
func (a *applier) turned(instrument uint32, was uint8, e *book.Event, reason uint32) {
	s, st := &a.standing, &a.state[instrument]
	now := a.suspicion(st)
	if now == was || s.quiet || instrument == 0 {
		return
	}
	live := !a.gapped()
	worse, better := now&^was, was&^now
	s.count(worse, 1)
	s.count(better, -1)
	if a.member.set != nil && (worse|better)&bookLevels != 0 && !a.member.othersShow(instrument) {
		if worse&bookLevels != 0 {
			s.mine++
		} else {
			s.mine = max(s.mine-1, 0)
		}
	}
	if live {
		s.why = reason
	}
	if worse == 0 {
		a.tell(shm.ApplianceWhole, shm.ReasonNone, st, e, uint64(better), 0)
		a.standInstrument(instrument, s.why)
		a.settle(e, false)
		return
	}
	a.settle(e, false) // the reason is there before a record that asks for it
	a.standInstrument(instrument, reason)
	a.tell(shm.ApplianceSuspect, reason, st, e, uint64(worse), 0)
}

func (s *standing) count(books uint8, by int) {
	for k := range s.bad {
		if books>>k&1 != 0 {
			s.bad[k] += by
		}
	}
}

// allTurned tells that every book of the channel is suspect now.
func (a *applier) allTurned(e *book.Event, reason uint32) {
	s := &a.standing
	s.rest, s.held, s.why = s.tells, true, reason
	a.recount()
	a.settle(e, false)
	for i := 1; i < a.known; i++ {
		a.standInstrument(uint32(i), reason)
	}
	a.tell(shm.ApplianceSuspect, reason, nil, e, uint64(s.tells), uint64(a.known-1))
}

// emptying begins that every book is emptied: whatever is shown from here on is whole, and told once.
func (a *applier) emptying(e *book.Event) {
	s := &a.standing
	s.quiet = true
	if s.rest != 0 || s.bad != [2]int{} {
		a.tell(shm.ApplianceWhole, shm.ReasonNone, nil, e, uint64(s.tells), uint64(a.known-1))
		s.rest, s.held, s.bad, s.mine = 0, false, [2]int{}, 0
		for i := 1; i < a.known; i++ {
			a.wordInstrument(uint32(i), 0, 0)
		}
	}
}

// emptied ends it; every book is whole unless allTurned says otherwise.
func (a *applier) emptied(e *book.Event) {
	a.standing.quiet = false
	a.settle(e, false)
}

// appeared tells of an instrument that the channel did not know, or that has a new id, if it does not stand as the rest.
func (a *applier) appeared(instrument uint32, first bool) {
	s, st := &a.standing, &a.state[instrument]
	now := a.suspicion(st)
	if first {
		live := !a.gapped()
		s.count(now, 1)
		if a.member.set != nil && now&bookLevels != 0 && !a.member.othersShow(instrument) {
			s.mine++
		}
		if live && a.gapped() {
			a.settle(nil, false)
		}
	}
	a.standInstrument(instrument, s.why)
	if worse := now &^ s.rest; worse != 0 {
		a.tell(shm.ApplianceSuspect, s.why, st, nil, uint64(worse), 0)
	}
	if better := s.rest &^ now; better != 0 {
		a.tell(shm.ApplianceWhole, shm.ReasonNone, st, nil, uint64(better), 0)
	}
}

// nowShows tells of a book of a set that is this channel's to show from e on; others: another channel did until now.
func (a *applier) nowShows(e *book.Event, others bool) {
	if others && a.suspicion(&a.state[e.Instrument])&bookLevels != 0 {
		a.standing.mine++
		a.settle(e, false)
	}
	a.standInstrument(e.Instrument, a.standing.why)
}

// recount counts the suspect books anew.
func (a *applier) recount() {
	s := &a.standing
	s.bad, s.mine = [2]int{}, 0
	for i := 1; i < a.known; i++ {
		now := a.suspicion(&a.state[i])
		s.count(now, 1)
		if a.member.set != nil && now&bookLevels != 0 && !a.member.othersShow(uint32(i)) {
			s.mine++
		}
	}
}

// gapped says whether books that concern the channel are suspect.
func (a *applier) gapped() bool {
	s := &a.standing
	if a.member.set != nil {
		return s.held || s.mine > 0
	}
	return s.held || s.bad[1] > 0
}

// settle draws the conclusions for the channel. late: a second of its time ends.
func (a *applier) settle(e *book.Event, late bool) {
	s := &a.standing
	if late && a.member.set != nil && (s.held || s.mine > 0 || s.bad[1] > 0) {
		a.recount()
	}
	if known := a.known > 1; known && (late || s.why != shm.ReasonJoined) {
		if whole := s.rest &^ s.suspects(); whole != 0 && !a.allSuspect {
			s.rest &^= whole
			a.tell(shm.ApplianceWhole, shm.ReasonNone, nil, e, uint64(whole), uint64(a.known-1))
		}
		if a.member.set != nil {
			s.held = s.held && (s.mine > 0 || !late)
		} else if s.rest&bookLevels == 0 {
			s.held = false
		}
	}
	now := shm.ChannelState{State: shm.ChannelLive}
	switch {
	case !s.begun:
		now.State = shm.ChannelWaiting
	case s.silent:
		now.State, now.Reason = shm.ChannelStale, shm.ReasonSilent
	case a.gapped():
		if now.State, now.Reason = shm.ChannelGapped, s.why; s.asked {
			now.State = shm.ChannelRecovering
		}
	default:
		s.asked = false
	}
	if now.State == s.told.State && now.Reason == s.told.Reason {
		return
	}
	now.Unit, now.NS = a.where(e)
	s.told = now
	if a.out.States != nil {
		a.out.States.ChannelState(now)
	}
}

// suspects are the books that are suspect of any instrument.
func (s *standing) suspects() (books uint8) {
	for k, n := range s.bad {
		if n > 0 {
			books |= 1 << k
		}
	}
	return books
}

// standInstrument tells how an instrument stands now.
func (a *applier) standInstrument(instrument uint32, reason uint32) {
	a.wordInstrument(instrument, a.suspicion(&a.state[instrument]), reason)
}

func (a *applier) wordInstrument(instrument uint32, suspect uint8, reason uint32) {
	if a.out.States == nil || a.member.othersShow(instrument) {
		return
	}
	s := shm.InstrumentState{State: shm.InstrumentLive, Suspect: uint32(suspect)}
	if suspect != 0 {
		s.Reason = reason
	}
	if suspect&bookLevels != 0 {
		s.State = shm.InstrumentGapped
	}
	a.out.States.InstrumentState(instrument, s)
}

// where is the unit of an event, and when its packet was received; without an event, where the channel was said to be.
func (a *applier) where(e *book.Event) (unit, ns uint64) {
	if e == nil || a.packet == nil {
		return a.standing.unit, a.standing.ns
	}
	return unitOf(a.packet, e), a.packet.TsRecv
}

// unitOf is the venue's number of an event: the event has its low half.
func unitOf(p *book.Packet, e *book.Event) uint64 { return p.Seq + uint64(e.Seq-uint32(p.Seq)) }
