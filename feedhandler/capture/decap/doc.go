// Package decap finds the frame that the exchange sent inside the frame that was captured: bytes in, an Ethernet frame
// out that the wire decoder reads.
//
// Taps, mirror ports and tcpdump deliver feeds in many coats. What is read:
//
//	link types   Ethernet, Linux cooked (SLL, SLL2), raw IP, BSD null and loop, PPP, Cisco HDLC, ERF
//	layer 2      any number of VLAN tags of any TPID, VN-tag, E-tag, LLC/SNAP, PPPoE, MPLS (IP or Ethernet inside)
//	layer 3      IPv4 in IPv4 or IPv6, GRE (IP, Ethernet, MPLS), ERSPAN I, II and III, EtherIP, MPLS in IP
//	in UDP       VXLAN (ports 4789, 8472), Geneve (6081)
//	lengths      an IPv4 total length or a UDP length of 0, as a sending host's offload leaves them
//	fragments    put together again, in any order, within bounds; what overlaps is refused
//
// What is an encapsulation and is not read gets a name. A plain frame comes back as it is, without a copy; what was
// unwrapped is a copy in the Reader's own memory, dead after the next call. Nothing is allocated in steady state.
//
// This is for captures. A live feed arrives on a port whose coat is known to be none.
package decap
