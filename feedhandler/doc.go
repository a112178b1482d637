// Package feedhandler is the core: bytes and stamps in, records out.
//
// It does no I/O and reads no clock. Live receive, replay, simulation and tests drive the same calls:
//
//	pipe.OnFrame(frame, stamp) // an Ethernet frame and the moment it was received
//	pipe.Flush()               // the end of a receive burst
//	pipe.OnTick(nowNS)         // time passes: gap timeouts
//	pipe.End()                 // the end of a capture: declare what is still open
//
// The way of a packet, top to bottom, one file a step:
//
//	wire*.go     Ethernet, VLAN, IPv4, UDP      frame → datagram
//	demux.go     group and port                 datagram → channel, line
//	channel.go   framing, arbitration, decoding datagram → messages in sequence → events
//	apply.go     books                          events → changes
//	ahead.go     in a small burst the records that the books can foretell leave first
//	trust.go     which books a gap made suspect
//	publish*.go  records, digests               changes → rings, latest table
//
// Nothing here locks, blocks or allocates in steady state. A Pipeline belongs to one goroutine. What the outside
// must know leaves as values: gaps (TakeGaps), counters (Pipeline.Wire, Channel's methods), digests.
package feedhandler
