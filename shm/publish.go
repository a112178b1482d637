package shm

// There are two ways to publish. The short way for the hot path builds a record where readers will find it:
//
//	slot := ring.Claim()   // marked: no reader takes it
//	slot.Body.Price = ...  // every field: what is there is left from an older record
//	ring.Commit(slot)      // a record
//
// ring is a Writer in the clothes of its schema (MBOOf and so on), so nothing has to be checked for each record. The
// other way, Publish and PublishMBO to PublishMBP10, copies a record its caller has built.

// MBORing publishes mbo records.
type MBORing Writer

// TradeRing publishes trades.
type TradeRing Writer

// MBP1Ring publishes mbp-1 records.
type MBP1Ring Writer

// MBP10Ring publishes mbp-10 records.
type MBP10Ring Writer

// MarkRing publishes marks.
type MarkRing Writer

// MarkOf returns w as a ring of marks; nil when it is nil or carries something else.
func MarkOf(w *Writer) *MarkRing { return (*MarkRing)(w.as(SchemaMarks)) }

// Claim is MBORing.Claim.
func (r *MarkRing) Claim() *SlotMark { return slot[SlotMark]((*Writer)(r)) }

// Commit makes the slot that Claim returned a mark.
func (r *MarkRing) Commit(s *SlotMark) { commitSlot((*Writer)(r), s) }

// MBOOf returns w as a ring of mbo records; nil when it is nil or of another schema.
func MBOOf(w *Writer) *MBORing { return (*MBORing)(w.as(SchemaMBO)) }

// TradeOf returns w as a ring of trades; nil when it is nil or of another schema.
func TradeOf(w *Writer) *TradeRing { return (*TradeRing)(w.as(SchemaTrades)) }

// MBP1Of returns w as a ring of mbp-1 records; nil when it is nil or of another schema.
func MBP1Of(w *Writer) *MBP1Ring { return (*MBP1Ring)(w.as(SchemaMBP1)) }

// MBP10Of returns w as a ring of mbp-10 records; nil when it is nil or of another schema.
func MBP10Of(w *Writer) *MBP10Ring { return (*MBP10Ring)(w.as(SchemaMBP10)) }

func (w *Writer) as(s Schema) *Writer {
	if w == nil || w.schema != s {
		return nil
	}
	return w
}

// Claim marks the next slot and returns it for the caller to fill: Body, all of it. Commit of that slot must follow before
// anything else is done with the ring; a writer that dies in between leaves a slot that no reader takes.
func (r *MBORing) Claim() *SlotMBO { return slot[SlotMBO]((*Writer)(r)) }

// Commit makes the slot that Claim returned a record.
func (r *MBORing) Commit(s *SlotMBO) { commitSlot((*Writer)(r), s) }

// Claim is MBORing.Claim: Body and TradeID are the caller's to fill.
func (r *TradeRing) Claim() *SlotTrade { return slot[SlotTrade]((*Writer)(r)) }

// Commit makes the slot that Claim returned a record.
func (r *TradeRing) Commit(s *SlotTrade) { commitSlot((*Writer)(r), s) }

// Claim is MBORing.Claim: Body and TradeID are the caller's to fill, Channel is what SetChannel said.
func (r *MBP1Ring) Claim() *SlotMBP1 {
	s := slot[SlotMBP1]((*Writer)(r))
	s.Channel = uint32(r.channel)
	return s
}

// Commit makes the slot that Claim returned a record.
func (r *MBP1Ring) Commit(s *SlotMBP1) { commitSlot((*Writer)(r), s) }

// Claim is MBORing.Claim: Body and TradeID are the caller's to fill.
func (r *MBP10Ring) Claim() *SlotMBP10 { return slot[SlotMBP10]((*Writer)(r)) }

// Commit makes the slot that Claim returned a record.
func (r *MBP10Ring) Commit(s *SlotMBP10) { commitSlot((*Writer)(r), s) }

// PublishMBO publishes a copy of m and returns its position; into a ring of another schema nothing, and NoPosition.
func (w *Writer) PublishMBO(m *MBO) uint64 { return w.publishAs(SchemaMBO, Bytes(m), 0) }

// PublishTrade publishes a copy of t and returns its position, as PublishMBO does. tradeID is the venue's, or 0.
func (w *Writer) PublishTrade(t *Trade, tradeID uint64) uint64 {
	return w.publishAs(SchemaTrades, Bytes(t), tradeID)
}

// PublishMBP1 publishes a copy of m and returns its position, as PublishMBO does. tradeID is the venue's where m is a
// trade, else 0.
func (w *Writer) PublishMBP1(m *MBP1, tradeID uint64) uint64 {
	return w.publishAs(SchemaMBP1, Bytes(m), tradeID)
}

// PublishMBP10 is PublishMBP1 for ten levels.
func (w *Writer) PublishMBP10(m *MBP10, tradeID uint64) uint64 {
	return w.publishAs(SchemaMBP10, Bytes(m), tradeID)
}

func (w *Writer) publishAs(s Schema, body []byte, extra uint64) uint64 {
	if w.schema != s {
		return w.refuse()
	}
	return w.publish(bodyPointer(body), uint64(len(body)), extra)
}

// PublishAdmin publishes a copy of an admin record and returns its position, as PublishMBO does. tradeID is the venue's where
// the record is about a trade, else 0; unit the venue's number of the message or packet it came from.
func (w *Writer) PublishAdmin(body []byte, tradeID, unit uint64) uint64 {
	if w.schema != SchemaAdmin || !w.fits(body) {
		return w.refuse()
	}
	w.claimUnit(unit)
	return w.publish(bodyPointer(body), uint64(len(body)), tradeID)
}

// fits says whether a body is one of the schema's: its length, and what it says of that.
func (w *Writer) fits(body []byte) bool {
	n := uint64(len(body))
	return n >= SizeHeader && n <= w.bodyMax && n%8 == 0 && uint64(body[0])*4 == n && (!w.bodySame || n == w.bodyMax)
}

// Publish publishes a copy of one body of the ring's schema and returns its position, for code that does not care which: an admin
// record is of unit 0. extra is the trade id, or 0. A body of a wrong length is refused: NoPosition.
func (w *Writer) Publish(body []byte, extra uint64) uint64 {
	n := uint64(len(body))
	switch w.schema {
	case SchemaMarks:
		if n != SizeMark {
			return w.refuse()
		}
		return w.publish(bodyPointer(body), n, 0)
	case SchemaAdmin:
		return w.PublishAdmin(body, extra, 0)
	}
	if !w.fits(body) {
		return w.refuse()
	}
	return w.publish(bodyPointer(body), n, extra)
}
