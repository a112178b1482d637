package socket

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// VLANInterface returns the interface on which the kernel has the frames that come to another under an 802.1Q tag. A socket on
// the other itself sees untagged ones only.
func VLANInterface(parent string, vlan uint16) (string, error) {
	ifi, err := net.InterfaceByName(parent)
	if err != nil {
		return "", noInterface(parent, err)
	}
	links, err := netlink.LinkList()
	if err != nil {
		return "", fmt.Errorf("look for VLAN %d of %s: %w", vlan, parent, err)
	}
	for _, l := range links {
		v, ok := l.(*netlink.Vlan)
		if ok && v.ParentIndex == ifi.Index && v.VlanId == int(vlan) && v.VlanProtocol == netlink.VLAN_PROTOCOL_8021Q {
			return v.Name, nil
		}
	}
	name := fmt.Sprintf("%s.%d", parent, vlan)
	return "", fmt.Errorf("no interface for VLAN %d of %s: 'ip link add link %s name %s type vlan id %d', give it an address with 'ip addr add ADDRESS/LENGTH dev %s', and 'ip link set %s up'",
		vlan, parent, parent, name, vlan, name, name)
}
