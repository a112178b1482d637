package bpf

import "fmt"

// Counter names one count of the program. Exactly one of those before [MetaFailed] is counted per packet.
type Counter uint32

// The counters; shared.h says when each is counted.
const (
	Redirected    = Counter(filterCounterCOUNT_REDIRECTED)     // to the queue's socket
	NoSocket      = Counter(filterCounterCOUNT_NO_SOCKET)      // subscribed, but the queue has no socket
	Unsubscribed  = Counter(filterCounterCOUNT_UNSUBSCRIBED)   // UDP over IPv4 to another group or port
	OtherSource   = Counter(filterCounterCOUNT_OTHER_SOURCE)   // our group and port, a sender not subscribed
	OtherVLAN     = Counter(filterCounterCOUNT_OTHER_VLAN)     // our group and port, under another VLAN than subscribed
	NotUDP        = Counter(filterCounterCOUNT_NOT_UDP)        // IGMP, TCP
	Fragment      = Counter(filterCounterCOUNT_FRAGMENT)       // IPv4 fragment
	BadHeader     = Counter(filterCounterCOUNT_BAD_HEADER)     // impossible IPv4 version or header length
	NotIPv4       = Counter(filterCounterCOUNT_NOT_IPV4)       // ARP, PTP over Ethernet, IPv6
	VLANDepth     = Counter(filterCounterCOUNT_VLAN_DEPTH)     // more than two VLAN tags
	Short         = Counter(filterCounterCOUNT_SHORT)          // ends inside a header
	MetaFailed    = Counter(filterCounterCOUNT_META_FAILED)    // redirected without metadata
	StampHardware = Counter(filterCounterCOUNT_STAMP_HARDWARE) // redirected with the NIC's stamp
	StampDriver   = Counter(filterCounterCOUNT_STAMP_DRIVER)   // redirected with CLOCK_TAI
	StampNone     = Counter(filterCounterCOUNT_STAMP_NONE)     // redirected without a stamp
	CounterCount  = Counter(filterCounterCOUNTERS)
)

var counterNames = [CounterCount]string{"redirected", "no_socket", "unsubscribed", "other_source", "other_vlan", "not_udp", "fragment", "bad_header",
	"not_ipv4", "vlan_depth", "short", "meta_failed", "stamp_hardware", "stamp_driver", "stamp_none"}

// String returns the name used in metrics.
func (c Counter) String() string {
	if c < CounterCount {
		return counterNames[c]
	}
	return fmt.Sprintf("counter(%d)", uint32(c))
}

// Counters holds the counts since Load, of all CPUs together, indexed by Counter.
type Counters [CounterCount]uint64

// Packets returns how many packets the program saw: the sum of the verdicts.
func (c *Counters) Packets() uint64 {
	var n uint64
	for _, v := range c[:MetaFailed] {
		n += v
	}
	return n
}

// Counters reads the counts. CPUs count on meanwhile: within one reading, sums may be off by packets in flight.
func (f *Filter) Counters() (Counters, error) {
	var total Counters
	var perCPU []filterCounters
	if err := f.maps.counts.Lookup(uint32(0), &perCPU); err != nil {
		return total, fmt.Errorf("read the filter's counters: %w", err)
	}
	for i := range perCPU {
		for c, v := range perCPU[i].N {
			total[c] += v
		}
	}
	return total, nil
}
