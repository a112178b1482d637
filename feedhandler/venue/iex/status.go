package iex

import "wirebook/book"

// DBN status actions and reasons this venue's messages become.
const (
	actionNone         = 0
	actionPreOpen      = 1
	actionPreCross     = 2
	actionTrading      = 7
	actionHalt         = 8
	actionPause        = 9
	actionClose        = 12
	actionPostClose    = 13
	actionShortSale    = 14
	actionNotAvailable = 15

	reasonNone         = 0
	reasonScheduled    = 1
	reasonNewsPending  = 30
	reasonNewsReleased = 31
	reasonOperational  = 60
	reasonNewOffering  = 110
	reasonMarketWide1  = 120
	reasonMarketWide2  = 121
	reasonMarketWide3  = 122
)

func (in *instruments) tradingStatus(b *book.Batch, m *TradingStatus) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	st := &in.states[idx]
	st.trading = m.TradingStatus.Get()
	s := in.status(b, idx, m.Timestamp.Get(), tradingAction(st.trading))
	s.Reason = reason(m.Reason)
	s.IsTrading = st.isTrading()
	s.IsQuoting = s.IsTrading
	return book.FaultNone
}

func (in *instruments) operationalHalt(b *book.Batch, m *OperationalHaltStatus) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	st := &in.states[idx]
	st.halt = m.OperationalHaltStatus.Get()
	var action uint16
	switch st.halt {
	case 'O':
		action = actionHalt
	case 'N':
		// The end of an operational halt only gives back what the trading status says.
		action = tradingAction(st.trading)
	}
	s := in.status(b, idx, m.Timestamp.Get(), action)
	s.Reason = reasonOperational
	s.IsTrading = st.isTrading()
	s.IsQuoting = s.IsTrading
	return book.FaultNone
}

func (in *instruments) securityEvent(b *book.Batch, m *SecurityEvent) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	var action uint16
	switch m.SecurityEvent.Get() {
	case 'O':
		action = actionTrading
	case 'C':
		action = actionClose
	}
	in.status(b, idx, m.Timestamp.Get(), action).Reason = reasonScheduled
	return book.FaultNone
}

func (in *instruments) shortSale(b *book.Batch, m *ShortSalePriceTestStatus) book.Fault {
	if m == nil {
		return book.FaultTruncated
	}
	idx, fault := in.named(&m.Symbol, &m.Timestamp)
	if fault != book.FaultNone {
		return fault
	}
	e, s := b.AddStatus()
	in.stamp(e, idx, m.Timestamp.Get())
	s.Action = actionShortSale // leaves the directory's status alone: it says nothing about trading
	switch m.ShortSalePriceTestStatus.Get() {
	case 0:
		s.IsShortSellRestrict = 'N'
	case 1:
		s.IsShortSellRestrict = 'Y'
	}
	return book.FaultNone
}

// status appends a status of instrument idx and notes the action in the directory. The body is for the caller to complete.
func (in *instruments) status(b *book.Batch, idx uint32, ts int64, action uint16) *book.Status {
	if entry := in.directory.At(idx); action != actionNone && entry.Status != uint8(action) {
		entry.Status = uint8(action)
		in.directory.Touch(idx)
	}
	e, s := b.AddStatus()
	in.stamp(e, idx, ts)
	s.Action = action
	return s
}

func tradingAction(code byte) uint16 {
	switch code {
	case 'H':
		return actionHalt
	case 'O':
		return actionPreCross
	case 'P':
		return actionPause
	case 'T':
		return actionTrading
	}
	return actionNone
}

// isTrading joins trading status and operational halt: 'Y' needs both, one refusal is 'N', else '~'.
func (st *state) isTrading() uint8 {
	switch {
	case st.halt == 'O', st.trading == 'H', st.trading == 'O', st.trading == 'P':
		return 'N'
	case st.halt == 'N' && st.trading == 'T':
		return 'Y'
	}
	return '~'
}

// reason maps the four characters of a trading status message.
func reason(code [4]byte) uint16 {
	switch string(code[:]) {
	case "T1  ":
		return reasonNewsPending
	case "T2  ":
		return reasonNewsReleased
	case "IPO1", "IPO2", "IPO3", "IPOD":
		return reasonNewOffering
	case "MCB1":
		return reasonMarketWide1
	case "MCB2":
		return reasonMarketWide2
	case "MCB3":
		return reasonMarketWide3
	}
	return reasonNone
}
