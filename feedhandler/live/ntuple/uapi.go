package ntuple

import "structs"

// flowSpec is struct ethtool_rx_flow_spec of linux/ethtool.h.
//
//	0            4                56                 76             128               148      152     160      164
//	|flow_type   |h_u (52 bytes)  |h_ext (20 bytes)  |m_u           |m_ext            |padding |cookie |location|padding|
type flowSpec struct {
	_          structs.HostLayout
	FlowType   uint32
	Header     [52]byte // struct ethtool_tcpip4_spec: source, destination, source port, destination port, type of service
	HeaderExt  [20]byte
	Mask       [52]byte // bits that must match
	MaskExt    [20]byte
	RingCookie uint64
	Location   uint32
}

// request is struct ethtool_rxnfc. Locations of a listing follow at its end, the first within what C pads it with.
type request struct {
	_        structs.HostLayout
	Cmd      uint32
	FlowType uint32
	Data     uint64
	Spec     flowSpec
	Count    uint32
	First    uint32 // rule_locs[0]
}

// Sizes and places of linux/ethtool.h, which a test compares with the C compiler's.
const (
	requestBytes    = 192
	flowSpecBytes   = 168
	locationsOffset = 188

	dstOffset     = 4  // ip4dst
	dstPortOffset = 10 // pdst
)

const (
	udp4Flow        = 0x02       // UDP_V4_FLOW
	extended        = 0xC0000000 // FLOW_EXT and FLOW_MAC_EXT: the ext fields count too
	locationSpecial = 0x80000000 // RX_CLS_LOC_SPECIAL: the driver chooses locations
	locationAny     = 0xFFFFFFFF // RX_CLS_LOC_ANY
	mostQueues      = 0xFFFF     // beyond are virtual functions, drop and wake-up
	mostRules       = 1 << 16
)
