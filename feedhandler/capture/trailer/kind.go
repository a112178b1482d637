package trailer

import "errors"

// Kind is a device family, that is a shape of stamp.
type Kind uint8

// Kinds, in the order in which a Scorer prefers them when two fit equally well.
const (
	None       Kind = iota
	MetaWatch       // Arista 7130 MetaWatch, Metamako
	CPacket         // cPacket
	Exablaze        // Exablaze / Cisco Nexus 3550 HPT
	Arista7280      // Arista 7280R, 7500R: L2 header
	VSS             // VSS Monitoring, NetScout
	Arista7150      // Arista 7150: ticks and key frames
	KindCount
)

var kindNames = [KindCount]string{"none", "metawatch", "cpacket", "exablaze", "arista7280", "vss", "arista7150"}

// String returns the name used in configuration and output.
func (k Kind) String() string {
	if k < KindCount {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind finds a kind by its name. "auto" is no kind: whoever offers it runs a Scorer.
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), nil
		}
	}
	return None, errors.New("unknown timestamp trailer \"" + name + "\": use none, metawatch, cpacket, exablaze, arista7150, arista7280 or vss")
}
