package shm

// Place says whether a record's natural position is known, and if not, why.
type Place uint8

// Places.
const (
	// Placed: the position is known.
	Placed Place = iota
	// Unmarked: the record is newer than the newest mark. It comes with the burst's mark, microseconds later; where the writer
	// died in between, with its next run (then Orphan).
	Unmarked
	// Inside: the record stands inside a unit whose beginning this reader did not see. The next unit's is the first to be known.
	Inside
	// MarkGone: the record's mark was overwritten, or was never written by a run without marks.
	MarkGone
	// RecordGone: the records there were overwritten. Only Locator.Find says so.
	RecordGone
	// Orphan: the writer died after the record and before its mark, and no mark will ever tell.
	Orphan
	// Appliance made: no venue's record. Its own fields say after which unit it stands.
	ApplianceMade
	// Damaged: mark and record do not fit each other, as no writer of ours leaves them.
	Damaged
)

var placeNames = [...]string{"placed", "unmarked", "inside_unit", "mark_gone", "record_gone", "orphan", "appliance", "damaged"}

// String returns the place's name.
func (p Place) String() string {
	if int(p) < len(placeNames) {
		return placeNames[p]
	}
	return "place"
}

// Natural is a record's place in the venue's own numbering, and the times of its burst.
type Natural struct {
	Unit    uint64
	K       uint64 // the record's place among those of the unit in this channel and schema, from 0
	Session uint32 // SessionEntry.Number
	Channel uint16 // index into the control file's channel table
	Times   Times
	// Filtered: only some instruments are published, so that K counts those alone.
	Filtered bool
}

// Times are the stamps of a burst, UTC ns.
type Times struct {
	RecvNS   uint64 // the newest of its packets was received
	TakenNS  uint64 // the worker took it; 0 where no clock was there to say
	CommitNS uint64 // its records were committed; 0 where no clock was there to say
}

// Times returns the mark's stamps.
func (m *Mark) Times() Times {
	t := Times{RecvNS: m.TsRecv}
	if m.Flags&MarkUntimed == 0 {
		t.TakenNS = m.TsRecv + uint64(int64(m.TakenAfterNS))
		t.CommitNS = t.TakenNS + uint64(m.CommitAfterNS)
	}
	return t
}

// unit is the largest number of the mark whose low half is low.
func (m *Mark) unit(low uint32) (unit uint64, ok bool) {
	end := m.First + uint64(m.Units)
	if end == 0 {
		return 0, false
	}
	last := end - 1
	unit = last - uint64(uint32(last)-low)
	return unit, unit <= last
}

// unitOf returns the unit of a record in a payload of schema s as Reader.Next fills it; made says that the appliance made it.
func (m *Mark) unitOf(s Schema, payload []byte) (unit uint64, made, ok bool) {
	low := uint32(0)
	switch s {
	case SchemaMBO:
		if r := View[MBO](payload); r != nil {
			low, ok = r.Sequence, true
		}
	case SchemaTrades:
		if r := View[Trade](payload); r != nil {
			low, ok = r.Sequence, true
		}
	case SchemaMBP1:
		if r := View[MBP1](payload); r != nil {
			low, ok = r.Sequence, true
		}
	case SchemaMBP10:
		if r := View[MBP10](payload); r != nil {
			low, ok = r.Sequence, true
		}
	case SchemaAdmin:
		if a := view[adminPayload](payload); a != nil {
			return a.Unit, a.Body[1] == RTypeAppliance, a.Unit < m.First+uint64(m.Units)
		}
	}
	if !ok {
		return 0, false, false
	}
	unit, ok = m.unit(low)
	return unit, false, ok
}

// adminPayload is a SlotAdmin behind its sequence.
type adminPayload struct {
	Body    [SizeDefinition]uint8
	TradeID uint64
	Channel uint32
	_       [4]uint8
	Unit    uint64
	_       [24]uint8
}
