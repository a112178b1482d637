// Package worker is the hot thread of a live run, and what it polls.
//
// A Worker is one goroutine on one thread of its own, pinned where the configuration says; it owns feeds and polls
// receivers. A Feed is one channel at work: its pipeline, its sockets, its place in shared memory. A Receiver is where
// datagrams come from: a kernel socket of one line (LineReceiver), all sockets of lines that come by AF_XDP (spill.go), or
// a queue of a NIC, which package xdp brings.
//
// A worker's turn (worker.go) is the whole hot path:
//
//	poll the inbox and each receiver → datagrams into the feed's pipeline, or over to the worker that owns it
//	flush the feeds that got any; show other workers what is theirs
//	now and then: tick every feed, publish its counters, obey the handler
//
// A frame of another worker's channel is copied, with its stamp and subscription, into the hand-over between the two
// (handover.go), and the owner takes it from its inbox in its turn. What has no room there is dropped and counted. A worker
// that sleeps is woken (peer.go).
//
// Time for gap timeouts is the moment before the poll, and while a receiver still has a backlog it is the backlog's own
// time. Each worker tells the others up to when it has handed everything over; their ticks go no further, and by as much
// as it or they are behind every timeout waits for longer: a gap is not declared while its packet waits somewhere in this
// process.
//
// The traps: nothing on the worker's goroutine may block or allocate; fields are that goroutine's, and whoever else wants
// something of them asks by Worker.Do, and waits.
package worker
