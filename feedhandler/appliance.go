package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// Records that the appliance makes itself, in the admin ring among the venue's: what happened to the stream that a reader of
// its records could not see in them. Replayed alone they tell of every mbo, trades and mbp record whether its book was whole
// (docs/adr/0017). They are in no digest, no tap and no export. Without an admin ring there are none.
//
// Unit is the newest unit that had been taken in. Records of that unit itself may stand on either side of it; what it says
// holds for every unit behind.

// tell publishes one. st is the instrument it is about; nil: the whole channel.
func (a *applier) tell(kind uint8, reason uint32, st *instrumentState, e *book.Event, first, count uint64) {
	ring := a.out.Rings[shm.SchemaAdmin]
	s := &a.standing
	if ring == nil || !a.want.Has(shm.SchemaAdmin) || s.pending {
		return
	}
	r := &s.record
	r.InstrumentID = 0
	if st != nil {
		if st.hides.Has(shm.SchemaAdmin) {
			return
		}
		r.InstrumentID = st.id
	}
	s.counter++
	r.Length, r.RType, r.PublisherID = shm.SizeAppliance/4, shm.RTypeAppliance, a.publisherID
	r.Unit, r.TsRecv = a.where(e)
	r.TsEvent = r.TsRecv
	r.Kind, r.Reason, r.Channel, r.Session = kind, uint8(reason), uint16(a.number), s.session
	r.Counter, r.First, r.Count = s.counter, first, count
	ring.PublishAdmin(shm.Bytes(r), 0, r.Unit)
}

// retell tells how everything stands to a reader that takes all books as whole.
func (a *applier) retell() {
	s := &a.standing
	if s.rest != 0 {
		a.tell(shm.ApplianceSuspect, s.why, nil, nil, uint64(s.rest), uint64(a.known-1))
	}
	for i := 1; i < a.known; i++ {
		st := &a.state[i]
		now := a.suspicion(st)
		if worse := now &^ s.rest; worse != 0 {
			a.tell(shm.ApplianceSuspect, s.why, st, nil, uint64(worse), 0)
		}
		if better := s.rest &^ now; better != 0 {
			a.tell(shm.ApplianceWhole, shm.ReasonNone, st, nil, uint64(better), 0)
		}
	}
}
