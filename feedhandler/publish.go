package feedhandler

import (
	"math"

	"wirebook/book"
	"wirebook/shm"
)

// publisher fills DBN records, digests them and puts them into rings. A record is built in its slot of the ring; one
// for which there is no ring (digests, a tap, the latest table) is built in a slot of the publisher's own.
type publisher struct {
	dir         *book.Directory
	out         Output
	instruments InstrumentSink
	want        SchemaSet
	wants       SchemaSet // when not silent
	turn        SchemaSet // whose records are made now: all, or when a part was told ahead that or the rest
	now         SchemaSet // of those wanted
	taps        SchemaSet
	digest      bool
	channel     int
	channelID   uint8
	publisherID uint16

	state     []instrumentState
	packet    *book.Packet
	stamped   bool // the packet has a receive time
	receipt   receipt
	digests   [shm.SchemaCount]digester
	stream    shm.Stream // whose positions digests are of
	streaming bool       // the venue has named it

	// Saturated counts quantities that did not fit DBN's 32 bits and were published as the largest that does.
	Saturated uint64

	rings struct { // out.Rings by their schemas; nil where nobody reads
		mbo   *shm.MBORing
		trade *shm.TradeRing
		mbp1  *shm.MBP1Ring
		mbp10 *shm.MBP10Ring
	}
	own struct {
		mbo   shm.SlotMBO
		trade shm.SlotTrade
		mbp1  shm.SlotMBP1
		mbp10 shm.SlotMBP10
	}
	admin struct {
		status     shm.Status
		imbalance  shm.Imbalance
		statistics shm.Statistics
		definition shm.Definition
	}
	bids, asks [10]book.Level
}

// receipt is what a record says about its receiving, and nothing about its content.
type receipt struct {
	tsRecv uint64
	delta  int32
	flags  uint8 // BAD_TS_RECV or nothing
}

func (p *publisher) init(dir *book.Directory, cfg *ChannelConfig) {
	p.dir, p.out, p.instruments = dir, cfg.Output, cfg.Output.Instruments
	p.want = cfg.wants()
	p.wants = p.want
	p.take(AllSchemas)
	p.stream = shm.Stream{PublisherID: cfg.PublisherID, ChannelID: cfg.ID}
	if p.out.Tap != nil {
		p.taps = p.out.TapSchemas
	}
	p.digest = !cfg.NoDigests
	p.channelID, p.publisherID = cfg.ID, cfg.PublisherID
	rings := &cfg.Output.Rings
	p.rings.mbo, p.rings.trade = shm.MBOOf(rings[shm.SchemaMBO]), shm.TradeOf(rings[shm.SchemaTrades])
	p.rings.mbp1, p.rings.mbp10 = shm.MBP1Of(rings[shm.SchemaMBP1]), shm.MBP10Of(rings[shm.SchemaMBP10])
}

// silence makes no records any more, or again all that are wanted.
func (p *publisher) silence(on bool) {
	p.want = p.wants
	if on {
		p.want = 0
	}
	p.now = p.want & p.turn
}

// take makes the schemas those whose records are made from here on.
func (p *publisher) take(turn SchemaSet) { p.turn, p.now = turn, p.want&turn }

// enter makes pkt the packet of the events that follow.
func (p *publisher) enter(pkt *book.Packet) {
	p.packet = pkt
	p.receipt = receipt{tsRecv: pkt.TsRecv, flags: pkt.Flags}
	p.stamped = pkt.TsRecv != 0 && pkt.TsRecv != book.UndefTime
}

// begin completes the receipt of the records that follow from e.
func (p *publisher) begin(e *book.Event) {
	sent := p.packet.TsSend
	if sent == 0 {
		sent = e.TsEvent
	}
	if !p.stamped {
		p.beginUnstamped(e, sent)
		return
	}
	p.receipt.delta = 0
	if sent != book.UndefTime {
		p.receipt.delta = clampDelta(int64(p.receipt.tsRecv - sent))
	}
}

// beginUnstamped: no stamp at all is the venue's own time; that, and a stamp that says "undefined", are marked as what they
// are.
func (p *publisher) beginUnstamped(e *book.Event, sent uint64) {
	r := receipt{tsRecv: p.packet.TsRecv, flags: p.packet.Flags | shm.FlagBadTsRecv}
	if r.tsRecv == 0 {
		r.tsRecv = e.TsEvent
	}
	if sent != book.UndefTime && r.tsRecv != book.UndefTime {
		r.delta = clampDelta(int64(r.tsRecv - sent))
	}
	p.receipt = r
}

func clampDelta(d int64) int32 {
	if d > math.MaxInt32 {
		return math.MaxInt32
	}
	if d < math.MinInt32 {
		return math.MinInt32
	}
	return int32(d)
}

// size fits a quantity into DBN's 32 bits; the largest value means "undefined" there and is kept free.
func (p *publisher) size(q uint64) uint32 {
	if q >= math.MaxUint32 {
		p.Saturated++
		return math.MaxUint32 - 1
	}
	return uint32(q)
}

// header fills the 16 bytes every record starts with.
func (p *publisher) header(h *shm.RecordHeader, rtype uint8, bytes int, st *instrumentState, e *book.Event) {
	h.Length, h.RType, h.PublisherID, h.InstrumentID = uint8(bytes/4), rtype, p.publisherID, st.id
	h.TsEvent = e.TsEvent
}

func (p *publisher) tap(s shm.Schema, body []byte, extra uint64) {
	p.out.Tap.Record(s, body, extra)
}

// putMBO publishes one mbo record.
func (p *publisher) putMBO(st *instrumentState, e *book.Event, action uint8, side book.Side, id uint64, price int64, qty uint64, flags uint8) {
	if !(p.now &^ st.hides).Has(shm.SchemaMBO) {
		if p.unpublished(shm.SchemaMBO, e) {
			st.mark(openMBO, flags)
		}
		return
	}
	slot, ring := &p.own.mbo, p.rings.mbo
	if ring != nil {
		slot = ring.Claim()
	}
	r := &slot.Body
	p.header(&r.RecordHeader, shm.RTypeMBO, shm.SizeMBO, st, e)
	r.OrderID, r.Price, r.Size = id, price, p.size(qty)
	r.ChannelID, r.Action, r.Side = p.channelID, action, uint8(side)
	r.Sequence = e.Seq
	if p.digest {
		r.Flags, r.TsRecv, r.TsInDelta = flags, 0, 0
		p.note(shm.SchemaMBO, shm.Bytes(r), e)
	}
	r.Flags, r.TsRecv, r.TsInDelta = flags|p.receipt.flags, p.receipt.tsRecv, p.receipt.delta
	if ring != nil {
		ring.Commit(slot)
	}
	if p.taps.Has(shm.SchemaMBO) {
		p.tap(shm.SchemaMBO, shm.Bytes(r), 0)
	}
	st.mark(openMBO, flags)
}

// putTrade publishes one record of the trades schema.
func (p *publisher) putTrade(st *instrumentState, e *book.Event, action uint8, side book.Side, price int64, qty uint64, flags uint8) {
	if !(p.now &^ st.hides).Has(shm.SchemaTrades) {
		p.unpublished(shm.SchemaTrades, e)
		return
	}
	slot, ring := &p.own.trade, p.rings.trade
	if ring != nil {
		slot = ring.Claim()
	}
	r := &slot.Body
	p.header(&r.RecordHeader, shm.RTypeTrade, shm.SizeTrade, st, e)
	r.Price, r.Size = price, p.size(qty)
	r.Action, r.Side, r.Depth = action, uint8(side), 0
	r.Sequence = e.Seq
	slot.TradeID = e.Ref
	if p.digest {
		r.Flags, r.TsRecv, r.TsInDelta = flags, 0, 0
		p.note(shm.SchemaTrades, shm.Bytes(r), e)
	}
	r.Flags, r.TsRecv, r.TsInDelta = flags|p.receipt.flags, p.receipt.tsRecv, p.receipt.delta
	if ring != nil {
		ring.Commit(slot)
	}
	if p.taps.Has(shm.SchemaTrades) {
		p.tap(shm.SchemaTrades, shm.Bytes(r), e.Ref)
	}
}
