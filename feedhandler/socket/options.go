package socket

import (
	"errors"
	"fmt"
	"net/netip"

	"wirebook/ptp"
)

// Options describe one socket. Addresses are big-endian integers, as in the core.
type Options struct {
	Interface string // where the group is joined and received; must not be empty
	Group     uint32 // multicast group, or an address of this host
	Port      uint16
	Source    uint32 // 0: any sender
	VLAN      uint16 // whose interface this is; 0: what it receives counts as untagged

	ReceiveBuffer  int    // bytes of queue in the kernel; 0: DefaultReceiveBuffer
	Batch          int    // datagrams a call; 0: DefaultBatch
	MaxPayload     int    // longer datagrams are cut and counted; 0: what the interface's MTU lets through
	BusyPollUS     int    // the kernel polls the NIC's queue so long before it sleeps (SO_BUSY_POLL); 0: leave it
	PreferBusyPoll bool   // keep the NIC's interrupt off while polling (SO_PREFER_BUSY_POLL)
	Clocks         Clocks // what stamps mean
}

// Clocks turn the readings of two clocks into UTC. Either may be nil: then readings of it are no stamps.
type Clocks struct {
	Hardware *ptp.Published // the interface's PHC
	System   *ptp.Published // CLOCK_REALTIME, which the kernel's own stamps are made with
}

// Defaults of Options.
const (
	DefaultReceiveBuffer = 16 << 20
	DefaultBatch         = 64
	maxBatch             = 1024
	maxPayload           = 65507
)

// Errors a caller may decide on, by errors.Is.
var (
	ErrUnsupported = errors.New("plain UDP receive needs Linux")
	ErrPortTaken   = errors.New("port is taken")
)

// Multicast says whether the group needs a membership.
func (o *Options) Multicast() bool { return o.Group>>28 == 0xE }

// Address spells the destination.
func (o *Options) Address() string { return fmt.Sprintf("%s:%d", addr(o.Group), o.Port) }

func addr(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

func (o *Options) normal(mtu int) error {
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.ReceiveBuffer == 0 {
		o.ReceiveBuffer = DefaultReceiveBuffer
	}
	if o.MaxPayload == 0 {
		o.MaxPayload = min(max(mtu-28, 512), maxPayload)
	}
	switch {
	case o.Port == 0:
		return fmt.Errorf("receive %s: port 0 is no port", o.Address())
	case o.Batch < 1 || o.Batch > maxBatch:
		return fmt.Errorf("receive %s: batch %d must be 1 to %d", o.Address(), o.Batch, maxBatch)
	case o.MaxPayload < 1 || o.MaxPayload > maxPayload:
		return fmt.Errorf("receive %s: payload of %d bytes must be 1 to %d", o.Address(), o.MaxPayload, maxPayload)
	case o.ReceiveBuffer < 0 || o.ReceiveBuffer > 1<<30:
		return fmt.Errorf("receive %s: receive buffer of %d bytes must be at most 1 GiB", o.Address(), o.ReceiveBuffer)
	case o.BusyPollUS < 0:
		return fmt.Errorf("receive %s: busy poll of %d µs must not be below 0", o.Address(), o.BusyPollUS)
	}
	return nil
}

// Counters are a socket's own. They belong to the goroutine that polls.
type Counters struct {
	Calls     uint64 // of recvmmsg
	Datagrams uint64
	Bytes     uint64 // of payload
	Truncated uint64 // longer than MaxPayload: given to nobody
	Unstamped uint64 // without a stamp of a known clock
	Errors    uint64 // calls that failed for another reason than an empty queue
	Overflow  uint64 // datagrams the kernel had no room for, as of the newest datagram received
}
