// Package nasdaq decodes the equity feeds of the Nasdaq exchanges into book events.
//
//	ITCH50  TotalView-ITCH 5.0: Nasdaq (specification of 2017-09-12 and 2026-02-19), BX, Nasdaq Texas (2026-02-13),
//	        PSX (2018-05-03, NewPSXITCH50)
//	BBO21   BBO 2.1: Nasdaq, BX, PSX (2018-05-03)
//
// Both travel in MoldUDP64 (framing.MoldUDP64). Layouts are the structs of the wire files, in the specification's
// order; Inspect and the decoders read the same structs. Names are those of the 2017 Nasdaq table; what a later or
// sister specification merely calls differently (reason_code for reason, mwcb_status_message) keeps them.
//
// Prices have four decimals on the wire and become 1e-9. Times are ns since midnight in New York and become UTC ns
// with the trading date, which is configured or the first packet's; see eastern.go. On the Sundays of the change of
// clocks, on which no market is open, times after 02:00 would be an hour off.
//
// # Instruments
//
// ITCH names stocks by locate code: it is the directory's key and published id. Codes are good for one day, so a
// Reset lets the next message that carries a stock rename the entry. A process that joins late may see orders of a
// code before its stock: the entry is called #code until then. BBO has no codes: the key is the stock's eight
// bytes, the id a hash of them. Index 0 is the channel: system events, circuit breakers. An order message of locate
// code 0 is FaultBadValue.
//
// # What each message becomes
//
// Every event has the message's time. The last event of a message carries FlagLast.
//
//	A F  KindAdd
//	E    KindExecute, Ref is the match number
//	C    KindExecuteAt; AttrNonPrintable when printable is N
//	X    KindReduce
//	D    KindDelete
//	U    KindReplace
//	P    KindTrade, AttrHidden. Side: the indicator is the resting order's, but always B since 2014-07-14 whatever
//	     the order: NoSide. S can only be true: the aggressor bought
//	Q    KindTrade, AttrCross; without shares (no interest) KindNone
//	B    KindTradeBreak, Ref is the match number
//	I    KindImbalance: ref_price current reference, cont_book_clr_price near, auct_interest_clr_price far,
//	     paired and total quantity, auction_type cross type, significant_imbalance price variation; price 0 is none
//	R    KindDefinition
//	S    KindStatus on the channel (below)
//	H    KindStatus: H 8 halt, P 9 pause, Q 3 quoting, T 7 trading, with DBN's reason (status.go)
//	Y    KindStatus 14, is_short_sell_restricted N for action 0, Y for 1 and 2
//	h    KindStatus 8 or 7 with reason 60 (operational). It speaks of one market centre, named in the message, and
//	     leaves the directory's trading state alone. A resumption does not claim that the stock trades
//	W    KindStatus 8 on the channel, reason 120, 121, 122 by level
//	K    KindStatus 6 (new price indication), reason 110, and KindStatistic 2 (indicative open): the IPO price, ts_ref
//	     the release time; update action 2 (delete) when the release is cancelled
//	J    KindStatistic 17 and 18 (limits): upper and lower collar. The reference price and the extension number have
//	     no place beside them and are left to Inspect
//	O    KindStatistic 17 and 18: price range collars; 2: near execution price, ts_ref its time. The allowable prices
//	     are left to Inspect
//	L    KindNone: a market maker's registration. V: circuit breaker levels of an index. N: retail interest without
//	     price or size. BBO's A: a proxy price without size. No DBN record has a place for these; the event says
//	     that the venue spoke
//	BBO Q  KindQuote for the bid, then for the ask, both FlagTOB; no price or no size: nobody there
//
// System events: O start of messages 1 preopen, not trading, not quoting; S start of system hours 1 preopen, both
// (orders match before the open); Q market hours 7 trading; M end of market hours 12 close, both (the extended
// session goes on); E end of system hours 13 postclose, neither; C end of messages 15 not available, neither. The
// reason is 1 (scheduled).
//
// A code outside the tables is data where the record can say "not told", and FaultBadValue where a book would be
// wrong: the side of an order.
package nasdaq
