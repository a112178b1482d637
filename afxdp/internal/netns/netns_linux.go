// Package netns gives tests network namespaces of their own, wired by veth pairs. They have no names: when the test
// closes them, or its process ends, however that happens, nothing is left.
package netns

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// NS is a network namespace, held open by a file.
type NS struct{ f *os.File }

// New makes a namespace without IPv6, so that no packet is in it that the test did not send.
// Without the right to, the test is skipped.
func New(tb testing.TB) *NS {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("network namespaces need root; this check did not run")
	}
	var ns *NS
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0) // absent where the kernel has no IPv6
		f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		ns = &NS{f}
		return err
	})
	if errors.Is(err, unix.EPERM) {
		tb.Skipf("network namespaces need CAP_SYS_ADMIN; this check did not run: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { ns.f.Close() })
	return ns
}

// Open returns the namespace of a file such as /run/netns/NAME, or false when there is none.
func Open(tb testing.TB, path string) (*NS, bool) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	tb.Cleanup(func() { f.Close() })
	return &NS{f}, true
}

// Do runs f on a thread in the namespace. Sockets and programs made there stay there. f must not call Fatal.
func (ns *NS) Do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(ns.f.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// onThread runs f on a thread that ends with it: a thread that changed namespaces is not given back to the runtime.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// Veth wires two namespaces, both ends up, and returns the interface numbers. Names may not be used twice in one.
func Veth(tb testing.TB, a *NS, nameA string, b *NS, nameB string, queues, mtu int) (indexA, indexB int) {
	tb.Helper()
	up := func(ns *NS, name string) (index int) {
		err := ns.Do(func() error {
			l, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			index = l.Attrs().Index
			return netlink.LinkSetUp(l)
		})
		if err != nil {
			tb.Fatalf("set %s up: %v", name, err)
		}
		return index
	}
	err := a.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.MTU, attrs.NumTxQueues, attrs.NumRxQueues = nameA, mtu, queues, queues
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: nameB, PeerMTU: uint32(mtu),
			PeerNumTxQueues: uint32(queues), PeerNumRxQueues: uint32(queues), PeerNamespace: netlink.NsFd(int(b.f.Fd()))})
	})
	if err != nil {
		tb.Fatalf("add veth pair %s and %s: %v", nameA, nameB, err)
	}
	indexA, indexB = up(a, nameA), up(b, nameB)
	return indexA, indexB
}

// Carrier says whether the interface has a link, asking inside its namespace.
func (ns *NS) Carrier(name string) bool {
	on := false
	_ = ns.Do(func() error {
		l, err := netlink.LinkByName(name)
		if err == nil {
			on = l.Attrs().OperState == netlink.OperUp
		}
		return err
	})
	return on
}

// Promiscuous makes the NIC hand up frames for addresses that nobody joined.
func (ns *NS) Promiscuous(name string) error {
	return ns.Do(func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.SetPromiscOn(l)
	})
}

// Delete removes an interface, and with a veth pair its other end.
func (ns *NS) Delete(name string) error {
	return ns.Do(func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkDel(l)
	})
}

// SetUp sets an interface up or down.
func (ns *NS) SetUp(name string, on bool) error {
	return ns.Do(func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if on {
			return netlink.LinkSetUp(l)
		}
		return netlink.LinkSetDown(l)
	})
}
