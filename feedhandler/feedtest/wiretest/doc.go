// Package wiretest gives a test a network of its own: a namespace with a veth pair, both ends in it, so that one process
// sends on one end and receives on the other. It needs root and iproute2; without them the test is skipped and says so.
package wiretest
