// Package rights gives up what a run does not need, so that who takes it over by a packet has little.
//
// Become makes a process that was started by root another user's, with the capabilities that its configuration needs and no
// other, before anything is opened. Drop, once all is open, takes it down to what the receive mode needs for reloads; Filter
// then refuses the system calls that no run makes.
package rights

// Need says what a run is to be able to do.
type Need struct {
	XDP         bool // load a filter, open AF_XDP sockets
	Network     bool // receive buffers beyond the host's limit, busy polling, a NIC's stamps
	LowPorts    bool // below 1024
	Realtime    bool
	LockMemory  bool
	StartsAgain bool // executes its own program in its place
}
