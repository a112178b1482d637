package ptp

// Source says where a receive stamp comes from, best first.
type Source uint8

// Stamp sources.
const (
	SourceNone    Source = iota // no stamp: the record's ts_recv is the venue's time and flagged
	SourceNIC                   // PTP hardware clock of the receiving NIC
	SourceSwitch                // trailer or header added by a switch
	SourceDriver                // XDP program, before the socket
	SourceKernel                // socket timestamp
	SourceCapture               // the capture file's own packet time
	SourceHost                  // user space clock
	SourceCount
)

var sourceNames = [SourceCount]string{"none", "nic", "switch", "driver", "kernel", "capture", "host"}

// String returns the name used in counters and JSON.
func (s Source) String() string {
	if s < SourceCount {
		return sourceNames[s]
	}
	return "unknown"
}

// Stamp is the moment a packet was received, UTC.
type Stamp struct {
	NS      uint64 // ns since the UNIX epoch, UTC; 0 with SourceNone
	BoundNS uint32 // error bound; 0 where unknown
	Source  Source
	Bad     bool // not traceable, stepped or stale: records carry BAD_TS_RECV
}
