package nasdaq

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// decodeRest takes everything but quotations.
func (d *BBO21) decodeRest(b *book.Batch, msg []byte) book.Fault {
	switch msg[0] {
	case 'S':
		m := layout.View[bboSystemEvent](msg)
		if m == nil {
			return book.FaultTruncated
		}
		systemStatus(d.statusOf(b, &m.Timestamp, 0), m.EventCode.Get())
	case 'W':
		m := layout.View[bboBreakerStatus](msg)
		if m == nil {
			return book.FaultTruncated
		}
		breakerStatus(d.statusOf(b, &m.Timestamp, 0), m.BreachedLevel.Get())
	case 'V':
		m := layout.View[bboDeclineLevel](msg)
		if m == nil {
			return book.FaultTruncated
		}
		d.stamp(b.Add(book.KindNone), &m.Timestamp, 0)
	case 'R':
		return d.directory(b, layout.View[bboStockDirectory](msg))
	case 'H':
		m := layout.View[bboTradingAction](msg)
		if m == nil {
			return book.FaultTruncated
		}
		idx := d.find(&m.Stock)
		if idx == 0 {
			return book.FaultDirectoryFull
		}
		body := d.statusOf(b, &m.Timestamp, idx)
		tradingStatus(body, m.CurrentTradingState.Get(), m.Reason)
		noteStatus(d.dir, idx, body.Action)
	case 'Y':
		m := layout.View[bboRegSHO](msg)
		if m == nil {
			return book.FaultTruncated
		}
		idx := d.find(&m.Stock)
		if idx == 0 {
			return book.FaultDirectoryFull
		}
		shortSaleStatus(d.statusOf(b, &m.Timestamp, idx), m.RegShoAction.Get())
	case 'h':
		m := layout.View[bboOperationalHalt](msg)
		if m == nil {
			return book.FaultTruncated
		}
		idx := d.find(&m.Stock)
		if idx == 0 {
			return book.FaultDirectoryFull
		}
		operationalStatus(d.statusOf(b, &m.Timestamp, idx), m.OperationalHaltAction.Get())
	case 'A':
		m := layout.View[bboNextShares](msg)
		if m == nil {
			return book.FaultTruncated
		}
		idx := d.find(&m.NextSharesSymbol)
		if idx == 0 {
			return book.FaultDirectoryFull
		}
		// A proxy price without a size is not a quote that anybody could trade with.
		d.stamp(b.Add(book.KindNone), &m.Timestamp, idx)
	default:
		return book.FaultUnknownType
	}
	return book.FaultNone
}

func (d *BBO21) directory(b *book.Batch, m *bboStockDirectory) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx := d.find(&m.Stock)
	if idx == 0 {
		return book.FaultDirectoryFull
	}
	define(d.dir, idx, m.RoundLotSize.Get())
	e, body := b.AddDefinition()
	d.stamp(e, &m.Timestamp, idx)
	fillDefinition(body, uint64(d.dir.At(idx).ID), &m.Stock, m.RoundLotSize.Get())
	return book.FaultNone
}

func (d *BBO21) stamp(e *book.Event, ts *layout.U48BE, idx uint32) {
	e.TsEvent = d.midnight + ts.Get()
	e.Instrument = idx
	e.Flags = book.FlagLast
}

func (d *BBO21) statusOf(b *book.Batch, ts *layout.U48BE, idx uint32) *book.Status {
	e, body := b.AddStatus()
	d.stamp(e, ts, idx)
	return body
}
