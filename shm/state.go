package shm

import "sync/atomic"

// ChannelState is how a channel stands, why, and since when.
type ChannelState struct {
	State  uint32 // ChannelWaiting to ChannelStale
	Reason uint32 // ReasonNone to ReasonOverloaded
	Unit   uint64 // the unit after which it came to stand so
	NS     uint64 // and when, UTC
}

var (
	channelStates    = [...]string{"waiting", "live", "gapped", "recovering", "stale"}
	instrumentStates = [...]string{"unknown", "live", "gapped", "recovering", "stale"}
	reasons          = [...]string{"", "joined", "gap", "unfit", "undecoded", "disputed", "abandoned", "silent", "refused", "overloaded"}
	applianceKinds   = [...]string{"", "gap", "epoch", "session", "suspect", "whole", "heartbeat"}
	books            = [...]string{"", "orders", "levels", "orders and levels"}
)

func nameOf(names []string, n uint32) string {
	if int(n) < len(names) {
		return names[n]
	}
	return utoa(uint64(n)) // a newer writer's
}

// ChannelStateName spells a channel's state.
func ChannelStateName(state uint32) string { return nameOf(channelStates[:], state) }

// InstrumentStateName spells an instrument's state: the low byte of InstrumentEntry.State.
func InstrumentStateName(state uint32) string { return nameOf(instrumentStates[:], state) }

// ReasonName spells why; "" for ReasonNone.
func ReasonName(reason uint32) string { return nameOf(reasons[:], reason) }

// ApplianceKindName spells the kind of a record that the appliance made.
func ApplianceKindName(kind uint8) string { return nameOf(applianceKinds[:], uint32(kind)) }

// BooksName spells a set of books; "" for none.
func BooksName(set uint32) string { return nameOf(books[:], set) }

// String spells the state and its reason: "gapped: joined".
func (s ChannelState) String() string { return because(ChannelStateName(s.State), s.Reason) }

// InstrumentState is how an instrument stands, as a word of the instrument table holds it.
type InstrumentState struct {
	State   uint32 // InstrumentUnknown to InstrumentStale: of its levels
	Reason  uint32
	Suspect uint32 // BookOrders and BookLevels that cannot be trusted
}

// Word is the state as InstrumentEntry.State holds it.
func (s InstrumentState) Word() uint32 { return s.State&0xFF | s.Reason&0xFF<<8 | s.Suspect&0xFF<<16 }

// InstrumentStateOf takes such a word apart.
func InstrumentStateOf(word uint32) InstrumentState {
	return InstrumentState{State: word & 0xFF, Reason: word >> 8 & 0xFF, Suspect: word >> 16 & 0xFF}
}

// String spells the state and its reason. Levels that are whole again where the orders are not: "live, orders suspect: gap".
func (s InstrumentState) String() string {
	name := InstrumentStateName(s.State)
	if s.State == InstrumentLive && s.Suspect != 0 {
		name += ", " + BooksName(s.Suspect) + " suspect"
	}
	return because(name, s.Reason)
}

func because(name string, reason uint32) string {
	if r := ReasonName(reason); r != "" {
		return name + ": " + r
	}
	return name
}

// SetState stores how the channel stands. State and reason are one word and stored last: who sees them may find an older unit
// and time for a moment, never another reason.
func (e *ChannelEntry) SetState(s ChannelState) {
	atomic.StoreUint64(&e.StateUnit, s.Unit)
	atomic.StoreUint64(&e.StateNS, s.NS)
	atomic.StoreUint64(pair(&e.State, &e.Reason), uint64(s.State)|uint64(s.Reason)<<32)
}

// Standing returns how the channel of a copied entry stood.
func (e *ChannelEntry) Standing() ChannelState {
	return ChannelState{State: e.State, Reason: e.Reason, Unit: e.StateUnit, NS: e.StateNS}
}

// ChannelState returns how channel i stands; ok is false when there is none, or it changed all the while.
func (v *ControlView) ChannelState(i int) (s ChannelState, ok bool) {
	if i < 0 || i >= v.Channels() {
		return s, false
	}
	e := &v.channels[i]
	for range latestTries {
		w := atomic.LoadUint64(pair(&e.State, &e.Reason))
		s = ChannelState{State: uint32(w), Reason: uint32(w >> 32), Unit: atomic.LoadUint64(&e.StateUnit), NS: atomic.LoadUint64(&e.StateNS)}
		if atomic.LoadUint64(pair(&e.State, &e.Reason)) == w && atomic.LoadUint64(&e.StateUnit) == s.Unit && atomic.LoadUint64(&e.StateNS) == s.NS {
			return s, true
		}
		pause(8)
	}
	return s, false
}

// InstrumentState returns how the instrument of entry i stands; ok is false when there is none.
func (v *ControlView) InstrumentState(i int) (s InstrumentState, ok bool) {
	if i < 0 || i >= v.Instruments() {
		return s, false
	}
	return InstrumentStateOf(atomic.LoadUint32(&v.instruments[i].State)), true
}

// SetInstrumentState stores how the instrument of entry index stands, beside whatever else is set in the entry. Any worker may
// call it for its own instruments.
func (c *Control) SetInstrumentState(index uint32, s InstrumentState) {
	if int(index) < len(c.instruments) {
		atomic.StoreUint32(&c.instruments[index].State, s.Word())
	}
}
