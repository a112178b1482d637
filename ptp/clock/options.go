package clock

import (
	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
)

// PHC is a clock to compare with the host's; phc.Clock is the real one.
type PHC interface {
	Sample() (ptp.Sample, error)
	Method() (phc.Method, string)
	Path() string
	Close() error
}

// Daemon is somebody to ask about the grandmaster; ptp4l.Client is the real one.
type Daemon interface {
	Read() ptp4l.Report
	Close() error
}

// Stamps is receive stamping that somebody may switch off; phc.Stamping is the real one.
type Stamps interface {
	Check() (repaired bool, err error)
}

// Options says what to read and what to believe. Zero values become the defaults.
type Options struct {
	Interface string // the NIC; empty, or one without a PHC: only the host's clock
	Device    string // /dev/ptpN, where it is not the interface's own
	Hz        int    // readings a second, 8 to 100; 16

	PTP4L   ptp4l.Options // Interface is filled in
	NoPTP4L bool          // ask nobody

	Estimator ptp.Config

	// AcceptUntraceable believes a grandmaster that does not say that its time is UTC: a lab's.
	AcceptUntraceable bool
	// TrustHost takes the host's clock for UTC within HostBoundNS even when nobody says that he keeps it: a lab, a
	// virtual machine.
	TrustHost   bool
	HostBoundNS uint32 // 1 ms
	// HostIndependent says that the host's clock is kept by NTP or another NIC, not from this PHC. Without it a host's clock
	// is no reference while ptp4l has this PHC and has lost its grandmaster: phc2sys goes on and calls it synchronised.
	HostIndependent bool
	HostFloorNS     uint32 // least error believed of a synchronised host clock, whatever its keeper says; 10 µs
	// UnknownAccuracyNS stands in where a traceable grandmaster does not know its accuracy; 1 ms.
	UnknownAccuracyNS uint64

	Stamps Stamps // checked once a second where set
	// HostStamps says that receive stamps come from the host's clock although there is a PHC. A NIC that cannot stamp every
	// packet implies it. The PHC is read all the same, and what is published is the host's clock.
	HostStamps bool
	Event      func(Event) // called from Run's goroutine; must not block

	// For tests: what to read instead of this host.
	Clock   PHC
	Daemon  Daemon
	Host    func() (phc.Host, error)
	Times   func() (phc.HostTimes, error)
	SamePHC func(iface string) bool // whether ptp4l's interface has our PHC
	Leaps   ptp.LeapTable
}

// Event is a change worth a line in the log.
type Event struct {
	What string // "clock", "ptp4l", "reference", "grandmaster", "stamps"
	From string
	To   string
	Why  string
	Bad  bool // stamps are flagged from now on
}

// Block is what the control file of an instance says of the clock.
type Block struct {
	Source      ptp.Source
	State       ptp.State
	Cause       ptp.Cause
	OffsetNS    int64  // PHC minus host UTC, less the TAI offset where the PHC counts TAI
	BoundNS     uint64 // 0 where unknown, which it is in a state that is not trusted
	FreqPPB     int64  // what the PHC gains on the host's clock
	UpdatedNS   uint64 // UTC by the host
	Grandmaster [8]uint8
	TAIOffset   int32 // seconds; 0 where unknown
	Steps       uint32
	Device      string
}
