package xdpsend

// Spread says which of several queues a datagram leaves by.
type Spread uint8

const (
	ByDestination Spread = iota // destinations in turn: each stays on its queue
	ByPacket                    // packets in turn: a destination's order is lost between queues
)

// Options describe a Sender.
type Options struct {
	Interface string
	Queues    []int // nil: all the interface sends with
	Spread    Spread
	TTL       int  // 0 means 1
	Checksums bool // UDP checksums are filled in; else there are none
}
