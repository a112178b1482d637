package rights

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// capability is one that a run may need.
type capability struct {
	number uintptr
	name   string
	needed func(*Need) bool
}

var capabilities = []capability{
	{unix.CAP_NET_ADMIN, "NET_ADMIN", func(n *Need) bool { return n.XDP || n.Network }},
	{unix.CAP_NET_RAW, "NET_RAW", func(*Need) bool { return true }}, // a socket is bound anew to an interface that went and came back
	{unix.CAP_BPF, "BPF", func(n *Need) bool { return n.XDP }},
	{unix.CAP_PERFMON, "PERFMON", func(n *Need) bool { return n.XDP }},
	{unix.CAP_SYS_NICE, "SYS_NICE", func(n *Need) bool { return n.Realtime }},
	{unix.CAP_IPC_LOCK, "IPC_LOCK", func(n *Need) bool { return n.XDP || n.LockMemory }},
	{unix.CAP_NET_BIND_SERVICE, "NET_BIND_SERVICE", func(n *Need) bool { return n.LowPorts }},
}

// set is a set of capabilities, as capset takes it.
type set [2]uint32

func (s *set) add(c uintptr)      { s[c/32] |= 1 << (c % 32) }
func (s *set) has(c uintptr) bool { return s[c/32]&(1<<(c%32)) != 0 }

func (n *Need) capabilities() (s set) {
	for i := range capabilities {
		if c := &capabilities[i]; c.needed(n) {
			s.add(c.number)
		}
	}
	return s
}

func (s *set) String() string {
	var names []string
	for i := range capabilities {
		if s.has(capabilities[i].number) {
			names = append(names, capabilities[i].name)
		}
	}
	if len(names) == 0 {
		return "no capability"
	}
	return strings.Join(names, " ")
}

// errCgo is what a binary cannot do whose threads Go does not all know.
var errCgo = errors.New("this binary was built with cgo: rights cannot be given up on every thread; build with CGO_ENABLED=0")

// prctl is for every thread.
func prctl(option, a, b, c uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, option, a, b, c, 0, 0)
	if errno == syscall.ENOTSUP {
		return errCgo
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// Drop gives up, on every thread and for every program started from here, all capabilities but the needed ones. It returns
// those that are left.
func Drop(n *Need) (string, error) {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&hdr, &have[0]); err != nil {
		return "", fmt.Errorf("capget: %w", err)
	}
	if err := prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0); err != nil {
		return "", fmt.Errorf("no_new_privs: %w", err)
	}
	want := n.capabilities()
	var left set
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if want.has(c) {
			if have[c/32].Permitted&(1<<(c%32)) != 0 {
				left.add(c)
			}
			continue
		}
		// Fails without CAP_SETPCAP, and then the bounding set does not matter to a process that is not root.
		_ = prctl(unix.PR_CAPBSET_DROP, c, 0, 0)
	}
	for i := range have {
		// The kernel takes out of the ambient set, from which a program started from here would have them, what is not inheritable.
		have[i] = unix.CapUserData{Effective: left[i], Permitted: left[i], Inheritable: have[i].Inheritable & left[i]}
	}
	return left.String(), capset(&hdr, &have)
}
