// Package doctor looks at a host as a place to receive market data on: what it can do, what it costs where it cannot, and
// the command that changes it.
//
//	findings := doctor.Examine(doctor.Options{Interfaces: []string{"eth1"}})
//	doctor.Text(os.Stdout, findings)
//
// It changes nothing. What it reads lies in /proc and /sys, below Options.Root, so that tests bring a host of their own; only
// the NIC is asked by ioctl, and its clock read for a second. The self-test sends and receives UDP over the loopback interface for less than a second and
// measures what a datagram costs and how late it is seen.
package doctor
