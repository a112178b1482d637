// Package live is the edge that takes multicast off the network and drives the core with it.
//
//	h, err := live.Start(ctx, live.Options{Config: cfg, Log: log}) // checks, opens, publishes, joins
//	err = h.Run(ctx)                                               // until ctx ends: watches, verifies, logs
//	report, err := h.Reload(newConfig)                             // channels come and go, the others are not touched
//
// The nouns. A worker is one goroutine on one thread of its own, pinned where the configuration says; it owns feeds and
// polls receivers. A feed is one channel at work: its pipeline, its sockets, its place in shared memory. A receiver is
// where datagrams come from: a kernel socket of one line, or a queue of a NIC that carries many. A link is one interface's
// AF_XDP receive: the filter of package bpf and a socket of package afxdp on each of its queues; the kernel sockets then
// hold the memberships and take what the filter passes up (spill.go), so that a filter somebody takes off costs speed and
// no packet. The handler is the cold side: it opens and joins, measures the clock, counts drops, watches the workers and
// tells the readers that all is well.
//
// Each queue of a NIC has one worker that polls it, and each channel one that owns it (assign.go). Where they differ the
// frame is copied, with its stamp and subscription, into the hand-over between the two (handover.go), and the owner takes
// it from its inbox in its turn. What has no room there is dropped and counted. A worker that sleeps is woken (peer.go).
// Rules in the NIC make that rare where it takes them (steer.go, package ntuple).
//
// A worker's turn (worker.go) is the whole hot path:
//
//	poll the inbox and each receiver → datagrams into the feed's pipeline, or over to the worker that owns it
//	flush the feeds that got any; show other workers what is theirs
//	now and then: tick every feed, publish its counters, obey the handler
//
// Time for gap timeouts is the moment before the poll, and while a receiver still has a backlog it is the backlog's own
// time. Each worker tells the others up to when it has handed everything over; their ticks go no further, and by as much
// as it or they are behind every timeout waits for longer: a gap is not declared while its packet waits somewhere in this
// process.
//
// Each feed has a pipeline of its own, so channels are added and removed, and a panic in one is mended, without touching
// another. A worker that stops making progress cannot be ended inside a process: the heartbeat stops, so that readers
// know, and Options.Replace starts the program again in its place.
//
// The traps: nothing on the worker's goroutine may block or allocate; what the handler wants of a worker it asks by
// worker.do, and waits.
package live
