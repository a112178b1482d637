package nasdaq

import "wirebook/book"

// DBN status actions and reasons that the feeds need.
const (
	actionPreOpen        = 1
	actionQuoting        = 3
	actionPriceIndicated = 6
	actionTrading        = 7
	actionHalt           = 8
	actionPause          = 9
	actionClose          = 12
	actionPostClose      = 13
	actionShortSale      = 14
	actionNotAvailable   = 15

	reasonScheduled       = 1
	reasonMarketEvent     = 3
	reasonOperational     = 60
	reasonNewOffering     = 110
	reasonMarketWideLevel = 120 // levels 1, 2, 3 are 120, 121, 122
)

// haltReasons maps the reason code of a trading action, padded with blanks, to DBN's reason. A code that is not
// here, blank included, gives reason 0. Source: TotalView-ITCH 5.0, February 2026, appendix of reason codes.
var haltReasons = map[[4]byte]uint16{
	{'T', '1', ' ', ' '}: 30, // halt, news pending
	{'T', '2', ' ', ' '}: 31, // halt, news disseminated
	{'T', '3', ' ', ' '}: 32, // news and resumption times
	{'T', '5', ' ', ' '}: 50, // single security trading pause
	{'T', '6', ' ', ' '}: 10, // regulatory, extraordinary market activity
	{'T', '7', ' ', ' '}: 50, // trading pause, quotation only period
	{'T', '8', ' ', ' '}: 90, // exchange traded fund
	{'T', '1', '2', ' '}: 70, // additional information requested
	{'H', '4', ' ', ' '}: 12, // non-compliance
	{'H', '9', ' ', ' '}: 13, // filings not current
	{'H', '1', '0', ' '}: 14, // SEC trading suspension
	{'H', '1', '1', ' '}: 10, // regulatory concern
	{'O', '1', ' ', ' '}: 60, // operations halt
	{'L', 'U', 'D', 'P'}: 50, // volatility trading pause
	{'L', 'U', 'D', 'S'}: 50, // the same, straddle condition
	{'M', 'W', 'C', '1'}: 120,
	{'M', 'W', 'C', '2'}: 121,
	{'M', 'W', 'C', '3'}: 122,
	{'M', 'W', 'C', '0'}: 123, // carried over from the previous day
	{'M', 'W', 'C', 'Q'}: 124, // resumption
	{'I', 'P', 'O', '1'}: 110, // not yet trading
	{'I', 'P', 'O', 'Q'}: 110, // released for quotation
	{'I', 'P', 'O', 'E'}: 110, // positioning window extended
	{'M', '1', ' ', ' '}: 100, // corporate action
	{'M', '2', ' ', ' '}: 130, // quotation not available
	{'R', '1', ' ', ' '}: 15,  // new issue available
	{'R', '2', ' ', ' '}: 16,  // issue available
	{'R', '4', ' ', ' '}: 17,  // qualifications issues reviewed
	{'R', '9', ' ', ' '}: 18,  // filing requirements satisfied
	{'C', '3', ' ', ' '}: 33,  // news not forthcoming
	{'C', '4', ' ', ' '}: 17,  // qualifications halt ended
	{'C', '9', ' ', ' '}: 17,  // qualifications halt concluded
	{'C', '1', '1', ' '}: 10,  // concluded by another regulatory authority
}

// haltReason looks a reason up; some captures pad with zero bytes.
func haltReason(code [4]byte) uint16 {
	for i := range code {
		if code[i] == 0 {
			code[i] = ' '
		}
	}
	return haltReasons[code]
}

// systemStatus fills the status of a system event on the channel.
func systemStatus(s *book.Status, code byte) {
	s.Reason = reasonScheduled
	switch code {
	case 'O': // start of messages
		s.Action, s.IsTrading, s.IsQuoting = actionPreOpen, 'N', 'N'
	case 'S': // start of system hours: orders are accepted and may trade
		s.Action, s.IsTrading, s.IsQuoting = actionPreOpen, 'Y', 'Y'
	case 'Q': // start of market hours
		s.Action, s.IsTrading, s.IsQuoting = actionTrading, 'Y', 'Y'
	case 'M': // end of market hours; the extended session trades on
		s.Action, s.IsTrading, s.IsQuoting = actionClose, 'Y', 'Y'
	case 'E': // end of system hours
		s.Action, s.IsTrading, s.IsQuoting = actionPostClose, 'N', 'N'
	case 'C': // end of messages
		s.Action, s.IsTrading, s.IsQuoting = actionNotAvailable, 'N', 'N'
	default: // a code of a later version: data, not an error
		s.Reason = 0
	}
}

// tradingStatus fills the status of a stock trading action.
func tradingStatus(s *book.Status, state byte, reason [4]byte) {
	s.Reason = haltReason(reason)
	switch state {
	case 'H':
		s.Action, s.IsTrading, s.IsQuoting = actionHalt, 'N', 'N'
	case 'P':
		s.Action, s.IsTrading, s.IsQuoting = actionPause, 'N', 'N'
	case 'Q':
		s.Action, s.IsTrading, s.IsQuoting = actionQuoting, 'N', 'Y'
	case 'T':
		s.Action, s.IsTrading, s.IsQuoting = actionTrading, 'Y', 'Y'
	}
}

// shortSaleStatus fills the status of a Reg SHO action: 0 none, 1 in effect from today, 2 still in effect.
func shortSaleStatus(s *book.Status, action byte) {
	s.Action = actionShortSale
	switch action {
	case '0':
		s.IsShortSellRestrict = 'N'
	case '1', '2':
		s.IsShortSellRestrict = 'Y'
	}
}

// breakerStatus fills the status of a market-wide circuit breaker breach.
func breakerStatus(s *book.Status, level byte) {
	s.Action, s.Reason, s.IsTrading, s.IsQuoting = actionHalt, reasonMarketEvent, 'N', 'N'
	if level >= '1' && level <= '3' {
		s.Reason = reasonMarketWideLevel + uint16(level-'1')
	}
}

// operationalStatus fills the status of an operational halt of one market centre. A resumption says nothing of
// regulatory halts, so it does not claim that the stock trades.
func operationalStatus(s *book.Status, action byte) {
	s.Reason = reasonOperational
	switch action {
	case 'H':
		s.Action, s.IsTrading = actionHalt, 'N'
	case 'T':
		s.Action = actionTrading
	}
}
