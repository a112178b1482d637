package trailer

import "encoding/binary"

// Stamp is what a device wrote about one frame.
type Stamp struct {
	NS     uint64 // arrival at the device, UTC ns since the UNIX epoch
	SubNS  uint32 // fraction of the nanosecond in 2^-32, where the device tells it
	Device uint16 // the device's own number, where it tells one
	Port   uint16
	// Header is the number of bytes after the two MAC addresses that the device inserted; Strip removes them.
	Header uint8
	// Version is the device's own word for the shape of what it wrote, where there is one.
	Version uint16
	// OK says that NS is a time. All else is zero without it, but Header, Version, Unknown and KeyFrame.
	OK bool
	// Degraded says that the time should not be trusted: the device says so, or its tick rate is not known yet.
	Degraded bool
	// KeyFrame marks the device's own frame that ties ticks to UTC. It is no market data.
	KeyFrame bool
	// Unknown says that the device wrote something of a version that is not read: then its length is not known either.
	Unknown bool
}

const (
	nsPerSecond = 1_000_000_000
	// maxAwayNS is how far a stamp may lie from the capture's own time and still be taken for a time.
	maxAwayNS = 30 * 86400 * nsPerSecond
)

// near says whether two times are within reach of each other. A capture time of 0 is unknown and near everything.
func near(ns, captureNS uint64) bool {
	if captureNS == 0 {
		return true
	}
	d := int64(ns - captureNS)
	return d <= maxAwayNS && d >= -maxAwayNS
}

// seconds joins seconds and nanoseconds; it is false where they are no time near the capture's.
func seconds(sec, ns uint32, captureNS uint64) (uint64, bool) {
	if ns >= nsPerSecond || sec <= 3600 {
		return 0, false
	}
	t := uint64(sec)*nsPerSecond + uint64(ns)
	return t, near(t, captureNS)
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
