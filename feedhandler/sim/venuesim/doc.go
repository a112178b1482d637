// Package venuesim is the venue's side of the recovery services, over real sockets: what a feed handler asks when packets
// were lost, or when it starts at noon. It serves the day that it is given, as far as it was given.
//
//	                     ┌► day: every unit by number ─┬► request services   mold, soup · gapfill-udp, gapfill-tcp · tcp-replay
//	Publish ─ datagrams ─┤                             │
//	                     └► books, folded from bytes ──┴► snapshot services  glimpse · snap · snapshot-loop, definition-loop
//
// A Server listens and answers; a test publishes datagrams to it at its own pace:
//
//	x, _ := sim.New(sim.Config{Seed: 7})
//	s, err := venuesim.Start(venuesim.Config{Market: x.Config()})
//	for x.Next(&d) { s.Publish(&d) }
//	conn, _ := net.Dial("udp4", s.Addr(venuesim.Mold).String())
//
// Play carries a day over lines that lose and reorder, at its pace, and publishes it (play.go). Faults to order are a table
// (faults.go): each request or connection is an occasion, and a seeded die per service says which fault it gets.
//
// The layouts here are written from the venues' tables and belong to this package alone: a client that is tested against
// it shares no mistake with it. The books are folded from the day's bytes by the same layouts, not taken from the
// market, because the market is ahead of what was sent; the tests hold them against the market's own truth.
//
// What to know: the day is kept in memory whole. A service answers from what was published, so it may be ahead of a line
// that is delayed, as a venue's is. Nothing here asserts on a client; malformed requests are counted by name and met as the
// venue would: silence, a reject, a closed connection.
package venuesim
