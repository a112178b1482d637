package cme

import (
	"encoding/binary"
	"math"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// TestEncodeDecode builds one packet of every message the encoder knows and decodes it.
func TestEncodeDecode(t *testing.T) {
	const security, now = 4711, 1_700_000_000_000_000_000
	future := Future{
		SecurityID: security, Symbol: [20]byte{'E', 'S', 'H', '6'}, Asset: [6]byte{'E', 'S'}, Total: 1, LastUpdateNS: now,
		Status: 17, Channel: 310, MinPriceIncrement: 250_000_000, DisplayFactor: 10_000_000, Depth: 10, Year: 2026, Month: 3,
		Activation: now - 1, Expiration: now + 1,
	}
	var level BookEntry
	level.MdEntryPxOptionalEx.Put(5_000_000_000_000)
	level.MdEntrySizeShortOptional.Put(12)
	level.SecurityID.Put(security)
	level.RptSeq.Put(1)
	level.NumberOfOrdersOptional.Put(2)
	level.MdPriceLevel.Put(3)
	level.MdEntryTypeBook.Put('1')
	level.TradeableSize.Put(math.MaxInt32)
	var order BookOrder
	order.OrderID.Put(99)
	order.MdOrderPriorityOptional.Put(1000)
	order.MdDisplayQtyOptional.Put(12)
	order.ReferenceID.Put(1)
	var deep OrderEntry
	deep.OrderIDOptional.Put(98)
	deep.MdOrderPriorityOptional.Put(1001)
	deep.MdEntryPxOptionalEx.Put(4_000_000_000_000)
	deep.MdDisplayQtyOptional.Put(7)
	deep.SecurityID.Put(security)
	deep.MdEntryTypeBook.Put('0')
	var trade TradeEntry
	trade.MdEntryPxEx.Put(5_000_000_000_000)
	trade.MdEntrySizeShort.Put(4)
	trade.SecurityID.Put(security)
	trade.RptSeq.Put(2)
	trade.NumberOfOrders.Put(2)
	trade.AggressorSide.Put(1)
	trade.MdTradeEntryOptional.Put(55)
	orders := make([]TradeOrder, 2)
	orders[0].OrderID.Put(97)
	orders[0].LastQty.Put(4)
	orders[1].OrderID.Put(99)
	orders[1].LastQty.Put(4)
	var volume VolumeEntry
	volume.MdEntrySizeShort.Put(4)
	volume.SecurityID.Put(security)
	volume.RptSeq.Put(3)
	var high SessionEntry
	high.MdEntryPxEx.Put(5_000_000_000_000)
	high.SecurityID.Put(security)
	high.RptSeq.Put(4)
	high.MdEntryTypeStatistics.Put('7')
	high.OpenCloseSettlFlag.Put(255)
	high.MdEntrySizeShortOptional.Put(math.MaxInt32)

	p := AppendPacketHeader(nil, 12, 0)
	SetSendTime(p, now)
	p = AppendHeartbeat(p)
	p = AppendFuture(p, EndOfEvent, &future)
	p = AppendBook(p, now, LastQuote, []BookEntry{level}, []BookOrder{order})
	p = AppendOrders(p, now, EndOfEvent, []OrderEntry{deep})
	p = AppendTrades(p, now, LastTrade, []TradeEntry{trade}, orders)
	p = AppendVolume(p, now, LastVolume, []VolumeEntry{volume})
	p = AppendSession(p, now, LastStats, []SessionEntry{high})
	p = AppendSecurityStatus(p, now, EndOfEvent, [6]byte{'E', 'S'}, security, 2, 2, 0)

	var h framing.Header
	if f := (MDP3Framing{}).Header(p, &h); f != 0 || h.Seq != 12 || h.TsSend != now {
		t.Fatalf("header %+v, fault %v", h, f)
	}
	spans, f := MDP3Framing{}.Split(nil, p, &h)
	if f != 0 || len(spans) != 8 {
		t.Fatalf("%d messages, fault %v", len(spans), f)
	}
	d, b := NewMDP3(4), book.NewBatch(64)
	b.BeginPacket(book.Packet{})
	kinds := map[book.Kind]book.Event{}
	for _, s := range spans {
		msg := p[s.Off : s.Off+s.Len]
		if f := d.Decode(b, msg); f != 0 {
			t.Fatalf("template %d: %v", binary.LittleEndian.Uint16(msg[4:]), f)
		}
	}
	for _, e := range b.Events {
		if _, ok := kinds[e.Kind]; !ok {
			kinds[e.Kind] = e
		}
	}
	for kind, want := range map[book.Kind]book.Event{
		book.KindLevelNew: {Price: 5_000_000_000_000, Qty: 12, Count: 2, Level: 3, Side: book.Ask},
		book.KindAdd:      {Price: 5_000_000_000_000, Qty: 12, OrderID: 99, Side: book.Ask},
		book.KindTrade:    {Price: 5_000_000_000_000, Qty: 4, Count: 2, Side: book.Bid},
		book.KindFill:     {Qty: 4, OrderID: 99},
	} {
		e, ok := kinds[kind]
		if !ok || e.Qty != want.Qty || e.OrderID != want.OrderID && want.OrderID != 0 || e.Level != want.Level ||
			want.Price != 0 && e.Price != want.Price || want.Side != 0 && e.Side != want.Side || e.Count != want.Count {
			t.Errorf("kind %d: have %+v, want %+v", kind, e, want)
		}
	}
	for _, kind := range []book.Kind{book.KindDefinition, book.KindStatistic, book.KindStatus} {
		if _, ok := kinds[kind]; !ok {
			t.Errorf("no event of kind %d", kind)
		}
	}
	entry := d.Directory().At(d.Directory().Lookup(security))
	if entry.Symbol.String() != "ESH6" || entry.TickSize != 250_000_000 || entry.Depth != 10 {
		t.Errorf("directory has %+v", entry)
	}
}

// TestEncodedSizes holds the constants that callers plan packets with.
func TestEncodedSizes(t *testing.T) {
	for name, c := range map[string]struct{ have, want int }{
		"BookEntry": {len(layout.Bytes(new(BookEntry))), BookEntryBytes}, "BookOrder": {len(layout.Bytes(new(BookOrder))), BookOrderBytes},
		"OrderEntry": {len(layout.Bytes(new(OrderEntry))), OrderEntryBytes}, "TradeEntry": {len(layout.Bytes(new(TradeEntry))), TradeEntryBytes},
		"TradeOrder": {len(layout.Bytes(new(TradeOrder))), TradeOrderBytes}, "VolumeEntry": {len(layout.Bytes(new(VolumeEntry))), VolumeEntryBytes},
		"SessionEntry": {len(layout.Bytes(new(SessionEntry))), SessionEntryBytes},
		"future":       {len(AppendFuture(nil, 0, new(Future))), FutureBytes},
		"overhead":     {len(AppendBook(nil, 0, 0, nil, nil)), MessageOverhead},
	} {
		if c.have != c.want {
			t.Errorf("%s has %d bytes, the constant says %d", name, c.have, c.want)
		}
	}
}
