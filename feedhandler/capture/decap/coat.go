package decap

import "fmt"

// Coat is an encapsulation that is not read.
type Coat struct {
	Name  string // for a counter
	Words string // for people
	// Foreign says that nothing is known of it, so that it may be no encapsulation at all: to be counted, not warned of.
	Foreign bool
}

var (
	coatDepth = &Coat{Name: "depth", Words: fmt.Sprintf("headers inside headers, more than %d", mostDepth)}
	coatMPLS  = &Coat{Name: "mpls", Words: "MPLS around something that is neither IP nor Ethernet"}
	coatESP   = &Coat{Name: "esp", Words: "ESP (IP protocol 50, encrypted)"}
	coatAH    = &Coat{Name: "ah", Words: "AH (IP protocol 51)"}
	coatL2TP  = &Coat{Name: "l2tp", Words: "L2TPv3 (IP protocol 115)"}
	coatNSH   = &Coat{Name: "nsh", Words: "NSH (network service header)"}
	coatMany  = &Coat{Name: "other", Words: "more kinds of frames than are told apart", Foreign: true}
)

// links are the names of link types that are met and not read.
var links = map[uint16]string{
	6: "token ring", 10: "FDDI", 105: "802.11", 107: "frame relay", 119: "802.11 with a Prism header", 127: "802.11 with radiotap",
	147: "user 0", 148: "user 1", 149: "user 2", 150: "user 3", 151: "user 4", 152: "user 5", 153: "user 6", 154: "user 7",
	155: "user 8", 156: "user 9", 157: "user 10", 158: "user 11", 159: "user 12", 160: "user 13", 161: "user 14", 162: "user 15",
	192: "PPI", 224: "Fibre Channel", 239: "NFLOG", 242: "IP over InfiniBand", 247: "InfiniBand", 249: "USB", 252: "Wireshark exported PDU",
	253: "netlink", 274: "802.3br mPacket",
}

// ethers are EtherTypes that carry frames inside and are not read.
var ethers = map[uint16]*Coat{
	0x88e5: {Name: "macsec", Words: "MACsec (EtherType 0x88e5)"},
	0x88e7: {Name: "pbb", Words: "provider backbone bridging (EtherType 0x88e7)"},
	0x22f3: {Name: "trill", Words: "TRILL (EtherType 0x22f3)"},
	0x8903: {Name: "fabricpath", Words: "FabricPath (EtherType 0x8903)"},
	0x8909: {Name: "cmd", Words: "Cisco metadata, security group tag (EtherType 0x8909)"},
	0x894f: coatNSH,
	0xd28b: {Name: "arista7280", Words: "the timestamp header of an Arista 7280 (EtherType 0xd28b), which trailer arista7280 takes off where its version is known"},
}

// talk knows the EtherTypes of the network's own talk, which carry no feed: nobody misses them.
func talk(t uint16) bool {
	switch t {
	case 0x0806, 0x8035, // ARP, RARP
		0x8808, 0x8809, 0x8902, 0x9000, // pause, slow protocols, CFM, loopback test
		0x88cc, 0x88f5, 0x88f7, 0x888e, 0x88ca, // LLDP, MVRP, PTP, 802.1X, TIPC
		0x8863, 0x8906, 0x8914, 0x8915, 0x893a, // PPPoE discovery, FCoE, FIP, RoCE, 1905
		0x2000, 0x2004, 0x010b, 0x88a2, 0x8899: // CDP, DTP, PVST, AoE, Realtek
		return true
	}
	return false
}

// mostCoats bounds how many kinds are told apart: damaged frames have any number for a type.
const mostCoats = 64

// coats makes names with numbers in them, once each.
type coats struct {
	byNumber map[coatKey]*Coat
}

type coatKey struct {
	format string
	n      uint16
}

func (c *coats) numbered(name, words string, n uint16) *Coat {
	key := coatKey{name, n}
	if found := c.byNumber[key]; found != nil {
		return found
	}
	if len(c.byNumber) >= mostCoats {
		return coatMany
	}
	if c.byNumber == nil {
		c.byNumber = map[coatKey]*Coat{}
	}
	made := &Coat{Name: fmt.Sprintf(name, n), Words: fmt.Sprintf(words, n)}
	c.byNumber[key] = made
	return made
}

// link names a link type that is not read.
func (c *coats) link(n uint16) *Coat {
	words := "link type %d"
	if known, ok := links[n]; ok {
		words += " (" + known + ")"
	}
	return c.numbered("link_type_%d", words, n)
}

// etherType names what an EtherType leads to; nil where it is no encapsulation.
func (c *coats) etherType(t uint16) *Coat {
	if found := ethers[t]; found != nil {
		return found
	}
	if talk(t) {
		return nil
	}
	found := c.numbered("ethertype_0x%04x", "EtherType 0x%04x", t)
	if !found.Foreign {
		found.Foreign = true
	}
	return found
}
