package live

import (
	"fmt"
	"strings"

	"github.com/safchain/ethtool"
	"golang.org/x/sys/unix"
)

// xdpRights says which capabilities AF_XDP lacks.
func xdpRights() error {
	var missing []string
	if !hasCapability(unix.CAP_BPF) && !hasCapability(unix.CAP_SYS_ADMIN) {
		missing = append(missing, "CAP_BPF")
	}
	if !hasCapability(unix.CAP_NET_ADMIN) {
		missing = append(missing, "CAP_NET_ADMIN")
	}
	if !hasCapability(unix.CAP_NET_RAW) {
		missing = append(missing, "CAP_NET_RAW")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("missing rights: %s: run as root, or give them (AmbientCapabilities in the unit, setcap on the binary)", strings.Join(missing, ", "))
}

// ntupleOff says whether the driver has flow rules and they are switched off.
func ntupleOff(name string) bool {
	tool, err := ethtool.NewEthtool()
	if err != nil {
		return false
	}
	defer tool.Close()
	f, err := tool.FeaturesWithState(name)
	return err == nil && f["rx-ntuple-filter"].Available && !f["rx-ntuple-filter"].Active
}

// tagsTakenOff says whether the NIC removes VLAN tags from frames and puts them beside, where an XDP program does not look. On
// veth they are beside only where the sender's kernel put them so.
func tagsTakenOff(name string) bool {
	tool, err := ethtool.NewEthtool()
	if err != nil {
		return false
	}
	defer tool.Close()
	if driver, err := tool.DriverName(name); err != nil || driver == "veth" {
		return false
	}
	f, err := tool.FeaturesWithState(name)
	return err == nil && f["rx-vlan-hw-parse"].Active
}

// networkNamespace numbers the calling thread's.
func networkNamespace() (uint64, error) {
	var s unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &s); err != nil {
		return 0, fmt.Errorf("which network namespace this is: %w", err)
	}
	return s.Ino, nil
}
