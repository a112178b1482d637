// Package nictest holds tests of the whole product on NICs that have what veth has not: zero copy, several hardware queues, a
// PTP clock, hardware receive stamps. They run in a virtual machine with two emulated NICs wired to each other, which
// scripts/nicrig starts; without the build tag nicrig there is nothing here.
//
// In the guest eth0 (10.9.0.1) is ours and eth1 (10.9.0.2) lies in the network namespace of /run/netns/peer. The binary under
// test is /bin/wirebook, linuxptp's programs lie in /opt/linuxptp. WANT_STAMPS says what the NIC is expected to do: hardware
// (igc) or driver (igb).
//
// The trap: the emulation drops bursts silently, so everything sent is paced. It says nothing of speed or precision.
package nictest
