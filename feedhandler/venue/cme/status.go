package cme

import (
	"math"

	"wirebook/book"
)

const (
	securityStatusLeast = 28 // to security_trading_status
	workupStatusLeast   = 28 // to workup_trading_status
	quoteRequestLeast   = 32 // to match_event_indicator
)

var (
	blankSecurityStatus     = blank[securityStatus]()
	blankWorkupStatus       = blank[workupStatus]()
	blankQuoteRequest       = blank[quoteRequest]()
	blankQuoteRequestSymbol = blank[quoteRequestSymbol]()
	blankChannelReset       = blank[channelReset]()
)

// statusAction is SecurityTradingStatus as DBN's status action; 0 where it says nothing (20 unknown, 103 no change).
func statusAction(code uint8) uint16 {
	switch code {
	case 2: // trading halt
		return 8
	case 4: // close
		return 12
	case 15: // new price indication
		return 6
	case 17, 201, 202: // ready to trade; private and public workup trade at one price
		return 7
	case 18: // not available for trading
		return 15
	case 21: // pre-open
		return 1
	case 24: // pre-cross
		return 2
	case 25: // cross
		return 4
	case 26: // post close
		return 13
	}
	return 0
}

// statusReason is HaltReason as DBN's status reason; 5 (unknown) and 7 (trade date roll) have none.
func statusReason(code uint8) uint16 {
	if code <= 4 {
		return uint16(code) + 1 // scheduled, surveillance, market event, activation, expiration
	}
	if code == 6 { // recovery in process
		return 6
	}
	return 0
}

// statusEvent is SecurityTradingEvent as DBN's trading event.
func statusEvent(code uint8) uint16 {
	switch code {
	case 1: // no cancel
		return 1
	case 4: // reset statistics: a new session begins
		return 2
	case 5: // implied matching on
		return 3
	case 6: // implied matching off
		return 4
	}
	return 0
}

// status notes an instrument's trading status in the directory.
func (d *MDP3) status(index uint32, code uint8) {
	action := uint8(statusAction(code))
	if entry := d.dir.At(index); action != 0 && entry.Status != action {
		entry.Status = action
		d.dir.Touch(index)
	}
}

// addStatus appends a status event.
func (d *MDP3) addStatus(b *book.Batch, index uint32, ts uint64, status, reason, trading uint8) {
	d.touch(index)
	if index != 0 {
		d.status(index, status)
	}
	event, body := b.AddStatus()
	event.Instrument, event.TsEvent = index, ts
	body.Action, body.Reason, body.TradingEvent = statusAction(status), statusReason(reason), statusEvent(trading)
	switch body.Action {
	case 0:
		return
	case 7:
		body.IsTrading, body.IsQuoting = 'Y', 'Y'
	case 1, 2, 4, 6:
		body.IsTrading, body.IsQuoting = 'N', 'Y'
	default:
		body.IsTrading, body.IsQuoting = 'N', 'N'
	}
}

// securityStatus is template 30. Without a security it speaks of a group or asset, and so of the channel.
func (d *MDP3) securityStatus(b *book.Batch, m *message) book.Fault {
	if len(m.block) < securityStatusLeast {
		return book.FaultTruncated
	}
	var room securityStatus
	root := lay(m.block, &blankSecurityStatus, &room)
	index, security := uint32(0), root.SecurityIDOptional.Get()
	if security != math.MaxInt32 {
		if index = d.index(security); index == 0 {
			return noIndex(security)
		}
	}
	start, ts := len(b.Events), root.TransactTime.Get()
	d.addStatus(b, index, ts, root.SecurityTradingStatus.Get(), root.HaltReason.Get(), root.SecurityTradingEvent.Get())
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return book.FaultNone
}

// workupStatus is template 60; its orders and its price have no place in a status.
func (d *MDP3) workupStatus(b *book.Batch, m *message) book.Fault {
	if len(m.block) < workupStatusLeast {
		return book.FaultTruncated
	}
	var room workupStatus
	root := lay(m.block, &blankWorkupStatus, &room)
	security := root.SecurityID.Get()
	index := d.index(security)
	if index == 0 {
		return noIndex(security)
	}
	start, ts := len(b.Events), root.TransactTime.Get()
	d.addStatus(b, index, ts, root.WorkupTradingStatus.Get(), root.HaltReason.Get(), root.SecurityTradingEvent.Get())
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return book.FaultNone
}

// quoteRequest is template 39: somebody asks for quotes; no book effect.
func (d *MDP3) quoteRequest(b *book.Batch, m *message, group *entries) book.Fault {
	if len(m.block) < quoteRequestLeast {
		return book.FaultTruncated
	}
	var room quoteRequest
	root := lay(m.block, &blankQuoteRequest, &room)
	start, ts, fault := len(b.Events), root.TransactTime.Get(), book.FaultNone
	var entryRoom quoteRequestSymbol
	for i := range group.n {
		security := lay(group.at(i), &blankQuoteRequestSymbol, &entryRoom).SecurityID.Get()
		index := d.index(security)
		if index == 0 {
			fault = noIndex(security)
			continue
		}
		d.touch(index)
		d.plain(b, book.KindNone, index, ts)
	}
	d.finish(b, start, root.MatchEventIndicator.Get(), ts)
	return fault
}

// collateralValue is template 62: values of what stands behind repurchase agreements, by bond, not by instrument.
func (d *MDP3) collateralValue(b *book.Batch, m *message) book.Fault {
	ts, indicator, fault := m.incrementalRoot()
	if fault != book.FaultNone {
		return fault
	}
	start := len(b.Events)
	d.touch(0)
	d.plain(b, book.KindNone, 0, ts)
	d.finish(b, start, indicator, ts)
	return book.FaultNone
}

// channelReset is template 4: all books of the channel are empty and RptSeq begins anew. The event in progress is over.
func (d *MDP3) channelReset(b *book.Batch, m *message) book.Fault {
	if len(m.block) < incrementalLeast {
		return book.FaultTruncated
	}
	var room channelReset
	root := lay(m.block, &blankChannelReset, &room)
	d.plain(b, book.KindClearAll, 0, root.TransactTime.Get()).Flags = book.FlagLast
	gap := d.gap
	clear(d.state)
	d.open, d.gap = d.open[:0], gap
	for i := range d.state {
		d.state[i].gap = gap
	}
	return book.FaultNone
}
