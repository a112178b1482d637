// Package xdpsend sends UDP multicast through AF_XDP sockets: frames of its own making, on the NIC's queues it is told to
// use. For labs and tests: it is the venue.
//
//	out, err := xdpsend.Open(xdpsend.Options{Interface: "veth0", Queues: []int{0, 1}})
//	err = out.Send(0xE9360C6F, 26477, payload, &refused) // queued; sent when a batch is full
//	err = out.Flush()                                    // sent now
//
// Why not a UDP socket (package socket has that sender too): on a veth pair the sender's queue is the receiver's, so this
// is how several receive queues get traffic; a day can be sent faster; and no qdisc or socket buffer stands in between
// that may drop.
//
// The nouns. A destination stays on one queue, as a NIC's hash keeps a flow, unless packets are to be spread. A refusal is a
// datagram that did not leave: it has no room in the MTU, the link is down, the device does not take it. It is counted
// where the caller said, and nothing is sent late: a socket that refuses is closed, and opened again once the interface
// takes it.
//
// Frames are copied by the kernel, never zero copy: a queue that is bound with zero copy would stop receiving for everyone
// else.
//
// A Sender belongs to one goroutine. Send and Flush do not allocate while everything is taken.
package xdpsend
