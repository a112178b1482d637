// Package arbitration makes one sequence of the lines of one channel.
//
// A venue sends every channel twice, on line A and line B, over different networks. Each line loses, repeats
// and reorders packets by itself. The first copy of every unit wins, whichever line brought it; the other is
// counted and dropped. What came too early is held until the other line fills the gap, or until it is clear
// that nobody will. A recovery line is one more line.
//
// The nouns: a unit is what the venue numbers, a message or a packet. A run is one numbering from its first
// unit on; a session has one run, or several where the venue starts again under the same session id. A gap
// is a range of units that is missing; it is open until it heals or is declared.
//
//	a, err := arbitration.New(arbitration.Config{Lines: []arbitration.LineConfig{{Name: "A"}, {Name: "B"}}})
//	...
//	if v := a.Offer(arbitration.LineA, &p); v.Take {
//		deliver(p.Payload, v.Skip, v.Count)
//	}
//	for a.Next(&r) {
//		switch r.Kind { ... }
//	}
//
// The order is always: the offered packet if Take, then everything Next gives. A gap, a reset or a session
// start that belongs before the offered packet makes Offer hold it, so that it comes out of Next in its place.
// The first packet of a run always comes that way, after its ReadySession or ReadyReset.
//
// # When a gap is real
//
// A gap is declared when every live line has passed it (its newest Config.ReorderPackets packets are all
// beyond, and it went there at least Config.ReorderNS ago; a silent line is not waited for; a recovery line never is), when the window is full, or when
// Config.GapTimeoutNS went by since it was noticed and the sequence stood still. By that time a single packet of
// one line does not make a gap of more than a few units while another line is heard that has not gone there: it may
// be garbage. A caller that may be late itself says so (SetLate), and all of these wait for that much longer. What
// comes for a declared gap is late: counted, never delivered out of order.
//
// # What is believed
//
// A sequence number far ahead, or an unknown session, is first suspect. Suspect packets are kept apart and join the
// sequence when another line says the same, or when the line goes on that way for Config.PersistPackets packets
// while no other live line contradicts. A new session is believed at once when it starts at 1 and the running one
// has ended, or the venue's send time is newer.
//
// What is ahead of the sequence within reach of the window is parked meanwhile (park.go), for as much as a line can be
// ahead of another (Config.SkewNS at Config.PeakUnits): a line that was dark comes back ahead of the slower one by the whole
// skew. When the sequence has come near, and the line goes on, it joins. It joins at once when it has gone on for much of that room and
// no other line was heard meanwhile: both were dark, and one came back. When a line goes back to the running
// sequence, what it said before was garbage or a burst out of order: what is parked is then used only for units that
// would be lost otherwise. When the input ends, what another line contradicted to the end is not believed.
//
// Two lines that go on contradicting each other: newer send times win, if they are not later than our clock allows.
// Without send times the first stays, the other is LineDisputed, and Stats.Disputes counts as long as it lasts. Lines that
// say different things under the same numbers are found by samples (sample.go).
//
// A lower number under the same session is a reset when the line's own numbering went back and the venue sent
// the packet well after everything delivered (Config.ResetAgeNS), by a clock that agrees with ours. Without a
// send time (MoldUDP64) a lower number is never a reset: such venues change the session. After a reset or a
// session change that we watched, units from 1 to the first one seen are a gap; a stream joined in the middle
// starts at the lowest number within the first few packets and milliseconds of all lines.
//
// # The traps
//
// Time is TsRecv and Tick, and it only goes forward; without ticks an idle channel declares nothing. Drain
// Next to the end each time. Sequence numbers have 64 bits here: the wrap of CME's 32-bit packet number is not
// followed (the venue resets weekly, long before). A forged packet inside the window cannot be told from a
// real one.
//
// Nothing allocates after New, nothing blocks, no clock is read. Every path costs a bounded number of steps,
// constant per unit on average. Config.Bytes is what an Arbiter takes.
package arbitration
