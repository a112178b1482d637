// Package xdp is AF_XDP receive on an interface, for workers to poll.
//
// A Link is the filter of package bpf and a socket of package afxdp on each of the interface's queues. A Queue is one of
// them: one worker polls it (queue.go), and hands over what others own. What the filter and the queues count goes to the
// control file (words.go). A link can look how it is and mend what somebody took: the filter off the interface, a socket
// out of the filter's map (repair.go); to open it anew is the handler's, who moves its queues between workers.
//
// The kernel sockets go on holding the memberships and take what the filter passes up, so that a filter somebody takes off
// costs speed and no packet.
package xdp
