// Command live measures what receiving a packet costs, and how old it is when it is there: package afxdp against libxdp
// in C, and the kernel's UDP sockets from both languages. 'make bench-live' runs it.
//
// Each receiver is a process of its own behind a veth pair of its own, in a network namespace that is gone when the bench
// ends, and all of them stay up: a round asks one after the other, so that the machine's mood is the same for all and a
// ratio within a round means something. One sender, by AF_XDP, serves them.
//
//	drain    the queue is filled first; then the receiver empties it, and the CPU time of its thread is divided by the packets
//	latency  packets leave on time, one by one; their age is taken where the receiver has the payload in hand
//
// Sender and receiver have a core each and SCHED_FIFO while it counts, never for as long as a second: the kernel stops
// real-time threads then. All receivers read the same words of a packet, and their sum must come out right.
//
// The trap: on veth the softirq, the XDP program and the copy run on the sender's core. This compares receivers; what a
// NIC delivers it does not say.
package main
