// Package book is the market vocabulary of the feed handler and the books it drives.
//
// An [Event] is one effect of one venue message: decoders append events to a [Batch], a [Directory] gives instruments
// dense indexes. [Books] holds what a channel's events add up to, in three forms, because venues tell it in three:
//
//   - orders (L3): every resting order with its place in the queue;
//   - levels (L2): quantity by price, told by absolute price or by position from the touch (CME), implied levels apart or merged;
//   - tops (L1): the best bid and ask as quoted.
//
// An instrument may have more than one form at once (CME tells orders beside levels). The [View] of the channel says
// which one Top and Depth show and which one sets Change.Top and Change.Depth.
//
//	books, err := book.New(book.Config{MaxInstruments: 8000, MaxOrders: 2 << 20, MaxLevels: 1 << 20})
//	books.Stage(events) // a hint: overlap the cache misses of the burst
//	for i := range events {
//		n := books.Apply(&events[i], &changes)
//		... publish changes[:n]
//	}
//
// Where a record must leave before the books have its event, Foretell says what Apply is going to tell.
//
// # Memory
//
// Everything lies in flat arrays without pointers, linked by index or place; 0 is "none". An order takes 20 bytes (a table
// of them 36 for each of Config.InitialOrders), a level 32. Orders live where their ids say (see orderLine), three to a
// cache line, so most are found with one miss, there are no tombstones, and nothing moves while the table does not grow.
// Venues number orders upwards: an id above every one seen is looked for nowhere. Where a price's level is, is remembered
// beside its sorted place (Books.memo): Stage fetches what is remembered, and where only the top is told
// (Config.TopOnly) most new orders need no search.
//
// With Config.InitialOrders at a busy day's peak nothing grows; beyond it arrays double up to the configured maximum, which
// takes tens of milliseconds a million orders, and Growths counts it. Memory reserved costs nothing until it is touched,
// then the time to zero its page; Config.Touch has that done at once. Config.Advise lets the process put large pages under
// it: with 4 KB pages a good part of each miss is the walk of the page tables.
//
// # Cost and worst cases
//
// Adding, executing, reducing and deleting touch one order, its two neighbours in the queue and its level: two misses in a
// row when nothing is in the cache, which is what Stage overlaps. What the processor waits for most
// besides is branches that nothing foresees: which kind comes next, whether a price is the best or new. Hence the code that
// computes both ways and takes one.
// A new or emptied price far from the touch moves the entries between it and the touch (16 bytes each): cheap near the
// touch, linear in the side's levels at worst. Clear is linear in the instrument's orders. The hash is fixed, so that
// runs repeat exactly: someone who may choose order ids could make long chains in the annex.
//
// # Bad input
//
// Events come from a wire. Each thing that cannot be is an [Anomaly]: counted by name, told in Change.Anomaly, never a
// panic. An event that cannot be applied changes nothing and gives action 'N'.
//
// Books belongs to one goroutine. It does not read clocks, lock or, in steady state, allocate.
package book
