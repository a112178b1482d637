package live

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// needed are the capabilities that joining, reloading and starting again may need.
var needed = map[uintptr]string{
	unix.CAP_NET_ADMIN: "NET_ADMIN", unix.CAP_NET_RAW: "NET_RAW", unix.CAP_BPF: "BPF", unix.CAP_PERFMON: "PERFMON",
	unix.CAP_SYS_NICE: "SYS_NICE", unix.CAP_IPC_LOCK: "IPC_LOCK", unix.CAP_NET_BIND_SERVICE: "NET_BIND_SERVICE",
}

// dropPrivileges gives up, on every thread and for every program started from here, all capabilities but the needed ones.
// It returns those that are left.
func dropPrivileges() (string, error) {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&hdr, &have[0]); err != nil {
		return "", fmt.Errorf("capget: %w", err)
	}
	if have[0].Permitted == 0 && have[1].Permitted == 0 {
		return "none", nil
	}
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		if errors.Is(errno, syscall.ENOTSUP) {
			return "", errors.New("this binary was built with cgo: capabilities cannot be dropped on every thread; build with CGO_ENABLED=0")
		}
		return "", fmt.Errorf("no_new_privs: %w", errno)
	}
	var mask [2]uint32
	var names []string
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if name, keep := needed[c]; keep {
			if bit := uint32(1) << (c % 32); have[c/32].Permitted&bit != 0 {
				mask[c/32] |= bit
				names = append(names, name)
			}
			continue
		}
		// Fails without CAP_SETPCAP, and then the bounding set does not matter to a process that is not root.
		_, _, _ = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0, 0, 0, 0)
	}
	for i := range have {
		have[i] = unix.CapUserData{Effective: mask[i], Permitted: mask[i], Inheritable: have[i].Inheritable & mask[i]}
	}
	return strings.Join(names, " "), capset(&hdr, &have)
}
