// Package iex reads the equities feeds of the Investors Exchange: IEX-TP framing and the messages of TOPS, DEEP and DEEP+.
//
// Sources: IEX Transport Specification 1.0; IEX TOPS Specification 1.56 (feed 1.5), 1.64 and 1.66 (feed 1.6,
// 19 October 2021); IEX DEEP Specification 1.06 and 1.08 (feed 1.0); IEX DEEP+ Specification 1.04 (feed 1.0).
// Everything is little endian, prices are 1e-4 dollars in a signed 64-bit integer, times are ns since the UNIX epoch UTC.
//
// The nouns: TP finds a segment's place in the sequence and its messages, Sender writes segments. TOPS, DEEP and
// DEEPPlus decode the messages of their feed. The wire structs (SystemEvent, PriceLevelUpdate, ...) are the
// layouts, declared once for decoder, inspect and simulator; they begin after the message type byte.
//
// # What each message becomes
//
//	S  system event         status on instrument 0, reason scheduled (1):
//	                        O start of messages: not available (15), trading N    S start of system hours: pre-open (1)
//	                        R start of regular hours: trading (7), trading Y      M end of regular hours: post-close (13)
//	                        E end of system hours: close (12), trading N          C end of messages: not available (15), trading N
//	D  security directory   definition (symbol, round lot, USD, class K, exchange IEXG) and the directory entry;
//	                        update action A the first time in a session, then M. The flags, the adjusted previous
//	                        close and the LULD tier have no DBN field.
//	H  trading status       status: H halt (8), O pre-cross (2), P pause (9), T trading (7); reason below
//	O  operational halt     status, reason operational (60): O halt (8); N the action of the last H again, or none (0)
//	P  short sale test      status, short-sale restriction change (14), is_short_sell_restricted Y or N
//	E  security event       status, reason scheduled (1): O opening process complete: trading (7); C closing: close (12)
//	I  retail liquidity     no record of its own: an empty event that closes the message
//	X  official price       statistic: Q open (1), M close (11)
//	A  auction information  imbalance: paired and imbalance shares, side, reference price, indicative clearing price as
//	                        cont_book_clr_price, auction book clearing price as auct_interest_clr_price, collars,
//	                        scheduled time, extensions, auction type as sent. Price or time 0 is absent. The collar
//	                        reference price has no DBN field.
//	Q  quote (TOPS)         quote of the bid, then of the ask, top of book; size 0 or price 0 is an empty side
//	8 5 price level (DEEP)  the level's new total, aggregated by price; size 0 removes it
//	T  trade (TOPS, DEEP)   trade without aggressor side, reference = trade id
//	T  trade (DEEP+)        the same, hidden against hidden
//	B  trade break          trade break with price, size and trade id
//	a M L R C (DEEP+)       add, modify, execution at the printed price, delete, clear
//
// DEEP+ M gives total size and price; modify flag bit 0 keeps the order's place, otherwise it goes to the back.
// L carries the price of the execution, which in an auction is not the order's, so it is an execution at a price.
// The single-price cross bit of a trade's sale condition marks it as a cross; TOPS 1.5 does not have that bit.
// An unknown code in a status message gives a status with action none (0): later versions may add codes.
//
// Reasons of H: T1 news pending (30), T2 news released (31), IPO1 IPO2 IPO3 IPOD new security offering (110),
// MCB1 MCB2 MCB3 market-wide halt (120, 121, 122), anything else none (0).
//
// # Trading or not
//
// A symbol trades when its last H is T and its last O is N: then is_trading and is_quoting are Y. They are N when
// either says no, and '~' while one of them has not been seen. IEX's rule is that a symbol without an operational halt
// message counts as halted once the spin before the open is over; no record is made up for it. The flags of a
// quote (0x80 not available, 0x40 outside regular hours) repeat this and get no record either.
//
// # End of event
//
// Every message closes its event (FlagLast on its last record), except in DEEP: there bit 0 of a price level's event
// flags decides, and while it is 0 other messages of that symbol, trades above all, do not close the event either.
//
// # Instrument ids
//
// A published id is a hash of the symbol (see InstrumentID), so it is the same whatever message comes first after a
// restart. Two symbols of one channel with the same hash are told apart by taking the next free id; then,
// and only then, the ids depend on which came first. Collisions counts them.
//
// The trap: message lengths may grow in newer versions of a feed. A longer message is read by its known front.
package iex
