package feedhandler

import (
	"math"

	"wirebook/book"
	"wirebook/shm"
)

// publisher fills DBN records, digests them and puts them into rings. One record of each shape is kept and
// overwritten, so nothing is allocated and every record is built in cache.
type publisher struct {
	dir         *book.Directory
	out         Output
	instruments InstrumentSink
	want        SchemaSet
	taps        SchemaSet
	digest      bool
	channel     int
	channelID   uint8
	publisherID uint16

	state   []instrumentState
	packet  *book.Packet
	receipt receipt
	digests [shm.SchemaCount]Digest

	// Saturated counts quantities that did not fit DBN's 32 bits and were published as the largest that does.
	Saturated uint64

	mbo   shm.MBO
	trade shm.Trade
	mbp1  shm.MBP1
	mbp10 shm.MBP10
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
	if p.out.Tap != nil {
		p.taps = p.out.TapSchemas
	}
	p.digest = !cfg.NoDigests
	p.channelID, p.publisherID = cfg.ID, cfg.PublisherID
}

// begin sets the receipt of the records that follow from e.
func (p *publisher) begin(e *book.Event) {
	pkt := p.packet
	r := receipt{tsRecv: pkt.TsRecv, flags: pkt.Flags}
	if r.tsRecv == 0 {
		// No stamp at all: the venue's own time, marked as what it is.
		r.tsRecv, r.flags = e.TsEvent, shm.FlagBadTsRecv
	}
	sent := pkt.TsSend
	if sent == 0 {
		sent = e.TsEvent
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
func (p *publisher) header(h *shm.RecordHeader, rtype uint8, bytes int, e *book.Event) {
	h.Length, h.RType = uint8(bytes/4), rtype
	h.PublisherID, h.InstrumentID = p.publisherID, p.state[e.Instrument].id
	h.TsEvent = e.TsEvent
}

// note digests a record that has no receiver fields yet.
func (p *publisher) note(s shm.Schema, body []byte) {
	if p.digest {
		p.digests[s].add(recordHash(body), &p.receipt)
	}
}

func (p *publisher) tap(s shm.Schema, body []byte, extra uint64) {
	if p.taps.Has(s) {
		p.out.Tap.Record(s, body, extra)
	}
}

// mark keeps track of whether the schema's record closed the venue's event.
func (p *publisher) mark(instrument uint32, schema, flags uint8) {
	if flags&book.FlagLast != 0 {
		p.state[instrument].open &^= schema
	} else {
		p.state[instrument].open |= schema
	}
}

// putMBO publishes one mbo record.
func (p *publisher) putMBO(e *book.Event, action uint8, side book.Side, id uint64, price int64, qty uint64, flags uint8) {
	if !p.want.Has(shm.SchemaMBO) {
		return
	}
	r := &p.mbo
	p.header(&r.RecordHeader, shm.RTypeMBO, shm.SizeMBO, e)
	r.OrderID, r.Price, r.Size = id, price, p.size(qty)
	r.Flags, r.ChannelID, r.Action, r.Side = flags, p.channelID, action, uint8(side)
	r.Sequence = e.Seq
	r.TsRecv, r.TsInDelta = 0, 0
	p.note(shm.SchemaMBO, shm.Bytes(r))
	r.TsRecv, r.TsInDelta = p.receipt.tsRecv, p.receipt.delta
	r.Flags |= p.receipt.flags
	if ring := p.out.Rings[shm.SchemaMBO]; ring != nil {
		ring.PublishMBO(r)
	}
	p.tap(shm.SchemaMBO, shm.Bytes(r), 0)
	p.mark(e.Instrument, openMBO, flags)
}

// putTrade publishes one record of the trades schema.
func (p *publisher) putTrade(e *book.Event, action uint8, side book.Side, price int64, qty uint64, flags uint8) {
	if !p.want.Has(shm.SchemaTrades) {
		return
	}
	r := &p.trade
	p.header(&r.RecordHeader, shm.RTypeTrade, shm.SizeTrade, e)
	r.Price, r.Size = price, p.size(qty)
	r.Action, r.Side, r.Flags, r.Depth = action, uint8(side), flags, 0
	r.Sequence = e.Seq
	r.TsRecv, r.TsInDelta = 0, 0
	p.note(shm.SchemaTrades, shm.Bytes(r))
	r.TsRecv, r.TsInDelta = p.receipt.tsRecv, p.receipt.delta
	r.Flags |= p.receipt.flags
	if ring := p.out.Rings[shm.SchemaTrades]; ring != nil {
		ring.PublishTrade(r, e.Ref)
	}
	p.tap(shm.SchemaTrades, shm.Bytes(r), e.Ref)
}
