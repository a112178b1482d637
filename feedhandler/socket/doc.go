// Package socket is the edge for hosts without a NIC to take over: a kernel UDP socket per line, read in batches.
//
//	s, err := socket.Open(socket.Options{Interface: "eth1", Group: 0xE9360C6F, Port: 26477, Clocks: clocks})
//	err = s.Join() // IGMP: the switch starts to send
//	for {
//		n := s.Poll(pipe) // one recvmmsg, never blocks: datagrams and their stamps into the core
//		...
//	}
//	s.Close() // leaves the group
//
// The nouns. A socket is bound to one group, port and interface, and may demand a source: then the membership is
// source-specific (IGMPv3) and the kernel filters. A batch is what one recvmmsg brings. A stamp is the kernel's
// (SO_TIMESTAMPING): hardware where the NIC made one and its clock is known, else the moment the driver handed the packet
// up; [Clocks] turns either into UTC with a bound. A drop is a datagram the kernel had no room for: the socket counts
// them ([Socket.Drops]), so that sent = delivered + accounted for.
//
// Poll belongs to one goroutine and does not allocate. Join, Joined, Drops and Close are cold and may be called from
// another; after Close nobody calls Poll.
//
// The trap: payloads lie in the socket's own memory and are overwritten by the next Poll.
package socket
